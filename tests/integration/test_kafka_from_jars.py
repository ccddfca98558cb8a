"""A cluster from Kafka's own jars: its directory tells another process all about it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from streams.cli import run
from streams.local_kafka import LocalKafka, LocalKafkaError
from streams.ports import HOST, free_ports
from tests.conftest import HOME


@pytest.fixture
def one(tmp_path: Path) -> Iterator[LocalKafka]:
    cluster = LocalKafka(tmp_path / "one", home=HOME)
    yield cluster
    cluster.stop()


def pid_of(cluster: LocalKafka, node: int = 1) -> int | None:
    return cluster.status()[node - 1].pid


def test_another_process_sees_it_and_stops_it(one: LocalKafka) -> None:
    one.start()
    other = LocalKafka(one.directory)
    assert other.bootstrap == one.bootstrap
    assert [node.answers for node in other.status()] == [True]
    stopping = "import sys; from streams.cli import run; sys.exit(run(sys.argv[1:]))"
    subprocess.run(
        [sys.executable, "-c", stopping, "kafka", "stop", "--directory", str(one.directory)], check=True
    )
    assert [(node.pid, node.answers) for node in one.status()] == [(None, False)]


def test_a_pid_that_belongs_to_another_program_by_now_is_left_alone(one: LocalKafka) -> None:
    one.start()
    one.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (one.directory / "node-1" / "pid").write_text(str(bystander.pid))
        assert pid_of(one) is None
        one.stop()
        one.start()
        assert pid_of(one) != bystander.pid
        assert bystander.poll() is None
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


def test_a_halted_cluster_can_be_stopped(one: LocalKafka) -> None:
    one.start()
    one.pause()
    assert [node.answers for node in one.status()] == [False]
    one.stop()
    assert pid_of(one) is None


def test_it_lives_on_when_its_starter_is_killed(tmp_path: Path) -> None:
    starting = (
        "import sys, time; from pathlib import Path; from streams.local_kafka import LocalKafka\n"
        "LocalKafka(Path(sys.argv[1]), home=Path(sys.argv[2])).start()\n"
        "print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starting, str(tmp_path / "one"), str(HOME)], stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        starter.kill()
    cluster = LocalKafka(tmp_path / "one")
    assert [node.answers for node in cluster.status()] == [True]
    cluster.stop()
    assert [node.answers for node in cluster.status()] == [False]


def test_three_nodes_survive_the_loss_of_one(tmp_path: Path) -> None:
    three = LocalKafka(tmp_path / "three", brokers=3, home=HOME)
    try:
        three.start()
        assert [node.answers for node in three.status()] == [True] * 3
        admin = KafkaAdminClient(bootstrap_servers=three.bootstrap)
        admin.create_topics({"kept": {"num_partitions": 1}}, wait_for_metadata=True)
        described = admin.describe_topics(["kept"])[0]["partitions"][0]
        admin.close()
        assert len(described["replica_nodes"]) == 3
        three.kill(2)
        three.wait_until_ready()
        assert [node.pid is None for node in three.status()] == [False, True, False]
        three.restart(2)
        assert [node.answers for node in three.status()] == [True] * 3
    finally:
        three.stop()


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with socket.create_server((HOST, port)):
        cluster = LocalKafka(tmp_path / "one", port=port, home=HOME)
        with pytest.raises(LocalKafkaError, match=f"port {port} is taken"):
            cluster.start()
    assert pid_of(cluster) is None


def test_a_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    cluster = LocalKafka(tmp_path / "one", properties={"num.io.threads": "none"}, home=HOME)
    with pytest.raises(LocalKafkaError, match=r"num\.io\.threads"):
        cluster.start()
    assert pid_of(cluster) is None


def test_a_directory_keeps_its_number_of_nodes(one: LocalKafka) -> None:
    one.start()
    with pytest.raises(LocalKafkaError, match="holds a cluster of 1, not of 3"):
        LocalKafka(one.directory, brokers=3)
    with pytest.raises(LocalKafkaError, match="stop it first"):
        LocalKafka(one.directory, port=free_ports(1)[0])


def test_a_spoilt_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{")
    with pytest.raises(LocalKafkaError, match="cannot be read: delete"):
        LocalKafka(tmp_path)


def test_the_command_starts_it_where_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    where = ["--directory", str(tmp_path / "one")]
    assert run(["kafka", "status", *where]) == 1
    capsys.readouterr()
    monkeypatch.chdir(HOME.parent)
    try:
        assert run(["kafka", "start", "--port", str(port), *where]) == 0
        assert f"{HOST}:{port}" in capsys.readouterr().out
        assert run(["kafka", "status", "--format", "json", *where]) == 0
        (node,) = json.loads(capsys.readouterr().out)
        assert (node["port"], node["answers"]) == (port, True)
        LocalKafka(tmp_path / "one").kill()
        assert run(["kafka", "start", *where]) == 0
        assert f"{HOST}:{port}" in capsys.readouterr().out
    finally:
        assert run(["kafka", "stop", *where]) == 0
    assert run(["kafka", "status", *where]) == 1
