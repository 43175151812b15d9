"""`grants`: the grants that an organisation has given or got."""

import click

from ledger.answers.granted import GrantAnswer, GrantListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option
from ledger.cli.lookup.pages import (
    ListColumn,
    ListLayout,
    ListOptions,
    ListRequest,
    list_options,
    organization_option,
    print_list,
)


def covered(row: GrantAnswer) -> str:
    """The scope of a grant."""
    return row.lot or row.product or row.declaration or "all records"


_HEAD: tuple[ListColumn[GrantAnswer], ...] = (
    ListColumn("record", lambda row: row.record),
    ListColumn("state", lambda row: row.state),
    ListColumn("by", lambda row: row.grantor),
    ListColumn("to", lambda row: row.grantee or "a link"),
)
_TABLE: tuple[ListColumn[GrantAnswer], ...] = (
    *_HEAD,
    ListColumn("of", covered),
    ListColumn("start", lambda row: row.start),
    ListColumn("end", lambda row: row.end),
    ListColumn("depth", lambda row: row.depth),
    ListColumn("publish", lambda row: "yes" if row.publish else None),
    ListColumn("until", lambda row: row.until),
    ListColumn("purpose", lambda row: row.purpose),
)
_CSV: tuple[ListColumn[GrantAnswer], ...] = (
    *_HEAD,
    ListColumn("lot", lambda row: row.lot),
    ListColumn("product", lambda row: row.product),
    ListColumn("declaration", lambda row: row.declaration),
    ListColumn("start", lambda row: row.start),
    ListColumn("end", lambda row: row.end),
    ListColumn("depth", lambda row: row.depth),
    ListColumn("publish", lambda row: "yes" if row.publish else None),
    ListColumn("until", lambda row: row.until),
    ListColumn("purpose", lambda row: row.purpose),
    ListColumn("entry", lambda row: row.index),
    ListColumn("revoked by entry", lambda row: row.revoked),
    ListColumn("key compromised by entry", lambda row: row.compromised),
)


@click.command()
@organization_option
@list_options
@url_option
@json_option
def grants(
    organization: str, limit: int, after: int | None, as_csv: CsvForm | None, url: str, as_json: bool
) -> None:
    """List the grants that an organisation has given or got, newest first, with their state now."""
    request: ListRequest[GrantListAnswer, GrantAnswer] = ListRequest(
        "/v1/grants", GrantListAnswer, "grants", {"organization": organization})
    with Client(url) as client:
        print_list(client, request, ListOptions(limit, after, as_json, as_csv),
                   ListLayout(_TABLE, _CSV, f"no grants of or to {organization}"))
