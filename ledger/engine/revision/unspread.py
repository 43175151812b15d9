"""The results of a closing with the parts of its totals that stay with it.

They are known only when the closing meets the records of its period, after the rest of the closing has been prepared.
They are priced as overheads are: fuels burn, power is drawn, so that inventories hold the measured totals. Each part
has a finding with its kg CO2e, since the figures of the final records are too low by it.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger.admission.closings.final_records import ON_FINAL, Unspread
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, supply
from ledger.core.outcome.assessment import ADDITIVE, Assessment, Finding
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing
from ledger.core.record.units import plain
from ledger.engine.assessing import assess
from ledger.engine.bounds.process import short
from ledger.engine.figure_inputs import figure_inputs_of
from ledger.engine.prepare import drafted
from ledger.engine.prepared import Prepared
from ledger.engine.sectors import Registry
from ledger.footprint.stored.burdens import line_kilograms

COUNTED: Final = "final-records-counted"
ABOVE: Final = "records-above-total"
OUTSIDE: Final = "records-outside-key"
LACKING: Final = "final-record-lacks"
_NAMED: Final = 100
"""Final records that a total names one by one."""
OTHERS: Final = "more final records"
_LONGEST: Final = 255
_ADDITIVE: Final = frozenset(ADDITIVE)
_assessment = msgspec.json.Decoder(Assessment)


def with_unspread(prepared: Prepared, unspread: Sequence[Unspread], facts: Facts, registry: Registry) -> Prepared:
    """The closing with the parts that stay with it. Raises as `prepare` does."""
    record = prepared.submission.record
    if not unspread or prepared.assessment is None or not isinstance(record, Closing):
        return prepared
    assessment = _assessment.decode(prepared.assessment)
    for stays in unspread:
        part = _assessed(prepared, stays, facts, registry)
        assessment = replace(
            assessment, lines=(*assessment.lines, *part.lines), energy=(*assessment.energy, *part.energy),
            omissions=(*assessment.omissions, *part.omissions),
            findings=(*assessment.findings, *part.findings, *_findings(record, stays, part)),
        )
    work = figure_inputs_of(record, prepared.plan, facts, assessment)
    return prepared._replace(assessment=assessment_bytes(assessment), work=work)


def _assessed(prepared: Prepared, unspread: Unspread, facts: Facts, registry: Registry) -> Assessment:
    """The emissions of a part that stays, under the index of its total among the closing's overheads and totals."""
    if unspread.part is None:
        return Assessment()
    plan = Plan(overheads=supply(facts, [unspread.part], "measured"))
    draft = drafted(prepared.submission, plan, facts, registry, prepared.versions)
    place, assessment = unspread.place, assess(draft, facts, None)
    return replace(
        assessment,
        lines=tuple([replace(one, supply=place) for one in assessment.lines]),
        omissions=tuple([replace(one, supply=place) for one in assessment.omissions]),
        findings=tuple([replace(one, supply=place) for one in assessment.findings]),
    )


def _findings(closing: Closing, unspread: Unspread, part: Assessment) -> Iterator[Finding]:
    total, place = unspread.total, unspread.place
    code, unit = total.material, total.quantity.unit
    key = closing.spread if place >= len(closing.overheads) else closing.spread_overheads
    if unspread.part is not None:
        amount = unspread.part.quantity.amount
        yield Finding(
            code=ON_FINAL, supply=place, value=_number(amount), unit=unit, amount=_co2e(part),
            message=f"{plain(amount)} of {total.quantity} of {code} fall on final records by {key}; they stay with the "
                    "closing, and no product carries them",
        )
        yield from _lacking(unspread, part, key or "")
    if unspread.stated:
        yield Finding(
            code=COUNTED, severity="note", supply=place, value=_number(unspread.stated), unit=unit,
            message=f"{unspread.records} final records state {plain(unspread.stated)} of {total.quantity} of {code}",
        )
    if unspread.above:
        yield Finding(
            code=ABOVE, severity="note", supply=place, value=_number(unspread.above), unit=unit,
            message=f"the records of the period state {plain(unspread.above)} {unit} of {code} more than was measured",
        )
    outside, unknown = unspread.outside, unspread.unknown
    if outside or unknown:
        parts = [f"{outside} records of the period have no weight by {key}, so {total.quantity} of {code} do not reach "
                 "them"] if outside else []
        parts += [f"{unknown} final records state {code} in units that do not convert to {unit}, so these amounts are "
                  "not subtracted"] if unknown else []
        yield Finding(
            code=OUTSIDE, severity="note", supply=place, value=Decimal(outside + unknown), unit="records",
            message="; ".join(parts),
        )


def named_record(lot: str) -> str:
    """How a note begins that names the final record which made this lot first."""
    return f"the final record of {lot}: "


def _lacking(unspread: Unspread, part: Assessment, key: str) -> Iterator[Finding]:
    """A note for each of the final records that lack most, with the kg CO2e by which its figure is too low, and one for
    the others together. The amount in question stands in the finding of the whole part."""
    if unspread.part is None:
        return
    whole, amount = _co2e(part), unspread.part.quantity.amount
    unit, material = unspread.total.quantity.unit, unspread.total.material
    named, others = unspread.lacking[:_NAMED], unspread.lacking[_NAMED:]
    rows = [(named_record(one.lot), one.amount) for one in named]
    if others:
        rows.append((f"{len(others)} {OTHERS}: ", sum([one.amount for one in others], Decimal(0))))
    for who, lacks in rows:
        kilograms = short(CONTEXT.divide(CONTEXT.multiply(whole, lacks), amount))
        yield Finding(
            code=LACKING, severity="note", supply=unspread.place, value=kilograms, unit="KGM",
            message=f"{who}{plain(lacks)} {unit} of {material} fall on it by {key}: figures too low by "
                    f"{kilograms:f} kg CO2e"[:_LONGEST],
        )


def _co2e(part: Assessment) -> Decimal:
    """Kg CO2e of a part, with the estimates of its omissions. Absolute amounts: a credit hides nothing."""
    amounts: Iterable[Decimal] = [line_kilograms(line).copy_abs() for line in part.lines if line.burden in _ADDITIVE]
    total = Decimal(0)
    for amount in (*amounts, *[one.estimate for one in part.omissions if one.estimate is not None]):
        total = CONTEXT.add(total, amount)
    return _number(total)


def _number(amount: Decimal) -> Decimal:
    """An amount as records spell it, so that equal amounts give equal bytes."""
    return Decimal(plain(amount))
