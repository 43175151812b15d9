"""The posted envelope: a record's body, the id of the key that signed it, the signature, and for which ledger it was
made. Several form NDJSON."""

import base64
import re
from binascii import a2b_base64, b2a_base64
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ledger.core.record import canonical
from ledger.core.record.canonical import MAX_BODY
from ledger.core.record.faults import faults_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.values import Sha256
from ledger.core.signatures.signing import SIGNATURE_BYTES, SigningKey
from ledger.errors import InvalidBody, InvalidInput

MAX_ENVELOPE = 2 << 20
"""Bytes: room for the largest body in base64 and the other fields."""
_MAX_BASE64 = (MAX_BODY + 2) // 3 * 4
_ENVELOPE: Final = '{"body": base64, "key": hex, "signature": base64}'
_LINES: Final = "; for several, one on each line, with the header `Content-Type: application/x-ndjson`"
_SEVERAL: Final = re.compile(rb"\}\s*\{")
_ORIGIN: Final = r'^[^"]+$'
"""No value of an envelope has a quotation mark, so their number shows a repeated field."""
_QUOTES: Final = 4
"""Of a field: around its name and its value."""
_LONGEST_ORIGIN: Final = 255
_SIGNED: Final = ("$.nonce", "$.issuer")
"""Fields of a record that the command `sign` adds."""


class Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    """`body`: base64 of the canonical JSON; `key`: hex keyid; `signature`: base64 of 64 bytes. `origin`: of the ledger
    for which the signature was made, so that a server of another ledger can name both. The signature alone binds."""

    body: str
    key: Sha256
    signature: Annotated[str, Meta(max_length=88)]
    origin: Annotated[str, Meta(pattern=_ORIGIN, max_length=_LONGEST_ORIGIN)] | UnsetType = UNSET


class Opened(Struct, frozen=True):
    """An envelope's parts, decoded; the signature is not checked yet. `origin`: None if missing."""

    body: bytes
    keyid: bytes
    signature: bytes
    origin: str | None = None


_decoder = msgspec.json.Decoder(Envelope)


def seal(record: AnyRecord, key: SigningKey, origin: str) -> Envelope:
    """Signs a record for the ledger of that origin."""
    body = canonical.encode(record)
    signature = key.sign_record(origin, record.kind, canonical.digest(body))
    named = re.search(_ORIGIN, origin) is not None and len(origin) <= _LONGEST_ORIGIN
    return Envelope(base64.b64encode(body).decode(), key.keyid.hex(), base64.b64encode(signature).decode(),
                    origin if named else UNSET)


def open_envelope(data: bytes, *, explain: bool = True) -> Opened:
    """The parts of a posted envelope. Raises InvalidInput that names the fault. `explain`: the error for a record
    without an envelope has the faults of the record."""
    if len(data) > MAX_ENVELOPE:
        raise InvalidInput(f"the envelope has {len(data)} bytes", code="too-large", value=len(data),
                           rule=f"at most {MAX_ENVELOPE} bytes")
    try:
        try:
            envelope = _decoder.decode(data)
        except msgspec.ValidationError as error:
            # The typed decoder stops at the first wrong field: the rest may not even be JSON.
            tree = msgspec.json.decode(data)
            explained = canonical.explain_schema(str(error), tree)
            raise _unsigned(explained, tree, explain=explain) if _is_record(tree) else explained from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"not an envelope: {error}", code="not-json", value=data[:40],
            rule=f"{_ENVELOPE}{_LINES if _SEVERAL.search(data) else ''}",
        ) from None
    if len(envelope.body) > _MAX_BASE64:
        raise InvalidInput(
            f"the body has more than {MAX_BODY} bytes", code="body-too-large", field="body", value=len(envelope.body),
            rule=f"at most {MAX_BODY} bytes",
        )
    signature = _strict(envelope.signature, "signature")
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidInput(
            f"the signature has {len(signature)} bytes", code="malformed-signature", field="signature",
            value=len(signature), rule=f"{SIGNATURE_BYTES} bytes",
        )
    origin = None if envelope.origin is UNSET else envelope.origin
    opened = Opened(_strict(envelope.body, "body"), bytes.fromhex(envelope.key), signature, origin)
    if data.count(b'"') != _QUOTES * (len(Envelope.__struct_fields__) - (origin is None)):
        # Of a repeated field, programs may take different ones.
        raise InvalidInput("the envelope repeats a field", code="repeated-field", value=data[:40],
                           rule=f"{_ENVELOPE}, each field once")
    return opened


def _is_record(tree: object) -> bool:
    return isinstance(tree, dict) and "type" in tree and "body" not in tree


def _unsigned(first: InvalidBody, record: object, *, explain: bool) -> InvalidBody:
    """The refusal of a record that was posted without an envelope. It says the record's own faults too, except for the
    fields that `sign` adds."""
    error = InvalidBody(
        "this is a record without a signature: sign it with `carbon-ledger sign FILE --key KEY`, and post the output",
        code=first.code, field=first.field, value=first.value, rule=_ENVELOPE,
    )
    faults = [fault for fault in faults_of(record, AnyRecord) if fault.field not in _SIGNED] if explain else []
    error.parts = (first, *[fault.error() for fault in faults]) if faults else ()
    return error


def _strict(text: str, field: str) -> bytes:
    """The bytes of canonical base64."""
    try:
        data = a2b_base64(text, strict_mode=True)
    except ValueError:
        data = None
    if data is None or b2a_base64(data, newline=False).decode() != text:
        raise InvalidInput(
            f"{field} is not standard base64", code="not-base64", field=field, value=text[:40],
            rule="standard base64 with padding",
        )
    return data
