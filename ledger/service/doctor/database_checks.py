"""Checks of the database: it is fit for a server, its schema, its settings, and the plugins that its log activates."""

import time
from collections.abc import Collection
from typing import Final, NamedTuple

from ledger.admission.activations import Versions
from ledger.admission.rules import RESERVED, VERSIONS
from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError
from ledger.registry.workers.trial import loaded
from ledger.service.doctor.installation import DoctorFinding, Installation, Level, MissingPart
from ledger.service.posting.checking.check import MOST_SESSIONS
from ledger.service.setup import check_rules_known, keyring_of, waiting_versions
from ledger.store.database import fitting_schema
from ledger.store.facts import FactLoader
from ledger.store.sql import queries

SESSIONS: Final = 25 + MOST_SESSIONS
"""Sessions that a server process may open: two pools of ten, the sessions of the parts that append, and the
sessions of checks."""
_RESERVED: Final = 10
COMMIT_SECONDS: Final = 3.0
"""A commit that takes longer is an error: posts wait as long."""


class _Required(NamedTuple):
    """`value`: the value that a setting of PostgreSQL must have. `why`: the consequence of another value."""

    value: str
    level: Level
    why: str


REQUIRED: Final = {
    "fsync": _Required("on", "error", "acknowledged records may be lost"),
    "full_page_writes": _Required("on", "error", "acknowledged records may be lost"),
    "synchronous_commit": _Required("on", "warning", "servers switch it on for themselves, other programs do not"),
    "zero_damaged_pages": _Required("off", "error", "damaged pages count as empty"),
    "ignore_checksum_failure": _Required("off", "error", "damaged pages go unnoticed"),
    "ignore_invalid_pages": _Required("off", "error", "a recovery may skip damaged pages"),
    "data_checksums": _Required("on", "warning", "damage on the disk goes unnoticed until an audit"),
    "autovacuum": _Required("on", "warning", "tables and queries deteriorate"),
}
"""Settings of PostgreSQL that lose data or hide its loss."""


async def check_database(here: Installation) -> DoctorFinding:
    """The database answers and is fit for a server, and its log's keys are here."""
    pool = here.pool
    if pool is None:
        raise here.failure or ConfigurationError("the database does not answer")
    row = await pool.fetchrow(queries("log")["ledger"])
    if row is None:
        return DoctorFinding("database", "error", "the database holds no log",
                             "run `carbon-ledger init` for a new ledger; otherwise bring back the log's database")
    async with pool.acquire() as connection:
        await check_rules_known(connection)
        here.keyring = await keyring_of(connection, here.settings, row["origin"], row["vkey"])
    size = await pool.fetchval(queries("log")["size"])
    return DoctorFinding("database", "ok", f"{row['origin']}, {size} entries, schema up to date")


async def check_schema(here: Installation) -> DoctorFinding:
    """The schema is one with which this program runs."""
    async with here.reading.acquire() as connection:
        stored = await fitting_schema(connection)
    return DoctorFinding("schema", "ok", f"version {stored.version}, digest {stored.digest}")


async def check_postgres(here: Installation) -> DoctorFinding:
    """PostgreSQL has no setting that loses data, and room for the sessions of all server processes."""
    rows = await here.reading.fetch(queries("status")["settings"], list(REQUIRED))
    settings = {row["name"]: row["setting"] for row in rows}
    wrong = [(name, REQUIRED[name]) for name, value in settings.items() if value != REQUIRED[name].value]
    if wrong:
        text = "; ".join(f"{name}={settings[name]}: {required.why}" for name, required in wrong)
        remedy = " ".join(f"ALTER SYSTEM SET {name} = {required.value};" for name, required in wrong
                          if name != "data_checksums")
        offline = "stop PostgreSQL and run pg_checksums --enable" if "data_checksums" in dict(wrong) else ""
        level: Level = "error" if any(required.level == "error" for _, required in wrong) else "warning"
        restart = f"run as the database's superuser: {remedy} then restart PostgreSQL" if remedy else ""
        return DoctorFinding("postgres", level, text, "; ".join(filter(None, (restart, offline))))
    most = int(await here.reading.fetchval("SHOW max_connections"))
    needed = here.settings.processes * SESSIONS + _RESERVED
    if most < needed:
        return DoctorFinding(
            "postgres", "warning", f"max_connections={most}, but {here.settings.processes} server processes may need "
            f"{needed}", f"ALTER SYSTEM SET max_connections = {needed}, then restart PostgreSQL",
        )
    return DoctorFinding("postgres", "ok", "no setting loses data")


async def check_commit(here: Installation) -> DoctorFinding:
    """A commit ends: WAL has room, and the synchronous standby confirms it."""
    if here.pool is None:
        raise MissingPart("the database could not be opened")
    started = time.monotonic()
    async with here.pool.acquire() as connection:
        try:
            await connection.execute(queries("status")["commit"], timeout=COMMIT_SECONDS)
        except TimeoutError:
            return DoctorFinding(
                "commit", "error", f"a commit has not ended after {COMMIT_SECONDS:g} s, so posts wait",
                "repair the synchronous standby, or the disk; do not switch synchronous replication off",
            )
    return DoctorFinding("commit", "ok", f"a commit takes {(time.monotonic() - started) * 1000:.0f} ms")


async def check_plugins(here: Installation) -> DoctorFinding:
    """The versions in force on the log are installed or archived here, and installed versions are in force."""
    if here.pool is None:
        raise MissingPart("the database could not be opened")
    async with here.pool.acquire() as connection:
        activations = (await FactLoader().in_force(connection)).activations
    registry = await loaded()
    archived = {row["digest"] for row in await here.reading.fetch(queries("plugins")["stored"])}
    missing = _missing(activations.versions(), registry, archived)
    if missing:
        return DoctorFinding(
            "plugins", "error", f"in force on the log, but neither installed nor archived here: {', '.join(missing)}",
            "install these versions; or activate the installed ones: `carbon-ledger plugin activate NAME`, as the "
            "registrar",
        )
    waiting = waiting_versions(registry, activations)
    if waiting:
        return DoctorFinding(
            "plugins", "warning", "installed, but not in force on the log: "
            + ", ".join([f"{one.tag} ({one.active} is in force)" for one in waiting]),
            f"{', '.join([f'`{one.command}`' for one in waiting])}, as the registrar, if new records shall be computed "
            "with it",
        )
    inactive = [plugin.tag for name, plugin in registry.sectors.items() if name not in activations.plugins]
    if inactive:
        return DoctorFinding("plugins", "warning", f"installed, but not in force on the log: {', '.join(inactive)}",
                             "`carbon-ledger plugin activate NAME`, as the registrar; or uninstall them")
    installed = {plugin.digest for plugin in registry.sectors.values()} | {
        version.digest for factor_set in registry.sets.values() for version in factor_set.versions}
    earlier = [f"{name}/{state.version}" for name, state in activations.plugins.items()
               if state.digest in archived and state.digest not in installed]
    return DoctorFinding("plugins", "ok", f"{len(registry.sectors)} plugins are installed, and the versions in force "
                         "are there" + (f"; from their archives run {', '.join(earlier)}" if earlier else ""))


def _missing(versions: Versions, registry: Registry, archived: Collection[str]) -> list[str]:
    """The versions in force that cannot be run here, in words."""
    known = {version.digest for version in VERSIONS}
    missing = [f"rules {one.version}" for one in versions.rules.activated[-1:] if one.digest not in known]
    for name, state in versions.plugins.items():
        if name in RESERVED:
            continue
        installed, factor_set = registry.sector(name), registry.sets.get(name)
        runs = state.digest in archived or (installed is not None and installed.digest == state.digest) or (
            factor_set is not None and factor_set.version(state.digest) is not None)
        if not runs:
            here_is = installed.tag if installed else factor_set.newest.tag if factor_set else "no version"
            missing.append(f"{name}/{state.version} {state.digest[:8]}… ({here_is} is installed)")
    return missing
