"""`lots`: the lots that an organisation holds or owns, with their stock and their figures."""

from decimal import Decimal

import click

from ledger.answers.lists import ListedLotAnswer, LotListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option
from ledger.cli.lookup.pages import ListColumn, ListLayout, ListOptions, ListRequest, list_options, print_list
from ledger.cli.numbers import numeral

_TABLE: tuple[ListColumn[ListedLotAnswer], ...] = (
    ListColumn("lot", lambda lot: lot.lot),
    ListColumn("product", lambda lot: lot.product),
    ListColumn("quantity", lambda lot: str(lot.quantity)),
    ListColumn("left", lambda lot: lot.remaining),
    ListColumn("kg CO2e", lambda lot: lot.footprint),
    ListColumn("per unit", lambda lot: numeral(lot.footprint_per_unit)),
    ListColumn("title", lambda lot: lot.title),
    ListColumn("questioned", lambda lot: lot.questioned or None),
    ListColumn("omitted", lambda lot: lot.omitted or None),
    ListColumn("owner", lambda lot: lot.owner),
    ListColumn("state", lambda lot: _state(lot)),
    ListColumn("record", lambda lot: lot.index),
)
_CSV: tuple[ListColumn[ListedLotAnswer], ...] = (
    ListColumn("lot", lambda lot: lot.lot),
    ListColumn("product", lambda lot: lot.product),
    ListColumn("quantity", lambda lot: Decimal(lot.quantity.value)),
    ListColumn("remaining", lambda lot: None if lot.remaining is None else Decimal(lot.remaining)),
    ListColumn("unit", lambda lot: lot.quantity.unit),
    ListColumn("kg CO2e", lambda lot: lot.footprint),
    ListColumn("kg CO2e per unit", lambda lot: lot.footprint_per_unit),
    ListColumn("title", lambda lot: lot.title),
    ListColumn("questioned", lambda lot: lot.questioned),
    ListColumn("omitted", lambda lot: lot.omitted),
    ListColumn("provisional", lambda lot: lot.provisional),
    ListColumn("unestimated", lambda lot: lot.unestimated),
    ListColumn("primary share", lambda lot: lot.primary_share),
    ListColumn("state", lambda lot: _state(lot)),
    ListColumn("role", lambda lot: lot.role),
    ListColumn("holder", lambda lot: lot.holder),
    ListColumn("owner", lambda lot: lot.owner or lot.holder),
    ListColumn("sender", lambda lot: lot.sender),
    ListColumn("facility", lambda lot: lot.facility),
    ListColumn("process", lambda lot: lot.process),
    ListColumn("item", lambda lot: lot.item),
    ListColumn("pool", lambda lot: lot.pool),
    ListColumn("mass kg", lambda lot: lot.mass_kg),
    ListColumn("made", lambda lot: lot.made),
    ListColumn("since", lambda lot: lot.since),
    ListColumn("record", lambda lot: lot.index),
    ListColumn("digest", lambda lot: lot.record),
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
    limit: int, after: int | None, as_csv: CsvForm | None, url: str, as_json: bool,
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
