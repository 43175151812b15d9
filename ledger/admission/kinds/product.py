"""Products: kinds of goods, each with the unit of its lots."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial

from ledger.admission.checks.balances import check_unused_name
from ledger.admission.checks.goods import subjects_of
from ledger.admission.checks.study import check_study
from ledger.admission.facts import Facts, product_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Check, Plan, check_fractions, check_prefix_of
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Product, ProductCompletion
from ledger.core.record.redacted import is_code
from ledger.core.record.units import convert, unit
from ledger.errors import InvalidQuantity, Refused


class ProductKind(Kind[Product]):
    def names(self, record: Product, names: Names) -> None:
        names.products.add(record.id)
        names.new_names.add(record.id)
        # A mass in an unknown unit is refused by `plan`, with its field: it must not stop the other records here.
        with suppress(InvalidQuantity):
            names.subjects.update([(record.issuer, subject) for subject in subjects_of(product_facts(record))])

    def enters(self, record: Product, digest: bytes) -> str:
        return record.id

    def plan(self, record: Product, facts: Facts, terms: Terms) -> Plan:
        check_prefix_of(facts, record.issuer, record.id, "id", "product")
        unit(record.unit, "unit")
        check_stated(record, record.unit)
        return Plan()

    def parts(self, record: Product, facts: Facts) -> Iterator[Check]:
        yield partial(check_prefix_of, facts, record.issuer, record.id, "id", "product")
        yield partial(unit, record.unit, "unit")
        yield from stated_parts(record)

    def check(self, record: Product, keyid: bytes, state: State) -> None:
        check_unused_name(record.id, state.products, "product")
        check_codes(record)

    def apply(self, record: Product, digest: bytes, state: State) -> None:
        state.products[record.id] = product_facts(record)

    def rows(self, record: Product, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "product", (record.id, record.issuer, index)


def check_codes(record: Product | ProductCompletion) -> None:
    """Refuses a code that an erasure would remove: goods that are like each other by their codes would change."""
    for name, code in record.classifications.items():
        if not is_code(code):
            raise Refused(
                f"classifications.{name}: {code!r} is not a code", code="classification", value=code,
                field=f"classifications.{name}",
                rule="up to 16 digits, dots and spaces that begin with a digit or one capital letter, such as 7208.10",
            )


def stated_parts(record: Product | ProductCompletion) -> Iterator[Check]:
    """The rules of the values that a record states of a product, each by itself."""
    if record.mass_per_unit is not None:
        yield partial(convert, record.mass_per_unit.amount, record.mass_per_unit.unit, "KGM", "massPerUnit")
    yield partial(check_fractions, record.materials, "materials")
    yield partial(check_fractions, record.elements, "elements")


def check_stated(record: Product | ProductCompletion, code: str) -> None:
    """Refuses values that no product can have. `code`: of the unit in which its lots are counted."""
    if record.mass_per_unit is not None:
        kilograms = convert(record.mass_per_unit.amount, record.mass_per_unit.unit, "KGM", "massPerUnit")
        if unit(code, "unit").dimension == "mass" and kilograms != convert(Decimal(1), code, "KGM", "massPerUnit"):
            raise Refused(
                f"massPerUnit {record.mass_per_unit} contradicts the unit {code}", code="two-masses",
                field="massPerUnit", value=record.mass_per_unit, rule="if the unit is a mass, massPerUnit equals it",
            )
    check_fractions(record.materials, "materials")
    check_fractions(record.elements, "elements")
    carbon = {"fossil": record.fossil_carbon or "0", "biogenic": record.biogenic_carbon or "0"}
    check_fractions(carbon, "carbon contents")
    check_study(record)
