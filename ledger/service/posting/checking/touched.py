"""The names that earlier records of a request touch, to tell whether a revision depends on them.

A check computes a revision over the records that are on the ledger. If the revision has to do with earlier records of
its own request, posting gives another result, which the check does not foresee.
"""

from collections.abc import Mapping
from typing import Final

from ledger.admission.facts import LOT_SLOTS, PoolFacts
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    Addition,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    KeyChange,
    Organization,
    Pool,
    Reopening,
    Transfer,
    Transformation,
)
from ledger.engine.prepared import Prepared
from ledger.engine.revision.recompute import Revision
from ledger.engine.revision.restore import changes_in
from ledger.service.posting.revision.foreseen import ForeseenRevision

_GENERAL: Final = (Activation, Erasure, Reopening)
"""Records on which any later revision may depend."""
_ONLY_FLOWS: Final = (Transformation, Transfer, Consumption, Declaration, Addition, Attestation)
"""Records that later revisions meet by their lots and facilities alone; the others enter names and rights."""


class Touched:
    """Grows with each admitted record of a request."""

    def __init__(self) -> None:
        self._general = False
        self._digests: set[str] = set()
        self._lots: set[str] = set()
        self._facilities: set[str | None] = set()
        self._issuers: set[str] = set()
        self._revised: set[int] = set()

    def add(self, prepared: Prepared, pools: Mapping[str, PoolFacts]) -> None:
        record, plan = prepared.submission.record, prepared.plan
        self._general = self._general or isinstance(record, _GENERAL)
        self._digests.add(prepared.submission.digest.hex())
        self._lots.update([taken.lot.id for taken in plan.taken])
        self._lots.update([created.facts.id for created in plan.created])
        if isinstance(record, Transformation | Closing | Pool):
            self._facilities.add(record.facility)
        elif isinstance(record, Addition):
            self._facilities.add(pools[record.pool].facility)
        elif isinstance(record, Acceptance):
            self._digests.add(record.transfer)
        elif isinstance(record, Organization):
            self._issuers.add(record.id)
        elif isinstance(record, KeyChange):
            self._issuers.add(record.organization)
        if not isinstance(record, _ONLY_FLOWS) or (isinstance(record, Declaration) and record.lot is None):
            self._issuers.add(record.issuer)

    def add_revision(self, revision: Revision) -> None:
        """Notes the records that an amendment or closing restates."""
        self._revised.update([revised.index for revised in revision.revised])

    def concerns(self, foreseen: ForeseenRevision) -> bool:
        """Whether the revision may depend on the records so far."""
        record, history = foreseen.attempt.record, foreseen.attempt.history
        lots = history.state.lots
        if self._general or record.issuer in self._issuers or not self._digests.isdisjoint(changes_in(record)):
            return True
        if isinstance(record, Closing) and record.facility in self._facilities:
            return True
        if foreseen.error is not None and foreseen.error.value in self._lots | self._digests:
            return True
        makers = {lot.number // LOT_SLOTS for lot in lots.values()}
        return not (self._lots.isdisjoint(lots) and self._revised.isdisjoint(makers)
                    and self._revised.isdisjoint(history.made))
