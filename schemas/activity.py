"""An activity: something that a lead did, or that was learnt about it; as the rules see it.

Its type is in snake_case, its moment in milliseconds. The contract of what is written is
``schemas.activity_document``.
"""

import re
from typing import Any

_NOTHING: dict[str, Any] = {}


class Activity:
    """An activity as the rules see it; ``occurred_at`` in ms since the epoch. Never changes."""

    __slots__ = ("id", "lead_id", "occurred_at", "properties", "source", "traits", "type")

    def __init__(
        self,
        id: str,  # noqa: A002 - as the contract calls it
        lead_id: str,
        type: str,  # noqa: A002 - likewise
        occurred_at: int,
        properties: dict[str, Any] = _NOTHING,
        traits: dict[str, Any] = _NOTHING,
        source: str | None = None,
    ) -> None:
        self.id = id
        self.lead_id = lead_id
        self.type = type
        self.occurred_at = occurred_at
        self.properties = properties
        self.traits = traits
        self.source = source

    def members(self) -> dict[str, Any]:
        """All that it is, by name."""
        return {
            "id": self.id,
            "lead_id": self.lead_id,
            "type": self.type,
            "occurred_at": self.occurred_at,
            "properties": self.properties,
            "traits": self.traits,
            "source": self.source,
        }

    def but(self, **changes: Any) -> "Activity":
        """The same, but for these members."""
        return Activity(**{**self.members(), **changes})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Activity) and self.members() == other.members()

    def __hash__(self) -> int:
        return hash((self.id, self.lead_id, self.occurred_at))

    def __repr__(self) -> str:
        return f"Activity({', '.join(f'{name}={value!r}' for name, value in self.members().items())})"


_WORD_BREAK = re.compile(r"[\W_]+")
_CAMEL_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def type_name(text: str) -> str:
    """An activity type in snake_case: `Demo Requested`, `demoRequested` → `demo_requested`."""
    if text.isidentifier() and text.islower():
        return text
    return _WORD_BREAK.sub("_", _CAMEL_BREAK.sub("_", text).lower()).strip("_")
