"""Which version of the funnel has decided a partition, and from where on.

The meta records of the changelog say so: of each version one stays, whatever compaction takes. Where
there is none, as of versions from before a restore, the decisions say it: by their hashes, and where a
changed funnel was the cause of one, by the place that it names. What time had judged by then is
not known so exactly.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.engine.changelog import Meta
from streams.verification.said import Said


class Reign(NamedTuple):
    """A version decides from input offset ``position`` on.

    The one ``before`` it had judged the silence of leads up to ``since`` (ms).
    """

    position: int
    version: int
    since: int
    before: int


def reigns_of(metas: Iterable[Meta], said: Iterable[Said], hashes: Mapping[int, str]) -> list[Reign]:
    """The reigns over a partition, in order; the first is that of its beginning.

    ``hashes`` are those of the versions that there have been, by number.
    """
    told = {
        Reign(meta.funnel_from, _number(meta, hashes), meta.funnel_since, meta.version_before)
        for meta in metas
    }
    by_metas = sorted(told)
    first = by_metas[0] if by_metas else None
    older = {
        hash_: number for number, hash_ in sorted(hashes.items()) if first is None or number < first.version
    }
    by_decisions = _by_decisions(said, older)
    if not by_decisions and first is not None and first.before in older.values():
        # Nothing that it said is still there.
        by_decisions = [Reign(0, first.before, 0, first.before)]
    return [*by_decisions, *by_metas]


def _number(meta: Meta, hashes: Mapping[int, str]) -> int:
    """The version that a meta record means; where other versions were given, by its hash."""
    if hashes.get(meta.version) == meta.funnel_hash:
        return meta.version
    return max(
        (number for number, hash_ in hashes.items() if hash_ == meta.funnel_hash), default=meta.version
    )


def _by_decisions(said: Iterable[Said], numbers: Mapping[str, int]) -> list[Reign]:
    """What decisions say of these versions, by hash."""
    places: dict[int, list[int]] = {}
    changes: dict[int, Counter[int]] = {}
    judged: dict[tuple[int, int], int] = {}
    for one in said:
        version, offset = numbers.get(one.head.funnel_hash), one.offset
        if version is None or offset is None:
            continue
        places.setdefault(version, []).append(offset)
        if one.is_of_a_changed_funnel:
            changes.setdefault(version, Counter())[offset] += 1
            judged[version, offset] = max(judged.get((version, offset), 0), one.occurred_at or 0)
    reigns: list[Reign] = []
    for version in sorted(places):
        counted = changes.get(version)
        # One decision may be false; of the places that they name, most name the right one.
        position = counted.most_common(1)[0][0] if counted else min(places[version])
        before = reigns[-1].version if reigns else version
        reigns.append(Reign(position if reigns else 0, version, judged.get((version, position), 0), before))
    return reigns
