"""Checks erased bodies: a redacted record must replace each, and an erasure on the log, perhaps a later one, must ask
for it.

An audit can no longer check the digest and the nonce of an erased record, and the inputs of its assessment. It can
check its outcome: the redacted record, the stored seed and the stored assessment must give the root in its entry.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.core.record.base import PRIVATE
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.redacted import is_residue, residue


def wrong_redaction(record: AnyRecord) -> str | None:
    """The fault of a record that is stored in place of an erased one, None if there is no fault."""
    if record.kind != PRIVATE:
        return "its body is stored as erased, but bodies of public records are never erased"
    if not is_residue(record) or residue(record) != record:
        return "the record in place of its erased body is not a redacted record"
    return None


def is_redacted(stored: bytes | None, record: AnyRecord) -> bool:
    """Whether the stored body is the redacted record of this record."""
    return record.kind == PRIVATE and stored == encode(residue(record))


class Erasures(Struct):
    """The redacted records of a log, and the erasures that explain them, by log index. `readings`: records whose
    revised body is redacted. `missing`: records whose own body is redacted, without an erasure so far. `erased`:
    records whose own or revised body the log has erased."""

    readings: set[int] = set()
    missing: set[int] = set()
    erased: set[int] = set()

    def redacted(self, index: int) -> None:
        """Notes that the body of the record at `index` is redacted."""
        self.missing.add(index)

    def logged(self, index: int, gone: Iterable[int]) -> None:
        """Notes that the log asks to erase the body of the record at `index`, and with it revised bodies of the records
        `gone`."""
        self.erased.update(gone)
        self.missing.discard(index)

    def unexplained(self) -> Iterator[tuple[int, str]]:
        """Index and message of every erased body whose erasure the log does not ask for."""
        for index in sorted(self.missing):
            yield index, "its body is stored as erased, but no erasure on the log names it"
        for index in sorted(self.readings - self.erased):
            yield index, "its revised body is stored as erased, but no erasure on the log asks for it"


def erasure_notes(count: int) -> list[str]:
    """A note on the checks that `count` erased records do not allow."""
    if not count:
        return []
    return [
        f"not recomputed (erased): {count} records, whose bodies are redacted; their digests and the inputs of their "
        "assessments cannot be checked, their outcomes were checked"
    ]
