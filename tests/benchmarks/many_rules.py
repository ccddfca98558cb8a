"""A funnel as it has become after years in a large company: the preset `startup`, and a great deal more."""

import json
from typing import Any

import yaml

from qualifiers.presets import preset_text

TRANSITIONS = 100
POINTS_LINES = 500
SCORES = 10
"""The points lines are shared out among so many more scores."""

_KNOWN = (
    "page_viewed", "email_opened", "email_clicked", "ebook_downloaded", "white_paper_downloaded",
    "webinar_registered", "webinar_attended", "newsletter_subscribed", "social_followed",
    "trial_started", "contact_form_submitted", "sales_contacted", "sales_conversation_held",
)  # fmt: skip
"""What the simulated leads do, too."""
_OTHERS = tuple(f"product_event_{number}" for number in range(60))
_TYPES = _KNOWN + _OTHERS
_STAGES = ("lead", "mql", "sal", "sql", "sqo", "recycled")


def many_rules(transitions: int = TRANSITIONS, points_lines: int = POINTS_LINES) -> str:
    """The funnel file, with so many transitions and points lines in all."""
    funnel = yaml.safe_load(preset_text("startup").replace("{on:", '{"on":'))
    funnel["funnel"] = "many-rules"
    lines = points_lines - sum(len(score["points"]) for score in funnel["scores"].values())
    for number in range(SCORES):
        points = [_line(index) for index in range(number, lines, SCORES)]
        funnel["scores"][f"interest_{number}"] = {"half_life": "60d", "limits": [0, 1000], "points": points}
    # They stand first: those of the preset have them all to pass.
    more = [_transition(index) for index in range(transitions - len(funnel["transitions"]))]
    funnel["transitions"] = more + funnel["transitions"]
    return json.dumps(funnel, default=str)


def _line(index: int) -> dict[str, Any]:
    kind = _TYPES[index % len(_TYPES)]
    line: dict[str, Any] = {"on": kind, "add": 1 + index % 5}
    if kind == "page_viewed":
        line["where"] = {"path": {"starts_with": f"/area-{index}"}}
    if index % 3 == 0:
        line |= {"at_most": 50}
    elif index % 3 == 1:
        line |= {"at_most": 20, "per": "7d"}
    return line


def _transition(index: int) -> dict[str, Any]:
    """A rule that few leads fulfil, if any: what it costs is what is measured."""
    asked: list[dict[str, Any]] = [
        {"did": _TYPES[index % len(_TYPES)], "times": 2 + index % 4, "within": "30d"},
        {"trait": f"custom.field_{index}", "at_least": 5},
    ]
    if index % 2:
        asked.append({"score": f"interest_{index % SCORES}", "at_least": 500})
    stage = _STAGES[index % len(_STAGES)]
    return {"name": f"rule-{index}", "from": stage, "to": "disqualified", "when": {"all": asked}}
