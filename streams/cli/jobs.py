"""`leadgate qualify --jobs`: the leads shared out among processes, and what those say, put together again.

This process reads, and sends each block's lines to the jobs of their leads. A job is a `Run` over
its own lines. For every block each job answers, so what is put together is in the order of the
lines; what time does at the end is in the order of moments and leads. What comes out is what one
process would have written.
"""

import gc
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from multiprocessing import get_context
from multiprocessing.connection import Connection
from operator import itemgetter
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, BinaryIO, Self

from qualifiers import compile_funnel, load_funnel
from streams.cli.lines import Shares, count
from streams.cli.qualifying import Noted, Run
from streams.errors import OutsideWorld

_AHEAD = 2
"""Blocks that may be on their way at once: so much is in memory, however long the input is."""
_BATCH = 1_000
"""Lines that are sent at once when time has ended."""


class JobEnded(OutsideWorld):
    """A process has gone that still had work."""

    def __init__(self) -> None:
        super().__init__(
            "a process of --jobs ended before its work was done: was it killed, or short of memory?"
        )


class Jobs:
    """The processes of one run. Use as a context: they are ended, come what may."""

    def __init__(self, funnel: tuple[bytes, str], shares: Shares) -> None:
        self.dead_letters = 0
        self._shares = shares
        self._line = 0
        self._pipes: list[Connection] = []
        # They begin anew: threads, and what this process has open, are not theirs.
        context = get_context("spawn")
        self._processes = []
        for _ in range(shares.jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, *funnel), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()

    def read(self, blocks: Iterable[bytes], out: BinaryIO, bad: BinaryIO) -> None:
        """Apply the activities of all blocks."""
        room, sent = Semaphore(_AHEAD), SimpleQueue[Exception | bool]()
        Thread(target=self._feed, args=(blocks, room, sent), daemon=True).start()
        while (more := sent.get()) is not False:
            if isinstance(more, Exception):
                raise JobEnded if isinstance(more, ConnectionError) else more
            answers = [_answer(pipe) for pipe in self._pipes]
            out.writelines(value for _, value in _in_order(said for said, _ in answers))
            for _, value in _in_order(aside for _, aside in answers):
                self.dead_letters += 1
                bad.write(value)
                bad.flush()
            room.release()

    def _feed(self, blocks: Iterable[bytes], room: Semaphore, sent: "SimpleQueue[Exception | bool]") -> None:
        """Send the blocks: in a thread, as a job may wait for its answer to be taken before it reads on."""
        try:
            for block in blocks:
                room.acquire()
                for pipe, share in zip(self._pipes, self._shares.of(block, self._line + 1), strict=True):
                    pipe.send(share)
                self._line += count(block)
                sent.put(True)
            for pipe in self._pipes:
                pipe.send(None)
            sent.put(False)
        except Exception as error:
            sent.put(error)

    def finish(self, until: int | None, out: BinaryIO, states: BinaryIO | None) -> None:
        """Let time go on to ``until`` (ms), or end at the newest activity; and write the leads' states."""
        newest = [at for pipe in self._pipes if (at := _answer(pipe)) is not None]
        end = max([*newest, until]) if newest and until is not None else max(newest, default=None)
        for pipe in self._pipes:
            pipe.send((self._line + 1, end, states is not None))
        out.writelines(value for *_, value in merge(*map(_received, self._pipes), key=itemgetter(0, 1)))
        if states is not None:
            for _, value in merge(*map(_received, self._pipes), key=itemgetter(0)):
                states.write(value)


def _in_order(noted: Iterable[list[Noted]]) -> list[Noted]:
    return sorted(chain.from_iterable(noted), key=itemgetter(0))


def _received(pipe: Connection) -> Iterator[Any]:
    while batch := _answer(pipe):
        yield from batch


def _answer(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        raise JobEnded from None


# A job -----------------------------------------------------------------------------------------------


def _work(pipe: Connection, text: bytes, name: str) -> None:
    """A job's whole life."""
    run = Run(compile_funnel(load_funnel(text, name)))
    gc.freeze()
    gc.disable()
    try:
        while (share := pipe.recv()) is not None:
            numbers, block = share
            pipe.send(run.read(block, numbers))
        pipe.send(run.replay.newest)
        before_line, end, with_states = pipe.recv()
        _send(pipe, run.ended(before_line, end))
        if with_states:
            _send(pipe, run.states(end))
    except (BrokenPipeError, ConnectionResetError, EOFError, KeyboardInterrupt):
        return  # nobody asks any more


def _send(pipe: Connection, items: Iterable[Any]) -> None:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            pipe.send(batch)
            batch = []
    if batch:
        pipe.send(batch)
    pipe.send([])
