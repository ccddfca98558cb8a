"""A worker writes to no place but its state directory: so a container's root file system may be read-only."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from streams import kafka_clients, topics
from streams.settings import Settings, load_settings
from tests.doubles.running import start, wait, working

READ_ONLY = "tests.doubles.read_only"
ACTIVITY = {"id": "a1", "lead_id": "lead-1", "type": "page_viewed", "occurred_at": "2026-01-01T00:00:00Z"}


def test_a_worker_keeps_its_name_and_writes_nothing_else(
    kafka: str, topic_name: Callable[[str], str], tmp_path: Path
) -> None:
    given: dict[str, Any] = {
        name: topic_name(name.removesuffix("_topic"))
        for name in Settings.model_fields
        if name.endswith("_topic")
    }
    given |= {"bootstrap_servers": kafka, "group": topic_name("read-only"), "funnel": "startup"}
    settings = load_settings(**given)
    topics.create(settings, partitions=1)
    state = tmp_path / "state"
    state.mkdir()
    producer = Producer(kafka_clients.producer(settings))
    producer.produce(settings.activities_topic, json.dumps(ACTIVITY), "lead-1")
    assert producer.flush(30) == 0
    with working(given | {"state_directory": state}, READ_ONLY, str(state)) as worker:
        wait(lambda: worker.get("/leads/lead-1").status_code == 200, lambda: "the lead is not there")
    assert [one.name for one in state.iterdir()] == ["worker-0"]
    # What it may write is all that it could: elsewhere it is refused, and says so.
    elsewhere = start(given | {"state_directory": tmp_path / "elsewhere"}, READ_ONLY, str(state))
    elsewhere.process.wait(60)
    assert "can't be written (Read-only file system)" in elsewhere.end()
    assert elsewhere.process.returncode == 3


def test_the_refusal_is_real(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.doubles.read_only import refuse_writes_outside\n"
        "refuse_writes_outside(Path(sys.argv[1]) / 'state')\n"
        "(Path(sys.argv[1]) / 'file').write_text('x')\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, capture_output=True, text=True
    )
    assert "Read-only file system" in done.stderr
    assert not (tmp_path / "file").exists()
