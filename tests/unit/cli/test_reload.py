"""New TLS files of a running server: what is tried again, and what is said about it."""

import asyncio
import errno
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from support.certificates import Authority, key_pem, new_key, pem

from ledger.cli.operator.listening import reload
from ledger.host.files.tls_files import TlsFiles, TlsPair, read_pair

ROOT = Authority()


class Listening:
    """In place of a listener: keeps the pairs. Its first replacement fails with `error`."""

    def __init__(self, error: Exception | None = None) -> None:
        self.pairs: list[TlsPair] = []
        self.taken = asyncio.Event()
        self._error = error

    def replace(self, pair: TlsPair) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
        self.pairs.append(pair)
        self.taken.set()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "SETTLE_SECONDS", "_PAUSE_SECONDS"):
        monkeypatch.setattr(reload, name, 0.05)
    monkeypatch.setattr(reload, "AGAIN_SECONDS", 0.5)


def _written(folder: Path, days: float = -1) -> TlsFiles:
    files, key = TlsFiles(folder / "cert", folder / "key"), new_key()
    files.key.write_bytes(key_pem(key))
    files.cert.write_bytes(pem(ROOT.issue(key, days=(days, 30))))  # type: ignore[arg-type]
    return files


def _followed(files: TlsFiles, days: float, listening: Any) -> None:
    """Returns when a new pair, valid from so many days from now, is in use."""
    async def follow() -> None:
        pair, seen = read_pair(files), files.stamp()
        _written(files.cert.parent, days)
        following = asyncio.create_task(reload.follow(files, pair, seen, listening))
        taken = asyncio.create_task(listening.taken.wait())
        await asyncio.wait({following, taken}, timeout=120, return_when=asyncio.FIRST_COMPLETED)
        following.cancel()
        taken.cancel()

    asyncio.run(follow())


def test_a_pair_that_becomes_valid_is_used_then(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listening = Listening()
    with caplog.at_level(logging.INFO):
        _followed(_written(tmp_path), 4 / 86_400, listening)
    assert (len(listening.pairs), [record.levelname for record in caplog.records]) == (1, ["ERROR", "INFO"])


def test_a_fault_of_the_host_does_not_end_the_search(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listening = Listening(OSError(errno.EMFILE, os.strerror(errno.EMFILE)))
    with caplog.at_level(logging.INFO):
        _followed(_written(tmp_path), -1, listening)
    assert (len(listening.pairs), [record.levelname for record in caplog.records]) == (1, ["WARNING", "INFO"])
