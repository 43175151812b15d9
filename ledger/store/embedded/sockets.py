"""The folder of the socket. It is private, outside of the data folder, and has a short path, because the path of a
socket is limited to about 104 bytes.

The data folder records its random name. A restart of PostgreSQL uses the same folder, so that addresses stay valid.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account
from ledger.store.embedded.layout import Layout, write_file

PORT = 5432
_ROOT_FOLDER = Path("/run/carbon-ledger")
_PREFIX = "carbon-ledger-"
_LONGEST = 103  # bytes of the socket's path: macOS allows 104 with the final zero, Linux 108


def socket_in(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def socket_folder(layout: Layout, account: Account) -> Path:
    """The recorded folder if it is still private, else a new one."""
    recorded = recorded_folder(layout)
    if recorded is not None and (_is_private(recorded, account) or _remade(recorded, account)):
        return recorded
    for parent in _parents(account):
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            if account.switch:
                os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        except OSError:
            continue
        if len(os.fsencode(socket_in(folder))) <= _LONGEST and _is_private(folder, account):
            write_file(layout.sockets_record, f"{folder}\n", 0o600)
            return folder
        folder.rmdir()
    raise ConfigurationError(
        "cannot make a folder for the database's socket: neither RUNTIME_DIRECTORY nor /tmp is writable and protected "
        "from other accounts"
    )


def remove_socket_folder(layout: Layout) -> None:
    """Remove the folder and its record, after PostgreSQL has stopped."""
    folder = recorded_folder(layout)
    if folder is None:
        return
    with suppress(OSError):
        for path in (socket_in(folder), Path(f"{socket_in(folder)}.lock")):
            path.unlink(missing_ok=True)
        folder.rmdir()
    layout.sockets_record.unlink(missing_ok=True)


def recorded_folder(layout: Layout) -> Path | None:
    try:
        text = layout.sockets_record.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return Path(text) if Path(text).name.startswith(_PREFIX) else None


def _parents(account: Account) -> list[Path]:
    folders: list[Path] = []
    if account.switch:
        with suppress(OSError):
            # If it exists, it may be the runtime directory of a unit.
            _ROOT_FOLDER.mkdir()
            _ROOT_FOLDER.chmod(0o711)
        folders = [_ROOT_FOLDER]
    # Of a unit, whose /tmp commands beside it may not see. systemd lists several folders with colons.
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if runtime and not account.switch:
        folders.append(Path(runtime))
    # Not XDG_RUNTIME_DIR: the system empties it when the user logs out, but the server may continue to run.
    folders += [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - random name, checked
    return [folder for folder in folders if _is_protected(folder, account)]


def _is_protected(folder: Path, account: Account) -> bool:
    """Whether only root and the account can rename or replace our files in the folder."""
    try:
        status = folder.stat()
    except OSError:
        return False
    shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
    return stat.S_ISDIR(status.st_mode) and status.st_uid in (0, account.uid) and not shared


def _is_private(folder: Path, account: Account) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid and stat.S_IMODE(status.st_mode) == 0o700


def _remade(folder: Path, account: Account) -> bool:
    """Make a deleted folder again. Returns false if this fails, for example because another process was faster."""
    if not _is_protected(folder.parent, account):
        return False
    try:
        folder.mkdir(mode=0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    except OSError:
        return False
    return _is_private(folder, account)
