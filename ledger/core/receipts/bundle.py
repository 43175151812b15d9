"""A bundle: one file with all that a record's receipt needs to be believed by someone who asks nobody.

    {"bundle": "carbon-ledger/bundle/v1", "receipt": {...}, "body": base64, "records": [...], "statement": {...},
     "rotations": [...]}

`receipt` is the receipt, or the log's acknowledgement where its witnesses had not signed. `body`, where the reader may
see it, is the record's. `records` are public records, each with its own receipt, in log order: the registrar, and how
the record's key came to be its organisation's. `statement` is of a lot that the record made, with the figures of what
went in. `rotations` are the notes by which the log's key was rotated, where it was. Nothing is verified by reading it;
see `ledger.client.verify.bundle`.
"""

import base64
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.errors import InvalidInput, VerificationError

TAG: Final = "carbon-ledger/bundle/v1"
MAX_BUNDLE: Final = 64 << 20
MAX_RECORDS: Final = 1_000


class PublicRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """A record that anyone may see: its `body` (base64) and its `receipt`."""

    body: str
    receipt: Raw


class Bundle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bundle: str
    receipt: Raw
    body: str | UnsetType = UNSET
    records: list[PublicRecord] = []
    statement: Raw | UnsetType = UNSET
    rotations: list[str] | UnsetType = UNSET


class _BundleProbe(Struct, frozen=True):
    """The one field that only bundles have."""

    bundle: str | None = None


_bundle = msgspec.json.Decoder(Bundle)
_probe = msgspec.json.Decoder(_BundleProbe)


def is_bundle(data: bytes) -> bool:
    """Whether a file says that it is a bundle, of whatever version."""
    try:
        return _probe.decode(data).bundle is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_bundle(data: bytes) -> Bundle:
    """Raises InvalidInput where `data` is no bundle of this version."""
    rule = f"a file as `export bundle` writes it, {TAG}"
    if len(data) > MAX_BUNDLE:
        raise InvalidInput(f"a bundle of {len(data)} bytes", code="not-a-bundle", field="bundle", value=len(data),
                           rule=f"at most {MAX_BUNDLE} bytes")
    try:
        found = _bundle.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a bundle: {error}", code="not-a-bundle", field="bundle", rule=rule) from None
    if found.bundle != TAG:
        raise InvalidInput(f"not a bundle of a known version: {found.bundle[:80]!r}", code="bundle-version",
                           field="bundle", value=found.bundle, rule=rule)
    if len(found.records) > MAX_RECORDS:
        raise InvalidInput(f"{len(found.records)} public records", code="not-a-bundle", field="records",
                           value=len(found.records), rule=f"at most {MAX_RECORDS}")
    return found


def packed(body: bytes) -> str:
    """A body as a bundle holds it."""
    return base64.b64encode(body).decode()


def body_of(text: str, field: str) -> bytes:
    """Base64 in its one spelling; raises VerificationError for another."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise VerificationError(f"{field} is not base64 in its one spelling", code="malformed-bundle", field=field,
                                value=text)
    return data
