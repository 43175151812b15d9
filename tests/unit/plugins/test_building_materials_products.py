"""Cement, glass, ceramics and capture against cases solved by hand. Masses in t or kg, emissions in kg CO2."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import carbon_ledger_building_materials
import carbon_ledger_logistics
import msgspec
import pytest
from carbon_ledger_building_materials import plugin
from msgspec import Raw
from support.containing import Containing
from support.memory import MemoryLedger
from support.parties import Party
from support.raising import raised
from support.sector_runs import indicators, lines

from ledger.core.record.kinds import Declaration, Facility, Product, Transfer, Transformation
from ledger.core.record.values import Flow, Output, Quantity, Supply
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidQuantity, LedgerError, PluginError
from ledger.footprint.stored.burdens import direct, footprint, named, vector_of
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.figures import Allocation, LotFigures, TakenFigures, record_figures
from ledger.sdk import Context, InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

CLINKER = lot("750 TNE", lot="urn:example:lot:clinker", materials={"clinker": "1"})
SLAG = lot("200 TNE", "waste", lot="urn:example:lot:slag", origin="preConsumer", materials={"slag": "1"})
GYPSUM = supply("gypsum", "50 TNE", nature=True)
POWER = supply("electricity", "40000 KWH")
CEMENT = output("1000 TNE", materials={"clinker": "0.75", "slag": "0.2", "gypsum": "0.05"})
DIGEST = "a" * 64


def record(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    **facts: Any,
) -> Context:
    return context(f"building-materials.{route}", inputs=inputs, supplies=supplies, outputs=outputs,
                   **{"place": "CN-AH", "year": 2022, **facts})


def cement(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (CLINKER, SLAG),
    outputs: tuple[OutputFacts, ...] = (CEMENT,), **facts: Any,
) -> Context:
    return record("cement", inputs, supplies or (GYPSUM, POWER), outputs, **facts)


def assess(given: Context, activity: Mapping[str, Any] | None = None) -> Run:
    return run(plugin(), given, activity)


def test_cement_with_slag() -> None:
    # power 40,000 kWh * 0.6782 = 27,128; ratio 750 / 1,000; waste 200 of 1,000 t
    found = assess(cement(), {"cementType": "PO"})
    assert (found.footprint, found.findings) == (pytest.approx(27128.0), {})
    assert indicators(found) == Containing({
        "clinkerRatio": 0.75, "solidWasteUsed": 200, "solidWasteContent": 0.2, "electricityPerTonne": 40
    })
    # All slag is in the cement and was waste of another process: recycled content 200 t
    assert found.contents.outputs[0] == Containing({"recycledPreConsumer:slag": pytest.approx(200000.0),
                                                    "material:clinker": pytest.approx(750000.0)})


def test_slag_is_split_among_two_cements() -> None:
    # 300 t with 40 % of slag hold 120 t, 700 t with 80/700 hold 80 t
    outputs = (
        output("300 TNE", materials={"clinker": "0.55", "slag": "0.4", "gypsum": "0.05"}),
        output("700 TNE", materials={"clinker": "0.835714286", "slag": "0.114285714", "gypsum": "0.05"}),
    )
    first, second = assess(cement(outputs=outputs)).contents.outputs
    assert first["recycledPreConsumer:slag"] == pytest.approx(120000.0)
    assert second["recycledPreConsumer:slag"] == pytest.approx(80000.0, rel=1e-6)


def test_cement_ground_again_counts_its_own_clinker() -> None:
    # 1,000 t of cement with 75 % of clinker and 100 t of limestone: 750 / 1,100
    old = lot("1000 TNE", materials={"clinker": "0.75", "slag": "0.2", "gypsum": "0.05"})
    found = assess(cement(supply("limestone", "100 TNE"), POWER, inputs=(old,), outputs=(output("1100 TNE"),)))
    assert indicators(found)["clinkerRatio"] == pytest.approx(750 / 1100)


def test_a_component_that_its_composition_does_not_tell() -> None:
    ash = lot("150 TNE", "waste", lot="urn:example:lot:ash", materials={"ash": "1"})
    given = cement(GYPSUM, POWER, inputs=(lot("800 TNE", lot="urn:example:lot:unnamed"), ash))
    activity = {"components": [{"lot": "urn:example:lot:unnamed", "kind": "clinker"},
                               {"lot": "urn:example:lot:ash", "kind": "flyAsh"}]}
    assert (indicators(assess(given, activity))["clinkerRatio"], indicators(assess(given))["clinkerRatio"]) == (0.8, 0)
    assert "urn:example:none" in str(raised(
        PluginError, assess, given, {"components": [{"lot": "urn:example:none", "kind": "slag"}]}
    ))


def test_bought_clinker_without_a_price_is_an_estimated_gap() -> None:
    # 750 t * 853 kg/t = 639,750
    found = assess(cement(GYPSUM, POWER, supply("clinker", "750 TNE"), inputs=(SLAG,)))
    assert {one.what: one.estimate for one in found.assessment.omissions} == {
        "electricity upstream": None, "clinker upstream": Decimal(639750),
    }
    priced = assess(cement(GYPSUM, POWER, supply("clinker", "750 TNE", priced=True), inputs=(SLAG,)))
    assert [one.what for one in priced.assessment.omissions] == ["electricity upstream"]
    assert indicators(priced)["clinkerRatio"] == 0.75


def carried(given: Context, kilograms: tuple[float, ...]) -> list[float]:
    """Kg CO2e of each output where the lots taken carry these."""
    found = assess(given)
    taken = [TakenFigures(1.0, LotFigures(vector_of({"fossilGhgEmissions": burden}), {})) for burden in kilograms]
    masses = [float(one.mass or 0) for one in given.outputs]
    shares = [mass / sum(masses) for mass in masses]
    matter = {name: [float(part) for part in parts] for name, parts in found.assessment.matter.items()}
    held = [Holding(mass, {}, False) for mass in masses]
    allocation = Allocation(shares, found.assessment.assigned)
    figures = record_figures(direct(found.assessment), taken, allocation, held, {}, matter)
    return [footprint(one.burdens) for one in figures.outputs]


def test_cement_carries_clinker_and_grinding_and_waste_slag_nothing() -> None:
    # 750 t at 860 kg/t = 645,000, with power 27,128: 672,128 kg, or 672.128 kg per t
    assert carried(cement(), (645000.0, 0.0)) == pytest.approx([672128.0])


def test_the_commissions_cement_from_its_clinker() -> None:
    # 1,255,000 t of clinker carry 1,037,310 t CO2; ground with 5 % of gypsum to 1,321,052.6316 t of cement that is
    # 0.7852147 t per t. Power 193,864.47 MWh at 0.833 t/MWh as the supplier's: 0.12224275 t per t.
    made = "1321052.631578947"
    clinker = lot("1255000 TNE", materials={"clinker": "1"})
    power = supply("electricity", "193864473.684 KWH", priced=True)
    given = cement(supply("gypsum", "66052.631578948 TNE"), power, inputs=(clinker,), outputs=(output(f"{made} TNE"),))
    assert carried(given, (1037310e3,))[0] / 1000 / float(made) == pytest.approx(0.7852147410358565)
    found = assess(given)
    assert indicators(found)["clinkerRatio"] == pytest.approx(0.95)
    per_tonne = indicators(found)["electricityPerTonne"] / 1000
    assert (per_tonne, per_tonne * 0.833) == pytest.approx((0.14675, 0.12224275))


@pytest.mark.parametrize(("given", "activity", "told"), [
    (cement(outputs=(output("750 TNE"),)), {}, {"mass-unaccounted": False}),
    (cement(outputs=(output("749 TNE"),)), {}, {"clinker-ratio": True, "mass-unaccounted": False}),
    (cement(supply("gypsum", "20 TNE"), POWER, inputs=(SLAG,), outputs=(output("220 TNE"),)), {},
     {"clinker-ratio": False, "electricity-unusual": False}),
    (cement(supply("gypsum", "101 TNE"), POWER), {}, {"gypsum-unusual": False}),
    (cement(GYPSUM, POWER, supply("limestone", "351 TNE"), inputs=(CLINKER,)), {},
     {"limestone-unusual": False, "mass-unaccounted": False}),
    (cement(), {"cementType": "PSA"}, {}),
    (cement(), {"cementType": "PII"}, {"cement-type": False}),
    (cement(), {"cementType": "PSB"}, {"cement-type": False}),
    (cement(GYPSUM), {}, {"grinding-missing": False}),
    (cement(GYPSUM, supply("electricity", "121000 KWH")), {}, {"electricity-unusual": False}),
    (cement(inputs=(CLINKER, lot("200 TNE", "waste"))), {}, {"waste-without-composition": False}),
    (cement(outputs=(output("1000 TNE", "waste"),)), {}, {"no-cement": True}),
])
def test_findings_of_cement(given: Context, activity: Mapping[str, Any], told: dict[str, bool]) -> None:
    assert assess(given, activity).findings == told


BATCH = (
    supply("sand", "600 TNE"), supply("sodaAsh", "200 TNE"), supply("limestone", "50 TNE"),
    supply("dolomite", "150 TNE"), supply("saltCake", "8 TNE"), supply("carbonPowder", "0.5 TNE"),
    supply("naturalGas", "160000 NM3"), supply("electricity", "80000 KWH"),
)
CULLET = lot("150 TNE", "waste", origin="postConsumer", materials={"glass": "1"})
OWN = lot("50 TNE", "waste", origin="preConsumer", materials={"glass": "1"}, same_maker=True)
FLOAT = output("900 TNE", materials={"glass": "1"})
EDGES = output("100 TNE", "waste", origin="preConsumer", materials={"glass": "1"})


def glass(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (CULLET, OWN),
    outputs: tuple[OutputFacts, ...] = (FLOAT, EDGES), **facts: Any,
) -> Context:
    return record("flatGlass", inputs, supplies or BATCH, outputs, **facts)


def test_float_glass() -> None:
    # soda ash 200,000 * 0.41492 * 0.992 = 82,320.128; limestone 50,000 * 0.43971 = 21,985.5
    # dolomite 150,000 * 0.47732 = 71,598; carbon powder 500 * 0.9 * 44/12 = 1,650
    # gas 160,000 * 2.162188809 = 345,950.209; power 80,000 * 0.6782 = 54,256
    found = assess(glass(), {"carbonates": {"sodaAsh": {"purity": "0.992"}}, "carbonPowderContent": "0.9"})
    assert lines(found) == pytest.approx({
        "sodaAsh": 82320.128, "limestone": 21985.5, "dolomite": 71598.0, "carbonPowder": 1650.0,
        "naturalGas": 345950.20944, "electricity": 54256.0,
    })
    assert found.findings == {}
    # charge 1,008.5 + 200 t, of which 177.553628 t leave as CO2: 900 / 1,030.946372
    assert indicators(found) == Containing({
        "glassYield": pytest.approx(900 / 1030.946372),
        "culletRatio": pytest.approx(200 / 1208.5),
        # (160,000 * 38.931 + 80,000 * 3.6) / 900
        "energyPerTonne": pytest.approx(7241.066667),
        "processEmissionsPerTonne": pytest.approx(177553.628 / 900),
    })
    assert "sodaAsh upstream" in [one.what for one in found.assessment.omissions]


def test_own_cullet_is_no_recycled_content() -> None:
    # Of 200 t of glass that came in 150 t are recycled; glass made is 1,000 t, 900 of it in the product.
    product, edges = assess(glass()).contents.outputs
    assert product["recycledPostConsumer:glass"] == pytest.approx(135000.0)
    assert edges["recycledPostConsumer:glass"] == pytest.approx(15000.0)
    assert "recycledPreConsumer:glass" not in product


@pytest.mark.parametrize(("given", "activity", "told"), [
    (glass(outputs=(output("1100 TNE"),)), {}, {"glass-yield": True}),     # melt 1,030.1 t
    (glass(outputs=(output("610 TNE"),)), {}, {"glass-yield": False}),
    (glass(*BATCH[:6]), {}, {"melting-missing": False}),
    (glass(*BATCH[:6], supply("naturalGas", "30000 NM3")), {}, {"glass-energy-impossible": True}),   # 1,298 MJ/t
    (glass(*BATCH[:6], supply("naturalGas", "90000 NM3")), {}, {"glass-energy-unusual": False}),     # 3,893 MJ/t
    (glass(*BATCH[:6], supply("naturalGas", "350000 NM3")), {}, {"glass-energy-unusual": False}),    # 15,140 MJ/t
    (glass(outputs=(output("900 TNE", "waste"),)), {}, {"no-glass": True}),
    (glass(inputs=(lot("200 TNE", "waste"),)), {}, {"waste-without-composition": False}),
])
def test_findings_of_glass(given: Context, activity: Mapping[str, Any], told: dict[str, bool]) -> None:
    assert assess(given, activity).findings == told


def test_the_heat_of_a_furnace_that_is_sold() -> None:
    # 100 GJ of steam carry 100 * 110 = 11,000
    found = assess(glass(outputs=(FLOAT, EDGES, output("100 GV", "coProduct", lot="urn:example:lot:steam"))))
    assert found.outputs[2]["fossilGhgEmissions"] == pytest.approx(11000.0)
    assert found.outputs[0]["fossilGhgEmissions"] == pytest.approx(found.footprint - 11000)


def ware(*supplies: SupplyFacts, tiles: str = "800 TNE") -> Context:
    return record("ceramics", (), supplies, (output(tiles),), place="CN-GD", year=2022)


CLAY = supply("clay", "1000 TNE", nature=True)
FIRING = (supply("naturalGas", "100000 NM3"), supply("electricity", "300000 KWH"))


def test_tiles() -> None:
    # clay 1,000,000 * 0.9 * (0.05 * 44/100 + 0.02 * 44/84) = 900,000 * (0.022 + 0.010476190) = 29,228.571429
    # limestone 10,000 * 0.43971 = 4,397.1; gas 100,000 * 2.162188809 = 216,218.8809; power 300,000 * 0.4403 = 132,090
    body = {"rawMaterials": {"clay": {"calciumCarbonate": "0.05", "magnesiumCarbonate": "0.02"}}}
    found = assess(ware(CLAY, supply("limestone", "10 TNE"), *FIRING), body)
    assert lines(found) == pytest.approx({
        "clay": 29228.571429, "limestone": 4397.1, "naturalGas": 216218.8809, "electricity": 132090.0,
    })
    assert found.findings == {}
    assert indicators(found) == Containing({
        "materialYield": pytest.approx(800 / 1010),
        # (100,000 * 38.931 + 300,000 * 3.6) / 800
        "energyPerTonne": pytest.approx(6216.375),
    })
    # all of the clay is fired: 29,228.571429 / 0.9
    body["rawMaterials"]["clay"]["used"] = "1"
    assert lines(assess(ware(CLAY, *FIRING), body))["clay"] == pytest.approx(32476.190476)


@pytest.mark.parametrize(("given", "told"), [
    (ware(CLAY, *FIRING, tiles="1019 TNE"), {}),
    (ware(CLAY, *FIRING, tiles="1021 TNE"), {"material-yield": True}),
    (ware(CLAY, *FIRING, tiles="329 TNE"), {"material-yield": False}),
    (ware(CLAY), {"firing-missing": False}),
    (ware(CLAY, supply("naturalGas", "8000 NM3")), {"ceramics-energy-impossible": True}),     # 389 MJ/t
    (ware(CLAY, supply("naturalGas", "20000 NM3")), {"ceramics-energy-unusual": False}),      # 973 MJ/t
    (ware(*FIRING), {"no-ware": True}),
])
def test_findings_of_ceramics(given: Context, told: dict[str, bool]) -> None:
    assert assess(given).findings == told


KILN_GAS = supply("kilnGas", "800 TNE")
CAUGHT = {
    "captured": {"value": "720", "unit": "TNE"}, "stored": {"value": "700", "unit": "TNE"}, "biogenicShare": "0.1",
    "storageEvidence": [DIGEST],
}
STEAM = (supply("steam", "2500 GV"), supply("electricity", "100000 KWH"))
PASSING = lot("1000 TNE", materials={"clinker": "1"})
PASSED = output("1000 TNE", materials={"clinker": "1"})


def plant(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (PASSING,), outputs: tuple[OutputFacts, ...] = (PASSED,),
) -> Context:
    return record("carbonCapture", inputs, supplies or (KILN_GAS, *STEAM), outputs)


def test_capture_at_the_kiln() -> None:
    # steam 2,500 GJ * 110 = 275,000; power 100,000 * 0.6782 = 67,820; stored 700,000: 630,000 fossil, 70,000 grown
    found = assess(plant(), CAUGHT)
    assert found.burdens == Containing({
        "fossilGhgEmissions": pytest.approx(342820.0), "ccsTechnologicalCO2Capture": pytest.approx(-630000.0),
        "technologicalCO2Removals": pytest.approx(-70000.0),
    })
    assert (found.footprint, found.findings) == (pytest.approx(-357180.0), {})
    assert indicators(found) == Containing({
        "captureRate": 0.9,
        "carbonDioxideStored": 700,
        # (2,500,000 + 360,000) MJ / 720 t
        "energyPerTonneCaptured": pytest.approx(3972.222222),
    })
    assert {"carbonDioxideTransport", "carbonDioxideStorage"} <= {one.what for one in found.assessment.omissions}
    services = (supply("carbonDioxideTransport", "70000 TKM"), supply("carbonDioxideStorage", "700 TNE"))
    named = assess(plant(KILN_GAS, *STEAM, *services), CAUGHT)
    assert not [one for one in named.assessment.omissions if one.what.startswith("carbonDioxide")]


def test_carbon_dioxide_that_is_sold_stays_with_the_clinker() -> None:
    sold = output("700 TNE", "coProduct", materials={"carbonDioxide": "1"})
    found = assess(plant(outputs=(PASSED, sold)), {"captured": CAUGHT["captured"]})
    assert found.burdens["ccsTechnologicalCO2Capture"] == 0.0
    assert [one["fossilGhgEmissions"] for one in found.outputs] == pytest.approx([342820.0, 0.0])


@pytest.mark.parametrize(("given", "activity", "told"), [
    (plant(), {**CAUGHT, "captured": {"value": "801", "unit": "TNE"}}, {"captured-above-emitted": True}),
    (plant(), {**CAUGHT, "captured": {"value": "800", "unit": "TNE"}}, {"capture-unusual": False}),
    (plant(supply("kilnGas", "2001 TNE"), *STEAM), CAUGHT, {"kiln-gas-impossible": True}),
    (plant(supply("kilnGas", "1301 TNE"), *STEAM), CAUGHT, {"kiln-gas-unusual": False}),
    (plant(KILN_GAS), CAUGHT, {"capture-energy-impossible": True}),
    (plant(KILN_GAS, supply("electricity", "100000 KWH")), CAUGHT, {"capture-energy-unusual": False}),
    (plant(*STEAM), CAUGHT, {"no-kiln-gas": True}),
    (plant(inputs=(lot("1000 TNE", same_maker=True),)), CAUGHT, {"captured-twice": True}),
    (plant(outputs=(output("1001 TNE"),)), CAUGHT, {"clinker-added": True}),
    (plant(outputs=(PASSED, output("100 TNE", "coProduct", materials={"carbonDioxide": "1"}))), CAUGHT,
     {"captured-twice": True}),
])
def test_findings_of_capture(given: Context, activity: Mapping[str, Any], told: dict[str, bool]) -> None:
    assert assess(given, activity).findings == told


@pytest.mark.parametrize(("given", "activity", "field"), [
    (plant(), {**CAUGHT, "stored": {"value": "721", "unit": "TNE"}}, "activity.stored"),
    (plant(), {**CAUGHT, "storageEvidence": []}, "activity.storageEvidence"),
    (plant(), {**CAUGHT, "storageEvidence": ["A" * 64]}, "activity.storageEvidence"),
    (glass(), {"carbonates": {"sand": {}}}, "activity.carbonates"),
    (glass(), {"carbonates": {"potash": {}}}, "activity.carbonates"),
    (glass(*BATCH[:5]), {"carbonPowderContent": "0.9"}, "activity.carbonPowderContent"),
    (ware(CLAY, *FIRING), {"rawMaterials": {"kaolin": {}}}, "activity.rawMaterials"),
    (ware(CLAY, *FIRING), {"rawMaterials": {"clay": {"calciumCarbonate": "0.7", "magnesiumCarbonate": "0.31"}}},
     "activity.rawMaterials.clay"),
])
def test_activities_that_contradict_their_record(given: Context, activity: Mapping[str, Any], field: str) -> None:
    assert raised(PluginError, assess, given, activity).field == field


def test_wrong_units_and_shares_above_one() -> None:
    raised(InvalidQuantity, assess, glass(supply("sodaAsh", "200 KWH")))
    raised(InvalidQuantity, assess, plant(), {**CAUGHT, "captured": {"value": "720", "unit": "MTQ"}})
    raised(msgspec.ValidationError, assess, glass(), {"carbonates": {"sodaAsh": {"purity": "1.1"}}})
    raised(msgspec.ValidationError, assess, plant(), {**CAUGHT, "biogenicShare": "1.5"})


def test_carbonates_of_lots_give_off_what_supplies_do() -> None:
    """A ready batch with 0.2 of soda ash and 0.1 of limestone: 100,000 * (0.2 * 0.41492 + 0.1 * 0.43971) kg."""
    batch = lot("100000 KGM", materials={"sodaAsh": "0.2", "limestone": "0.1", "sand": "0.7"})
    given = msgspec.structs.replace(glass(inputs=(CULLET, OWN, batch)), sets=True, questions=True)

    def emitted(source: str, record: Context = given, **activity: Any) -> float:
        return sum(float(line.amount) for line in assess(record, activity).assessment.lines if line.source == source)

    soda = 200_000 * 0.41492 + 100_000 * 0.2 * 0.41492
    assert emitted("sodaAsh") == pytest.approx(soda)
    assert emitted("limestone") == pytest.approx(50_000 * 0.43971 + 100_000 * 0.1 * 0.43971)
    assert emitted("sodaAsh", carbonates={"sodaAsh": {"purity": "0.5"}}) == pytest.approx(soda / 2)
    assert emitted("sodaAsh", glass(inputs=(CULLET, OWN, batch))) == pytest.approx(200_000 * 0.41492)


# Clinker, slag and freight into cement, through a whole ledger and by hand. Emissions in kg CO2e.


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
