"""The effects of records as text: after `submit`, and before it with `--dry-run`."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.table import Table

from ledger.answers.brief import LotBrief, OmissionBrief, PricedBrief
from ledger.answers.checked import CheckedRecord, InputBrief, RestatementBrief, warnings_of
from ledger.cli.console import Part
from ledger.cli.findings import questioned_kilograms, questioned_note, stated_finding
from ledger.cli.numbers import fixed, quantity_words
from ledger.cli.supplier.effects.sentences import sentence
from ledger.cli.supplier.receipts import Brief, with_nearest
from ledger.core.record.kinds import AnyRecord
from ledger.footprint.derived.findings import StatedFinding

_MOST_INPUTS = 5


class Effect(Struct, frozen=True, kw_only=True):
    """The effect of the record of a line, after posting it or before. `record` is None if the client cannot read it.
    `note`: a fact about the answer itself. `accepted_by`: the rule that accepts a transfer. `more`: whose restated lots
    are listed, and how to see all. `place`: of the row that the record came from, instead of its line."""

    line: int
    digest: str
    record: AnyRecord | None
    index: int | None = None
    lots: Sequence[LotBrief] = ()
    inputs: Sequence[InputBrief] = ()
    priced: Sequence[PricedBrief] = ()
    omitted: Sequence[OmissionBrief] = ()
    findings: Sequence[StatedFinding] = ()
    restatement: RestatementBrief | None = None
    more: str = ""
    accepted_by: int | None = None
    note: str | None = None
    place: str = ""


def posted(line: int, receipt: Brief, record: AnyRecord | None, before: bool = False) -> Effect:
    """The effect of a record with a receipt. `before`: the record was on the ledger already."""
    return Effect(
        line=line, digest=receipt.digest, record=record, index=receipt.index, lots=receipt.lots, priced=receipt.priced,
        omitted=receipt.omitted, findings=receipt.findings, restatement=receipt.restatement,
        accepted_by=receipt.accepted_by,
        note=f"on the ledger as before: entry {receipt.index}" if before else None,
        more="" if record is None else (
            f"; of lots of {record.issuer} (all: carbon-ledger changes {record.issuer} --since {receipt.index})"),
    )


def foreseen(line: int, checked: CheckedRecord, record: AnyRecord | None) -> Effect:
    """The effect that a check foresees."""
    on_ledger = "is on the ledger already; posting it again changes nothing" if checked.on_ledger else None
    return Effect(
        line=line, digest=checked.digest, record=record, index=checked.index, lots=checked.lots, inputs=checked.inputs,
        priced=checked.priced, omitted=[with_nearest(one) for one in checked.omitted], findings=checked.findings,
        restatement=checked.restatement, accepted_by=checked.accepted_by,
        note=f"undecided: {checked.undecided}" if checked.undecided else on_ledger,
    )


def effects_report(effects: Sequence[Effect]) -> Iterator[Part]:
    """The lots of all records in a table, then the effect of each record, with its prices, omissions and findings."""
    if effects:
        yield _table(effects)
    for effect in effects:
        for remark in _remarks(effect):
            yield f"{effect.place or f'line {effect.line}'}: {remark}"


def _remarks(effect: Effect) -> Iterator[str]:
    if effect.record is not None:
        yield sentence(effect.record)
    yield from warnings_of(effect.record)
    if effect.note is not None:
        yield effect.note
    if effect.accepted_by is not None:
        yield f"accepted on arrival by the receiver's rule, entry {effect.accepted_by}"
    for taken in effect.inputs[:_MOST_INPUTS]:
        yield (f"{quantity_words(taken.quantity)} of {taken.lot}: {fixed(taken.footprint)} kg CO2e come in"
               f"{questioned_note(taken.questioned)}")
    if len(effect.inputs) > _MOST_INPUTS:
        yield f"… and {len(effect.inputs) - _MOST_INPUTS} more inputs"
    yield from [f"{lot.lot}: {lot.title}" for lot in effect.lots if lot.title is not None]
    yield from _results(effect)
    if effect.restatement is not None:
        yield from _restated(effect.restatement, effect.more)


def _results(effect: Effect) -> Iterator[str]:
    """The default prices, omissions and findings of a record."""
    by_set: dict[str, list[str]] = {}
    for priced in effect.priced:
        by_set.setdefault(priced.factor.partition(":")[0], []).append(priced.material)
    for name, materials in by_set.items():
        yield f"priced by {name}: {', '.join(dict.fromkeys(materials))}"
    for omitted in effect.omitted:
        size = "no estimate" if omitted.estimate is None else f"estimate {fixed(omitted.estimate)} kg CO2e"
        similar = f"; known names like it: {', '.join(omitted.nearest)}" if omitted.nearest else ""
        yield f"omitted: {omitted.what} ({size}){similar}"
    for finding in effect.findings:
        yield stated_finding(finding)


def _restated(restatement: RestatementBrief, more: str) -> Iterator[str]:
    records = "1 record" if restatement.records == 1 else f"{restatement.records:,} records"
    yield f"restates {records}{more}"
    for lot in restatement.lots:
        now = "withdrawn" if lot.withdrawn else f"{fixed(lot.footprint)} kg CO2e"
        yield f"{lot.lot}: {fixed(lot.footprint_before)} kg CO2e before, now {now}{questioned_note(lot.questioned)}"
    if restatement.left_off:
        yield f"… and {restatement.left_off:,} more lots"
    for change in restatement.findings:
        for word, findings in (("settled", change.settled), ("remains", change.remaining), ("new", change.new)):
            yield from [f"{word} at record {change.record[:16]}…: {stated_finding(one)}" for one in findings]


def _table(effects: Sequence[Effect]) -> Table:
    """The lots of the records; with a column for questions if any lot has one."""
    asked = any(lot.questioned for effect in effects for lot in effect.lots)
    places = any(effect.place for effect in effects)
    titles = ["place" if places else "line", "index", "record", "lot", "quantity", "kg CO2e",
              *(["questioned"] if asked else [])]
    table = Table(*titles, box=None, pad_edge=False)
    for place in (*([] if places else [0]), 1, *range(5, len(titles))):
        table.columns[place].justify = "right"
    for effect in effects:
        index = "" if effect.index is None else str(effect.index)
        lots: list[LotBrief | None] = [*effect.lots] or [None]
        for i, lot in enumerate(lots):
            cells = [effect.place or str(effect.line), index, f"{effect.digest[:16]}…"] if i == 0 else ["", "", ""]
            if lot is not None:
                cells += [lot.lot, str(lot.quantity), fixed(lot.footprint), questioned_kilograms(lot.questioned)]
            table.add_row(*cells[: len(titles)])
    return table
