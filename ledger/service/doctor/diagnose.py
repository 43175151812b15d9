"""The table of the checks of `doctor`, and the run through all of them."""

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncpg

from ledger.errors import LedgerError
from ledger.service.doctor.database_checks import (
    check_commit,
    check_database,
    check_plugins,
    check_postgres,
    check_schema,
)
from ledger.service.doctor.home_checks import check_backup, check_disk, check_home, check_keys, check_modes
from ledger.service.doctor.installation import Check, DoctorFinding, Installation, MissingPart, opened
from ledger.service.doctor.log_checks import (
    check_anchor,
    check_clock,
    check_place,
    check_quorum,
    check_restored,
    check_seen,
    check_witnesses,
)
from ledger.service.doctor.server_check import check_server
from ledger.service.doctor.settings_check import check_settings
from ledger.service.doctor.tls_check import check_tls
from ledger.service.settings import Settings
from ledger.store.wait_budget import UNANSWERED

CHECKS: Final[dict[str, Check]] = {
    "home": check_home, "server": check_server, "settings": check_settings, "disk": check_disk, "keys": check_keys,
    "modes": check_modes, "database": check_database, "schema": check_schema, "postgres": check_postgres,
    "commit": check_commit, "plugins": check_plugins, "anchor": check_anchor, "restored": check_restored,
    "place": check_place, "witnesses": check_witnesses, "seen": check_seen, "quorum": check_quorum,
    "clock": check_clock, "tls": check_tls, "backup": check_backup,
}
"""The checks, in the order in which they rest on each other. A new check is a function and a row here."""


async def diagnose(settings: Settings, environment: Mapping[str, str] | None = None) -> list[DoctorFinding]:
    """One finding for each check. Sets nothing up and changes nothing. `environment`: None means the environment of
    this process."""
    async with opened(settings, environment) as here:
        # The servers answer meanwhile, and need no database for it.
        asking = asyncio.create_task(_finding("server", check_server, here))
        findings = {name: await _finding(name, check, here) for name, check in CHECKS.items() if name != "server"}
        findings["server"] = await asking
        if here.lost.is_set():
            findings["database"] = await _finding("database", check_database, here)
    return [findings[name] for name in CHECKS]


async def _examined(check: Check, here: Installation) -> DoctorFinding:
    """The finding of a check. Raises MissingPart if the database stops answering meanwhile."""
    if here.reader is None or check is check_server:
        return await check(here)
    checking, losing = asyncio.ensure_future(check(here)), asyncio.ensure_future(here.lost.wait())
    try:
        await asyncio.wait((checking, losing), return_when=asyncio.FIRST_COMPLETED)
        if not checking.done():
            # Its error, once it is cancelled, tells nothing more.
            checking.add_done_callback(lambda task: task.cancelled() or task.exception())
            raise MissingPart("the database stopped answering")
        return checking.result()
    finally:
        checking.cancel()
        losing.cancel()


async def _finding(name: str, check: Check, here: Installation) -> DoctorFinding:
    try:
        return await _examined(check, here)
    except MissingPart as error:
        return DoctorFinding(name, "unknown", str(error))
    except LedgerError as error:
        if error.code == UNANSWERED and not await here.answers():
            return DoctorFinding(name, "unknown", "the database stopped answering")
        return DoctorFinding(name, "error", error.message, error.rule)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = "run the command as the account that owns the home" if isinstance(error, PermissionError) else None
        return DoctorFinding(name, "error", f"{where}{error.strerror or error}", remedy)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return DoctorFinding(name, "unknown", f"the database does not answer this: {error}")
