"""Dotted paths go through objects only, and end in nothing without complaint."""

from typing import Any

import pytest

from qualifiers.paths import getter

TREE: dict[str, Any] = {"a": 1, "b": {"c": 2, "d": {"e": {"f": 3}}, "n": None}, "l": [{"c": 4}], "": 5}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", 1),
        ("b.c", 2),
        ("b.d.e.f", 3),
        ("b.d.e", {"f": 3}),
        ("x", None),
        ("b.x", None),
        ("b.n", None),
        ("a.c", None),
        ("l.c", None),
        ("l.0.c", None),
        ("b.n.x.y", None),
        ("b.d.x.f", None),
        ("b.c.x.y", None),
    ],
)
def test_a_path_leads_to(path: str, value: Any) -> None:
    assert getter(path)(TREE) == value
