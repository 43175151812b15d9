"""Base backups of an embedded cluster: taking one while the cluster runs, and restoring it to another home."""

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account, account_for
from ledger.store.embedded.addresses import Addresses
from ledger.store.embedded.binaries import programs_for
from ledger.store.embedded.initialise import new_passwords, require_version, write_passwords
from ledger.store.embedded.layout import OWNER_ROLE, Layout, explained, make_folders, make_owned_folder
from ledger.store.embedded.programs import fault, run
from ledger.store.embedded.sockets import PORT

BASE: Final = "base.tar"
LOG_OF_CHANGES: Final = "pg_wal.tar"
_DAY: Final = 86_400.0
_CHUNK: Final = 1 << 20


def take_base_backup(home: Path, running: Addresses, folder: Path, report: Callable[[str], None]) -> str:
    """Makes a folder and writes the cluster's files durably into it, in their state at the end of this call. Writers
    can continue. Returns the version of PostgreSQL. Raises ConfigurationError."""
    layout = Layout.at(home)
    programs = programs_for(account_for(layout.data), report)
    # pg_basebackup only connects to the server, so it runs under this account, which then owns the files.
    own = Account("this account", os.geteuid(), os.getegid(), switch=False)
    with explained(f"cannot read the password of {OWNER_ROLE}"):
        password = layout.password(OWNER_ROLE).read_text(encoding="ascii").strip()
    command = [
        programs.path("pg_basebackup"), f"--pgdata={folder}", "--format=tar", "--wal-method=stream",
        "--checkpoint=fast", "--no-password", "--label=carbon-ledger", "--no-manifest", f"--host={running.sockets}",
        f"--port={PORT}", f"--username={OWNER_ROLE}",
    ]
    done = run(command, own, seconds=_DAY, extra={"PGPASSWORD": password})
    if done.returncode != 0:
        raise ConfigurationError(f"cannot back up the database: pg_basebackup failed: {fault(done.stderr)}")
    return programs.version


def restore_base_backup(home: Path, folder: Path, report: Callable[[str], None]) -> None:
    """Makes the cluster of a home without a cluster. Its roles get new passwords; setting them also completes the
    recovery. After a failure, the caller must remove the partial files. Raises ConfigurationError."""
    layout = Layout.at(home)
    account = account_for(layout.data)
    make_folders(layout, account)
    programs = programs_for(account, report)
    make_owned_folder(layout.data, account)
    with explained("cannot unpack the database"):
        try:
            _unpack(folder / BASE, layout.data, account)
            _unpack(folder / LOG_OF_CHANGES, layout.data / "pg_wal", account)
            os.sync()  # one call is faster than a sync of each of the thousands of files
        except tarfile.TarError as error:
            raise ConfigurationError(f"cannot unpack the database: {error}") from error
    require_version(layout.data, programs)
    passwords = new_passwords()
    statements = "".join(f"ALTER ROLE {role} PASSWORD '{password}'\n" for role, password in passwords.items())
    command = [programs.path("postgres"), "--single", "-D", str(layout.data), "-c", "exit_on_error=on", "postgres"]
    done = run(command, account, text=statements, seconds=_DAY)
    if done.returncode != 0:
        raise ConfigurationError(f"the database in the backup does not start: {fault(done.stderr or done.stdout)}")
    write_passwords(layout, passwords)


def _unpack(archive: Path, folder: Path, account: Account) -> None:
    """Unpacks files and folders so that only the account can read them. Raises TarError for any other member, and for a
    path that leads out of the folder."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
                raise tarfile.TarError(f"{member.name} is not a file of a database")
            path = folder / name
            if member.isdir():
                path.mkdir(mode=0o700, exist_ok=True)
            else:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write(tar, member, path)
            if account.switch:
                os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        if content is not None:
            shutil.copyfileobj(content, file, _CHUNK)
