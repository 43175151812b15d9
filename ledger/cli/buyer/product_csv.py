"""The footprint of a product as CSV: a row for all lots, then a row for each facility."""

from decimal import Decimal

from ledger.answers.products import ProductAnswer, ProductionAnswer
from ledger.cli.buyer.summary.report import note_lines
from ledger.cli.console import CsvForm, print_csv, say_all
from ledger.cli.findings import answer_findings

_HEADINGS = (
    "product", "part", "facility", "title", "quantity", "unit", "share", "lots", "records", "kg CO2e",
    "kg CO2e per unit", "location-based kg CO2e", "market-based kg CO2e", "questioned", "questioned share",
    "completeness", "exempted", "unestimated", "primary share", "provisional share",
)


def print_product_csv(form: CsvForm, answer: ProductAnswer) -> None:
    """Prints the rows; the findings and limits of the figure go to stderr. The column `part` is `product` in the row
    of all lots, and `facility` in the rows of facilities, which add up to the first row."""
    parts: list[tuple[str, str, float, ProductionAnswer]] = [
        ("product", "", 1.0, answer), *[("facility", one.facility, one.share, one) for one in answer.facilities]]
    print_csv(form, _HEADINGS, (_row(answer.product, *part) for part in parts))
    say_all([*note_lines(answer), *answer_findings(answer, answer.questioned_share), *answer.limitations])


def _row(product: str, part: str, facility: str, share: float, production: ProductionAnswer) -> list[object]:
    quantity = production.quantity
    return [
        product, part, facility, production.title, Decimal(quantity.value), quantity.unit, share,
        production.number_of_lots, production.number_of_records, production.footprint, production.footprint_per_unit,
        production.location_based, production.market_based, production.questioned, production.questioned_share,
        production.completeness, production.exempted, production.unestimated, production.primary_share,
        production.provisional_share,
    ]
