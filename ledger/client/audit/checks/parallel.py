"""The checks of pages beside the replay: in a process of its own, so that both cores work, or in a thread."""

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self, TypeVar

from ledger.client.audit.checks.entries import Checker, EntryVerdict, TreeProgress
from ledger.client.audit.checks.entry_times import Bound
from ledger.client.audit.source.pages import read_page
from ledger.errors import Unavailable

Value = TypeVar("Value")

APART: Final = 4_000
"""Entries from which on another process pays for its start."""

_here: list[Checker] = []
"""The one checker of a process that was started for it."""


class ParallelChecks:
    """Checks pages one after the other, in the order in which they are given. `apart`: in another process, which pays
    from some thousand entries on. `bound`: how late an entry's time may be."""

    def __init__(
        self, origin: str, registrar: str | None, progress: TreeProgress | None, *, public: bool, apart: bool,
        bound: Bound | None = None,
    ) -> None:
        apart = apart and (os.cpu_count() or 1) > 1
        self._checker = None if apart else Checker(origin, registrar, progress, public=public, bound=bound)
        self._executor: Executor = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), _begin, (origin, registrar, progress, public, bound)
        ) if apart else ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def check(self, page: bytes, ends: Sequence[int]) -> "asyncio.Future[EntryVerdict]":
        """What the page comes to, once those before it are done. `ends`: sizes that batches end at, within it."""
        loop = asyncio.get_running_loop()
        if self._checker is None:
            return loop.run_in_executor(self._executor, _check, page, ends)
        return loop.run_in_executor(self._executor, _check_by, self._checker, page, ends)

    async def progress(self) -> TreeProgress:
        """How far the pages have brought it."""
        loop = asyncio.get_running_loop()
        if self._checker is None:
            return await settled(loop.run_in_executor(self._executor, _progress))
        return self._checker.progress()


async def settled(work: "asyncio.Future[Value]") -> Value:
    """The result; raises Unavailable where the process that works on it has died."""
    try:
        return await work
    except BrokenExecutor as error:
        raise Unavailable(
            "the process that checks signatures has ended: audit again", code="worker-down"
        ) from error


def _begin(
    origin: str, registrar: str | None, progress: TreeProgress | None, public: bool, bound: Bound | None
) -> None:
    # The process that started this one stops it, or has ended without a word.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    _here[:] = [Checker(origin, registrar, progress, public=public, bound=bound)]


def _end_with_parent() -> None:
    """Ends this process once the one that started it has gone: what waits for pages would wait for ever, since it holds
    an end of their pipe itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _check(page: bytes, ends: Sequence[int]) -> EntryVerdict:
    return _check_by(_here[0], page, ends)


def _check_by(checker: Checker, page: bytes, ends: Sequence[int]) -> EntryVerdict:
    return checker.check(read_page(page), ends)


def _progress() -> TreeProgress:
    return _here[0].progress()
