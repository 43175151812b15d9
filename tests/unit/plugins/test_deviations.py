"""How uncertain a supply's quantity is arrives in the lines that a sector makes of it."""

from decimal import Decimal, localcontext
from typing import Any, Final

import carbon_ledger_equipment
import carbon_ledger_steel
import msgspec
import pytest
from carbon_ledger_equipment.forging import Forging
from carbon_ledger_steel.arc_furnace import ElectricArcFurnace
from support.raising import raised

from ledger.core.outcome.assessment import Line
from ledger.sdk import (
    CONTEXT,
    Activity,
    Context,
    Deviation,
    FacilityFacts,
    InputFacts,
    OutputFacts,
    Part,
    Pedigree,
    Quantity,
    Sector,
    SupplyFacts,
)

DEVIATION: Final = Decimal("1.07")
SCORES: Final = (1, 2, 3, 4, 5)
STEEL: Final = {"steel": Decimal(1)}


class Meter(Part, frozen=True):
    """A plugin's own activity may ask for both."""

    deviation: Deviation | None = None
    pedigree: Pedigree | None = None


def stated(material: str, value: str, unit: str = "KGM") -> SupplyFacts:
    return SupplyFacts(
        index=0, material=material, quantity=Quantity(value=value, unit=unit), nature=False, priced=False,
        mass=Decimal(value) if unit == "KGM" else None, deviation=DEVIATION, pedigree=SCORES,
    )


def lines(sector: Sector, route: str, activity: Activity, *supplies: SupplyFacts) -> dict[str, Line]:
    """By source, of a tonne of steel that becomes 900 kg."""
    taken = InputFacts(
        lot="urn:lot:in", product="urn:product:in", sector="steel", quantity=Quantity(value="1000", unit="KGM"),
        role="product", mass=Decimal(1000), materials=STEEL,
    )
    made = OutputFacts(
        lot="urn:lot:out", product="urn:product:out", role="product", quantity=Quantity(value="900", unit="KGM"),
        mass=Decimal(900), materials=STEEL,
    )
    context = Context(
        process=f"{sector.name}.{route}", route=route, year=2022, hours=Decimal(24), allocation="mass",
        facility=FacilityFacts(id="urn:facility", country="CN", subdivision="CN-SH"), inputs=(taken,),
        supplies=supplies, outputs=(made,),
    )
    with localcontext(CONTEXT):
        assessment: Any = sector.routes[route].assess(context, activity)
    return {line.source: line for line in assessment.lines}


def check(found: dict[str, Line], *materials: str) -> None:
    for material in materials:
        assert found[material].amount > 0, material
        assert (found[material].deviation, found[material].pedigree) == (DEVIATION, SCORES), material
    # Whatever else is there was not said to be uncertain.
    assert {source for source, line in found.items() if line.deviation is not None} == set(materials)


def test_fluxes_and_electrodes_of_a_steelworks() -> None:
    found = lines(
        carbon_ledger_steel.plugin(), "electricArcFurnace", ElectricArcFurnace(), stated("limestone", "40"),
        stated("electrode", "2"), stated("electricity", "500", "KWH"),
    )
    check(found, "limestone", "electrode", "electricity")


@pytest.mark.parametrize("gas", ["acetylene", "carbonDioxide"])
def test_gases_of_a_machine_shop(gas: str) -> None:
    check(lines(carbon_ledger_equipment.plugin(), "forging", Forging(), stated(gas, "3")), gas)


def test_the_sdk_has_both_types() -> None:
    assert msgspec.convert({"deviation": "1.1", "pedigree": [1, 2, 3, 4, 5]}, Meter) == Meter(
        deviation="1.1", pedigree=SCORES
    )
    for bad in ({"deviation": "0.9"}, {"deviation": "-1.1"}, {"pedigree": [1, 2, 3, 4]}, {"pedigree": [1, 2, 3, 4, 6]}):
        raised(msgspec.ValidationError, msgspec.convert, bad, Meter)
