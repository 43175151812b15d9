"""Digests of earlier records, by what their receipts say: `FILE#LOT` is the record that made a lot, `FILE#3` the one
of a file's third receipt.

Amendments, acceptances and reopenings name records by digest. Whoever posted a record has its receipt, and hands it on
to whom it concerns; so nobody has to ask a server, or to copy 64 digits. Nothing is proved by reading a receipt:
`verify` does that.
"""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.core.receipts.receipt import Receipt
from ledger.errors import InvalidInput

RULE = "FILE#LOT or FILE#NUMBER, of a file of receipts; or the 64 hexadecimal digits themselves"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class _ReceiptLot(Struct, frozen=True):
    """What only leaves of lots say."""

    lot: str | None = None


class _FoundReceipt(Struct, frozen=True):
    """A file's receipts: digests in order, and by the lots that the records made."""

    digests: list[str]
    makers: dict[str, str]


class References:
    """Looks digests up; each file is read once."""

    def __init__(self) -> None:
        self._files: dict[str, _FoundReceipt] = {}

    def digest(self, reference: str) -> str:
        """Raises InvalidInput for what is no reference, a file that holds no receipts, and what is not in it."""
        if _DIGEST.fullmatch(reference):
            return reference
        name, mark, what = reference.partition("#")
        if not mark or not name or not what:
            raise _unknown(reference, f"{reference!r} refers to no record")
        found = self._read(name, reference)
        digest = found.makers.get(what)
        if digest is None and what.isdecimal() and 0 < int(what) <= len(found.digests):
            digest = found.digests[int(what) - 1]
        if digest is None:
            raise _unknown(reference, f"none of the {len(found.digests)} receipts in {name} is {what!r}")
        return digest

    def _read(self, name: str, reference: str) -> _FoundReceipt:
        if name not in self._files:
            try:
                self._files[name] = _read(Path(name))
            except OSError as error:
                raise _unknown(reference, f"{name}: {error.strerror}") from None
            except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
                raise _unknown(reference, f"{name} is no file of receipts: {error}") from None
        return self._files[name]


def _read(path: Path) -> _FoundReceipt:
    found = _FoundReceipt([], {})
    with path.open("rb") as file:
        for line in filter(bytes.strip, file):
            receipt = msgspec.json.decode(line, type=Receipt)
            found.digests.append(receipt.digest)
            for shown in receipt.leaves:
                lot = msgspec.json.decode(shown.leaf, type=_ReceiptLot).lot
                if lot is not None and found.makers.setdefault(lot, receipt.digest) != receipt.digest:
                    raise ValueError(f"two records made {lot!r}, so they are of two ledgers")
    return found


def _unknown(reference: str, message: str) -> InvalidInput:
    return InvalidInput(message, code="unknown-receipt", value=reference, rule=RULE)
