"""Whole funnels to start from, shipped with the package."""

from importlib.resources import files

PRESETS = ("startup", "consulting", "agency")
"""The names of the presets, the one to try first at the front."""


def preset_text(name: str) -> str:
    """The funnel file of a preset. Raises KeyError when there is none of that name."""
    if name not in PRESETS:
        raise KeyError(name)
    return (files("qualifiers") / "presets" / f"{name}.yaml").read_text(encoding="utf-8")
