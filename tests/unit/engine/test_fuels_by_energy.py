"""Fuels in units of energy on a whole ledger: every route has the figures that it has with the fuel in its own unit."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace
from support.memory import MemoryLedger
from support.parties import Party
from support.raising import raised
from support.routes import Works, every_case
from support.sectors import shipped
from support.site import quantity, supply
from unit.engine.bounded import BURNING, Burning, Plant

from ledger.core.outcome.assessment import ADDITIVE, Assessment, EnergyUse
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Quantity, Supply
from ledger.engine.inventory.missing import unmet_needs
from ledger.engine.inventory.stated import stated_inputs
from ledger.engine.inventory.too_small import met_needs, small_inputs
from ledger.engine.inventory.usual import SetPricer
from ledger.engine.pricing.surroundings import Surroundings
from ledger.errors import LedgerError
from ledger.sdk import Context, Draft, Need, Route, SupplyEntry, book_energy
from ledger.sdk.testing import context, output
from ledger.sdk.testing import supply as bought
from ledger.sdk.testing.conformance import Case

CASES: Final = [
    case for case in every_case()
    if any(one.quantity.unit == "NM3" and one.material == "naturalGas" for one in case.context.supplies)
    and case.context.process not in ("petrochemicals.methanol",)
]
"""Routes that burn gas. Methanol is made of the gas, whose matter must be known."""


class Ledger(NamedTuple):
    memory: MemoryLedger
    party: Party

    def post(self, name: str, case: Case, unit: str | None = None) -> Assessment:
        """The assessment of a case; with its gas in a unit of energy."""
        records = Works(self.party, name, case, self.memory.nonces).records()
        last = records[-1]
        assert isinstance(last, Transformation)
        if unit is not None:
            last = replace(last, supplies=[restated(one, unit, analysed(last)) for one in last.supplies])
        entry = self.memory.must(*[(self.party, one) for one in (*records[:-1], last)])[-1]
        return msgspec.json.decode(self.memory.assessment(entry.index).assessment, type=Assessment)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    memory = MemoryLedger(shipped())
    memory.activate_sets()
    return Ledger(memory, memory.enrol("works"))


def analysed(record: Transformation) -> Mapping[str, Any]:
    stated = json.loads(bytes(record.activity)).get("analyses", ())
    return {one["material"]: one for one in stated}


def entry_of(material: str) -> SupplyEntry:
    entry = shipped().sets["factors-open"].newest.entry(material)
    assert entry.heating_value is not None
    return entry


def restated(one: Supply, unit: str, analyses: Mapping[str, Any]) -> Supply:
    """The same gas by its energy."""
    if one.quantity.unit != "NM3" or one.material != "naturalGas":
        return one
    heat = analyses.get(one.material, {}).get("heatingValue") or entry_of(one.material).heating_value
    energy = one.quantity.amount * Decimal(heat) / UNITS[unit].scale
    return replace(one, quantity=Quantity(value=plain(energy.quantize(Decimal("1e-9"))), unit=unit), mass=None)


def figures(found: Assessment) -> Iterator[tuple[Any, float]]:
    for line in found.lines:
        yield (line.gas, line.source, line.kind, line.burden, line.factor, line.primary), float(line.amount)
    for use in found.energy:
        yield (use.carrier, use.renewable), float(use.amount)
    for name, value in found.indicators.items():
        yield (name,), float(value)
    for one in found.omissions:
        yield (one.what,), float(one.estimate or 0)


def assert_alike(first: Assessment, second: Assessment) -> None:
    one, other = list(figures(first)), list(figures(second))
    assert [name for name, _ in one] == [name for name, _ in other]
    for (name, amount), (_, second_amount) in zip(one, other, strict=True):
        # The energy has nine decimals.
        assert second_amount == pytest.approx(amount, rel=1e-9, abs=1e-9), name
    assert sorted(one.code for one in first.findings) == sorted(one.code for one in second.findings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.context.process)
def test_gas_by_energy_has_the_figures_of_gas_by_volume(ledger: Ledger, case: Case) -> None:
    place = CASES.index(case)
    first = ledger.post(f"volume{place}", case)
    assert any(line.source == "naturalGas" for line in first.lines if line.burden in ADDITIVE)
    for unit in ("KWH", "GV"):
        assert_alike(first, ledger.post(f"{unit.lower()}{place}", case, unit))


def test_three_sectors_are_there() -> None:
    """The comparison is of these at least."""
    sectors = {case.context.process.partition(".")[0] for case in CASES}
    assert {"steel", "equipment", "consumer-goods"} <= sectors, sectors


def _burnt(context: Context, activity: Burning) -> Assessment:
    draft = Draft(context)
    book_energy(draft, context, analyses=activity.analyses)
    return draft.assessment()


BURNT: Final = Route(activity=Burning, assess=_burnt, en="Burnt", zh="燃烧")
"""A sector that burns what it gets. By the set, gas has 36 MJ, 2 kg of CO2 and 0.4 kg CO2e of upstream per Nm3."""


def assessed(*supplies: Supply, **analysis: str) -> Assessment:
    plant = Plant(route=BURNT)
    activity = {"analyses": [{"material": supplies[0].material, **analysis}]} if analysis else Burning()
    entry = plant.run([plant.output("good", "90 KGM")], [supply("sand", "100 KGM"), *supplies], activity=activity)
    return msgspec.json.decode(plant.ledger.assessment(entry.index).assessment, type=Assessment)


def amounts(found: Assessment, source: str) -> dict[tuple[str, str], Decimal]:
    return {(line.kind, line.gas): line.amount for line in found.lines if line.source == source}


def test_upstream_and_burning_by_hand() -> None:
    """1 MWh is 3600 MJ, so 100 Nm3."""
    found = assessed(supply("gas", "1 MWH"))
    assert amounts(found, "gas") == {("upstream", "CO2e"): Decimal(40), ("onSite", "CO2"): Decimal(200)}
    assert [(use.carrier, use.amount) for use in found.energy] == [("gas", 3600)]
    by_volume = assessed(supply("gas", "100 NM3", mass=quantity("75 KGM")))
    assert (found.lines, found.energy, found.omissions) == (by_volume.lines, by_volume.energy, by_volume.omissions)
    assert [one.code for one in found.findings] == [one.code for one in by_volume.findings]


def test_an_analysis_decides_the_upstream_too() -> None:
    """40 MJ per Nm3: 90 Nm3, of which 0.6 kg are carbon."""
    measured = {"heatingValue": "40", "carbon": "0.6", "oxidation": "1"}
    found = assessed(supply("gas", "1 MWH"), **measured)
    (upstream, burnt) = (amounts(found, "gas")[key] for key in (("upstream", "CO2e"), ("onSite", "CO2")))
    assert (upstream, float(burnt)) == (36, pytest.approx(90 * 0.6 * 44 / 12, rel=1e-15))
    assert amounts(found, "gas") == amounts(
        assessed(supply("gas", "90 NM3", mass=quantity("67.5 KGM")), **measured), "gas")


@pytest.mark.parametrize(("analysis", "codes"), [
    ({"heatingValue": "36", "carbon": "0.545"}, set()),
    ({"heatingValue": "36", "carbon": "0.4"}, {"fuel-carbon"}),
    ({"heatingValue": "36", "carbon": "0.545", "biogenicShare": "0.5"}, {"fossil-biogenic"}),
])
def test_analyses_are_questioned_in_every_unit(analysis: dict[str, str], codes: set[str]) -> None:
    energy = Decimal(analysis["heatingValue"]) * 100
    by_energy = assessed(supply("gas", f"{energy} 3B"), **analysis)
    by_volume = assessed(supply("gas", "100 NM3", mass=quantity("75 KGM")), **analysis)
    asked = [{(one.code, one.amount) for one in found.findings if one.code.startswith(("fuel-", "fossil-"))}
             for found in (by_energy, by_volume)]
    assert (asked[0], {code for code, _ in asked[0]}) == (asked[1], codes)


@pytest.mark.parametrize(("analysis", "amount", "asked"), [
    # 250 Nm3 by the row: 500 kg of CO2 and 100 of upstream. Stated are 100 Nm3 with 149.9 and 40.
    ({"heatingValue": "90", "carbon": "0.409"}, "9000 3B",
     {"fuel-carbon": 500 - 40.9 * 44 / 12, "fuel-heating-value": 60}),
    # With the row's carbon per heat, the upstream alone is saved.
    ({"heatingValue": "90"}, "9000 3B", {"fuel-heating-value": 60}),
    ({"heatingValue": "90"}, "2.5 MWH", {"fuel-heating-value": 60}),
    ({"heatingValue": "90", "carbon": "1.363"}, "100 NM3", {"fuel-heating-value": 0}),
    ({"heatingValue": "60", "oxidation": "0.9"}, "9000 3B", {"fuel-heating-value": 50 + 40}),
    # A poor gas saves nothing, and its carbon is little by heat too: 1800 MJ are 50 Nm3.
    ({"heatingValue": "15", "carbon": "0.15"}, "1800 3B",
     {"fuel-carbon": 100 - 120 * 0.15 * 44 / 12, "fuel-heating-value": 0}),
    ({"heatingValue": "50", "carbon": "0.757"}, "9000 3B", {}),
])
def test_a_false_heating_value_saves_nothing_silently(
    analysis: dict[str, str], amount: str, asked: dict[str, float]
) -> None:
    mass = {"mass": quantity("75 KGM")} if amount.endswith("NM3") else {}
    found = assessed(supply("gas", amount, **mass), **analysis)
    assert {one.code: float(one.amount or 0) for one in found.findings if one.code.startswith("fuel-")} == {
        code: pytest.approx(value, rel=1e-9) for code, value in asked.items()}


def test_a_fuel_of_which_no_set_knows_is_questioned_in_every_unit() -> None:
    """The site states waste as half biogenic and shows no report."""
    measured = {"heatingValue": "10", "carbon": "0.3", "biogenicShare": "0.5"}
    asked = []
    for amount in ("0.9 GV", "250 KWH", "90 KGM"):
        found = assessed(supply("sorbedResidue", amount), **measured)
        assert float(sum(line.amount for line in found.lines if line.gas == "CO2" and line.burden in ADDITIVE)) == (
            pytest.approx(90 * 0.3 * 0.5 * 44 / 12, rel=1e-9))
        asked.append({one.code: float(one.amount or 0) for one in found.findings if one.code == "fossil-biogenic"})
    assert asked[0] == asked[1] == asked[2] == {"fossil-biogenic": pytest.approx(90 * 0.3 * 0.5 * 44 / 12)}


def test_gas_by_energy_meets_a_need_once() -> None:
    """What the sector booked and what the record states is one gas."""
    need = Need(any_of=("electricity", "heat", "fuel"), priced_as="naturalGas", usual=Decimal("0.1"), unit="NM3",
                source="a test")
    given = context("steel.rolling", supplies=(bought("naturalGas", "1 GV"),), outputs=(output("1 TNE"),),
                    place="DE", year=2024, sets=True, questions=True)
    own = Assessment(energy=(EnergyUse(carrier="naturalGas", amount=Decimal(1000)),))
    sets = (shipped().sets["factors-open"].newest,)
    pricer = SetPricer(Surroundings(("DE", "EU", "EUR", "*"), 2024), sets)
    stated = list(stated_inputs(given, own.energy, sets))
    assert unmet_needs([need], stated) == []
    (small,) = small_inputs(met_needs([replace(need, least=Decimal(1))], stated, given, pricer))
    assert small.finding.value == pytest.approx(Decimal(1000), rel=Decimal("0.08"))


def test_gas_by_energy_is_no_heat() -> None:
    need = Need(any_of=("heat",), priced_as="heat", usual=Decimal(1), unit="3B", source="a test")
    given = context("steel.rolling", supplies=(bought("naturalGas", "1 GV"),), outputs=(output("1 TNE"),),
                    sets=True, questions=True)
    assert unmet_needs([need], stated_inputs(given, (), [shipped().sets["factors-open"].newest])) == [need]


@pytest.mark.parametrize("unit", ["KWH", "MWH", "GV", "3B"])
def test_gas_is_no_power_whatever_counts_it(unit: str) -> None:
    """1000 Nm3 are 36000 MJ, of which 75 % can leave as power: 7500 kWh, and 2 % more."""
    energy = plain(Decimal(36000) / UNITS[unit].scale)
    for amount, question in (("7500 KWH", False), ("9000 KWH", True)):
        plant = Plant(route=BURNT)
        made = plant.output("power", amount, share="1")
        found = plant.amounts([made], [supply("gas", f"{energy} {unit}")], allocation="declared")
        assert ("power-of-heat" in found) == question, (unit, amount, found)


def test_carbon_of_gas_by_energy_counts_once() -> None:
    """1000 Nm3 hold 545 kg of carbon, by a quarter more at most: 680 kg of it may be in polymer, 900 kg not."""
    for unit, amount in (("NM3", "1000"), ("MWH", "10"), ("GV", "36")):
        for carbon, question in (("0.6", False), ("0.9", True)):
            plant = Plant(route=BURNING)
            mass = quantity("1000 KGM") if unit == "NM3" else None
            made = plant.output("good", "1000 KGM", fossil_carbon=carbon)
            taken = [supply("gas", f"{amount} {unit}", **({"mass": mass} if mass else {})), supply("sand", "1000 KGM")]
            found = plant.amounts([made], taken)
            assert any(code.startswith("carbon") for code in found) == question, (unit, carbon, found)


def test_gas_by_energy_explains_no_matter() -> None:
    plant = Plant(route=BURNT)
    assert raised(
        LedgerError, plant.run, [plant.output("good", "100 KGM")], [supply("gas", "10 MWH")]
    ).code == "mass-balance"


def test_a_material_in_a_unit_of_energy_is_an_omission_as_before() -> None:
    found = assessed(supply("polyethylene", "1 GV"))
    assert amounts(found, "polyethylene") == {}
    assert "polyethylene" in {one.what for one in found.omissions}


def test_power_and_heat_are_what_they_were() -> None:
    found = assessed(supply("electricity", "100 KWH"), supply("heat", "1000 3B"), supply("heat", "1 MWH"))
    assert [line.amount for line in found.lines if line.source == "electricity" and line.burden in ADDITIVE] == [60]
    assert sorted(line.amount for line in found.lines if line.source == "heat") == [100, 360]


@pytest.mark.parametrize("bought", [
    supply("electricity", "1000 KWH"), supply("heat", "1 GV"), supply("steam", "1 MWH"), supply("polyethylene", "1 GV"),
    supply("foreignPower", "1000 KWH"),
])
def test_an_analysis_turns_no_power_and_no_heat_into_a_fuel(bought: Supply) -> None:
    """Not even one with little carbon: grid power that is analysed as a fuel stays refused."""
    assert raised(
        LedgerError, assessed, bought, heatingValue="10", carbon="0.001"
    ).code in ("wrong-dimension", "invalid-activity")


def test_gas_of_the_set_in_cubic_metres_is_refused_by_name() -> None:
    error = raised(LedgerError, assessed, supply("gas", "100 MTQ", mass=Quantity(value="75", unit="KGM")))
    assert (error.code, error.field) == ("wrong-dimension", "supplies[1].quantity")
    assert error.rule == (
        "a quantity convertible to NM3 (normalised cubic metre), or to KWH or GV: its energy, net")
