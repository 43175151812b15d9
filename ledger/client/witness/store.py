"""What a witness remembers: for each log the note that it cosigned last, a file each, replaced as a whole.

`save` returns when the file and its name are durable. One process holds the folder; the lock ends with it, however it
ends.
"""

import fcntl
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.core.log.add_checkpoint import stated
from ledger.core.log.cosignature import CosignatureVerifier, cosigned_at
from ledger.errors import ConfigurationError, LedgerError
from ledger.host.files.durable import replace

LOCK = "lock"
SUFFIX = ".checkpoint"
_MODE = 0o700


def log_id(origin: str) -> str:
    """SHA-256 of a log's origin, hex: how tlog-witness names it in paths, and the store its files."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Store:
    """The folder of one witness, locked until it is closed. Raises ConfigurationError where another process has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"cannot use the folder {folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise ConfigurationError(
                f"another witness is running in {folder}: two would cosign two histories", code="folder-locked",
                field="folder", value=folder,
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def load(self, origin: str, verifier: CosignatureVerifier) -> str | None:
        """The note that was cosigned last, or None where there was none. Raises ConfigurationError where the file does
        not hold what this witness has written: it must not begin anew, nor go on from a guess."""
        path = self._path(origin)
        try:
            note = path.read_text(encoding="utf-8")
            if stated(note).origin == origin and cosigned_at(note, [verifier]):
                return note
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, LedgerError) as error:
            raise _unfit(path, str(error)) from error
        raise _unfit(path, "not cosigned by this witness for this log")

    def save(self, origin: str, note: str) -> None:
        """Makes the note the one that was cosigned last: durable when this returns, and else as it was before."""
        replace(self._path(origin), note.encode())

    def _path(self, origin: str) -> Path:
        return self.folder / (log_id(origin) + SUFFIX)


def _unfit(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not what this witness wrote: {why}. Bring back the file, or the key that it was written with; a "
        "witness that forgets may cosign two histories", code="unfit-state", field="state", value=path,
    )
