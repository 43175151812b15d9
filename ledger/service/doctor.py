"""Checks an installation: a table of checks, each of which examines one subject and suggests a remedy."""

import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from ledger.errors import ConfigurationError, LedgerError
from ledger.host.clock import Timekeeper, host_clock, spelled
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, read_own_key
from ledger.host.files.tls_files import both_or_none, covers, read_pair
from ledger.service.backup.mark import is_restored
from ledger.service.backup.take import key_paths
from ledger.service.heads.anchoring import standing
from ledger.service.heads.heads import heads_of
from ledger.service.heads.keyring import Keyring
from ledger.service.settings import Settings
from ledger.service.setup import has_registrar, keyring_of
from ledger.service.witnesses.activated_policy import check_start, read_activated, read_shown
from ledger.service.witnesses.policy_file import read_policy
from ledger.store.anchor import fields_of, is_object, open_anchor
from ledger.store.database import DatabasePool, open_pool
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.sql import queries

_RENEWAL: Final = timedelta(days=14)
"""A certificate should be renewed so long before its end."""
Level = Literal["ok", "warning", "error", "unknown"]


class DoctorFinding(Struct, frozen=True, omit_defaults=True):
    """The result of a check, with a `remedy` for a fault. Level `unknown`: the check needs a part that is faulty
    itself, and the check of that part reports the fault."""

    check: str
    level: Level
    message: str
    remedy: str | None = None


class Installation:
    """The installation that the checks examine. `pool` is None if the database does not answer; `failure` says why.
    `keyring` is None if the database holds no log whose keys are here."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool: DatabasePool | None = None
        self.keyring: Keyring | None = None
        self.failure: LedgerError | None = None


class _Unknown(Exception):
    """The check needs a part that is missing or faulty."""


Check = Callable[[Installation], Awaitable[DoctorFinding]]


async def diagnose(settings: Settings) -> list[DoctorFinding]:
    """One finding for each check. Sets nothing up and changes nothing."""
    findings = []
    async with _opened(settings) as installation:
        for name, check in CHECKS.items():
            try:
                findings.append(await check(installation))
            except _Unknown as error:
                findings.append(DoctorFinding(name, "unknown", str(error)))
            except LedgerError as error:
                findings.append(DoctorFinding(name, "error", error.message, error.rule))
    return findings


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Installation]:
    installation = Installation(settings)
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        installation.failure = ConfigurationError(
            f"there is no database in {settings.home}",
            rule="run `carbon-ledger init` for a new ledger or `carbon-ledger restore` for a lost one, or set "
                 "CARBON_LEDGER_DATABASE_URL",
        )
        yield installation
        return
    try:
        async with hosted(settings.home, settings.database_url) as database:
            installation.pool = pool = await open_pool(database.app_url)
            try:
                yield installation
            finally:
                await pool.close()
    except LedgerError as error:
        if installation.pool is not None:
            raise
        installation.failure = error
        yield installation


async def _home(here: Installation) -> DoctorFinding:
    home = here.settings.home
    if not home.is_dir():
        return DoctorFinding("home", "error", f"there is no folder {home}",
                             "name the data folder by CARBON_LEDGER_HOME or --home")
    if not os.access(home, os.W_OK | os.X_OK):
        return DoctorFinding("home", "error", f"this account cannot write to {home}",
                             "run the command as the account that owns the folder")
    return DoctorFinding("home", "ok", str(home))


async def _keys(here: Installation) -> DoctorFinding:
    """The keys can be read with the given passphrase."""
    paths = key_paths(here.settings.home)
    if not any(path.name != REGISTRAR_KEY for path in paths):
        return DoctorFinding("keys", "error", f"there is no {LOG_KEY} in {here.settings.home}",
                             "copy the log's key from another replica or a backup; without it nothing is signed")
    for path in paths:
        read_own_key(path, here.settings.passphrase)
    return DoctorFinding("keys", "ok", ", ".join(path.name for path in paths))


async def _modes(here: Installation) -> DoctorFinding:
    open_to_others = [path for path in key_paths(here.settings.home) if _mode(path) & 0o077]
    if open_to_others:
        names = " ".join(f"'{path}'" for path in open_to_others)
        return DoctorFinding("modes", "error", f"other accounts can read {names}", f"chmod 600 {names}")
    return DoctorFinding("modes", "ok", "only the owner can read the keys")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def _database(here: Installation) -> DoctorFinding:
    """The database answers, has the settings that durability needs, and its schema is up to date."""
    pool = here.pool
    if pool is None:
        raise here.failure or ConfigurationError("the database does not answer")
    row = await pool.fetchrow(queries("log")["ledger"])
    if row is None:
        return DoctorFinding("database", "error", "the database holds no log",
                             "run `carbon-ledger init` for a new ledger; otherwise bring back the log's database")
    async with pool.acquire() as connection:
        here.keyring = await keyring_of(connection, here.settings, row["origin"], row["vkey"])
    size = await pool.fetchval(queries("log")["size"])
    return DoctorFinding("database", "ok", f"{row['origin']}, {size} entries, schema up to date")


async def _anchor(here: Installation) -> DoctorFinding:
    """The anchor exists, can be read, and the database continues it."""
    settings = here.settings
    anchor = open_anchor(settings.anchor_at)
    if here.pool is None or here.keyring is None:
        anchor.read()
        raise _Unknown("the database's log could not be opened, so the anchor is not compared with it")
    heads = heads_of(settings, here.keyring, here.pool)
    async with here.pool.acquire() as connection:
        compared = await standing(connection, heads, anchor)
    if compared.contradiction is not None:
        return DoctorFinding(
            "anchor", "error", compared.contradiction,
            "bring back the missing part; if it is lost, run `carbon-ledger anchor show` and `anchor accept`",
        )
    kind = "object" if anchor.remote else "file"
    return DoctorFinding("anchor", "ok", f"{kind} {anchor.location}, {compared.signed} of {compared.size} entries")


async def _restored(here: Installation) -> DoctorFinding:
    if is_restored(here.settings.home):
        if here.pool is not None and here.keyring is not None and (await _anchor(here)).level == "ok":
            return DoctorFinding("restored", "warning", "this home was restored, and the database continues the anchor",
                                 "start a server: it resumes signing once the log's witnesses agree")
        return DoctorFinding(
            "restored", "error",
            "this home was restored, and it is not settled which history counts: nothing is signed",
            "bring back the anchor of the lost home, or start with CARBON_LEDGER_POLICY so that witnesses are asked, "
            "or decide with `carbon-ledger anchor accept`",
        )
    return DoctorFinding("restored", "ok", "this home does not wait for a decision after a restore")


async def _place(here: Installation) -> DoctorFinding:
    """A place outside this host remembers the signed heads."""
    settings = here.settings
    if is_object(settings.anchor_at):
        return DoctorFinding("place", "ok", "the anchor is outside this host")
    if settings.policy is not None and here.keyring is not None:
        policy = read_policy(settings.policy, here.keyring.keys)
        if policy.quorum is not None:
            return DoctorFinding("place", "ok", "the anchor is a file on this host, and witnesses know the log too")
    return DoctorFinding(
        "place", "warning", f"the anchor {settings.anchor_at} is a file: if a copy of the whole disk brings back an "
        "older database with an older anchor, nothing detects it", "set CARBON_LEDGER_ANCHOR=s3://BUCKET/KEY, or name "
        "witnesses by CARBON_LEDGER_POLICY",
    )


async def _witnesses(here: Installation) -> DoctorFinding:
    """The policy can be read, is for this log and is the policy in force. A log with witnesses has a policy."""
    settings = here.settings
    if here.pool is None or here.keyring is None:
        raise _Unknown("the database's log could not be opened")
    first = await here.pool.fetchval(queries("publication")["first"])
    if settings.policy is None:
        if first is not None:
            return DoctorFinding(
                "witnesses", "error", f"this log has had a witness policy since size {first}, but no policy is named",
                "set CARBON_LEDGER_POLICY to a policy, which may be `quorum none`",
            )
        return DoctorFinding("witnesses", "ok", "no policy: heads are public as soon as they are signed")
    policy = read_policy(settings.policy, here.keyring.keys)
    async with here.pool.acquire() as connection:
        activated, history = await read_activated(connection), await read_shown(connection)
    note = open_anchor(settings.anchor_at).read()
    check_start(policy, activated, {} if note is None else fields_of(note), history, registrar=has_registrar(settings))
    if policy.quorum is None:
        return DoctorFinding(
            "witnesses", "warning", f"{settings.policy} says `quorum none`", "name witnesses and a quorum"
        )
    return DoctorFinding("witnesses", "ok", ", ".join(one.name for one in policy.witnesses))


async def _clock(here: Installation) -> DoctorFinding:
    """The host's clock is not ahead of the time known from elsewhere."""
    if here.pool is None:
        raise _Unknown("the database could not be opened")
    keeper = Timekeeper(host_clock(), here.settings.home)
    keeper.begin(await here.pool.fetchval(queries("log")["time"]) or 0)
    keeper.require_right()
    return DoctorFinding("clock", "ok", spelled(keeper()))


async def _tls(here: Installation) -> DoctorFinding:
    chosen = here.settings
    files = both_or_none(chosen.tls_cert, chosen.tls_key, chosen.passphrase)
    if files is None:
        return DoctorFinding("tls", "ok", "no certificate is set: `serve` serves HTTP")
    pair = read_pair(files)
    ends = f"the certificate for {', '.join(pair.names)} expires at {pair.expires:%Y-%m-%dT%H:%MZ}"
    host = urlsplit(chosen.public_url).hostname if chosen.public_url else None
    if host is not None and not covers(pair.names, host):
        return DoctorFinding("tls", "warning", f"{ends}, and does not name {host} of CARBON_LEDGER_PUBLIC_URL",
                             "get a certificate for that name")
    if pair.expires - datetime.now(UTC) < _RENEWAL:
        return DoctorFinding("tls", "warning", ends, "renew it; `serve` uses new files without a restart")
    return DoctorFinding("tls", "ok", ends)


CHECKS: Final[dict[str, Check]] = {
    "home": _home, "keys": _keys, "modes": _modes, "database": _database, "anchor": _anchor, "restored": _restored,
    "place": _place, "witnesses": _witnesses, "clock": _clock, "tls": _tls,
}
"""The checks, in the order in which they rest on each other. A new check is a function and a row here."""
