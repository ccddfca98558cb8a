"""The versions of a group's funnel on a real Kafka: who publishes, what is taken for old, what is refused."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from qualifiers import FunnelFaults
from schemas.lead import Lead
from schemas.lead_state import encode_lead
from streams import kafka_clients
from streams.cli.commands import run
from streams.engine.changelog import UnreadableChangelog, lead_key
from streams.engine.in_force import StageLost
from streams.funnels import Funnels, FunnelTopic, Unusable
from streams.funnels.publishing import Publisher, read_candidate
from streams.funnels.watching import FunnelWatch
from streams.settings import Settings

X, Y, Z = (
    f"funnel: tried\nstages: [lead, won]\ntransitions: [{{to: won, when: {{did: {did}}}}}]\n"
    for did in ("x", "y", "z")
)
WITHOUT_LEAD = Y.replace("lead", "fresh")
NOW = 1_767_225_600_000
NOW_WRITTEN = "2026-01-01T00:00:00.000Z"


class Worker:
    """What a worker has to do with versions: what it knows of them, and its file."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self.topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
        self.funnels = Funnels(self.topic)
        self.publisher = Publisher(settings, self.funnels, lambda: NOW)
        self.outcomes: list[bool] = []
        self.file = file

    def start(self, text: str) -> bool:
        """Start with this file; whether it is in force."""
        self.file.write_text(text)
        candidate = read_candidate(text.encode(), self.file.name)
        mine = self.publisher.put_in_force(candidate)
        self.watch = FunnelWatch(
            str(self.file), candidate, self.funnels, self.publisher, self.outcomes.append
        )
        return mine

    def changes(self, text: str) -> tuple[int, str]:
        """The file changes, and is looked at; version and text in force."""
        self.file.write_text(text)
        self.watch.look_at_file()
        return self.in_force

    @property
    def in_force(self) -> tuple[int, str]:
        newest = self.funnels.newest
        assert newest is not None
        return newest.version, newest.text


@pytest.fixture
def settings(kafka: str, topic_name: Callable[[str], str]) -> Settings:
    """Those of a group with a topic of funnels, and a changelog."""
    name = topic_name("funnels")
    made = Settings(bootstrap_servers=kafka, group=name, funnels_topic=f"{name}.funnels")
    topics = [NewTopic(made.funnels_topic, 1, 1), NewTopic(made.changelog, 2, 1)]
    admin = AdminClient(kafka_clients.admin(made))
    for topic in admin.create_topics(topics).values():
        topic.result()
    return made


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Makes workers; of another group with its settings."""
    made: list[Worker] = []

    def make(of: Settings = settings) -> Worker:
        made.append(Worker(of, tmp_path / f"funnel-{len(made)}.yaml"))
        return made[-1]

    yield make
    for one in made:
        one.topic.close()


Make = Callable[..., Worker]


def keep(settings: Settings, *leads: str, stage: str = "lead", damaged: bool = False) -> None:
    """The changelog has these leads."""
    producer = Producer(kafka_clients.producer(settings))
    for number, lead in enumerate(leads):
        state = encode_lead(
            Lead(funnel=b"12345678", stage=stage, since=0, created=0, clock=0, origin=b"origin")
        )
        if damaged:
            state = b"\xff" + state
        producer.produce(settings.changelog, state, lead_key(lead.encode()), number % 2)
    assert producer.flush(30) == 0


# At the start --------------------------------------------------------------------------------------


def test_the_first_worker_publishes_and_the_next_takes_what_is_there(worker: Make) -> None:
    first, second = worker(), worker()
    assert first.start(X)
    assert second.start("# the same\n" + X)
    assert second.in_force == (1, X)
    [published] = second.funnels.published
    assert (published.published_at, published.hash) == (NOW_WRITTEN, second.funnels.in_force.funnel.hash)


def test_a_new_file_is_put_in_force_by_the_first_that_has_it_an_older_one_never(worker: Make) -> None:
    old, new, late = worker(), worker(), worker()
    old.start(X)
    assert new.start(Y)
    old.watch.look_at_topic()
    assert old.in_force == (2, Y)
    assert not late.start(X)
    assert late.in_force == (2, Y)
    assert late.funnels.in_force.funnel.hash == new.funnels.in_force.funnel.hash


def test_workers_that_start_at_once_publish_one_version(worker: Make) -> None:
    workers = [worker() for _ in range(4)]
    threads = [threading.Thread(target=one.start, args=(X,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.in_force for one in workers] == [(1, X)] * 4


def test_groups_that_share_the_topic_do_not_see_each_other(settings: Settings, worker: Make) -> None:
    other = settings.model_copy(update={"group": f"{settings.group}-b"})
    mine, theirs = worker(), worker(other)
    mine.start(X)
    theirs.start(Y)
    mine.funnels.read_to_end()
    assert (mine.in_force, theirs.in_force) == ((1, X), (1, Y))


def test_what_is_not_ours_or_beyond_us(settings: Settings, worker: Make) -> None:
    mine = worker()
    mine.start(X)
    producer = Producer(kafka_clients.producer(settings))
    beyond = {
        "group": settings.group,
        "funnel": "tried",
        "version": 2,
        "hash": "ab" * 32,
        "text": X.replace("did", "dreamt"),
        "published_at": NOW_WRITTEN,
    }
    not_ours = (b"no JSON", b"{}", None, b'{"group": "\xff"}', b'{"x": ' + b"[" * 100_000)
    for value in (*not_ours, json.dumps(beyond).encode()):
        producer.produce(settings.funnels_topic, value, b"key", 0)
    assert producer.flush(30) == 0
    with pytest.raises(Unusable, match="version 2 of the funnel"):
        mine.funnels.read_to_end()
    mine.watch.look_at_topic()
    assert mine.outcomes == [False]
    assert mine.funnels.in_force.number == 1


def test_what_was_read_before_the_end_could_not_be_reached_is_not_lost(
    settings: Settings, worker: Make
) -> None:
    """Another group is in the middle of publishing: the end lies behind what may still be taken back."""
    mine, late = worker(), worker()
    mine.start(X)
    hanging = Producer(
        kafka_clients.transactional_producer(settings, transactional_id=f"{settings.group}-hanging")
    )
    hanging.init_transactions(30)
    hanging.begin_transaction()
    hanging.produce(settings.funnels_topic, b"never said", b"key", 0)
    assert hanging.flush(30) == 0
    with pytest.raises(KafkaException, match="could not be read to its end"):
        late.topic.read_to_end(seconds=2)
    hanging.abort_transaction(30)
    assert [published.version for published in late.topic.read_to_end()] == [1]


# While it runs -------------------------------------------------------------------------------------


def test_a_changed_file_is_put_in_force_also_one_known_from_before(worker: Make) -> None:
    one, two = worker(), worker()
    one.start(X)
    two.start(X)
    assert one.changes(Y) == (2, Y)
    assert two.changes(Y) == (2, Y)
    assert one.changes("# a comment\n" + Y) == (2, Y)
    assert one.changes(X) == (3, X)
    # The other's file is older than what is in force now; it changes to what that is.
    two.watch.look_at_topic()
    assert two.changes(X) == (3, X)
    assert one.outcomes == [True] * 3


def test_a_worker_whose_file_was_older_puts_nothing_old_in_force(worker: Make) -> None:
    one, old = worker(), worker()
    for text in (X, Y):
        one.start(text)
    one.changes(Z)
    assert not old.start(Y)
    assert old.changes(X) == (3, Z)
    assert old.changes(X.replace("did: x", "did: w"))[0] == 4


@pytest.mark.parametrize("bad", [Y.replace("won", "lost", 1), "funnel: [", ""])
def test_a_bad_file_is_refused_whole_and_a_mended_one_taken(worker: Make, bad: str) -> None:
    one = worker()
    one.start(X)
    assert one.changes(bad) == (1, X)
    assert one.outcomes == [False]
    one.watch.look_at_file()
    assert one.outcomes == [False]
    assert one.changes(Y) == (2, Y)
    assert one.outcomes == [False, True]


def test_a_file_that_goes_and_comes_back(worker: Make) -> None:
    one = worker()
    one.start(X)
    one.file.unlink()
    one.watch.look_at_file()
    one.watch.look_at_file()
    assert one.outcomes == [False]
    assert one.changes(X) == (1, X)
    assert one.outcomes == [False, True]


def test_a_stage_that_leads_are_in_does_not_go(settings: Settings, worker: Make) -> None:
    keep(settings, "ada", "bob", "eve")
    keep(settings, "eve", stage="won")
    one, another = worker(), worker()
    one.start(X)
    assert one.changes(WITHOUT_LEAD) == (1, X)
    assert one.outcomes == [False]
    with pytest.raises(StageLost, match=r"2 leads are in stage lead.*renamed: \{lead: …\}"):
        another.start(WITHOUT_LEAD)
    # The leads leave it; the file is as it was.
    keep(settings, "ada", "bob", stage="won")
    one.watch.look_again()
    one.watch.look_at_file()
    assert one.in_force == (2, WITHOUT_LEAD)
    keep(settings, "ada", stage="fresh")
    assert one.changes("renamed: {fresh: lead}\n" + X)[0] == 3


def test_where_nobody_can_see_which_stages_leads_are_in_none_goes(settings: Settings, worker: Make) -> None:
    worker().start(X)
    blind = worker(settings.model_copy(update={"changelog_topic": f"{settings.group}.nowhere"}))
    assert blind.start(Y)
    with pytest.raises(KafkaException):
        blind.start(WITHOUT_LEAD)
    assert blind.in_force == (2, Y)


def test_where_a_state_cannot_be_read_none_goes_and_the_lead_is_named(
    settings: Settings, worker: Make
) -> None:
    worker().start(X)
    keep(settings, "ada")
    keep(settings, "bob", damaged=True)
    another = worker()
    with pytest.raises(
        UnreadableChangelog, match=r"can't be counted: in partition 0 .*'bob' can't be read: "
    ):
        another.start(WITHOUT_LEAD)
    assert another.in_force == (1, X)


# By hand -------------------------------------------------------------------------------------------


def test_an_older_one_is_published_when_a_person_says_so(worker: Make) -> None:
    one = worker()
    one.start(X)
    one.changes(Y)
    candidate = read_candidate(X.encode(), "x.yaml")
    assert one.publisher.put_in_force(candidate, always=True)
    assert one.in_force == (3, X)
    assert one.publisher.put_in_force(candidate, always=True)
    assert one.in_force == (3, X)
    with pytest.raises(FunnelFaults):
        read_candidate(b"funnel: x", "x.yaml")


def test_the_command_line_publishes_and_lists(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("bootstrap_servers", "group", "funnels_topic"):
        monkeypatch.setenv(f"LEADGATE_{name.upper()}", getattr(settings, name))
    file = tmp_path / "funnel.yaml"
    assert run(["funnel", "versions"]) == 0
    for text in (X, Y, X):
        file.write_text(text)
        assert run(["funnel", "publish", str(file)]) == 0
    assert f"version 3 of {settings.group}, tried (" in capsys.readouterr().out.splitlines()[-1]
    assert run(["funnel", "versions"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["1", "2", "3"]
    assert run(["funnel", "versions", "--format", "json"]) == 0
    assert [one["text"] for one in json.loads(capsys.readouterr().out)] == [X, Y, X]
    file.write_text("funnel: x")
    assert run(["funnel", "publish", str(file)]) == 2
    keep(settings, "ada")
    file.write_text(WITHOUT_LEAD)
    assert run(["funnel", "publish", str(file)]) == 2
    assert "1 leads are in stage lead" in capsys.readouterr().err
