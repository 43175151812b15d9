"""`received` and `delivered`: the transfers to and from an organisation."""

import click

from ledger.answers.lists import TransferAnswer, TransferListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option
from ledger.cli.lookup.pages import (
    Column,
    ListLayout,
    ListOptions,
    ListRequest,
    list_options,
    organization_option,
    period_options,
    print_list,
)

_GOODS: tuple[Column[TransferAnswer], ...] = (
    Column("lot", lambda row: row.lot),
    Column("product", lambda row: row.product),
    Column("quantity", lambda row: str(row.quantity)),
    Column("received", lambda row: None if row.received == row.quantity else row.received.value),
)
_FIGURES: tuple[Column[TransferAnswer], ...] = (
    Column("day", lambda row: row.time[:10]),
    Column("state", lambda row: row.state),
    Column("purpose", lambda row: row.purpose, "sale"),
    Column("kg CO2e", lambda row: row.footprint),
    Column("per unit", lambda row: f"{row.footprint_per_unit:,.6g}"),
    Column("title", lambda row: row.title),
    Column("questioned", lambda row: row.questioned or None),
    Column("omitted", lambda row: row.omitted or None),
    Column("record", lambda row: row.index),
)
_FROM: tuple[Column[TransferAnswer], ...] = (*_GOODS, Column("from", lambda row: row.sender), *_FIGURES)
_TO: tuple[Column[TransferAnswer], ...] = (*_GOODS, Column("to", lambda row: row.receiver), *_FIGURES)
_CSV: tuple[Column[TransferAnswer], ...] = (
    Column("lot", lambda row: row.lot),
    Column("product", lambda row: row.product),
    Column("quantity", lambda row: row.quantity.value),
    Column("received", lambda row: row.received.value),
    Column("unit", lambda row: row.quantity.unit),
    Column("sender", lambda row: row.sender),
    Column("receiver", lambda row: row.receiver),
    Column("owner", lambda row: row.owner or row.receiver),
    Column("time", lambda row: row.time),
    Column("state", lambda row: row.state),
    Column("purpose", lambda row: row.purpose),
    Column("kg CO2e", lambda row: row.footprint),
    Column("kg CO2e per unit", lambda row: row.footprint_per_unit),
    Column("title", lambda row: row.title),
    Column("questioned", lambda row: row.questioned),
    Column("omitted", lambda row: row.omitted),
    Column("provisional", lambda row: row.provisional),
    Column("unestimated", lambda row: row.unestimated),
    Column("primary share", lambda row: row.primary_share),
    Column("made", lambda row: row.made),
    Column("accepted by record", lambda row: row.accepted),
    Column("record", lambda row: row.index),
    Column("digest", lambda row: row.record),
)


@click.command()
@organization_option
@click.option("--party", metavar="ORGANIZATION", help="Only from this organisation.")
@period_options
@list_options
@url_option
@json_option
def received(
    organization: str, party: str | None, since: str | None, until: str | None, limit: int, after: int | None,
    as_csv: bool, url: str, as_json: bool,
) -> None:
    """List the transfers to an organisation, newest first: lot, quantity, sender, state, kg CO2e."""
    with Client(url) as client:
        print_list(client, _request("/v1/received", organization, party, since, until),
                   ListOptions(limit, after, as_json, as_csv),
                   ListLayout(_FROM, _CSV, f"no transfers to {organization}"))


@click.command()
@organization_option
@click.option("--party", metavar="ORGANIZATION", help="Only to this organisation.")
@period_options
@list_options
@url_option
@json_option
def delivered(
    organization: str, party: str | None, since: str | None, until: str | None, limit: int, after: int | None,
    as_csv: bool, url: str, as_json: bool,
) -> None:
    """List the transfers from an organisation, newest first: lot, quantity, receiver, state, kg CO2e."""
    with Client(url) as client:
        print_list(client, _request("/v1/delivered", organization, party, since, until),
                   ListOptions(limit, after, as_json, as_csv),
                   ListLayout(_TO, _CSV, f"no transfers from {organization}"))


def _request(
    route: str, organization: str, party: str | None, since: str | None, until: str | None
) -> ListRequest[TransferListAnswer, TransferAnswer]:
    parameters = {"organization": organization, "party": party, "from": since, "to": until}
    return ListRequest(route, TransferListAnswer, "transfers", {**parameters})
