"""The commands that give rights, as a shell takes them."""

import shlex

import pytest

from streams import acls
from streams.cli import run
from streams.settings import load_settings


@pytest.mark.parametrize("principal", ["User:crm", "User:*", "User:CN=lead gate,O=Ours & Theirs"])
@pytest.mark.parametrize("role", ["worker", "subscriber"])
def test_a_principal_is_one_word_whatever_a_certificate_calls_it(principal: str, role: acls.Role) -> None:
    settings = load_settings()
    for command in acls.commands(acls.rights(role, settings), settings, principal):
        words = shlex.split(command)
        assert words[words.index("--allow-principal") + 1] == principal
        if "--group" in words:
            named = settings.group if role == "worker" else principal.removeprefix("User:")
            assert words[words.index("--group") + 1] == named


def test_the_command_says_them_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "acls", "--principal", "User:CN=lead gate", "--role", "sender"]) == 0
    assert "--allow-principal 'User:CN=lead gate' " in capsys.readouterr().out
