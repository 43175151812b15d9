"""`audit`: takes a log, replays it from zero and compares everything. Exit 1 where anything does not hold."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click
import msgspec

from ledger.cli.console import json_option, print_json, progress, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import text_or_file
from ledger.cli.lazy import attribute
from ledger.registry.installed import installed
from ledger.service.audit.http_source import http_source
from ledger.service.audit.replay import audit as replay
from ledger.service.audit.report import Report
from ledger.service.audit.source import Source
from ledger.service.settings import Settings

_DATABASE_SOURCE = "ledger.cli.audit_database:database_source"


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
    async with _source(target) as source:
        with progress("auditing") as told:
            return await replay(source, registry=installed(), vkey=vkey, registrar=registrar, progress=told)


def _source(target: Settings | str) -> AbstractAsyncContextManager[Source]:
    """A server is audited with the base install; a database needs what the server needs."""
    if isinstance(target, str):
        return http_source(target)
    found: AbstractAsyncContextManager[Source] = attribute(_DATABASE_SOURCE, "auditing a database")(target)
    return found


def _print(report: Report) -> None:
    records = ", ".join(f"{count} {kind}" for kind, count in sorted(report.records.items()))
    show(
        f"origin      {report.origin}", f"vkey        {report.vkey}",
        f"log         {report.entries} of {report.size} entries, root {report.root}", f"records     {records}",
        f"signatures  {report.signatures} hold",
        f"figures     {report.figures} of lots compared, {report.recomputed} records recomputed by their plugins",
        f"balances    {report.balances} compared",
        *([f"erased      {report.erased} records, by erasures on the log"] if report.erased else []),
    )
    for note in report.notes:
        show(f"note: {note}")
    for one in report.findings:
        where = "the log" if one.index is None else f"index {one.index}"
        show(f"DOES NOT HOLD at {where}, rule {one.rule}: {one.message}")
    show("everything holds" if report.ok else f"{len(report.findings)} findings: the log does not hold")
