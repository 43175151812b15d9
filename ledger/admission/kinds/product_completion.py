"""Completions of products: materials, codes, mass and study that are added or corrected for the lots to come.

A completion allows no more than a further product would: it changes no lot that exists. It has no date of its own, so
it counts from its entry on.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from msgspec.structs import fields

from ledger.admission.checks.goods import subjects_of
from ledger.admission.facts import Facts, ProductFacts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.kinds.product import check_codes, check_stated, stated_parts
from ledger.admission.lots import Check, Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import ProductCompletion
from ledger.core.record.redacted import is_residue
from ledger.errors import InvalidQuantity, Refused

MOST: Final = 50
"""Completions of one product: each record that names the product reads them all."""
_FRAME: Final = frozenset({"issuer", "nonce", "product", "reason"})


class ProductCompletionKind(Kind[ProductCompletion]):
    def names(self, record: ProductCompletion, names: Names) -> None:
        names.products.add(record.product)
        with suppress(InvalidQuantity):
            # Goods of the same batch are counted by the values that are stated here, beside the product's own.
            edition = ProductFacts(record.product, record.issuer, "", "").completed(record, "", 0)
            names.subjects.update([(record.issuer, subject) for subject in subjects_of(edition)])

    def mentions(self, record: ProductCompletion) -> Iterable[str]:
        return (record.product,)

    def plan(self, record: ProductCompletion, facts: Facts, terms: Terms) -> Plan:
        check_stated(record, _product_of(record, facts).unit)
        if all(not getattr(record, one.name) for one in fields(record) if one.name not in _FRAME) and (
            not is_residue(record)
        ):
            raise Refused("the completion states nothing", code="empty-completion", field="product",
                          value=record.product, rule="at least one value of the product")
        return Plan()

    def parts(self, record: ProductCompletion, facts: Facts) -> Iterator[Check]:
        yield lambda: _product_of(record, facts)
        yield from stated_parts(record)

    def check(self, record: ProductCompletion, keyid: bytes, state: State) -> None:
        check_codes(record)
        if len(_product_of(record, state).editions) >= MOST:
            raise Refused(
                f"product: {record.product!r} was completed {MOST} times already", code="completions", field="product",
                value=record.product, rule=f"at most {MOST} completions; enter a new product")

    def apply(self, record: ProductCompletion, digest: bytes, state: State) -> None:
        state.products[record.product] = state.products[record.product].completed(record, digest.hex(), state.size)
        state.completed = state.size

    def rows(self, record: ProductCompletion, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "product_completion", (record.product, index)


def _product_of(record: ProductCompletion, facts: Facts) -> ProductFacts:
    """The product of the issuer. The refusal has the same words for a product of others."""
    product = facts.products.get(record.product)
    if product is None or product.owner != record.issuer:
        raise Refused(
            f"product: {record.product!r} is not a product of {record.issuer}", code="unknown-product",
            field="product", value=record.product, rule="an earlier product of the issuer")
    return product
