"""Over random histories: what amendments and closings make of the ledger is what the same log, entered in the form that
holds now, comes to from zero."""

import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from support.catching import Beside
from support.examples import examples
from support.histories import FromZero, History
from support.memory import MemoryLedger
from support.networks import burden_errors, content_errors, emitted
from support.sectors import registry

from ledger.core.record.kinds import Acceptance, Addition, Amendment, Closing, Consumption, Transfer, Transformation
from ledger.core.record.values import UNBURDENED
from ledger.engine.revision.recompute import Revised
from ledger.errors import LedgerError

CONSERVED = 1e-9
HOLDS = ("lots", "remaining", "lines", "transfers", "default_pools", "plugins", "openings")


def history(seed: int, plants: int, source: random.Random | None = None) -> History:
    return History(MemoryLedger(registry(), seed=seed), source or random.Random(seed), plants)


def withdrawn(memory: MemoryLedger) -> set[str]:
    """Lots of records that are withdrawn."""
    return {lot for index, lots in memory.history.made.items() if index not in memory.history.prepared for lot in lots}


def check_now(memory: MemoryLedger) -> FromZero:
    """All that the state holds, and every leaf of every outcome, as from zero, which is returned; withdrawn lots hold
    nothing."""
    zero, gone = FromZero(memory, memory.state.size), withdrawn(memory)
    assert {lot: figures for lot, figures in memory.figures.items() if lot not in gone} == zero.figures
    for lot in gone:
        assert memory.state.remaining[lot] == 0
        assert not any(memory.figures[lot].burdens)
        assert not memory.figures[lot].contents
    for name in HOLDS:
        found = getattr(memory.state, name)
        if name in ("lots", "remaining"):
            found = {lot: one for lot, one in found.items() if lot not in gone}
        if name == "transfers":
            # A delivery that is withdrawn is still known as one.
            found = {digest: one for digest, one in found.items() if one.new_lot not in gone}
        assert found == getattr(zero.state, name), name
    assert memory.state.frozen - gone == zero.state.frozen
    assert {item: lots for item, lots in memory.state.holding.items() if lots} == {
        item: lots for item, lots in zero.state.holding.items() if lots}
    for index, leaves in zero.leaves.items():
        # A closing's other leaves are what it made of others.
        mine = memory.leaves[index]
        assert (mine[:1] if isinstance(memory.records[index], Closing) else mine) == leaves, index
    return zero


def check_at(story: History, size: int, before: FromZero) -> FromZero:
    """What is answered for an earlier tree is what its log came to, which is returned; `before`: an earlier one."""
    memory, zero = story.memory, before.at(story.memory, size)
    figures = memory.figures_at(size)
    for lot, found in zero.figures.items():
        assert figures.pop(lot) == found, (size, lot)
    # What is left was withdrawn by then.
    assert not any(any(found.burdens) or found.contents for found in figures.values())
    left = story.left[size]
    assert all(left[lot] == amount for lot, amount in zero.state.remaining.items()), size
    assert all(left[lot] == 0 for lot in figures)
    return zero


def check_balances(memory: MemoryLedger) -> None:
    """Nothing is overdrawn; of a pool's generations, the newest alone holds something; an item is in one lot."""
    state = memory.state
    assert all(0 <= left <= state.lots[lot].quantity for lot, left in state.remaining.items())
    for line in state.lines.values():
        assert not any(state.remaining[lot] for lot in line[:-1])
    items = Counter(lot.item for lot in state.lots.values() if lot.item and state.remaining[lot.id])
    assert all(count == 1 for count in items.values())


def check_conserved(memory: MemoryLedger) -> None:
    for burden, error, scale, _ in burden_errors(memory, emitted(memory)):
        assert abs(error) <= CONSERVED * scale, burden
    for index, content, error, scale in content_errors(memory):
        assert abs(error) <= CONSERVED * scale, (index, content)


def check_credits(memory: MemoryLedger) -> None:
    """No tonne is credited twice: not where it is recycled, not by two claims, not as content and as credit."""
    claimed: dict[str, Decimal] = {}
    for index, prepared in memory.history.prepared.items():
        record, plan = prepared.submission.record, prepared.plan
        credits_ = sum([one.facts.quantity for one in plan.created if one.facts.role == "credit"], Decimal(0))
        for one in plan.taken:
            if one.lot.role == "credit":
                claimed[one.lot.id] = claimed.get(one.lot.id, Decimal(0)) + one.quantity
        if credits_ and isinstance(record, Transformation):
            maker = (record.facility, record.process)
            assert credits_ <= sum([one.mass or 0 for one in plan.taken
                                    if one.lot.role in ("waste", "core") and one.lot.maker != maker])
            assert credits_ <= sum([one.facts.mass or 0 for one in plan.created if one.facts.role not in UNBURDENED])
        elif credits_ and isinstance(record, Addition):
            pool = memory.state.pools[record.pool]
            came = sum([part * memory.contents(lot).get(pool.attribute or "", 0.0)
                        for lot, part in memory.taken_by(index)])
            stays = memory.contents(plan.created[0].facts.id).get(pool.attribute or "", 0.0)
            assert stays + float(credits_ / pool.conversion) <= came * (1 + CONSERVED)
    for lot, facts in memory.state.lots.items():
        if facts.role == "credit" and lot not in withdrawn(memory):
            assert claimed.get(lot, Decimal(0)) + memory.state.remaining[lot] == facts.quantity


def check_all(memory: MemoryLedger) -> FromZero:
    zero = check_now(memory)
    check_balances(memory)
    check_conserved(memory)
    check_credits(memory)
    return zero


def run(story: History, steps: int) -> None:
    """Everything is looked at after each step that has revised something, and at the end."""
    zero = FromZero(story.memory, story.memory.state.size)
    zeros, sizes = {zero.state.size: zero}, [zero.state.size]
    for _ in range(steps):
        if story.step():
            zero = check_all(story.memory)
            zeros[zero.state.size] = zero
            sizes += [zero.state.size - 1, zero.state.size]
    check_all(story.memory)
    for size in sorted(set(sizes)):
        zero = check_at(story, size, zeros.get(size, zero))


@examples(50)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 100), plants=st.integers(2, 3))
def test_random_histories(seed: int, steps: int, plants: int) -> None:
    run(history(seed, plants), steps)


@examples(40)
@given(source=st.randoms(use_true_random=False), steps=st.integers(1, 30))
def test_drawn_histories(source: random.Random, steps: int) -> None:
    """Hypothesis makes every choice of the history, and shrinks what fails."""
    run(history(0, 2, source), steps)


@examples(75)
@given(seed=st.integers(0, 2**32), steps=st.integers(20, 60), meanwhile=st.integers(1, 15))
def test_what_the_log_gains_meanwhile(seed: int, steps: int, meanwhile: int) -> None:
    """An amendment that was computed while the log went on is what it is over the whole log."""
    aside, log = history(seed, 2), history(seed, 2)
    for story in (aside, log):
        for _ in range(steps):
            story.step()
    amendment = log.amendment()
    assume(amendment is not None)
    signer = next(plant.party for plant in log.plants if plant.id == amendment.issuer)
    try:
        beside = Beside(aside.memory, log.memory, amendment)
    except LedgerError as error:
        event(f"refused at once: {error.code}")
        return
    for _ in range(meanwhile):
        log.step(revising=False)
    code = ""
    try:
        revision = beside.catch_up()
    except LedgerError as error:
        code = error.code
    (verdict,) = log.memory.post([(signer, amendment)])
    if isinstance(verdict, LedgerError):
        event(f"refused: {verdict.code}")
        # Whether a lot that is withdrawn was touched has been looked at before: then it is overdrawn. Whether its
        # transfer was accepted in the meantime is for those to see who catch up.
        assert verdict.code == "accepted" or code == ("over-consumption" if verdict.code == "used" else verdict.code)
        return
    assert code == ""
    straight = log.memory.revisions[-1][1]
    event("caught up" if any(one.index >= beside.begun for one in revision.revised) else "nothing to catch up with")
    assert [(one.index, one.root) for one in revision.revised] == [(one.index, one.root) for one in straight.revised]
    assert revision.balances == straight.balances
    assert aside.memory.figures == log.memory.figures
    assert aside.memory.state.remaining == log.memory.state.remaining
    assert aside.memory.state.lots == log.memory.state.lots


@pytest.fixture(scope="module")
def long_history() -> History:
    story = history(2_025, 3)
    for _ in range(900):
        story.step()
    return story


def test_a_long_history(long_history: History) -> None:
    check_all(long_history.memory)
    sizes = sorted(long_history.left)
    zero = FromZero(long_history.memory, 0)
    for size in sizes[:: len(sizes) // 40]:
        zero = check_at(long_history, size, zero)


def test_histories_look_like_real_ones(long_history: History) -> None:
    """What the other tests rest on: every kind of record and of change is there, and takes effect."""
    memory, counts = long_history.memory, long_history.counts
    least = {"Transformation": 200, "Transfer": 60, "Acceptance": 30, "Consumption": 40, "Declaration": 60,
             "Addition": 60, "Amendment": 100, "Closing": 8, "Reopening": 6}
    assert {kind: counts[kind] for kind, count in least.items() if counts[kind] < count} == {}
    refused = {kind.partition(" ")[2]: 1 for kind in counts if kind.startswith("Amendment ")}
    assert set(refused) >= {"over-consumption", "used", "period-closed", "mass-balance", "not-amendable"}

    changed = {index for index, _ in memory.revisions}
    assert all(isinstance(memory.records[index], Amendment | Closing) for index in changed)
    revised = [one for _, revision in memory.revisions for one in revision.revised]
    descended = [one for one in revised if one.prepared is not None and not one.own]
    assert len(descended) > 200
    kinds = Counter(type(memory.records[one.index]) for one in revised)
    for kind in (Transformation, Transfer, Consumption, Addition, Acceptance):
        assert kinds[kind] > 3, kind
    assert kinds[Closing] > 0
    assert sum(one.prepared is None for one in revised) > 10
    assert sum(one.resized for one in revised) > 60
    assert max(len(revision.revised) for _, revision in memory.revisions) > 30
    # Draws that changed, and the additions that took another rest for it.
    assert sum(_takes_other_rest(memory, one) for one in revised) > 10
    assert Counter(one.index for one in revised).most_common(1)[0][1] > 3

    readings = [memory.reading(index) for index in range(len(memory.records))]
    accepted = [record for record in readings if isinstance(record, Acceptance)]
    assert min(sum(one.disputed for one in accepted), sum(one.return_lot is not None for one in accepted),
               sum(one.received is not None and one.return_lot is None for one in accepted)) > 2
    assert {one.purpose for one in readings if isinstance(one, Transfer)} == {"sale", "custody", "storage", "return"}
    assert sum(one.purpose == "claim" for one in readings if isinstance(one, Consumption)) > 5
    assert sum(one.credits is not None for one in readings if isinstance(one, Addition)) > 3
    used = [lot for prepared in memory.history.prepared.values() for lot in prepared.plan.taken
            if isinstance(prepared.submission.record, Transformation) and lot.lot.role == "credit"]
    assert len(used) > 2
    # Those that were closed again are gone.
    assert sum(bool(one.retired) for one in readings if isinstance(one, Closing)) > 2
    assert max(int(line[-1].rpartition(":")[2]) for line in memory.state.lines.values()) > 10


def _takes_other_rest(memory: MemoryLedger, one: Revised) -> bool:
    """Whether an addition reads as before but for what was left in its pool."""
    return one.own and isinstance(memory.records[one.index], Addition) and one.prepared is not None and (
        one.prepared.submission.record == memory.records[one.index])
