import base64
import json
from typing import Any

import msgspec
import pytest
from support.raising import raised

from ledger.core.record import canonical
from ledger.core.record.canonical import MAX_BODY
from ledger.core.record.kinds import Organization, Product
from ledger.core.record.values import PublicKey
from ledger.core.signatures.envelope import Envelope, open_envelope, seal
from ledger.core.signatures.signing import SigningKey, load_spki, record_message
from ledger.errors import InvalidBody, InvalidInput, VerificationError

ORIGIN = "test.example/log"
KEY = SigningKey.from_seed(b"\1" * 32)
NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
RECORD = Product(issuer="urn:example:mill", nonce=NONCE, id="urn:example:mill:steel", sector="steel", unit="TNE")
SIGNATURE = base64.b64encode(b"\0" * 64).decode()
GOOD: dict[str, Any] = {"body": "e30=", "key": "0" * 64, "signature": SIGNATURE}


def refusal(data: bytes) -> InvalidInput:
    return raised(InvalidInput, open_envelope, data)


def test_a_sealed_record_opens_and_verifies() -> None:
    envelope = seal(RECORD, KEY, ORIGIN)
    opened = open_envelope(msgspec.json.encode(envelope))
    assert canonical.decode_record(opened.body) == RECORD
    assert opened.keyid == KEY.keyid
    load_spki(KEY.spki).verify(opened.signature, record_message(ORIGIN, 0, canonical.digest(opened.body)))


def test_the_signature_covers_the_kind() -> None:
    public = PublicKey(spki=base64.b64encode(KEY.spki).decode(), proof="AAAA")
    record = Organization(issuer="urn:example:r", nonce=NONCE, id="urn:example:r", keys=[public])
    opened = open_envelope(msgspec.json.encode(seal(record, KEY, ORIGIN)))
    digest = canonical.digest(opened.body)
    load_spki(KEY.spki).verify(opened.signature, record_message(ORIGIN, 1, digest))
    raised(VerificationError, lambda: load_spki(KEY.spki).verify(opened.signature, record_message(ORIGIN, 0, digest)))


def test_sealing_is_deterministic() -> None:
    assert seal(RECORD, KEY, ORIGIN) == seal(RECORD, KEY, ORIGIN)
    assert seal(RECORD, KEY, ORIGIN) != seal(RECORD, KEY, "other.example/log")


def test_the_form_on_the_wire() -> None:
    assert open_envelope(json.dumps(GOOD).encode()).body == b"{}"
    assert json.loads(msgspec.json.encode(Envelope("e30=", "0" * 64, SIGNATURE))) == GOOD


def test_an_envelope_says_its_ledger() -> None:
    """It may be silent about it, as older ones are; an origin that would hide a repeated field is left out."""
    sealed = msgspec.json.encode(seal(RECORD, KEY, ORIGIN))
    assert (json.loads(sealed)["origin"], open_envelope(sealed).origin) == (ORIGIN, ORIGIN)
    assert open_envelope(json.dumps(GOOD).encode()).origin is None
    for odd in ("localhost:8080", "a\\b", "a:b:c"):
        assert open_envelope(msgspec.json.encode(seal(RECORD, KEY, odd))).origin == odd
    for odd in ('a"b', "", "a" * 256):
        assert open_envelope(msgspec.json.encode(seal(RECORD, KEY, odd))).origin is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"{", b"nonsense", b'{"body":"e30=","key":', b'{"body":"\xff"}', b"\xef\xbb\xbf{}", b"{}{}",
        b"[" * 100_000, b'{"body":' * 100_000, b'{"body":"\n"}',
        # What follows the first wrong field is broken as well.
        b'{"x":1', b'{"x":' + b"[" * 100_000, b'{"x":1,"\xff"', b'{"key":3', b'{"key":"\xff',
    ],
)
def test_what_is_no_json(data: bytes) -> None:
    error = refusal(data)
    assert error.code == "not-json"
    assert error.message.startswith("not an envelope: ")
    assert (error.value or "").startswith("b")
    assert "signature" in (error.rule or "")


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b""])
def test_several_envelopes_as_one_need_their_media_type(between: bytes) -> None:
    one = msgspec.json.encode(GOOD)
    assert "application/x-ndjson" in (refusal(one + between + one + between).rule or "")
    assert "application/x-ndjson" not in (refusal(one[:-1]).rule or "")


@pytest.mark.parametrize(
    ("change", "code", "field", "value"),
    [
        ({"body": 3}, "invalid-field", "$.body", "3"),
        ({"body": None}, "invalid-field", "$.body", None),
        ({"key": "0" * 63}, "invalid-field", "$.key", "0" * 63),
        ({"key": "A" * 64}, "invalid-field", "$.key", "A" * 64),
        ({"key": "0" * 64 + "\n"}, "invalid-field", "$.key", "0" * 64 + "\n"),
        ({"signature": SIGNATURE + "AAAA"}, "invalid-field", "$.signature", SIGNATURE + "AAAA"),
        ({"signature": []}, "invalid-field", "$.signature", "[]"),
        ({"ledger": "x"}, "unknown-field", "$.ledger", "x"),
        ({"origin": ""}, "invalid-field", "$.origin", ""),
        ({"origin": 'a"b'}, "invalid-field", "$.origin", 'a"b'),
        ({"origin": "a" * 256}, "invalid-field", "$.origin", f"{'a' * 200}… (256 characters)"),
        ({"origin": None}, "invalid-field", "$.origin", None),
        ({"signature": "AAAA"}, "malformed-signature", "signature", "3"),
        ({"signature": ""}, "malformed-signature", "signature", "0"),
        ({"signature": base64.b64encode(b"\0" * 65).decode()}, "malformed-signature", "signature", "65"),
        ({"signature": SIGNATURE[:-1]}, "not-base64", "signature", SIGNATURE[:40]),
        ({"signature": SIGNATURE[:-3] + "B=="}, "not-base64", "signature", SIGNATURE[:40]),
        ({"signature": base64.b64encode(b"\xff" * 64).decode().replace("/", "_")}, "not-base64", "signature", "_" * 40),
        ({"body": "e30"}, "not-base64", "body", "e30"),
        ({"body": "e31="}, "not-base64", "body", "e31="),
        ({"body": "e30=\n"}, "not-base64", "body", "e30=\n"),
        ({"body": "e3 0="}, "not-base64", "body", "e3 0="),
        ({"body": "é30="}, "not-base64", "body", "é30="),
    ],
)
def test_what_is_no_envelope(change: dict[str, Any], code: str, field: str, value: str | None) -> None:
    error = refusal(json.dumps({**GOOD, **change}).encode())
    assert (error.code, error.field, error.value) == (code, field, value)
    assert field.removeprefix("$.") in error.message
    assert error.rule


@pytest.mark.parametrize("missing", list(GOOD))
def test_every_part_is_needed(missing: str) -> None:
    error = refusal(json.dumps({name: value for name, value in GOOD.items() if name != missing}).encode())
    assert (error.code, error.field) == ("missing-field", f"$.{missing}")
    assert isinstance(error, InvalidBody)


@pytest.mark.parametrize("data", [b"[]", b"3", b'"x"', b"null"])
def test_an_envelope_is_an_object(data: bytes) -> None:
    error = refusal(data)
    assert (error.code, error.field) == ("invalid-field", "$")


def test_a_body_over_one_mebibyte() -> None:
    largest = base64.b64encode(b"x" * MAX_BODY).decode()
    assert len(open_envelope(json.dumps({**GOOD, "body": largest}).encode()).body) == MAX_BODY
    error = refusal(json.dumps({**GOOD, "body": largest + "AAAA"}).encode())
    assert (error.code, error.field) == ("body-too-large", "body")
    assert str(MAX_BODY) in error.message


def test_the_body_itself_is_measured_too() -> None:
    """Base64 comes in threes: two bytes too many still fit the envelope, and are refused with the body."""
    opened = open_envelope(json.dumps({**GOOD, "body": base64.b64encode(b"x" * (MAX_BODY + 1)).decode()}).encode())
    assert raised(InvalidBody, canonical.decode_record, opened.body).code == "body-too-large"


@pytest.mark.parametrize("origin", [None, "localhost:8080", "a\\b"])
@pytest.mark.parametrize("field", [*GOOD, "\\u0062ody"])
@pytest.mark.parametrize("first", [True, False])
def test_a_repeated_field_is_refused(field: str, first: bool, origin: str | None) -> None:
    """Programs that take the first and programs that take the last one would read different envelopes."""
    name = "body" if field not in GOOD else field
    good = GOOD if origin is None else {**GOOD, "origin": origin}
    again, text = f'"{field}":"{GOOD[name]}"', json.dumps(good)
    repeated = f"{{{again},{text[1:]}" if first else f"{text[:-1]},{again}}}"
    assert json.loads(repeated) == good
    assert refusal(repeated.encode()).code == "repeated-field"
