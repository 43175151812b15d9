"""Names, owners and modes of what lies in a data folder. The mode of a folder that we did not make is never changed.

    home/postgres/            0711 for root, else 0700
        data/  log/           0700, of the account that runs PostgreSQL
        ledger_*.password     0600, of the supervising account; PostgreSQL itself keeps only SCRAM verifiers
        settings.conf         our settings, rewritten at each start
        owner.lock  sockets  start.log
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
    """The data folder of this account when none is configured. It is not created."""
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
        """Symbolic links are resolved, so that one folder has one name in locks and process lists."""
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
    def sockets_record(self) -> Path:
        return self.folder / "sockets"

    def password(self, role: str) -> Path:
        return self.folder / f"{role}.password"


def make_folders(layout: Layout, account: Account) -> None:
    """Make what is missing down to `home/postgres`, after checking that the account can get there."""
    folders = (layout.folder, *layout.folder.parents)
    require_reachable([folder for folder in reversed(folders) if os.path.lexists(folder)], account)
    mode = 0o711 if account.switch else 0o700
    for folder in reversed(folders):
        with explained("cannot make the data folder"), suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(mode)


def make_owned_folder(folder: Path, account: Account) -> None:
    """A folder for the server alone. One that exists is left as it is."""
    with explained("cannot make a folder for the database"), suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)


def require_reachable(folders: list[Path], account: Account) -> None:
    """Refuse, by name, the first of `folders` (outermost first) that the account cannot enter."""
    if account.switch:
        # Asked under the account itself: modes alone do not tell of ACLs and security modules.
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
        raise ConfigurationError(f"{folder} is not a folder, so no data can be kept below it")
    status = folder.stat()
    raise ConfigurationError(
        f"the database runs as {account.name}, which cannot enter {folder} (mode {status.st_mode & 0o7777:04o}, owner "
        f"uid {status.st_uid}): set CARBON_LEDGER_HOME to a folder it can reach, such as {default_home()}, or allow it "
        f"to pass with: chmod o+x '{folder}'"
    )


def write_file(path: Path, text: str, mode: int) -> None:
    """Replace the file as a whole, durably."""
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
