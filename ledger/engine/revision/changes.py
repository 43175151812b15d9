"""The records that an amendment or a closing changes, in the form that they have from now on."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.amending import amended, check_basis, check_unaccepted, check_withdrawal
from ledger.admission.closings.final_records import Unspread, check_stated_key, divided
from ledger.admission.closings.spreading import ClosingSpread, check_hours, check_overhead_keys, covered, spread
from ledger.admission.kinds.erasure import erased
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import declarations_of, products_of, unknown_declaration, unseen_product
from ledger.admission.state import ClosedPeriod, State
from ledger.core.record.canonical import decode_record, encode
from ledger.core.record.kinds import Amendment, AnyRecord, Closing, Transformation
from ledger.core.record.redacted import is_residue, residue
from ledger.core.record.revisions import Change
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Changes
from ledger.engine.revision.weighing import final_spreads, weighed, with_final_products
from ledger.errors import Refused

_NONE: Final = Decimal(0)


def changes_of(record: Amendment | Closing, history: History) -> Changes:
    """The changed records by log index; None withdraws a record. Raises Refused for a change that is not allowed."""
    if isinstance(record, Closing):
        return closed(record, history)[0]
    changed: dict[int, AnyRecord | None] = {}
    for i, change in enumerate(record.changes):
        index = history.index_of(change.record, f"changes[{i}].record")
        changed[index] = _changed(history, index, record, change, f"changes[{i}]")
    return changed


def _changed(history: History, index: int, amendment: Amendment, change: Change, field: str) -> AnyRecord | None:
    """The record at `index` after a change of `amendment`."""
    old = history.prepared[index].submission.record
    kind_of(old).check_open(old, history.state)
    if change.withdrawn:
        check_withdrawal(old, change.record, history.lots_of(index), history.state, field)
        return None
    if index in history.erased:
        raise erased(change.record, f"{field}.record")
    check_unaccepted(old, change, history.state, field)
    new = amended(old, change, field)
    _check_named(old, new, history.state, f"{field}.fields")
    if is_residue(amendment) or is_residue(old):
        # The new values are only those that redacted records still state. The assessment of the amended record is
        # stored.
        new = residue(new)
    elif new == old and (change.fields or not amendment.renews):
        raise Refused(f"{field}: nothing changes", code="amendment-form", field=f"{field}.fields",
                      value=" ".join(change.fields), rule="each field differs from the record's current value")
    kind_of(new).check_open(new, history.state)
    check_basis(old, new, f"{field}.fields.basis", provisional=index in history.provisional)
    return new


def _check_named(old: AnyRecord, new: AnyRecord, state: State, field: str) -> None:
    """Refuses an amendment that names a declaration which the issuer was not given, or a product that it was not shown,
    in the same words as one that the ledger does not have. Names that the record had before stay."""
    before = {digest for _, digest in declarations_of(old)}
    for place, digest in declarations_of(new):
        if digest not in before and not state.may_name(new.issuer, digest):
            raise unknown_declaration(digest, f"{field}.{place}")
    named = {product for _, product in products_of(old)}
    for place, product in products_of(new):
        if product not in named and not state.may_name_product(new.issuer, product):
            raise unseen_product(product, f"{field}.{place}")


def closed(closing: Closing, history: History) -> tuple[Changes, list[Unspread]]:
    """The records that a closing changes, and the parts of its totals that stay with it. Raises as `changes_of`."""
    provisional, fixed = dict[int, ClosingSpread](), dict[int, Transformation]()
    for index, stated in history.stated.items():
        prepared = history.prepared.get(index)
        if prepared is None or stated.basis != "provisional" or not covered(closing, stated):
            continue
        reads = prepared.submission.record
        if index in history.erased and isinstance(reads, Transformation):
            # An erased record cannot be assessed again: it keeps its amounts, and the others take the remainder.
            fixed[index] = replace(reads, basis="final")
        else:
            provisional[index] = weighed(stated, [created.facts for created in prepared.plan.created])
    if closing.spread_overheads is not None:
        provisional = with_final_products(provisional, (*provisional, *fixed), history)
    final = final_spreads(closing, history, {*provisional, *fixed})
    waiting = [provisional[index] for index in sorted(provisional)]
    check_stated_key(closing, waiting, list(fixed.values()), final)
    rest, unspread = divided(closing, waiting, list(fixed.values()), final)
    parts = spread(closing, provisional, list(fixed.values()), rest=rest)
    check_overhead_keys(closing, provisional.values())
    check_hours(closing, waiting)
    complete = fixed | {index: _read(record, residual=is_residue(closing)) for index, record in parts.items()}
    replaced: dict[int, AnyRecord | None] = dict.fromkeys(_reopened(closing, history))
    return replaced | {
        index: record for index, record in complete.items() if record != history.prepared[index].submission.record
    }, unspread


def _read(record: AnyRecord, *, residual: bool) -> AnyRecord:
    """Encodes and decodes a record after a closing has added supplies and amounts, so that it passes the checks of a
    posted record. `residual`: returns it redacted."""
    decoded = decode_record(encode(record))
    return residue(decoded) if residual or is_residue(decoded) else decoded


def state_anew(amendment: Amendment, history: History) -> None:
    """Applies an accepted amendment to its issuer's own statements, from which a later closing starts."""
    for i, change in enumerate(amendment.changes):
        index = history.state.records[change.record].index
        if not change.withdrawn and index in history.stated:
            history.stated[index] = restated(history.stated[index], amendment, change, f"changes[{i}]")


def restated(record: Transformation, amendment: Amendment, change: Change, field: str) -> Transformation:
    """A transformation as its issuer states it after a change; redacted if the transformation or the amendment is."""
    new = amended(record, change, field)
    if is_residue(amendment) or is_residue(record):
        new = residue(new)
    return new if isinstance(new, Transformation) else record


def _reopened(closing: Closing, history: History) -> Iterator[int]:
    """The indexes of the reopened closings that this closing replaces. Their retained burdens are computed again."""
    period = ClosedPeriod(closing.start, closing.end, tuple(closing.processes))
    in_force = history.state.closed.get(closing.facility, {})
    for index, prepared in history.prepared.items():
        record = prepared.submission.record
        if isinstance(record, Closing) and record.facility == closing.facility and (
            prepared.submission.digest.hex() not in in_force
            and period.holds(record.start, record.end, record.processes)
        ):
            yield index
