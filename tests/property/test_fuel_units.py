"""Figures do not depend on the unit in which a fuel is stated: own unit or any unit of energy, with and without an
analysis of the site."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.site import supply
from unit.engine.bounded import Burning, Plant

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Evidence, Quantity, Supply
from ledger.sdk import Context, Draft, Route, book_energy

ENERGIES: Final = sorted(code for code, unit in UNITS.items() if unit.dimension == "energy")
ROWS: Final[Mapping[str, tuple[str, Decimal]]] = {
    "gas": ("NM3", Decimal(36)), "coal": ("KGM", Decimal(25)), "chips": ("KGM", Decimal(12)),
}
"""Unit and MJ per unit, by the set of the plant."""
SAME: Final = 1e-12
QUESTIONED, DOCUMENTED = "questionedAbs", "documentedAbs"
REPORT: Final = Evidence(digest="1" * 64, media_type="application/pdf", kind="fuelAnalysis")


def _burnt(context: Context, activity: Burning) -> Assessment:
    draft = Draft(context)
    book_energy(draft, context, analyses=activity.analyses)
    return draft.assessment()


BURNT: Final = Route(activity=Burning, assess=_burnt, en="Burnt", zh="燃烧")


@pytest.fixture(scope="module")
def plant() -> Plant:
    return Plant(route=BURNT)


@st.composite
def analyses(draw: st.DrawFn, heat: Decimal) -> dict[str, str] | None:
    """Within the limits of nature. Three decimals, so that the energy of a whole amount is exact in most units."""
    if draw(st.booleans()):
        return None
    times = draw(st.integers(50, 150))
    stated: dict[str, str] = {"heatingValue": plain(heat * times / 100)}
    if draw(st.booleans()):
        stated["carbonContent"] = plain(Decimal(draw(st.integers(10, 30))) / 1000)
        stated["oxidation"] = plain(Decimal(draw(st.integers(80, 100))) / 100)
    share = draw(st.integers(0, 4))
    return stated | ({"biogenicShare": plain(Decimal(share) / 4)} if share else {})


@st.composite
def purchases(draw: st.DrawFn) -> tuple[str, dict[str, str] | None, int, str]:
    material = draw(st.sampled_from(sorted(ROWS)))
    # 90 is 3.6 times 25, so that watt hours are exact as well.
    return (material, draw(analyses(ROWS[material][1])), 90 * draw(st.integers(1, 11_000)),
            draw(st.sampled_from(ENERGIES)))


def assessed(plant: Plant, fuel: Supply, analysis: dict[str, str] | None) -> tuple[Assessment, dict[str, float]]:
    made = plant.output("good", "90 KGM")
    stated: dict[str, Any] = {} if analysis is None else {"analyses": [{"material": fuel.material, **analysis}]}
    entry = plant.run([made], [supply("sand", "100 KGM"), fuel], activity=stated, evidence=[REPORT])
    leaf = plant.ledger.assessment(entry.index)
    assert leaf is not None
    return msgspec.json.decode(leaf.assessment, type=Assessment), plant.ledger.burdens(made.lot)


@given(purchases())
@examples(60)
def test_figures_do_not_depend_on_the_unit_of_a_fuel(
    plant: Plant, bought: tuple[str, dict[str, str] | None, int, str]
) -> None:
    material, analysis, amount, unit = bought
    own, heat = ROWS[material]
    if analysis is not None:
        heat = Decimal(analysis["heatingValue"])
    energy = (amount * heat / UNITS[unit].scale).quantize(Decimal("1e-9"))
    # A gas has the mass that explains goods; energy explains none, so both bring sand for them.
    mass = Quantity(value=plain(amount * Decimal("0.75")), unit="KGM") if own == "NM3" else None
    first, figures = assessed(plant, supply(material, f"{amount} {own}", mass=mass), analysis)
    second, others = assessed(plant, supply(material, f"{plain(energy)} {unit}"), analysis)
    assert [(one.source, one.gas, one.kind, one.burden) for one in first.lines] == [
        (one.source, one.gas, one.kind, one.burden) for one in second.lines]
    for line, other in zip(first.lines, second.lines, strict=True):
        assert float(other.amount) == pytest.approx(float(line.amount), rel=SAME)
    assert [(use.carrier, use.renewable) for use in first.energy] == [
        (use.carrier, use.renewable) for use in second.energy]
    for use, other_use in zip(first.energy, second.energy, strict=True):
        assert float(other_use.amount) == pytest.approx(float(use.amount), rel=SAME)
    assert [one.what for one in first.omissions] == [one.what for one in second.omissions]
    assert [one.code for one in first.findings] == [one.code for one in second.findings]
    assert others.keys() == figures.keys()
    asked = {one.code for one in first.findings} & {"fuel-carbon", "fuel-oxidation", "fossil-biogenic"}
    for name, value in figures.items():
        if name == DOCUMENTED or (name == QUESTIONED and asked):
            # The row counts what was bought: mass, volume or heat. A report answers for the heating value of a mass.
            continue
        assert others[name] == pytest.approx(value, rel=SAME), name
