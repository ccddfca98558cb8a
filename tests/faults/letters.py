"""Dead letters made by real workers, the command that puts them right, and what became of them."""

import json
import os
import subprocess
import sys
import time
from typing import Any

from schemas.moments import DAY, format_moment
from streams.dead_letters import dead_letters
from tests.faults import oracle
from tests.faults.workers import Group

LONG_AGO = format_moment(time.time_ns() // 1_000_000 - 100 * DAY)


def activity(lead: str, **values: Any) -> bytes:
    """An activity that any worker takes, or as ``values`` make it."""
    usual = {"id": f"of-{lead}", "lead_id": lead, "type": "page_viewed", "occurred_at": LONG_AGO}
    return json.dumps(usual | values).encode()


def to_stage(lead: str, stage: str = "vip") -> bytes:
    """An activity that becomes a dead letter wherever the funnel lacks the stage, and only there."""
    return activity(lead, type="stage_assigned", properties={"to": stage})


def command(group: Group, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """`leadgate dead-letters`, as an operator runs it."""
    return subprocess.run(
        [sys.executable, "-m", "streams", "dead-letters", *arguments],
        env=environment(group),
        input=stdin,
        capture_output=True,
        timeout=120,
    )


def environment(group: Group) -> dict[str, str]:
    """This process's, with the group's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")}
    return plain | group.environment


def listed(group: Group, *arguments: str) -> list[dict[str, Any]]:
    """What `list` says, read as a program would."""
    done = command(group, "list", "--format", "json", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_for(group: Group, number: int) -> list[dict[str, Any]]:
    """The open letters, once there are so many."""
    with dead_letters(group.settings) as topic:

        def are_there() -> bool:
            return sum(mark is None for _, mark in topic.look()) >= number

        group.wait(are_there, "the dead letters did not come")
    found = listed(group)
    assert len(found) == number
    return found


def made(group: Group, number: int) -> dict[str, str]:
    """The places of so many letters by their leads, lead-0 and so on; the worker that made them has ended."""
    group.start()
    group.send([(lead.encode(), to_stage(lead)) for lead in (f"lead-{n}" for n in range(number))])
    found = wait_for(group, number)
    group.stop()
    return {letter["key"]: letter["place"] for letter in found}


def places(group: Group, *arguments: str) -> dict[str, str]:
    """Where the letters lie, by their keys."""
    return {letter["key"]: letter["place"] for letter in listed(group, *arguments)}


def replayed(group: Group) -> list[Any]:
    """The activities that were sent again, as kafka-python reads them."""
    records = oracle.read_all(group.bootstrap, group.settings.activities_topic)
    return [record for record in records if "leadgate-replayed" in dict(record.headers)]


def marks(group: Group) -> list[tuple[str, str]]:
    """What was done with which letter, as kafka-python reads it."""
    records = oracle.read_all(group.bootstrap, group.settings.dead_letters_topic)
    said = [
        (record, json.loads(record.value)) for record in records if dict(record.headers).get("leadgate-mark")
    ]
    return [(f"{record.partition}-{mark['offset']}", mark["done"]) for record, mark in said]


def moves(group: Group) -> dict[str, list[str]]:
    """The stages that each lead came to, in its order."""
    found: dict[str, list[str]] = {}
    for record in oracle.read_all(group.bootstrap, group.settings.stage_changes_topic):
        found.setdefault(record.key.decode(), []).append(json.loads(record.value)["to"])
    return found
