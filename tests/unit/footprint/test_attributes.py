"""What green attributes do to an assessment and to figures, solved by hand and by exact fractions."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.admission.facts import LotFacts
from ledger.admission.lots import Created, Supplied, Taken
from ledger.core.outcome.assessment import Assessment, EnergyUse, Line
from ledger.core.record.values import Quantity, Supply
from ledger.errors import Refused
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.parts import parts
from ledger.footprint.stored.attributes import Coverage, check_coverage, cover, coverage, covered_market, with_covered
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, direct, vector_of
from ledger.sdk import Context, FacilityFacts, InputFacts, book_energy
from ledger.sdk.pricing import Draft

STANDS_FOR = "attribute:electricity:wind:CN:2025-01-01T00:00:00Z"


def lot(quantity: str, unit: str = "KWH", role: str = "product") -> LotFacts:
    return LotFacts(id=f"urn:{role}:{quantity}", number=0, product="urn:p", holder="urn:h", role=role,
                    quantity=Decimal(quantity), unit=unit, credit=STANDS_FOR if role == "attribute" else None)


def taken(quantity: str, unit: str = "KWH", role: str = "product", of: str = "1000") -> Taken:
    return Taken(lot(of, unit, role), Decimal(quantity), None)


def bought(value: str, unit: str = "KWH", material: str = "electricity") -> Supplied:
    return Supplied(Supply(material=material, quantity=Quantity(value=value, unit=unit)), None)


def electric(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2", "amount": Decimal(amount), "source": "electricity", "kind": "electricity", **fields})


def uses(*kilowatt_hours: str) -> tuple[EnergyUse, ...]:
    return tuple(EnergyUse(carrier="electricity", amount=Decimal(one) * Decimal("3.6")) for one in kilowatt_hours)


def test_what_attributes_cover() -> None:
    """1 MWh of attributes; 600 kWh and 1.2 MWh of lots, 200 kWh bought, and 360 MJ, which are 100 kWh."""
    inputs = [taken("600"), taken("1", "MWH", "attribute"), taken("1.2", "MWH"), taken("500", "3B")]
    supplies = [bought("200"), bought("360", "3B"), bought("1", "TNE"), bought("5", "KWH", "heat")]
    found = coverage(inputs, supplies, [Created(lot("50"), None), Created(lot("7", "3B"), None)])
    assert found == Coverage(Decimal(1000), Decimal(2100), Decimal(50))
    assert found.share == pytest.approx(Decimal(1000) / Decimal(2100))
    assert coverage(inputs[:1], supplies, []) == Coverage(), "without attributes nothing is looked at"


@pytest.mark.parametrize(("found", "booked", "fits"), [
    (Coverage(Decimal(100), Decimal(100)), "0", True),
    (Coverage(Decimal("100.1"), Decimal(100)), "500", False),  # more than enters
    (Coverage(Decimal(20), Decimal(100), Decimal(80)), "0", True),
    (Coverage(Decimal(21), Decimal(100), Decimal(80)), "0", False),  # what leaves again is not used
    (Coverage(Decimal(100), Decimal(100), Decimal(80)), "100", True),  # it generates what leaves
    (Coverage(Decimal(1)), "100", False),
])
def test_how_much_is_used(found: Coverage, booked: str, fits: bool) -> None:
    assessment = Assessment(energy=uses(booked) if booked != "0" else ())
    if fits:
        check_coverage(found, assessment)
        return
    error = raised(Refused, check_coverage, found, assessment)
    assert (error.code, error.field) == ("attribute-excess", "inputs")


def test_lines_of_electricity_are_covered_and_no_others() -> None:
    """A quarter is covered: of lines with a market-based amount that one, of CO2e and methane in CO2e."""
    found = cover(Assessment(
        lines=(electric("100"), electric("100", market=Decimal(60)), electric("8", gas="CO2e"),
               electric("2", gas="CH4"), electric("9", kind="onSite"), electric("7", burden="electricityMarket")),
        energy=uses("30", "10"),
    ), Coverage(Decimal(10), Decimal(40)))
    assert [line.market for line in found.lines] == [75, 45, 6, 2 * Decimal("29.8") * Decimal("0.75"), None, None]
    assert direct(found)[SLOT["electricityLocation"]] == pytest.approx(208 + 59.6)


def test_so_much_of_the_electricity_is_renewable() -> None:
    """Whatever was claimed: 36 of 144 MJ; heat stays as it is."""
    heat = EnergyUse(carrier="heat", amount=Decimal(5), renewable=True)
    claimed = EnergyUse(carrier="electricity", amount=Decimal(108), renewable=True)
    found = cover(Assessment(energy=(claimed, heat, *uses("10"))), Coverage(Decimal(10), Decimal(40)))
    assert found.energy == (heat, EnergyUse(carrier="electricity", amount=Decimal(36), renewable=True),
                            EnergyUse(carrier="electricity", amount=Decimal(108)))
    whole = cover(Assessment(energy=uses("10")), Coverage(Decimal(10), Decimal(10)))
    assert whole.energy == (EnergyUse(carrier="electricity", amount=Decimal(36), renewable=True),)


def test_nothing_changes_without_attributes() -> None:
    assessment = Assessment(lines=(electric("1"),), energy=uses("1"))
    assert cover(assessment, Coverage()) is assessment
    assert with_covered(ZERO, {}) is ZERO


figure = st.integers(0, 10**6)


@given(figure, figure, figure, st.integers(1, 1000), st.integers(0, 100))
def test_what_is_taken_from_lots_is_within_what_they_bring(
    market: int, kwh: int, renewable: int, part: int, share: int
) -> None:
    """By exact fractions, and never more than it was."""
    burdens: Vector = vector_of({"electricityMarket": market, "electricityKwh": kwh, "renewableEnergyMj": renewable})
    ones = [(taken(str(part)), part / 1000, burdens), (taken("5", "3B"), 0.005, burdens),
            (taken("5", role="attribute"), 0.005, burdens)]
    found = covered_market(ones, share / 100).get("electricityMarket", 0.0)
    unclaimed = max(Fraction(0), kwh - renewable / Fraction(18, 5))
    expected = Fraction(share, 100) * 1000 / (1000 + unclaimed) * Fraction(part, 1000) * market
    assert -found == pytest.approx(float(expected), rel=1e-9, abs=1e-12)
    assert 0 <= -found <= part / 1000 * market * (1 + 1e-12)


def test_a_table_says_what_attributes_took() -> None:
    """Half of a record is in the lot; it took 30 kg from what its lots of power bring."""
    one = Upstream(1, "x", None, Assessment(lines=(electric("10"),)), 0.5,
                   covered={"electricityMarket": -30.0})
    assert [(part.source, part.amount) for part in parts(one, "electricityMarket")] == [
        ("electricity", 5.0), ("green attributes", -15.0)]
    assert [part.amount for part in parts(one, "electricityLocation")] == [5.0]


def power_of_the_ledger(*inputs: InputFacts) -> Context:
    return Context(
        process="test.make", route="make", year=2023, hours=Decimal(1), allocation="mass", inputs=inputs, supplies=(),
        facility=FacilityFacts(id="urn:site", country="CN"), outputs=(),
    )


def given_lot(value: str, *, generated: bool) -> InputFacts:
    return InputFacts(lot=f"urn:{value}", product="urn:p", sector="", role="product", generated=generated,
                      quantity=Quantity(value=value, unit="KWH"))


def test_what_this_ledger_generated_is_not_green_by_a_claim() -> None:
    declared, made = given_lot("30", generated=False), given_lot("70", generated=True)
    for inputs, renewable, findings in (
        ((declared,), 30, {}), ((declared, made), 30, {}), ((made,), 0, {"renewable-without-attribute": True}),
    ):
        asked = power_of_the_ledger(*inputs)
        draft = Draft(asked)
        book_energy(draft, asked, renewable_share=Decimal(1))
        found = draft.assessment()
        assert direct(found)[SLOT["renewableEnergyMj"]] == pytest.approx(renewable * 3.6)
        assert {one.code: one.refuses for one in found.findings} == findings
