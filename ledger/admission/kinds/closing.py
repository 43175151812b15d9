"""Closings: totals measured for a period of a facility become the burdens of its records."""

from collections.abc import Iterator, Sequence

from ledger.admission.checks.attributes import check_closed
from ledger.admission.checks.times import check_period
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan, Taken, check_operated, supply, take_one
from ledger.admission.names import Names
from ledger.admission.state import ClosedPeriod, State
from ledger.core.record.kinds import Closing
from ledger.errors import Refused


class ClosingKind(Kind[Closing]):
    def names(self, record: Closing, names: Names) -> None:
        names.facilities.add(record.facility)
        names.lots.update([flow.lot for flow in record.retired])
        names.add_supplies(record.issuer, record.measured)
        names.add_supplies(record.issuer, record.overheads)

    def flows(self, record: Closing) -> Sequence[str]:
        return [flow.lot for flow in record.retired]

    def plan(self, record: Closing, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts, terms.before)

    def check(self, record: Closing, keyid: bytes, state: State) -> None:
        """A period is closed once, until it is reopened."""
        for closing, period in state.closed.get(record.facility, {}).items():
            if period.holds(record.start, record.end, record.processes):
                raise Refused(
                    f"start: already closed from {period.start} to {period.end} (closing {closing})",
                    code="closed-already", field="start", value=record.start,
                    rule="a period can be closed once, and again only after a reopening",
                )

    def apply(self, record: Closing, digest: bytes, state: State) -> None:
        period = ClosedPeriod(record.start, record.end, tuple(record.processes))
        state.closed.setdefault(record.facility, {})[digest.hex()] = period

    def rows(self, record: Closing, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "closing", (index, record.facility, record.start, record.end, list(record.processes))

    def taken_field(self, record: Closing, plan: Plan, place: int, name: str) -> str:
        return f"retired[{place}].{name}"


def _plan(record: Closing, facts: Facts, before: int | None) -> Plan:
    """The inputs of the closing itself: certificates, and overheads that stay with it."""
    check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    issuer = record.issuer if before is None else None
    supply(facts, record.measured, "measured", issuer=issuer)
    _check_spreading(record)
    seen: set[str] = set()
    for i, total in enumerate(record.measured):
        if total.material in seen:
            raise Refused(
                f"measured[{i}].material: {total.material!r} is named twice", code="duplicate-material",
                field=f"measured[{i}].material", value=total.material, rule="one total per material",
            )
        seen.add(total.material)
    retired = _retired(record, facts, before)
    check_closed(record, [(lot, quantity) for lot, quantity, _ in retired], facts)
    overheads = supply(facts, record.overheads, "overheads", issuer=issuer)
    return Plan(retired, (), (), () if record.spread_overheads is not None else overheads)


def _check_spreading(record: Closing) -> None:
    measured = [total.material for total in record.measured]
    for i, material in enumerate(record.replaces):
        if material not in measured or material in record.replaces[:i]:
            raise Refused(
                f"replaces[{i}]: {material!r} is not the material of a total, or is named twice", code="closing-form",
                field=f"replaces[{i}]", value=material,
                rule="once each, materials of `measured`: " + ", ".join(measured),
            )
    overheads = [total.material for total in record.overheads]
    for i, material in enumerate(overheads if record.spread_overheads is not None else ()):
        if material in overheads[:i]:
            raise Refused(
                f"overheads[{i}].material: {material!r} is named twice", code="duplicate-material",
                field=f"overheads[{i}].material", value=material, rule="one overhead per material, if they are spread",
            )
    if record.spread_overheads is not None and not overheads:
        raise Refused("spreadOverheads: there are no overheads", code="closing-form", field="spreadOverheads",
                      value=record.spread_overheads, rule="together with `overheads`")


def _retired(record: Closing, facts: Facts, before: int | None) -> tuple[Taken, ...]:
    taken: dict[str, Taken] = {}
    for i, flow in enumerate(record.retired):
        where = f"retired[{i}]."
        part = take_one(facts, record.issuer, flow, where, before)
        lot = part.lot
        if lot.id in taken:
            raise Refused(f"{where}lot: {flow.lot!r} is named twice", code="duplicate-input", field=f"{where}lot",
                          value=flow.lot, rule="every lot is named once")
        if lot.owned_by != record.issuer:
            raise Refused(
                f"{where}lot: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=f"{where}lot",
                value=lot.id, rule="only the owner may retire a certificate",
            )
        if lot.role == "credit":
            raise Refused(
                f"{where}lot: {lot.id!r} stands for {lot.credit}", code="claim-form", field=f"{where}lot",
                value=lot.id, rule="only claims, or transformations that take them, use credits up",
            )
        taken[lot.id] = part
    return tuple(taken.values())
