"""`records`: the records of an organisation, by kind, facility and period."""

import click

from ledger.answers.lists import ListedRecordAnswer, RecordListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option
from ledger.cli.lookup.pages import (
    ListColumn,
    ListLayout,
    ListOptions,
    ListRequest,
    list_options,
    period_options,
    print_list,
)

_STATES = {"inForce": "in force"}
_TABLE: tuple[ListColumn[ListedRecordAnswer], ...] = (
    ListColumn("record", lambda row: row.index),
    ListColumn("kind", lambda row: row.type),
    ListColumn("facility", lambda row: row.facility),
    ListColumn("process", lambda row: row.process),
    ListColumn("start", lambda row: row.start),
    ListColumn("end", lambda row: row.end),
    ListColumn("lots", lambda row: row.lots, 0),
    ListColumn("state", lambda row: _STATES.get(row.state, row.state)),
    ListColumn("posted", lambda row: row.time),
)
_CSV: tuple[ListColumn[ListedRecordAnswer], ...] = (
    *_TABLE, ListColumn("issuer", lambda row: row.issuer), ListColumn("digest", lambda row: row.record),
)


@click.command()
@click.option("--issuer", metavar="ORGANIZATION", help="Records of this organisation.")
@click.option("--facility", metavar="FACILITY",
              help="Records about this facility; without --issuer, its operator's records.")
@click.option("--kind", metavar="KIND", help="Only this kind of records; `schema` lists them.")
@period_options
@list_options
@url_option
@json_option
def records(
    issuer: str | None, facility: str | None, kind: str | None, since: str | None, until: str | None, limit: int,
    after: int | None, as_csv: CsvForm | None, url: str, as_json: bool,
) -> None:
    """List records of an organisation, newest first. A period selects records by the end or time that they state."""
    if issuer is None and facility is None:
        raise click.UsageError("give at least one of --issuer, --facility")
    request: ListRequest[RecordListAnswer, ListedRecordAnswer] = ListRequest(
        "/v1/record-list", RecordListAnswer, "records",
        {"issuer": issuer, "facility": facility, "kind": kind, "from": since, "to": until})
    with Client(url) as client:
        print_list(client, request, ListOptions(limit, after, as_json, as_csv), ListLayout(_TABLE, _CSV, "no records"))
