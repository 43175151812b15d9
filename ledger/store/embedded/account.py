"""Chooses the account under which PostgreSQL runs. PostgreSQL refuses root, so for root this is a system user."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError

SYSTEM_USER = "carbon-ledger"
FALLBACK_USERS = ("nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """An account for PostgreSQL's programs. `switch`: this process runs as root, so it starts the programs under this
    account instead of its own."""

    name: str
    uid: int
    gid: int
    switch: bool


def account_for(data: Path) -> Account:
    """The account that owns the cluster in `data`, or will own it. For root this may create the system user."""
    try:
        status = data.stat()
    except OSError:
        status = None  # missing or not reachable: then making its folder reports which folder cannot be entered
    if os.geteuid() != 0:
        return _own_account(data, None if status is None else status.st_uid)
    if status is None:
        return _system_account()
    if status.st_uid == 0:
        raise ConfigurationError(f"{data} belongs to root, but PostgreSQL does not run as root: chown -R it to a user")
    return Account(_name(status.st_uid), status.st_uid, status.st_gid, switch=True)


def _own_account(data: Path, owner: int | None) -> Account:
    own = os.geteuid()
    if owner is not None and owner != own:
        raise ConfigurationError(f"{data} belongs to {_name(owner)}, not to {_name(own)}: run as its owner, or as root")
    return Account(_name(own), own, os.getegid(), switch=False)


def _system_account() -> Account:
    entry = _entry(SYSTEM_USER)
    if entry is None:
        _add_system_user()
        entry = next(filter(None, map(_entry, (SYSTEM_USER, *FALLBACK_USERS))), None)
    if entry is None or entry.pw_uid == 0:
        raise ConfigurationError(f"PostgreSQL does not run as root: create a system user named {SYSTEM_USER}")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _add_system_user() -> None:
    """Try each available tool. A failure is not an error: another process may have been first, or a fallback is used.
    """
    for tool, *options in (
        ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"),
        ("adduser", "--system", "--group", "--no-create-home", "--home", "/nonexistent"),
        ("adduser", "-S", "-D", "-H", "-h", "/nonexistent"),
    ):
        program = shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is not None:
            subprocess.run([program, *options, SYSTEM_USER], check=False, capture_output=True, timeout=60, cwd="/")
        if _entry(SYSTEM_USER) is not None:
            return


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
