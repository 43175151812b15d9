"""Erased bodies in an audit: what stands in their place is a residue, and the log asked for it, if only later.

Of an erased record its digest, its nonce and what its assessment was made of can no longer be checked. What its outcome
commits to can: the residue, the stored seed and the stored assessment have to give the root in its entry.
"""

from collections.abc import Iterable, Iterator

from ledger.core.canonical import encode
from ledger.core.record import PRIVATE
from ledger.core.records import AnyRecord
from ledger.core.residue import is_residue, residue


def wrong_residue(record: AnyRecord) -> str | None:
    """What is wrong with a record that is stored in place of an erased one, if anything."""
    if record.kind != PRIVATE:
        return "its body is stored as erased, which that of a public record never is"
    if not is_residue(record) or residue(record) != record:
        return "what is stored in place of its erased body is not what an erasure leaves"
    return None


def reduced(stored: bytes | None, record: AnyRecord) -> bool:
    """Whether what is stored is the residue of a record."""
    return record.kind == PRIVATE and stored == encode(residue(record))


class Erasures:
    """What an audit has found erased, and has yet to find the erasures of."""

    def __init__(self) -> None:
        self.readings: set[int] = set()
        """Records of which a later reading is a residue, by index."""
        self._changed: dict[int, frozenset[int]] = {}
        self._missing: set[int] = set()
        self._erased: set[int] = set()

    def found(self, index: int) -> None:
        """Of the record at `index`, the residue is there."""
        self._missing.add(index)

    def revised(self, index: int, changed: Iterable[int]) -> None:
        """The record at `index` changed what others read like."""
        self._changed[index] = frozenset(changed)

    def logged(self, index: int) -> frozenset[int]:
        """The log asks that the body of the record at `index` goes: the records of which that erases a reading."""
        gone = self._changed.get(index, frozenset()) | {index}
        self._erased |= gone
        self._missing.discard(index)
        return gone

    def unexplained(self) -> Iterator[tuple[int, str]]:
        """Index and message of every body that is gone although the log does not ask for it."""
        for index in sorted(self._missing):
            yield index, "its body is stored as erased, but no erasure on the log names it"
        for index in sorted(self.readings - self._erased):
            yield index, "how it reads since it was revised is stored as erased, but no erasure on the log asks for it"


def noted(count: int) -> list[str]:
    """What could not be checked of so many erased records."""
    if not count:
        return []
    return [
        f"not recomputed (erased): {count} records, of which only residues are left; their digests and what their "
        "assessments were made of cannot be checked, their outcomes were"
    ]
