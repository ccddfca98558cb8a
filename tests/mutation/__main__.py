"""Change the rules, one thing at a time, and see whether their tests notice.

By hand: a mutant takes a second or two, one that survives as long as all the tests of its module.

    python -m tests.mutation                        # 20 of each module; 1 where one is not noticed
    python -m tests.mutation points counters --sample 5
    python -m tests.mutation points --only aged  # all in one function, whatever the sample
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence

from tests.mutation import report, running
from tests.mutation.operators import Mutant, mutants
from tests.mutation.suites import SUITES

FINE, FOUND, FAILED = 0, 1, 3
_ALL = ", ".join(sorted(SUITES))


def sample_of(module: str, size: int, seed: int, only: str | None = None) -> tuple[int, list[Mutant]]:
    """How many mutants a module has, and those that are tried: the same for the same source and seed."""
    all_of_it = mutants(running.source_of(module))
    if only is not None:
        return len(all_of_it), [one for one in all_of_it if one.where.startswith(only)]
    chosen = random.Random(f"{seed} {module}").sample(all_of_it, min(size, len(all_of_it)))
    return len(all_of_it), sorted(chosen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants, and tell; 1 when one has survived that is not explained, 3 when the tests fail."""
    asked = _arguments(arguments)
    running.prepare()
    results = []
    before = {one.module: one for one in report.committed()} if asked.again else {}
    for module in asked.modules or sorted(before or SUITES):
        if not asked.again and running.judge(module, None) != "survived":
            print(f"the tests of {module} fail as it is: mend that first", file=sys.stderr)
            return FAILED
        count, chosen = sample_of(module, asked.sample, asked.seed, asked.only)
        if module in before:
            chosen = [
                one for one in mutants(running.source_of(module)) if str(one) in before[module].unexplained
            ]
        result = report.result_of(module, count, _judged(module, chosen))
        if module in before:
            result = before[module].but(result.survived)
        results.append(result)
        if asked.commit:
            report.commit([result])
    print(report.markdown(results))
    return FOUND if any(one.unexplained for one in results) else FINE


def _judged(module: str, chosen: list[Mutant]) -> Iterator[tuple[Mutant, running.Verdict]]:
    for mutant in chosen:
        verdict = running.judge(module, mutant.number)
        print(f"{module}:{mutant.line} {mutant.operator}: {mutant}: {verdict}", file=sys.stderr, flush=True)
        yield mutant, verdict


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of qualifiers; all: {_ALL}")
    parser.add_argument("--sample", type=int, default=20, metavar="N", help="mutants of a module (20)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another sample (1)")
    parser.add_argument("--only", metavar="FUNCTION", help="all the mutants in it, in place of a sample")
    parser.add_argument("--again", action="store_true", help="only those that had survived, unexplained")
    parser.add_argument("--commit", action="store_true", help="write the results that the documents tell")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.modules if name not in SUITES]
    if unknown:
        parser.error(f"no tests are named for {', '.join(unknown)}: give one of {_ALL}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
