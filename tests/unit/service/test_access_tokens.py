"""Access tokens, policies and requests."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey
from support.parties import Party, enrolment, nonces, party
from support.raising import raised
from support.witnesses import MemoryLog

from ledger.access.caller import Caller
from ledger.admission.facts import OrganizationFacts
from ledger.core.log.cosignature import CosignatureVerifier
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner
from ledger.core.record.kinds import AnyRecord, KeyChange, Organization, Product
from ledger.core.signatures.assertions import client_assertion
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, InvalidKey, Refused, Unauthenticated
from ledger.service.identity.assertions import AssertionKey, keyid_of, verified_assertion
from ledger.service.identity.faults import OAuthFault
from ledger.service.identity.guesses import OF_ADDRESS, OF_CLIENT, SECONDS, Guesses
from ledger.service.identity.secrets import ROOM, SecretHasher, new_secret
from ledger.service.identity.tokens import LIFETIME, ROTATION, SKEW, TokenClaims, TokenKey, signed, verified
from ledger.service.posting.append_request import AppendRequest
from ledger.service.witnesses.policy_file import read_policy

ORIGIN = "ledger.example/log"
NOW = 1_800_000_000
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


# test_policies

LOG, OTHER = MemoryLog("log.example/one", 1), MemoryLog("log.example/one", 1, seed=2)
WITNESS = CosignatureVerifier("w", Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()).vkey


@pytest.mark.parametrize(("lines", "why", "field", "value"), [
    (["quorum nobody"], "line 1", "quorum.name", "nobody"),
    ([f"log {LOG.vkey}"], "the quorum line is missing", "quorum", None),
    ([f"log {OTHER.vkey}", "quorum none"], "its key", "log.vkey", OTHER.vkey),
    ([f"witness w {LOG.vkey}"], "line 1 .* cannot cosign", "witness.vkey", LOG.vkey),
    ([f"witness w {WITNESS}", "quorum w"], "no witness has an address", "quorum", "w"),
    ([f"witness w {WITNESS} ftp://w.example", "quorum w"], "not http", "witness.url", "ftp://w.example"),
])
def test_a_policy_that_cannot_be_met_stops_the_start(
    tmp_path: Path, lines: list[str], why: str, field: str, value: str | None
) -> None:
    path = tmp_path / "policy"
    path.write_text("".join(line + "\n" for line in lines))
    with pytest.raises(ConfigurationError, match=why) as caught:
        read_policy(path, LogKeys(LOG.vkey))
    assert (caught.value.code, caught.value.field, caught.value.value) == ("invalid-policy", field, value)
    assert caught.value.rule
    assert str(path) in caught.value.message


def test_a_policy_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert "No such file" in str(raised(ConfigurationError, read_policy, tmp_path / "policy", LogKeys(LOG.vkey)))


@pytest.mark.parametrize("lines", [
    ["quorum none"], [f"log {LOG.vkey}", "quorum none"], [f"log {OTHER.vkey}", f"log {LOG.vkey}", "quorum none"],
    [f"witness w {WITNESS} https://w.example/w1", "quorum w"],
])
def test_policies_by_which_a_log_can_publish(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "policy"
    path.write_text("".join(line + "\n" for line in lines))
    assert read_policy(path, LogKeys(LOG.vkey)).satisfied(["w"])


# A record counts only for an issuer whose key signed it.

REQUEST_ORIGIN = "log.example/one"
NONCES = nonces(1, "requests")
REGISTRAR, MILL, STRANGER = party(1, "registrar"), party(1, "mill"), party(1, "stranger")
NEW = party(2, "mill")


@pytest.fixture
def request_of_one() -> AppendRequest:
    """On a log that has enrolled the registrar and the mill."""
    request = AppendRequest(REQUEST_ORIGIN)
    for one, roles in ((REGISTRAR, ("registrar",)), (MILL, ())):
        request.owners[one.key.keyid] = one.id
        request.view.organizations[one.id] = OrganizationFacts(one.id, roles=roles)
    return request


def product(issuer: Party) -> Product:
    return Product(issuer=issuer.id, nonce=next(NONCES), id=f"{issuer.id}:bar", sector="works", unit="KGM")


def enrolled(one: Party, by: Party = REGISTRAR) -> Organization:
    return enrolment(one, by, REQUEST_ORIGIN, next(NONCES))


def given(one: Party, key: Party, by: Party) -> KeyChange:
    """`by` says that a key is one's."""
    return KeyChange(issuer=by.id, nonce=next(NONCES), organization=one.id, added=enrolled(key).keys)


def request_refused(request: AppendRequest, record: AnyRecord, signer: Party) -> str:
    return raised(Refused, request.check_signer, record, signer.key.keyid).code


def test_the_issuer_s_own_key(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(product(MILL), MILL.key.keyid)


def test_keys_of_others(request_of_one: AppendRequest) -> None:
    assert request_refused(request_of_one, product(MILL), STRANGER) == "unknown-key"
    assert request_refused(request_of_one, product(MILL), REGISTRAR) == "wrong-issuer"


def test_keys_that_a_record_of_the_request_enters(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(enrolled(STRANGER), REGISTRAR.key.keyid)
    request_of_one.check_signer(product(STRANGER), STRANGER.key.keyid)
    assert request_refused(request_of_one, product(MILL), STRANGER) == "wrong-issuer"
    request_of_one.check_signer(given(MILL, NEW, MILL), MILL.key.keyid)
    request_of_one.check_signer(product(MILL), NEW.key.keyid)


@pytest.mark.parametrize("record", [
    enrolled(STRANGER), enrolled(STRANGER, STRANGER), enrolled(Party(MILL.id, STRANGER.key), STRANGER),
    given(MILL, STRANGER, STRANGER), given(MILL, STRANGER, MILL),
])
def test_keys_that_a_stranger_s_record_brings(request_of_one: AppendRequest, record: AnyRecord) -> None:
    """Whoever it names as issuer, the stranger signs it."""
    request_of_one.enrol(record)
    assert request_refused(request_of_one, record, STRANGER) == "unknown-key"
    assert request_refused(request_of_one, product(MILL), STRANGER) == "unknown-key"


def test_one_organisation_gives_no_key_to_another(request_of_one: AppendRequest) -> None:
    request_of_one.check_signer(given(STRANGER, NEW, MILL), MILL.key.keyid)
    assert request_refused(request_of_one, product(STRANGER), NEW) == "unknown-key"


def test_entry_0_is_signed_by_its_own_key() -> None:
    request = AppendRequest(REQUEST_ORIGIN)
    assert request_refused(request, enrolled(REGISTRAR), REGISTRAR) == "unknown-key"
    request.empty = True
    request.check_signer(enrolled(REGISTRAR), REGISTRAR.key.keyid)
    request.check_signer(enrolled(MILL), REGISTRAR.key.keyid)
    request.check_signer(product(MILL), MILL.key.keyid)
