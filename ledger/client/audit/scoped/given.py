"""Proves the committed figures of lots whose records the source does not show."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from ledger.admission.facts import LOT_SLOTS
from ledger.client.audit.checks.stored_lots import facts_of, figures_of, read_lot
from ledger.client.audit.source.interface import GivenLot, ProvenPlace, StoredLot
from ledger.client.audit.state.memory import Memory
from ledger.core.log.merkle import leaf_hash, verify_inclusion
from ledger.core.outcome.leaves import AnyLeaf, LotLeaf, RevisionLeaf
from ledger.engine.record_outcome import lot_leaf
from ledger.errors import LedgerError, VerificationError

_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)
_KIND = "outcome"
_MOST = 100_000
"""So many outcome roots are in memory, some 150 bytes each."""


class Outcomes:
    """The outcome root in each entry so far, by log index."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._new: dict[int, bytes] = {}

    def add(self, index: int, root: bytes) -> None:
        self._new[index] = root
        if len(self._new) > _MOST:
            self.write()

    def of(self, index: int) -> bytes | None:
        """None if the log has no such entry so far."""
        if index in self._new:
            return self._new[index]
        return next(self._memory.store().outcomes([index]), None)

    def write(self) -> None:
        """Writes them into the store."""
        self._memory.store().write_outcomes(self._new.items())
        self._new.clear()


def prove_given(given: GivenLot, outcome_of: Callable[[int], bytes | None], taker: int) -> StoredLot:
    """The row of a lot as the record at `taker` found it. Raises VerificationError if the entry of the lot's record
    does not commit to it."""
    lot, place = read_lot(given.lot), given.place
    maker, slot = divmod(lot.number, LOT_SLOTS)
    if place.index != maker or place.position != slot + 1 or maker > taker:
        raise VerificationError(f"its leaf is at {place.position} of entry {place.index}")
    committed = _proven(place, _root(given, outcome_of, taker))
    if not isinstance(committed, LotLeaf):
        raise VerificationError("its leaf is not the leaf of a lot")
    stated = msgspec.json.decode(
        lot_leaf(bytes(32), 0, facts_of(lot), figures_of(lot), lot.method, lot.plugin), type=LotLeaf)
    if replace(stated, salt=committed.salt) != committed:
        wrong = [name for name in LotLeaf.__struct_fields__
                 if name != "salt" and getattr(stated, name) != getattr(committed, name)]
        raise VerificationError(f"its {', '.join(wrong)} differ from those in its leaf")
    return lot


def _root(given: GivenLot, outcome_of: Callable[[int], bytes | None], taker: int) -> bytes:
    revision, maker = given.revision, given.place.index
    if revision is None:
        return _known(outcome_of(maker), maker)
    if not maker < revision.index < taker:
        raise VerificationError(f"entry {revision.index} cannot have revised it before")
    return revised_root(revision, maker, outcome_of)


def revised_root(revision: ProvenPlace, index: int, outcome_of: Callable[[int], bytes | None]) -> bytes:
    """The new outcome that a revision gave to the record at `index`. Raises VerificationError if the entry of the
    revising record does not commit to it."""
    leaf = _proven(revision, _known(outcome_of(revision.index), revision.index))
    if not isinstance(leaf, RevisionLeaf) or leaf.index != index:
        raise VerificationError(f"entry {revision.index} did not revise entry {index}")
    return bytes.fromhex(leaf.outcome)


def _known(root: bytes | None, index: int) -> bytes:
    if root is None:
        raise VerificationError(f"the log has no entry {index} so far")
    return root


def _proven(place: ProvenPlace, root: bytes) -> AnyLeaf:
    verify_inclusion(leaf_hash(place.leaf), place.position, place.size, root, place.path)
    try:
        return _leaf.decode(place.leaf)
    except (msgspec.MsgspecError, ValueError, LedgerError) as error:
        raise VerificationError(f"its leaf cannot be read: {error}") from error
