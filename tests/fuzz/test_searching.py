"""The search itself: what raises, hangs or takes all memory is found, and told with little."""

import re
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz import corpus, searching
from tests.fuzz.clock_words import check as check_word
from tests.fuzz.cutting import cut, joined
from tests.fuzz.mutations import LONGEST, MUTATIONS, mutate
from tests.fuzz.reached import fewest, reached
from tests.fuzz.searching import Check, Search, TooLong


def found_by(check: Check, *seeds: bytes) -> searching.Found:
    """The first that is found, however long it takes."""
    return next(Search(check, seeds, seed=1).run(600))


def test_what_raises_is_found_and_told_with_little() -> None:
    def check(data: bytes) -> None:
        assert b"\xff" not in data

    found = found_by(check, b"all is well here")
    assert (found.data, type(found.error)) == (b"\xff", AssertionError)


def test_each_error_is_told_once() -> None:
    def check(data: bytes) -> None:
        check_word(data)
        raise LookupError(data) if b"{" in data else ValueError(data)

    search = Search(check, [b"{a", b"{b", b"c", b"d"], seed=1)
    assert [type(one.error) for one in search.run(0)] == [LookupError, ValueError]
    assert search.tried == 4


def test_what_goes_round_for_ever_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SECONDS", 1)

    def check(data: bytes) -> None:
        while data:
            pass

    assert isinstance(found_by(check, b"x").error, TooLong)


def test_what_takes_all_memory_is_found() -> None:
    def check(data: bytes) -> None:
        bytearray(4 * searching.MORE_BYTES * len(data))

    assert isinstance(found_by(check, b"x").error, MemoryError)


def test_what_reaches_something_new_is_gone_on_from() -> None:
    search = Search(check_word, [b"{}"], seed=1)
    assert list(search.run(0)) == []
    assert search.known == [b"{}"]
    more = Search(check_word, [b'{"held": true}', b"{}", b"{} "], seed=1)
    assert list(more.run(0)) == []
    assert more.known == [b'{"held": true}', b"{}"]


def test_of_inputs_that_reach_the_same_the_shortest_is_kept() -> None:
    assert fewest(check_word, [b"{}  ", b"{}", b"{} ", b'{"held": true}']) == [b"{}", b'{"held": true}']
    assert reached(check_word, b"{}") == reached(check_word, b"{}  ")


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_makes_something_else(mutation: object) -> None:
    assert callable(mutation)
    known = [b'{"an": 10, "input": [20, 300]}', b"and: another, with words: 77"]
    made = {mutation(Random(seed), known[0], known) for seed in range(50)}
    assert len(made - {known[0]}) > 3
    assert mutation(Random(1), b"", [b""]) is not None


def test_an_input_stays_short() -> None:
    random, data = Random(1), b"x" * 500
    for _ in range(200):
        data = mutate(random, data, [data])
        assert len(data) <= LONGEST


def test_pieces_are_put_together_again() -> None:
    assert cut(joined(b"a", b"", b"\xff")) == [b"a", b"", b"\xff"]
    assert cut(b"") == [b""]


def test_a_corpus_is_read_as_it_was_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "HERE", tmp_path)
    corpus.keep("funnels", [b"longer \xff'\n", b"", b"a", b"a"])
    assert corpus.kept("funnels") == [b"", b"a", b"longer \xff'\n"]


def test_the_examples_of_the_help_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in corpus.HERE.glob("*.txt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(corpus, "HERE", tmp_path)
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    examples = re.findall(r"python -m tests\.fuzz (--sec[^#\n]*)", capsys.readouterr().out)
    assert len(examples) == 3
    for example in examples:
        assert command.main(example.replace("600", "0").split()) == 0
        assert "0 raise" in capsys.readouterr().out
    assert corpus.kept("clock_words")


def test_a_target_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["funnel"])
    assert ended.value.code == 2
    assert "there is no target funnel: give one of activities" in capsys.readouterr().err


def test_what_is_found_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(data: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(command, "check_of", lambda target: check)
    assert command.main(["clock_words", "--seconds", "0"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
