"""Goods of Annex I and their chains: what an installation reports for the border adjustment."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import carbon_ledger_cbam
import msgspec
import pytest
from carbon_ledger_cbam import exchange
from carbon_ledger_cbam.declaring import declare
from carbon_ledger_cbam.goods import category_names, good_of, mark_up
from msgspec.structs import replace
from support.containing import Containing
from support.installations import (
    POTENTIALS,
    emission,
    energy,
    grid,
    made,
    near,
    process,
    production,
    reconciled,
    simple,
    site,
    taken,
)
from support.raising import raised

from ledger.errors import InvalidInput
from ledger.sdk import Installations, InstallationYear, PowerUse, TakenLot

PROOF = "a" * 64
BILLET, POWER, HEAT = "urn:mill:billet", "urn:x:power", "urn:x:heat"
HEADER = "cn,country,direct,indirect,source\n"


# Which emissions of which goods count


@pytest.mark.parametrize(("cn", "gas", "embedded"), [
    ("2808 00 00", "N2O", 265.0), ("7207", "N2O", 0.0), ("7601", "CF4", 6630.0), ("7601", "C2F6", 11100.0),
    ("7207", "CF4", 0.0), ("2814", "N2O", 0.0), ("3105 20", "N2O", 265.0), ("7207", "CH4", 0.0),
])
def test_gases_by_goods(cn: str, gas: str, embedded: float) -> None:
    report = declare(Installations(at=1, installations=[simple(cn, emission(1.0, gas=gas))]))
    (line,) = report.lines
    assert (line.embedded, line.inside) == (near(embedded), bool(embedded))
    assert report.processes[0].embedded_direct == near(embedded / 10000)
    assert report.differences[0].kilograms == near(POTENTIALS[gas] - embedded)
    assert report.differences[0].reason == ("potential" if embedded else "gas")


@pytest.mark.parametrize(("burden", "reason"), [
    ("landManagementBiogenicCO2Emissions", "biogenic"), ("landUseChangeGhgEmissions", "landUse"),
    ("ccsTechnologicalCO2Capture", "removal"), ("biogenicNonCO2Emissions", "gas"),
])
def test_burdens_outside(burden: str, reason: str) -> None:
    lines = (emission(5.0), emission(3.0, "other", burden=burden))
    report = declare(Installations(at=1, installations=[simple("2523 10 00", *lines)]))
    assert report.processes[0].embedded_direct == near(0.0005)
    assert {one.reason for one in report.lines if not one.inside} == {reason}
    assert reconciled(report)


def test_heat_is_inside_and_capture_outside() -> None:
    report = declare(Installations(at=1, installations=[simple(
        "2523 10 00", emission(7.0, "steam", "heat"), emission(-2.0, "kiln", burden="ccsTechnologicalCO2Capture"))]))
    assert report.processes[0].embedded_direct == near(0.0007)
    assert reconciled(report)


def test_indirect_emissions_of_a_precursor_outside_annex_ii_are_paid_for() -> None:
    """Sintered ore at 0.05 + 0.02 into pig iron, 1.5 t a t: 0.03 of the pig iron's indirect emissions count."""
    ore = taken("urn:sinter", 15.0, 1050.0, cn="2601 12 00", facility="urn:sinterer", country="CN", year=2026,
                process="steel.sintering", attested=PROOF)
    sinter = site("urn:sinterer", production(
        "steel.sintering", lines=[emission(1000), emission(400, "electricity", "electricity")], power=[grid(1, 400)],
        makes=[made("urn:sinter", 20.0, "26011200", 1400.0)]))
    iron = simple("7201", emission(18000), emission(300, "electricity", "electricity"), takes=[ore],
                  power=[grid(1, 300)])
    report = declare(Installations(at=1, installations=[iron, sinter]))
    mine = process(report, "urn:plant")
    assert (mine.embedded_direct, mine.embedded_indirect) == (near(1.8 + 0.075), near(0.03 + 0.03))
    assert (mine.payable, process(report, "urn:sinterer").payable) == (near(1.875 + 0.03), near(0.05 + 0.02))
    by_default = declare(Installations(at=1, installations=[simple(
        "7201", takes=[replace(ore, attested=None)])]), f"{HEADER}26011200,CN,0.1,0.02,x\n".encode())
    assert process(by_default, "urn:plant").payable == near(1.5 * 0.12 * 1.1)


def test_indirect_emissions_of_a_precursor_of_annex_ii_are_not() -> None:
    """Hydrogen (annex II) into ammonia: its electricity is embedded but not counted, the ammonia's own is."""
    hydrogen = taken("urn:h2", 2.0, 4000.0, cn="2804 10 00", facility="urn:plant", year=2026,
                     process="petrochemicals.electrolysis", country="CN")
    electrolysis = production("petrochemicals.electrolysis", power=[grid(10, 6000)],
                              lines=[emission(6000, "electricity", "electricity")],
                              makes=[made("urn:h2", 3.0, "28041000", 6000.0)])
    synthesis = production("petrochemicals.ammonia", power=[grid(2, 1000)], takes=[hydrogen],
                           lines=[emission(500), emission(1000, "electricity", "electricity")],
                           makes=[made("urn:nh3", 10.0, "2814", 5500.0)])
    report = declare(Installations(at=1, installations=[site("urn:plant", electrolysis, synthesis)]))
    mine = process(report, "urn:plant", "ammonia")
    assert (mine.embedded_direct, mine.embedded_indirect) == (near(0.05), near(0.1 + 0.4))
    assert (mine.payable, report.precursors[0].way) == (near(0.05 + 0.1), "own")
    assert reconciled(report)


def test_mark_up_of_fertilisers() -> None:
    ammonia = taken("urn:nh3", 5.0, 9.0, cn="2814", country="EG", year=2026, facility="urn:x")
    assert process(declare(Installations(at=1, installations=[simple("3102 10", takes=[ammonia])]),
                           f"{HEADER}2814,*,2,0.5,x\n".encode()), "urn:plant").payable == near(0.5 * 2.5 * 1.01)


# Power and heat


def powered(use: PowerUse, country: str = "VN", **more: Any) -> InstallationYear:
    return site("urn:plant", production("nonferrous.electrolysis", power=[use], lines=[],
                                        makes=[made("urn:metal", 10.0, "7601", 0.0)]), country=country, **more)


def indirect(installation: InstallationYear, defaults: bytes | None = None, *others: InstallationYear) -> Any:
    report = declare(Installations(at=1, installations=[installation, *others]), defaults)
    (power,) = report.power
    assert process(report, "urn:plant").embedded_indirect * 10 == near(power.indirect)
    return power


GRID = f"{HEADER}2716 00 00,VN,0.7,,the grid of VN\n".encode()


def test_power_by_contract_counts_with_its_own_factor_where_evidence_is_there() -> None:
    contract = PowerUse(way="contract", kilowatt_hours=1000, carbon_dioxide=30, evidence="powerPurchaseAgreement")
    assert (indirect(powered(contract)).way, indirect(powered(contract)).indirect) == ("contract", near(0.03))
    assert indirect(powered(replace(contract, evidence="directLine")), GRID).way == "directLine"
    without = indirect(powered(replace(contract, evidence=None)), GRID)
    assert (without.way, without.factor, without.source) == ("grid", near(0.7), "the grid of VN")


def test_power_of_the_grid() -> None:
    """The file's factor before the record's own line; the ledger's table where a contract proves nothing."""
    use = grid(1, 600)
    assert (indirect(powered(use)).indirect, indirect(powered(use), GRID).indirect) == (near(0.6), near(0.7))
    contract = PowerUse(way="contract", kilowatt_hours=1000, carbon_dioxide=0)
    found = indirect(powered(contract, "CN", subdivision="CN-JS"))
    assert (found.way, "electricity" in found.source) == ("grid", True)
    assert 0.3 < found.factor < 1.0
    error = raised(InvalidInput, declare, Installations(at=1, installations=[powered(contract)]))
    assert (error.code, "VN" in error.message) == ("no-grid-factor", True)


def lot_of_power(**more: Any) -> TakenLot:
    return taken(POWER, None, 90.0, **{"quantity": 1000.0, "unit": "KWH", "facility": "urn:wind", "country": "VN",
                                       "year": 2026, "process": "energy.wind", **more})


def test_lots_of_power() -> None:
    """A generator burns 400 kg for 10 MWh, with 100 upstream: 0.04 t/MWh count by direct line; else the grid does."""
    generator = site("urn:wind", production("energy.power", lines=[emission(400), emission(100, "fuel", "upstream")],
                                            makes=[energy(POWER, 10000.0, "KWH", 500.0)]), country="VN")

    def plant(lot: TakenLot) -> InstallationYear:
        return site("urn:plant", production("nonferrous.electrolysis", takes=[lot],
                                            makes=[made("urn:metal", 10.0, "7601", 90.0)]), country="VN")

    proved = plant(lot_of_power(evidence="directLine"))
    power = indirect(proved, None, generator)
    assert (power.way, power.factor, power.megawatt_hours) == ("directLine", near(0.04), near(1))
    report = declare(Installations(at=1, installations=[proved, generator]))
    assert process(report, "urn:plant").embedded_electricity == near(0.1)
    assert reconciled(report)
    unproved = indirect(plant(lot_of_power()), GRID)
    assert (unproved.way, unproved.factor) == ("grid", near(0.7))
    green = taken("urn:green", None, 0.0, role="attribute", quantity=1000.0, unit="KWH")
    both = site("urn:plant", production("nonferrous.electrolysis", takes=[lot_of_power(), green],
                                        makes=[made("urn:metal", 10.0, "7601", 90.0)]), country="VN")
    assert indirect(both, GRID).indirect == near(0.7)


def test_power_and_heat_of_the_installation_itself() -> None:
    """A boiler burns 600 kg for 10 GJ, a generator 800 kg and 2 GJ of that heat for 1 MWh, a store passes half of it on
    with 1/4 lost: heat is direct, power indirect with the heat in it."""
    boiler = production("energy.boiler", lines=[emission(600)], makes=[energy(HEAT, 10.0, "GV", 600.0)])
    steam = taken(HEAT, None, 120.0, quantity=2.0, unit="GV", facility="urn:plant", year=2026, process="energy.boiler")
    generator = production("energy.power", lines=[emission(800)], takes=[steam],
                           makes=[energy(POWER, 1.0, "MWH", 920.0)])
    store = production("energy.storage", makes=[energy("urn:x:stored", 0.375, "MWH", 460.0)], takes=[taken(
        POWER, None, 460.0, quantity=0.5, unit="MWH", facility="urn:plant", year=2026, process="energy.power")])
    works = production("nonferrous.electrolysis", makes=[made("urn:metal", 10.0, "7601", 1060.0)], takes=[
        replace(steam, quantity=8.0, carried=480.0, made=480.0),
        taken("urn:x:stored", None, 460.0, quantity=0.375, unit="MWH", facility="urn:plant", year=2026,
              process="energy.storage"),
        taken(POWER, None, 120.0, quantity=0.125, unit="MWH", facility="urn:plant", year=2026, process="energy.power",
              made=115.0),
    ])
    report = declare(Installations(at=1, installations=[site("urn:plant", boiler, generator, store, works)]))
    metal = process(report, "urn:plant", "unwroughtAluminium")
    assert (metal.embedded_direct, metal.specific_direct) == (near(0.048), near(0.048))
    assert (metal.embedded_indirect, metal.embedded_electricity) == (near((460 + 115) / 10000), near(0.05))
    assert {one.way for one in report.power if one.process == metal.process} == {"directLine"}
    assert reconciled(report)


def test_energy_that_leaves_takes_its_own_emissions_and_slag_none() -> None:
    """1,000 kg on site; waste gas is assigned 100, slag 50. The ledger's steel carries 850, the regulation's 900."""
    record = production("steel.basicOxygen", lines=[emission(1000)], makes=[
        made(BILLET, 10.0, "7207", 850.0),
        energy("urn:gas", 5.0, "GV", 100.0, 0.0, assigned=100.0, role="byProduct"),
        made("urn:slag", 1.0, None, 50.0, 0.0, assigned=50.0, role="byProduct"),
    ])
    report = declare(Installations(at=1, installations=[site("urn:plant", record)]))
    steel = process(report, "urn:plant", "crudeSteel")
    assert (steel.embedded_direct, process(report, "urn:plant", "urn:gas").total_embedded) == (near(0.09), near(0.1))
    assert [(one.reason, one.kilograms) for one in report.differences] == [("allocation", near(-50))]
    assert reconciled(report)


def test_own_emissions_are_not_below_zero() -> None:
    record = production("steel.basicOxygen", lines=[emission(50)], makes=[
        made(BILLET, 10.0, "7207", -50.0), energy("urn:gas", 5.0, "GV", 100.0, 0.0, assigned=100.0, role="byProduct")])
    report = declare(Installations(at=1, installations=[site("urn:plant", record)]))
    assert process(report, "urn:plant", "crudeSteel").embedded_direct == 0.0
    assert [(one.reason, one.kilograms) for one in report.differences] == [("floor", near(-50))]
    assert any("below zero" in text for text in report.warnings)
    assert reconciled(report)


# Tables


@pytest.mark.parametrize(("cn", "category"), [
    ("2507 00 80", "calcinedClay"), ("25231000", "cementClinker"), ("2523.29.00", "cement"), ("2804 10 00", "hydrogen"),
    ("2808 00 00", "nitricAcid"), ("2814 10 00", "ammonia"), ("3102 10 10", "urea"), ("3102 30 10", "mixedFertilisers"),
    ("3105 60 00", None), ("3105 20 10", "mixedFertilisers"), ("2601 12 00", "sinteredOre"), ("2601 11 00", None),
    ("7201 10 11", "pigIron"), ("7202 11 20", "ferroAlloys"), ("7202 21 00", None), ("7203", "directReducedIron"),
    ("7204 10 00", None), ("7207 11 14", "crudeSteel"), ("7208 10 00", "steelProducts"), ("7224 90 02", "crudeSteel"),
    ("7312 10", None), ("7318 15 42", "steelProducts"), ("7601 10 00", "unwroughtAluminium"), ("7602 00 00", None),
    ("7616 99 90", "aluminiumProducts"), ("8708", None), ("72", None), ("steel", None), (None, None),
])
def test_goods_of_annex_i(cn: str | None, category: str | None) -> None:
    found = good_of(cn)
    assert (None if found is None else found.category) == category


@pytest.mark.parametrize(("cn", "direct_only"), [
    ("2523 10 00", False), ("2814", False), ("2601 12 00", False), ("2804 10 00", True), ("7207", True), ("7326", True),
    ("7601", True), ("7202 60", True),
])
def test_goods_of_annex_ii(cn: str, direct_only: bool) -> None:
    assert good_of(cn).direct_only == direct_only


def test_every_row_of_a_table_has_a_source_and_a_status() -> None:
    folder = Path(carbon_ledger_cbam.__file__).parent
    for name in ("goods", "markups", "exempt"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows: list[Mapping[str, str]] = list(csv.DictReader(file))
        assert rows, name
        assert all(row["source"] and row["status"] in ("read", "recalled") for row in rows), name
    with (folder / "goods.csv").open(encoding="utf-8", newline="") as file:
        assert {row["category"] for row in csv.DictReader(file)} - {""} == set(category_names())
    assert (mark_up("cement", 2027).percent, mark_up("fertilisers", 2030).percent) == (20, 1)


def test_tables_for_a_workbook() -> None:
    cbam = exchange()
    assert cbam.report is not None
    assert cbam.sheets is not None
    sheets = cbam.sheets(cbam.report(Installations(at=1, installations=[simple("7207", emission(5.0))]), None))
    assert [sheet.name for sheet in sheets] == ["summary", "processes", "precursors", "lines", "sources"]
    for sheet in sheets:
        assert all(len(row) == len(sheet.columns) for row in sheet.rows), sheet.name
    raised(InvalidInput, cbam.sheets, cbam.read(json.dumps({"processes": []}).encode()))


# Embedded emissions against the Commission's published examples, and against cases solved by hand.


CASES = sorted((Path(__file__).parents[2] / "vectors" / "cbam").glob("*.json"))


def read(case: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(exchange().read(json.dumps(case).encode()))
    return found


def listed(name: str, tonnes: float = 100, attributed: float = 50, **more: Any) -> dict[str, Any]:
    return {"name": name, "goods": "Goods", "activityLevelTonnes": tonnes,
            "directlyAttributableTonnesCO2e": attributed, **more}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_published_examples(path: Path) -> None:
    """To 1e-9 relative: every figure that the example prints."""
    case = json.loads(path.read_bytes())
    expected, found = case["expected"], read(case)
    assert len(found["processes"]) == len(expected["processes"])
    for mine, theirs in zip(found["processes"], expected["processes"], strict=True):
        for name, value in theirs.items():
            assert mine[name] == (value if name == "name" else pytest.approx(value, rel=1e-9)), name
    assert found == Containing({
        "streams": pytest.approx(expected["streams"], rel=1e-9),
        "pfc": pytest.approx(expected.get("pfcTonnesCO2e", []), rel=1e-9),
    })
    attributed = sum(one["directlyAttributableTonnesCO2e"] for one in case["processes"])
    rest = expected["installation"]["directTonnesCO2e"] - attributed
    assert found["unattributed"]["directTonnesCO2e"] == pytest.approx(rest, abs=1e-6)


def test_there_are_three_examples() -> None:
    assert [path.stem for path in CASES] == ["aluminium", "cement", "steel-blast-furnace"]


def test_what_crosses_the_border_of_a_process() -> None:
    """50 + 2 TJ * 60 - 1 TJ * 30 + 56.1 * (0.5 - 0.667 * 0.25) - 10 MWh * 0.4 = 136 + 18.695325 t; over 100 t."""
    found = read({"processes": [listed(
        "a", heat={"importTJ": 2, "importFactor": 60, "exportTJ": 1, "exportFactor": 30},
        wasteGas={"importTJ": 0.5, "exportTJ": 0.25}, electricityExported={"MWh": 10, "factor": 0.4},
        electricityMWh=20, electricityFactor=0.5,
    )]})["processes"][0]
    assert found["specificDirect"] == found["embeddedDirect"] == pytest.approx(1.54695325, rel=1e-12)
    assert found == Containing({
        "specificIndirect": pytest.approx(0.1, rel=1e-12),
        "embeddedElectricityMWhPerTonne": pytest.approx(0.2, rel=1e-12),
    })


def test_own_emissions_are_not_negative() -> None:
    found = read({"processes": [listed("a", attributed=5, heat={"exportTJ": 1, "exportFactor": 60})]})
    assert found["processes"][0]["specificDirect"] == 0.0


def test_processes_that_feed_each_other_and_a_purchased_precursor() -> None:
    """a takes 20 t of b for its 100 t, b takes 10 t of a for its 50 t, and 25 t of bought iron at 2 t CO2 and 0.4 MWh.

    a = 0.5 + 0.2 b; b = 0.3 + 0.2 a + 0.5 * 2 -> b = (1.3 + 0.1) / (1 - 0.04) = 1.4583.., a = 0.5 + 0.2 b = 0.79166..
    MWh: a = 0.1 + 0.2 b; b = 0.2 a + 0.5 * 0.4 -> b = 0.22 / 0.96, a = 0.1 + 0.2 b. Bought power at 0.6, own at 0.5.
    """
    found = read({
        "processes": [
            listed("a", precursors=[{"process": "b", "tonnes": 20}], electricityMWh=10, electricityFactor=0.5),
            listed("b", 50, 15, precursors=[{"process": "a", "tonnes": 10}, {"purchased": "iron", "tonnes": 25}]),
        ],
        "purchasedPrecursors": [{"name": "iron", "goods": "Pig iron", "directTonnesPerTonne": 2,
                                 "electricityMWhPerTonne": 0.4, "electricityFactor": 0.6}],
    })["processes"]
    assert found[0]["specificDirect"] == pytest.approx(0.5)
    assert [one["embeddedDirect"] for one in found] == pytest.approx([0.5 + 0.2 * 1.4 / 0.96, 1.4 / 0.96], rel=1e-12)
    power = [0.1 + 0.2 * 0.22 / 0.96, 0.22 / 0.96]
    assert [one["embeddedElectricityMWhPerTonne"] for one in found] == pytest.approx(power, rel=1e-12)
    # Indirect: a = 0.05 + 0.2 b; b = 0.2 a + 0.5 * 0.4 * 0.6 -> b = (0.12 + 0.01) / 0.96
    indirect = [0.05 + 0.2 * 0.13 / 0.96, 0.13 / 0.96]
    assert [one["embeddedIndirect"] for one in found] == pytest.approx(indirect, rel=1e-12)


def test_streams_by_each_method() -> None:
    """Combustion 10 t * 40 GJ/t / 1000 * 75 * 0.8 * 0.99 = 23.76; of a factor per t 10 * 3 * 0.99 = 29.7; process
    10 * 0.44 * 0.5 = 2.2; mass balance 3.664 * -2 * 0.9 = -6.5952. Unattributed: the sum less 50."""
    streams = [
        {"name": "oil", "method": "combustion", "activity": 10, "ncv": 40, "emissionFactor": 75,
         "emissionFactorUnit": "tCO2/TJ", "biomassPercent": 20, "oxidationPercent": 99},
        {"name": "tyres", "method": "combustion", "activity": 10, "emissionFactor": 3, "emissionFactorUnit": "tCO2/t",
         "oxidationPercent": 99},
        {"name": "stone", "method": "process", "activity": 10, "emissionFactor": 0.44,
         "emissionFactorUnit": "tCO2/t", "conversionPercent": 50},
        {"name": "dust", "method": "massBalance", "activity": -2, "carbonContent": 0.9},
    ]
    found = read({"processes": [listed("a")], "sourceStreams": streams})
    assert found["streams"] == pytest.approx([23.76, 29.7, 2.2, -6.5952], rel=1e-12)
    assert found["unattributed"]["directTonnesCO2e"] == pytest.approx(49.0648 - 50, rel=1e-12)


STREAM = {"name": "x", "method": "combustion", "activity": 1, "ncv": 1, "emissionFactor": 1}
PFC = {"productionTonnes": 1, "anodeEffectsPerCellDay": 1, "minutesPerAnodeEffect": 1, "slopeEmissionFactor": 1,
       "c2f6WeightFraction": 0.1}


@pytest.mark.parametrize(("case", "field"), [
    ({}, "case.processes"),
    ({"processes": [listed("a", 0)]}, "processes[0].activityLevelTonnes"),
    ({"processes": [listed("a"), listed("a")]}, "processes[1].name"),
    ({"processes": [listed("a", electricityMWh=-1)]}, "processes[0].electricityMWh"),
    ({"processes": [listed("a", precursors=[{"process": "b", "tonnes": 1}])]}, "processes[0].precursors[0].process"),
    ({"processes": [listed("a", precursors=[{"purchased": "b", "tonnes": 1}])]},
     "processes[0].precursors[0].purchased"),
    ({"processes": [listed("a", precursors=[{"tonnes": 1}])]}, "processes[0].precursors[0]"),
    ({"processes": [listed("a", precursors=[{"process": "a", "tonnes": 100}])]}, "processes"),
    ({"processes": [listed("a", precursors=[{"process": "a", "tonnes": 150}])]}, "processes"),
    ({"processes": [listed("a")], "sourceStreams": [{**STREAM, "oxidationPercent": 101}]},
     "sourceStreams[0].oxidationPercent"),
    ({"processes": [listed("a")], "sourceStreams": [{**STREAM, "ncv": -1}]}, "sourceStreams[0].ncv"),
    ({"processes": [listed("a")], "sourceStreams": [{**STREAM, "ncv": None}]}, "sourceStreams[0].ncv"),
    ({"processes": [listed("a")], "sourceStreams": [{**STREAM, "method": "guess"}]}, "case.sourceStreams[0].method"),
    ({"processes": [listed("a")], "sourceStreams": [{**STREAM, "method": "massBalance", "carbonContent": 1.1}]},
     "sourceStreams[0].carbonContent"),
    ({"processes": [listed("a")], "pfc": [{**PFC, "collectionEfficiency": 0}]}, "pfc[0].collectionEfficiency"),
    ({"processes": [listed("a")], "pfc": [{**PFC, "productionTonnes": -1}]}, "pfc[0].productionTonnes"),
    ({"processes": [listed("a")], "purchasedPrecursors": [
        {"name": "i", "goods": "g", "directTonnesPerTonne": -1}]}, "purchasedPrecursors[0].directTonnesPerTonne"),
    ({"processes": "none"}, "case.processes"),
])
def test_what_no_installation_can_have(case: dict[str, Any], field: str) -> None:
    error = raised(InvalidInput, read, case)
    assert error.field == field
    assert error.rule


def test_what_is_no_json() -> None:
    assert "not valid JSON" in str(raised(InvalidInput, lambda: exchange().read(b"{")))


# CBAM from ledger chains: installations by hand, in kg and t. A mill casts billets of crude steel, a forge forges
# them.

MILL, FORGE, CHAIN_PROOF = "urn:mill:site", "urn:forge:site", "a" * 64
CHAIN_BILLET, FORGING = "urn:mill:billet", "urn:forge:forging"

DEFAULTS = f"{HEADER}7207,CN,2.5,0.1,a study\n".encode()
MILLED = production(
    "steel.electricArcFurnace", power=[grid(50, 30000)],
    lines=[emission(20000), emission(100, "leaks", gas="CH4"), emission(5000, "lime", "upstream"),
           emission(700, "lorry", "transport"), emission(300, "dust", "treatment"),
           emission(30000, "electricity", "electricity")],
    makes=[made(CHAIN_BILLET, 100.0, "7207 11 14", 53082.0, 0.9),
           made("urn:mill:slag", 10.0, None, 5898.0, 0.1, role="byProduct")],
)
CARRIED = 0.2 * 53082 + 50
BILLETS = taken(CHAIN_BILLET, 20.0, CARRIED, made=CARRIED - 50, cn="72071114", facility=MILL, country="CN",
                process="steel.electricArcFurnace", year=2026, attested=CHAIN_PROOF)
FORGED = production(
    "equipment.forging", power=[grid(9, 5400)], takes=[BILLETS],
    lines=[emission(1800), emission(200, "gas", "upstream"), emission(5400, "electricity", "electricity")],
    makes=[made(FORGING, 18.0, "7326", 7400 + CARRIED)],
)


def forge(billets: TakenLot, *others: InstallationYear, year: int = 2026) -> Installations:
    return Installations(at=7, installations=[site(FORGE, replace(FORGED, taken=[billets]), year=year), *others])


def chain(attested: str | None = CHAIN_PROOF) -> Installations:
    return forge(replace(BILLETS, attested=attested), *([site(MILL, MILLED)] if attested else []))


# A chain of two installations


def test_a_precursor_with_an_attestation_counts_with_its_own_figures() -> None:
    report = declare(chain())
    mine, theirs = process(report, FORGE), process(report, MILL)
    assert (theirs.embedded_direct, theirs.embedded_indirect) == (near(0.2), near(0.3))
    assert (theirs.specific_direct, theirs.specific_indirect) == (near(0.2), near(0.3))
    assert (mine.specific_direct, mine.specific_indirect) == (near(0.1), near(0.3))
    assert (mine.embedded_direct, mine.embedded_indirect) == (near(5.8 / 18), near(11.4 / 18))
    assert mine.embedded_electricity == near((9 + 20 * 0.5) / 18)
    assert (mine.total_embedded, mine.total_footprint) == (near(17.2), near(7.4 + CARRIED / 1000))
    assert (mine.process.category, mine.process.route, mine.direct_only) == ("steelProducts", "forging", True)
    assert (mine.asked, theirs.asked, mine.default_share) == (True, False, 0.0)
    (precursor,) = report.precursors
    assert (precursor.way, precursor.facility, precursor.attested, precursor.made_in, precursor.direct,
            precursor.indirect, precursor.counted) == ("actual", MILL, CHAIN_PROOF, 2026, near(0.2), near(0.3), 0.0)
    assert precursor.route == "electricArcFurnace"
    assert reconciled(report)


def test_embedded_and_payable_stand_apart() -> None:
    """Goods of annex II pay for direct emissions alone, and nobody pays before 2026."""
    report = declare(chain())
    assert (process(report, FORGE).payable, process(report, FORGE).total_payable) == (near(5.8 / 18), near(5.8))
    (goods,) = report.goods
    assert (goods.category, goods.tonnes, goods.total_payable) == ("steelProducts", 18, near(5.8))
    assert (goods.total_embedded, goods.zh) == (near(17.2), "钢铁制品")
    earlier = declare(forge(replace(BILLETS, year=2025), site(MILL, MILLED, year=2025), year=2025))
    assert (process(earlier, FORGE).total_embedded, {one.payable for one in earlier.processes}) == (near(17.2), {0.0})


def test_every_line_is_said_to_be_inside_or_outside() -> None:
    report = declare(chain())
    told = {(one.source, one.inside, one.reason): (one.footprint, one.embedded)
            for one in report.lines if one.process.facility == MILL}
    assert told == {
        ("furnace", True, "onSite"): (20000, 20000), ("leaks", False, "gas"): (near(2980), 0),
        ("lime", False, "upstream"): (5000, 0), ("lorry", False, "transport"): (700, 0),
        ("dust", False, "treatment"): (300, 0), ("electricity", True, "indirect"): (30000, 0),
    }


def test_footprint_and_embedded_differ_by_what_is_named() -> None:
    report = declare(chain())
    of = {name: {(one.reason, one.source): one.kilograms for one in report.differences if one.process.facility == name}
          for name in (MILL, FORGE)}
    assert of[MILL] == {
        ("gas", "leaks"): near(2980), ("upstream", "lime"): near(5000), ("transport", "lorry"): near(700),
        ("treatment", "dust"): near(300), ("allocation", "electricArcFurnace"): near(-5898),
    }
    assert of[FORGE] == {
        ("upstream", "gas"): near(200), ("sinceMade", CHAIN_BILLET): near(50),
                         ("behind", CHAIN_BILLET): near(10616.4 - 10000),
    }
    assert reconciled(report)


def test_the_same_chain_by_an_installation_file() -> None:
    """The reader of FORMAT.md's cases, fed with the same figures in t, finds the same."""
    case = {
        "processes": [
            {"name": "forging", "goods": "steel", "activityLevelTonnes": 18, "directlyAttributableTonnesCO2e": 1.8,
             "electricityMWh": 9, "electricityFactor": 0.6, "precursors": [{"process": "billets", "tonnes": 20}]},
            {"name": "billets", "goods": "steel", "activityLevelTonnes": 100, "directlyAttributableTonnesCO2e": 20,
             "electricityMWh": 50, "electricityFactor": 0.6},
        ],
    }
    read: Any = msgspec.to_builtins(exchange().read(json.dumps(case).encode()))
    mine = process(declare(chain()), FORGE)
    assert read["processes"][0] == Containing({
        "embeddedDirect": near(mine.embedded_direct), "embeddedIndirect": near(mine.embedded_indirect),
        "embeddedElectricityMWhPerTonne": near(mine.embedded_electricity),
    })


def test_lots_that_differ_from_the_average_of_the_year() -> None:
    """A second heat of 100 t at 40,000 kg on site makes the year's average 0.3 direct; the lots that were taken are of
    the first heat."""
    second = production("steel.electricArcFurnace", lines=[emission(40000)],
                        makes=[made(CHAIN_BILLET, 100.0, "72071114", 40000)])
    report = declare(forge(BILLETS, site(MILL, MILLED, second)))
    assert process(report, MILL).embedded_direct == near(0.3)
    assert process(report, FORGE).embedded_direct == near((1.8 + 20 * 0.3) / 18)
    average = next(one for one in report.differences if one.reason == "average")
    assert average.kilograms == near(20 * 530.82 - 20 * (53082 + 40000) / 200)
    assert reconciled(report)


# Default values


@pytest.mark.parametrize(("year", "mark"), [(2025, 0), (2026, 10), (2027, 20), (2028, 30), (2031, 30)])
def test_a_precursor_without_an_attestation_has_the_default_value_with_its_mark_up(year: int, mark: int) -> None:
    report = declare(forge(replace(BILLETS, attested=None), year=year), DEFAULTS)
    mine = process(report, FORGE)
    direct, indirect = 2.5 * (1 + mark / 100), 0.1 * (1 + mark / 100)
    assert mine.embedded_direct == near((1.8 + 20 * direct) / 18)
    assert mine.embedded_indirect == near((5.4 + 20 * indirect) / 18)
    assert mine.default_share == near(20 * (direct + indirect) / (1.8 + 5.4 + 20 * (direct + indirect)))
    (precursor,) = report.precursors
    assert (precursor.way, precursor.mark_up, precursor.source) == ("default", mark, "a study")
    assert (precursor.direct, precursor.indirect, precursor.counted) == (near(direct), near(indirect), 0.0)
    assert any("default value" in text and CHAIN_BILLET in text for text in report.warnings)
    assert any(one.status == "given" and one.source == "a study" for one in report.sources)
    difference = next(one for one in report.differences if one.reason == "default")
    assert difference.kilograms == near(CARRIED - 20000 * (direct + indirect))
    assert reconciled(report)


@pytest.mark.parametrize(("rows", "direct"), [
    ("7207,*,3,0,other\n", 3.0), ("7207,*,3,0,other\n7207,CN,2,0,x\n", 2.0),
    ("7207,CN,2,0,x\n72071114,CN,1,0,x\n", 1.0), ("72071114,*,4,0,x\n7207,CN,2,,x\n", 2.0),
])
def test_which_default_value_holds(rows: str, direct: float) -> None:
    """The country before all others, then the longest code."""
    assert declare(chain(None), (HEADER + rows).encode()).precursors[0].direct == near(direct * 1.1)


def test_a_value_of_the_year_comes_first() -> None:
    rows = b"cn,country,year,direct,indirect,source\n7207,CN,,2,0,x\n7207,CN,2026,3,0,x\n7207,CN,2027,4,0,x\n"
    assert declare(chain(None), rows).precursors[0].direct == near(3.3)


def test_a_precursor_of_unknown_country() -> None:
    unknown = replace(BILLETS, attested=None, facility=None, country=None)
    rows = HEADER + "7207,*,3,0,x\n"
    report = declare(forge(unknown), rows.encode())
    assert report.precursors[0].direct == near(3.3)
    assert any("country" in text for text in report.warnings)
    assert declare(forge(unknown), (rows + "7207,unknown,5,0,x\n").encode()).precursors[0].direct == near(5.5)


@pytest.mark.parametrize("defaults", [
    None, HEADER.encode(), HEADER.encode() + b"7207,VN,1,0,x\n", HEADER.encode() + b"72071199,CN,1,0,x\n",
])
def test_a_missing_default_value_is_never_guessed(defaults: bytes | None) -> None:
    error = raised(InvalidInput, declare, chain(None), defaults)
    assert error.code == "no-default-value"
    assert all(part in error.message for part in ("72071114", "CN", CHAIN_BILLET))


@pytest.mark.parametrize("data", [
    b"", b"cn,country,direct,source\n", b"cn;country;direct;indirect;source\n", HEADER.encode() + b"72,CN,1,0,x\n",
    HEADER.encode() + b"7207,China,1,0,x\n", HEADER.encode() + b"7207,CN,-1,0,x\n",
    HEADER.encode() + b"7207,CN,1e3,0,x\n",
    HEADER.encode() + b"7207,CN,,0,x\n", HEADER.encode() + b"7207,CN,nan,0,x\n", HEADER.encode() + b"7207,CN,1,0,\n",
    HEADER.encode() + b"7207,CN,1,0,x\n7207,CN,2,0,x\n", HEADER.encode() + b"7207,CN,1,0,x,y\n", b"\xff\xfe",
    HEADER.encode() + b'7207,CN,1,0,"x\n', b"cn,country,direct,indirect,source,note\n",
    b"cn,country,direct,indirect,source,year\n7207,CN,1,0,x,26\n", HEADER.encode() + b"7207,CN,99999,0,x\n",
])
def test_what_is_no_file_of_default_values(data: bytes) -> None:
    error = raised(InvalidInput, declare, chain(None), data)
    assert error.code == "invalid-defaults"
    assert None not in (error.field, error.rule)


def test_precursors_of_the_union_count_as_zero() -> None:
    report = declare(forge(replace(BILLETS, attested=None, country="DE")))
    assert (process(report, FORGE).embedded_direct, report.precursors[0].way) == (near(0.1), "exempt")
    assert reconciled(report)


def test_the_same_precursor_of_two_installations_stays_apart() -> None:
    other = replace(BILLETS, attested=None, facility="urn:other", tonnes=5.0, quantity=5.0, carried=9.0, made=9.0)
    mine = site(FORGE, replace(FORGED, taken=[BILLETS, other]))
    report = declare(Installations(at=7, installations=[mine, site(MILL, MILLED)]), DEFAULTS)
    told = {one.facility: (one.way, one.tonnes, one.direct) for one in report.precursors}
    assert told == {MILL: ("actual", 20, near(0.2)), "urn:other": ("default", 5, near(2.75))}
    assert process(report, FORGE).embedded_direct == near((1.8 + 20 * 0.2 + 5 * 2.75) / 18)


def test_a_declaration_of_another_installation() -> None:
    """Attested CBAM figures count; a footprint of another method does not."""
    declared = replace(BILLETS, declared="cbam", process=None, carried=20000.0, made=20000.0, electricity=6000.0,
                       kilowatt_hours=10000.0)
    report = declare(forge(declared))
    assert (report.precursors[0].way, report.precursors[0].direct) == ("declared", near(0.7))
    assert (report.precursors[0].indirect, process(report, FORGE).embedded_direct) == (near(0.3), near((1.8 + 14) / 18))
    assert process(report, FORGE).embedded_electricity == near((9 + 10) / 18)
    assert declare(forge(replace(declared, declared="pact")), DEFAULTS).precursors[0].way == "default"
    assert declare(forge(replace(declared, attested=None)), DEFAULTS).precursors[0].way == "default"


def test_what_is_no_precursor() -> None:
    scrap = taken("urn:scrap", 30.0, 500.0, role="waste", cn="7207 11 14")
    ore = taken("urn:ore", 10.0, 800.0, cn="2601 11 00", facility="urn:mine", year=2026, process="x.mine", country="AU")
    oddity = taken("urn:oddity", 1.0, 70.0)
    report = declare(Installations(at=7, installations=[site(FORGE, replace(FORGED, taken=[scrap, ore, oddity]))]))
    assert (report.precursors, process(report, FORGE).embedded_direct) == ([], near(0.1))
    told = {one.reason: one.kilograms for one in report.differences}
    assert (told["scrap"], told["material"], told["unclassified"]) == (near(500), near(800), near(70))
    assert [text for text in report.warnings if "urn:oddity" in text]
    assert not [text for text in report.warnings if "urn:ore" in text or "urn:scrap" in text]


# Routes, loops, and what cannot be


def test_goods_categories_and_routes_stand_apart_and_add_up() -> None:
    arc = production("steel.electricArcFurnace", lines=[emission(1000)], makes=[made(CHAIN_BILLET, 10.0, "7207", 1000)])
    oxygen = production("steel.basicOxygen", lines=[emission(6000)], makes=[made(CHAIN_BILLET, 30.0, "7207", 6000)])
    rolled = production("steel.rolling", lines=[emission(90)], makes=[made("urn:sheet", 3.0, "7208", 90)])
    report = declare(Installations(at=1, installations=[site("urn:plant", arc, oxygen, rolled)]))
    assert {(one.process.category, one.process.route): one.embedded_direct for one in report.processes} == {
        ("crudeSteel", "electricArcFurnace"): near(0.1), ("crudeSteel", "basicOxygen"): near(0.2),
        ("steelProducts", "rolling"): near(0.03)}
    goods = {one.category: (one.tonnes, one.embedded_direct) for one in report.goods}
    assert goods == {"crudeSteel": (40, near(7 / 40)), "steelProducts": (3, near(0.03))}


def looped(back: float) -> Installations:
    """The forge sells `back` t of forgings to the mill, which casts them into its 100 t of billets."""
    forgings = taken(FORGING, back, 0.0, cn="7326", facility=FORGE, country="CN", year=2026,
                     process="equipment.forging", attested=CHAIN_PROOF)
    return Installations(at=1, installations=[
        site(FORGE, FORGED), site(MILL, replace(MILLED, taken=[forgings]))])


def test_installations_that_feed_each_other() -> None:
    """f = 0.1 + 20/18 b; b = 0.2 + 9/100 f -> f = (0.1 + 20/18 * 0.2) / (1 - 0.1)."""
    report = declare(looped(9.0))
    forgings = (0.1 + 20 / 18 * 0.2) / (1 - 20 / 18 * 0.09)
    assert process(report, FORGE).embedded_direct == near(forgings)
    assert process(report, MILL).embedded_direct == near(0.2 + 0.09 * forgings)
    assert "circular" in str(raised(InvalidInput, declare, looped(90.0)))


@pytest.mark.parametrize(("installations", "code"), [
    ([site(FORGE, replace(FORGED, made=[made(FORGING, 18.0, None, 1.0)]))], "no-goods"),
    ([site(FORGE, replace(FORGED, made=[made(FORGING, None, "7326", 1.0, quantity=18.0, unit="EA")]))], "missing-mass"),
    ([site(FORGE, replace(FORGED, taken=[replace(BILLETS, tonnes=None)]))], "missing-mass"),
    ([site(FORGE, FORGED)], "installation-missing"),
])
def test_what_cannot_be_declared(installations: list[InstallationYear], code: str) -> None:
    error = raised(InvalidInput, declare, Installations(at=1, installations=installations))
    assert error.code == code
    assert None not in (error.field, error.rule)


def test_provisional_records_are_said_to_be() -> None:
    report = declare(forge(BILLETS, site(MILL, replace(MILLED, provisional=True))))
    assert [one.provisional for one in report.processes] == [False, True]
    assert any("provisional" in text for text in report.warnings)
