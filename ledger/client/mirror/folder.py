"""A folder whose files appear whole or not at all, and are durable."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.host.files.durable import TEMPORARY, replace, sync

_OWN = ("checkpoint", "vkey")


class Folder:
    """The folder `root` exists, and is empty or the result of an export. One process at a time writes it (`opened`)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """The content of the file, None if it does not exist."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, data: bytes) -> bool:
        """Writes a file, whose content and name are durable when this returns. False if the file had these bytes
        already."""
        if self.read(path) == data:
            return False
        target = self.root / path
        self._make(target.parent)
        replace(target, data, 0o644)
        return True

    def remove(self, path: str) -> None:
        """Removes a folder of files, if it exists."""
        folder = self.root / path
        if folder.is_dir():
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def _make(self, folder: Path) -> None:
        """Makes this folder and its missing parents, each durable in its own parent."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
        sync(folder.parent)

    def tidy(self) -> None:
        """Removes the unfinished files of a run that was killed."""
        for path in self.root.rglob(f"{TEMPORARY}*"):
            path.unlink()


@contextmanager
def opened(root: Path) -> Iterator[Folder]:
    """Opens the folder, makes it if it is missing, and locks it against other exports. Raises ConfigurationError if it
    holds other files and no log, or another export is running in it."""
    root.mkdir(parents=True, exist_ok=True)
    if not any((root / name).is_file() for name in _OWN) and any(root.iterdir()):
        raise ConfigurationError(f"{root} holds no log", code="not-a-log", field="folder",
                                 value=root, rule="an empty folder, or the folder of an earlier export")
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"another export is running in {root}", code="folder-in-use", field="folder",
                                     value=root, rule="one export a folder") from None
        folder = Folder(root)
        folder.tidy()
        yield folder
    finally:
        os.close(handle)
