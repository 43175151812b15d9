"""A folder whose files appear whole or not at all, and durably."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.host.files.durable import TEMPORARY, replace, sync

_OWN = ("checkpoint", "vkey")


class Folder:
    """`root` is there, and is ours or empty. One process at a time writes it (`opened`)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """What the file holds, None where there is none."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, data: bytes) -> bool:
        """Puts a file in place; when this returns, it is durable, name included. False where it was there with these
        very bytes."""
        if self.read(path) == data:
            return False
        target = self.root / path
        self._make(target.parent)
        replace(target, data, 0o644)
        return True

    def remove(self, path: str) -> None:
        """Takes away a folder of files, where there is one."""
        folder = self.root / path
        if folder.is_dir():
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def _make(self, folder: Path) -> None:
        """Missing folders down to this one, each durable in the one above."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
        sync(folder.parent)

    def tidy(self) -> None:
        """Takes away what a run that was killed had not finished."""
        for path in self.root.rglob(f"{TEMPORARY}*"):
            path.unlink()


@contextmanager
def opened(root: Path) -> Iterator[Folder]:
    """The folder, made where it is missing, locked against other exports. Raises ConfigurationError where it holds
    something else, or another export is at work in it."""
    root.mkdir(parents=True, exist_ok=True)
    if not any((root / name).is_file() for name in _OWN) and any(root.iterdir()):
        raise ConfigurationError(f"{root} holds something else than a log", code="not-a-log", field="folder",
                                 value=root, rule="an empty folder, or one that an export has made")
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"another export is at work in {root}", code="folder-in-use", field="folder",
                                     value=root, rule="one export a folder") from None
        folder = Folder(root)
        folder.tidy()
        yield folder
    finally:
        os.close(handle)
