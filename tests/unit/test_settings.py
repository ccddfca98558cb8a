"""Settings come from a file, the environment and the command line; what is wrong is said in a line."""

import os
import socket
from pathlib import Path

import pytest

from streams.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LEADGATE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "leadgate.toml"
    path.write_text('group = "sales"\ngrace = "2m"\nmax_pass_records = 10\n')
    return path


def test_without_any_setting_everything_has_a_value() -> None:
    settings = load_settings()
    assert (settings.bootstrap_servers, settings.grace) == ("localhost:9092", 10_000)
    assert (settings.changelog, settings.control) == ("leadgate-leads-changelog", "leadgate-control")


def test_the_command_line_outweighs_the_environment_and_that_a_file(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADGATE_GRACE", "500ms")
    monkeypatch.setenv("LEADGATE_MAX_PASS_RECORDS", "20")
    settings = load_settings(toml, max_pass_records=30, group=None)
    assert (settings.group, settings.grace, settings.max_pass_records) == ("sales", 500, 30)


def test_the_environment_can_name_the_file(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_SETTINGS", str(toml))
    assert load_settings().group == "sales"


def test_a_file_may_be_written_as_an_environment_is(tmp_path: Path) -> None:
    path = tmp_path / "worker.env"
    path.write_text("# the sales funnel\nLEADGATE_GROUP=sales\nexport LEADGATE_SASL_PASSWORD='a$b'\n")
    with pytest.raises(SettingsError, match=f"{path}: sasl_password: has no effect unless"):
        load_settings(path)
    path.write_text("LEADGATE_GROUP=sales\n")
    assert load_settings(path).group == "sales"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_WORKER_ID", "")
    monkeypatch.setenv("LEADGATE_CHANGELOG_TOPIC", "")
    settings = load_settings()
    assert (settings.worker_id, settings.changelog) == (None, "leadgate-leads-changelog")


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("0s", 0), ("250ms", 250), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000)]
)
def test_durations_have_units(text: str, milliseconds: int) -> None:
    assert load_settings(grace=text).grace == milliseconds


WRONG = [
    ({"GRUOP": "sales"}, "LEADGATE_GRUOP: there is no such setting; did you mean LEADGATE_GROUP?"),
    ({"COLOUR_OF_HAT": "red"}, "LEADGATE_COLOUR_OF_HAT: there is no such setting; take it away"),
    (
        {"GRACE": "10"},
        "LEADGATE_GRACE: write a duration as a whole number with a unit: 500ms, 10s, 2m, 1h (it is '10')",
    ),
    ({"WEB_PORT": "99999"}, "LEADGATE_WEB_PORT: Input should be less than or equal to 65535 (it is '99999')"),
    (
        {"LOG_LEVEL": "loud"},
        "LEADGATE_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error' (it is 'loud')",
    ),
    ({"FORWARD_SECRET": "tiny"}, "LEADGATE_FORWARD_SECRET: Value should have at least 16 characters, not 4"),
    (
        {"SASL_USERNAME": "me"},
        "LEADGATE_SASL_USERNAME: has no effect unless security_protocol is set (to SASL_SSL)",
    ),
    (
        {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "me"},
        "LEADGATE_SASL_PASSWORD: is needed with security_protocol SASL_SSL",
    ),
    (
        {"SECURITY_PROTOCOL": "SSL", "SSL_CERTIFICATE_FILE": __file__},
        "LEADGATE_SSL_KEY_FILE: a certificate and its key go together",
    ),
    (
        {"SECURITY_PROTOCOL": "SSL", "SSL_CA_FILE": "/no/such/file"},
        "LEADGATE_SSL_CA_FILE: Path does not point to a file (it is '/no/such/file')",
    ),
]


@pytest.mark.parametrize(("variables", "line"), WRONG, ids=[next(reversed(case)) for case, _ in WRONG])
def test_a_wrong_setting_is_one_clear_line(
    variables: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"LEADGATE_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == line


def test_all_that_is_wrong_is_said_at_once_and_where_it_was_said(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml.write_text('group = "Sales!"\nhold_clok = true\n')
    monkeypatch.setenv("LEADGATE_WEB_PORT", "many")
    with pytest.raises(SettingsError) as refused:
        load_settings(toml, grace="soon")
    starts = [line.partition(" (")[0].partition(": ")[0] for line in str(refused.value).splitlines()]
    assert sorted(starts) == sorted([str(toml), str(toml), "LEADGATE_WEB_PORT", "--grace"])
    assert f"{toml}: hold_clok: there is no such setting; did you mean hold_clock?" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("missing.toml", None, "cannot be read: No such file"),
        ("missing.env", None, "cannot be read: No such file"),
        ("broken.toml", "group = \n", "are not TOML"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(path)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("LEADGATE_SASL_USERNAME", "me")
    monkeypatch.setenv("LEADGATE_SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("LEADGATE_FORWARD_SECRET", "hunter3")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "hunter" not in str(refused.value)
    monkeypatch.setenv("LEADGATE_FORWARD_SECRET", "hunter3" * 3)
    assert "hunter" not in repr(load_settings())


def test_a_worker_says_where_others_reach_it() -> None:
    assert load_settings().advertised(6066) == "127.0.0.1:6066"
    assert load_settings(web_host="0.0.0.0").advertised(6066) == f"{socket.gethostname()}:6066"
    assert load_settings(web_host="0.0.0.0", web_advertised="one:80").advertised(6066) == "one:80"


def test_the_documentation_names_every_setting_and_its_default(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    cells = [row.split("|")[1:3] for row in page.read_text().splitlines() if row.startswith("| `")]
    documented = {name.strip(" `"): default.strip() for name, default in cells}
    assert list(documented) == list(Settings.model_fields)
    # Those that are shown as one would write them, given back, are what is so without them.
    written = {name: default.strip("`") for name, default in documented.items() if default.startswith("`")}
    assert written.pop("sasl_mechanism") == Settings.model_fields["sasl_mechanism"].default
    lines = [f"{name}={default}\n" for name, default in written.items() if "<group>" not in default]
    file = tmp_path / "leadgate.env"
    file.write_text("".join(lines))
    assert load_settings(file).model_dump() == load_settings().model_dump()


def test_a_worker_with_a_name_of_its_own_stays_a_member_unless_told_otherwise() -> None:
    assert not load_settings().stays
    assert load_settings(worker_id="pod-0").stays
    assert not load_settings(worker_id="pod-0", on_stop="leave").stays
    assert load_settings(on_stop="stay").stays
