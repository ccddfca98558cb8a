"""The log: JSON where no person looks, and never a payload or a secret."""

import io
import json
import logging

import pytest
import structlog

from streams import logs
from streams.cli.kafka_settings import kafka_settings
from streams.funnels.topic import decode_funnel


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_an_event_is_a_line_of_json() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    structlog.get_logger("leadgate.x").warning("lagging", partition=3)
    event = json.loads(stream.getvalue())
    assert event.pop("at").endswith("Z")
    assert event == {"event": "lagging", "level": "warning", "logger": "leadgate.x", "partition": 3}


def test_a_worker_that_has_a_name_says_it_on_every_line() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream, worker="pod-0")
    structlog.get_logger("leadgate.x").info("worker_starts", worker="pod-0")
    logging.getLogger("some.library").info("joined")
    assert [json.loads(line)["worker"] for line in stream.getvalue().splitlines()] == ["pod-0", "pod-0"]


def test_libraries_speak_the_same_way() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    logging.getLogger("some.library").info("joined %s", "group", extra={"generation": 4})
    event = json.loads(stream.getvalue())
    assert (event["event"], event["logger"], event["generation"]) == ("joined group", "some.library", 4)


@pytest.mark.parametrize("name", ["password", "sasl_password", "token", "value", "traits", "properties"])
def test_payloads_and_secrets_are_withheld_whoever_logs_them(name: str) -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    structlog.get_logger().info("ours", **{name: "hush"})
    logging.getLogger("theirs").info("theirs", extra={name: "hush"})
    assert "hush" not in stream.getvalue()
    assert stream.getvalue().count("withheld") == 2


def test_a_traceback_shows_no_variables() -> None:
    for stream in (io.StringIO(), Terminal()):
        logs.configure(stream=stream)
        record = "hush" + "!"
        try:
            raise ValueError(len(record))
        except ValueError:
            structlog.get_logger().exception("failed")
        assert "ValueError" in stream.getvalue()
        assert "hush!" not in stream.getvalue()


def test_a_person_gets_no_json() -> None:
    stream = Terminal()
    logs.configure(stream=stream)
    structlog.get_logger().info("ready", port=6066)
    assert "{" not in stream.getvalue()
    assert "ready" in stream.getvalue()


def test_what_is_below_the_level_is_not_said() -> None:
    stream = io.StringIO()
    logs.configure("warning", stream=stream)
    structlog.get_logger("x").info("chatter")
    logging.getLogger("y").info("chatter")
    logging.getLogger("faust.worker").info("chatter")
    assert stream.getvalue() == ""


def test_faust_is_heard_when_it_matters() -> None:
    stream = io.StringIO()
    logs.configure("debug", stream=stream)
    logging.getLogger("faust.worker").info("chatter")
    logging.getLogger("faust.worker").error("broken")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["broken"]


def test_what_a_library_also_raises_is_not_said_by_it() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)
    logging.getLogger("kafka.net.manager").error("Connection failed")
    logging.getLogger("streams.app").info("[^-LeadgateApp]: Starting...")
    assert stream.getvalue() == ""


def test_what_is_strange_in_a_topic_is_not_among_what_a_command_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kafka_settings(None)
    assert decode_funnel(b"no funnel") is None
    said = capsys.readouterr()
    assert said.out == ""
    assert json.loads(said.err)["event"] == "funnel_record_not_understood"
