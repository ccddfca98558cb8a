"""Each role does its work with the rights of the catalogue, and makes use of every one of them.

The broker logs by which of its ACLs it lets something through; so a right that nobody needs is found, as
is one that is missing.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from confluent_kafka import Consumer, Producer

from streams import acls, kafka_clients, topics
from streams.acls import Right, Role
from streams.cli import run
from streams.engine.homes import home
from streams.settings import Settings, load_settings
from tests.doubles.running import SECONDS, environment, start, wait, working
from tests.doubles.secured import Secured, Used, as_used

# One broker for them all.
pytestmark = pytest.mark.xdist_group("secured")

FUNNEL = """
funnel: rights
stages: [visitor, buyer]
transitions:
  - {to: buyer, when: {did: paid}}
signals:
  - {name: browsing, in: visitor, when: {did: page_viewed}}
"""
GROUP = "rights"
PARTITIONS = 2


def settings_of(user: str, secured: Secured) -> dict[str, Any]:
    """All are about the same group and the same topics."""
    own = {
        name: f"{GROUP}.{name.removesuffix('_topic').replace('_', '-')}"
        for name in Settings.model_fields
        if name.endswith("_topic")
    }
    return secured.settings(user) | own | {"group": GROUP}


@dataclass
class Scene:
    """A user of each role, who has the rights of it and no other."""

    secured: Secured
    directory: Path

    def __post_init__(self) -> None:
        self.settings = {role: self.enter(role, role) for role in get_args(Role)}
        (self.directory / "funnel.yaml").write_text(FUNNEL)

    def enter(self, user: str, role: Role, without: Right | None = None) -> Settings:
        """Make a user, with the rights of the role but one."""
        settings = load_settings(**settings_of(user, self.secured))
        self.secured.user(user)
        given = [right for right in acls.rights(role, settings) if right is not without]
        self.secured.allow(user, given, settings)
        return settings

    def used(self, role: Role) -> set[Used]:
        return self.secured.used(role)

    def worker_of(self, user: str) -> dict[str, Any]:
        """The settings of a worker that comes as ``user``."""
        own = {"funnel": self.directory / "funnel.yaml", "state_directory": self.directory / user}
        return settings_of(user, self.secured) | own

    # Who sends, and who reads -----------------------------------------------------------

    def send(self) -> None:
        """What is applied, what is put aside, and what lies where it does not belong."""
        settings = self.settings["sender"]
        producer = Producer(kafka_clients.producer(settings))
        for lead, kind in (("ada", "page_viewed"), ("bob", "page_viewed"), ("ada", "paid")):
            producer.produce(settings.activities_topic, activity(lead, kind), lead)
        producer.produce(settings.activities_topic, b"no activity", "ada")
        producer.produce(settings.activities_topic, activity("eve", "page_viewed"), "eves-other-key")
        assert producer.flush(SECONDS) == 0

    def read(self) -> dict[str, set[str]]:
        """The leads that stage changes and signals are about, once all are there."""
        settings = self.settings["subscriber"]
        consumer = Consumer(
            kafka_clients.reader(settings)
            | {"group.id": "subscriber", "enable.auto.commit": True, "enable.auto.offset.store": True}
            | {"auto.offset.reset": "earliest", "enable.partition.eof": False}
        )
        consumer.subscribe([settings.stage_changes_topic, settings.signals_topic])
        found: dict[str, set[str]] = {}

        def all_there() -> bool:
            message = consumer.poll(0.2)
            if message is not None:
                assert message.error() is None, message.error()
                key, topic = message.key(), message.topic()
                assert key is not None
                found.setdefault(str(topic), set()).add(key.decode())
            return [len(leads) for leads in found.values()] == [3, 3]

        wait(all_there, lambda: str(found))
        consumer.close()
        return found


def activity(lead: str, kind: str) -> bytes:
    return json.dumps(
        {"id": f"{lead}-{kind}", "lead_id": lead, "type": kind, "occurred_at": "2026-01-01T00:00:00Z"}
    ).encode()


@pytest.fixture(scope="module")
def scene(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    secured.tell_what_is_used()
    return Scene(secured, tmp_path_factory.mktemp("rights"))


@pytest.fixture(scope="module")
def lived(scene: Scene) -> Scene:
    """All of them have done what their role does."""
    snapshot = str(scene.directory / "snapshot")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(settings_of("operator", scene.secured)).items():
            patch.setenv(name, value)
        assert run(["topics", "create", "--partitions", str(PARTITIONS)]) == 0
        assert run(["topics", "check"]) == 0
        with working(scene.worker_of("worker")):
            scene.send()
            settings = scene.settings["worker"]
            everybody = {"ada", "bob", "eve"}
            assert scene.read() == {
                settings.stage_changes_topic: everybody,
                settings.signals_topic: everybody,
            }
            assert run(["clock", "hold"]) == run(["clock", "status"]) == run(["clock", "release"]) == 0
            assert run(["funnel", "publish", "startup"]) != 0  # it lacks a stage that leads are in
            changed = scene.directory / "changed.yaml"
            changed.write_text(FUNNEL.replace("browsing", "looking"))
            assert run(["funnel", "publish", str(changed)]) == 0
            assert run(["funnel", "versions"]) == 0
            assert run(["dead-letters", "list"]) == 0
            mended = scene.directory / "mended.json"
            mended.write_bytes(activity("ada", "page_viewed"))
            place = f"{home(b'ada', PARTITIONS)}-0"
            assert run(["dead-letters", "replay", place, "--set-value", str(mended)]) == 0
            assert run(["group", "remove", "nobody"]) == 1
        with working(scene.worker_of("worker")):  # builds its tables from the changelog
            pass
        assert run(["verify"]) == 0
        assert run(["snapshot", snapshot]) == 0
        assert run(["restore", snapshot, "--replace"]) == 0
        with working(scene.worker_of("worker")):
            pass
    return scene


@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_makes_use_of_each_of_its_rights(role: Role, lived: Scene) -> None:
    settings = lived.settings[role]
    given = {as_used(right, settings, f"User:{role}") for right in acls.rights(role, settings)}
    assert lived.used(role) == given


WORKERS = list(range(len(acls.rights("worker", Settings()))))


@pytest.mark.parametrize("number", WORKERS)
def test_a_worker_that_lacks_a_right_names_it_and_how_it_is_given(number: int, lived: Scene) -> None:
    lacking = acls.rights("worker", lived.settings["worker"])[number]
    user = f"lacks-{number}"
    settings = lived.enter(user, "worker", without=lacking)
    running = start(lived.worker_of(user))
    try:
        running.process.wait(SECONDS)
    finally:
        said = running.end()
    principal = f"User:{user}"
    [command] = acls.commands([lacking], settings, principal)
    assert running.process.returncode == 3, said
    lines = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert lines == [f"{lacking.text(settings, principal)}, {lacking.because}", command]


def test_who_may_not_look_at_the_topics_is_told_so(lived: Scene) -> None:
    lived.secured.user("nobody")
    settings = load_settings(**settings_of("nobody", lived.secured))
    with pytest.raises(topics.TopicRefused, match=r"Kafka does not allow Describe on .*leadgate topics acls"):
        topics.check(settings)
    described = [one for one in acls.rights("worker", settings) if one.operation != "DescribeConfigs"]
    lived.secured.allow("nobody", described, settings)
    with pytest.raises(topics.TopicRefused, match="Kafka does not allow DescribeConfigs on "):
        topics.check(settings)
