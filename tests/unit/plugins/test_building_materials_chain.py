"""Clinker, slag and freight into cement, through a whole ledger and by hand. Emissions in kg CO2e."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import carbon_ledger_building_materials
import carbon_ledger_logistics
import pytest
from msgspec import Raw
from support.containing import Containing
from support.memory import MemoryLedger
from support.parties import Party

from ledger.core.record.kinds import Declaration, Facility, Product, Transfer, Transformation
from ledger.core.record.values import Flow, Output, Quantity, Supply
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import footprint, named

START: Final = "2022-03-01T00:00:00Z"
END: Final = "2022-03-02T00:00:00Z"


def quantity(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(value=value, unit=unit)


class Chain:
    """A cement plant in Anhui, a carrier in Shanghai, and a steel mill that has slag."""

    def __init__(self) -> None:
        sectors = (carbon_ledger_building_materials.plugin(), carbon_ledger_logistics.plugin())
        self.ledger = MemoryLedger(Registry([
            Installed(sector=one, digest=f"{i:064x}", distribution=one.name) for i, one in enumerate(sectors)
        ]))
        self.plant, self.carrier, self.mill = (self.ledger.enrol(name) for name in ("plant", "carrier", "mill"))
        for party, province in ((self.plant, "CN-AH"), (self.carrier, "CN-SH")):
            self.must(party, Facility(id=party.prefix + "site", country="CN", subdivision=province, **self.by(party)))
        for party, product, sector, unit in (
            (self.plant, "clinker", "building-materials", "TNE"), (self.plant, "cement", "building-materials", "TNE"),
            (self.carrier, "freight", "logistics", "TKM"), (self.mill, "slag", "steel", "TNE"),
        ):
            self.must(party, Product(id=party.prefix + product, sector=sector, unit=unit, **self.by(party)))

    def by(self, party: Party) -> dict[str, str]:
        return {"issuer": party.id, "nonce": self.ledger.nonce()}

    def must(self, party: Party, record: Any) -> None:
        self.ledger.must((party, record))

    def made(
        self, party: Party, process: str, activity: Mapping[str, Any], outputs: Sequence[Output],
        supplies: Sequence[Supply] = (), inputs: Sequence[Flow] = (),
    ) -> Transformation:
        return Transformation(
            facility=party.prefix + "site", start=START, end=END, process=process, outputs=list(outputs),
            activity=Raw(json.dumps(activity).encode()), inputs=list(inputs), supplies=list(supplies), **self.by(party),
        )

    def sell(self, party: Party, lot: str, amount: str) -> str:
        """To the plant; gives the new lot."""
        new = f"{party.prefix}{lot}:sold"
        self.must(party, Transfer(lot=party.prefix + lot, quantity=quantity(amount), to=self.plant.id, new_lot=new,
                                  time=END, **self.by(party)))
        return new

    def footprint(self, lot: str) -> float:
        return footprint(self.ledger.figures[lot].burdens)


def before_grinding() -> tuple[Chain, list[Flow]]:
    """750 t of clinker, 200 t of slag that was waste, and the freight of the slag over 100 km."""
    chain = Chain()
    plant, carrier, mill = chain.plant, chain.carrier, chain.mill
    chain.must(mill, Declaration(
        start=START, end=END, basis="study", boundary="none", **chain.by(mill),
        lot=Output(lot=mill.prefix + "slag:1", product=mill.prefix + "slag", quantity=quantity("200 TNE"), role="waste",
                   origin="preConsumer", materials={"slag": "1"}),
    ))
    slag = chain.sell(mill, "slag:1", "200 TNE")
    freight = {"lot": carrier.prefix + "trip:1", "mass": {"value": "200", "unit": "TNE"},
               "distance": {"value": "100", "unit": "KMT"}}
    chain.must(carrier, chain.made(
        carrier, "logistics.transport", {"mode": "road", "consignments": [freight]},
        [Output(lot=carrier.prefix + "trip:1", product=carrier.prefix + "freight", quantity=quantity("20000 TKM"),
                role="product")],
        [Supply(material="diesel", quantity=quantity("320 KGM"))],
    ))
    trip = chain.sell(carrier, "trip:1", "20000 TKM")
    chain.must(plant, chain.made(
        plant, "building-materials.clinker", {"calciumOxide": "0.65", "magnesiumOxide": "0.02", "rawMealCarbon": "0"},
        [Output(lot=plant.prefix + "clinker:1", product=plant.prefix + "clinker", quantity=quantity("1000 TNE"),
                role="product", materials={"clinker": "1"})],
        [Supply(material="limestone", quantity=quantity("1500 TNE"), origin="nature"),
         Supply(material="bituminous", quantity=quantity("150 TNE")),
         Supply(material="electricity", quantity=quantity("60000 KWH"))],
    ))
    return chain, [Flow(lot=lot, quantity=quantity(amount)) for lot, amount in (
        (plant.prefix + "clinker:1", "750 TNE"), (slag, "200 TNE"), (trip, "20000 TKM"),
    )]


def ground(chain: Chain, inputs: Sequence[Flow], cement: str = "1000 TNE") -> Transformation:
    plant = chain.plant
    return chain.made(
        plant, "building-materials.cement", {"cementType": "PO"},
        [Output(lot=plant.prefix + "cement:1", product=plant.prefix + "cement", quantity=quantity(cement),
                role="product", materials={"clinker": "0.75", "slag": "0.2", "gypsum": "0.05"})],
        [Supply(material="gypsum", quantity=quantity("50 TNE"), origin="nature"),
         Supply(material="electricity", quantity=quantity("40000 KWH"))],
        inputs,
    )


def test_slag_and_freight_into_cement() -> None:
    # clinker  0.75 * (532,714.285714 + 310,726.388280 + 40,692) = 663,099.505496 (see test_building_materials)
    # freight  320 kg * 43.33 * 0.0202 * 0.98 * 44/12 + 0.32 t * 724.9 = 1,238.407198; slag 0
    # grinding 40,000 kWh * 0.6782 = 27,128; together 691,465.912694
    chain, inputs = before_grinding()
    chain.must(chain.plant, ground(chain, inputs))
    cement = chain.plant.prefix + "cement:1"
    assert chain.footprint(chain.carrier.prefix + "trip:1") == pytest.approx(1238.407198)
    assert chain.footprint(cement) == pytest.approx(691465.912694)
    figures = chain.ledger.figures[cement]
    assert named(figures.burdens)["transportGhgEmissions"] == pytest.approx(1238.407198)
    assert figures.contents == Containing({"recycledPreConsumer:slag": 200000.0, "material:clinker": 750000.0})


def test_freight_is_used_once() -> None:
    chain, inputs = before_grinding()
    chain.must(chain.plant, ground(chain, inputs))
    again = chain.made(
        chain.plant, "building-materials.cement", {},
        [Output(lot=chain.plant.prefix + "cement:2", product=chain.plant.prefix + "cement",
                quantity=quantity("250 TNE"), role="product")],
        inputs=[Flow(lot=inputs[0].lot, quantity=quantity("250 TNE")), inputs[2]],
    )
    (verdict,) = chain.ledger.post([(chain.plant, again)])
    assert isinstance(verdict, LedgerError)
    assert verdict.code == "over-consumption"


def test_a_clinker_ratio_above_one_stays_off_the_ledger() -> None:
    # 750 t of clinker in 700 t of cement
    chain, inputs = before_grinding()
    (verdict,) = chain.ledger.post([(chain.plant, ground(chain, inputs, cement="700 TNE"))])
    assert isinstance(verdict, LedgerError)
    assert verdict.code == "clinker-ratio"
