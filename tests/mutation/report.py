"""What has become of the mutants: the committed results, and the Markdown that tells them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.mutation.explained import EXPLAINED
from tests.mutation.operators import Mutant
from tests.mutation.running import Verdict

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Result:
    """A module's: how many mutants it has, how many of them were tried, and which were not noticed."""

    module: str
    mutants: int
    tried: int
    timed_out: int
    survived: tuple[str, ...]

    def but(self, survived: tuple[str, ...]) -> "Result":
        """The same, once those that are not explained have been tried again, and these have survived."""
        explained = [one for one in self.survived if one not in self.unexplained]
        return replace(self, survived=(*explained, *survived))

    @property
    def noticed(self) -> int:
        """How many a test has noticed: one that goes round for ever is noticed too."""
        return self.tried - len(self.survived)

    @property
    def unexplained(self) -> list[str]:
        """Those that a test should have noticed."""
        return [one for one in self.survived if one not in EXPLAINED.get(self.module, {})]


def result_of(module: str, mutants: int, verdicts: Iterable[tuple[Mutant, Verdict]]) -> Result:
    """The result of a module's sample."""
    judged = list(verdicts)
    survived = tuple(str(mutant) for mutant, verdict in judged if verdict == "survived")
    timed_out = sum(verdict == "timed out" for _, verdict in judged)
    return Result(module, mutants, len(judged), timed_out, survived)


def table(results: Iterable[Result]) -> Iterator[tuple[str, ...]]:
    """The lines of the table, the heads first, all modules together last."""
    yield "module", "mutants", "tried", "noticed", "survived, explained", "survived, not explained"
    all_of = list(results)
    for one in all_of:
        yield _line(f"`{one.module}`", [one])
    yield _line("**all**", all_of)


def _line(name: str, results: list[Result]) -> tuple[str, ...]:
    tried, noticed = sum(one.tried for one in results), sum(one.noticed for one in results)
    unexplained = sum(len(one.unexplained) for one in results)
    return (
        name,
        f"{sum(one.mutants for one in results):,}",
        str(tried),
        f"{noticed} ({100 * noticed / tried:.0f} %)" if tried else "0",
        str(tried - noticed - unexplained),
        str(unexplained),
    )


def markdown(results: list[Result]) -> str:
    """The table, and each survivor, with the reason where there is one."""
    heads, *lines = table(results)
    rows = [f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *lines)]
    survivors = [
        f"\n- {one.module}: {mutant}\n  {EXPLAINED.get(one.module, {}).get(mutant, 'not explained')}"
        for one in results
        for mutant in one.survived
    ]
    return "\n".join([*rows, *survivors])


def committed() -> list[Result]:
    """The results that are committed."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    return [Result(**one | {"survived": tuple(one["survived"])}) for one in found]


def commit(results: Iterable[Result]) -> None:
    """Write them, in the place of those of the same modules."""
    known = {one.module: one for one in committed()} if RESULTS.exists() else {}
    known |= {one.module: one for one in results}
    kept = [asdict(known[module]) for module in sorted(known)]
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
