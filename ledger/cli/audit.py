"""`audit`: takes a log, replays it from zero and compares everything. Exit 1 where anything does not hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import msgspec

from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import text_or_file
from ledger.core.note import NoteSigner
from ledger.errors import ConfigurationError, InvalidInput
from ledger.registry.installed import installed
from ledger.service.audit.database_source import DatabaseSource
from ledger.service.audit.http_source import http_source
from ledger.service.audit.replay import audit as replay
from ledger.service.audit.report import Report
from ledger.service.audit.source import Source
from ledger.service.keyfiles import read_key
from ledger.service.settings import Settings
from ledger.service.setup import LOG_KEY, Identity, vkey_of
from ledger.store.database import Pool, open_pool
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.sql import queries


@click.command()
@click.argument("target", required=False)
@click.option("--vkey", help="The log's verifier key that you have pinned, or the file that holds it.")
@click.option("--registrar", help="The keyid (hex) of the registrar's key that you have pinned.")
@home_option
@json_option
def audit(target: str | None, vkey: str | None, registrar: str | None, home: Path | None, as_json: bool) -> int:
    """Replay the whole log at TARGET and compare everything: entries, signatures, figures, roots, balances.

    TARGET is a server (http, https), a database (postgresql), or this home's database. What is not pinned with --vkey
    and --registrar is taken from TARGET itself, and the report says so.
    """
    if target is not None and target.startswith(("postgresql://", "postgres://")):
        chosen: Settings | str = msgspec.structs.replace(settings(home), database_url=target)
    elif target is not None:
        chosen = target
    else:
        chosen = settings(home)
    report = asyncio.run(_audit(chosen, None if vkey is None else text_or_file(vkey), registrar))
    if as_json:
        print_json(report)
    else:
        _print(report)
    return 0 if report.ok else 1


async def _audit(target: Settings | str, vkey: str | None, registrar: str | None) -> Report:
    async with (database_source(target) if isinstance(target, Settings) else http_source(target)) as source:
        with progress("auditing") as told:
            return await replay(
                source, registry=installed(), vkey=vkey, registrar=registrar, progress=told
            )


@asynccontextmanager
async def database_source(chosen: Settings) -> AsyncIterator[Source]:
    """The ledger of these settings as it lies there: nothing is set up, and nothing written.

    Raises ConfigurationError where there is none, or where the home does not hold its log's key.
    """
    if chosen.database_url is None and not Layout.at(chosen.home).data.is_dir():
        raise ConfigurationError(f"no ledger in {chosen.home}", field="home", value=chosen.home,
                                 rule="a home that `init` or `serve` has set up; or name a TARGET")
    async with hosted(chosen.home, chosen.database_url, on_progress=say) as database:
        pool = await open_pool(database.app_url)
        try:
            yield DatabaseSource(pool, await _identity(pool, chosen))
        finally:
            await pool.close()


async def _identity(pool: Pool, chosen: Settings) -> Identity:
    row = await pool.fetchrow(queries("log")["ledger"])
    if row is None:
        raise ConfigurationError("this database holds no ledger")
    signer = NoteSigner(row["origin"], read_key(chosen.home / LOG_KEY).private)
    if vkey_of(signer) != row["vkey"]:
        raise InvalidInput(
            f"{chosen.home / LOG_KEY} is not the key of this database's log ({row['vkey']})", field="home",
            value=chosen.home, rule="the home of this ledger; without it, audit its server",
        )
    return Identity(row["origin"], row["vkey"], signer)


def _print(report: Report) -> None:
    records = ", ".join(f"{count} {kind}" for kind, count in sorted(report.records.items()))
    show(
        f"origin      {report.origin}", f"vkey        {report.vkey}",
        f"log         {report.entries} of {report.size} entries, root {report.root}", f"records     {records}",
        f"signatures  {report.signatures} hold",
        f"figures     {report.figures} of lots compared, {report.recomputed} records recomputed by their plugins",
        f"balances    {report.balances} compared",
    )
    for note in report.notes:
        show(f"note: {note}")
    for one in report.findings:
        where = "the log" if one.index is None else f"index {one.index}"
        show(f"DOES NOT HOLD at {where}, rule {one.rule}: {one.message}")
    show("everything holds" if report.ok else f"{len(report.findings)} findings: the log does not hold")
