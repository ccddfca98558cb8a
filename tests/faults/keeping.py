"""A group that is stopped, kept in a file and put back, and what it has said before and since."""

import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from streams import kafka_clients, members, topics
from streams.cli import run
from tests.faults import oracle
from tests.faults.load import Pair
from tests.faults.recomputing import Recomputing
from tests.faults.versions import Versions
from tests.faults.workers import PARTITIONS, Group


def end(workers: Group, process: subprocess.Popen[bytes]) -> None:
    """Tell a worker to end, and wait until it is no member any more."""
    process.terminate()
    assert process.wait(30) == 0, workers.logs()
    alone(workers)


def alone(workers: Group) -> None:
    """Wait until nobody is a member any more."""
    workers.wait(lambda: not members.present(workers.settings), "it stays a member")


def settings_file(workers: Group, directory: Path) -> Path:
    """The group's settings, for a command."""
    file = directory / "settings.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in workers.environment.items()))
    return file


def snapshot(workers: Group, directory: Path) -> Path:
    """`leadgate snapshot`."""
    file = directory / "leads.snapshot"
    assert run(["snapshot", str(file), "--settings", str(settings_file(workers, directory))]) == 0
    return file


def restore(workers: Group, file: Path, *more: str) -> None:
    """`leadgate restore`."""
    settings = settings_file(workers, file.parent)
    assert run(["restore", str(file), "--settings", str(settings), *more]) == 0


def lose(workers: Group) -> None:
    """All that the group knows goes: leads, versions of the funnel, the clock's word, offsets."""
    settings = workers.settings
    lose_topics(workers, settings.changelog, settings.funnels_topic, settings.control)
    lose_offsets(workers)


def lose_offsets(workers: Group) -> None:
    """Those that the group has committed go."""
    admin = AdminClient(kafka_clients.admin(workers.settings))
    workers.have_done(partial(admin.delete_consumer_groups, [workers.settings.group]))


def lose_topics(workers: Group, *lost: str) -> None:
    """These are deleted, and made again."""
    admin = AdminClient(kafka_clients.admin(workers.settings))

    def there() -> list[str]:
        return sorted(admin.list_topics(timeout=10).topics.keys() & {*lost})

    def are_gone() -> bool:
        if left := there():
            for deleted in admin.delete_topics(left).values():
                deleted.result()
        return not left

    def are_made_again() -> bool:
        # What it returns does not tell: it may make them, and fail in waiting for them.
        topics.create(workers.settings, partitions=PARTITIONS)
        return there() == sorted(lost)

    workers.wait(are_gone, "the topics are not deleted")
    workers.wait(are_made_again, "the topics are not made again")


def unmerged(pairs: Iterable[Pair]) -> list[Pair]:
    """Without merges: what travels from one partition to another is in the topic that it travelled on."""
    return [pair for pair in pairs if b"lead_merged" not in (pair[1] or b"")]


def differences(begun: Group, ended: Group, records: list[Any]) -> list[str]:
    """How what a group has said, begun as one and ended as another, differs from what must come of these."""
    bootstrap = begun.bootstrap
    versions = Versions(
        oracle.read_all(bootstrap, ended.settings.funnels_topic),
        oracle.read_all(bootstrap, begun.settings.changelog),
    )
    clocks = oracle.final_clocks(bootstrap, ended.settings.changelog)
    said = [
        record
        for settings in {one.name: one.settings for one in (begun, ended)}.values()
        for topic in (settings.stage_changes_topic, settings.signals_topic)
        for record in oracle.read_all(bootstrap, topic)
    ]
    return oracle.differences(said, Recomputing(versions, PARTITIONS, None).run(records, clocks))
