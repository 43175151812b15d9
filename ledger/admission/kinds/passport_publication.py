"""Publications: an organisation publishes the passport of a lot or product, or a declaration."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.disclosing import check_made, check_maker, check_own_product, own_lot, own_record
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import PassportPublication
from ledger.errors import Refused


class PassportPublicationKind(Kind[PassportPublication]):
    def names(self, record: PassportPublication, names: Names) -> None:
        if record.lot is not None:
            names.lots.add(record.lot)
            names.published.add((record.issuer, record.lot))
            names.sold.add((record.issuer, record.lot))
        if record.product is not None:
            names.products.add(record.product)
            names.declared.add((record.issuer, record.product))
        if record.declaration is not None:
            names.records.add(record.declaration)

    def mentions(self, record: PassportPublication) -> Iterable[str]:
        return [name for name in (record.lot, record.product, record.declaration) if name is not None]

    def plan(self, record: PassportPublication, facts: Facts, terms: Terms) -> Plan:
        if sum([name is not None for name in (record.lot, record.product, record.declaration)]) != 1:
            raise Refused("a publication names exactly one thing", code="publication-form", field="lot",
                          value=record.lot, rule="one of lot, product and declaration")
        if record.lot is not None:
            check_maker(facts, record.issuer, own_lot(facts, record.issuer, record.lot, "lot", owned=True))
        if record.product is not None:
            check_own_product(facts, record.issuer, record.product, "product")
        if record.declaration is not None:
            own_record(facts, record.issuer, record.declaration, "declaration", "declaration")
        return Plan()

    def check(self, record: PassportPublication, keyid: bytes, state: State) -> None:
        product = record.product if record.lot is None else state.lots[record.lot].product
        if product is not None:
            check_made(state, product, "product" if record.lot is None else "lot")

    def apply(self, record: PassportPublication, digest: bytes, state: State) -> None:
        if record.declaration is not None:
            state.given.add((record.declaration, ""))
        if record.product is not None:
            state.seen.add((record.product, ""))

    def rows(self, record: PassportPublication, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "published", (
            index, record.issuer, None if record.lot is None else state.lots[record.lot].number, record.product,
            None if record.declaration is None else state.records[record.declaration].index,
        )
