"""Plans an import: reads and signs all records of a file, and compares them with earlier imports. It posts nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.client.sheets.drafts import CellPlace, RowDraft, SheetFault
from ledger.client.sheets.signing import RowSigner, changed_fields
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import ImportState
from ledger.client.writing.spelling import Respelling
from ledger.core.record import canonical
from ledger.errors import InvalidInput, LedgerError

MOST_FAULTS: Final = 1_000
_MOST_SHOWN: Final = 20
_LONGEST_KEY: Final = 255


class Proposal(NamedTuple):
    """An amendment for a changed row: the fields with their values before and after."""

    place: CellPlace
    key: str
    record: str
    fields: tuple[str, ...]


@dataclass
class ImportPlan:
    """The records of an import, compared with earlier imports. `read`: the number of records; `respelled`, `proposals`:
    the first ones."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    changed: int = 0
    respelled: list[Respelling] = field(default_factory=list)
    faults: list[SheetFault] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether there are so many faults that reading on would not help."""
        return len(self.faults) >= MOST_FAULTS


class Planner:
    """Signs the records of a file. `reason`: of its amendments. `again`: sign also records that earlier imports
    posted."""

    def __init__(self, signer: RowSigner, state: ImportState, staging: Staging, reason: str, *, again: bool) -> None:
        self._signer, self._state, self._staging = signer, state, staging
        self._reason, self._again = reason, again

    def plan(
        self, drafts: Iterable[RowDraft | SheetFault], report: Callable[[int], None]
    ) -> ImportPlan:
        """Reads all records. `report` takes their number."""
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
        except LedgerError as error:
            yield from draft.faults_of(error)
        except (OverflowError, RecursionError, UnicodeEncodeError) as error:
            yield SheetFault(draft.place, f"cannot be written as JSON: {error}", "not-json")

    def _add(self, draft: RowDraft, plan: ImportPlan) -> None:
        key = draft.key
        if len(key) > _LONGEST_KEY:
            raise InvalidInput(f"the key has {len(key)} characters", code="invalid-field", value=key,
                               rule=f"at most {_LONGEST_KEY}")
        record, respelled = self._signer.written(draft.tree)
        content = canonical.encode(record)
        kind = str(draft.tree["type"])
        plan.respelled += respelled[: MOST_FAULTS - len(plan.respelled)]
        earlier = self._state.imported(kind, key)
        if earlier is None or earlier.content == content:
            plan.new += earlier is None
            plan.unchanged += earlier is not None
            if earlier is None or not earlier.posted or self._again:
                signed = self._signer.sign(key, record, content)
                known = earlier is not None and earlier.posted
                if earlier is None or signed.digest == earlier.digest:
                    self._staging.wait(WaitingRow(kind, key, signed.digest, None, content, signed.envelope, known))
            return
        fields = changed_fields(earlier.content, record, content)
        amendment = self._signer.amend(key, earlier, fields, self._reason)
        plan.changed += 1
        self._staging.wait(
            WaitingRow(kind, key, amendment.digest, earlier.digest, content, amendment.envelope))
        if len(plan.proposals) < _MOST_SHOWN:
            plan.proposals.append(Proposal(draft.place, key, earlier.digest, tuple(fields)))
