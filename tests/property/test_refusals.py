"""A refused record leaves no trace, whatever is wrong with it and wherever it stands; what is right goes in after."""

import itertools
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.generator import generate, parties
from support.memory import MemoryLedger
from support.networks import book_of
from support.parties import Party, party
from support.sectors import NAME, registry
from support.site import raw
from support.workshop import ISSUED

from ledger.core.record.kinds import AnyRecord, Consumption, Transformation
from ledger.core.record.values import Flow, Quantity
from ledger.engine.batch import Batch, Item, LoadedRecord, Sequenced, Verdict
from ledger.errors import LedgerError

Posted = tuple[Party, AnyRecord]
Fault = Callable[[MemoryLedger, Party, AnyRecord, random.Random], Posted | None]


def changed(record: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(record, **fields)


def with_flows(record: AnyRecord, flows: list[Flow]) -> Any:
    """The record with other inputs, where it has some."""
    return changed(record, inputs=flows) if isinstance(record, Transformation | Consumption) and record.inputs else None


def too_much(memory: MemoryLedger, signer: Party, record: AnyRecord, source: random.Random) -> Posted | None:
    flows = list(getattr(record, "inputs", ()))
    if not flows:
        return None
    i = int(source.random() * len(flows))
    lot = memory.state.lots[flows[i].lot]
    beyond = memory.state.remaining[lot.id] + (1 if lot.unit == "H87" else Decimal("0.000000001"))
    flows[i] = changed(flows[i], quantity=Quantity(value=format(beyond, "f"), unit=lot.unit))
    return signer, with_flows(record, flows)


def lot_of_another(memory: MemoryLedger, signer: Party, record: AnyRecord, source: random.Random) -> Posted | None:
    flows = list(getattr(record, "inputs", ()))
    others = [lot for lot in memory.state.lots.values() if lot.holder != signer.id]
    if not flows or not others:
        return None
    lot = others[int(source.random() * len(others))]
    return signer, with_flows(record, [*flows, Flow(lot=lot.id, quantity=Quantity(value="1", unit=lot.unit))])


def lot_twice(_: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    flows = list(getattr(record, "inputs", ()))
    return (signer, with_flows(record, [*flows, flows[0]])) if flows else None


def lot_taken(memory: MemoryLedger, signer: Party, record: AnyRecord, source: random.Random) -> Posted | None:
    mine = [name for name in memory.state.lots if name.startswith(signer.prefix)]
    if not isinstance(record, Transformation) or not record.outputs or not mine:
        return None
    first = changed(record.outputs[0], lot=mine[int(source.random() * len(mine))])
    return signer, changed(record, outputs=[first, *record.outputs[1:]])


def outside_prefix(_: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    if not isinstance(record, Transformation) or not record.outputs:
        return None
    first = changed(record.outputs[0], lot=f"{signer.id}-two:lot")
    return signer, changed(record, outputs=[first, *record.outputs[1:]])


def too_heavy(_: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    if not isinstance(record, Transformation) or not record.outputs or record.outputs[0].quantity.unit == "KWH":
        return None
    first = changed(record.outputs[0], quantity=Quantity(value="900000000000", unit=record.outputs[0].quantity.unit))
    return signer, changed(record, outputs=[first, *record.outputs[1:]])


def failing_plugin(_: MemoryLedger, signer: Party, record: AnyRecord, source: random.Random) -> Posted | None:
    if not isinstance(record, Transformation):
        return None
    route = "raising" if source.random() < 0.5 else "nan"
    return signer, changed(record, process=f"{NAME}.{route}")


def bad_weights(_: MemoryLedger, signer: Party, record: AnyRecord, source: random.Random) -> Posted | None:
    if not isinstance(record, Transformation) or all(output.role in ("waste", "core") for output in record.outputs):
        return None
    weights = [["-1"] * len(record.outputs), ["0"] * len(record.outputs), ["1"] * (len(record.outputs) + 1)]
    chosen = weights[int(source.random() * len(weights))]
    return signer, changed(record, activity=raw({"weights": {record.allocation: chosen}}))


def above_100_percent(_: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    if not isinstance(record, Transformation) or not record.outputs:
        return None
    return signer, changed(record, activity=raw({"matter": {"mass": ["1"] * (len(record.outputs) + 1)}}))


def unknown_field(_: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    return (signer, changed(record, activity=raw({"colour": "red"}))) if isinstance(record, Transformation) else None


def key_of_another(memory: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    return Party(signer.id, memory.registrar.key), record


def unknown_key(memory: MemoryLedger, signer: Party, record: AnyRecord, __: random.Random) -> Posted | None:
    return Party(signer.id, party(99, "nobody").key), record


FAULTS: list[Fault] = [
    too_much, lot_of_another, lot_twice, lot_taken, outside_prefix, too_heavy, failing_plugin, bad_weights,
    above_100_percent, unknown_field, key_of_another, unknown_key,
]


@examples(20)
@given(seed=st.integers(0, 2**32))
def test_refused_records_leave_no_trace(seed: int) -> None:
    memory = MemoryLedger(registry(), seed=seed)
    memory.admit(parties(seed, 0, 3))
    chosen = random.Random(seed)
    for signer, record in generate(seed, 40, 3):
        fault = FAULTS[int(chosen.random() * len(FAULTS))]
        bad = fault(memory, signer, record, chosen)
        if bad is not None:
            before = memory.fingerprint()
            (verdict,) = memory.post([bad])
            assert isinstance(verdict, LedgerError), (fault.__name__, bad)
            assert memory.fingerprint() == before, fault.__name__
        memory.must((signer, record))
    book_of(memory, figures=False)


def in_one_batch(memory: MemoryLedger, posted: list[Posted]) -> tuple[list[Verdict], Batch]:
    """As a server runs them: `MemoryLedger.post` gives each record a batch of its own. What does not decode gets into
    no batch."""
    batch = Batch(memory.state, memory.figures, memory.registry, memory.state.time)
    verdicts: list[Verdict | None] = []
    items: list[Item] = []
    for signer, record in posted:
        try:
            items.append(Item(memory.submission(signer, record), None))
            verdicts.append(None)
        except LedgerError as error:
            verdicts.append(error)
    rest = iter(batch.run(items))
    return [next(rest) if verdict is None else verdict for verdict in verdicts], batch


@examples(15)
@given(seed=st.integers(0, 2**32))
def test_refused_records_harm_no_neighbour(seed: int) -> None:
    """The same network with and without bad records in the same batches gives the same log, byte for byte."""
    clean, mixed = MemoryLedger(registry(), seed=seed), MemoryLedger(registry(), seed=seed)
    for memory in (clean, mixed):
        memory.admit(parties(seed, 0, 3))
    chosen = random.Random(seed)
    for batch in _batches(generate(seed, 40, 3), 8):
        spoilt: list[tuple[Posted, bool]] = []
        for signer, record in batch:
            fault = STATELESS[int(chosen.random() * len(STATELESS))]
            bad = fault(mixed, signer, record, chosen)
            if bad is not None:
                spoilt.append((bad, False))
            spoilt.append(((signer, record), True))
        alone, wanted = in_one_batch(clean, batch)
        verdicts, found = in_one_batch(mixed, [posted for posted, _ in spoilt])
        assert all(isinstance(verdict, Sequenced) for verdict in alone)
        assert [isinstance(verdict, Sequenced) for verdict in verdicts] == [good for _, good in spoilt]
        assert [verdict for verdict in verdicts if isinstance(verdict, Sequenced)] == alone
        assert (found.leaf_hashes, found.balances) == (wanted.leaf_hashes, wanted.balances)
    assert mixed.fingerprint() == clean.fingerprint()


STATELESS: list[Fault] = [
    lot_twice, outside_prefix, too_heavy, failing_plugin, bad_weights, above_100_percent, unknown_field,
    key_of_another, unknown_key,
]
"""Faults that can be made before the lots which the record takes are there."""


@examples(20)
@given(seed=st.integers(0, 2**32), share=st.integers(1, 1_000))
def test_a_lot_is_not_consumed_twice_by_two_records_of_a_batch(seed: int, share: int) -> None:
    """Of two consumptions of one lot, each within its balance, the second is refused if together they are not."""
    memory = MemoryLedger(registry(), seed=seed)
    memory.admit(parties(seed, 0, 3))
    memory.must(*generate(seed, 30, 3))
    owners = {one.id: one for one in parties(seed, 0, 3)}
    lots = [lot for lot in memory.state.lots.values() if lot.unit != "H87" and memory.state.remaining[lot.id]]
    for lot in lots[:5]:
        left = memory.state.remaining[lot.id]
        some = max((left * share / 1_000).quantize(Decimal("0.000001")), Decimal("0.000001"))
        pair = [
            (owners[lot.holder], Consumption(
                issuer=lot.holder, nonce=memory.nonce(), time="2026-01-01T00:00:00Z", purpose="ownUse",
                inputs=[Flow(lot=lot.id, quantity=Quantity(value=format(some.normalize(), "f"), unit=lot.unit))],
                evidence=ISSUED,
            ))
            for _ in range(2)
        ]
        (first, second), batch = in_one_batch(memory, pair)
        assert isinstance(first, Sequenced)
        assert isinstance(second, Sequenced) == (2 * some <= left)
        assert memory.state.remaining[lot.id] == left - some * (2 if isinstance(second, Sequenced) else 1)
        assert batch.balances == {lot.number: memory.state.remaining[lot.id]}


@examples(10)
@given(seed=st.integers(0, 2**32))
def test_posting_again_changes_nothing(seed: int) -> None:
    memory = MemoryLedger(registry(), seed=seed)
    memory.admit(parties(seed, 0, 3))
    network = list(generate(seed, 30, 3))
    memory.must(*network)
    before = memory.fingerprint()
    assert all(isinstance(verdict, LoadedRecord) for verdict in memory.post(network))
    assert memory.fingerprint() == before


def _batches(records: Iterator[Posted], size: int) -> Iterator[list[Posted]]:
    while batch := list(itertools.islice(records, size)):
        yield batch
