"""`status`: shows the parts of this installation, with sizes, growth, backlog and disks."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from ledger.cli.console import Part, json_option, print_json, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.numbers import numeral
from ledger.service.status.answers import Backlog, DatabaseStatus, LogStatus, StatusAnswer, WitnessesStatus
from ledger.service.status.gather import gather
from ledger.service.status.servers import Hindrance, ServerStatus

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1000
_TABLES: Final = 8
"""As many tables are listed one by one."""
_CLOSINGS: Final = 5


@click.command()
@home_option
@json_option
def status(home: Path | None, as_json: bool) -> None:
    """Show the running processes, the log with its newest checkpoint, the backlog, sizes, growth and disks.

    It changes nothing. It starts the embedded database for a moment if no server runs. It lists each part that it could
    not read, with the reason; `doctor` says which states are faults.
    """
    answer = asyncio.run(gather(settings(home), say))
    if as_json:
        print_json(answer)
    else:
        show(*_parts(answer))


def _parts(answer: StatusAnswer) -> Iterator[Part]:
    yield f"home       {answer.home}"
    yield f"program    carbon-ledger {answer.program}"
    yield from _servers(answer)
    if answer.database is not None:
        yield from _database(answer.database)
    if answer.log is not None:
        yield from _log(answer.log)
    if answer.witnesses is not None:
        yield from _witnesses(answer.witnesses, answer.log)
    if answer.anchor is not None:
        size = "MISSING: servers sign nothing" if answer.anchor.size is None else f"{answer.anchor.size} entries"
        yield f"anchor     {answer.anchor.kind} {answer.anchor.place}, {size}"
    if answer.backlog is not None:
        yield from _backlog(answer.backlog)
    yield from _growth(answer)
    yield from _backup(answer)
    for part in answer.unknown:
        yield f"unknown    {part.part}: {part.why}"
    if answer.tables:
        yield from ("", _tables(answer))


def _servers(answer: StatusAnswer) -> Iterator[str]:
    if not answer.servers and not any(one.part == "servers" for one in answer.unknown):
        yield "server     no server process runs with this home"
    for server in answer.servers:
        yield (f"server     {server.url}, process {server.pid} on {server.host}, version {server.program}, "
               f"since {server.started}: {_condition(server)}")


def _condition(server: ServerStatus) -> str:
    state = server.state
    if state is None:
        return f"UNKNOWN, {server.silent}"
    faults = [_unready(state.unready)] if state.unready is not None else ["ready"]
    faults += [state.unpublishing] if state.unpublishing is not None else []
    faults += [f"the newest posts failed at {state.failing.at}: {state.failing.message}"] if state.failing else []
    return "; ".join(faults)


def _unready(hindrance: Hindrance) -> str:
    return f"NOT READY, {hindrance.message}" + (f" ({hindrance.rule})" if hindrance.rule else "")


def _database(database: DatabaseStatus) -> Iterator[str]:
    facts = [f"PostgreSQL {database.version}"] if database.version else []
    if database.running:
        facts.append(f"process {database.postmaster}" + (f", run by process {database.owner}" if database.owner else
                                                         ", without a supervising process"))
    elif database.running is False:
        facts.append("stopped" + ("; started for this command" if database.version else ""))
    facts += [_bytes(database.bytes)] if database.bytes is not None else []
    facts += [f"schema {database.schema}"] if database.schema is not None else []
    facts += ["a standby"] if database.standby else []
    yield f"database   {database.kind} {database.place}: {', '.join(facts) or 'no facts'}"
    for sessions in database.sessions:
        waiting = f", {sessions.waiting} wait for a lock" if sessions.waiting else ""
        yield f"sessions   {sessions.sessions} of servers from {sessions.client}{waiting}"


def _log(log: LogStatus) -> Iterator[str]:
    yield f"log        {log.origin}, {log.size} entries, {log.revisions} revisions, root {log.root}"
    yield f"newest     {log.newest or 'no entry'}"
    age = "" if log.checkpoint_seconds is None else f", {_age(log.checkpoint_seconds)} old"
    yield f"checkpoint {log.published} entries{age}"


def _witnesses(witnesses: WitnessesStatus, log: LogStatus | None) -> Iterator[str]:
    if witnesses.policy is None:
        yield "witnesses  no policy is named"
        return
    state = "a quorum has cosigned every entry" if witnesses.quorum else "NO QUORUM has cosigned the newest checkpoint"
    if log is not None and log.published < log.size:
        state = (f"{log.size - log.published} entries WAIT FOR A QUORUM, the oldest for "
                 f"{_age(log.unpublished_seconds)}")
    yield f"witnesses  {state}; policy {witnesses.policy}"
    for witness in witnesses.witnesses:
        last = "" if witness.answer is None else f"; last answer at {witness.answer.at}: {witness.answer.answer}"
        yield (f"           {witness.name} {witness.url or '(no address)'}: "
               f"{witness.cosigned or 'no cosignature of the newest checkpoint'}{last}")


def _backlog(backlog: Backlog) -> Iterator[str]:
    yield (f"backlog    {backlog.entries} entries and {backlog.tiles} tiles to publish, {backlog.erasures} erasures to "
           f"carry out, {backlog.unpublished_erasures} wait for witnesses, {backlog.recoveries} key recoveries, "
           f"{len(backlog.closings)} closings due")
    for due in backlog.closings[:_CLOSINGS]:
        yield f"           closing of {due.facility} for {due.month}: {due.records} provisional records"
    if len(backlog.closings) > _CLOSINGS:
        yield f"           … and {len(backlog.closings) - _CLOSINGS} more"


def _growth(answer: StatusAnswer) -> Iterator[str]:
    for growth in answer.growth:
        yield (f"growth     {growth.days} days: {growth.entries} entries, {numeral(growth.entries_per_day)} and "
               f"{_bytes(growth.bytes_per_day)} a day")
    for disk in answer.disks:
        full = "" if disk.days_until_full is None else f", full in {disk.days_until_full:,.0f} days at this growth"
        yield f"disk       {_bytes(disk.free)} of {_bytes(disk.total)} free for {' and '.join(disk.contains)}{full}"


def _backup(answer: StatusAnswer) -> Iterator[str]:
    if answer.backup is not None:
        began = datetime.fromisoformat(answer.backup.began)
        age = (datetime.now(UTC) - began).total_seconds()
        yield f"backup     {answer.backup.began}, {_age(age)} ago, {answer.backup.size} entries, {answer.backup.target}"
    elif not any(one.part == "backup" for one in answer.unknown):
        yield "backup     `carbon-ledger backup` has written no backup of this home"
    if answer.archive is not None:
        archived = f"last {answer.archive.last_archived}" if answer.archive.last_archived else "nothing archived"
        failed = f", last failure {answer.archive.last_failed}" if answer.archive.last_failed else ""
        yield f"archive    archive_mode is {answer.archive.mode}: {archived}{failed}"


def _tables(answer: StatusAnswer) -> Table:
    table = Table("table", box=None, pad_edge=False)
    for name in ("size", "indexes", "bytes a record"):
        table.add_column(name, justify="right")
    for row in answer.tables[:_TABLES]:
        table.add_row(row.name, _bytes(row.bytes), _bytes(row.index_bytes), f"{row.per_record:,.1f}")
    others = answer.tables[_TABLES:]
    table.add_row(f"{len(others)} others", _bytes(sum(row.bytes for row in others)),
                  _bytes(sum(row.index_bytes for row in others)), f"{sum(row.per_record for row in others):,.1f}")
    table.add_row("all", _bytes(sum(row.bytes for row in answer.tables)),
                  _bytes(sum(row.index_bytes for row in answer.tables)),
                  f"{sum(row.per_record for row in answer.tables):,.1f}")
    return table


def _bytes(count: float) -> str:
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {_UNITS[unit]}"


def _age(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
