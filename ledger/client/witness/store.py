"""The memory of a witness: a file for each log with the last note that it cosigned. A new note replaces the whole file.

`save` returns when the file and its name are durable. One process holds the folder. Its lock ends with the process,
whatever ends the process.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.core.log.add_checkpoint import log_id, stated
from ledger.core.log.cosignature import CosignatureVerifier, cosigned_at
from ledger.errors import ConfigurationError, LedgerError
from ledger.host.files.durable import replace

LOCK = "lock"
SUFFIX = ".checkpoint"
_MODE = 0o700


class Store:
    """The folder of one witness, with a file for each log (see `log_id`), locked until it is closed. Raises
    ConfigurationError if another process holds it."""

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
                f"another witness is running in {folder}: two witnesses would cosign two histories",
                code="folder-locked", field="folder", value=folder,
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def load(self, origin: str, verifier: CosignatureVerifier) -> str | None:
        """The last cosigned note, or None if the witness has not cosigned this log. Raises ConfigurationError if this
        witness did not write the file: it must not begin again, nor continue from a guess."""
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
        """Makes this the last cosigned note. It is durable when this returns; if this fails, the old note stays."""
        replace(self._path(origin), note.encode())

    def _path(self, origin: str) -> Path:
        return self.folder / (log_id(origin) + SUFFIX)


def _unfit(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"this witness did not write {path}: {why}. Restore the file, or the key that it was written with; a witness "
        "that forgets may cosign two histories", code="unfit-state", field="state", value=path,
    )
