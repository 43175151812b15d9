"""The averages of a closing: pools of its facility that are averaged over periods."""

from ledger.core.record.kinds import Addition, Amendment, Closing
from ledger.engine.account import part_of
from ledger.engine.prepare import Prepared
from ledger.engine.revision.changes import changes_of, state_anew
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Engine, Revision
from ledger.footprint.stored.averaging import Added, Adjustment, adjustments
from ledger.footprint.stored.burdens import ZERO, Vector
from ledger.footprint.stored.contents import Contents


def revise(engine: Engine, record: Amendment | Closing, history: History) -> Revision:
    """What a record that revises others comes to: first what it changes and all that follows; then, of a closing, the
    averages over its period. Raises Refused, and then nothing has changed."""
    revision = engine.run(changes_of(record, history))
    if isinstance(record, Closing):
        averages = period_averages(record, history)
        if averages:
            revision = engine.run({}, averages)
    else:
        state_anew(record, history)
    return revision


def period_averages(closing: Closing, history: History) -> dict[int, Adjustment]:
    """The adjustment of every addition in the period, by log index, by the figures as they are."""
    found: dict[int, Adjustment] = {}
    for additions in _additions(closing, history).values():
        added = [_added(history.prepared[index], history, first=not i) for i, index in enumerate(additions)]
        found.update(zip(additions, adjustments(added), strict=True))
    return found


def _additions(closing: Closing, history: History) -> dict[str, list[int]]:
    """The log indexes of the period's additions, by pool that is averaged so, in log order."""
    averaged = {pool.id for pool in history.state.pools.values()
                if pool.averaging == "period" and pool.facility == closing.facility}
    found: dict[str, list[int]] = {}
    for index in sorted(history.prepared) if averaged else ():
        record = history.prepared[index].submission.record
        if isinstance(record, Addition) and record.pool in averaged and closing.start <= record.time < closing.end:
            found.setdefault(record.pool, []).append(index)
    return found


def _added(prepared: Prepared, history: History, *, first: bool) -> Added:
    stock = prepared.plan.created[0].facts.pool
    own: tuple[float, Vector, Contents] = (0.0, ZERO, {})
    rest: tuple[float, Vector, Contents] | None = None
    for taken in prepared.plan.taken:
        figures = history.figures[taken.lot.id]
        part = part_of(taken.quantity, taken.lot.quantity)
        vector = tuple([part * amount for amount in figures.burdens])
        contents = {name: part * amount for name, amount in figures.contents.items()}
        if taken.lot.pool == stock:
            rest = (float(taken.quantity), vector, contents)
        else:
            own = _plus(own, (float(taken.quantity), vector, contents))
    return Added(*own, opening=rest if first else None)


def _plus(
    one: tuple[float, Vector, Contents], other: tuple[float, Vector, Contents]
) -> tuple[float, Vector, Contents]:
    contents = dict(one[2])
    for name, amount in other[2].items():
        contents[name] = contents.get(name, 0.0) + amount
    return one[0] + other[0], tuple([a + b for a, b in zip(one[1], other[1], strict=True)]), contents
