"""Plans an import: reads and signs all records of a file, and compares them with earlier imports. It posts nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.client.sheets.drafts import CellPlace, RowDraft, SheetFault
from ledger.client.sheets.signing import ChangedValue, RowSigner, SignedRow, changed_fields, changed_values
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import Imported, ImportState
from ledger.client.writing import densities, supply_keys
from ledger.client.writing.densities import Weighing, WritingSets
from ledger.client.writing.spelling import Respelling
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord
from ledger.errors import InvalidInput, LedgerError, Unavailable

MOST_FAULTS: Final = 1_000
_MOST_SHOWN: Final = 20
_LONGEST_KEY: Final = 255


class Proposal(NamedTuple):
    """An amendment for a changed row: the fields that it replaces, and the values in them that differ."""

    place: CellPlace
    key: str
    record: str
    fields: tuple[str, ...]
    changes: tuple[ChangedValue, ...]


@dataclass
class ImportPlan:
    """The records of an import, compared with earlier imports. `read`: the number of records; `replaced`: rows that
    were signed in another form before, which the ledger does not have; `respelled`, `weighings`, `proposals`: the first
    ones."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    changed: int = 0
    replaced: int = 0
    respelled: list[Respelling] = field(default_factory=list)
    weighings: list[Weighing] = field(default_factory=list)
    faults: list[SheetFault] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether there are so many faults that reading on would not help."""
        return len(self.faults) >= MOST_FAULTS


class PlannedRow(NamedTuple):
    """A record of the file. `content`: the canonical bytes of the row as entered, with an empty nonce. The record has
    masses by densities beside: other densities of another day are no change of the row."""

    place: CellPlace
    kind: str
    key: str
    record: AnyRecord
    content: bytes


class Planning(NamedTuple):
    """`reason`: of amendments. `again`: keep also records that earlier imports posted. `on_ledger` says whether the
    ledger has the record with a digest; it raises Unavailable if it cannot learn that."""

    reason: str
    again: bool
    on_ledger: Callable[[str], bool]
    sets: WritingSets


class Planner:
    """Signs the records of a file.

    An earlier import may have ended without an answer, and a signed file may have been posted since. So before a row
    gets another record or amendment than the one before, the ledger says whether it has that one."""

    def __init__(self, signer: RowSigner, state: ImportState, staging: Staging, planning: Planning) -> None:
        self._signer, self._state, self._staging, self._planning = signer, state, staging, planning

    def plan(
        self, drafts: Iterable[RowDraft | SheetFault], report: Callable[[int], None]
    ) -> ImportPlan:
        """Reads all records. `report` takes their number. Raises Unavailable if the ledger has to be asked, and does
        not answer."""
        plan = ImportPlan()
        for draft in drafts:
            if isinstance(draft, SheetFault):
                plan.faults.append(draft)
            else:
                plan.read += 1
                plan.faults += self._faults_of(draft, plan)
                report(plan.read)
            if plan.is_full:
                break
        return plan

    def _faults_of(self, draft: RowDraft, plan: ImportPlan) -> Iterator[SheetFault]:
        try:
            self._add(draft, plan)
        except Unavailable:
            raise
        except LedgerError as error:
            supply_keys.explain(error, self._planning.sets.densities)
            yield from draft.faults_of(error)
        except (OverflowError, RecursionError, UnicodeEncodeError) as error:
            yield SheetFault(draft.place, f"cannot be written as JSON: {error}", "not-json")

    def _add(self, draft: RowDraft, plan: ImportPlan) -> None:
        key = draft.key
        if len(key) > _LONGEST_KEY:
            raise InvalidInput(f"the key has {len(key)} characters", code="invalid-field", value=key,
                               rule=f"at most {_LONGEST_KEY}")
        record, respelled = self._signer.written(draft.tree)
        sets = self._planning.sets
        supply_keys.check(record, sets.keys)
        weighed, weighings = densities.weighed(record, sets.densities)
        plan.respelled += respelled[: MOST_FAULTS - len(plan.respelled)]
        plan.weighings += weighings[: MOST_FAULTS - len(plan.weighings)]
        row = PlannedRow(draft.place, str(draft.tree["type"]), key, weighed, canonical.encode(record))
        earlier = self._state.imported(row.kind, key)
        if earlier is None or not earlier.posted:
            earlier = self._entered(row, earlier, plan)
        if earlier is not None:
            self._compare(row, self._settled(row, earlier, plan), plan)

    def _entered(self, row: PlannedRow, earlier: Imported | None, plan: ImportPlan) -> Imported | None:
        """The record of a row if the ledger turns out to have it in another form; otherwise None, and the row waits as
        a record."""
        signed = self._signer.sign(row.key, row.record, row.content)
        if earlier is not None and signed.digest != earlier.digest:
            if self._planning.on_ledger(earlier.digest):
                return self._noted(row, earlier._replace(posted=True))
            plan.replaced += 1
            earlier = None
        plan.new += earlier is None
        plan.unchanged += earlier is not None
        self._staging.wait(WaitingRow(row.kind, row.key, signed.digest, None, row.content, signed.envelope))
        return None

    def _settled(self, row: PlannedRow, earlier: Imported, plan: ImportPlan) -> Imported:
        """The record of a row after the amendment that the ledger may have, if it has it. An amendment that is made
        again with the same bytes needs no question."""
        sent = earlier.sent
        if sent is None or (sent.content == row.content and self._amendment(row, earlier).digest == sent.digest):
            return earlier
        if self._planning.on_ledger(sent.digest):
            return self._noted(row, Imported(earlier.digest, sent.content, True, sent.digest))
        plan.replaced += 1
        return earlier

    def _noted(self, row: PlannedRow, record: Imported) -> Imported:
        self._state.enter([(row.kind, row.key, record)])
        return record

    def _compare(self, row: PlannedRow, earlier: Imported, plan: ImportPlan) -> None:
        """Adds a record that the ledger has: its amendment if the row has changed."""
        if earlier.content == row.content:
            plan.unchanged += 1
        if self._planning.again:
            self._again(row, earlier)
        if earlier.content == row.content:
            return
        amendment = self._amendment(row, earlier)
        plan.changed += 1
        self._staging.wait(
            WaitingRow(row.kind, row.key, amendment.digest, earlier.digest, row.content, amendment.envelope))
        if len(plan.proposals) < _MOST_SHOWN:
            fields = changed_fields(earlier.content, row.record, row.content)
            changes = changed_values(earlier.content, row.content)
            plan.proposals.append(Proposal(row.place, row.key, earlier.digest, tuple(fields), changes))

    def _again(self, row: PlannedRow, earlier: Imported) -> None:
        """Keeps a record that the ledger has, for its receipt: to be posted again in its requests, or without envelope
        if it was amended or had another secret, so that these bytes are not at hand."""
        signed = self._signer.sign(row.key, row.record, row.content)
        envelope = signed.envelope if signed.digest == earlier.digest else b""
        self._staging.wait(WaitingRow(row.kind, row.key, earlier.digest, None, row.content, envelope, known=True))

    def _amendment(self, row: PlannedRow, earlier: Imported) -> SignedRow:
        fields = changed_fields(earlier.content, row.record, row.content)
        return self._signer.amend(row.key, earlier, fields, self._planning.reason)
