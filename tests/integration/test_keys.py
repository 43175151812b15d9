"""Keys of both algorithms on a real server, from the command line and from the library."""

import base64
import json
from pathlib import Path

import pytest
from support.cli import run
from support.parties import Party, enrolment
from support.server import Server
from support.workshop import Workshop

from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.algorithms import P256_ORDER
from ledger.core.signatures.signing import SigningKey, public_key

SEED = b"\x2a" * 32


def p256(shop: Workshop, seed: bytes = SEED) -> Party:
    return Party(shop.id, SigningKey.from_seed(seed, "p256"))


def swap(server: Server, shop: Workshop, new: SigningKey) -> None:
    """The organisation goes over to a new key."""
    server.post([shop.signed(KeyChange(
        issuer=shop.id, nonce=shop.nonce(), organization=shop.id, added=[public_key(new, server.origin, shop.id)],
        revoked=[shop.party.key.keyid.hex()],
    ))])


def test_from_a_p256_key_to_a_verified_receipt_in_commands(server: Server, tmp_path: Path) -> None:
    """`key new`, `key request`, `enrol`, `sign` without a server, `submit`, `verify`; the audit follows each test."""
    key, request = tmp_path / "mill.pem", tmp_path / "request.json"
    made = json.loads(run("key", "new", key, "--algorithm", "p256", "--json").out)
    assert (made["algorithm"], len(base64.b64decode(made["spki"]))) == ("p256", 91)
    mill, prefix = "urn:example:p256-mill", "urn:example:p256-mill:"
    asked = run("key", "request", key, "--organization", mill, "--prefix", prefix, "--origin", server.origin)
    request.write_text(asked.out)
    run("enrol", "--request", request, "--home", server.home, "--url", server.url).succeeded()
    records, signed, receipts = (tmp_path / name for name in ("records", "signed", "receipts"))
    records.write_text(json.dumps({"type": "facility", "id": f"{prefix}site", "country": "CN"}))
    # Nothing listens at the address that the environment names: signing asks nobody.
    run("sign", records, "--key", key, "--issuer", mill, "--origin", server.origin, "-o", signed,
        CARBON_LEDGER_URL="http://127.0.0.1:1").succeeded()
    envelope = json.loads(signed.read_text())
    assert envelope["key"] == made["keyid"]
    assert int.from_bytes(base64.b64decode(envelope["signature"])[32:], "big") <= P256_ORDER // 2
    run("submit", signed, "--url", server.url, "--receipts", receipts).succeeded()
    body = tmp_path / "body"
    body.write_bytes(base64.b64decode(envelope["body"]))
    (tmp_path / "public").write_text(made["spki"])
    checked = run("verify", receipts, "--vkey", server.vkey, "--body", body, "--key", tmp_path / "public").succeeded()
    assert "6. the key signed the record: ok" in checked.out


def test_an_organisation_goes_over_to_p256(server: Server, shop: Workshop) -> None:
    new = p256(shop)
    swap(server, shop, new.key)
    made = shop.make({"after": "1"}, {"pot": "1"})
    assert server.submit(server.envelopes([made]))[0]["code"] == "revoked-key"  # type: ignore[index]
    (receipt,) = server.post([(new, made[1])])
    assert receipt.index


def test_a_high_s_is_refused_by_name(server: Server, shop: Workshop) -> None:
    """The second signature of the same record, which anybody can make of the first, is no second entry."""
    new = p256(shop, b"\x2b" * 32)
    swap(server, shop, new.key)
    (envelope,) = server.envelopes([(new, shop.make({"low": "1"}, {"pot": "1"})[1])])
    told = json.loads(envelope)
    signature = base64.b64decode(told["signature"])
    high = P256_ORDER - int.from_bytes(signature[32:], "big")
    told["signature"] = base64.b64encode(signature[:32] + high.to_bytes(32, "big")).decode()
    forged = json.dumps(told).encode()
    (refused,) = server.submit([forged])
    assert (refused["code"], refused["field"], refused["status"]) == ("high-s", "signature", 400)
    (first,), (again,) = server.submit([envelope]), server.submit([envelope])
    assert first == again
    (refused,) = server.submit([forged])
    assert refused["code"] == "high-s"


@pytest.mark.parametrize("algorithm", ["ed25519", "p256"])
def test_a_key_is_enrolled_once(server: Server, shop: Workshop, algorithm: str) -> None:
    """For one organisation, whatever its algorithm, and though its owner consents a second time."""
    key = SigningKey.from_seed(b"\x2c" * 32, algorithm)
    good = enrolment(Party(f"{shop.id}-{algorithm}", key), server.registrar, server.origin, shop.nonce())
    second = enrolment(Party(f"{shop.id}-twice-{algorithm}", key), server.registrar, server.origin, shop.nonce())
    server.post([(server.registrar, good)])
    (refused,) = server.submit(server.envelopes([(server.registrar, second)]))
    assert refused["code"] == "key-taken"
