"""What comes of a case: whether all is as it should be, and if not, what happened instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """Something that was expected, and is not so.

    ``line`` and ``column`` (from 1) are where it is expected; ``at`` is the moment, for a person;
    ``message`` says what should be and what is; ``missing`` are the conditions that were not true,
    each with the rule that asks for it; ``happened`` is all that was decided about the lead by then.
    """

    line: int
    column: int
    at: str
    message: str
    missing: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What has come of a case: passed, when there are no failures. ``line`` is where the case begins."""

    name: str
    line: int
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        return not self.failures
