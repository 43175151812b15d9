"""Cases of the conformance kit as records of a ledger: a facility, products, lots that are there before, and the
transformation that the route assesses."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

from msgspec import Raw

from ledger.core.record.kinds import AnyRecord, Declaration, Facility, Product, Transformation
from ledger.core.record.units import convert, plain, unit
from ledger.core.record.values import Evidence, Flow, Money, Output, PreviousLife, Quantity, Supply
from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing.conformance import Case
from support.parties import Party
from support.server import TESTS

_MODULES: Final = (
    *sorted(path.stem for path in (TESTS / "unit" / "plugins").glob("test_*_conformance.py")), "test_consumer_goods",
)
_WEIGHED: Final = [Evidence(digest="5" * 64, media_type="application/pdf", kind="weighbridge")]
_MADE_UP: Final = "urn:example:"
_DENSITIES: Final = {"NM3": Decimal("0.72"), "MTQ": Decimal(1000)}
"""Kg of what cases count by volume and say no mass of."""


def every_case() -> list[Case]:
    """One or more of each route of every built-in sector."""
    return [case for name in _MODULES for case in import_module(f"unit.plugins.{name}").CASES]


class Works:
    """Writes the records of one case. All ids lie under the party's prefix and `name`."""

    def __init__(self, party: Party, name: str, case: Case, nonces: Iterator[str]) -> None:
        self.party, self.case, self.given = party, case, case.context
        self._prefix = f"{party.prefix}{name}:"
        self._nonces = nonces
        self._lots: set[str] = set()
        end = datetime(self.given.year, 12, 1)
        self._end = f"{end.isoformat()}Z"
        self._start = f"{(end - timedelta(hours=float(self.given.hours))).isoformat()}Z"

    def records(self, evidence: Sequence[Evidence] = ()) -> list[AnyRecord]:
        """In log order; the last has the evidence."""
        given = self.given
        records: list[AnyRecord] = [Facility(
            **self._by(), id=self._id("site"), country=given.facility.country,
            subdivision=given.facility.subdivision, industry=given.facility.industry,
        )]
        inputs = [self._lot(one.lot) for one in given.inputs]
        for lot, one in zip(inputs, given.inputs, strict=True):
            records += [self._product(lot, one, one.sector or "metal"), self._declared(lot, one)]
        outputs = [self._lot(one.lot) for one in given.outputs]
        records += [
            self._product(lot, one, given.process.partition(".")[0])
            for lot, one in zip(outputs, given.outputs, strict=True)
        ]
        records.append(Transformation(
            **self._by(), facility=self._id("site"), start=self._start, end=self._end, process=given.process,
            inputs=[Flow(lot=lot, quantity=_quantity(one)) for lot, one in zip(inputs, given.inputs, strict=True)],
            supplies=self._supplies(),
            outputs=[self._output(lot, one) for lot, one in zip(outputs, given.outputs, strict=True)],
            allocation=given.allocation, activity=self._activity(),  # type: ignore[arg-type]
            evidence=list(evidence),
        ))
        return records

    def _by(self) -> dict[str, Any]:
        return {"issuer": self.party.id, "nonce": next(self._nonces)}

    def _id(self, name: str) -> str:
        return self._prefix + name

    def _lot(self, name: str) -> str:
        """A lot of the case by its id here; a second one of the same name gets another."""
        found = self._id(name.removeprefix(_MADE_UP))
        while found in self._lots:
            found += "-more"
        self._lots.add(found)
        return found

    def _activity(self) -> Raw:
        text = json.dumps(self.case.activity, ensure_ascii=False, separators=(",", ":"))
        return Raw(text.replace(_MADE_UP, self._prefix).encode())

    def _product(self, lot: str, facts: InputFacts | OutputFacts, sector: str) -> Product:
        """One for each lot, which has the composition that the lot does not state itself."""
        quantity, per_unit = _quantity(facts), None
        if facts.mass is not None and unit(quantity.unit).dimension == "count":
            per_unit = Quantity(value=plain(facts.mass / quantity.amount), unit="KGM")
        return Product(
            **self._by(), id=f"{lot}:product", sector=sector, unit=quantity.unit, mass_per_unit=per_unit,
            fossil_carbon=_share(facts.fossil_carbon), biogenic_carbon=_share(facts.biogenic_carbon),
        )

    def _declared(self, lot: str, facts: InputFacts) -> Declaration:
        # By-products are made on the ledger or not at all; declared ones come as waste.
        role = "waste" if facts.role == "byProduct" else facts.role
        output = Output(
            **_thing(facts, role), lot=lot, product=f"{lot}:product", role=role,  # type: ignore[arg-type]
            previous_life=PreviousLife(estimated_years="7") if facts.role == "core" else None,
        )
        when: dict[str, Any] = {"start": "2020-01-01T00:00:00Z", "end": "2020-02-01T00:00:00Z"}
        if role in ("waste", "core"):
            return Declaration(**self._by(), **when, basis="collected", boundary="none", collector=self.party.id,
                               evidence=_WEIGHED, lot=output)
        return Declaration(**self._by(), **when, basis="statement", boundary="cradleToGate", primary_share="0.25",
                           burdens={"fossilGhgEmissions": "12.5", "biogenicNonCO2Emissions": "0.125"}, lot=output)

    def _supplies(self) -> list[Supply]:
        """Those of the case; and air, where its outputs outweigh what goes in."""
        supplies = [_supply(one) for one in self.given.supplies]
        entering = self.given.mass_taken() + sum(_weight(one) for one in supplies)
        leaving = self.given.mass_out()
        if leaving > entering:
            missing = Quantity(value=plain(leaving - entering), unit="KGM")
            supplies.append(Supply(material="air", quantity=missing, origin="nature"))
        return supplies

    def _output(self, lot: str, facts: OutputFacts) -> Output:
        heat = facts.heating_value
        return Output(
            **_thing(facts, facts.role), lot=lot, product=f"{lot}:product", role=facts.role,  # type: ignore[arg-type]
            value=Money(value=plain(facts.value), currency="CNY") if facts.value is not None else None,
            heating_value=Quantity(value=plain(heat), unit="3B") if heat is not None else None,
            moles=plain(facts.moles) if facts.moles is not None else None,
        )


def _thing(facts: InputFacts | OutputFacts, role: str) -> dict[str, Any]:
    """What an output of that role says of the lot itself. Waste comes from a production where the case does not say."""
    return {
        "quantity": _quantity(facts), "mass": _mass(facts.mass, facts.quantity), "item": facts.item,
        "origin": facts.origin or ("preConsumer" if role == "waste" else None),
        "materials": _shares(facts.materials), "elements": _shares(facts.elements),
    }


def _quantity(facts: InputFacts | OutputFacts) -> Quantity:
    """A ledger asks for the mass of what is counted. A service that has none is tonne kilometres here."""
    if facts.mass is None and facts.quantity.unit == "C62":
        return Quantity(value=facts.quantity.value, unit="TKM")
    return facts.quantity


def _supply(facts: SupplyFacts) -> Supply:
    mass = facts.mass
    if mass is None and facts.quantity.unit in _DENSITIES:
        mass = _DENSITIES[facts.quantity.unit] * facts.quantity.amount
    return Supply(
        material=facts.material, quantity=facts.quantity, mass=_mass(mass, facts.quantity),
        origin="nature" if facts.nature else "technosphere",
    )


def _weight(supply: Supply) -> Decimal:
    """Kg that enter with it."""
    stated = supply.mass or supply.quantity
    return convert(stated.amount, stated.unit, "KGM") if unit(stated.unit).dimension == "mass" else Decimal(0)


def _mass(mass: Decimal | None, quantity: Quantity) -> Quantity | None:
    """Stated where the quantity is no mass."""
    if mass is None or unit(quantity.unit).dimension == "mass":
        return None
    return Quantity(value=plain(mass), unit="KGM")


def _share(fraction: Decimal) -> str | None:
    return plain(fraction) if fraction else None


def _shares(fractions: Any) -> dict[str, str]:
    return {name: plain(fraction) for name, fraction in fractions.items()}
