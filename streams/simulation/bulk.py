"""Very many activities, very fast: for measuring, where volume counts and lives do not.

Values are put together from pieces of JSON made beforehand. Types, properties and
traits come in about the proportions of the believable population.
"""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

import msgspec

from schemas.activity import Activity
from schemas.moments import DAY, format_moment
from streams.simulation.population import population

_SAMPLE_LEADS = 400
_BLOCK = 4_096


def bulk(
    activities: int, leads: int, start: int, end: int, *, seed: int = 0, zipf: float | None = None
) -> Iterator[tuple[str, bytes]]:
    """So many activities of so many leads, evenly over ``start`` to ``end`` (ms): lead id and JSON value.

    Each lead is as likely as the next; with ``zipf`` the n-th is so by 1/n^zipf.
    """
    rng = Random(f"bulk {seed}")  # noqa: S311 - a simulation needs to be repeatable, not secret
    pieces = [_piece(activity) for activity in population(_SAMPLE_LEADS, 0, 60 * DAY, seed=seed)]
    ids = [f"lead-{seed}-{number:06d}" for number in range(leads)]
    likely = list(accumulate(1 / rank ** (zipf or 0) for rank in range(1, leads + 1)))
    for first in range(0, activities, _BLOCK):
        size = min(_BLOCK, activities - first)
        whose = rng.choices(ids, cum_weights=likely, k=size)
        what = rng.choices(pieces, k=size)
        for number, lead_id, piece in zip(range(first, first + size), whose, what, strict=True):
            at = format_moment(start + (end - start) * number // activities)
            yield (
                lead_id,
                f'{{"id":"{seed}-{number}","lead_id":"{lead_id}","occurred_at":"{at}",{piece}'.encode(),
            )


def _piece(activity: Activity) -> str:
    """All of an activity that is not its own: the end of its JSON."""
    rest: dict[str, Any] = {"type": activity.type, "source": activity.source}
    if activity.properties:
        rest |= {"properties": activity.properties}
    if activity.traits:
        rest |= {"traits": activity.traits}
    return msgspec.json.encode(rest).decode()[1:]
