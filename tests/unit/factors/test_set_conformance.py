"""The conformance kit for factor sets finds each fault that it names, and no fault in a sound set."""

import inspect
import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from support.factor_tables import Cells, factor, group, supply, version
from support.raising import raised

from ledger.sdk import FactorSet, FactorSetVersion
from ledger.sdk.sets import checks
from ledger.sdk.sets.factor_set import FactorSource, FactorTables
from ledger.sdk.testing import assert_set_conforms, check_factor_set, factor_sets

SAND = supply("sand")
SAND_ROW = factor("sand", low="0.5", high="2")
POWER = supply("electricity", kind="electricity", unit="KWH", en="grid power", zh="电")
POWER_ROW = factor("electricity", gases="CO2e 0.5")
DIESEL = supply("diesel", kind="fuel", heating_value="43", density="830")
DIESEL_ROW = factor("diesel", boundary="combustion", gases="CO2 3.1863;CH4 0.0001")
SOUND: tuple[list[Cells], list[Cells]] = ([SAND, POWER, DIESEL], [SAND_ROW, POWER_ROW, DIESEL_ROW])
NEXT_YEAR = datetime.now(UTC).year + 1


def factor_set(*versions: FactorSetVersion, name: str = "tests", en: str = "Tests", zh: str = "测试") -> FactorSet:
    return FactorSet(name, en, zh, versions)


def faults(supplies: list[Cells], factors: list[Cells], classes: list[Cells] | None = None) -> set[tuple[str, str]]:
    """Codes and places of the faults of a set that has these rows beside sound ones."""
    rows = version([*SOUND[0], *supplies], [*SOUND[1], *factors], classes=classes or [])
    return {(fault.code, fault.where.removeprefix("tests@1:")) for fault in check_factor_set(factor_set(rows))}


def test_a_sound_set_has_none() -> None:
    assert faults([], []) == set()
    assert_set_conforms(factor_set(version(*SOUND)))


def material(key: str = "m", **cells: str) -> list[Cells]:
    return [supply(key, **cells)]


def row(key: str = "m", **cells: str) -> Cells:
    """A default with a wide range."""
    return factor(key, **{"low": "0", "high": "9999999", **cells})


def amount(kind: str, unit: str, gases: str, boundary: str = "cradleToGate", **cells: str) -> set[tuple[str, str]]:
    """The faults of one factor of a supply of this kind."""
    found = faults(material("m", kind=kind, unit=unit, **cells),
                   [factor("m", gases=gases, boundary=boundary, low="0", high="9999999")])
    return {(code, where) for code, where in found if code == "plausible"}


@pytest.mark.parametrize(("kind", "unit", "most", "above"), [
    ("electricity", "KWH", "3", "3.001"), ("electricity", "MWH", "3000", "3001"), ("heat", "3B", "0.5", "0.51"),
    ("heat", "KWH", "1.8", "1.81"), ("material", "KGM", "100000", "100001"), ("material", "GRM", "100", "101"),
    ("transport", "TKM", "20", "21"), ("treatment", "KGM", "20", "21"), ("treatment", "MTQ", "50", "51"),
])
def test_amounts_by_kind(kind: str, unit: str, most: str, above: str) -> None:
    assert (amount(kind, unit, f"CO2e {most}"), amount(kind, unit, "CO2e 0")) == (set(), set())
    assert amount(kind, unit, f"CO2e {above}") == {("plausible", "m/cradleToGate/*/2020")}


@pytest.mark.parametrize(("gases", "boundary", "sound"), [
    # 20 MJ per kg: 40 to 300 g CO2 per MJ are 0.8 to 6 kg.
    ("CO2 0.8", "combustion", True), ("CO2 0.79", "combustion", False), ("CO2 6", "combustion", True),
    ("CO2 6.01", "combustion", False), ("CO2 0;CH4 0.001", "combustion", True),
    ("CH4biogenic 0.001", "combustion", True),
    # 5 g per MJ of CO2e are 0.1 kg: CH4 and N2O of biomass.
    ("CO2e 0.1", "combustion", True), ("CO2e 0.2", "combustion", False), ("CO2e 2", "combustion", True),
    ("CO2e 6", "wellToTank", True), ("CO2e 6.01", "wellToTank", False), ("CO2e 0", "wellToTank", True),
])
def test_amounts_of_fuels_by_heating_value(gases: str, boundary: str, sound: bool) -> None:
    expected = set() if sound else {("plausible", f"m/{boundary}/*/2020")}
    assert amount("fuel", "KGM", gases, boundary, heating_value="20") == expected


def test_the_upstream_of_a_fuel_without_heating_value() -> None:
    assert amount("fuel", "KGM", "CO2e 10", "wellToTank") == set()
    assert amount("fuel", "KGM", "CO2e 11", "wellToTank") == {("plausible", "m/wellToTank/*/2020")}


@pytest.mark.parametrize(("supplies", "factors", "expected"), [
    (material(unit="KWH"), [row()], {("unit", "m")}),
    (material(kind="electricity", unit="3B"), [row(gases="CO2e 0.1")], {("unit", "m")}),
    (material(kind="transport", unit="KMT"), [row()], {("unit", "m")}),
    (material(kind="fuel", unit="TKM"), [factor("m", boundary="wellToTank")], {("unit", "m")}),
    (material(kind="gas", unit="NM3"), [row()], {("conversion", "m")}),
    (material(kind="gas", unit="NM3", density="1.2"), [row()], set()),
    # Works gases are metered, and their density varies.
    (material(kind="fuel", unit="NM3"), [factor("m", boundary="wellToTank")], set()),
    (material(kind="fuel"), [factor("m", boundary="combustion", gases="CO2 2")], {("heating-value", "m")}),
    (material(), [], {("no-factor", "m")}),
    (material(), [factor("m")], {("reference-range", "m")}),
    # The newest row for the world needs one; without such a row, any row.
    (material(), [row(), factor("m", "CN")], set()),
    (material(), [row(place="CN"), factor("m")], {("reference-range", "m")}),
    (material(), [row(year="2019"), factor("m")], {("reference-range", "m")}),
    (material(), [row(place="CN"), factor("m", "DE")], set()),
    (material(kind="treatment"), [factor("m")], set()),
    (material(hs="72o8"), [row()], {("hs", "m")}),
    (material(hs="7208;72085100;7"), [row()], {("hs", "m")}),
    (material(en="砂"), [row()], {("names", "m")}),
    (material(zh="sand"), [row()], {("names", "m")}),
    (material("fineSand", en="fineSand"), [row("fineSand")], {("names", "fineSand")}),
    (material("grit", en="grit"), [row("grit")], set()),
    (material(en="Some Sand"), [row()], {("duplicate-name", "m")}),
    (material(zh="砂sand"), [row()], {("duplicate-name", "m")}),
    (material(), [row(boundary="wellToTank")],
     {("boundary", "m/wellToTank/*/2020"), ("reference-range", "m")}),
    (material(), [row(), factor("m", boundary="combustion", gases="CO2 2")], {("heating-value", "m")}),
    (material(heating_value="20"), [row(), factor("m", boundary="combustion", gases="CO2 2")], set()),
    (material(heating_value="20"), [row(), factor("m", boundary="combustion", gases="CO2 7")],
     {("plausible", "m/combustion/*/2020")}),
    (material(kind="fuel", heating_value="20"), [factor("m")], {("boundary", "m/cradleToGate/*/2020")}),
    (material(kind="heat", unit="3B"), [factor("m", boundary="residual", gases="CO2e 0.1")],
     {("boundary", "m/residual/*/2020")}),
    (material(), [row(place="XX")], {("place", "m/cradleToGate/XX/2020")}),
    (material(), [row(place="CN-ZZ")], {("place", "m/cradleToGate/CN-ZZ/2020")}),
    (material(), [row(place="CN-GRID-Nowhere")], {("place", "m/cradleToGate/CN-GRID-Nowhere/2020")}),
    (material(), [row(place="XX-AB")], {("place", "m/cradleToGate/XX-AB/2020")}),
    (material(), [row(place=place) for place in ("DE", "DE-BY", "CN-JS", "CN-GRID-East", "CN-TW", "EU", "AFR", "*")],
     set()),
    (material(), [row(year="1989")], {("year", "m/cradleToGate/*/1989")}),
    (material(), [row(year=str(NEXT_YEAR))], {("year", f"m/cradleToGate/*/{NEXT_YEAR}")}),
    ([], [factor("electricity", "CN", gases="CO2e 0.6"), factor("electricity", "CN", boundary="generation",
                                                                gases="CO2e 0.61")],
     {("generation", "electricity/generation/CN/2020")}),
    ([], [factor("electricity", "CN", gases="CO2e 0.6"),
          factor("electricity", "CN", boundary="generation", gases="CO2e 0.6"),
          factor("electricity", "CN", 2021, boundary="generation", gases="CO2e 0.9")], set()),
])
def test_each_fault_has_its_code(supplies: list[Cells], factors: list[Cells], expected: set[tuple[str, str]]) -> None:
    assert faults(supplies, factors) == expected


def test_every_supply_needs_a_class_if_there_are_classes() -> None:
    found = faults(material(**{"class": "stone"}), [row()], [group("stone", "stone")])
    assert found == {("class", "sand"), ("class", "electricity"), ("class", "diesel")}


@pytest.mark.parametrize(("recalled", "expected"), [(0, set()), (1, {("recalled", "tests@1")})])
def test_recalled_rows_are_below_a_tenth(recalled: int, expected: set[tuple[str, str]]) -> None:
    """One of ten rows is a tenth, not below."""
    rows = [factor("sand", "*", 2000 + i, status="recalled" if i < recalled else "read") for i in range(7)]
    assert (faults([], rows), faults([], [*rows, factor("sand", "DE")])) == (expected, set())


def test_a_set_that_is_built_by_hand() -> None:
    """The files refuse these already; a set may also be made of values."""
    rows = version(*SOUND)
    good = rows.rows["sand/cradleToGate/*/2020"]
    bad = [
        replace(good, place="DE", deviation=None, pedigree=None), replace(good, place="FR", source="nobody"),
        replace(good, place="IT", key="granite"), replace(good, place="AT", low=good.low and good.low * 3),
    ]
    made = FactorSetVersion("tests", "1", "0" * 64, FactorTables(
        list(rows.supplies.values()), [*rows, *bad],
        [FactorSource(id="s", title="", publisher="", year=2021, licence="")], [],
    ))
    assert {(fault.code, fault.where) for fault in check_factor_set(factor_set(made))} == {
        ("uncertainty", "tests@1:sand/cradleToGate/DE/2020"), ("source", "tests@1:sand/cradleToGate/FR/2020"),
        ("supply", "tests@1:granite/cradleToGate/IT/2020"), ("reference-range", "tests@1:sand/cradleToGate/AT/2020"),
        ("source", "tests@1:s"),
    }


@pytest.mark.parametrize(("given", "codes"), [
    (factor_set(version(*SOUND, "Tests"), name="Tests", en="A set"), {"name"}),
    (factor_set(version(*SOUND), name="other"), {"versions"}),
    (factor_set(version(*SOUND), en="tests"), {"names"}),
    (factor_set(version(*SOUND), en="测试"), {"names"}),
    (factor_set(version(*SOUND), zh="Tests"), {"names"}),
    (factor_set(), {"versions"}),
    (factor_set(version(*SOUND), version(*SOUND)), {"versions"}),
    (factor_set(version([], [])), {"empty"}),
])
def test_the_front_of_a_set(given: FactorSet, codes: set[str]) -> None:
    assert {fault.code for fault in check_factor_set(given)} == codes


def test_the_kit_describes_every_code() -> None:
    written = set()
    for module in (checks, factor_sets):
        written |= set(re.findall(r'(?:SetFault|ConformanceFault)\(\s*"([a-z-]+)"', inspect.getsource(module)))
    described = (factor_sets.__doc__ or "").partition("Codes of faults:")[2]
    stated = {code.strip() for line in described.strip().split("\n") for code in line.strip()[:33].split(",")}
    assert stated == written
    assert len(written) > 15


def test_all_faults_are_raised_at_once_a_line_each() -> None:
    rows = version([*SOUND[0], *material(unit="KWH", en="砂")], [*SOUND[1], row(place="XX")])
    first, *rest = str(raised(AssertionError, assert_set_conforms, factor_set(rows))).split("\n")
    assert first == "3 faults of set tests:"
    assert rest[0] == ("tests@1:m: unit: unit is 'KWH': it must be a unit of area or count or length or mass or normal "
                       "volume or volume")
    assert rest[1:] == [
        "tests@1:m: names: en is '砂': it must be an English name, other than the key",
        "tests@1:m/cradleToGate/XX/2020: place: place is 'XX': it must be an ISO 3166 code, a grid region, EU, * or "
        "one of AFR ASI EUR NAM OCE SAM",
    ]
