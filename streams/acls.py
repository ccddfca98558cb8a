"""The one catalogue of rights: the smallest set with which each role can do its work on a cluster with ACLs.

Reading and writing a topic or a group includes describing it, as Kafka has it (KIP-11), and so it is not
said again. A right that is wanted under a setting alone is none without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from shlex import quote
from typing import Literal

from streams.kafka_tools import kafka_tool
from streams.settings import Settings

Role = Literal["worker", "operator", "subscriber", "sender"]
Resource = Literal["topic", "group", "transactional-id"]
Operation = Literal["Read", "Write", "Create", "DescribeConfigs"]

DOES: dict[Role, str] = {
    "worker": "runs `leadgate worker`",
    "operator": "runs the other commands that ask Kafka: `topics`, `funnel`, `clock`, `group`, "
    "`dead-letters`, `snapshot`, `restore`, `backtest --topic`, `diff --topic`, `verify`",
    "subscriber": "reads stage changes and signals, in a consumer group that is called as its principal is",
    "sender": "writes activities, `leadgate simulate` among others",
}
"""Who has each role."""


@dataclass(frozen=True)
class Right:
    """To do ``operation`` on ``resource``, whose name is ``on`` with the settings filled in.

    ``because`` says what it is needed for. ``prefix``: on all whose names begin so. ``under``: a setting
    without which it is not needed.
    """

    resource: Resource
    on: str
    operation: Operation
    because: str
    prefix: bool = False
    under: str | None = None

    def name(self, settings: Settings, principal: str) -> str:
        """The resource's name under these settings, for ``User:…``."""
        return self.on.format(settings=settings, principal=principal.partition(":")[2])

    def text(self, settings: Settings, principal: str) -> str:
        """The right in words: `Write on topic lead.signals`."""
        all_of = "every " if self.prefix else ""
        behind = "…" if self.prefix else ""
        return f"{self.operation} on {all_of}{self.resource} {self.name(settings, principal)}{behind}"


def _topic(setting: str, **because: str) -> tuple[Right, ...]:
    """Rights on a topic: what each operation is needed for."""
    operations: dict[str, Operation] = {
        "read": "Read",
        "write": "Write",
        "create": "Create",
        "configs": "DescribeConfigs",
    }
    return tuple(
        Right("topic", f"{{settings.{setting}}}", operations[short], why) for short, why in because.items()
    )


_AT_START = "to see at its start that the topic is as it must be"
_TOPICS_CREATE = "`topics create`"
_TOPICS = "`topics create`, `topics check`"

RIGHTS: dict[Role, tuple[Right, ...]] = {
    "worker": (
        *_topic(
            "activities_topic",
            read="to read activities, and to commit how far it has read",
            write="to send on what has its home in another partition, and leads that are merged",
            configs=_AT_START,
        ),
        *_topic("stage_changes_topic", write="to say stage changes", configs=_AT_START),
        *_topic("signals_topic", write="to give signals", configs=_AT_START),
        *_topic("dead_letters_topic", write="to put aside what can't be applied", configs=_AT_START),
        *_topic(
            "changelog",
            read="to build its tables",
            write="to keep what has become of leads",
            configs=_AT_START,
        ),
        *_topic(
            "funnels_topic",
            read="to know which funnel is in force",
            write="to put its own in force",
            configs=_AT_START,
        ),
        *_topic("control", read="to know whether the clocks are held", configs=_AT_START),
        Right("topic", "{settings.control}", "Write", "to hold the clocks", under="hold_clock"),
        Right("group", "{settings.group}", "Read", "to share the partitions with the other workers"),
        Right(
            "transactional-id",
            "{settings.group}-",
            "Write",
            "to commit all that comes of a pass at once, and to end what a dead worker has left open",
            prefix=True,
        ),
    ),
    "operator": (
        *_topic(
            "activities_topic",
            create=_TOPICS_CREATE,
            configs=_TOPICS,
            read="`snapshot`, `restore`, `verify`, `backtest --topic`, `diff --topic`",
            write="`dead-letters replay`",
        ),
        *_topic("stage_changes_topic", create=_TOPICS_CREATE, configs=_TOPICS, read="`verify`"),
        *_topic("signals_topic", create=_TOPICS_CREATE, configs=_TOPICS, read="`verify`"),
        *_topic(
            "dead_letters_topic",
            create=_TOPICS_CREATE,
            configs=_TOPICS,
            read="`dead-letters`, `verify`",
            write="`dead-letters replay`, `dead-letters drop`",
        ),
        *_topic(
            "changelog",
            create=_TOPICS_CREATE,
            configs=_TOPICS,
            read="`snapshot`, `restore`, `funnel publish`, `verify`",
            write="`restore`",
        ),
        *_topic(
            "funnels_topic",
            create=_TOPICS_CREATE,
            configs=_TOPICS,
            read="`funnel`, `snapshot`, `restore`, `verify`",
            write="`funnel publish`, `restore`",
        ),
        *_topic(
            "control",
            create=_TOPICS_CREATE,
            configs=_TOPICS,
            read="`clock status`, `snapshot`, `restore`, `verify`",
            write="`clock hold`, `clock release`, `restore`",
        ),
        Right(
            "group",
            "{settings.group}",
            "Read",
            "`group remove`, `snapshot`, `restore`, and all that reads a topic",
        ),
        Right("transactional-id", "{settings.group}-funnels", "Write", "`funnel publish`, `restore`"),
        Right(
            "transactional-id",
            "{settings.dead_letters_topic}-operator",
            "Write",
            "`dead-letters replay`, `dead-letters drop`",
        ),
    ),
    "subscriber": (
        *_topic("stage_changes_topic", read="to read stage changes"),
        *_topic("signals_topic", read="to read signals"),
        Right("group", "{principal}", "Read", "to keep how far it has read"),
    ),
    "sender": _topic("activities_topic", write="to send activities"),
}
"""What each role needs, and nothing that it could do without."""


def rights(role: Role, settings: Settings) -> list[Right]:
    """What the role needs under these settings."""
    return [right for right in RIGHTS[role] if right.under is None or getattr(settings, right.under)]


def principal_of(settings: Settings) -> str:
    """As whom brokers know who comes with these settings; by a certificate, they alone know that."""
    return f"User:{settings.sasl_username or '…'}"


def commands(rights: Sequence[Right], settings: Settings, principal: str) -> Iterator[str]:
    """The commands of Kafka's own tool that give these rights, one for each resource."""
    tool, allowed = kafka_tool("acls", settings), quote(principal)  # a certificate's name has blanks
    for (resource, name, prefix), same in groupby(
        rights, lambda right: (right.resource, right.name(settings, principal), right.prefix)
    ):
        operations = " ".join(f"--operation {right.operation}" for right in same)
        pattern = " --resource-pattern-type prefixed" if prefix else ""
        yield f"{tool} --add --allow-principal {allowed} {operations} --{resource} {quote(name)}{pattern}"
