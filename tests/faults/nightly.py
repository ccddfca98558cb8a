"""Which cases `make test` leaves to `make faults`: each is of a kind that another, quicker one shows too."""

from collections.abc import Iterable
from typing import Any

import pytest

nightly = pytest.mark.nightly


def often(values: Iterable[Any], *always: Any) -> list[Any]:
    """All ``values`` as parameters of a test, those that are not ``always`` run marked as nightly."""
    values = list(values)
    assert set(always) <= set(values)
    rows = [(value, value if isinstance(value, tuple) else (value,)) for value in values]
    return [pytest.param(*row, marks=() if value in always else nightly) for value, row in rows]
