"""Names, owners and modes of the files in a data folder. This never changes the mode of a folder that it did not make.

    home/postgres/            0711 for root, else 0700
        data/  log/           0700, owned by the account that runs PostgreSQL
        ledger_*.password     0600, owned by the supervising account; PostgreSQL itself stores only SCRAM verifiers
        settings.conf         our settings, rewritten at each start
        owner.lock  users.lock  sockets  start.log
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.host.files.durable import replace
from ledger.store.embedded.account import Account
from ledger.store.embedded.programs import run

OWNER_ROLE = "ledger_owner"
APP_ROLE = "ledger_app"
DATABASE = "ledger"
_ROOT_HOME = Path("/var/lib/carbon-ledger/default")


def default_home() -> Path:
    """The default data folder of this account. This does not create it."""
    if os.geteuid() == 0:
        return _ROOT_HOME
    configured = os.environ.get("XDG_DATA_HOME", "")
    base = Path(configured) if os.path.isabs(configured) else Path.home() / ".local" / "share"
    return base / "carbon-ledger"


@dataclass(frozen=True)
class Layout:
    """The paths below one home."""

    home: Path

    @classmethod
    def at(cls, home: Path) -> "Layout":
        """The layout of a home. Resolves symbolic links, so that a folder has only one name in locks and process
        lists."""
        return cls(Path(os.path.realpath(home)))

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def start_log(self) -> Path:
        return self.folder / "start.log"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.conf"

    @property
    def owner_lock(self) -> Path:
        return self.folder / "owner.lock"

    @property
    def users_lock(self) -> Path:
        return self.folder / "users.lock"

    @property
    def sockets_record(self) -> Path:
        return self.folder / "sockets"

    def password(self, role: str) -> Path:
        return self.folder / f"{role}.password"


def make_folders(layout: Layout, account: Account) -> None:
    """Make all missing folders down to `home/postgres`, after a check that the account can enter them."""
    folders = (layout.folder, *layout.folder.parents)
    require_reachable([folder for folder in reversed(folders) if os.path.lexists(folder)], account)
    mode = 0o711 if account.switch else 0o700
    for folder in reversed(folders):
        with explained("cannot make the data folder"), suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(mode)


def make_owned_folder(folder: Path, account: Account) -> None:
    """Make a folder that only the server can enter. Leave an existing folder unchanged."""
    with explained("cannot make a folder for the database"), suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)


def require_reachable(folders: list[Path], account: Account) -> None:
    """Raise ConfigurationError, which names the first of `folders` (outermost first) that the account cannot enter."""
    if account.switch:
        # Try it under the account itself: the mode of a folder does not show ACLs and security modules.
        script = 'for folder; do [ -d "$folder" ] && [ -x "$folder" ] || exit 1; echo; done'
        result = run(["/bin/sh", "-c", script, "sh", *map(str, folders)], account)
        entered = result.stdout.count("\n")
    else:
        blocked = (n for n, folder in enumerate(folders) if not (folder.is_dir() and os.access(folder, os.X_OK)))
        entered = next(blocked, len(folders))
    if entered == len(folders):
        return
    folder = folders[entered]
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a folder, so no data can be stored below it")
    status = folder.stat()
    raise ConfigurationError(
        f"the database runs as {account.name}, which cannot enter {folder} (mode {status.st_mode & 0o7777:04o}, owner "
        f"uid {status.st_uid}): set CARBON_LEDGER_HOME to a folder that it can enter, such as {default_home()}, or "
        f"allow it to enter with: chmod o+x '{folder}'"
    )


def write_file(path: Path, text: str, mode: int) -> None:
    """Replace the whole file durably."""
    with explained(f"cannot write {path}"):
        replace(path, text.encode(), mode)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an error of the operating system into one line for the operator."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise ConfigurationError(f"{doing}: {error.strerror or error}{where}") from error
