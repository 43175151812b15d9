"""Erased bodies in an audit: what stands in their place is a residue, and the log asked for it, if only later.

Of an erased record its digest, its nonce and what its assessment was made of can no longer be checked. What its outcome
commits to can: the residue, the stored seed and the stored assessment have to give the root in its entry.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.core.record.base import PRIVATE
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.redacted import is_residue, residue


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


class Erasures(Struct):
    """What an audit has found erased, and has yet to find the erasures of. `readings`: records of which a later reading
    is a residue; `missing`: those of which the record is one, and no erasure is known; `erased`: those of which the log
    has erased the record or a reading; all by index."""

    readings: set[int] = set()
    missing: set[int] = set()
    erased: set[int] = set()

    def found(self, index: int) -> None:
        """Of the record at `index`, the residue is there."""
        self.missing.add(index)

    def logged(self, index: int, gone: Iterable[int]) -> None:
        """The log asks that the body of the record at `index` goes, and with it readings of the records `gone`."""
        self.erased.update(gone)
        self.missing.discard(index)

    def unexplained(self) -> Iterator[tuple[int, str]]:
        """Index and message of every body that is gone although the log does not ask for it."""
        for index in sorted(self.missing):
            yield index, "its body is stored as erased, but no erasure on the log names it"
        for index in sorted(self.readings - self.erased):
            yield index, "how it reads since it was revised is stored as erased, but no erasure on the log asks for it"


def noted(count: int) -> list[str]:
    """What could not be checked of so many erased records."""
    if not count:
        return []
    return [
        f"not recomputed (erased): {count} records, of which only residues are left; their digests and what their "
        "assessments were made of cannot be checked, their outcomes were"
    ]
