"""`lots`: the lots that an organisation holds or owns, with their stock and their figures."""

import click

from ledger.answers.lists import ListedLotAnswer, LotListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option
from ledger.cli.lookup.pages import Column, ListLayout, ListOptions, ListRequest, list_options, print_list

_TABLE: tuple[Column[ListedLotAnswer], ...] = (
    Column("lot", lambda lot: lot.lot),
    Column("product", lambda lot: lot.product),
    Column("quantity", lambda lot: str(lot.quantity)),
    Column("left", lambda lot: lot.remaining),
    Column("kg CO2e", lambda lot: lot.footprint),
    Column("per unit", lambda lot: f"{lot.footprint_per_unit:,.6g}"),
    Column("title", lambda lot: lot.title),
    Column("questioned", lambda lot: lot.questioned or None),
    Column("omitted", lambda lot: lot.omitted or None),
    Column("owner", lambda lot: lot.owner),
    Column("state", lambda lot: _state(lot)),
    Column("record", lambda lot: lot.index),
)
_CSV: tuple[Column[ListedLotAnswer], ...] = (
    Column("lot", lambda lot: lot.lot),
    Column("product", lambda lot: lot.product),
    Column("quantity", lambda lot: lot.quantity.value),
    Column("remaining", lambda lot: lot.remaining),
    Column("unit", lambda lot: lot.quantity.unit),
    Column("kg CO2e", lambda lot: lot.footprint),
    Column("kg CO2e per unit", lambda lot: lot.footprint_per_unit),
    Column("title", lambda lot: lot.title),
    Column("questioned", lambda lot: lot.questioned),
    Column("omitted", lambda lot: lot.omitted),
    Column("provisional", lambda lot: lot.provisional),
    Column("unestimated", lambda lot: lot.unestimated),
    Column("primary share", lambda lot: lot.primary_share),
    Column("state", lambda lot: _state(lot)),
    Column("role", lambda lot: lot.role),
    Column("holder", lambda lot: lot.holder),
    Column("owner", lambda lot: lot.owner or lot.holder),
    Column("sender", lambda lot: lot.sender),
    Column("facility", lambda lot: lot.facility),
    Column("process", lambda lot: lot.process),
    Column("item", lambda lot: lot.item),
    Column("pool", lambda lot: lot.pool),
    Column("mass kg", lambda lot: lot.mass_kg),
    Column("made", lambda lot: lot.made),
    Column("since", lambda lot: lot.since),
    Column("record", lambda lot: lot.index),
    Column("digest", lambda lot: lot.record),
)


@click.command()
@click.option("--holder", metavar="ORGANIZATION", help="Lots that this organisation holds.")
@click.option("--owner", metavar="ORGANIZATION", help="Lots that this organisation owns, whoever holds them.")
@click.option("--facility", metavar="FACILITY",
              help="Lots made at this facility; without --holder and --owner, those that its operator holds.")
@click.option("--product", metavar="PRODUCT",
              help="Lots of this product; without the others, those that the product's organisation holds.")
@click.option("--in-stock", is_flag=True, help="Only lots with a remaining quantity.")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@list_options
@url_option
@json_option
def lots(
    holder: str | None, owner: str | None, facility: str | None, product: str | None, in_stock: bool, at: int | None,
    limit: int, after: int | None, as_csv: bool, url: str, as_json: bool,
) -> None:
    """List lots of an organisation, newest first: quantity, rest, kg CO2e, and the weak parts of the figure."""
    if holder is None and owner is None and facility is None and product is None:
        raise click.UsageError("give at least one of --holder, --owner, --facility, --product")
    if holder is not None and owner is not None:
        raise click.UsageError("give either --holder or --owner")
    request: ListRequest[LotListAnswer, ListedLotAnswer] = ListRequest("/v1/lot-list", LotListAnswer, "lots", {
        "holder": holder, "owner": owner, "facility": facility, "product": product, "at": at,
        "stock": "true" if in_stock else None,
    })
    with Client(url) as client:
        print_list(client, request, ListOptions(limit, after, as_json, as_csv),
                   ListLayout(_TABLE, _CSV, f"no lots{' in stock' if in_stock else ''}"))


def _state(lot: ListedLotAnswer) -> str:
    """Unusual states of a lot, in words."""
    states = {"withdrawn": lot.withdrawn, "disputed": lot.frozen, "in doubt": lot.in_doubt is not None}
    return ", ".join([state for state, holds in states.items() if holds])
