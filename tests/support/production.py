"""A mill that makes parts at two sites in three months, on a real PostgreSQL, for tests of what was made of a product.

It sends some of them away and back, pools some, corrects and withdraws. Quantities are kg, and the figures are solved
by hand where the story is told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pytest
from msgspec.structs import replace

from ledger.answers.products import ProductAnswer
from ledger.core.record.kinds import Declaration, Facility, Product, Transfer, Transformation
from ledger.core.record.values import Output
from ledger.errors import LedgerError
from ledger.service.queries.findings import Depth
from ledger.service.queries.product.read import ReadSizes, read_product
from ledger.service.queries.questions import PeriodQuestion
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import add, amend, change, close, gas, outputs, pool
from support.sectors import Gap, Make
from support.server import Posted, prepared_home
from support.workshop import END, START, Workshop, kilograms

YEAR: Final = ("2025-01-01", "2026-01-01")
JANUARY: Final = ("2025-01-01", "2025-02-01")
FEBRUARY: Final = ("2025-02-01", "2025-03-01")
MARCH: Final = ("2025-03-01", "2025-04-01")


class Mill(NamedTuple):
    """`sizes` of the log after each step, by its name; `told` is what was answered then, for the whole year."""

    ledger: Inside
    shop: Workshop
    buyer: Workshop
    sizes: dict[str, int]
    told: dict[str, ProductAnswer]

    def post(self, step: str, record: Posted) -> Posted:
        (receipt,) = self.ledger.post([record])
        self.sizes[step] = receipt.index + 1
        if "a" in self.sizes:
            self.told[step] = self.ask(YEAR)
        return record

    def heat(self, step: str, day: str, lots: dict[str, str], co2: str, site: str = "site", **fields: Any) -> Posted:
        """Lots out of ore, in the twelve hours to noon of a day; `activity` says more than `co2`."""
        activity = fields.pop("activity", Make(co2=co2))
        party, record = self.shop.make(lots, ore=str(sum(map(Decimal, lots.values()))), activity=activity)
        assert isinstance(record, Transformation)
        dated = {"start": f"{day}T00:00:00Z", "end": f"{day}T12:00:00Z", "facility": self.shop.name(site), **fields}
        return self.post(step, (party, replace(record, **dated)))

    def ask(
        self, period: tuple[str | None, str | None] = (None, None), at: str | int | None = None, limit: int = 20,
        product: str = "part", depth: Depth = "near", **sizes: Any,
    ) -> ProductAnswer:
        size = self.sizes[at] if isinstance(at, str) else at
        question = PeriodQuestion(self.shop.name(product), *period, size)
        ledger = self.ledger.ledger
        reading = read_product(ledger.pool, question, ledger.assessed, depth, ReadSizes(**sizes, shown=limit))
        return self.ledger.run(reading)

    def refusal(self, *arguments: Any, **more: Any) -> LedgerError:
        with pytest.raises(LedgerError) as caught:
            self.ask(*arguments, **more)
        return caught.value

    def product(self, name: str) -> None:
        """Another one of the shop's, in kg."""
        shop = self.shop
        self.ledger.post([shop.signed(Product(
            issuer=shop.id, nonce=shop.nonce(), id=shop.name(name), sector="works", unit="KGM"))])

    def made(self, answer: ProductAnswer) -> dict[str, tuple[str, Any]]:
        """Kg and kg CO2e per kg of the lots, by short name."""
        return {one.lot.removeprefix(self.shop.party.prefix): (one.quantity.value, one.footprint_per_unit)
                for one in answer.lots}


def tell(mill: Mill) -> None:
    shop, buyer = mill.shop, mill.buyer
    mill.post("site 2", shop.signed(Facility(issuer=shop.id, nonce=shop.nonce(), id=shop.name("site2"), country="CN")))
    for name in ("other", "never"):
        mill.post(name, shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name(name), sector="works",
                                            unit="KGM")))
    # a 0.5 a kg; b and b2 2 a kg; c 3 a kg, with 0.25 kg CO2e a kg left out by estimate
    mill.heat("a", "2025-01-15", {"a": "100"}, "50")
    b = mill.heat("b", "2025-01-20", {"b": "60", "b2": "20"}, "160", "site2")
    c = mill.heat("c", "2025-02-10", {"c": "20"}, "", activity=Make(co2="60", gaps=[Gap(what="oil", estimate="5")]))
    # d is made of half of a, with waste of the same product and a by-product of another: 25 + 5 = 30 over 40 kg.
    party, record = shop.make({"d": "30"}, {"a": "50"}, activity=Make(co2="5"))
    assert isinstance(record, Transformation)
    more = [
        Output(lot=shop.name("scrap"), product=shop.name("part"), quantity=kilograms("10"), role="waste",
               origin="preConsumer"),
        Output(lot=shop.name("slag"), product=shop.name("other"), quantity=kilograms("10"), role="byProduct"),
    ]
    mill.post("d", (party, replace(record, outputs=[*record.outputs, *more])))
    # Sold; worked on elsewhere, and back with its owner; declared; pooled: none of it is made again.
    mill.post("sold", shop.send("b", "30", buyer, "sold"))
    mill.post("away", moved(shop, shop.name("b"), "20", buyer, "away", "custody"))
    mill.post("home", moved(buyer, shop.name("away"), "20", shop, "home", "return"))
    mill.post("old", shop.signed(Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="opening", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "900"}, facility=shop.name("site"),
        lot=Output(lot=shop.name("old"), product=shop.name("part"), quantity=kilograms("9"), role="product"),
    )))
    mill.post("stock", pool(shop, "stock"))
    mill.post("b2 in stock", add(shop, "stock", {"b2": "20"}))
    # 4 kg of CO2 that wait for a closing.
    mill.heat("p", "2025-03-31", {"p": "8"}, "4", basis="provisional")
    # 4 kg of gas are 11 kg CO2e, so p 15, 1.875 a kg.
    mill.post("closed", close(shop, gas("4"), start="2025-03-31T00:00:00Z", end="2025-04-01T00:00:00Z"))
    # e is withdrawn, c moves into January, b is 50 kg: of 70 kg each carries 160 / 70.
    mill.post("no e", amend(shop, change(mill.heat("e", "2025-01-31", {"e": "500"}, "5000"))))
    mill.post("c in January", amend(shop, change(c, start="2025-01-01T00:00:00Z", end="2025-01-31T23:59:59Z")))
    mill.post("less b", amend(shop, change(b, outputs=outputs(shop, {"b": "50", "b2": "20"}))))


def moved(party: Workshop, lot: str, amount: str, to: Workshop, new_lot: str, purpose: Any) -> Posted:
    name = party.name(new_lot)
    return party.signed(Transfer(issuer=party.id, nonce=party.nonce(), lot=lot, quantity=kilograms(amount), to=to.id,
                                 new_lot=name, time=END, purpose=purpose))


@contextmanager
def producing() -> Iterator[Mill]:
    """The mill, after all of its story."""
    with prepared_home() as home, inside(home) as ledger:
        shop, buyer = Workshop("mill"), Workshop("buyer")
        for one in (shop, buyer):
            entry = enrolment(one.party, ledger.registrar, ledger.origin, one.nonce())
            ledger.post([(ledger.registrar, entry), *one.opening()])
        found = Mill(ledger, shop, buyer, {}, {})
        tell(found)
        yield found
