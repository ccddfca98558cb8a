"""What a leadgate worker says of itself over HTTP, and in its log."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks.harness import Process

ASK_SECONDS = 0.05
"""An answer costs the worker CPU time too."""


class Pages:
    """The pages of one worker."""

    def __init__(self, client: httpx.Client, process: Process) -> None:
        self._client, self._process = client, process

    def wait_without(self, *reasons: str) -> None:
        """Wait until the worker has none of these reasons for not being ready. Raises Failed."""

        def asked() -> bool:
            try:
                answer = self._client.get("/readyz").json()
            except httpx.TransportError:
                return False
            return not {one["reason"] for one in answer["reasons"]} & set(reasons)

        self._process.wait(asked, f"it was without {', '.join(reasons)}", ASK_SECONDS)

    def metrics(self) -> Counter[str]:
        """Each metric, summed over its labels; a sample's name is that with its suffix."""
        told = Counter[str]()
        for family in text_string_to_metric_families(self._client.get("/metrics").text):
            for sample in family.samples:
                told[sample.name] += sample.value  # type: ignore[assignment]
        return told


@contextmanager
def pages(process: Process) -> Iterator[Pages]:
    """Wait until the worker has said where it listens. Raises Failed."""
    process.wait(_says(process, _LISTENS), "it said where it listens", ASK_SECONDS)
    listens = re.search(_LISTENS, process.log)
    assert listens is not None
    with httpx.Client(base_url=f"http://{listens[1]}", timeout=10) as client:
        yield Pages(client, process)


def events(process: Process, name: str) -> list[dict[str, Any]]:
    """What it has logged under that name."""
    lines = (line for line in process.log.splitlines() if f'"{name}"' in line)
    return [event for line in lines if (event := json.loads(line))["event"] == name]


_LISTENS = r'"address": ?"([^"]+)"'


def _says(process: Process, pattern: str) -> Callable[[], bool]:
    return lambda: re.search(pattern, process.log) is not None
