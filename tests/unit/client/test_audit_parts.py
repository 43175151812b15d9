"""Parts of an audit: the most doubtful figures, the store on disk, and the sample."""

import asyncio
import hashlib
import random
import tracemalloc
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pytest
from support.raising import raised

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.admission.rules import NEWEST, Rules
from ledger.client.audit.checks.beginning import check_rules_known
from ledger.client.audit.checks.doubtful import SHOWN, DoubtfulFigures
from ledger.client.audit.sample.draw import (
    Method,
    PopulationMember,
    SampleBasis,
    SampleRequest,
    draw,
    number,
    totals,
    weight,
)
from ledger.client.audit.state.store import AuditStore, KeptLot
from ledger.core.outcome.assessment import BURDENS, Assessment, Finding, Line
from ledger.core.outcome.leaves import AssessmentLeaf, assessment_bytes, leaf_bytes
from ledger.errors import ConfigurationError, InvalidInput
from ledger.footprint.stored.figures import LotFigures

DIGEST = bytes(32)


def leaf(amount: int | None, *, co2: int = 1, severity: str = "warning") -> bytes:
    findings = () if amount is None else (
        Finding(code="doubtful", message="a claim", severity=severity, amount=Decimal(amount) if amount else None),
    )
    line = Line(gas="CO2", amount=Decimal(co2), source="site", kind="onSite")
    assessment = Assessment(lines=(line,), findings=findings)
    return leaf_bytes(AssessmentLeaf(activation=1, salt="x", assessment=assessment_bytes(assessment),
                                     method="cut-off/1"))


def test_an_audit_that_goes_on_asks_its_state_for_the_rules() -> None:
    """It reads no entry of the log again."""
    unread: Any = None
    asyncio.run(check_rules_known(unread, 9, 5, Rules().after(1, NEWEST.name, NEWEST.digest)))
    other = check_rules_known(unread, 9, 5, Rules().after(1, "4", "f" * 64))
    error = raised(ConfigurationError, asyncio.run, other)
    assert (error.code, error.value) == ("rules-version", "4")


def test_the_largest_questions_come_first_then_the_largest_warned_records() -> None:
    figures = DoubtfulFigures()
    for index, (amount, co2) in enumerate([(0, 5), (7, 1), (0, 9), (30, 1), (None, 1000)]):
        figures.see(index, DIGEST, leaf(amount, co2=co2))
    figures.see(5, DIGEST, leaf(0, co2=10_000, severity="note"))
    figures.see(6, DIGEST, None)
    assert [(one.index, one.questioned, one.burdens) for one in figures.largest()] == [
        (3, 30.0, 1.0), (1, 7.0, 1.0), (2, 0.0, 9.0), (0, 0.0, 5.0)]


def test_a_revision_settles_a_question() -> None:
    figures = DoubtfulFigures()
    figures.see(3, DIGEST, leaf(30))
    figures.see(4, DIGEST, leaf(20))
    figures.see(3, DIGEST, leaf(None))
    figures.see(4, DIGEST, leaf(5))
    assert [(one.index, one.questioned) for one in figures.largest()] == [(4, 5.0)]


def test_ten_of_any_number_in_bounded_memory() -> None:
    figures = DoubtfulFigures()
    for index in range(3_000):
        figures.see(index, DIGEST, leaf(1 + index))
    assert ([one.index for one in figures.largest()], SHOWN) == (list(range(2_999, 2_999 - SHOWN, -1)), 10)
    assert (len(figures.kept()), DoubtfulFigures(figures.kept()).largest()) == (1_000, figures.largest())


# An audit's file gives back what was written, a part at a time.


LOTS = 25_000
NOTHING = LotFigures(tuple([0.0] * len(BURDENS)), {})


def kept(number: int) -> KeptLot:
    lot = LotFacts(id=f"urn:example:mill:lot:{number}", number=number, product="urn:p", holder="urn:h", role="product",
                   quantity=Decimal(number + 1), unit="KGM")
    return KeptLot(lot, NOTHING, Decimal(number) / 2, False)


def test_balances_come_in_order_of_number_and_not_all_at_once() -> None:
    numbers = [number * LOT_SLOTS for number in range(LOTS)]
    book = AuditStore(None)
    book.write_lots([kept(number) for number in random.Random(1).sample(numbers, LOTS)])
    tracemalloc.start()
    seen = 0
    for lot, (found, name, remaining, quantity) in zip(numbers, book.balances(), strict=True):
        assert (found, name) == (lot, f"urn:example:mill:lot:{lot}")
        assert (remaining, quantity) == (Decimal(lot) / 2, Decimal(lot + 1))
        seen += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    book.close()
    assert seen == LOTS
    assert peak < LOTS * 100, "as much as all of them take"


# Samples: known draws, worked out apart; and what has to hold of any.


BASIS: Final = SampleBasis("example.org/log", 1_000, "ab" * 32)
WEIGHTS: Final = (5.0, 0.0, 12.5, 100.0, 0.000001, 7.25, 3.0, 40.0, 0.0, 1.0)


def question(size: int, method: Method = "random", seed: str = "dice") -> SampleRequest:
    return SampleRequest("urn:example:works", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", seed, size, method)


def member(index: int, emissions: float) -> PopulationMember:
    return PopulationMember(
        index, hashlib.sha256(str(index).encode()).hexdigest(), 0, "urn:example:mill", "works.make",
        "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z", "final", emissions, [], [], [], None, "", "",
    )


POPULATION: Final = [member(i * 7, emissions) for i, emissions in enumerate(WEIGHTS)]


def test_the_number_is_a_hash_of_all_that_was_asked() -> None:
    text = "\n".join([
        "carbon-ledger/sample/v1", "example.org/log", "1000", "ab" * 32, "urn:example:works", "2025-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z", "dice", "start",
    ])
    assert number(question(3), BASIS, "start") == int(hashlib.sha256(text.encode()).hexdigest(), 16)


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_simple_random(size: int) -> None:
    """The records with the least numbers; all, where fewer are there than are asked for."""
    asked = question(size)
    numbers = sorted((number(asked, BASIS, one.digest), one.index) for one in POPULATION)
    assert [one.index for one in draw(asked, BASIS, POPULATION)] == sorted(index for _, index in numbers[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 1_000])
@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_by_emissions(size: int, seed: str) -> None:
    """In fractions: point k at (k + u) of the steps, each in the record whose stretch holds it."""
    asked = question(size, "monetary", seed)
    place = Fraction(number(asked, BASIS, "start"), 1 << 256)
    total = sum(weight(one) for one in POPULATION)
    points = [(k + place) * total / size for k in range(size)]
    wanted, before = [], 0
    for one in POPULATION:
        if any(before <= point < before + weight(one) for point in points):
            wanted.append(one.index)
        before += weight(one)
    drawn = draw(asked, BASIS, POPULATION)
    assert [one.index for one in drawn] == wanted
    # As heavy as a step: drawn for sure. Without weight: never.
    assert {one.index for one in POPULATION if weight(one) * size >= total} <= set(wanted)
    assert not {one.index for one in POPULATION if not weight(one)} & set(wanted)


def test_by_emissions_each_is_drawn_as_often_as_it_weighs() -> None:
    """Over 2,000 seeds: 12.5 of 168.75 kg."""
    drawn = sum(
        any(one.index == 14 for one in draw(question(1, "monetary", str(seed)), BASIS, POPULATION))
        for seed in range(2_000)
    )
    assert abs(drawn - 2_000 * 12.5 / 168.75) < 60


def test_another_seed_or_tree_draws_others() -> None:
    drawn = {tuple(one.index for one in draw(question(3, seed=str(seed)), BASIS, POPULATION)) for seed in range(40)}
    assert len(drawn) > 20
    other = SampleBasis(BASIS.origin, 1_001, BASIS.root)
    asked = [question(3, seed=str(seed)) for seed in range(10)]
    assert [draw(one, BASIS, POPULATION) for one in asked] != [draw(one, other, POPULATION) for one in asked]


@pytest.mark.parametrize("method", ["random", "monetary"])
def test_nothing_to_draw_from(method: Method) -> None:
    assert (draw(question(5, method), BASIS, []), totals([])) == ([], {"records": 0, "emissions": 0.0})


@pytest.mark.parametrize("size", [0, -1, 10_001])
def test_sizes_that_cannot_be(size: int) -> None:
    with pytest.raises(InvalidInput, match=f"a sample of {size} records"):
        draw(question(size), BASIS, POPULATION)


def test_weights_are_exact() -> None:
    assert [weight(one) for one in POPULATION][:5] == [5_000_000, 0, 12_500_000, 100_000_000, 1]
    assert totals(POPULATION) == {"records": 10, "emissions": 168.750001}
