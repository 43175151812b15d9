import base64
import hashlib
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from hypothesis import given, settings
from hypothesis import strategies as st
from support.edwards import BASE, NEUTRAL, SPKI, L, MixedKey, P, add, points_at, small_order_points, spellings, times
from support.raising import raised

from ledger.core.signatures.edwards import in_prime_order_group
from ledger.core.signatures.signing import (
    SigningKey,
    VerifyingKey,
    check_possession,
    check_prime_order,
    load_spki,
    possession_message,
    record_message,
)
from ledger.errors import InvalidKey, VerificationError

ORIGIN = "test.example/log"
MILL = "urn:example:mill"
KEY = SigningKey.from_seed(b"\1" * 32)
PUBLIC = load_spki(KEY.spki)
DIGEST = bytes(range(32))
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 10.1, up to the key's bytes

# RFC 8032, section 7.1, test 1
RFC8032_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC8032_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def spki_of(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem_of(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


SMALL_ORDER = small_order_points()


def test_the_curve_in_this_file_is_the_right_one() -> None:
    base = next(point for point in points_at(4 * pow(5, -1, P) % P) if point[0] & 1 == 0)
    assert times(L, base) == NEUTRAL
    scalar = int.from_bytes(hashlib.sha512(RFC8032_SEED).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
    assert spellings(times(scalar, base))[0] == RFC8032_PUBLIC


def test_eight_points_of_small_order() -> None:
    assert len(SMALL_ORDER) == 8
    assert all(times(8, point) == NEUTRAL for point in SMALL_ORDER)
    assert sum(times(4, point) != NEUTRAL for point in SMALL_ORDER) == 4
    encodings = [encoding for point in SMALL_ORDER for encoding in spellings(point)]
    # Eight canonical ones; y = 0 and y = 1 fit again above p, and x = 0 leaves its sign free.
    assert len(set(encodings)) == len(encodings) == 14


@pytest.mark.parametrize("encoding", [encoding for point in SMALL_ORDER for encoding in spellings(point)],
                         ids=lambda encoding: encoding.hex())
def test_keys_of_small_order_are_refused(encoding: bytes) -> None:
    with pytest.raises(InvalidKey) as caught:
        load_spki(SPKI_ED25519 + encoding, "keys[0].spki")
    error = caught.value
    assert (error.code, error.field, error.value) == ("weak-key", "keys[0].spki", (SPKI_ED25519 + encoding).hex())
    assert "small order" in error.message


@pytest.mark.parametrize("y", range(2, 19))
@pytest.mark.parametrize("sign", [0, 1])
def test_keys_that_are_not_canonical_are_refused(y: int, sign: int) -> None:
    """Every y below 19 has a second spelling above p."""
    assert raised(InvalidKey, load_spki, SPKI_ED25519 + (y + P | sign << 255).to_bytes(32, "little")).code == "weak-key"


def test_a_key_of_small_order_would_sign_for_anybody() -> None:
    """Why they are refused: with the neutral point as key, one signature holds for every message (in OpenSSL too)."""
    neutral = Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    signature = (1).to_bytes(32, "little") + (0).to_bytes(32, "little")
    for message in (b"one", b"two"):
        neutral.verify(signature, message)


def test_the_rfc_8032_key() -> None:
    key = SigningKey.from_seed(RFC8032_SEED)
    assert (key.spki, key.keyid) == (SPKI_ED25519 + RFC8032_PUBLIC, hashlib.sha256(key.spki).digest())
    assert (load_spki(key.spki).keyid, load_spki(key.spki).spki) == (key.keyid, key.spki)


OTHER_ALGORITHMS: dict[str, PrivateKeyTypes] = {
    "ECPublicKey": ec.generate_private_key(ec.SECP384R1()),
    "RSAPublicKey": rsa.generate_private_key(65537, 2048),
    "X25519PublicKey": x25519.X25519PrivateKey.generate(),
    "Ed448PublicKey": ed448.Ed448PrivateKey.generate(),
}


@pytest.mark.parametrize("name", OTHER_ALGORITHMS)
def test_other_algorithms_are_refused(name: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        load_spki(spki_of(OTHER_ALGORITHMS[name].public_key()), "keys[1].spki")
    error = caught.value
    assert (error.code, error.field, error.rule) == ("unsupported-key", "keys[1].spki", "Ed25519 or ECDSA P-256")
    assert name in (error.value or "")
    assert name in error.message
    error = raised(InvalidKey, SigningKey.from_pem, pem_of(OTHER_ALGORITHMS[name]))
    assert (error.code, error.field) == ("unsupported-key", "key")


RAW = KEY.spki[12:]
NOT_DER = {
    "empty": b"",
    "raw key": RAW,
    "trailing byte": KEY.spki + b"\0",
    "cut": KEY.spki[:-1],
    "long form of the length": b"\x30\x81\x2a" + KEY.spki[2:],
    "long form inside": b"\x30\x2b\x30\x81\x05" + KEY.spki[4:],
    "indefinite length": b"\x30\x80" + KEY.spki[2:] + b"\0\0",
    "parameters": bytes.fromhex("302c300706032b65700500032100") + RAW,
    "unused bits": KEY.spki[:11] + b"\1" + RAW,
    "31 bytes": bytes.fromhex("3029300506032b6570032000") + RAW[:31],
    "33 bytes": bytes.fromhex("302b300506032b6570032200") + RAW + b"\0",
    "set for a sequence": b"\x31" + KEY.spki[1:],
    "PEM": pem_of(OTHER_ALGORITHMS["X25519PublicKey"]),
    "private key": KEY.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
}


@pytest.mark.parametrize("fault", NOT_DER)
def test_what_is_not_the_one_der(fault: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        load_spki(NOT_DER[fault], "added[0].spki")
    error = caught.value
    assert (error.code, error.field) == ("invalid-key", "added[0].spki")
    assert NOT_DER[fault].hex()[:40] in (error.value or "")
    assert "DER" in (error.rule or "")


@given(st.binary(max_size=60) | st.tuples(st.integers(0, 43), st.integers(1, 255)).map(
    lambda change: KEY.spki[: change[0]] + bytes([KEY.spki[change[0]] ^ change[1]]) + KEY.spki[change[0] + 1 :]
))
def test_any_bytes_are_a_key_in_its_one_spelling_or_refused(data: bytes) -> None:
    try:
        key = load_spki(data)
    except InvalidKey:
        return
    assert data.startswith(SPKI_ED25519)
    assert (key.spki, key.keyid) == (data, hashlib.sha256(data).digest())


def test_the_signed_bytes_of_a_record() -> None:
    message = record_message(ORIGIN, 2, DIGEST)
    assert message == b"carbon-ledger/record/v1\ntest.example/log\n\x02" + DIGEST
    assert KEY.sign_record(ORIGIN, 2, DIGEST) == KEY.private.sign(message)


def test_the_signed_bytes_of_a_proof_of_possession() -> None:
    message = possession_message(ORIGIN, MILL, KEY.keyid)
    assert message == b"carbon-ledger/key/v1\ntest.example/log\nurn:example:mill\n" + KEY.keyid
    assert KEY.prove_possession(ORIGIN, MILL) == KEY.private.sign(message)


@pytest.mark.parametrize(
    ("origin", "kind", "digest"),
    [("other.example/log", 0, DIGEST), (ORIGIN, 1, DIGEST), (ORIGIN, 0, bytes(32)), ("", 0, DIGEST),
     (ORIGIN + "\n", 0, DIGEST)],
)
def test_a_record_signature_holds_nowhere_else(origin: str, kind: int, digest: bytes) -> None:
    signature = KEY.sign_record(ORIGIN, 0, DIGEST)
    PUBLIC.verify(signature, record_message(ORIGIN, 0, DIGEST))
    with pytest.raises(VerificationError) as caught:
        PUBLIC.verify(signature, record_message(origin, kind, digest))
    error = caught.value
    assert (error.code, error.field) == ("wrong-signature", "signature")
    assert KEY.keyid.hex() in error.message
    assert error.value == signature.hex()
    assert not PUBLIC.holds(signature, record_message(origin, kind, digest))


def test_the_two_kinds_of_message_never_coincide() -> None:
    """Whatever stands in the fields, the first line says what was meant."""
    messages = [record_message(ORIGIN, 0, DIGEST), possession_message(ORIGIN, MILL, DIGEST),
                record_message(ORIGIN, 10, DIGEST), possession_message(ORIGIN, "", DIGEST)]
    assert len(set(messages)) == len(messages)
    assert {message.split(b"\n")[0] for message in messages} == {b"carbon-ledger/record/v1", b"carbon-ledger/key/v1"}
    assert not PUBLIC.holds(KEY.prove_possession(ORIGIN, MILL), messages[0])


@pytest.mark.parametrize("signature", [b"", b"\0", b"\0" * 63, b"\0" * 64, b"\xff" * 64, b"\0" * 65, b"\0" * 128])
def test_signatures_of_any_form_are_refused_not_raised(signature: bytes) -> None:
    assert not PUBLIC.holds(signature, b"message")
    raised(VerificationError, PUBLIC.verify, signature, b"message")


def test_every_bit_of_a_signature_counts() -> None:
    message = record_message(ORIGIN, 0, DIGEST)
    signature = KEY.sign_record(ORIGIN, 0, DIGEST)
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit >> 3] ^= 1 << (bit & 7)
        assert not PUBLIC.holds(bytes(changed), message)


def test_the_second_signature_that_adds_the_group_order_is_refused() -> None:
    """S + L gives the same point: RFC 8032 asks verifiers to refuse it, so that a signature has one spelling."""
    message = record_message(ORIGIN, 0, DIGEST)
    signature = KEY.sign_record(ORIGIN, 0, DIGEST)
    scalar = int.from_bytes(signature[32:], "little") + L
    assert not PUBLIC.holds(signature[:32] + scalar.to_bytes(32, "little"), message)


def test_possession() -> None:
    check_possession(PUBLIC, KEY.prove_possession(ORIGIN, MILL), ORIGIN, MILL, "keys[0].proof")


OTHER = SigningKey.from_seed(b"\2" * 32)
POSSESSION = {
    "another organisation": KEY.prove_possession(ORIGIN, MILL + "-two"),
    "another ledger": KEY.prove_possession("other.example/log", MILL),
    "another key": OTHER.prove_possession(ORIGIN, MILL),
    "signed by another key": OTHER.private.sign(possession_message(ORIGIN, MILL, KEY.keyid)),
    "a record's signature": KEY.sign_record(ORIGIN, 1, KEY.keyid),
    "fields run together": KEY.private.sign(possession_message(ORIGIN + "\n" + MILL, "", KEY.keyid)),
    "empty": b"",
    "cut": KEY.prove_possession(ORIGIN, MILL)[:63],
    "zeros": bytes(64),
}


@pytest.mark.parametrize("fault", POSSESSION)
def test_possession_that_does_not_hold(fault: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        check_possession(PUBLIC, POSSESSION[fault], ORIGIN, MILL, "keys[2].proof")
    error = caught.value
    assert (error.code, error.field, error.value) == ("no-possession", "keys[2].proof", KEY.keyid.hex())
    assert error.message.startswith("keys[2].proof: ")


def test_pem_without_passphrase() -> None:
    pem = KEY.to_pem()
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert SigningKey.from_pem(pem).keyid == KEY.keyid
    assert SigningKey.from_pem(pem).sign_record(ORIGIN, 0, DIGEST) == KEY.sign_record(ORIGIN, 0, DIGEST)


def test_pem_with_passphrase() -> None:
    pem = KEY.to_pem(b"secret")
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert SigningKey.from_pem(pem, b"secret").keyid == KEY.keyid
    assert base64.b64encode(KEY.private.private_bytes_raw()) not in pem


@pytest.mark.parametrize(
    ("pem", "passphrase", "field", "said"),
    [
        (KEY.to_pem(b"secret"), None, "passphrase", "needs a passphrase"),
        (KEY.to_pem(), b"secret", "passphrase", "not encrypted"),
        (KEY.to_pem(b"secret"), b"wrong", "key", "wrong passphrase"),
        (KEY.to_pem(b"secret"), b"", "passphrase", "passphrase"),
        (b"", None, "key", "not a private key"),
        (b"nonsense", None, "key", "not a private key"),
        (KEY.to_pem()[:-40], None, "key", "not a private key"),
        (KEY.spki, None, "key", "not a private key"),
    ],
)
def test_key_files_that_cannot_be_read(pem: bytes, passphrase: bytes | None, field: str, said: str) -> None:
    error = raised(InvalidKey, SigningKey.from_pem, pem, passphrase)
    assert (error.code, error.field) == ("invalid-key", field)
    assert said in error.message
    assert "secret" not in error.message


def test_a_public_pem_is_no_private_key() -> None:
    pem = KEY.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert "not a private key" in str(raised(InvalidKey, SigningKey.from_pem, pem))


def test_keys_are_told_apart() -> None:
    keys = [SigningKey.from_seed(bytes([i]) * 32) for i in range(5)]
    assert all(one.keyid != other.keyid for one, other in pairwise(keys))
    loaded: list[VerifyingKey] = [load_spki(key.spki) for key in keys]
    assert ([key.keyid for key in loaded], load_spki(keys[0].spki)) == ([key.keyid for key in keys], loaded[0])
    assert SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32))).keyid == keys[0].keyid


# Which group a key lies in: by published vectors, by the independent curve of the tests, and by what OpenSSL takes.


# Public keys of ed25519-speccheck's cases.json (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, SSR 2020, table
# 6a; github.com/novifinancial/ed25519-speccheck): A of mixed order in cases 2 to 5, of prime order in 6 and 7.
SPECCHECK = {
    "cases 2, 8, 9": ("f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43", False),
    "cases 3, 4, 5": ("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", False),
    "cases 6, 7": ("442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623", True),
    "cases 0, 1": ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", False),
    "RFC 8032, 7.1, test 1": ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", True),
    "RFC 8032, 7.1, test 2": ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", True),
}


@pytest.mark.parametrize(("key", "prime"), SPECCHECK.values(), ids=SPECCHECK)
def test_published_keys(key: str, prime: bool) -> None:
    assert in_prime_order_group(bytes.fromhex(key)) is prime


@pytest.mark.parametrize("key", ["cases 2, 8, 9", "cases 3, 4, 5"])
def test_the_published_keys_of_mixed_order_are_of_large_order(key: str) -> None:
    """Which is why they are loaded: what refuses small orders does not see them."""
    spki = SPKI + bytes.fromhex(SPECCHECK[key][0])
    error = raised(InvalidKey, check_prime_order, load_spki(spki), "keys[0].spki")
    assert (error.code, error.field, error.value) == ("mixed-order", "keys[0].spki", spki.hex())


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_each_point_by_its_torsion(seed: bytes) -> None:
    """The key of a seed lies in the group; with any of the seven other points of small order added it does not."""
    public = times(int.from_bytes(seed, "little") % (L - 1) + 1, BASE)
    for torsion in small_order_points():
        assert in_prime_order_group(spellings(add(public, torsion))[0]) is (torsion == NEUTRAL)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, P - 1))
def test_any_point_of_the_curve_as_the_independent_curve_says(y: int) -> None:
    for point in points_at(y):
        assert in_prime_order_group(spellings(point)[0]) is (times(L, point) == NEUTRAL)
    if not points_at(y):
        assert not in_prime_order_group(y.to_bytes(32, "little"))


def test_what_is_no_encoding_of_a_point() -> None:
    for encoded in (b"\xff" * 32, (P + 1).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little")):
        assert not in_prime_order_group(encoded)


def test_keys_of_both_algorithms_that_are_made_here_pass() -> None:
    for algorithm in ("ed25519", "p256"):
        for i in range(5):
            key = SigningKey.from_seed(hashlib.sha256(bytes((i,))).digest(), algorithm)
            check_prime_order(load_spki(key.spki), "keys[0].spki")


def test_a_key_of_mixed_order_signs_what_openssl_takes() -> None:
    """Why possession does not refuse it: one in eight of its signatures holds, and its owner looks for those."""
    key = MixedKey(bytes(32))
    public = load_spki(key.spki)
    signature = key.sign_record("test.example/log", 0, bytes(32))
    public.verify(signature, b"carbon-ledger/record/v1\ntest.example/log\n" + bytes(33))
