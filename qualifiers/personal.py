"""Personal traits, as others may see them: a keyed hash in a value's place, or a word that it is withheld.

Rules go by what a trait is; what is said of it, in a reason, in evidence or of a lead, goes by this.
"""

import hmac
from collections.abc import Iterable
from typing import Any, Final

import msgspec

WITHHELD: Final = "withheld"
"""What stands in a value's place where there is no key to hash it with."""
_HASHED: Final = "hmac:"
_DIGITS: Final = 32

_canonical = msgspec.json.Encoder(order="sorted").encode


class Personal:
    """The traits at ``paths``, and all that lies below them, are personal.

    With a ``key`` each value becomes `hmac:` and 32 hexadecimal digits of its HMAC-SHA-256, the same for the
    same value. What is missing, or null, stays so: that nothing is known is no personal data.
    """

    __slots__ = ("_above", "_key", "_paths")

    def __init__(self, paths: Iterable[str], key: bytes | None = None) -> None:
        self._paths = frozenset(paths)
        # On the way to one, where an object is personal in part.
        self._above = frozenset(
            path[:end] for path in self._paths for end, letter in enumerate(path) if letter == "."
        )
        self._key = key

    def shown(self, path: str, value: Any) -> Any:
        """The value of the trait at ``path`` (a JSON value), as others may see it."""
        if value is None:
            return None
        parts = path.split(".")
        if any(".".join(parts[:number]) in self._paths for number in range(1, len(parts) + 1)):
            return self._instead(value)
        if type(value) is dict and path in self._above:
            return self.of_all(value, f"{path}.")
        return value

    def of_all(self, traits: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        """Traits as others may see them; ``prefix`` is the path to them, with a dot at its end."""
        return {name: self.shown(prefix + name, value) for name, value in traits.items()}

    def _instead(self, value: Any) -> str:
        if self._key is None:
            return WITHHELD
        return _HASHED + hmac.digest(self._key, _canonical(value), "sha256").hex()[:_DIGITS]
