"""The folder of the socket: short, since a socket's path is limited to about 104 bytes, private, outside the data.

Its random name is kept in the data folder and used again, so that addresses stay valid when PostgreSQL is restarted.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account
from ledger.store.embedded.layout import Layout, write_file

PORT = 5432
_ROOT_FOLDER = Path("/run/carbon-ledger")
_PREFIX = "carbon-ledger-"
_LONGEST = 103  # of the socket's path: macOS allows 104 bytes with the final zero, Linux 108


def socket_in(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def socket_folder(layout: Layout, account: Account) -> Path:
    """The recorded folder if it is still ours alone, else a new one."""
    recorded = recorded_folder(layout)
    if recorded is not None and (_is_private(recorded, account) or _remade(recorded, account)):
        return recorded
    for parent in _parents(account):
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            if account.switch:
                os.chown(folder, account.uid, account.gid)
        except OSError:
            continue
        if len(os.fsencode(socket_in(folder))) <= _LONGEST and _is_private(folder, account):
            write_file(layout.sockets_record, f"{folder}\n", 0o600)
            return folder
        folder.rmdir()
    raise ConfigurationError("no folder for the database's socket: /tmp is not writable, or not protected from others")


def remove_socket_folder(layout: Layout) -> None:
    """Forget the folder, after PostgreSQL has stopped."""
    folder = recorded_folder(layout)
    if folder is None:
        return
    with suppress(OSError):
        for left in (socket_in(folder), Path(f"{socket_in(folder)}.lock")):
            left.unlink(missing_ok=True)
        folder.rmdir()
    layout.sockets_record.unlink(missing_ok=True)


def recorded_folder(layout: Layout) -> Path | None:
    try:
        text = layout.sockets_record.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return Path(text) if Path(text).name.startswith(_PREFIX) else None


def _parents(account: Account) -> Iterator[Path]:
    if account.switch:
        with suppress(OSError):
            _ROOT_FOLDER.mkdir()
            _ROOT_FOLDER.chmod(0o711)
        yield from filter(_is_protected, [_ROOT_FOLDER])
    # Not XDG_RUNTIME_DIR: it is emptied when the user logs out, under the feet of a server meant to stay.
    yield from filter(_is_protected, [Path(tempfile.gettempdir()), Path("/tmp")])  # noqa: S108 - random name, checked


def _is_protected(folder: Path) -> bool:
    """Nobody but its owner can rename or replace what we put there."""
    try:
        status = folder.stat()
    except OSError:
        return False
    shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
    return stat.S_ISDIR(status.st_mode) and status.st_uid in (0, os.geteuid()) and not shared


def _is_private(folder: Path, account: Account) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid and stat.S_IMODE(status.st_mode) == 0o700


def _remade(folder: Path, account: Account) -> bool:
    """Make a folder again that was swept away. `mkdir` fails if someone else was faster."""
    if not _is_protected(folder.parent):
        return False
    try:
        folder.mkdir(mode=0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)
    except OSError:
        return False
    return _is_private(folder, account)
