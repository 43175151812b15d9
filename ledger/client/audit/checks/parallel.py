"""Checks pages in parallel with the replay: in another process, to use two cores, or in a thread."""

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
"""The number of entries from which on another process saves more time than its start takes."""

_here: list[Checker] = []
"""The checker of a process that was started for it: at most one."""


class ParallelChecks:
    """Checks pages one after the other, in the given order. `apart` asks for another process, which saves time from
    some thousand entries on. `bound` limits the entries' times."""

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
        """The verdict on the page, after the earlier pages. `ends` are the sizes at which batches end within the
        page."""
        loop = asyncio.get_running_loop()
        if self._checker is None:
            return loop.run_in_executor(self._executor, _check, page, ends)
        return loop.run_in_executor(self._executor, _check_by, self._checker, page, ends)

    async def progress(self) -> TreeProgress:
        """The progress after the last page."""
        loop = asyncio.get_running_loop()
        if self._checker is None:
            return await settled(loop.run_in_executor(self._executor, _progress))
        return self._checker.progress()


async def settled(result: "asyncio.Future[Value]") -> Value:
    """The result. Raises Unavailable if the process that computes it has died."""
    try:
        return await result
    except BrokenExecutor as error:
        raise Unavailable(
            "the process that checks signatures has died: audit again", code="worker-down"
        ) from error


def _begin(
    origin: str, registrar: str | None, progress: TreeProgress | None, public: bool, bound: Bound | None
) -> None:
    # Ctrl-C goes to the parent process, which stops this one; if the parent is killed, the thread ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    _here[:] = [Checker(origin, registrar, progress, public=public, bound=bound)]


def _end_with_parent() -> None:
    """Ends this process once its parent has ended. Otherwise it would wait for pages for ever, since it holds an end of
    their pipe itself."""
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
