"""Lots of fuel where a route burns them, solved by hand: coal has 25 MJ and 2.2 kg CO2 per kg, gas 36 MJ and 2 kg per
normal cubic metre."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from msgspec import json
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import works
from support.site import quantity, supply
from unit.engine.bounded import Burning, Plant, factor_set

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import SLOT, vector_of
from ledger.sdk import BurntFuels, Context, Draft, FactorSet, Route, book_energy, follow_composition, matter_in

SEEN: Final[list[Context]] = []


def burn(context: Context, activity: Burning) -> Assessment:
    SEEN.append(context)
    draft = Draft(context)
    book_energy(draft, context, analyses=activity.analyses)
    follow_composition(draft, context)
    draft.indicate("matter", matter_in(context, activity.analyses))
    return draft.assessment()


class Kiln(Plant):
    """A plant whose route `make` burns lots."""

    def __init__(self, burns: BurntFuels | None = "mineral") -> None:
        super().__init__()
        sector = works()
        sector = msgspec.structs.replace(
            sector, routes={**sector.routes, "make": Route(activity=Burning, assess=burn, en="Kiln", zh="窑")},
            burns_lots={} if burns is None else {"make": burns})
        memory = MemoryLedger(Registry([Installed(sector, "d" * 64, "tests")],
                                       [FactorSet("hand", "By hand", "手", (factor_set(),))]))
        memory.activate_sets()
        super(Plant, self).__init__(memory, "kiln")

    def lot(self, materials: dict[str, str], amount: str = "100 KGM", mass: str | None = None, **fields: Any) -> None:
        self.product("fuel", amount.split()[1], materials=materials, **fields)
        self.declare(lot=self.out("fuel0", "fuel", amount, mass=None if mass is None else quantity(mass)),
                     burdens={"fossilGhgEmissions": "30"})

    def burnt(self, amount: str = "100 KGM", materials: str = "sand", **fields: Any) -> Assessment:
        fields = {"activity": Burning(), **fields}
        entry = self.run([self.output("good", "1000 KGM", materials={materials: "1"})],
                         [supply("sand", "1000 KGM"), *fields.pop("bought", ())], {"fuel0": amount}, **fields)
        return msgspec.json.decode(self.ledger.assessment(entry.index).assessment, type=Assessment)


def lines(assessment: Assessment) -> dict[str, float]:
    return {line.source: float(line.amount) for line in assessment.lines if line.gas == "CO2"}


def energy(assessment: Assessment) -> dict[str, float]:
    return {use.carrier: float(use.amount) for use in assessment.energy}


@pytest.mark.parametrize(("materials", "amount", "mass", "co2", "heat"), [
    ({"coal": "1"}, "100 KGM", None, {"coal": 220}, {"coal": 2500}),
    ({"coal": "1"}, "0.1 TNE", None, {"coal": 220}, {"coal": 2500}),
    ({"gas": "1"}, "100 NM3", "75 KGM", {"gas": 200}, {"gas": 3600}),
    ({"gas": "1"}, "75 KGM", None, {"gas": 200}, {"gas": 3600}),
    ({"coal": "0.9", "chips": "0.1"}, "100 KGM", None, {"coal": 198}, {"coal": 2250, "chips": 120}),
    # Ash, water and stone of coal.
    ({"coal": "0.9", "sand": "0.1"}, "100 KGM", None, {"coal": 198}, {"coal": 2250}),
    # By its energy.
    ({"coal": "1"}, "2500 3B", None, {"coal": 220}, {"coal": 2500}),
    # Amounts that do not end.
    ({"gas": "1"}, "100 KGM", None, {"gas": 400 / 3 * 2}, {"gas": 400 / 3 * 36}),
])
def test_a_lot_of_fuel_burns(
    materials: dict[str, str], amount: str, mass: str | None, co2: dict[str, float], heat: dict[str, float]
) -> None:
    kiln = Kiln()
    kiln.lot(materials, amount, mass)
    assessment = kiln.burnt(amount)
    fossil = {line.source: float(line.amount) for line in assessment.lines
              if line.gas == "CO2" and line.burden == "fossilGhgEmissions"}
    assert (fossil, energy(assessment)) == (pytest.approx(co2), pytest.approx(heat))
    assert ([one.code for one in assessment.findings if one.code != "no-reference"], assessment.omissions) == ([], ())
    # Its upstream came with the lot.
    assert {line.kind for line in assessment.lines if line.source in materials} - {"upstream"} == {"onSite"}


def test_its_matter_is_in_no_output() -> None:
    kiln = Kiln()
    kiln.lot({"coal": "1"})
    assessment = kiln.burnt()
    assert assessment.indicators["matter"] == 1000
    assert {content: [float(part) for part in parts] for content, parts in assessment.matter.items()} == {
        "material:coal": [0.0]}


@pytest.mark.parametrize("materials", [
    {"coal": "0.4", "sand": "0.6"}, {"wood": "1"}, {"woodChips": "1"}, {"sand": "1"}, {"blackStuff": "1"},
])
def test_other_lots_stay_inputs(materials: dict[str, str]) -> None:
    """A mixture with stone, biomass that may be fibre, other goods."""
    kiln = Kiln()
    kiln.lot(materials)
    assert (lines(kiln.burnt()), [one.lot for one in SEEN[-1].inputs]) == ({}, [kiln.name("fuel0")])


def test_biomass_burns_where_a_route_burns_any_fuel() -> None:
    kiln = Kiln("any")
    kiln.lot({"woodChips": "1"})
    assert energy(kiln.burnt()) == pytest.approx({"woodChips": 1300})


def test_a_third_of_a_lot_burns() -> None:
    """Its mass follows by a division that does not end."""
    kiln = Kiln()
    kiln.lot({"gas": "1"}, "30000 NM3", "22.5 TNE")
    assert lines(kiln.burnt("11111 NM3")) == pytest.approx({"gas": 22_222})


def test_fuel_that_leaves_does_not_burn() -> None:
    kiln = Kiln()
    kiln.lot({"coal": "1"})
    assessment = kiln.burnt(materials="coal")
    assert lines(assessment) == {}
    assert "fuel-unburnt" not in [one.code for one in assessment.findings]


def test_fuel_that_is_made_of_other_fuel_does_not_burn() -> None:
    """100 kg of coal, 2500 MJ, become 20 normal cubic metres of gas with 720 MJ, and the rest burns."""
    kiln = Kiln()
    kiln.lot({"coal": "1"})
    kiln.product("town", "NM3", materials={"gas": "1"})
    leaf = kiln.ledger.assessment(kiln.run([kiln.out("gas0", "town", "20 NM3", mass=quantity("15 KGM"))], [],
                                           {"fuel0": "100 KGM"}, activity=Burning()).index)
    assert lines(msgspec.json.decode(leaf.assessment, type=Assessment)) == pytest.approx({"coal": 220 * (1 - 0.288)})


def test_biomass_that_leaves_is_no_coal() -> None:
    kiln = Kiln()
    kiln.lot({"coal": "1"})
    assert lines(kiln.burnt(materials="woodChips")) == pytest.approx({"coal": 220})


def test_a_route_that_does_not_say_so_burns_no_lot() -> None:
    kiln = Kiln(None)
    kiln.lot({"coal": "1"})
    assessment = kiln.burnt()
    assert lines(assessment) == {}
    assert [(one.code, float(one.amount or 0)) for one in assessment.findings if one.amount] == [("fuel-unburnt", 220)]


def test_nobody_analyses_a_lot() -> None:
    """An analysis is of a supply. One of the same name leaves the lot alone."""
    kiln = Kiln()
    kiln.lot({"coal": "1"})
    analysed = {"activity": {"analyses": [{"material": "coal", "heatingValue": "25", "carbon": "0.3"}]}}
    assert raised(LedgerError, kiln.burnt, **analysed).field == "activity.analyses[0].material"
    both = kiln.burnt("50 KGM", bought=(supply("coal", "10 KGM"),), **analysed)
    booked = sorted(float(line.amount) for line in both.lines if line.gas == "CO2")
    assert booked == pytest.approx([10 * 0.3 * 44 / 12, 110])


@pytest.mark.parametrize(("burns", "co2"), [("any", {"methanol": 140}), ("mineral", {}), (None, {})])
def test_raw_materials_burn_where_a_route_burns_anything(burns: BurntFuels | None, co2: dict[str, float]) -> None:
    """Methanol has 20 MJ and 1.4 kg of CO2 per kg. Elsewhere it is asked where it went."""
    kiln = Kiln(burns)
    kiln.lot({"methanol": "1"})
    in_lot = kiln.burnt()
    kiln = Kiln(burns)
    kiln.lot({"sand": "1"})
    bought = kiln.burnt(bought=(supply("methanol", "100 KGM"),))
    for assessment in (in_lot, bought):
        assert lines(assessment) == pytest.approx(co2)
        asked = {one.code: float(one.amount) for one in assessment.findings if one.amount}
        assert asked == ({} if co2 else {"fuel-unburnt": 140})


@pytest.mark.parametrize("burns", ["mineral", None])
def test_raw_materials_that_are_bought_by_their_energy_burn(burns: BurntFuels | None) -> None:
    kiln = Kiln(burns)
    kiln.lot({"sand": "1"})
    assessment = kiln.burnt(bought=(supply("methanol", "2000 3B"),))
    assert lines(assessment) == pytest.approx({"methanol": 140})
    assert energy(assessment) == pytest.approx({"methanol": 2000})
    assert [one.code for one in assessment.findings if one.amount] == []


def little(context: Context, _activity: Burning) -> Assessment:
    """A sector that books `BOOKED` kg of CO2 of each supply."""
    draft = Draft(context)
    for supplied in context.supplies:
        draft.carbon(supplied.material, BOOKED[-1], supply=supplied)
    return draft.assessment()


BOOKED: Final[list[Decimal]] = []


@pytest.mark.parametrize(("booked", "analysed", "question"), [
    ("0", False, 220), ("1", False, 219), ("100", False, 120), ("110", False, 0), ("0", True, 220), ("3", True, 0),
])
def test_a_sector_books_at_least_half_of_its_coal(booked: str, analysed: bool, question: float) -> None:
    """100 kg of coal have 220 kg of CO2 by the row. An analysis has questions of its own."""
    BOOKED.append(Decimal(booked))
    plant = Plant(route=Route(activity=Burning, assess=little, en="Kiln", zh="窑"))
    stated = [{"material": "coal", "heatingValue": "25"}] if analysed else []
    found = plant.findings([plant.output("good", "90 KGM", materials={"sand": "1"})], [supply("coal", "100 KGM")],
                           activity={"analyses": stated}, unburnt=True).get("fuel-unburnt")
    assert (0.0 if found is None else float(found.amount or 0)) == pytest.approx(question)


# Fuel that a consumption takes, solved by hand: coal burns with 2.2 kg of CO2 per kg.


CODE = "fuel-written-off"


def left(plant: Plant) -> AssessmentLeaf:
    leaf = plant.ledger.assessment(plant.ledger.state.size - 1)
    assert leaf is not None
    return leaf


def with_lot(amount: str = "100 KGM", **product: Any) -> Plant:
    plant = Plant()
    plant.product("fuel", amount.split()[1], **product)
    plant.declare(lot=plant.out("fuel0", "fuel", amount), burdens={"fossilGhgEmissions": "30"})
    return plant


def found(plant: Plant) -> list[Finding]:
    return [one for one in json.decode(left(plant).assessment, type=Assessment).findings if one.code == CODE]


@pytest.mark.parametrize(("purpose", "question"), [
    ("ownUse", 132), ("finalUse", 132), ("loss", 132), ("stockCorrection", 132), ("soldOutside", 0), ("disposed", 0),
    ("exported", 0),
])
def test_who_takes_fuel_off_burns_it(purpose: str, question: float) -> None:
    """60 of 100 kg. The question stays with the record."""
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "60 KGM"}, purpose=purpose)
    assert [(one.taken, float(one.amount or 0)) for one in found(plant)] == (
        [(0, pytest.approx(question))] if question else [])
    assert vector_of(read(left(plant).retained))[SLOT[QUESTIONED]] == pytest.approx(question)


@pytest.mark.parametrize(("product", "question"), [
    ({"classifications": {"cn": "2701"}}, 220), ({"materials": {"coal": "0.5", "sand": "0.5"}}, 110),
    ({"materials": {"woodChips": "1"}}, 0), ({"materials": {"sand": "1"}}, 0), ({}, 0),
])
def test_fossil_fuel_is_meant(product: dict[str, Any], question: float) -> None:
    plant = with_lot(**product)
    plant.consume({"fuel0": "100 KGM"}, purpose="ownUse")
    assert sum(float(one.amount or 0) for one in found(plant)) == pytest.approx(question)


def test_waste_holds_some_of_it() -> None:
    """Up to 15 %."""
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "100 KGM"}, [plant.output("rest", "10 KGM", "waste", materials={"coal": "1"})], "ownUse")
    assert [float(one.amount or 0) for one in found(plant)] == [pytest.approx(198)]


def test_the_message_says_where_the_carbon_is_not() -> None:
    plant = with_lot(materials={"coal": "1"})
    plant.consume({"fuel0": "100 KGM"}, purpose="ownUse")
    (finding,) = found(plant)
    assert finding.severity == "warning"
    assert finding.message == (
        f"{plant.name('fuel0')} is a fuel that is written off (ownUse): 220 kg of its CO2 are in no figure")


def test_fuel_as_an_input_of_a_process_is_its_matter() -> None:
    plant = with_lot(materials={"coal": "1"})
    plant.run([plant.output("good", "1000 KGM", materials={"sand": "1"})], [supply("sand", "1000 KGM")],
              {"fuel0": "100 KGM"})
    assert found(plant) == []
