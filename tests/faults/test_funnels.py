"""A funnel that is changed while workers run, die, come and go: each partition comes under it once."""

import signal
import time
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from streams import clock, kafka_clients
from streams.funnels import Funnels, FunnelTopic
from streams.funnels.publishing import Publisher, read_candidate
from tests.faults.killing import PUBLISH_POINTS, TIME_POINTS
from tests.faults.load import Live, history
from tests.faults.nightly import nightly, often
from tests.faults.recomputing import Recomputed
from tests.faults.waiting import begin, die, quiet, release
from tests.faults.workers import Group, GroupMaker

SOONER = (("at_least: 30", "at_least: 12"), ("quiet: 30d", "quiet: 20d"))
RENAMED = (
    ("stages: [lead, mql, sal,", "renamed: {sal: accepted}\nstages: [lead, mql, accepted,"),
    ("{to: sal,", "{to: accepted,"),
    ("[mql, sal, sql]", "[mql, accepted, sql]"),
    ("[sal, sql]", "[accepted, sql]"),
    ("[lead, mql, sal]", "[lead, mql, accepted]"),
)
LIVE_SOONER = (("at_least: 20", "at_least: 12"), ("quiet: 5s", "quiet: 3s"))
SLOW = {"reread": "20"}


def reread(recomputed: Recomputed) -> int:
    """How many stage changes have the change of funnel as their cause."""
    return sum(
        "funnel_changed" in one["cause"]
        for said in recomputed.decisions.values()
        for one in said
        if "to" in one
    )


@pytest.mark.parametrize("point", often(PUBLISH_POINTS, "while_publishing"))
def test_killed_while_publishing(group: GroupMaker, point: str) -> None:
    """At the second time: the first is the worker's first start."""
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=41, activities=3_000, leads=150))
    dying = workers.start(point=point, times="2", **SLOW)
    begin(workers)
    workers.change(*SOONER, *RENAMED)
    die(workers, dying)
    assert workers.versions() == (2 if point == "after_publish" else 1)
    workers.start(**SLOW)
    workers.send(history(seed=42, activities=2_000, leads=150))
    recomputed = _to_the_end(workers)
    assert workers.versions() == 2
    assert reread(recomputed)


@pytest.mark.parametrize(
    ("point", "only"),
    often(product(TIME_POINTS, ("changed", "reread")), ("in_commit", "changed"), ("after_offsets", "reread")),
)
def test_killed_in_a_pass_of_the_change(group: GroupMaker, point: str, only: str) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=43, activities=4_000, leads=300))
    dying = workers.start(point=point, only=only, times="3" if only == "reread" else "1", **SLOW)
    workers.settle()
    workers.change(*SOONER, *RENAMED)
    die(workers, dying)
    workers.send(history(seed=44, activities=2_000, leads=300))
    workers.start(**SLOW)
    assert reread(_to_the_end(workers))


@nightly
def test_changed_live_while_two_work_and_one_is_killed(group: GroupMaker) -> None:
    """Both see the same file; the load goes on."""
    workers = group("live", grace="2s")
    load = Live(workers, seed=45, leads=200, rate=150)
    first, _ = workers.start(**SLOW), workers.start(**SLOW)
    load.start()
    begin(workers)
    workers.change(*LIVE_SOONER)
    workers.wait(lambda: workers.versions() == 2, "nobody published")
    time.sleep(1)
    first.kill()
    workers.start(**SLOW)
    time.sleep(4)
    workers.change(*((new, old) for old, new in LIVE_SOONER))
    workers.wait(lambda: workers.versions() == 3, "the way back is a version, too")
    time.sleep(8)
    load.end()
    assert reread(_until_quiet(workers))


def test_a_rolling_restart_with_a_new_file_and_back(group: GroupMaker, tmp_path: Path) -> None:
    workers = group("live", grace="2s")
    new = tmp_path / "new.yaml"
    old = workers.funnel_path.read_text()
    load = Live(workers, seed=46, leads=200, rate=100)
    first, second = workers.start(**SLOW), workers.start(**SLOW)
    load.start()
    begin(workers)
    text = old
    for before, after in LIVE_SOONER:
        text = text.replace(before, after)
    new.write_text(text)
    first.terminate()
    third = workers.start(funnel=str(new), **SLOW)
    workers.wait(lambda: workers.versions() == 2, "the first worker with the new file publishes it")
    workers.wait(lambda: workers.in_force(second) == 2, "the one with the old file takes the new")
    second.terminate()
    workers.start(funnel=str(new), **SLOW)
    time.sleep(4)
    # One comes back with the old file: it stays at the new, until a person says otherwise.
    third.terminate()
    late = workers.start(**SLOW)
    workers.wait(lambda: "funnel_file_is_older" in workers.said_by(late), "the older file goes unnoticed")
    workers.wait(lambda: workers.in_force(late) == 2, "it does not take the newer one")
    _publish(workers, old)
    workers.wait(lambda: workers.in_force(late) == 3, "it does not go back")
    time.sleep(4)
    load.end()
    recomputed = _until_quiet(workers)
    assert workers.versions() == 3
    assert reread(recomputed)


def test_a_bad_file_is_refused_live_and_a_stage_with_leads_does_not_go(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    workers.send(history(seed=47, activities=2_000, leads=100))
    process = workers.start()
    workers.settle()
    workers.wait(lambda: workers.metric(process, "funnel_reload_success") == 1, "it is not taken")
    good = workers.funnel_path.read_text()
    for bad in (good.replace("did:", "dit:"), good.replace("mql", "qualified")):
        workers.rewrite(bad)
        workers.wait(lambda: workers.metric(process, "funnel_reload_success") == 0, "it is not refused")
        assert workers.patiently(partial(workers.in_force, process)) == 1
        workers.rewrite(good)
        workers.wait(lambda: workers.metric(process, "funnel_reload_success") == 1, "it is not taken")
    assert "`dit`" in workers.said_by(process)
    process.send_signal(signal.SIGHUP)
    workers.send(history(seed=49, activities=200, leads=20))
    workers.settle()
    reloaded = workers.patiently(partial(workers.metric, process, "funnel_reload_success"))
    assert reloaded == 1, "SIGHUP asks it to look, and no more"
    process.terminate()
    process.wait(30)
    # At the start, it is why the worker does not.
    workers.rewrite(good.replace("mql", "qualified"))
    refused = workers.start()
    assert refused.wait(60) == 2, workers.logs()
    last = workers.said_by(refused).strip().splitlines()[-1]
    assert "leads are in stage mql" in last
    assert "renamed: {mql: …}" in last
    workers.rewrite(
        good.replace("mql", "qualified").replace("off_path", "renamed: {mql: qualified}\noff_path")
    )
    workers.start()
    workers.send(history(seed=48, activities=1_000, leads=100))
    _to_the_end(workers)


def _to_the_end(workers: Group) -> Recomputed:
    release(workers)
    workers.stop()
    return workers.check()


def _until_quiet(workers: Group) -> Recomputed:
    quiet(workers)
    workers.stop()
    return workers.check()


def _publish(workers: Group, text: str) -> None:
    settings = workers.settings
    topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
    funnels = Funnels(topic)
    Publisher(settings, funnels, clock.now).put_in_force(read_candidate(text.encode(), "old"), always=True)
    topic.close()
