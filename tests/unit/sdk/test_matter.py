"""Where materials and elements go by declared composition, solved by hand. Masses in kg."""

from decimal import Decimal, localcontext

import pytest

from ledger.sdk import CONTEXT, Context, Draft, FacilityFacts, InputFacts, OutputFacts, Quantity, follow_composition
from ledger.sdk.testing import context, lot, output


def out(mass: str, materials: dict[str, str], elements: dict[str, str] | None = None) -> OutputFacts:
    return OutputFacts(
        lot="urn:out", product="urn:p", role="product", quantity=Quantity(value=mass, unit="KGM"), mass=Decimal(mass),
        materials={name: Decimal(share) for name, share in materials.items()},
        elements={name: Decimal(share) for name, share in (elements or {}).items()},
    )


def followed(*outputs: OutputFacts) -> dict[str, tuple[Decimal, ...]]:
    """100 kg come in: 60 of steel, 40 of copper, 10 of nickel among them."""
    taken = InputFacts(
        lot="urn:in", product="urn:p", sector="test", quantity=Quantity(value="100", unit="KGM"), role="product",
        mass=Decimal(100), materials={"steel": Decimal("0.6"), "copper": Decimal("0.4")},
        elements={"Ni": Decimal("0.1")},
    )
    context = Context(
        process="test.make", route="make", year=2022, hours=Decimal(24), allocation="mass",
        facility=FacilityFacts(id="urn:facility", country="CN"), inputs=(taken,), supplies=(), outputs=outputs,
    )
    with localcontext(CONTEXT):
        draft = Draft(context)
        follow_composition(draft, context)
        return draft.assessment().matter


def test_materials_go_where_they_are_declared_and_the_rest_by_mass() -> None:
    # 45 of steel to the first; 15 of steel and 40 of copper to the two that declare nothing, 40 and 15 heavy
    found = followed(out("45", {"steel": "1"}), out("40", {}), out("15", {}))
    assert (found["material:steel"][0], sum(found["material:steel"])) == (Decimal("0.75"), 1)
    assert [round(part, 6) for part in found["material:copper"]] == [
        0, Decimal("0.727273"), Decimal("0.272727"),
    ]


def test_nothing_is_said_where_nothing_is_declared() -> None:
    assert followed(out("100", {})) == {}


def test_more_declared_than_came_in_stays_within_the_whole() -> None:
    # 50 of copper are declared in each of two outputs, 40 came in: half of it each
    assert followed(out("50", {"copper": "1"}), out("50", {"copper": "1"}))["material:copper"] == (
        Decimal("0.5"), Decimal("0.5"),
    )


def test_an_analysis_of_elements_leaves_the_rest_to_the_others() -> None:
    # 4 of 10 of nickel are in the first; 6 in the other
    assert followed(out("40", {}, {"Ni": "0.1"}), out("60", {}))["element:Ni"] == (Decimal("0.4"), Decimal("0.6"))


def test_an_output_without_composition_holds_no_more_than_it_weighs() -> None:
    """1,000 kg of aluminium (0.96) and paint (0.04) give 767 kg of aluminium and 200 kg of which nothing is said: of
    the rest, 193 kg of aluminium and 40 of paint, 200 of 233 fit."""
    given = context(
        "circular.sorting", inputs=(lot("1000 KGM", "waste", materials={"aluminium": "0.96", "paint": "0.04"}),),
        outputs=(output("767 KGM", materials={"aluminium": "1"}), output("200 KGM", "waste")),
    )
    draft = Draft(given)
    with localcontext(CONTEXT):
        follow_composition(draft, given)
    matter = draft.assessment().matter
    aluminium, paint = float(matter["material:aluminium"][1]) * 960, float(matter["material:paint"][1]) * 40
    assert aluminium == pytest.approx(193 * 200 / 233, rel=1e-12)
    assert paint == pytest.approx(40 * 200 / 233, rel=1e-12)
    assert float(matter["material:aluminium"][0]) * 960 == pytest.approx(767, rel=1e-12)
