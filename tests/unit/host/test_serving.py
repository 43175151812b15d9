"""Server processes announce themselves, whatever others do with the files."""

import asyncio
import fcntl
import logging
import os
from pathlib import Path
from typing import Final

import pytest

from ledger.host import serving
from ledger.host.serving import ServerProcess, announced, killed, state_of

PROCESS: Final = ServerProcess(
    pid=7, host="here", url="http://127.0.0.1:1", started="2026-01-01T00:00:00Z", program="1")


async def state() -> bytes:
    return b"state"


def held(home: Path) -> int:
    """A lock on the file of the process, as an earlier process of the same number may hold it."""
    (home / serving.FOLDER).mkdir()
    path = home / serving.FOLDER / "here-7.json"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def test_a_lock_that_somebody_keeps_stops_no_server(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The process says that it will not be listed, and serves; nobody waits for it meanwhile."""
    handle, turns = held(tmp_path), list[int]()

    async def others() -> None:
        for turn in range(1_000):
            await asyncio.sleep(0.01)
            turns.append(turn)

    async def serve() -> None:
        task = asyncio.create_task(others())
        async with asyncio.timeout(5), announced(tmp_path, PROCESS, state):
            task.cancel()

    with caplog.at_level(logging.WARNING):
        asyncio.run(serve())
    os.close(handle)
    assert len(turns) > 20
    assert "will not list this process" in caplog.text
    assert "another process holds the lock of this file" in caplog.text


def test_whoever_looks_at_the_file_for_a_moment_hides_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handle = held(tmp_path)

    async def serve() -> tuple[list[ServerProcess], bytes]:
        asyncio.get_running_loop().call_later(0.1, os.close, handle)
        async with asyncio.timeout(5), announced(tmp_path, PROCESS, state):
            return serving.serving(tmp_path), await state_of(tmp_path, PROCESS)

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(serve()) == ([PROCESS], b"state")
    assert (serving.serving(tmp_path), killed(tmp_path), caplog.text) == ([], [], "")
