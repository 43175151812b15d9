"""`received` and `delivered`: the transfers to and from an organisation."""

from decimal import Decimal

import click

from ledger.answers.lists import TransferAnswer, TransferListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option
from ledger.cli.lookup.pages import (
    ListColumn,
    ListLayout,
    ListOptions,
    ListRequest,
    list_options,
    organization_option,
    period_options,
    print_list,
)
from ledger.cli.numbers import numeral

_GOODS: tuple[ListColumn[TransferAnswer], ...] = (
    ListColumn("lot", lambda row: row.lot),
    ListColumn("product", lambda row: row.product),
    ListColumn("quantity", lambda row: str(row.quantity)),
    ListColumn("received", lambda row: None if row.received == row.quantity else row.received.value),
)
_FIGURES: tuple[ListColumn[TransferAnswer], ...] = (
    ListColumn("day", lambda row: row.time[:10]),
    ListColumn("state", lambda row: row.state),
    ListColumn("purpose", lambda row: row.purpose, "sale"),
    ListColumn("kg CO2e", lambda row: row.footprint),
    ListColumn("per unit", lambda row: numeral(row.footprint_per_unit)),
    ListColumn("title", lambda row: row.title),
    ListColumn("questioned", lambda row: row.questioned or None),
    ListColumn("omitted", lambda row: row.omitted or None),
    ListColumn("record", lambda row: row.index),
)
_FROM: tuple[ListColumn[TransferAnswer], ...] = (*_GOODS, ListColumn("from", lambda row: row.sender), *_FIGURES)
_TO: tuple[ListColumn[TransferAnswer], ...] = (*_GOODS, ListColumn("to", lambda row: row.receiver), *_FIGURES)
_CSV: tuple[ListColumn[TransferAnswer], ...] = (
    ListColumn("lot", lambda row: row.lot),
    ListColumn("product", lambda row: row.product),
    ListColumn("quantity", lambda row: Decimal(row.quantity.value)),
    ListColumn("received", lambda row: Decimal(row.received.value)),
    ListColumn("unit", lambda row: row.quantity.unit),
    ListColumn("sender", lambda row: row.sender),
    ListColumn("receiver", lambda row: row.receiver),
    ListColumn("owner", lambda row: row.owner or row.receiver),
    ListColumn("time", lambda row: row.time),
    ListColumn("state", lambda row: row.state),
    ListColumn("purpose", lambda row: row.purpose),
    ListColumn("kg CO2e", lambda row: row.footprint),
    ListColumn("kg CO2e per unit", lambda row: row.footprint_per_unit),
    ListColumn("title", lambda row: row.title),
    ListColumn("questioned", lambda row: row.questioned),
    ListColumn("omitted", lambda row: row.omitted),
    ListColumn("provisional", lambda row: row.provisional),
    ListColumn("unestimated", lambda row: row.unestimated),
    ListColumn("primary share", lambda row: row.primary_share),
    ListColumn("made", lambda row: row.made),
    ListColumn("accepted by record", lambda row: row.accepted),
    ListColumn("record", lambda row: row.index),
    ListColumn("digest", lambda row: row.record),
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
    as_csv: CsvForm | None, url: str, as_json: bool,
) -> None:
    """List the transfers to an organisation, newest first: lot, quantity, sender, state, kg CO2e.

    A transfer is `open` until the receiver takes from the lot (`used`), or signs an `acceptance` with the transfer's
    digest, which `show LOT` and --csv print.
    """
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
    as_csv: CsvForm | None, url: str, as_json: bool,
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
