"""Which rights the brokers do not give us: asked before a worker begins, so that each is named.

The brokers tell what one may do with a topic or a group when they describe it (KIP-430). Of a
transactional id they do not; there a describing that is refused tells that the right to write, which
includes it, is missing.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from kafka.admin import ACLOperation, ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailedError,
)

from streams.acls import Operation, Resource, Role, commands, principal_of, rights
from streams.admin import admin_client
from streams.errors import OutsideWorld
from streams.settings import Settings

_NUMBERS: dict[Operation, ACLOperation] = {
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
    "Create": ACLOperation.CREATE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
}

Allowed = frozenset[ACLOperation] | None
"""What one may do; None: that is not told."""


class NotAllowed(OutsideWorld):
    """The brokers do not give us a right that we need."""


def check_rights(role: Role, settings: Settings) -> None:
    """Raises NotAllowed, with a line for each right of the role that is missing; KafkaUnreachable.

    Of topics that are not there nothing is said. Without SASL or TLS brokers know nobody, and are not asked.
    """
    if settings.security_protocol == "PLAINTEXT":
        return
    principal = principal_of(settings)
    with admin_client(settings) as admin:

        @cache
        def allowed(resource: Resource, name: str) -> Allowed:
            return _ASK[resource](admin, name)

        missing = [
            right
            for right in rights(role, settings)
            if (told := allowed(right.resource, right.name(settings, principal))) is not None
            and _NUMBERS[right.operation] not in told
        ]
    if missing:
        lacking = [f"{right.text(settings, principal)}, {right.because}" for right in missing]
        giving = commands(missing, settings, principal)
        raise NotAllowed(
            "\n  ".join([f"Kafka does not allow {principal} what a {role} needs:", *lacking])
            + "\n  ".join(["\nWhoever may, allows it by:", *giving])
        )


def _of_topic(admin: KafkaAdminClient, name: str) -> Allowed:
    [topic] = admin.describe_topics([name])
    if topic["error_code"] == TopicAuthorizationFailedError.errno:
        # It may not be described, and so be neither read nor written. Its configuration is another right.
        resource = ConfigResource(ConfigResourceType.TOPIC, name)
        shown = admin.describe_configs([resource], config_filter="all")["topic"][name]
        return frozenset({ACLOperation.DESCRIBE_CONFIGS} if shown else ())
    return None if topic["error_code"] != 0 else _named(topic["authorized_operations"])


def _of_group(admin: KafkaAdminClient, name: str) -> Allowed:
    try:
        group: dict[str, Any] = admin.describe_groups([name])[name]
    except GroupAuthorizationFailedError:
        return frozenset()
    except KafkaError:
        return None  # such as that there is no coordinator yet, on a cluster that has had no group
    return _named(group["authorized_operations"])


def _of_transactional_id(admin: KafkaAdminClient, name: str) -> Allowed:
    try:
        admin.describe_transactions([name])
    except TransactionalIdAuthorizationFailedError:
        return frozenset()
    except KafkaError:
        return None  # such as that nobody has written under it yet
    return None


def _named(operations: Iterable[str]) -> Allowed:
    return frozenset(ACLOperation[one] for one in operations)


_ASK: dict[Resource, Callable[[KafkaAdminClient, str], Allowed]] = {
    "topic": _of_topic,
    "group": _of_group,
    "transactional-id": _of_transactional_id,
}
