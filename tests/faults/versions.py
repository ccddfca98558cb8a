"""The versions of a group's funnel, as they were published, and which of them decided where.

Where a partition came under another one is the workers' own word; that whoever had the
partition says the same is looked at here.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from qualifiers import Funnel, compile_funnel, load_funnel
from streams.engine.changelog import META_KEY, RESTORING, decode_meta


@dataclass(frozen=True)
class Change:
    """A partition comes under a version of the funnel, at an input offset.

    The version ``before`` had judged its silence up to ``since`` (ms).
    """

    version: int
    before: int
    position: int
    since: int


class Versions:
    """What was published, and by partition the changes, oldest first; the first is its beginning.

    Read off the records of the two topics.
    """

    def __init__(self, funnels: list[Any], changelog: list[Any]) -> None:
        published = [json.loads(record.value) for record in funnels]
        assert [one["version"] for one in published] == list(range(1, len(published) + 1))
        self._funnels = [compile_funnel(load_funnel(one["text"]), one["hash"]) for one in published]
        self.changes: dict[int, list[Change]] = defaultdict(list)
        for record in changelog:
            if record.key == META_KEY and record.value != RESTORING:
                meta = decode_meta(record.value)
                change = Change(meta.version, meta.version_before, meta.funnel_from, meta.funnel_since)
                known = self.changes[record.partition]
                if not known or known[-1].version != change.version:
                    assert not known or known[-1].version == change.before, f"{known[-1]}, then {change}"
                    known.append(change)
                assert known[-1] == change, f"{known[-1]} and {change}"

    def __getitem__(self, version: int) -> Funnel:
        return self._funnels[version - 1]

    def renamed(self, before: int, after: int) -> dict[str, str]:
        """What each stage of one version is called in a later one."""
        names = {stage: stage for stage in self[before].stages}
        for version in range(before + 1, after + 1):
            names = {old: self[version].renamed.get(new, new) for old, new in names.items()}
        return names
