"""Runs the revision of an amendment or a closing. A closing also sets the period averages of its facility's pools."""

from ledger.core.record.kinds import Addition, Amendment, Closing
from ledger.engine.prepared import Prepared
from ledger.engine.record_outcome import part_of
from ledger.engine.revision.changes import changes_of, closed, state_anew
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Engine, Revision
from ledger.footprint.stored.averaging import Added, Adjustment, adjustments
from ledger.footprint.stored.burdens import ZERO, Vector
from ledger.footprint.stored.contents import Contents


def revise(engine: Engine, record: Amendment | Closing, history: History) -> Revision:
    """Recomputes the records that `record` changes, and all their descendants; then, for a closing, the period averages
    of the pools. After Refused, nothing has changed."""
    if isinstance(record, Closing):
        changes, unspread = closed(record, history)
        engine.leave(unspread)
        revision = engine.run(changes)
        averages = period_averages(record, history)
        return engine.run({}, averages) if averages else revision
    changes = changes_of(record, history)
    engine.check_keys(changes, renewing=record.versions == "newest")
    revision = engine.run(changes, amendment=record)
    state_anew(record, history)
    return revision


def period_averages(closing: Closing, history: History) -> dict[int, Adjustment]:
    """The adjustment of every addition in the period, by log index, from the current figures."""
    by_index: dict[int, Adjustment] = {}
    for additions in _additions(closing, history).values():
        added = [_added(history.prepared[index], history, first=not i) for i, index in enumerate(additions)]
        by_index.update(zip(additions, adjustments(added), strict=True))
    return by_index


def _additions(closing: Closing, history: History) -> dict[str, list[int]]:
    """The log indexes of the period's additions, in log order, for each pool that uses period averages."""
    averaged = {pool.id for pool in history.state.pools.values()
                if pool.averaging == "period" and pool.facility == closing.facility}
    by_pool: dict[str, list[int]] = {}
    for index in sorted(history.prepared) if averaged else ():
        record = history.prepared[index].submission.record
        if isinstance(record, Addition) and record.pool in averaged and closing.start <= record.time < closing.end:
            by_pool.setdefault(record.pool, []).append(index)
    return by_pool


def _added(prepared: Prepared, history: History, *, first: bool) -> Added:
    stock = prepared.plan.created[0].facts.pool
    own: tuple[float, Vector, Contents] = (0.0, ZERO, {})
    opening: tuple[float, Vector, Contents] | None = None
    for taken in prepared.plan.taken:
        figures = history.figures[taken.lot.id]
        part = part_of(taken.quantity, taken.lot.quantity)
        vector = tuple([part * amount for amount in figures.burdens])
        contents = {name: part * amount for name, amount in figures.contents.items()}
        if taken.lot.pool == stock:
            opening = (float(taken.quantity), vector, contents)
        else:
            own = _plus(own, (float(taken.quantity), vector, contents))
    return Added(*own, opening=opening if first else None)


def _plus(
    left: tuple[float, Vector, Contents], right: tuple[float, Vector, Contents]
) -> tuple[float, Vector, Contents]:
    contents = dict(left[2])
    for name, amount in right[2].items():
        contents[name] = contents.get(name, 0.0) + amount
    return left[0] + right[0], tuple([a + b for a, b in zip(left[1], right[1], strict=True)]), contents
