"""A bundle: one file with everything that is needed to verify a record's receipt offline.

    {"bundle": "carbon-ledger/bundle/v1", "receipt": {...}, "body": base64, "records": [...], "statement": {...},
     "rotations": [...]}

`receipt` is the receipt, or the log's acknowledgement if its witnesses had not signed yet. `body` is the record's body,
if the reader may see it. `records` are public records, each with its own receipt, in log order: the registrar's, and
those by which the organisation got the record's key. `statement` is the statement of a lot that the record made, with
the figures of its inputs. `rotations` are the notes of the log's key rotations, if any. Reading a bundle verifies
nothing; see `ledger.client.verify.bundle`.
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
    """Whether a file says that it is a bundle, of any version."""
    try:
        return _probe.decode(data).bundle is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def read_bundle(data: bytes) -> Bundle:
    """The bundle in `data`. Raises InvalidInput if it is not a bundle of this version."""
    rule = f"a file as `export bundle` writes it, {TAG}"
    if len(data) > MAX_BUNDLE:
        raise InvalidInput(f"the bundle has {len(data)} bytes, more than {MAX_BUNDLE}", code="not-a-bundle",
                           field="bundle", value=len(data), rule=f"at most {MAX_BUNDLE} bytes")
    try:
        bundle = _bundle.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a bundle: {error}", code="not-a-bundle", field="bundle", rule=rule) from None
    if bundle.bundle != TAG:
        raise InvalidInput(f"unknown bundle version {bundle.bundle[:80]!r}, not {TAG!r}", code="bundle-version",
                           field="bundle", value=bundle.bundle, rule=rule)
    if len(bundle.records) > MAX_RECORDS:
        raise InvalidInput(f"the bundle has {len(bundle.records)} public records, more than {MAX_RECORDS}",
                           code="not-a-bundle", field="records", value=len(bundle.records),
                           rule=f"at most {MAX_RECORDS}")
    return bundle


def packed(body: bytes) -> str:
    """A body in the form in which a bundle holds it."""
    return base64.b64encode(body).decode()


def body_of(text: str, field: str) -> bytes:
    """The bytes of canonical base64. Raises VerificationError for any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise VerificationError(f"{field} is not canonical base64", code="malformed-bundle", field=field,
                                value=text)
    return data
