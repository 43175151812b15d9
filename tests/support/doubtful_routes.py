"""Records with findings on a real ledger: routes without their energy, and a figure below its range.

Each maker's lot goes by a transfer to a buyer, who makes parts of it. So every answer can be asked about the maker's
record, and about a record two steps downstream. Then each maker amends its record, which restates all of these lots.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Amendment, Declaration, Facility, Product, Transfer, Transformation
from ledger.core.record.values import Evidence, Flow, Output, Quantity
from support.activity_records import all_entries, brewery, records_of
from support.parties import Party, enrolment, nonces, party
from support.revising import change
from support.sectors import MAKE, Make
from support.server import Posted, Posting

_SEED: Final = 1
START: Final = "2025-03-01T00:00:00Z"
END: Final = "2025-04-01T00:00:00Z"
YEAR: Final = 2025
ENERGY: Final = frozenset({"electricity", "naturalGas", "lignite", "lpg", "diesel"})
STEEL: Final[Mapping[str, Any]] = {"unit": "KGM", "materials": {"steel": "1"}}
PART: Final = 4
"""The buyer gets a quarter of the lot, and makes a part of half of it."""


class Doubtful(NamedTuple):
    """A maker's record with a finding, and the part that the buyer of its lot made. `receipt`: of the record as posted,
    which an amendment restates; it counts in the calendar `year`."""

    name: str
    code: str
    sector: str
    posted: Posted
    receipt: Receipt
    year: int
    maker: str
    facility: str
    product: str
    lot: str
    delivered: str
    buyer: str
    part_product: str
    part: str


class Signer:
    """Signs the records of one organisation with one facility, after it has enrolled it."""

    def __init__(self, server: Posting, name: str, *, site: bool = True) -> None:
        self.party: Party = party(_SEED, name)
        self._nonces = nonces(_SEED, f"doubtful/{name}")
        entry = enrolment(self.party, server.registrar, server.origin, next(self._nonces))
        server.post([(server.registrar, entry)])
        if site:
            server.post([self.signed(Facility, id=self.name("site"), country="CN")])

    def name(self, short: str) -> str:
        return self.party.prefix + short

    def signed(self, kind: type[Any], **fields: Any) -> Posted:
        return self.party, kind(issuer=self.party.id, nonce=next(self._nonces), **fields)

    def product(self, short: str, sector: str, body: Mapping[str, Any]) -> Posted:
        """With the unit, the mass and the materials of another product's body."""
        quantity = body.get("massPerUnit")
        return self.signed(
            Product, id=self.name(short), sector=sector, unit=body["unit"], materials=body.get("materials", {}),
            mass_per_unit=None if quantity is None else Quantity(**quantity))


class Made(NamedTuple):
    """A maker's posted record, and its output."""

    maker: Signer
    posted: Posted
    lot: str
    product: str
    quantity: Quantity
    body: Mapping[str, Any]
    facility: str
    sector: str


def without_energy(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry of a plant as if nothing heated or drove it."""
    supplies = [supply for supply in entry["transformation"]["supplies"] if supply["material"] not in ENERGY]
    return {**entry, "transformation": {**entry["transformation"], "supplies": supplies}}


def melted_cold(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A foundry without energy, which shows that it bought scrap."""
    cold = without_energy(entry)
    note = {"digest": hashlib.sha256(b"scrap").hexdigest(), "mediaType": "text/csv", "kind": "deliveryNotes:scrap"}
    return {**cold, "transformation": {**cold["transformation"], "evidence": [note]}}


def with_little_power(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for a potline, whose record could not state no power at all: half of the usual power."""
    body = entry["transformation"]
    activity = {name: value for name, value in body["activity"].items()
                if name not in ("cellVoltage", "currentEfficiency")}
    supplies = [
        {**supply, "quantity": {"value": "1995", "unit": "GWH"}} if supply["material"] == "electricity" else supply
        for supply in body["supplies"]
    ]
    return {**entry, "transformation": {**body, "supplies": supplies, "activity": activity}}


PLANTS: Final = {
    "melting": ("equipment-us", "melting-missing", melted_cold),
    "firing": ("building-materials-in", "firing-missing", without_energy),
    "electrolysis": ("nonferrous-cn", "electricity-unusual", with_little_power),
    "brewing": ("brewery-de", "food-energy-missing", without_energy),
}
"""By case: the plant, the code of its finding, and the change that causes it."""
CASES: Final = (*PLANTS, "declared", "rolling", "shared")


def doubtful_records(server: Posting) -> dict[str, Doubtful]:
    """Posts all cases on a server with factor sets in force; by name."""
    posted = {name: _plant(server, name) for name in PLANTS}
    posted["declared"] = _declared(server)
    posted["rolling"] = _rolled(server)
    posted["shared"] = _shared(server)
    return posted


def _plant(server: Posting, name: str) -> Doubtful:
    plant, code, changed = PLANTS[name]
    maker = Signer(server, plant, site=False)
    entry = changed({**all_entries(), "brewery-de": brewery()}[plant])
    body = entry["transformation"]
    *before, posted = records_of(entry)
    server.post(before)
    output = body["outputs"][0]
    (product,) = [one for one in entry["products"] if one["id"] == output["product"]]
    made = Made(maker, posted, output["lot"], output["product"], Quantity(**output["quantity"]), product,
                 body["facility"], body["process"].partition(".")[0])
    return _sold(server, name, code, made)


def _declared(server: Posting) -> Doubtful:
    """A tonne of steel, declared at 10 kg CO2e: far below the range of steel."""
    maker = Signer(server, "mill")
    server.post([maker.product("slab", "steel", STEEL)])
    return _sold(server, "declared", "figure-below-range", slab(maker, "10"))


def slab(maker: Signer, burden: str) -> Made:
    """A tonne of steel that is declared at so many kg CO2e."""
    quantity = Quantity(value="1000", unit="KGM")
    posted = maker.signed(
        Declaration, start=START, end=END, basis="statement", boundary="cradleToGate", facility=maker.name("site"),
        burdens={"fossilGhgEmissions": burden}, lot=Output(
            lot=maker.name("lot:slab"), product=maker.name("slab"), quantity=quantity, role="product"),
        evidence=[Evidence(digest=hashlib.sha256(b"slab").hexdigest(), media_type="text/plain", kind="statement")],
    )
    return Made(maker, posted, maker.name("lot:slab"), maker.name("slab"), quantity, STEEL, maker.name("site"),
                 "steel")


def _rolled(server: Posting) -> Doubtful:
    """Plate that nothing heated and no power rolled, of a slab whose figure is in the range."""
    maker = Signer(server, "rolling-mill")
    server.post([maker.product("slab", "steel", STEEL), maker.product("plate", "steel", STEEL)])
    bought = slab(maker, "2000")
    server.post([bought.posted])
    quantity = Quantity(value="950", unit="KGM")
    posted = maker.signed(
        Transformation, facility=maker.name("site"), process="steel.rolling", start=START, end=END,
        activity=Raw(b"{}"), inputs=[Flow(lot=bought.lot, quantity=bought.quantity)],
        outputs=[
            Output(lot=maker.name("lot:plate"), product=maker.name("plate"), quantity=quantity, role="product"),
        ],
    )
    made = bought._replace(posted=posted, lot=maker.name("lot:plate"), product=maker.name("plate"), quantity=quantity)
    return _sold(server, "rolling", "heat-unusual", made)


def _shared(server: Posting) -> Doubtful:
    """Two like plates of a slab. By declaration the sold one carries a quarter of the burden."""
    maker = Signer(server, "shearing-mill")
    server.post([maker.product("slab", "steel", STEEL), maker.product("plate", "works", STEEL)])
    bought = slab(maker, "4000")
    server.post([bought.posted])
    quantity = Quantity(value="500", unit="KGM")
    posted = maker.signed(
        Transformation, facility=maker.name("site"), process=MAKE, start=START, end=END, allocation="declared",
        activity=Raw(msgspec.json.encode(Make(co2="1"))), inputs=[Flow(lot=bought.lot, quantity=bought.quantity)],
        outputs=[
            Output(lot=maker.name(f"lot:{lot}"), product=maker.name("plate"), quantity=quantity, role="product",
                   share=share) for lot, share in (("plate", "0.25"), ("kept", "0.75"))
        ],
    )
    made = bought._replace(posted=posted, lot=maker.name("lot:plate"), product=maker.name("plate"), quantity=quantity,
                         sector="works")
    return _sold(server, "shared", "shares-of-one-product", made)


def _sold(server: Posting, name: str, code: str, made: Made) -> Doubtful:
    """Posts the maker's record, the transfer of a quarter of its lot, the part that the buyer makes, and an amendment
    of the maker's record."""
    maker, buyer = made.maker, Signer(server, f"buyer-of-{name}")
    (receipt,) = server.post([made.posted])
    quarter = _part(made.quantity, PART)
    delivered, part = maker.name("lot:delivered"), buyer.name("lot:part")
    server.post([
        buyer.product("part", "works", made.body),
        maker.signed(Transfer, lot=made.lot, quantity=quarter, to=buyer.party.id, new_lot=delivered, time=END),
        buyer.signed(
            Transformation, facility=buyer.name("site"), process=MAKE, start=START, end=END,
            activity=Raw(msgspec.json.encode(Make(co2="1"))),
            inputs=[Flow(lot=delivered, quantity=_part(quarter, 2))],
            outputs=[Output(lot=part, product=buyer.name("part"), quantity=_part(quarter, 2), role="product")],
        ),
    ])
    server.post([maker.signed(Amendment, reason="another reading", changes=[_restated(made)])])
    ended = str(getattr(made.posted[1], "end", END))
    year = int(ended[:4]) - ended.endswith("-01-01T00:00:00Z")
    return Doubtful(name, code, made.sector, made.posted, receipt, year, maker.party.id, made.facility, made.product,
                    made.lot, delivered, buyer.party.id, buyer.name("part"), part)


def _part(quantity: Quantity, of: int) -> Quantity:
    return Quantity(value=str(quantity.amount / of), unit=quantity.unit)


def _restated(made: Made) -> Any:
    """A change of the record that changes its figures, but not its finding."""
    record = made.posted[1]
    if isinstance(record, Declaration):
        return change(made.posted, burdens={"fossilGhgEmissions": "11"})
    if isinstance(record, Transformation) and record.supplies:
        supplies = msgspec.to_builtins(record.supplies)
        supplies[-1]["quantity"]["value"] = str(2 * record.supplies[-1].quantity.amount)
        return change(made.posted, supplies=supplies)
    return change(made.posted, supplies=[{"material": "lubricatingOil", "quantity": {"value": "5", "unit": "KGM"}}])
