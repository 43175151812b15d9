"""Plastics that come in and leave in no output, solved by hand: 0.8 kg of carbon per kg of polyethylene, so 2.933 kg of
CO2."""

from decimal import Decimal
from typing import Any

import pytest
from support.sectors import Make
from support.site import supply
from unit.engine.bounded import Plant

CODE = "plastics-unaccounted"
BURNT = 0.8 * 44 / 12


def asked(
    plastics: int, *, good: dict[str, str] | None = None, waste: tuple[str, int] = ("", 0), co2: str = "0",
    lot: bool = True, weight: int = 1000,
) -> float:
    """Kg CO2e of the finding on 1,000 kg of steel with that many kg of plastics, as a lot of scrap or as supplies."""
    plant = Plant()
    outputs = [plant.output("good", f"{weight} KGM", materials=good or {"steel": "1"})]
    if waste[1]:
        outputs.append(plant.output("rest", f"{waste[1]} KGM", "waste", materials={waste[0]: "1"} if waste[0] else {}))
    inputs: dict[str, str] = {}
    supplies: tuple[Any, ...] = (supply("steel", "1000 KGM"), supply("polyethylene", f"{plastics} KGM"))
    if lot:
        whole = 1000 + plastics
        share = Decimal(plastics) / whole
        parts = {"polyethylene": share, "steel": 1 - share}
        plant.product("scrap", materials={name: f"{part:.9f}".rstrip("0") for name, part in parts.items()})
        plant.declare(lot=plant.out("scrap0", "scrap", f"{whole} KGM"), burdens={"fossilGhgEmissions": "2000"})
        inputs, supplies = {"scrap0": f"{whole} KGM"}, ()
    finding = plant.findings(outputs, supplies, inputs, activity=Make(co2=co2)).get(CODE)
    return 0.0 if finding is None else float(finding.amount or 0)


@pytest.mark.parametrize("lot", [True, False])
@pytest.mark.parametrize(("plastics", "burnt"), [(49, 0), (51, 51), (1000, 1000)])
def test_plastics_beyond_a_twentieth_of_the_metal_burn(plastics: int, burnt: float, lot: bool) -> None:
    assert asked(plastics, lot=lot) == pytest.approx(burnt * BURNT, abs=0.01)


@pytest.mark.parametrize(("material", "kilograms", "burnt"), [
    ("polyethylene", 1000, 0), ("polyethylene", 860, 0), ("polyethylene", 840, 160), ("slag", 900, 1000), ("", 900, 0),
    ("unheardOf", 900, 0),
])
def test_waste_may_hold_them(material: str, kilograms: int, burnt: float) -> None:
    """A sixth may be lost. Slag holds none; what nobody knows may be plastics."""
    assert asked(1000, waste=(material, kilograms)) == pytest.approx(burnt * BURNT, abs=0.01)


def test_goods_of_plastics_hold_them() -> None:
    """And goods that weigh as much as all that came in hold all of it, whatever they are called."""
    assert (asked(1000, weight=2000), asked(1000, good={"polyethylene": "1"})) == (0, 0)
    assert asked(200, good={"steel": "0.8", "wood": "0.2"}) == 0


def test_what_the_sector_books_is_burnt() -> None:
    assert (asked(1000, co2="1000"), asked(1000, co2="2940")) == (pytest.approx(1000 * BURNT - 1000, abs=0.01), 0)
