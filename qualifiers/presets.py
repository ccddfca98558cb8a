"""Whole funnels to start from, each with its cases, shipped with the package."""

from importlib.resources import files

PRESETS = ("startup", "consulting", "agency")
"""The names of the presets, the one to try first at the front."""


def preset_text(name: str) -> str:
    """The funnel file of a preset. Raises KeyError when there is none of that name."""
    return _text(name, f"{name}.yaml")


def preset_cases(name: str) -> str:
    """The cases of a preset, which `leadgate test` runs. Raises KeyError when there is none of that name."""
    return _text(name, f"{name}.cases.yaml")


def _text(name: str, file: str) -> str:
    if name not in PRESETS:
        raise KeyError(name)
    return (files("qualifiers") / "presets" / file).read_text(encoding="utf-8")
