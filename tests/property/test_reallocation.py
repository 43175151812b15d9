"""By whichever key burdens are shared, none is lost or made; and each record's own keys give what is stored."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.counting import Counting
from support.memory import MemoryLedger
from support.sectors import Given, Make, registry
from support.site import Site, ore

from ledger.core.record.values import Money, Output, Quantity
from ledger.footprint.derived.reallocation import NEEDS
from ledger.footprint.stored.burdens import footprint

WHOLE = 60


class Step(NamedTuple):
    """A record of `len(weights)` outputs, each with its weights by key; it takes some of the lots before it."""

    weights: list[tuple[int, int, int, int, int]]
    key: str
    co2: int
    assigned: int
    takes: list[tuple[int, int]]


weights = st.tuples(*[st.integers(1, 9)] * 5)
steps = st.lists(
    st.builds(
        Step, st.lists(weights, min_size=1, max_size=3), st.sampled_from(list(NEEDS)), st.integers(0, 50),
        st.integers(0, 20), st.lists(st.tuples(st.integers(0, 30), st.integers(1, WHOLE)), max_size=3),
    ), min_size=1, max_size=8,
)


def outputs(site: Site, number: int, step: Step) -> list[Output]:
    found = []
    for i, (mass, value, energy, moles, share) in enumerate(step.weights):
        fields: dict[str, Any] = {
            "mass": Quantity(value=str(mass), unit="KGM"), "value": Money(value=str(value), currency="CNY"),
            "heating_value": Quantity(value=str(energy), unit="3B"), "moles": str(moles), "share": f"0.{share}",
        }
        found.append(site.out(f"{number}-{i}", "part", f"{WHOLE} C62", **fields))
    return found


def told(drawn: list[Step]) -> tuple[MemoryLedger, float]:
    """The ledger, and the kg that were emitted in all."""
    memory = MemoryLedger(registry())
    site = Site(memory, "mill")
    site.product("part", "C62")
    lots: list[str] = []
    for number, step in enumerate(drawn):
        inputs: dict[str, str] = {}
        for place, pieces in step.takes:
            if lots and (lot := lots[place % len(lots)]) not in inputs:
                left = memory.state.remaining[site.name(lot)]
                if left >= 1:
                    inputs[lot] = f"{min(pieces, int(left))} C62"
        given = [Given(output=0, burden="fossilGhgEmissions", amount=str(step.assigned))] if step.assigned else []
        made = outputs(site, number, step)
        site.make(made, inputs, [ore("100 KGM")], activity=Make(co2=str(step.co2), assigned=given), allocation=step.key)
        lots += [f"{number}-{i}" for i in range(len(made))]
    return memory, float(sum(step.co2 for step in drawn))


def in_all(memory: MemoryLedger, figures: Mapping[str, float]) -> float:
    """What all lots hold, of each as much as nobody has taken."""
    return sum(float(memory.left(lot)) * amount for lot, amount in figures.items())


@settings(max_examples=40, deadline=None)
@given(steps)
def test_nothing_is_lost_by_any_key(drawn: list[Step]) -> None:
    memory, emitted = told(drawn)
    counting = Counting(memory)
    for key in NEEDS:
        figures = {lot: counting.figures(lot, key).footprint for lot in memory.figures}
        assert in_all(memory, figures) == pytest.approx(emitted, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_each_records_own_key_gives_what_is_stored(drawn: list[Step]) -> None:
    memory, _ = told(drawn)
    counting = Counting(memory)
    for lot, figures in memory.figures.items():
        assert counting.figures(lot).footprint == pytest.approx(footprint(figures.burdens), rel=1e-9, abs=1e-9)
