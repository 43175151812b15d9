"""Looks up digests of earlier records in files of receipts: `FILE#LOT` is the record that made a lot, `FILE#3` the
record of the third receipt in a file.

Amendments, acceptances and reopenings name records by digest. The organisation that posts a record has its receipt, and
passes it on to its partners. So nobody has to query a server or to copy 64 digits. A lookup checks no proof: `verify`
does that.
"""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.core.receipts.receipt import Receipt
from ledger.errors import InvalidInput

RULE = "FILE#LOT or FILE#NUMBER, with a file of receipts; or 64 hexadecimal digits"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class _ReceiptLot(Struct, frozen=True):
    """`lot` is set only in the leaves of lots."""

    lot: str | None = None


class _ReceiptFile(Struct, frozen=True):
    """The digests of a file's receipts, in order, and for each lot the digest of the record that made it."""

    digests: list[str]
    makers: dict[str, str]


class References:
    """Looks digests up, and reads each file once."""

    def __init__(self) -> None:
        self._files: dict[str, _ReceiptFile] = {}

    def digest(self, reference: str) -> str:
        """The digest of a record. Raises InvalidInput if the reference is malformed, if the file holds no receipts, or
        if the lot or number is not in it."""
        if _DIGEST.fullmatch(reference):
            return reference
        name, mark, key = reference.partition("#")
        if not mark or not name or not key:
            raise _unknown(reference, f"{reference!r} is not a reference to a record")
        receipts = self._read(name, reference)
        digest = receipts.makers.get(key)
        if digest is None and key.isdecimal() and 0 < int(key) <= len(receipts.digests):
            digest = receipts.digests[int(key) - 1]
        if digest is None:
            raise _unknown(reference, f"{key!r} is not among the {len(receipts.digests)} receipts in {name}")
        return digest

    def _read(self, name: str, reference: str) -> _ReceiptFile:
        if name not in self._files:
            try:
                self._files[name] = _read(Path(name))
            except OSError as error:
                raise _unknown(reference, f"{name}: {error.strerror}") from None
            except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
                raise _unknown(reference, f"{name} is not a file of receipts: {error}") from None
        return self._files[name]


def _read(path: Path) -> _ReceiptFile:
    receipts = _ReceiptFile([], {})
    with path.open("rb") as file:
        for line in filter(bytes.strip, file):
            receipt = msgspec.json.decode(line, type=Receipt)
            receipts.digests.append(receipt.digest)
            for shown in receipt.leaves:
                lot = msgspec.json.decode(shown.leaf, type=_ReceiptLot).lot
                if lot is not None and receipts.makers.setdefault(lot, receipt.digest) != receipt.digest:
                    raise ValueError(f"two receipts claim the lot {lot!r}, so they are from two ledgers")
    return receipts


def _unknown(reference: str, message: str) -> InvalidInput:
    return InvalidInput(message, code="unknown-receipt", value=reference, rule=RULE)
