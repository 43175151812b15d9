"""Random histories whose supplies the factor sets price. They are conserved, and from zero the same to the bit, also if
another version of a set comes into force on the way.
"""

import random
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace
from support import factor_sets
from support.examples import examples
from support.histories import FromZero, History, Plant
from support.memory import MemoryLedger

from ledger.admission.closings.spreading import amount_in, covered
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.outcome.leaves import AssessmentLeaf, Question
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    AnyRecord,
    Closing,
    Declaration,
    StandingAcceptance,
    Transfer,
    Transformation,
)
from ledger.core.record.values import UNBURDENED, Quantity, Supply
from ledger.footprint.stored.burdens import SLOT

VERSIONS = (
    factor_sets.version("1"), factor_sets.changed("2", steel="CO2e 9", gas="CO2e 7", electricity="CO2e 1"),
    factor_sets.changed("3", zinc="CO2e 2", oil="CO2e 1.5"),
)
UNKNOWN = ("superalloy", "unheardOf", "cleaning")
MATERIALS = (
    ("steel", "KGM"), ("zinc", "KGM"), ("electricity", "KWH"), ("superalloy", "KGM"), ("unheardOf", "TNE"),
    ("gas", "KGM"), ("oil", "3B"), ("cleaning", "HUR"),
)
CONSERVED = 1e-9


class PricedHistory(History):
    """Adds supplies without a price to the records of a history, and declares shares for some of their outputs.
    `spread`: how many closings spread their overheads; `stayed`: how many parts of totals stayed with a closing."""

    def __init__(self, seed: int, plants: int) -> None:
        memory = MemoryLedger(factor_sets.registry(*VERSIONS), seed=seed)
        self._activate(memory, factor_sets.NAME, VERSIONS[0].version, VERSIONS[0].digest, precedence=1)
        self.spread = self.stayed = 0
        self._source = random.Random(seed)
        self._sharing = random.Random(seed + 1)
        self._arriving = random.Random(seed + 2)
        self._declared: dict[str, str] = {}
        super().__init__(memory, self._source, plants)
        # A closing may price a share by a declaration that is later than the record. From zero it would be too late.
        for plant in self.plants:
            self._contract(plant)

    def update(self, version: int) -> None:
        chosen = VERSIONS[version]
        self._activate(self.memory, factor_sets.NAME, chosen.version, chosen.digest, precedence=1)

    def step(self, *, revising: bool = True) -> bool:
        """More closings than in other histories, and rules that accept deliveries on arrival."""
        if self._arriving.random() < 0.08:
            plant, other = self._arriving.sample(self.plants, 2)
            self.post(plant, self._rule(plant, other))
        if revising and self._source.random() < 0.1:
            plant = self._source.choice(self.plants)
            return self.post(plant, self._reopen(plant) or self._close(plant))
        return super().step(revising=revising)

    def post(self, plant: Plant, record: AnyRecord) -> bool:
        match record:
            case Transformation():
                record = self._shared(replace(record, supplies=[*record.supplies, *self._supplies(plant, 3)]))
            case Closing():
                record = self._closing(plant, record)
            case _:
                pass
        before = self.counts["Closing"]
        revised = super().post(plant, record)
        if isinstance(record, Closing) and self.counts["Closing"] > before:
            self.stayed += check_totals(self.memory, record)
        if isinstance(record, Closing) and record.spread_overheads is not None:
            self.spread += self.counts["Closing"] - before
        return revised

    def _rule(self, plant: Plant, other: Plant) -> StandingAcceptance:
        """For one product or for all; now and then a withdrawal, perhaps of nothing."""
        product = self._arriving.choice([None, other.name("steel"), other.name("scrap")])
        by: dict[str, Any] = {
            "issuer": plant.id, "nonce": self.memory.nonce(), "sender": other.id, "product": product}
        if self._arriving.random() < 0.2:
            return StandingAcceptance(**by, withdrawn=True)
        return StandingAcceptance(
            **by, purposes=self._arriving.choice([[], ["sale", "custody", "storage", "return"]]),
            roles=self._arriving.choice([[], ["product", "coProduct", "waste", "core"]]), tolerance="0.02",
            valid_from=self._arriving.choice(["2025-01-01T00:00:00Z", "2025-02-10T00:00:00Z"]))

    def _shared(self, record: Transformation) -> Transformation:
        """The record with declared shares if several outputs carry burdens: some of them escape burdens."""
        carrying = [output for output in record.outputs if output.role not in UNBURDENED]
        if len(carrying) < 2 or self._sharing.random() < 0.5:
            return record
        shares = iter([self._sharing.choice(["0.01", "0.4", "0.9"]) for _ in carrying])
        outputs = [replace(output, share=next(shares)) if output.role not in UNBURDENED else output
                   for output in record.outputs]
        return replace(record, outputs=outputs, allocation="declared")

    def _closing(self, plant: Plant, record: Closing) -> Closing:
        key = self._source.choice(["mass", "hours", None])
        overheads = {one.material: one for one in (*record.overheads, *self._supplies(plant, 2))}
        measured = [*record.measured, Supply(material="steel", quantity=Quantity(value="5000000", unit="KGM"))]
        return replace(
            record, overheads=list(overheads.values()), spread_overheads=key, measured=measured,
            replaces=["gas"] if self._source.random() < 0.3 else [],
        )

    def _supplies(self, plant: Plant, most: int) -> list[Supply]:
        chosen = [self._source.choice(MATERIALS) for _ in range(self._source.randrange(most + 1))]
        supplies = [
            Supply(material=material, quantity=Quantity(value=str(self._source.randrange(1, 500)), unit=unit),
                   unknown=material in UNKNOWN)
            for material, unit in chosen
        ]
        if self._source.random() < 0.3:
            supplies.append(Supply(
                material="electricity", quantity=Quantity(value="7", unit="MWH"), declaration=self._contract(plant)))
        return supplies

    def _contract(self, plant: Plant) -> str:
        """Of power, whose market-based figure is not the location-based one."""
        if plant.id not in self._declared:
            (entry,) = self.memory.must((plant.party, Declaration(
                issuer=plant.id, nonce=self.memory.nonce(), start="2025-01-01T00:00:00Z", end="2025-02-01T00:00:00Z",
                basis="pact", boundary="cradleToGate", per=Quantity(value="1", unit="MWH"), burdens={
                    "fossilGhgEmissions": "900", "electricityLocation": "500", "electricityMarket": "850"})))
            self._declared[plant.id] = entry.digest.hex()
        return self._declared[plant.id]

    @staticmethod
    def _activate(memory: MemoryLedger, plugin: str, version: str, digest: str, precedence: int | None = None) -> None:
        memory.must((memory.registrar, Activation(
            issuer=memory.registrar.id, nonce=memory.nonce(), plugin=plugin, version=version, digest=digest,
            precedence=precedence)))


def check_totals(memory: MemoryLedger, closing: Closing) -> int:
    """Of each total: what the records of the period hold of it and what stays with the closing that was just posted are
    the total, in decimals. Returns how many parts stay."""
    _, revision = memory.revisions[-1]
    records = [record for index in range(len(memory.records))
               if isinstance(record := memory.reading(index), Transformation) and covered(closing, record)]
    for stays in revision.unspread:
        spread = stays.place < len(closing.overheads)
        held = sum((amount_in(record.overheads if spread else record.supplies, stays.total, "") for record in records),
                   Decimal(0))
        part = Decimal(0) if stays.part is None else stays.part.quantity.amount
        assert held + part - stays.above == stays.total.quantity.amount, stays
        assert not (stays.above and part)
    return sum(stays.part is not None for stays in revision.unspread)


def check_conserved(memory: MemoryLedger) -> None:
    """Of every burden: what is left in lots and with records is the sum of what the records' assessments have."""
    direct = [prepared.work.direct for prepared in memory.history.prepared.values()]
    for name, slot in SLOT.items():
        left = [float(memory.left(lot)) * figures.burdens[slot] for lot, figures in memory.figures.items()]
        left += [memory.retained(index).get(name, 0.0) for index in range(len(memory.records))]
        made = [vector[slot] for vector in direct]
        if name == QUESTIONED:
            made += [float(amount) for index in range(len(memory.records)) for one in questions(memory, index)
                     for amount in (one.made, one.escaped)]
        scale = sum(map(abs, left)) + sum(map(abs, made))
        assert abs(sum(left) - sum(made)) <= CONSERVED * scale, name


def questions(memory: MemoryLedger, index: int) -> Sequence[Question]:
    """What leaf 0 of a record says of its outputs' questions."""
    leaf = memory.assessment(index)
    return () if leaf is None or index not in memory.history.prepared else leaf.questions


def check_from_zero(memory: MemoryLedger) -> None:
    """Every figure and every leaf."""
    zero = FromZero(memory, memory.state.size)
    gone = {lot for index, lots in memory.history.made.items() if index not in memory.history.prepared for lot in lots}
    assert {lot: figures for lot, figures in memory.figures.items() if lot not in gone} == zero.figures
    for index, leaves in zero.leaves.items():
        mine = memory.leaves[index]
        assert (mine[:1] if isinstance(memory.records[index], Closing) else mine) == leaves, index


def run(story: PricedHistory, steps: int, updates: Sequence[int]) -> None:
    for step in range(steps):
        if step in updates:
            story.update(1 + updates.index(step) % 2)
        if story.step():
            check_from_zero(story.memory)
            check_conserved(story.memory)
    check_from_zero(story.memory)
    check_conserved(story.memory)


class DeliveringHistory(PricedHistory):
    """With many deliveries and answers to them."""

    def step(self, *, revising: bool = True) -> bool:
        for action in (self._send, self._accept):
            plant = self._arriving.choice(self.plants)
            record = action(plant)
            if record is not None:
                self.post(plant, record)
        return super().step(revising=revising)


def check_arrivals(story: PricedHistory) -> None:
    """Many deliveries are accepted on arrival, others are not; some are disputed or claimed to be short, and whatever
    an amendment does, the accepted ones stay those of their entries."""
    memory = story.memory
    sent = {memory.digests[index].hex(): index for index, record in enumerate(memory.records)
            if isinstance(record, Transfer)}
    rules = {digest: leaf.accepted_by for digest, index in sent.items()
             if (leaf := memory.assessment(index)) is not None and leaf.accepted_by is not None}
    assert min(len(rules), len(sent) - len(rules)) >= 5
    assert all(isinstance(memory.records[rule], StandingAcceptance) and rule < sent[digest]
               for digest, rule in rules.items())
    answered = [record for record in memory.records if isinstance(record, Acceptance) and record.transfer in rules]
    assert {record.disputed for record in answered} == {True, False}
    for digest, index in sent.items():
        original = json.decode(memory.original_leaves[index][0], type=AssessmentLeaf)
        if memory.reading(index) is not None:
            assert original.accepted_by == rules.get(digest)


@examples(15)
@given(
    seed=st.integers(0, 2**32), steps=st.integers(1, 80),
    updates=st.lists(st.integers(1, 60), max_size=3, unique=True),
)
def test_random_histories(seed: int, steps: int, updates: list[int]) -> None:
    run(PricedHistory(seed, 2), steps, updates)


def test_a_long_history() -> None:
    """It holds what the others rest on: all sorts of prices, versions, shares of overheads and gaps."""
    story = PricedHistory(2025, 3)
    run(story, 220, (40, 90, 150))
    memory = story.memory
    assert story.spread >= 3
    assert story.stayed >= 10
    activations = Counter(
        leaf.activation for index in range(len(memory.records)) if (leaf := memory.assessment(index)) is not None)
    assert len(activations) >= 4
    total = [sum(float(memory.left(lot)) * figures.burdens[SLOT[name]] for lot, figures in memory.figures.items())
             for name in ("omittedAbs", "unestimated", "electricityLocation", "electricityMarket", QUESTIONED)]
    asked = [one for index in range(len(memory.records)) for one in questions(memory, index)]
    assert sum(float(one.made) > 0 for one in asked) > 10
    assert sum(float(one.escaped) > 0 for one in asked) > 3
    assert all(amount > 0 for amount in total)
    assert total[3] > total[2]
    shares = [record for index in range(len(memory.records))
              if isinstance(record := memory.reading(index), Transformation) and record.overheads]
    assert shares
    assert Decimal(0) not in [one.quantity.amount for record in shares for one in record.overheads]


def test_deliveries_are_accepted_on_arrival() -> None:
    story = DeliveringHistory(7, 3)
    run(story, 130, (40,))
    check_arrivals(story)
    assert story.counts["StandingAcceptance unknown-rule"] > 0
