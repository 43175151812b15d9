"""Figures by each method: hand-solved lots, what each reduces to, and what a loop of two products sums to."""

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.examples import examples
from support.raising import raised

from ledger.errors import InvalidInput, PluginError
from ledger.footprint.derived.methods.calculation import OF_LOT, OF_MATERIAL, MethodResult, calculate
from ledger.footprint.derived.methods.catalogue import METHODS, method_named
from ledger.footprint.derived.methods.describing import Parameter, markdown
from ledger.footprint.derived.methods.formulas import Circular, circular_footprint, recycled_input
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.methods.parameters import LEDGER
from ledger.footprint.derived.methods.published import COLUMNS, STATUSES, published_values
from ledger.footprint.derived.methods.subject import Material, MethodSubject, materials_of
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.gwp import AR5, AR6
from ledger.sdk.calcination import calcination
from ledger.sdk.tables import rows

CFF, EOL, MODULE_D, CYCLE, LIFE = (
    "circular-footprint/1", "end-of-life/1", "module-d/1", "multi-cycle/1", "multi-life/1"
)


def lot(footprint: float, *materials: Material, lives: tuple[float, ...] = (), quantity: str = "1") -> MethodSubject:
    mass = sum(one.mass for one in materials)
    return MethodSubject(footprint, Decimal(quantity), "KGM", mass or None, materials, lives)


def steel(mass: float, recycled: float = 0.0) -> Material:
    return Material("steel", mass, post_consumer=recycled)


def by(name: str, subject: MethodSubject, **parameters: object) -> MethodResult:
    return calculate(name, subject, [f"{one}={value}" for one, value in parameters.items()], {})


def amounts(result: MethodResult) -> dict[str, float]:
    return {term.name: term.amount for term in result.terms}


def beside(result: MethodResult) -> dict[str, float]:
    return {one.name: one.amount for one in result.beside}


# ---- hand-solved lots


def test_cut_off_is_what_is_stored() -> None:
    result = by(METHOD, lot(1800.0, steel(1000.0, 250.0), quantity="4"))
    assert (result.method, result.total, result.total_per_unit, result.unit) == ("cut-off/1", 1800.0, 450.0, "KGM")
    assert (amounts(result), result.beside, result.parameters) == ({"cutOff": 1800.0}, (), ())


def test_circular_footprint_of_a_lot() -> None:
    """1000 kg, 40 % recycled: cut-off 600 * 2 + 400 * 0.5 = 1400 and 300 of manufacturing.

    A = 0.25: 0.4 * 0.75 * (2 * 0.9 - 0.5) = 0.39; 0.75 * 0.8 * (0.6 - 2.5 * 0.8) = -0.84;
    (1 - 0.2) * 0.1 * (0.7 - 10 * 0.4 * 0.05 - 10 * 0.2 * 0.1) = 0.08 * 0.3 = 0.024; 0.1 * 0.3 = 0.03.
    """
    result = by(CFF, lot(1700.0, steel(1000.0, 400.0)), A="0.25", Ev=2, Erec="0.5", Qsin="0.9", R2="0.8",
                ErecEoL="0.6", EvStar="2.5", Qsout="0.8", B="0.2", R3="0.1", EER="0.7", LHV=10, XERheat="0.4",
                ESEheat="0.05", XERelec="0.2", ESEelec="0.1", Ed="0.3")
    assert amounts(result) == pytest.approx({
        "cutOff": 1700.0, "recycledInput": 390.0, "recyclingOutput": -840.0, "energyRecovery": 24.0, "disposal": 30.0,
    }, rel=1e-12)
    assert result.total == pytest.approx(1304.0, rel=1e-12)


def test_end_of_life_of_a_lot() -> None:
    """1000 kg with 250 kg of recycled content at a yield of 0.8: 0.25 / 0.8 = 0.3125 kg of scrap a kg went in.

    Y (Xpr - Xre) = 0.8 * 1.5 = 1.2 kg CO2e a kg of scrap: borne 0.3125 * 1.2 = 0.375, credited 0.9 * 1.2 = 1.08.
    """
    result = by(EOL, lot(1800.0, steel(1000.0, 250.0)), RR="0.9", Y="0.8", Xpr=2, Xre="0.5")
    assert amounts(result) == pytest.approx({"cutOff": 1800.0, "scrapInput": 375.0, "scrapOutput": -1080.0}, rel=1e-12)
    assert result.total == pytest.approx(1095.0, rel=1e-12)
    # Scrap that is known to have gone in goes before what its content tells.
    given = by(EOL, lot(1800.0, steel(1000.0, 250.0)), RR="0.9", Y="0.8", S="0.9", Xpr=2, Xre="0.5")
    assert given.total == pytest.approx(1800.0, rel=1e-12)


def test_module_d_of_a_lot() -> None:
    """1000 kg, 400 of them recycled, 900 recovered: 500 * (0.4 - 2 * 0.9) = -700 beside the total."""
    result = by(MODULE_D, lot(1400.0, steel(1000.0, 400.0)), MMRout="0.9", EMR="0.4", EVMSub=2, Q="0.9")
    assert (result.total, amounts(result)) == (1400.0, {"cutOff": 1400.0})
    assert beside(result) == pytest.approx({"netOutputFlow": 500.0, "moduleD": -700.0}, rel=1e-12)


def test_module_d_of_a_lot_that_takes_more_than_it_gives_is_a_load() -> None:
    result = by(MODULE_D, lot(700.0, steel(1000.0, 900.0)), MMRout="0.4", EMR="0.5", EVMSub=2, Q=1)
    assert beside(result) == pytest.approx({"netOutputFlow": -500.0, "moduleD": 750.0}, rel=1e-12)


def test_multi_cycle_of_a_lot() -> None:
    """100 kg, primary, that cost 2 a kg of 230; 3 uses at 0.5: 1 + 0.5 + 0.25 = 1.75 kg of use a kg.

    (2 + 0.75 * 0.6) / 1.75 = 1.4 a kg of use.
    """
    result = by(CYCLE, lot(230.0, steel(100.0)), R="0.5", n=3, Xpr=2, Xre="0.6")
    assert amounts(result) == pytest.approx({"cutOff": 230.0, "ownMaking": -200.0, "averageMaking": 140.0}, rel=1e-12)
    assert result.total == pytest.approx(170.0, rel=1e-12)
    assert beside(result) == pytest.approx({"cumulatedUse": 1.75, "endlessUse": 2.0}, rel=1e-12)


def test_multi_cycle_of_endless_uses() -> None:
    """Half recycled: its own making is 0.5 * 2 + 0.5 * 0.6 = 1.3; in the limit 0.2 * 2 + 0.8 * 0.6 = 0.88."""
    result = by(CYCLE, lot(160.0, steel(100.0, 50.0)), R="0.8", Xpr=2, Xre="0.6")
    assert amounts(result) == pytest.approx({"cutOff": 160.0, "ownMaking": -130.0, "averageMaking": 88.0}, rel=1e-12)
    assert beside(result) == pytest.approx({"cumulatedUse": 5.0, "endlessUse": 5.0}, rel=1e-12)


def test_multi_life_of_an_item() -> None:
    """Made anew for 900 kg, remanufactured for 120 and for 180: r = 2/3, reman = 150; 300 + 100 = (900+120+180) / 3."""
    result = by(LIFE, lot(180.0, steel(50.0), lives=(900.0, 120.0, 180.0)))
    assert amounts(result) == pytest.approx({"new": 300.0, "remanufactured": 100.0}, rel=1e-12)
    assert (result.total, beside(result)) == (pytest.approx(400.0, rel=1e-12), {"cutOff": 180.0})
    assert {one.name: (one.value, one.source) for one in result.parameters} == {
        "r": ("0.6666666666666666", "ledger"), "new": ("900", "ledger"), "reman": ("150", "ledger"),
    }


def test_multi_life_of_two_pieces() -> None:
    """Lives are of the whole lot, parameters of one piece: 100 anew, 30 remanufactured, 2 * (50 + 15)."""
    result = by(LIFE, lot(60.0, lives=(200.0, 60.0), quantity="2"))
    assert {one.name: one.value for one in result.parameters} == {"r": "0.5", "new": "100", "reman": "30"}
    assert (result.total, result.total_per_unit) == (130.0, 65.0)


def test_multi_life_of_a_first_life() -> None:
    assert by(LIFE, lot(900.0, lives=(900.0,))).total == 900.0


def test_multi_life_by_a_rate_of_many() -> None:
    """The rate of a study of transmissions, 0.536: 10 pieces of 0.536 * 40 + 0.464 * 100 = 67.84."""
    result = by(LIFE, lot(400.0, quantity="10"), r="0.536", new=100, reman=40)
    assert (result.total, result.total_per_unit) == pytest.approx((678.4, 67.84), rel=1e-12)


def test_materials_add_up() -> None:
    """100 kg of steel give 0.5 * 1.5 a kg, 20 kg of copper 0.9 * 3."""
    subject = lot(500.0, steel(100.0), Material("copper", 20.0))
    result = calculate(EOL, subject, [
        "Y=1", "steel.RR=0.5", "steel.Xpr=2", "steel.Xre=0.5", "copper.RR=0.9", "copper.Xpr=4", "copper.Xre=1"], {})
    credited = {term.material: term.amount for term in result.terms if term.name == "scrapOutput"}
    assert credited == pytest.approx({"steel": -75.0, "copper": -54.0}, rel=1e-12)
    assert result.total == pytest.approx(371.0, rel=1e-12)


def test_materials_of_contents() -> None:
    found = materials_of({
        "mass": 100.0, "material:steel": 90.0, "recycledPreConsumer:steel": 9.0, "recycledPostConsumer:steel": 18.0,
        "attributed:recycledPostConsumer:steel": 20.0, "material:zinc": 2.0, "element:Cu": 1.0, "material:gone": 0.0,
    })
    assert found == (Material("steel", 90.0, 9.0, 18.0, 20.0), Material("zinc", 2.0))
    assert found[0].recycled_share == pytest.approx(0.3, rel=1e-15)


def test_attributed_content_and_unnamed_matter_are_told_and_not_counted() -> None:
    subject = MethodSubject(100.0, Decimal(1), "KGM", 100.0, (Material("PET", 60.0, attributed=30.0),))
    result = by(MODULE_D, subject, MMRout=0)
    assert beside(result) == {"netOutputFlow": 0.0, "moduleD": 0.0}
    assert [one for one in result.limitations if "30.0 kg of recycled PET are attributed" in one]
    assert [one for one in result.limitations if "40.0 kg of the lot are of no named material" in one]
    assert not [one for one in by(MODULE_D, lot(1.0, steel(60.0)), MMRout=0).limitations if "kg" in one]


def test_every_method_is_worked_out() -> None:
    assert {one.name for one in METHODS if one.of == "lot"} == set(OF_LOT)
    assert {one.name for one in METHODS if one.of == "material"} == set(OF_MATERIAL)


# ---- what methods reduce to

shares = st.decimals(0, 1, places=3)
rates = st.decimals(0, Decimal("0.999"), places=3)
emissions = st.decimals(Decimal("-5"), Decimal(50), places=3)
kilograms = st.floats(0.001, 1e6)


def scale(result: MethodResult) -> float:
    return sum(abs(term.amount) for term in result.terms) or 1.0


def cff_parameters(
    r2: Decimal, r3: Decimal, values: Mapping[str, Decimal], **fixed: object
) -> dict[str, object]:
    return {"R2": r2, "R3": r3, **values, "Qsin": "0.9", "Qsout": "0.8", "LHV": 9, "XERheat": "0.3", "XERelec": "0.1",
            **fixed}


cff_values = st.fixed_dictionaries({
    "A": shares, "B": shares,
    **dict.fromkeys(("Ev", "Erec", "ErecEoL", "EvStar", "EER", "ESEheat", "ESEelec", "Ed"), emissions),
})


@examples(100)
@given(emissions, kilograms, shares, shares, shares, cff_values)
def test_terms_sum_to_the_total(
    footprint: Decimal, mass: float, recycled: Decimal, r2: Decimal, r3: Decimal, values: dict[str, Decimal]
) -> None:
    assume(r2 + r3 <= 1)
    subject = lot(float(footprint), steel(mass, mass * float(recycled)))
    some = {"Y": "0.9", "Xpr": values["Ev"], "Xre": values["Erec"]}
    for result in (
        by(CFF, subject, **cff_parameters(r2, r3, values)),
        by(EOL, subject, RR=r2, **some),
        by(MODULE_D, subject, MMRout=r2, EMR=values["EER"], EVMSub=values["Ev"], Q="0.9"),
        by(CYCLE, subject, R=min(r2, Decimal("0.9")), n=7, Xpr=values["Ev"], Xre=values["Erec"]),
    ):
        assert abs(sum(term.amount for term in result.terms) - result.total) <= 1e-12 * scale(result)


@examples(100)
@given(emissions, kilograms, shares, cff_values)
def test_circular_footprint_is_cut_off_where_all_is_the_users(
    footprint: Decimal, mass: float, recycled: Decimal, values: dict[str, Decimal]
) -> None:
    """A = 1, and nothing is done at the end of life."""
    subject = lot(float(footprint), steel(mass, mass * float(recycled)))
    result = by(CFF, subject, **cff_parameters(Decimal(0), Decimal(0), values, A=1, Ed=0))
    assert result.total == pytest.approx(float(footprint), rel=1e-12, abs=1e-12 * scale(result))


@examples(100)
@given(shares, shares, shares, cff_values, kilograms)
def test_a_lots_terms_are_those_of_the_formula(
    r1: Decimal, r2: Decimal, r3: Decimal, values: dict[str, Decimal], mass: float
) -> None:
    """A lot that is nothing but material, by cut-off m [(1-R1) Ev + R1 Erec], comes to m times the formula."""
    assume(r2 + r3 <= 1)
    v = {name: float(value) for name, value in values.items()}
    p = Circular(float(r1), v["A"], v["Ev"], v["Erec"], 0.9, float(r2), v["ErecEoL"], v["EvStar"], 0.8, v["B"],
                 float(r3), v["EER"], 9.0, 0.3, v["ESEheat"], 0.1, v["ESEelec"], v["Ed"])
    whole = circular_footprint(p)
    assert whole.recycled_in - p.r1 * p.erec == pytest.approx(recycled_input(p), abs=1e-12 * 100)
    subject = lot(mass * ((1 - p.r1) * p.ev + p.r1 * p.erec), steel(mass))
    result = by(CFF, subject, **cff_parameters(r2, r3, values, R1=r1))
    assert result.total == pytest.approx(mass * whole.total, rel=1e-9, abs=1e-12 * max(scale(result), 100 * mass))


@examples(100)
@given(emissions, kilograms, shares, emissions, emissions)
def test_end_of_life_is_cut_off_where_as_much_scrap_leaves_as_came(
    footprint: Decimal, mass: float, rate: Decimal, primary: Decimal, recycled: Decimal
) -> None:
    result = by(EOL, lot(float(footprint), steel(mass)), RR=rate, S=rate, Y="0.9", Xpr=primary, Xre=recycled)
    assert result.total == pytest.approx(float(footprint), rel=1e-12, abs=1e-12 * scale(result))


@examples(100)
@given(kilograms, rates, emissions, emissions)
def test_multi_cycle_changes_nothing_where_content_is_the_average_already(
    mass: float, rate: Decimal, primary: Decimal, recycled: Decimal
) -> None:
    """R1 = R is the mix of endless uses."""
    result = by(CYCLE, lot(1.0, steel(mass)), R1=rate, R=rate, Xpr=primary, Xre=recycled)
    assert result.total == pytest.approx(1.0, abs=1e-12 * scale(result))


@examples(100)
@given(st.lists(st.floats(-10, 1e5), min_size=1, max_size=12))
def test_the_lives_of_an_item_sum_to_what_they_added(lives: list[float]) -> None:
    result = by(LIFE, lot(lives[-1], lives=tuple(lives)))
    assert result.total * len(lives) == pytest.approx(sum(lives), rel=1e-12, abs=1e-12 * sum(map(abs, lives)))


# ---- a loop of two products
#
# 1000 kg of steel are made of ore (2 kg CO2e a kg). After use 900 kg come back as scrap, of which 0.8 a kg, 720 kg, are
# made anew (0.5 a kg). That is used, and none of it comes back. What does not come back is disposed of, 0.1 a kg.

ORE, SCRAP, DUMP = 2.0, 0.5, 0.1
EMITTED = 1000 * ORE + 720 * SCRAP


def test_cut_off_sums_to_what_was_emitted() -> None:
    first, second = lot(1000 * ORE, steel(1000.0)), lot(720 * SCRAP, steel(720.0, 720.0))
    assert by(METHOD, first).total + by(METHOD, second).total == EMITTED == 2360.0


@pytest.mark.parametrize("a", ["0", "0.2", "0.5", "1"])
def test_circular_footprint_sums_to_what_was_emitted(a: str) -> None:
    """R2 is what is in a later product, 0.72 a kg; disposal, 280 and 720 kg, is in this method and not in cut-off."""
    both = {"A": a, "Ev": ORE, "Erec": SCRAP, "ErecEoL": SCRAP, "EvStar": ORE, "Qsin": 1, "Qsout": 1, "R3": 0,
            "Ed": DUMP}
    first = by(CFF, lot(1000 * ORE, steel(1000.0)), **both, R2="0.72")
    second = by(CFF, lot(720 * SCRAP, steel(720.0, 720.0)), **both, R2=0)
    assert first.total + second.total == pytest.approx(EMITTED + (280 + 720) * DUMP, rel=1e-12)
    # 720 kg * (1 - A) * 1.5 go from the one to the other.
    assert amounts(second)["recycledInput"] == pytest.approx(720 * (1 - float(a)) * 1.5, rel=1e-12)
    assert amounts(first)["recyclingOutput"] == pytest.approx(-720 * (1 - float(a)) * 1.5, rel=1e-12)


def test_end_of_life_sums_to_what_was_emitted() -> None:
    """900 kg of scrap at 0.8 * 1.5 = 1.2 are credited, 1080; the second, of 720 / 0.8 = 900 kg of scrap, bears them."""
    both = {"Y": "0.8", "Xpr": ORE, "Xre": SCRAP}
    first = by(EOL, lot(1000 * ORE, steel(1000.0)), **both, RR="0.9")
    second = by(EOL, lot(720 * SCRAP, steel(720.0, 720.0)), **both, RR=0)
    assert (first.total, second.total) == pytest.approx((920.0, 1440.0), rel=1e-12)
    assert first.total + second.total == pytest.approx(EMITTED, rel=1e-12)
    # By cut-off the second bears nothing of it: beside that figure the credit, 1080, would be missing from the sum.
    assert first.total + by(METHOD, lot(720 * SCRAP, steel(720.0, 720.0))).total == pytest.approx(EMITTED - 1080)


def test_module_d_cancels_over_the_loop() -> None:
    """The totals are those of cut-off; 720 kg * (0.5 - 2) = -1080 of the one is the load of the other."""
    both = {"EMR": SCRAP, "EVMSub": ORE, "Q": 1}
    first = by(MODULE_D, lot(1000 * ORE, steel(1000.0)), **both, MMRout="0.72")
    second = by(MODULE_D, lot(720 * SCRAP, steel(720.0, 720.0)), **both, MMRout=0)
    assert (first.total + second.total, beside(first)["moduleD"]) == (EMITTED, pytest.approx(-1080.0, rel=1e-12))
    assert beside(first)["moduleD"] + beside(second)["moduleD"] == pytest.approx(0.0, abs=1e-9)


def test_multi_cycle_sums_to_what_was_emitted() -> None:
    """Two uses at 0.72: (2 + 0.72 * 0.5) / 1.72 a kg of 1000 and of 720."""
    both = {"R": "0.72", "n": 2, "Xpr": ORE, "Xre": SCRAP}
    first = by(CYCLE, lot(1000 * ORE, steel(1000.0)), **both)
    second = by(CYCLE, lot(720 * SCRAP, steel(720.0, 720.0)), **both)
    assert first.total / 1000 == pytest.approx(2.36 / 1.72, rel=1e-12)
    assert first.total + second.total == pytest.approx(EMITTED, rel=1e-12)


@examples(100)
@given(shares, shares, emissions, emissions, emissions)
def test_a_closed_loop_conserves_by_any_sharing(
    a: Decimal, rate: Decimal, primary: Decimal, recycled: Decimal, dump: Decimal
) -> None:
    """A product whose recycled content is what it gives back: CFF and end-of-life come to what is emitted for it."""
    r, own = float(rate), (1 - float(rate)) * float(primary) + float(rate) * float(recycled)
    subject = lot(own, steel(1.0))
    both = {"Ev": primary, "Erec": recycled, "ErecEoL": recycled, "EvStar": primary, "Qsin": 1, "Qsout": 1}
    cff = by(CFF, subject, **both, A=a, R1=rate, R2=rate, R3=0, Ed=dump)
    assert cff.total == pytest.approx(own + (1 - r) * float(dump), rel=1e-9, abs=1e-10)
    eol = by(EOL, subject, RR=rate, S=rate, Y=1, Xpr=primary, Xre=recycled)
    assert eol.total == pytest.approx(own, rel=1e-9, abs=1e-10)


# The page of methods says what the catalogue says.


PAGE = Path(str(files("ledger.footprint.derived.methods").joinpath("README.md")))


def test_the_page_is_made_from_the_catalogue() -> None:
    _, generated, references = PAGE.read_text(encoding="utf-8").split("\n---\n\n")
    assert generated.strip() == markdown(METHODS).strip()
    assert "565 kg CO2" in references


# Parameters: what is given, known, published or missing; every refusal with its code, field, value and rule.

TABLE = rows("ledger.footprint.derived.methods", "published.csv")
PUBLISHED = published_values(TABLE)
GIVEN = ["RR=0.9", "Y=0.8", "Xpr=2", "Xre=0.5"]


def parameter_lot(*materials: Material, lives: tuple[float, ...] = ()) -> MethodSubject:
    return MethodSubject(1800.0, Decimal(1), "TNE", 1000.0, materials, lives)


STEEL = parameter_lot(Material("steel", 1000.0, post_consumer=250.0))


def parameter_by(name: str, subject: MethodSubject, *asked: str) -> MethodResult:
    return calculate(name, subject, asked, PUBLISHED)


def used(result: MethodResult) -> dict[str, tuple[str, str]]:
    return {one.name: (one.value, one.source) for one in result.parameters}


def refused(code: str, name: str, subject: MethodSubject, *asked: str) -> InvalidInput:
    error = raised(InvalidInput, parameter_by, name, subject, *asked)
    assert error.code == code
    return error


# ---- sources


def test_a_value_says_its_source() -> None:
    result = parameter_by(CFF, STEEL, "Ev=2.10", "Erec=0.5", "R2=0.9", "ErecEoL=0.5", "EvStar=2", "R3=0", "Ed=0")
    assert used(result) == {
        "R1": ("0.25", "ledger"), "A": ("0.2", "published"), "Ev": ("2.10", "given"), "Erec": ("0.5", "given"),
        "Qsin": ("1", "published"), "R2": ("0.9", "given"), "ErecEoL": ("0.5", "given"), "EvStar": ("2", "given"),
        "Qsout": ("1", "published"), "R3": ("0", "given"), "Ed": ("0", "given"),
    }
    (factor,) = [one for one in result.parameters if one.name == "A"]
    assert (factor.material, factor.unit, factor.recalled) == ("steel", "1", True)
    assert "Annex C" in (factor.citation or "")
    # 0.25 * 0.8 * 1.6 - 0.8 * 0.9 * 1.5
    assert result.total == pytest.approx(1800 + 1000 * (0.32 - 1.08), rel=1e-12)


def test_what_is_given_goes_first_and_for_one_material_before_all() -> None:
    result = parameter_by(MODULE_D, parameter_lot(Material("steel", 600.0), Material("glass", 400.0)), "MMRout=0.5",
                          "glass.MMRout=0",
                "MMRin=0.25", "glass.MMRin=0", "EMR=1", "EVMSub=2", "Q=1")
    assert {(one.material, one.name): one.value for one in result.parameters if one.name.startswith("MMR")} == {
        ("steel", "MMRout"): "0.5", ("steel", "MMRin"): "0.25", ("glass", "MMRout"): "0", ("glass", "MMRin"): "0",
    }
    assert [one.amount for one in result.beside] == [150.0, -150.0, 0.0, 0.0]
    assert used(parameter_by(CFF, STEEL, "A=0.5", "R1=0", "R2=0", "R3=0", "Ed=0"))["A"] == ("0.5", "given")


def test_a_material_may_have_a_dot_in_its_name() -> None:
    result = parameter_by(MODULE_D, parameter_lot(Material("steel.304", 1.0)), "steel.304.MMRout=0")
    assert [(one.material, one.name, one.source) for one in result.parameters] == [
        ("steel.304", "MMRout", "given"), ("steel.304", "MMRin", "ledger"),
    ]


def test_a_recalled_value_is_flagged() -> None:
    result = parameter_by(CFF, parameter_lot(Material("copper", 1000.0)), "R2=0.5", "ErecEoL=1", "EvStar=4",
                          "Qsout=1", "R3=0.5", "EER=0",
                "LHV=0")
    assert [one.name for one in result.parameters if one.recalled] == ["A", "B"]
    assert "Of copper, A, B could not be checked at the source." in result.limitations
    assert not [one for one in parameter_by(CFF, STEEL, "R1=0", "R2=0", "R3=0", "Ed=0").limitations if "checked" in one]


def test_what_is_multiplied_by_zero_need_not_be_known() -> None:
    assert used(parameter_by(CFF, parameter_lot(Material("unobtainium", 1.0)), "R2=0", "R3=0",
                             "Ed=1")).keys() == {"R1", "R2", "R3", "Ed"}
    assert used(parameter_by(CFF, STEEL, "A=1", "R2=1", "R3=0")).keys() == {"R1", "A", "R2", "R3"}
    assert used(parameter_by(EOL, parameter_lot(Material("zinc", 1.0)), "RR=0")).keys() == {"RR", "S"}
    assert used(parameter_by(CYCLE, parameter_lot(Material("zinc", 1.0)), "R=0", "Xpr=3")).keys() == {"R1", "R", "Xpr"}
    assert used(parameter_by(LIFE, parameter_lot(), "r=1", "reman=5")).keys() == {"r", "reman"}


# ---- what is missing


def test_everything_that_is_missing_is_named_at_once() -> None:
    error = refused("missing-parameter", EOL, parameter_lot(Material("steel", 1.0, post_consumer=0.5),
                                                            Material("zinc", 1.0)),
                    "zinc.RR=0", "steel.Xpr=2")
    assert (error.field, error.value) == ("parameter", "steel.RR, steel.Y, steel.Xre")
    assert "steel.RR: scrap recovered at the end of life (kg/kg, at least 0 and at most 1)" in (error.rule or "")
    assert "steel.Xre: making 1 kg of the material from scrap only (kg CO2e/kg, any number)" in (error.rule or "")


@pytest.mark.parametrize(("code", "method", "lot", "given", "expected"), [
    ("missing-parameter", CFF, parameter_lot(Material("nickel", 1.0)), ("R2=0.5", "R3=0", "Ed=0"),
     {"value": "nickel.A, nickel.ErecEoL, nickel.EvStar, nickel.Qsout"}),
    ("no-materials", EOL, parameter_lot(), GIVEN, {"field": "method", "value": EOL}),
    ("unknown-parameter", METHOD, STEEL, ("R2=0.9",),
     {"field": "parameter", "value": "R2", "rule": "cut-off/1 takes no parameters"}),
    ("unknown-parameter", LIFE, STEEL, ("steel.r=0.5",),
     {"field": "parameter", "value": "steel.r", "rule": "NAME=VALUE"}),
    ("missing-parameter", LIFE, parameter_lot(lives=(900.0,)), ("r=0.5",), {"value": "reman"}),
    ("unknown-material", EOL, parameter_lot(), ("steel.RR=0",), {"rule": "no materials of this lot are known"}),
], ids=["nothing is published", "no known material", "cut-off takes none", "the lot as it is", "a first life",
        "a material that the lot has not"])
def test_parameters_that_do_not_fit(code: str, method: str, lot: Any, given: Any, expected: dict[str, str]) -> None:
    error = refused(code, method, lot, *given)
    assert {name: getattr(error, name) for name in expected} == expected


@pytest.mark.parametrize(("name", "missing"), [
    (CFF, "steel.Ev, steel.Erec, steel.R2, steel.ErecEoL, steel.EvStar, steel.R3, steel.EER, steel.LHV, "
          "steel.XERheat, steel.ESEheat, steel.XERelec, steel.ESEelec, steel.Ed"),
    (EOL, "steel.RR, steel.Y, steel.Xpr, steel.Xre"),
    (MODULE_D, "steel.MMRout, steel.EMR, steel.EVMSub, steel.Q"),
    (CYCLE, "steel.R, steel.Xpr, steel.Xre"),
    (LIFE, "r, new, reman"),
], ids=lambda one: one if one.endswith("/1") else "")
def test_a_method_of_which_nothing_is_given(name: str, missing: str) -> None:
    assert refused("missing-parameter", name, STEEL).rule == "; ".join(
        f"{one}: {about.meaning} ({about.unit}, {about.range})"
        for one in missing.split(", ")
        for about in method_named(name).parameters if about.name == one.rpartition(".")[2]
    )


# ---- what is given wrong


def test_an_unknown_method_lists_all() -> None:
    error = refused("unknown-method", "cut-off/2", STEEL)
    assert (error.field, error.value) == ("method", "cut-off/2")
    assert error.rule == f"one of: {METHOD}, {CFF}, {EOL}, {MODULE_D}, {CYCLE}, {LIFE}"


@pytest.mark.parametrize("target", ["RX", "steel.RX", "rr", "", "steel."])
def test_an_unknown_parameter_lists_those_of_the_method(target: str) -> None:
    error = refused("unknown-parameter", EOL, STEEL, *GIVEN, f"{target}=1")
    assert (error.field, error.value, error.rule) == ("parameter", target, "one of: RR Y S Xpr Xre")


@pytest.mark.parametrize("target", ["zinc.RR", ".RR", "Steel.RR"])
def test_a_material_that_the_lot_does_not_hold(target: str) -> None:
    error = refused("unknown-material", EOL, STEEL, *GIVEN, f"{target}=0")
    assert (error.field, error.value, error.rule) == ("parameter", target, "one of: steel")


@pytest.mark.parametrize("text", [
    "", "nine", "NaN", "Infinity", "1e-3", "1_0", "+1", ".5", "5.", "0,5", " 1", "1\n", "1=1", "01", "-", "--1", "0x1",
    "1" * 16, "0." + "1" * 16, "１",
])
def test_what_is_no_number(text: str) -> None:
    error = refused("invalid-parameter", CYCLE, STEEL, f"Xpr={text}")
    assert (error.field, error.value) == ("parameter", f"Xpr={text}")
    assert error.rule == "a decimal number such as 0.85, without exponent"


@pytest.mark.parametrize("name", ["RR", "steel.RR"])
def test_a_parameter_without_a_value(name: str) -> None:
    error = refused("invalid-parameter", EOL, STEEL, name)
    assert (error.field, error.value) == ("parameter", name)
    assert (error.rule or "").startswith("NAME=VALUE")


@pytest.mark.parametrize(("name", "good", "bad", "words"), [
    (EOL, "RR=1", "RR=1.001", "at least 0 and at most 1"), (EOL, "RR=0", "RR=-0.001", "at least 0 and at most 1"),
    (EOL, "Y=0.001", "Y=0", "above 0 and at most 1"), (EOL, "Y=1", "Y=1.001", "above 0 and at most 1"),
    (EOL, "S=1.2", "S=-0.001", "at least 0"),
    (CYCLE, "R=0.999", "R=1", "at least 0 and below 1"), (CYCLE, "n=1", "n=0", "whole, at least 1 and at most 1000"),
    (CYCLE, "n=1000", "n=1001", "whole, at least 1 and at most 1000"),
    (CYCLE, "n=2.0", "n=2.5", "whole, at least 1 and at most 1000"),
    (CFF, "Qsin=0.1", "Qsin=0", "above 0 and at most 1"), (CFF, "LHV=0", "LHV=-1", "at least 0"),
    (MODULE_D, "Q=1", "Q=1.5", "above 0 and at most 1"), (LIFE, "r=1", "r=1.1", "at least 0 and at most 1"),
])
def test_a_value_out_of_range(name: str, good: str, bad: str, words: str) -> None:
    error = refused("invalid-parameter", name, STEEL, bad)
    assert (error.field, error.value) == ("parameter", bad)
    assert (error.rule or "").startswith(f"{words}: ")
    # The case just within the range goes on, to what is missing beside it.
    refused("missing-parameter", name, STEEL, good)


def test_a_parameter_is_given_once() -> None:
    error = refused("invalid-parameter", EOL, STEEL, *GIVEN, "RR=0.8")
    assert (error.field, error.value, error.rule) == ("parameter", "RR=0.8", "each parameter is given at most once")
    assert parameter_by(EOL, STEEL, *GIVEN, "steel.RR=0.8").parameters[0].value == "0.8"


def test_parts_of_the_end_of_life_are_at_most_the_whole() -> None:
    asked = ("A=1", "Ed=0", "B=1")
    error = refused("invalid-parameter", CFF, STEEL, *asked, "R2=0.9", "steel.R3=0.2")
    assert (error.field, error.value, error.rule) == ("parameter", "R2=0.9 R3=0.2", "R2 + R3 at most 1")
    assert parameter_by(CFF, STEEL, *asked, "R2=0.9", "R3=0.1").total == 1800.0


# ---- sets of potentials


def test_sets_of_potentials_by_name() -> None:
    assert (gases_named("AR6"), gases_named("AR5")) == (AR6, AR5)
    with pytest.raises(InvalidInput) as caught:
        gases_named("ar6")
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == ("unknown-gwp", "gwp", "ar6", "one of: AR6, AR5")


# ---- the catalogue and the table


def test_conditions_name_parameters_of_their_method() -> None:
    for method in METHODS:
        names = {one.name for one in method.parameters}
        assert len(names) == len(method.parameters)
        for one in method.parameters:
            for condition in one.unless:
                left, _, right = condition.partition(" = ")
                assert set(left.split(" ")) - {"+", "-"} <= names - {one.name}, (method.name, one.name)
                assert Decimal(right) in (0, 1)
            assert one.follows is None or one.follows in names
            assert (one.ledger is None) == (one.name not in LEDGER)


def test_methods_are_versioned_and_say_where_their_credit_lies() -> None:
    assert [one.name for one in METHODS if not one.name.endswith("/1") or not one.credit or not one.source] == []
    assert len({one.name for one in METHODS}) == len(METHODS)


def test_the_catalogue_goes_over_the_wire() -> None:
    told = msgspec.json.decode(msgspec.json.encode(method_named(CYCLE)))
    assert told["of"] == "material"
    assert told["parameters"][-1] == {
        "name": "n", "unit": "1", "meaning": "number of uses; endless if omitted", "low": "1",
        "high": "1000", "whole": True, "optional": True,
    }


def test_a_result_goes_over_the_wire() -> None:
    told = msgspec.json.decode(msgspec.json.encode(parameter_by(EOL, STEEL, *GIVEN)))
    assert told["totalPerUnit"] == told["total"] == pytest.approx(1095.0, rel=1e-12)
    assert told["terms"][0] == {"name": "cutOff", "amount": 1800.0, "what": "the figure by cut-off"}
    assert told["parameters"][0] == {
        "name": "RR", "value": "0.9", "unit": "kg/kg", "source": "given", "material": "steel",
    }
    assert "beside" not in told


def test_documents_hold_every_method_and_parameter() -> None:
    text = markdown(METHODS)
    for method in METHODS:
        assert f"### `{method.name}`: {method.title}" in text
        assert f"Credit: {method.credit}" in text
        for one in method.parameters:
            assert f"| `{one.name}` | {one.unit} | {one.range} | {one.meaning} |" in text
    assert "| not needed if | source |" in text
    assert "| R2 = 0 or A = 1 | given |" in text


def test_the_table_is_in_order() -> None:
    listed = {one.name: one for method in METHODS for one in method.parameters if one.published}
    for row in TABLE:
        assert tuple(row) == COLUMNS
        about: Parameter = listed[row["name"]]
        assert Decimal(about.low or 0) <= Decimal(row["value"]) <= Decimal(about.high or 1)
        assert row["status"] in STATUSES
        assert row["source"]
        assert 2000 < int(row["year"]) < 2100
    assert (len(PUBLISHED), {row["name"] for row in TABLE}) == (len(TABLE), set(listed))


def test_the_table_is_beside_its_module() -> None:
    assert files("ledger.footprint.derived.methods").joinpath("published.csv").is_file()


@pytest.mark.parametrize(("fractions", "field"), [
    (("1.01",), "calcium_oxide"), (("-0.01",), "calcium_oxide"), (("0.65", "1.01"), "from_carbonate"),
    (("0.65", "1", "0.99"), "dust"),
])
def test_calcination_of_what_cannot_be(fractions: tuple[str, ...], field: str) -> None:
    error = raised(PluginError, calcination, *map(Decimal, fractions))
    assert (error.code, error.field) == ("invalid-fraction", field)


def test_calcination_counts_what_came_as_carbonate() -> None:
    """0.5603 kg of CaO are a kg of CaCO3, half of it: 0.219855 kg of CO2."""
    assert calcination(Decimal("0.5603"), Decimal("0.5")) == Decimal("0.219855")
