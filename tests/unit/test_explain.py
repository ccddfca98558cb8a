"""`leadgate explain`: a lead from a worker or from files, as text or as JSON, and how each failure ends."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from qualifiers import compile_funnel, explain
from schemas.explanation import Explanation
from schemas.funnel_file import FunnelFile
from schemas.lead_state import encode_lead, encode_mark
from schemas.moments import DAY, HOUR
from streams.cli import run
from streams.cli.explanation_text import lines
from streams.cli.schema import Document, json_schema
from streams.engine.homes import home
from streams.engine.table import Table
from streams.web.pages import add_pages
from tests.doubles.workers import FakeEngine, FakeGroup, live, partition, worker
from tests.unit.story import START, tell

FUNNEL: dict[str, Any] = {
    "funnel": "tried",
    "stages": ["lead", "mql", "customer"],
    "off_path": ["recycled"],
    "final": ["customer"],
    "define": {"keen": {"any": [{"score": "interest", "at_least": 40}, {"did": "demo", "within": "10d"}]}},
    "scores": {
        "interest": {
            "half_life": "30d",
            "limits": [0, 100],
            "points": [
                {"on": "seen", "add": 10, "at_most": 30},
                {"on": "mailed", "add": 1, "at_most": 2, "per": "1d"},
                {"on": "called", "add": 4},
                {"if": {"trait": "size", "above": 10}, "add": 5},
            ],
        }
    },
    "hold": {"when": {"did": "paused", "within": "5d"}},
    "transitions": [
        {"to": "mql", "when": {"all": [{"use": "keen"}, {"has": "budget"}]}},
        {"to": "customer", "from": ["mql"], "when": {"did": "won"}},
        {"name": "gone-quiet", "from": ["lead"], "to": "recycled", "when": {"quiet": "30d"}},
    ],
    "signals": [{"name": "busy", "in": "lead", "when": {"did": "seen", "times": 2}}],
}


def line(lead_id: str, day: int, type_: str, **members: Any) -> str:
    moment = f"2026-01-{day:02d}T00:00:00Z"
    return json.dumps(
        {"id": f"{lead_id}-{day}-{type_}", "lead_id": lead_id, "type": type_, "occurred_at": moment} | members
    )


ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}
ACTIVITIES = [
    line("ada", 1, "seen"),
    line("ada", 2, "seen", traits={"size": 50}),
    line("bob", 2, "seen"),
    line("ada", 3, "mailed"),
    line("ada", 4, "paused"),
    line("cy", 5, "seen"),
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A funnel and activities on disk; what a command says of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "funnel.yaml").write_text(json.dumps(FUNNEL))

    def arguments(*more: str, activities: list[str] = ACTIVITIES) -> list[str]:
        (tmp_path / "activities").write_text("".join(f"{one}\n" for one in activities))
        return ["explain", *more, "--funnel", "funnel.yaml", "activities"]

    return arguments


Files = Callable[..., list[str]]

# From files -----------------------------------------------------------------------------------------


def test_a_lead_reads_well_at_night(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files("ada")) == 0
    assert (
        capsys.readouterr().out
        == (
            "ada is in lead since 2026-01-01 00:00:00Z (4 d)\n"
            "  by created: First activity: seen\n"
            "as of 2026-01-05 00:00:00Z, under tried HASH\n"
            "\n"
        ).replace("HASH", compile_funnel(FunnelFile.model_validate(FUNNEL)).hash[:16])
        + TOLD
    )


TOLD = """\
What can move it
  ✗ to-mql → mql, lacks 2: interest at least 40 (24.4024 of 40) is the nearest
    blocked by hold: The funnel's `hold` is true: nothing moves forward, and no signal is given. Until \
2026-01-09 00:00:00Z (in 4 d).
      ✓ paused within 5 days: done, last 2026-01-04 00:00:00Z; until 2026-01-09 00:00:00Z (in 4 d)
    ✗ all of these: 0 of 2 true
      ✗ keen, any of these: 0 of 2 true
        ✗ interest at least 40: 24.4024 of 40
        ✗ demo within 10 days: never
      ✗ has budget: budget missing
  ✗ gone-quiet → recycled
    ✗ no activity for 30 days: 1 d, since 2026-01-04 00:00:00Z; true 2026-02-03 00:00:00Z (in 29 d)

What it signals
  ✓ busy, given
    ✓ seen 2 times: 2 of 2, last 2026-01-02 00:00:00Z

What its scores are made of
  interest 24.4024: 19.4024 for what it does, 5 for who it is; of what it does, half is left after 30 days; \
limits 0 to 100
    1. seen: +10 points, at most 30: worth 18.4476 now, room for 11.5524
    2. mailed: +1 point, at most 2 in any 24 hours: room for 2
    3. called: +4 points
    4. size above 10: +5 points: gives them
    Lines 2 and 3 together: worth 0.9548 now, within the limits

What will happen if it does nothing more
  2026-02-03 00:00:00Z (in 29 d): gone-quiet → recycled: No activity for 30 days
  Time alone does nothing more.
"""


def test_the_json_is_as_its_schema_says(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*files("ada"), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, json_schema(Document.EXPLANATION))
    assert (told["lead_id"], told["at"], told["entry"]["from"]) == ("ada", "2026-01-05T00:00:00.000Z", None)
    assert Explanation.model_validate(told).model_dump(mode="json") == told


def at(moment: str, *more: str) -> list[str]:
    return [*more, "--at", moment, "--format", "json"]


def test_what_is_done_later_is_left_out(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*files("ada"), *at("2026-01-01T12:00:00Z")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["at"] == "2026-01-01T12:00:00.000Z"
    assert told["scores"][0]["known"] == 0
    assert told["signals"][0]["given"] == 0


def test_time_goes_on_to_the_moment(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*files("ada"), *at("2026-03-01T00:00:00Z")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["stage"], told["entry"]["rule"], told["entry"]["from"]) == ("recycled", "gone-quiet", "lead")
    assert (told["entry"]["why"], told["forecast"]["steps"]) == ("No activity for 30 days", [])


def test_a_merged_lead_is_explained_as_what_it_is_now(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    merges = [
        line("ada", 6, "lead_merged", properties={"into": "bob"}),
        line("bob", 7, "lead_merged", properties={"into": "cy"}),
    ]
    assert run([*files("ada", activities=ACTIVITIES + merges), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["lead_id"] == "cy"


@pytest.mark.parametrize(
    ("lead", "more", "extra"),
    [
        ("nobody", [], []),
        ("cy", ["--at", "2026-01-04T00:00:00Z"], []),
        ("ada", [], [line("ada", 6, "lead_erased")]),
    ],
)
def test_a_lead_that_there_is_not(
    files: Files, lead: str, more: list[str], extra: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*files(lead, activities=ACTIVITIES + extra), *more]) == 1
    by_then = " by then" if more else ""
    assert capsys.readouterr().err == f"leadgate: there is no lead '{lead}' in these activities{by_then}\n"


def test_a_line_that_cannot_be_read_is_said_and_stops_nothing(
    files: Files, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(files("ada", activities=[*ACTIVITIES[:2], "no JSON", "", *ACTIVITIES[2:]])) == 1
    said = capfd.readouterr()
    assert json.loads(said.err) == {"line": 3, "reason": json.loads(said.err)["reason"], "value": "no JSON"}
    assert said.out.endswith(TOLD)


def test_the_activities_may_come_by_stdin(files: Files) -> None:
    arguments, given = files("ada")[:-1], Path("activities").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "streams", *arguments], input=given, capture_output=True, env=ENVIRONMENT
    )
    assert (done.returncode, done.stdout.decode().endswith(TOLD)) == (0, True)


def test_files_need_no_kafka(files: Files) -> None:
    script = (
        f"import sys; from streams.cli import run; code = run({files('ada')!r})\n"
        "print(code, {'aiohttp', 'confluent_kafka', 'faust', 'kafka', 'rich'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ada", "activities"], "files and --at are for --funnel"),
        (["ada", "--at", "now"], "files and --at are for --funnel"),
        (["ada", "--funnel", "startup", "--worker", "http://localhost:1"], "not both"),
        (["ada", "--funnel", "startup", "--settings", "leadgate.toml"], "not both"),
        (["ada", "--funnel", "nothing.yaml", "-"], "nothing.yaml: no such file"),
        (["ada", "--funnel", "startup", "nothing"], "nothing: cannot be read"),
        (["ada", "--funnel", "startup", "--at", "noon", "-"], "'noon' is not an RFC 3339 date-time"),
        (["ada", "--worker", "localhost:6066"], "--worker is an address such as http://localhost:6066"),
        (
            ["ada", "--worker", "http://localhost:66066"],
            "--worker is an address such as http://localhost:6066",
        ),
        (["ada", "--worker", "http://[::1"], "--worker is an address such as http://localhost:6066"),
        (["ada", "--worker", "ftp://localhost"], "--worker is an address such as http://localhost:6066"),
    ],
)
def test_misuse(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", *arguments]) == 2
    assert said in capsys.readouterr().err


# From a worker --------------------------------------------------------------------------------------

PARTITIONS = 4


def asked(
    group: FakeGroup, arguments: list[str], states: dict[str, bytes], clock: int = START, *tokens: str
) -> int:
    """What the command ends with that asks a worker which has these states."""

    async def scene() -> int:
        port = unused_port()
        one = worker("w", group, f"127.0.0.1:{port}", PARTITIONS, *tokens)
        assert isinstance(one.engine, FakeEngine)
        one.engine.give(range(PARTITIONS))
        for number in range(PARTITIONS):
            opened = partition(number, {}, clock=clock)
            opened.table = Table(
                {
                    lead_id.encode(): state
                    for lead_id, state in states.items()
                    if home(lead_id.encode(), PARTITIONS) == number
                }
            )
            one.engine.open(opened)
        if group.by_partition is not None:
            group.by_partition.update(dict.fromkeys(range(PARTITIONS), one.me))
        server = TestServer(web.Application(), port=port)
        add_pages(server.app, one)
        await server.start_server()
        try:
            return await asyncio.to_thread(run, [*arguments, "--worker", f"http://127.0.0.1:{port}"])
        finally:
            await server.close()

    return asyncio.run(scene())


def shopper(lead_id: str) -> tuple[bytes, Explanation]:
    """A lead of the worker's funnel, and what is told of it a day later."""
    group = worker("w", FakeGroup()).funnels.in_force.funnel
    lead = live(group, lead_id, "page_viewed")[0]
    return encode_lead(lead), explain(group, lead_id, lead, START + DAY)


@pytest.mark.parametrize("lead_id", ["ada", "a/b", "..", "100%", "żółć"])
def test_a_worker_is_asked(lead_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    state, told = shopper(lead_id)
    assert asked(FakeGroup(), ["explain", lead_id], {lead_id: state}, START + DAY) == 0
    assert capsys.readouterr().out == "".join(f"{one}\n" for one in lines(told))


def test_a_worker_s_json_is_handed_on_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    state, told = shopper("ada")
    assert asked(FakeGroup(), ["explain", "ada", "--format", "json"], {"ada": state}, START + DAY) == 0
    assert json.loads(capsys.readouterr().out) == told.model_dump(mode="json") | {"funnel_version": 1}


def test_a_worker_s_merged_lead_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    states = {"ada": encode_mark("bob"), "bob": encode_mark("cy"), "cy": shopper("cy")[0]}
    assert asked(FakeGroup(), ["explain", "ada"], states) == 0
    assert capsys.readouterr().out.startswith("cy is in visitor since ")


@pytest.mark.parametrize(
    ("lead_id", "group", "code", "said"),
    [
        ("nobody", FakeGroup(), 1, "leadgate: there is no lead 'nobody'\n"),
        ("x" * 3_000, FakeGroup(), 2, "leadgate: the lead id is longer than 2048 bytes\n"),
        ("ada", FakeGroup(None), 3, "so nobody knows who owns this lead: try again in a moment\n"),
    ],
)
def test_what_a_worker_refuses(
    lead_id: str, group: FakeGroup, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(group, ["explain", lead_id], {}) == code
    assert capsys.readouterr().err.endswith(said)


def test_a_worker_s_token_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states, token = {"ada": shopper("ada")[0]}, "the-token-of-all-workers"
    assert asked(FakeGroup(), ["explain", "ada"], states, START, token) == 2
    assert "send one of LEADGATE_HTTP_TOKENS" in capsys.readouterr().err
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS", token)
    assert asked(FakeGroup(), ["explain", "ada"], states, START, token) == 0


def answering(text: str, status: int = 200) -> int:
    """What the command ends with where something else answers."""

    async def say(_request: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    async def scene() -> int:
        application = web.Application()
        application.router.add_get("/{path:.*}", say)
        server = TestServer(application)
        await server.start_server()
        try:
            return await asyncio.to_thread(
                run, ["explain", "ada", "--worker", f"http://127.0.0.1:{server.port}"]
            )
        finally:
            await server.close()

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("text", "status"), [("<html>", 200), ("{}", 200), ("[]", 200), ("gone", 404), ("{}", 500), ("<p>", 503)]
)
def test_something_else_answers(text: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert answering(text, status) == 3
    assert "explains no lead: it is no worker" in capsys.readouterr().err


def test_nobody_answers_at_the_settings_own_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        port = taken.getsockname()[1]
        monkeypatch.setenv("LEADGATE_WEB_HOST", "0.0.0.0")
        monkeypatch.setenv("LEADGATE_WEB_PORT", str(port))
        assert run(["explain", "ada"]) == 3
    said = capsys.readouterr().err
    assert said.startswith(f"leadgate: no worker answers at http://127.0.0.1:{port}: ")
    assert said.endswith("(is it running? --worker says where another is)\n")


def test_settings_that_name_no_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADGATE_WEB_PORT", "0")
    assert run(["explain", "ada"]) == 2
    assert "--worker says which" in capsys.readouterr().err


# As text --------------------------------------------------------------------------------------------


def text(**parts: Any) -> str:
    story = tell(**parts).does("x", 0).does("y", 1)
    assert story.lead is not None
    return "\n".join(lines(explain(story.funnel, "lead", story.lead, START + 2 * HOUR)))


def test_what_a_lead_says_of_itself_moves_no_cursor_and_fills_no_screen() -> None:
    titled = tell({"trait": "title", "is": "CEO"}).knows(0, title="\x1b[2J\nboss" + "!" * 1_000)
    assert titled.lead is not None
    told = list(lines(explain(titled.funnel, "a\rb", titled.lead)))
    assert told[0].startswith("a\\rb is in a since")
    assert "\x1b" not in "".join(told)
    [condition] = [one for one in told if "title is CEO" in one]
    assert condition.endswith("!!!…")
    assert len(condition) < 200


def test_a_stage_without_a_way_out_says_so() -> None:
    to_b = {"to": "b", "when": {"did": "x"}}
    assert "What can move it\n  no rule leads out of b\n" in text(transitions=[to_b], final=["b"])


def test_what_must_end_is_said() -> None:
    away = {"to": "b", "when": {"all": [{"none": [{"did": "x"}]}, {"did": ["x", "y"]}]}}
    assert "✗ to-b → b, lacks not x (done)\n" in text(transitions=[away])


def test_a_signal_that_was_given_often_says_how_often() -> None:
    often = {"name": "often", "in": "a", "when": {"none": [{"did": "y", "within": "1h"}]}}
    story = tell({"did": "z"}, signals=[often]).does("x", 0).does("y", 1).does("x", 5)
    assert story.lead is not None
    told = explain(story.funnel, "lead", story.lead)
    assert "✓ often, given 2 times in this stay" in "\n".join(lines(told))


def test_a_forecast_that_looks_no_further_says_so() -> None:
    assert text(when={"in_stage": "36525d"}).endswith(
        "What comes later than that is not told. (it looks up to 2036-01-01 02:00:00Z)"
    )


def test_a_lead_that_is_still_to_be_read_says_so() -> None:
    story = tell({"did": "z"}).does("x")
    assert story.lead is not None
    told = explain(tell({"did": "w"}).funnel, "lead", story.lead)
    assert "The funnel has changed, and has still to read this lead." in list(lines(told))
