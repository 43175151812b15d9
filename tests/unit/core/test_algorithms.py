"""Every algorithm by the vectors, the RFCs, and an implementation of ECDSA that shares nothing with the library."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import ecdsa
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from ecdsa.util import sigdecode_string, sigencode_string
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.signatures.algorithms import ALGORITHMS, P256_ORDER
from ledger.core.signatures.signing import SigningKey, check_possession, load_spki, possession_message, record_message
from ledger.errors import InvalidKey, LedgerError, VerificationError

ROOT = Path(__file__).parents[3]
FILE = ROOT / "tests" / "vectors" / "keys.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ORIGIN, ORGANIZATION = VECTORS["origin"], VECTORS["organization"]
MESSAGE = record_message(ORIGIN, VECTORS["kind"], bytes.fromhex(VECTORS["digest"]))
P256 = SigningKey.from_seed(bytes(32), "p256")
PUBLIC = load_spki(P256.spki)


def outside(spki: bytes) -> ecdsa.VerifyingKey:
    """The key, by the other implementation."""
    return ecdsa.VerifyingKey.from_der(spki)


def raw(one: dict[str, str]) -> bytes:
    """r||s of a known answer, with the lower of the two s."""
    s = int(one["s"], 16)
    return bytes.fromhex(one["r"]) + min(s, P256_ORDER - s).to_bytes(32, "big")


def test_the_script_rebuilds_the_file_with_no_diff() -> None:
    script = ("import runpy, sys; built = runpy.run_path(sys.argv[1]); "
              "sys.stdout.write(built['encoded'](built['build']()))")
    done = subprocess.run(
        [sys.executable, "-c", script, str(FILE.with_name("build_keys.py"))], capture_output=True, check=False,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}, timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == FILE.read_bytes()


@pytest.mark.parametrize("one", VECTORS["keys"], ids=lambda one: f"{one['algorithm']} {one['seed'][:2]}")
def test_keys_and_signatures_of_both_algorithms(one: dict[str, str]) -> None:
    key = SigningKey.from_seed(bytes.fromhex(one["seed"]), one["algorithm"])
    spki = bytes.fromhex(one["spki"])
    public = load_spki(spki)
    assert (key.spki, key.algorithm, public.algorithm) == (spki, one["algorithm"], one["algorithm"])
    assert public.keyid.hex() == one["keyid"] == hashlib.sha256(spki).hexdigest()
    public.verify(bytes.fromhex(one["signature"]), MESSAGE)
    check_possession(public, bytes.fromhex(one["possession"]), ORIGIN, ORGANIZATION, "keys[0]")
    assert SigningKey.from_pem(key.to_pem(b"secret"), b"secret").keyid == key.keyid


@pytest.mark.parametrize("one", [one for one in VECTORS["keys"] if one["algorithm"] == "p256"],
                         ids=lambda one: one["seed"][:2])
def test_another_implementation_takes_our_signatures_and_makes_the_same(one: dict[str, str]) -> None:
    public = outside(bytes.fromhex(one["spki"]))
    for name, message in (("signature", MESSAGE),
                          ("possession", possession_message(ORIGIN, ORGANIZATION, bytes.fromhex(one["keyid"])))):
        assert public.verify(bytes.fromhex(one[name]), message, hashlib.sha256, sigdecode_string)
    secret = 1 + int.from_bytes(hashlib.sha512(b"carbon-ledger/p256/v1\n" + bytes.fromhex(one["seed"])).digest(),
                                "big") % (P256_ORDER - 1)
    theirs = ecdsa.SigningKey.from_secret_exponent(secret, ecdsa.NIST256p)
    assert theirs.verifying_key.to_string() == bytes.fromhex(one["spki"])[-64:]
    made = theirs.sign_deterministic(MESSAGE, hashlib.sha256, ecdsa.util.sigencode_string_canonize)
    assert made.hex() == one["signature"]


def test_the_known_answers_of_rfc_6979() -> None:
    known = VECTORS["rfc6979"]
    half = ALGORITHMS["p256"].private(ec.derive_private_key(int(known["secret"], 16), ec.SECP256R1()))
    key = SigningKey(half.key)
    assert key.spki[-64:].hex() == known["x"] + known["y"]
    lowered = 0
    for one in known["signatures"]:
        message = one["message"].encode()
        assert half.sign(message) == raw(one)
        load_spki(key.spki).verify(raw(one), message)
        given = bytes.fromhex(one["r"] + one["s"])
        if given == raw(one):
            continue
        lowered += 1
        # What the RFC prints is a good signature of ECDSA, and the second of two.
        assert outside(key.spki).verify(given, message, hashlib.sha256, sigdecode_string)
        with pytest.raises(VerificationError) as caught:
            load_spki(key.spki).verify(given, message)
        assert caught.value.code == "high-s"
    assert lowered == 1


@pytest.mark.parametrize("one", VECTORS["refusedSignatures"], ids=lambda one: one["fault"])
def test_signatures_that_do_not_hold(one: dict[str, str]) -> None:
    key, signature, message = (bytes.fromhex(one[name]) for name in ("spki", "signature", "message"))
    public = load_spki(key)
    assert not public.holds(signature, message)
    error = raised(VerificationError, public.verify, signature, message)
    assert (error.code, error.field) == (one["code"], "signature")
    assert (error.value or "") in signature.hex()


@pytest.mark.parametrize("one", VECTORS["refusedKeys"], ids=lambda one: one["fault"])
def test_keys_that_are_refused(one: dict[str, str]) -> None:
    error = raised(InvalidKey, load_spki, bytes.fromhex(one["spki"]), "keys[0].spki")
    assert (error.code, error.field) == (one["code"], "keys[0].spki")


def test_every_bit_of_a_p256_signature_counts() -> None:
    signature = P256.sign_record(ORIGIN, VECTORS["kind"], bytes.fromhex(VECTORS["digest"]))
    PUBLIC.verify(signature, MESSAGE)
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit >> 3] ^= 1 << (bit & 7)
        assert not PUBLIC.holds(bytes(changed), MESSAGE)


@given(st.binary(max_size=200))
def test_both_implementations_agree_and_ours_signs_low(message: bytes) -> None:
    half = ALGORITHMS["p256"].from_seed(b"\7" * 32)
    key = SigningKey(half.key)
    signature = half.sign(message)
    assert 0 < int.from_bytes(signature[32:], "big") <= P256_ORDER // 2
    load_spki(key.spki).verify(signature, message)
    assert outside(key.spki).verify(signature, message, hashlib.sha256, sigdecode_string)


@given(st.binary(min_size=1, max_size=100), st.integers(1, P256_ORDER - 1))
def test_signatures_made_elsewhere_with_any_nonce(message: bytes, nonce: int) -> None:
    """Another signer draws its nonces: each holds here in the lower of its two forms, and only in that."""
    theirs = ecdsa.SigningKey.from_secret_exponent(12345, ecdsa.NIST256p)
    public = load_spki(theirs.verifying_key.to_der())
    made = theirs.sign(message, hashfunc=hashlib.sha256, sigencode=sigencode_string, k=nonce)
    s = int.from_bytes(made[32:], "big")
    low, high = sorted((s, P256_ORDER - s))
    assert public.holds(made[:32] + low.to_bytes(32, "big"), message)
    assert raised(VerificationError, public.verify, made[:32] + high.to_bytes(32, "big"), message).code == "high-s"


@given(st.binary(max_size=130) | st.tuples(st.integers(0, 90), st.integers(1, 255)).map(
    lambda change: P256.spki[: change[0]] + bytes([P256.spki[change[0]] ^ change[1]]) + P256.spki[change[0] + 1 :]
))
def test_any_bytes_are_a_key_in_its_one_spelling_or_refused(data: bytes) -> None:
    try:
        key = load_spki(data)
    except InvalidKey:
        return
    assert (key.spki, key.keyid) == (data, hashlib.sha256(data).digest())
    assert key.algorithm in ALGORITHMS


@given(st.binary(max_size=80))
def test_any_bytes_are_no_signature(signature: bytes) -> None:
    assert not PUBLIC.holds(signature, MESSAGE)
    raised(LedgerError, PUBLIC.verify, signature, MESSAGE)


def test_a_log_does_not_sign_with_p256() -> None:
    """C2SP names no note signature of it: said at once, and by name."""
    with pytest.raises(InvalidKey) as caught:
        _ = P256.private
    assert (caught.value.code, caught.value.rule) == ("unsupported-key", "Ed25519")
    assert "ECDSA P-256" in caught.value.message
