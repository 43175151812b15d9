"""Amendments: which fields of which records may change, and the record after the change."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from ledger.admission.activations import Versions
from ledger.admission.checks.goods import GOODS, SOLD
from ledger.admission.facts import LotFacts
from ledger.admission.lots import Plan, Taken
from ledger.admission.state import State, type_of
from ledger.core.record import canonical
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Addition, AnyRecord, Consumption, Declaration, Report, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.units import plain
from ledger.core.record.values import Sha256
from ledger.errors import InvalidBody, Refused

AMENDABLE: Final[dict[type, frozenset[str]]] = {
    Transformation: frozenset({
        "start", "end", "inputs", "supplies", "outputs", "activity", "allocation", "allocationBasis", "basis",
        "evidence",
    }),
    Transfer: frozenset({"quantity", "time", "transport", "packaging"}),
    Consumption: frozenset({"inputs", "outputs", "time", "destination", "onBehalfOf", "evidence"}),
    Declaration: frozenset({
        "start", "end", "basis", "boundary", "burdens", "primaryShare", "lot", "collector", "evidence", "deviation",
        "pedigree",
    }),
    Addition: frozenset({"inputs", "time"}),
    Report: frozenset({"valueAdded", "baseline", "figures", "evidence"}),
}
"""Fields that an amendment may replace, by type of record; the other fields identify the record's subject."""

_NOTHING: Final = Decimal(0)
_WITHDRAWABLE: Final = (Transformation, Transfer, Consumption, Declaration, Report)
Amendable = Transformation | Transfer | Consumption | Declaration | Addition | Report


def amended(record: AnyRecord, change: Change, field: str) -> AnyRecord:
    """The record after a change. Raises Refused or InvalidBody that names the field of the amendment."""
    allowed = AMENDABLE.get(type(record), frozenset())
    if isinstance(record, Declaration) and record.lot is None:
        allowed = frozenset()
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(record))
    for name, value in change.fields.items():
        if name not in allowed:
            raise Refused(
                f"{field}.fields.{name}: an amendment cannot change this field of a {tree['type']} record",
                code="not-amendable", field=f"{field}.fields.{name}", value=name,
                rule=f"one of: {' '.join(sorted(allowed))}" if allowed else "no field can change; enter a new record",
            )
        tree[name] = msgspec.json.decode(value)
    try:
        return canonical.record_of(tree)
    except InvalidBody as error:
        where = (error.field or "$").replace("$", f"{field}.fields", 1)
        raise InvalidBody(f"{where}: {error.message}", code=error.code, field=where, value=error.value,
                          rule=error.rule) from None


def check_basis(old: AnyRecord, new: AnyRecord, field: str, *, provisional: bool) -> None:
    """Refuses a basis that only a new record can have. `provisional`: the basis with which the record was posted."""
    match old, new:
        case Transformation(), Transformation(basis="provisional") if not provisional:
            rule = "a record that was posted as final cannot become provisional"
        case Declaration(), Declaration() if (old.basis == "opening") != (new.basis == "opening"):
            rule = "only a new declaration can declare opening stock, once per facility and product"
        case _:
            return
    raise Refused(f"{field} cannot change to {new.basis}", code="not-amendable", field=field, value=new.basis,
                  rule=rule)


def check_withdrawal(record: AnyRecord, digest: str, lots: Sequence[LotFacts], state: State, field: str) -> None:
    """Refuses to withdraw a record on which others rest: its lots were used, or its delivery was accepted."""
    if not isinstance(record, _WITHDRAWABLE) or (isinstance(record, Declaration) and record.lot is None):
        raise Refused(f"{field}: this record of type {type_of(record)} cannot be withdrawn", code="not-amendable",
                      field=field, value=digest,
                      rule="one of: transformations, transfers, consumptions, declarations of lots, reports")
    if digest in state.accepted:
        raise Refused(f"{field}: the delivery was accepted", code="accepted", field=field, value=digest,
                      rule="an accepted delivery can only be returned, by another transfer")
    for lot in lots:
        if state.remaining[lot.id] != lot.quantity:
            raise Refused(
                f"{field}: {lot.id!r} has been used", code="used", field=field, value=lot.id,
                rule="a record can be withdrawn only while nothing is taken from its outputs",
            )


def check_unaccepted(record: AnyRecord, change: Change, state: State, field: str) -> None:
    """Refuses to change the quantity of a delivery that its receiver has weighed and accepted."""
    if isinstance(record, Transfer) and "quantity" in change.fields and change.record in state.accepted:
        raise Refused(f"{field}: the delivery was accepted", code="accepted", field=f"{field}.fields.quantity",
                      value=change.record, rule="an accepted delivery can only be returned, by another transfer")


def check_sector(record: AnyRecord, versions: Versions) -> None:
    """Refuses to assess a transformation again if `versions` have no version of its sector: no plugin could compute its
    emissions."""
    sector = record.process.partition(".")[0] if isinstance(record, Transformation) else None
    if sector is not None and versions.sector(sector) is None:
        raise Refused(f"process: no plugin {sector!r} is active", code="unknown-sector", field="process",
                      value=sector, rule="an active plugin for the sector of each changed record")


def check_undisputed(taken: Sequence[Taken], state: State) -> None:
    """Refuses a changed record that takes from a lot in dispute."""
    for part in taken:
        if part.lot.id in state.frozen:
            raise Refused(
                f"{part.lot.id!r} is in dispute", code="disputed", field="changes", value=part.lot.id,
                rule="a disputed lot is frozen until the dispute is settled or its transfer withdrawn",
            )


def check_same_lots(old: Sequence[LotFacts], new: Sequence[LotFacts], field: str) -> None:
    """Refuses lots that differ from the record's lots. Only quantity and composition may change, and the maker of a
    pool's lot, since that follows from the added lots."""
    def fixed(lot: LotFacts) -> tuple[object, ...]:
        return (lot.id, lot.product, lot.holder, lot.role, lot.unit, lot.origin, lot.item, lot.owner, lot.credit,
                lot.maker if lot.pool is None else None, lot.previous_life, lot.expires)

    if [fixed(lot) for lot in old] != [fixed(lot) for lot in new]:
        raise Refused(
            f"{field}: the change gives the record other lots", code="amended-lots", field=field,
            value=" ".join(lot.id for lot in new),
            rule="an amended record makes the same lots, with the same product, holder, owner, role, unit, origin, "
                 "item, maker, previous life and expiry: " + " ".join(lot.id for lot in old),
        )


def check_no_more_goods(record: AnyRecord, old: Plan, new: Plan, field: str) -> None:
    """Refuses an amendment that sells more goods outside, or declares more goods, than the record did: the totals of
    the group (see `checks.goods`) have the kilograms with which the record was posted."""
    before = _counted(record, old)
    for product, kilograms in _counted(record, new).items():
        most = before.get(product, _NOTHING)
        if kilograms > most:
            raise Refused(
                f"{field}: {plain(kilograms)} kg of {product!r} are more than {plain(most)} kg, as the record has them "
                "so far", code="more-goods", field=field, value=plain(kilograms),
                rule=f"at most {plain(most)} kg of this product; post a further record of the rest",
            )


def _counted(record: AnyRecord, planned: Plan) -> dict[str, Decimal]:
    """Kg of goods that a record sells outside or declares, by product."""
    goods: list[tuple[LotFacts, Decimal | None]] = []
    if isinstance(record, Declaration):
        goods = [(created.facts, created.facts.mass) for created in planned.created]
    elif isinstance(record, Consumption) and record.purpose in SOLD:
        goods = [(part.lot, part.mass) for part in planned.taken]
    counted = dict[str, Decimal]()
    for lot, mass in goods:
        if lot.role in GOODS and mass:
            counted[lot.product] = CONTEXT.add(counted.get(lot.product, _NOTHING), mass)
    return counted


def unknown_record(digest: Sha256, field: str) -> Refused:
    """The refusal of a digest that is not a suitable record of the issuer. It is the same for records of others."""
    return Refused(f"{field}: {digest!r} is not such a record of the issuer", code="unknown-record", field=field,
                   value=digest, rule="the digest of a record of the issuer on the log")
