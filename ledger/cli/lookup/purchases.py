"""`coverage`, and `footprint --received-from`: the goods that an organisation bought, and the data behind them."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import click
from rich.table import Table

from ledger.answers.lists import TransferAnswer
from ledger.answers.purchases import (
    ApartAnswer,
    BoughtFiguresAnswer,
    BoughtGoodsAnswer,
    PurchaseCoverageAnswer,
    ReceivedFootprintAnswer,
    SupplierCoverageAnswer,
)
from ledger.answers.stored import VerifiedAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, Part, csv_option, json_option, print_csv, print_json, say_all, show, styled
from ledger.cli.findings import questioned_kilograms
from ledger.cli.lookup.pages import organization_option, period_options, share_cell
from ledger.cli.numbers import counted, fixed, numeral, per_unit

_CSV = ("supplier", "product", "quantity", "unit", "lots", "kg CO2e", "kg CO2e per unit", "questioned",
        "primary share", "weight of the supplier", "age of the supplier's data, years", "attested share",
        "titles of the supplier", "omitted of the supplier", "omissions of unknown size of the supplier",
        "provisional of the supplier")


@click.command()
@organization_option
@period_options
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@csv_option("Print CSV for spreadsheets: a row for each supplier and product.")
@url_option
@json_option
def coverage(
    organization: str, since: str | None, until: str | None, at: int | None, as_csv: CsvForm | None, url: str,
    as_json: bool,
) -> None:
    """Show the data behind bought goods, by supplier: measured share, age, attestations, weight in the figure."""
    with Client(url) as client:
        parameters = {"organization": organization, "from": since, "to": until, "at": at}
        answer = client.get("/v1/coverage", PurchaseCoverageAnswer, **parameters)
    if as_json:
        print_json(answer)
    elif as_csv is not None:
        print_csv(as_csv, _CSV, (row for supplier in answer.suppliers for row in _csv_rows(supplier)))
    else:
        show(*coverage_report(answer))


def ask_received(
    client: Client, organization: str, party: str, period: Mapping[str, str | None], more: Mapping[str, int | None]
) -> ReceivedFootprintAnswer:
    """The footprint of the goods that an organisation bought from a party."""
    return client.get("/v1/footprint/received", ReceivedFootprintAnswer, organization=organization, party=party,
                      **period, **more)


def received_report(answer: ReceivedFootprintAnswer) -> Iterator[Part]:
    """The footprint of received goods, as text for people."""
    yield styled(f"goods from {answer.party}", style="bold")
    yield f"bought by {answer.organization}{_period(answer.since, answer.until)}, as of {answer.at} entries"
    yield styled(f"{fixed(answer.footprint)} kg CO2e of {counted(answer.lots, 'lot')}", style="bold green")
    for total in answer.quantities:
        yield f"{total.quantity}{_of(total)}: {per_unit(total.footprint_per_unit, total.quantity.unit)}"
    yield _goods_table(answer.goods)
    yield _quality(answer)
    yield from _verified(answer.verified)
    yield from _apart(answer.apart, answer.open)
    if answer.transfers:
        yield _newest(answer.transfers)
    if answer.left_off:
        yield f"… and {answer.left_off:,} more: --limit, or `received` with --party"


def print_received_csv(form: CsvForm, answer: ReceivedFootprintAnswer) -> None:
    """Prints a row for each product that was received. Open and separate deliveries are named on stderr."""
    print_csv(form, _CSV[:9], ([answer.party, *_goods_cells(one)] for one in answer.goods))
    say_all(_apart(answer.apart, answer.open))


def coverage_report(answer: PurchaseCoverageAnswer) -> Iterator[Part]:
    """The coverage of purchases by supplier, as text for people."""
    yield styled(f"purchases of {answer.organization}{_period(answer.since, answer.until)}", style="bold")
    yield styled(f"{fixed(answer.footprint)} kg CO2e of {counted(answer.lots, 'lot')} from "
                 f"{counted(len(answer.suppliers), 'supplier')}, as of {answer.at} entries", style="bold green")
    table = Table("supplier", "weight", "kg CO2e", "primary data", "estimates", "questioned", "omitted",
                  "of unknown size", "provisional", "age, years", "attested", "lots", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for supplier in answer.suppliers:
        table.add_row(supplier.party, share_cell(supplier.weight), *_cells(supplier), share_cell(_attested(supplier)),
                      f"{supplier.lots:,}")
    table.add_row("all", "100.0 %", *_cells(answer), "", f"{answer.lots:,}", style="bold")
    yield table
    for supplier in answer.suppliers:
        yield styled(f"goods from {supplier.party}", style="bold")
        yield _goods_table(supplier.goods)
        if supplier.goods_left_off:
            yield f"… and {supplier.goods_left_off:,} more goods: --json"
        yield f"titles: {_titles(supplier)}"
        yield from _verified(supplier.verified)
    yield from _apart(answer.apart, answer.open)
    if answer.unsearched:
        yield f"not searched for attestations: {counted(answer.unsearched, 'smaller supplier')}"


def _cells(figures: BoughtFiguresAnswer) -> list[str]:
    return [
        fixed(figures.footprint), share_cell(figures.primary_share), share_cell(figures.secondary_share),
        questioned_kilograms(figures.questioned), questioned_kilograms(figures.omitted),
        numeral(figures.unestimated, 3) if figures.unestimated else "", questioned_kilograms(figures.provisional),
        _age(figures),
    ]


def _age(figures: BoughtFiguresAnswer) -> str:
    return "unknown" if figures.data_age is None else f"{figures.data_age:.1f}"


def _attested(supplier: SupplierCoverageAnswer) -> float | None:
    verified = supplier.verified
    if verified is None:
        return 0.0
    if verified.note is not None:
        return None
    return verified.certified_programme + verified.third_party + verified.second_party + verified.first_party


def _goods_table(goods: Sequence[BoughtGoodsAnswer]) -> Table:
    table = Table("product", "quantity", "kg CO2e", "kg CO2e per unit", "questioned", "primary data", "lots", box=None,
                  pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for product in goods:
        table.add_row(product.product, str(product.quantity), fixed(product.footprint),
                      numeral(product.footprint_per_unit), questioned_kilograms(product.questioned),
                      share_cell(product.primary_share), f"{product.lots:,}")
    return table


def _quality(answer: BoughtFiguresAnswer) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("titles", _titles(answer))
    table.add_row("primary data", share_cell(answer.primary_share) or "unknown")
    if answer.questioned:
        table.add_row("questioned", f"{fixed(answer.questioned)} kg CO2e ({share_cell(answer.questioned_share)})")
    if answer.omitted or answer.unestimated:
        unknown = f", and {numeral(answer.unestimated, 3)} omissions of unknown size" if answer.unestimated else ""
        table.add_row("omitted", f"{fixed(answer.omitted)} kg CO2e{unknown}")
    if answer.provisional:
        table.add_row("provisional", f"{fixed(answer.provisional)} kg CO2e wait for closings")
    undated = f"; without a time: {counted(answer.undated, 'lot')}" if answer.undated else ""
    table.add_row("age of the data", f"{_age(answer)} years, oldest {answer.oldest_data or 'unknown'}{undated}")
    return table


def _titles(figures: BoughtFiguresAnswer) -> str:
    return ", ".join([
        f"{title.title} {share_cell(title.share)} ({counted(title.lots, 'lot')})" for title in figures.titles
    ])


def _verified(verified: VerifiedAnswer | None) -> Iterator[str]:
    """The attestations of a chain: who attested, until when, and whether it counts."""
    if verified is None:
        yield "attestations: nobody attested these goods or their chain"
        return
    if verified.note is not None:
        yield f"attestations: {verified.note}"
    for attestation in verified.attestations:
        counts = attestation.counts_as or f"does not count: {attestation.not_counted}"
        yield (f"attested by {attestation.auditor}, valid until {attestation.valid_until}, {attestation.lot}, record "
               f"{attestation.index}: {counts}")
    if verified.left_off:
        yield f"… and {verified.left_off:,} more attestations"


def _apart(apart: Sequence[ApartAnswer], unaccepted: int) -> Iterator[str]:
    if unaccepted:
        yield f"neither accepted nor used yet: {counted(unaccepted, 'lot')} of these"
    for group in apart:
        yield f"not in the figure: {counted(group.lots, 'transfer')}, {group.reason}, {fixed(group.footprint)} kg CO2e"


def _newest(transfers: Sequence[TransferAnswer]) -> Table:
    table = Table("newest lots", "quantity", "kg CO2e", "title", "state", "time", "record", box=None, pad_edge=False)
    table.columns[1].justify = table.columns[2].justify = "right"
    for row in transfers:
        table.add_row(row.lot, str(row.received), fixed(row.footprint), row.title, row.state, row.time,
                      str(row.index))
    return table


def _csv_rows(supplier: SupplierCoverageAnswer) -> Iterator[list[object]]:
    for product in supplier.goods:
        yield [supplier.party, *_goods_cells(product), supplier.weight, supplier.data_age, _attested(supplier),
               _titles(supplier), supplier.omitted, supplier.unestimated, supplier.provisional]


def _goods_cells(goods: BoughtGoodsAnswer) -> list[object]:
    return [goods.product, Decimal(goods.quantity.value), goods.quantity.unit, goods.lots, goods.footprint,
            goods.footprint_per_unit, goods.questioned, goods.primary_share]


def _of(total: BoughtGoodsAnswer) -> str:
    return f" of {total.product}" if total.product else ""


def _period(since: str | None, until: str | None) -> str:
    return (f" after {since}" if since else "") + (f" until {until}" if until else "")
