"""Access tokens and their limits, without a server: time and keys are values."""

import asyncio
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from support.raising import raised

from ledger.access.caller import Caller
from ledger.core.log.note import NoteSigner
from ledger.core.signatures.assertions import client_assertion
from ledger.core.signatures.signing import SigningKey
from ledger.errors import InvalidKey, Unauthenticated
from ledger.service.identity.assertions import AssertionKey, keyid_of, verified_assertion
from ledger.service.identity.faults import OAuthFault
from ledger.service.identity.guesses import OF_ADDRESS, OF_CLIENT, SECONDS, Guesses
from ledger.service.identity.secrets import ROOM, SecretHasher, new_secret
from ledger.service.identity.tokens import (
    ACCESS,
    CODE,
    ROTATION,
    SESSION,
    SKEW,
    TokenClaims,
    TokenKey,
    TokenKind,
    signed,
    verified,
)

ORIGIN = "ledger.example/log"
NOW = 1_800_000_000
LIFETIME = ACCESS.seconds
KEY = TokenKey(7, NOW - 100.0, OKPKey.generate_key("Ed25519"))
KEYID = "ab" * 32


def claims(**others: Any) -> TokenClaims:
    return TokenClaims(**{
        "iss": "https://ledger.example", "aud": ORIGIN, "sub": "urn:example:mill", "client_id": KEYID, "scope": "read",
        "iat": NOW, "exp": NOW + LIFETIME, "jti": "1", **others})


def check(token: str, now: float = NOW, *keys: TokenKey) -> TokenClaims:
    return verified(token, {key.kid: key for key in keys or (KEY,)}, ORIGIN, now).claims


def test_a_token_says_who_holds_it() -> None:
    assert check(signed(claims(), KEY)).caller() == Caller("urn:example:mill", frozenset({"read"}), KEYID)
    link = check(signed(claims(sub=KEYID, link=KEYID), KEY))
    assert link.caller() == Caller(None, frozenset({"read"}), KEYID, KEYID)
    # A scope of a later version gives nothing here.
    assert check(signed(claims(scope="read everything"), KEY)).caller().scopes == {"read"}


@pytest.mark.parametrize(("now", "is_valid"), [
    (NOW, True), (NOW + LIFETIME - 1, True), (NOW + LIFETIME, False), (NOW - SKEW, True), (NOW - SKEW - 1, False),
])
def test_a_token_holds_for_its_time(now: float, is_valid: bool) -> None:
    token = signed(claims(), KEY)
    if is_valid:
        assert check(token, now) == claims()
    else:
        raised(Unauthenticated, check, token, now)


@pytest.mark.parametrize("age", [ROTATION + SKEW + 1, -SKEW - 1])
def test_a_key_signs_for_a_day(age: float) -> None:
    """A key that leaks later makes no new tokens."""
    key = TokenKey(8, NOW - age, KEY.jwk)
    assert "did not sign at that time" in str(raised(Unauthenticated, check, signed(claims(), key), NOW, key))
    assert check(signed(claims(iat=int(NOW - age), exp=int(NOW - age) + LIFETIME), key), NOW - age, key)


@pytest.mark.parametrize("kind", [ACCESS, CODE, SESSION], ids=lambda kind: kind.type)
@pytest.mark.parametrize("as_kind", [ACCESS, CODE, SESSION], ids=lambda kind: kind.type)
def test_a_token_counts_as_its_own_kind_for_its_time(kind: TokenKind, as_kind: TokenKind) -> None:
    token = signed(claims(exp=NOW + kind.seconds), KEY, kind)
    if kind != as_kind:
        assert "type" in str(raised(Unauthenticated, verified, token, {KEY.kid: KEY}, ORIGIN, NOW, as_kind))
        return
    assert verified(token, {KEY.kid: KEY}, ORIGIN, NOW + kind.seconds - 1, as_kind).claims.exp == NOW + kind.seconds
    for late in (NOW + kind.seconds, NOW + kind.seconds + 1):
        assert "expired" in str(raised(Unauthenticated, verified, token, {KEY.kid: KEY}, ORIGIN, late, as_kind))
    longer = signed(claims(exp=NOW + kind.seconds + 1), KEY, kind)
    raised(Unauthenticated, verified, longer, {KEY.kid: KEY}, ORIGIN, NOW, as_kind)


@pytest.mark.parametrize("change", [
    {"aud": "other.example/log"}, {"exp": NOW + LIFETIME + 1}, {"iat": "soon"}, {"sub": None}, {"scope": ["read"]},
    {"client_id": 5}, {"aud": [ORIGIN]},
])
def test_claims_that_are_refused(change: dict[str, Any]) -> None:
    """Although the key of this log has signed them."""
    content = {"iss": "x", "aud": ORIGIN, "sub": "x", "client_id": "x", "scope": "read", "iat": NOW,
               "exp": NOW + LIFETIME, "jti": "1"}
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.kid}
    assert check(jwt.encode(header, content, KEY.jwk, ["Ed25519"]))
    raised(Unauthenticated, check, jwt.encode(header, {**content, **change}, KEY.jwk, ["Ed25519"]))


def test_keys_derive_from_the_log_key_alone() -> None:
    signer, other = (NoteSigner(ORIGIN, SigningKey.from_seed(seed).private) for seed in (b"1" * 32, b"2" * 32))
    own = signer.derived(b"salt", b"purpose")
    assert (own, len({own, other.derived(b"salt", b"purpose"), signer.derived(b"tlas", b"purpose"),
                      signer.derived(b"salt", b"another")})) == (signer.derived(b"salt", b"purpose"), 4)


@pytest.mark.parametrize("algorithm", ["ed25519", "p256"])
def test_an_assertion_without_joserfc_is_verified_with_it(algorithm: str) -> None:
    key = SigningKey.from_seed(b"k" * 32, algorithm)
    text = client_assertion(key, "urn:example:mill", "https://ledger.example/auth/token", "1", NOW)
    enrolled = AssertionKey(key.spki, "urn:example:mill", False)
    audiences = {"https://ledger.example/auth/token"}
    assert keyid_of(text) == key.keyid.hex()
    assert verified_assertion(text, key.keyid.hex(), enrolled, audiences, NOW).expires == NOW + 120
    assert "revoked" in str(raised(
        OAuthFault, verified_assertion, text, key.keyid.hex(), enrolled._replace(revoked=True), audiences, NOW
    ))
    other = SigningKey.from_seed(b"o" * 32, algorithm)
    faults = []
    for known in (None, enrolled._replace(spki=other.spki)):
        faults.append(str(raised(OAuthFault, verified_assertion, text, key.keyid.hex(), known, audiences, NOW)))
    assert faults[0] == faults[1], "an enrolled key and an unknown one are told apart"


def test_a_key_signs_no_record_as_an_assertion() -> None:
    key = SigningKey.from_seed(b"k" * 32)
    raised(InvalidKey, key.sign_assertion, b"carbon-ledger/record/v1\nledger.example\n\x01" + b"d" * 32)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(guesses: Guesses, address: str, client: str) -> bool:
    try:
        guesses.begin(address, client)
    except OAuthFault as fault:
        return 0 < (fault.retry_after or 0) <= SECONDS
    return False


def test_guesses_are_limited_for_a_client_at_an_address() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    assert not any(refused(guesses, "192.0.2.1", "a") for _ in range(OF_CLIENT))
    assert refused(guesses, "192.0.2.1", "a")
    # Nobody can lock a client out elsewhere.
    assert not refused(guesses, "192.0.2.2", "a")
    assert not refused(guesses, "192.0.2.1", "b")
    clock.now += SECONDS
    assert not refused(guesses, "192.0.2.1", "a")


def test_guesses_are_limited_for_an_address() -> None:
    guesses = Guesses(Clock())
    assert not any(refused(guesses, f"2001:db8::{number:x}", f"client-{number}") for number in range(OF_ADDRESS))
    assert refused(guesses, "2001:db8::ffff", "another")
    assert not refused(guesses, "2001:db8:0:1::1", "another")


def test_a_success_is_no_guess() -> None:
    guesses = Guesses(Clock())
    for _ in range(OF_ADDRESS * 2):
        guesses.begin("192.0.2.1", "a")
        guesses.succeeded("192.0.2.1", "a")


def test_the_number_of_guessers_is_bounded() -> None:
    guesses = Guesses(Clock())
    for number in range(12_000):
        guesses.begin(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "a")
    assert len(guesses._failures) <= 10_000


def test_secrets_are_compared_in_turn() -> None:
    async def compare() -> None:
        hasher, secret = SecretHasher(), new_secret()
        stored = await hasher.hash(secret)
        assert stored.startswith("$argon2id$")
        assert await hasher.matches(stored, secret)
        assert not await hasher.matches(stored, new_secret())
        assert not await hasher.matches("$argon2id$damaged", secret)
        # As many as may wait; each further one is sent away at once.
        results = await asyncio.gather(*[hasher.matches(stored, secret) for _ in range(ROOM + 5)],
                                       return_exceptions=True)
        full = [result for result in results if isinstance(result, OAuthFault)]
        assert (len(full), results.count(True)) == (5, ROOM)
        assert {(fault.status, fault.retry_after) for fault in full} == {(503, 2)}
        assert await hasher.matches(stored, secret)

    asyncio.run(compare())


def test_an_unknown_client_takes_as_much_work_as_a_wrong_secret() -> None:
    async def seconds(hasher: SecretHasher, stored: str | None) -> float:
        """Of the processor, which other programs on this machine do not lengthen."""
        begun = time.process_time()
        assert not await hasher.matches(stored, "guess")
        return time.process_time() - begun

    async def compare() -> tuple[float, float]:
        hasher = SecretHasher()
        stored = await hasher.hash(new_secret())
        await hasher.matches(None, "warm")
        return (min([await seconds(hasher, stored) for _ in range(5)]),
                min([await seconds(hasher, None) for _ in range(5)]))

    known, unknown = asyncio.run(compare())
    assert 0.5 < unknown / known < 2
