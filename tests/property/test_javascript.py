"""The JavaScript client gives the verdicts of Python: on every vector, on inputs at the edges, on generated ones."""

import base64
import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec.structs import replace
from support import edwards, parsers
from support.examples import times
from support.javascript import Case, Verdict, verdicts
from support.parsers import TARGETS, TOKENS
from support.statements import LOG, VKEY, claims_of

from ledger.client.verify.bundle import (
    ReplayedKeys,
    check_quorum,
    check_statement_quorum,
    known_vkey,
    pinned_key,
    step,
    verify_bundle,
)
from ledger.client.verify.standing import standing_of
from ledger.core.log.checkpoint import open_checkpoint, parse_checkpoint
from ledger.core.log.cosignature import cosigned_at, parse_cosigner_vkey
from ledger.core.log.inclusion_proof import encode_proof, parse_proof, verify_proof
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import (
    consistency_path,
    inclusion_path,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.core.log.note import parse_note, parse_vkey, vkey
from ledger.core.log.policy import parse_policy
from ledger.core.receipts.acknowledgement import read_answer, verify_answer
from ledger.core.receipts.bundle import read_bundle
from ledger.core.receipts.statement import read_statement, sign_statement
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.canonical import check_canonical
from ledger.core.signatures.algorithms import P256_ORDER
from ledger.core.signatures.edwards import in_prime_order_group
from ledger.core.signatures.envelope import open_envelope
from ledger.core.signatures.signing import SigningKey, load_spki, record_message
from ledger.errors import InvalidInput, LedgerError
from ledger.footprint.derived.statements import check_statement

VECTORS: Final = Path(__file__).parents[1] / "vectors"
GENERATED: Final = 400 if times() == 1 else 10_000
SEED: Final = 7
MESSAGE: Final = b"a message"


# Python's side


def _record(data: bytes, _: Mapping[str, Any]) -> str:
    check_canonical(data)
    return data.hex()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidInput("no text", code="ERR_ENCODING_INVALID_ENCODED_DATA") from None


def _note(data: bytes, _: Mapping[str, Any]) -> list[str]:
    return [f"{one.name} {one.key_hash.hex()} {one.signature.hex()}" for one in parse_note(_text(data)).signatures]


def _vkey(data: bytes, _: Mapping[str, Any]) -> str:
    found = parse_vkey(_text(data))
    return vkey(found.name, found.key)


def _checkpoint(data: bytes, _: Mapping[str, Any]) -> str:
    return parse_checkpoint(_text(data)).text()


def _signed(data: bytes, given: Mapping[str, Any]) -> str:
    verifier = parse_vkey(given["vkey"])
    return open_checkpoint(_text(data), verifier.name, verifier).text()


def _cosigned(data: bytes, given: Mapping[str, Any]) -> list[int]:
    return sorted(cosigned_at(_text(data), [parse_cosigner_vkey(one) for one in given["vkeys"]]).values())


def _policy(data: bytes, _: Mapping[str, Any]) -> dict[str, Any]:
    found = parse_policy(data)
    return {"logs": [vkey(log.verifier.name, log.verifier.key) for log in found.logs],
            "witnesses": [one.name for one in found.witnesses],
            "groups": [[name, one.needed, list(one.members)] for name, one in found.groups.items()],
            "quorum": found.quorum}


def _quorum(data: bytes, given: Mapping[str, Any]) -> list[bool]:
    return [parse_policy(data).satisfied(some) for some in given["names"]]


def _rotations(data: bytes, given: Mapping[str, Any]) -> str:
    return LogKeys(given["vkey"], json.loads(data)).vkey_of(given["note"], given.get("size", 0))


def _proof(data: bytes, _: Mapping[str, Any]) -> str:
    found = parse_proof(_text(data))
    return encode_proof(found.index, found.path, found.checkpoint_note, found.extra)


def _verified_proof(data: bytes, given: Mapping[str, Any]) -> str:
    verifier = parse_vkey(given["vkey"])
    return verify_proof(_text(data), leaf_hash(base64.b64decode(given["entry"])), verifier.name, verifier).text()


def _envelope(data: bytes, _: Mapping[str, Any]) -> list[str | None]:
    found = open_envelope(data)
    return [found.body.hex(), found.keyid.hex(), found.signature.hex(), found.origin]


def _receipt(data: bytes, given: Mapping[str, Any]) -> dict[str, Any]:
    answer = read_answer(data)
    policy = parse_policy(base64.b64decode(given["policy"])) if "policy" in given else None
    trusted = ReplayedKeys(given.get("vkey"), policy, None, given.get("rotations", ()))
    key = known_vkey(answer, trusted)
    body = base64.b64decode(given["body"]) if "body" in given else None
    found = verify_answer(answer, key, body=body)
    with step(8):
        cosigned = {} if policy is None else check_quorum(answer, policy, parse_vkey(key))
    return {"index": found.index, "size": found.size, "lots": [[lot.lot, lot.burdens] for lot in found.lots],
            "cosigned": list(cosigned)}


def _statement(data: bytes, given: Mapping[str, Any]) -> dict[str, Any]:
    statement = read_statement(data)
    policy = parse_policy(base64.b64decode(given["policy"])) if "policy" in given else None
    trusted = ReplayedKeys(given.get("vkey"), policy, None, given.get("rotations", ()))
    with step(2):
        keys = LogKeys(pinned_key(statement.note, trusted), trusted.rotations)
    found = check_statement(statement, keys.pinned, keys.notes)
    with step(9):
        check_statement_quorum(found, keys, policy)
    names = [] if policy is None or policy.quorum is None else list(policy.cosigned(found.claims.checkpoint))
    return {"title": found.claims.figure.title, "footprint": found.claims.figure.footprint, "lot": found.lot.lot,
            "digest": found.digest, "standing": standing_of(found, given["on"]).state, "cosigned": names}


def _bundle(data: bytes, given: Mapping[str, Any]) -> dict[str, Any]:
    policy = parse_policy(base64.b64decode(given["policy"])) if "policy" in given else None
    found = verify_bundle(read_bundle(data), ReplayedKeys(
        given.get("vkey"), policy, given.get("registrar"), given.get("rotations", ())))
    return {"index": found.verified.index, "organization": found.organization,
            "lot": None if found.statement is None else found.statement.claims.lot, "cosigned": list(found.cosigned),
            "leftOut": [*sorted(found.left_out), 10]}


def _numbers(data: bytes, _: Mapping[str, Any]) -> list[list[str | None]]:
    numbers = [struct.unpack(">d", bytes.fromhex(one))[0] for one in json.loads(data)]
    return [[repr(one), f"{one:.1f}" if abs(one) < 1e20 else None] for one in numbers]


def _decimals(data: bytes, _: Mapping[str, Any]) -> list[list[str]]:
    pairs = [(Decimal(one), Decimal(other)) for one, other in json.loads(data)]
    return [[repr(float(CONTEXT.multiply(*pair))), repr(float(CONTEXT.divide(*pair)))] for pair in pairs]


def _spki(data: bytes, _: Mapping[str, Any]) -> str:
    return load_spki(data).algorithm


def _signature(data: bytes, given: Mapping[str, Any]) -> None:
    load_spki(base64.b64decode(given["spki"])).verify(data, base64.b64decode(given["message"]))


def _ed25519(data: bytes, given: Mapping[str, Any]) -> list[bool]:
    """Of OpenSSL: both of node's verdicts have to be the same."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(given["key"])).verify(
            data, base64.b64decode(given["message"]))
    except InvalidSignature:
        return [False, False]
    return [True, True]


def _inclusion(data: bytes, given: Mapping[str, Any]) -> None:
    leaf, root, *path = _hashes(data)
    verify_inclusion(leaf, int(given["index"]), int(given["size"]), root, path)


def _consistency(data: bytes, given: Mapping[str, Any]) -> None:
    before, after, *path = _hashes(data)
    verify_consistency(int(given["index"]), int(given["size"]), before, after, path)


def _hashes(data: bytes) -> list[bytes]:
    return [data[start : start + 32] for start in range(0, len(data), 32)]


READERS: Final[dict[str, Callable[[bytes, Mapping[str, Any]], Any]]] = {
    "record": _record, "note": _note, "vkey": _vkey, "checkpoint": _checkpoint, "signedCheckpoint": _signed,
    "cosigner": lambda data, _: parse_cosigner_vkey(_text(data)).vkey, "cosigned": _cosigned, "policy": _policy,
    "quorum": _quorum, "envelope": _envelope, "receipt": _receipt, "rotations": _rotations, "proof": _proof,
    "verifiedProof": _verified_proof, "spki": _spki, "statement": _statement, "numbers": _numbers,
    "decimals": _decimals, "bundle": _bundle,
    "signature": _signature, "ed25519": _ed25519, "primeOrder": lambda data, _: in_prime_order_group(data),
    "inclusion": _inclusion, "consistency": _consistency,
}
CODES: Final = frozenset({"policy", "cosigned", "rotations", "spki", "signature"})
"""Targets whose codes are compared too. Elsewhere one input can have several faults, and each side finds another one
first."""


def python(case: Case) -> Verdict:
    try:
        return Verdict(True, READERS[case.target](case.data, case.given))
    except LedgerError as error:
        return Verdict(False, None, error.code, getattr(error, "step", None))


def differences(cases: list[Case]) -> Iterator[tuple[Case, Verdict, Verdict]]:
    for case, theirs in zip(cases, verdicts(cases), strict=True):
        ours = python(case)
        same = (ours.ok, ours.value) == (theirs.ok, theirs.value)
        named = case.target in CODES or None not in (ours.step, theirs.step)
        if not same or (named and (ours.step, ours.code) != (theirs.step, theirs.code)):
            yield case, ours, theirs


def assert_same(cases: list[Case]) -> None:
    assert cases
    assert [f"Python {ours}, node {theirs}: {case}" for case, ours, theirs in differences(cases)] == []


# Vectors


@cache
def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_vectors_of_c2sp() -> None:
    c2sp, note = vectors("c2sp"), vectors("c2sp")["goNote"]
    database = c2sp["goChecksumDatabase"]
    proof = c2sp["tlogProof"]
    cases = [
        *[Case("note", c2sp[name]["note"].encode()) for name in ("signedNote", "goNote", "checkpoint",
                                                                 "goChecksumDatabase")],
        Case("vkey", note["vkey"].encode()), Case("vkey", database["vkey"].encode()),
        Case("signedCheckpoint", note["note"].encode(), {"vkey": note["vkey"]}),
        Case("checkpoint", proof["checkpointText"].encode()),
        Case("checkpoint", parse_note(c2sp["checkpoint"]["note"]).text.encode()),
    ]
    assert_same(cases)
    assert [case for case, one in zip(cases, verdicts(cases), strict=True) if not one.ok] == [cases[6]]  # no checkpoint


def test_vectors_of_cosignatures() -> None:
    cosignatures = vectors("cosignatures")
    cases = [Case("cosigned", cosignatures[name]["note"].encode(), {"vkeys": [cosignatures[name]["vkey"]]})
             for name in ("ed25519", "ed25519WithExtension")]
    assert_same(cases)
    assert [one.value for one in verdicts(cases)] == [[1679315147], [1679315147]]


def test_a_witness_whose_algorithm_a_platform_lacks_does_not_count_there() -> None:
    """Node has ML-DSA-44 from version 24 on."""
    witness = vectors("cosignatures")["mlDsa44"]
    case = Case("cosigned", witness["note"].encode(), {"vkeys": [witness["vkey"]]})
    assert verdicts([case])[0].value in ([], [witness["time"]])
    assert_same([Case("cosigner", witness["vkey"].encode())])


def test_vectors_of_keys() -> None:
    keys = vectors("keys")
    message = (f"carbon-ledger/record/v1\n{keys['origin']}\n".encode() + bytes([keys["kind"]])
               + bytes.fromhex(keys["digest"]))
    valid = [_signed_by(key["spki"], key["signature"], message) for key in keys["keys"]]
    refused = [_signed_by(one["spki"], one["signature"], bytes.fromhex(one["message"]))
               for one in keys["refusedSignatures"]]
    weak = [Case("spki", bytes.fromhex(one["spki"])) for one in keys["refusedKeys"]]
    assert_same([*valid, *refused, *weak])
    found = verdicts([*valid, *refused, *weak])
    assert [one.ok for one in found] == [True] * len(valid) + [False] * len(refused + weak)
    assert [one.code for one in found[len(valid):]] == [
        one["code"] for one in (*keys["refusedSignatures"], *keys["refusedKeys"])]


def _signed_by(spki: str, signature: str, message: bytes) -> Case:
    return Case("signature", bytes.fromhex(signature), {
        "spki": base64.b64encode(bytes.fromhex(spki)).decode(), "message": base64.b64encode(message).decode()})


def test_vectors_of_trees() -> None:
    tree = vectors("rfc6962")
    roots = [bytes.fromhex(root) for root in tree["roots"]]
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in tree["leaves"]]
    cases = [
        *[Case("inclusion", leaves[one["index"]] + roots[one["size"]] + b"".join(map(bytes.fromhex, one["path"])),
               {"index": str(one["index"]), "size": str(one["size"])}) for one in tree["inclusion"]],
        *[Case("consistency", roots[one["old"]] + roots[one["new"]] + b"".join(map(bytes.fromhex, one["path"])),
               {"index": str(one["old"]), "size": str(one["new"])}) for one in tree["consistency"]],
    ]
    assert_same(cases)
    assert all(one.ok for one in verdicts(cases))


# Edges


def test_keys_and_signatures_at_the_edges_of_ed25519() -> None:
    """Small order, mixed order, other spellings, s beyond L: the verdicts are OpenSSL's, by node's own WebCrypto where
    it is asked, and by our arithmetic."""
    seed = bytes(range(32))
    private = Ed25519PrivateKey.from_private_bytes(seed)
    own, good = private.public_key().public_bytes_raw(), private.sign(MESSAGE)
    beyond = int.from_bytes(good[32:], "little") + edwards.L
    mixed = edwards.MixedKey(seed)
    small = [spelled for point in edwards.small_order_points() for spelled in edwards.spellings(point)]
    keys = [own, mixed.spki[-32:], *small, bytes([own[0] ^ 1]) + own[1:], b"\xff" * 32,
            (edwards.P + 3).to_bytes(32, "little"), own[:31] + bytes([own[31] ^ 128])]
    signatures = [
        good, mixed.sign_assertion(MESSAGE), good[:32] + beyond.to_bytes(32, "little"), bytes(64),
        good[:32] + bytes(32), good[:63], good + b"\0", b"", good[32:] + good[:32],
        *[spelled + bytes(32) for spelled in small],
    ]
    cases = [Case("ed25519", signature, {"key": base64.b64encode(key).decode(),
                                         "message": base64.b64encode(MESSAGE).decode()})
             for key in keys for signature in signatures if len(signature) == 64]
    cases += [Case("primeOrder", key) for key in keys]
    cases += [Case("spki", edwards.SPKI + key) for key in keys]
    cases += [_signed_by((edwards.SPKI + own).hex(), signature.hex(), MESSAGE) for signature in signatures]
    assert_same(cases)
    # The forgery that small order allows holds at OpenSSL, so it is in the comparison; our own rule refuses such keys.
    assert sum(python(case).value == [True, True] for case in cases) > 8


BODIES: Final = (
    b"{}", b"[]", b'"a"', b"1", b"", b" ", b"{", b'{"a":1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1,"a":2}',
    b'{"a": 1}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":-0}', b'{"a":0}', b'{"a":00}', b'{"a":+1}', b'{"a":.5}',
    b'{"a":9007199254740991}', b'{"a":9007199254740992}', b'{"a":9007199254740993}', b'{"a":-9007199254740992}',
    b'{"a":-9007199254740991}', b'{"a":123456789012345678901234567890}', b'{"a":1E400}', b'{"a":null}', b'{"a":true}',
    b'{"a":"\\u0061"}', b'{"a":"\\/"}', b'{"a":"/"}', b'{"a":"\\u000a"}', b'{"a":"\\n"}', b'{"a":"\\u001f"}',
    b'{"a":"\\u001F"}', b'{"a":"\x1f"}', b'{"a":"\x7f"}', b'{"a":"\\u007f"}', '{"a":"\u2028é😀"}'.encode(),
    b'{"a":"\\ud83d\\ude00"}', b'{"a":"\\ud83d"}', b'{"a":"\\ude00"}', b'{"a":"\\ud83d\\u0041"}', b'{"a":"\\x41"}',
    b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'\xef\xbb\xbf{}', '{"é":1}'.encode(),
    b'{"__proto__":1}', b'{"__proto__":{"a":1},"a":2}', b'{"10":1,"9":2}', b'{"9":2,"10":1}', b'{"":1}',
    b'{"constructor":1,"toString":2}', b"[" * 31 + b"]" * 31, b"[" * 32 + b"]" * 32, b"[" * 33 + b"]" * 33,
    b'{"a":NaN}', b'{"a":Infinity}', b"{'a':1}", b'{"a":1,}', b"[1,]", b"{}{}", b"{}\n", b'{"a":"\\b\\f\\r\\t\\"\\\\"}',
    b'{"a":"' + b"x" * (1 << 20) + b'"}', b'{"a":1}//', b"tru", b"nullx", b'{"a"}', b'{"a":}', b'{,}', b'{1:1}',
)


def test_bodies_at_the_edges() -> None:
    assert_same([Case("record", body) for body in BODIES])


def test_spellings_of_base64() -> None:
    """High bits in the last digit, no padding, the alphabet of URLs, spaces and line ends."""
    name, hashed, key = VKEY.split("+")
    tails = [key[:-1], key + "=", key[:-1] + chr(ord(key[-1]) + 1), key.replace("=", ""), key + "\n", " " + key,
             key.replace("A", "-", 1), key[:4] + "\n" + key[4:], key[:-4], "", "=", "====", key + key]
    texts = [f"{name}+{hashed}+{tail}" for tail in (key, *tails)]
    texts += [f"{name}+{hashed.upper()}+{key}", f"{name}+{hashed}", f"+{hashed}+{key}", f"{name} +{hashed}+{key}",
              f"{name}\u3000+{hashed}+{key}", f"{name}\u200b+{hashed}+{key}", f"{name}\ufeff+{hashed}+{key}",
              f"{name}\x85+{hashed}+{key}"]
    assert_same([Case("vkey", text.encode()) for text in texts])
    note = parsers.TARGETS["signed-checkpoint"].seeds()[0].decode()
    line = note.split("\n\n")[1]
    signature = line.split(" ")[2].rstrip("\n")
    notes = [note.replace(signature, other) for other in (
        signature[:-1] + chr(ord(signature[-1]) ^ 1), signature[:-2] + "=", signature + "=", signature.rstrip("="),
        signature + " ", "", signature[:4], signature[:8])]
    notes += [note.replace("\n\n", "\n"), note + "\n", note.rstrip("\n"), note.replace("— ", "- "), note + line,
              note.replace("\n\n", "\n\n\n"), f"\n{note}",
              note.replace(line, line * 100), note.replace(line, line * 101),
              note.replace("— ", "\u2014\u00a0"), note.replace("\n", "\r\n"), "\ufeff" + note]
    assert_same([Case("signedCheckpoint", text.encode(), {"vkey": VKEY}) for text in (note, *notes)])


def test_sizes_of_trees_at_the_edges() -> None:
    largest = 2**63 - 1
    empty = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    numbers = (-1, 0, 1, 2, 2**53, 2**53 + 1, largest - 1, largest, largest + 1, 2**64)
    cases = [Case(target, root * 2 + bytes(32) * length, {"index": str(index), "size": str(size)})
             for target in ("inclusion", "consistency") for root in (empty, bytes(32)) for index in numbers
             for size in numbers for length in (0, 1, 63)]
    cases += [Case(target, b"\1" * length, {"index": "0", "size": "1"})
              for target in ("inclusion", "consistency") for length in (64, 63, 65, 96)]
    cases += [Case("checkpoint", f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode())
              for origin in ("a", "", "a b", "a\x00", "é") for root in (empty, bytes(32), bytes(31))
              for size in (*numbers, "00", "+1", "1 ", "", "٣")]
    assert_same(cases)


# Figures


def test_spellings_of_numbers() -> None:
    random = Random(SEED)
    numbers = [random.choice((random.random(), random.uniform(-1e6, 1e6), random.randint(-10**6, 10**6) / 20,
                              struct.unpack(">d", random.randbytes(8))[0])) for _ in range(GENERATED)]
    numbers += [0.0, -0.0, 1.0, 1e15, 1e16, 1e17, 1e-4, 1e-5, 9.999e-5, 0.05, 0.25, 0.35, 2.5, 1e22,
                5e-324, 123456789.05]
    finite = [struct.pack(">d", number).hex() for number in numbers if math.isfinite(number)]
    assert_same([Case("numbers", json.dumps(finite).encode())])


def test_decimal_arithmetic() -> None:
    random = Random(SEED)

    def decimal() -> str:
        digits = random.randint(1, 40)
        return f"{random.randint(1, 10**digits)}E{random.randint(-30, 10)}" if random.random() < 0.3 else str(
            Decimal(random.randint(1, 10**digits)).scaleb(-random.randint(0, digits)))

    pairs = [(decimal(), decimal()) for _ in range(GENERATED)]
    pairs += [("1", "3"), ("2", "3"), ("1", "3.6"), ("7.2", "3.6"), ("9" * 35, "1"), ("5" * 36, "2")]
    assert_same([Case("decimals", json.dumps(pairs).encode())])


def test_statements_of_every_lot() -> None:
    """Whole, and without the way in which the figure is made; and each with a better title, figure or date."""
    log, given = parsers.small_log(), {"vkey": VKEY, "on": "2026-12-31T00:00:00Z"}
    claimed = [claims_of(log, lot) for lot in log.state.lots]
    statements = [sign_statement(claims, LOG) for claims in claimed]
    assert_same([Case("statement", msgspec.json.encode(one), given) for one in statements])
    better = [
        change
        for claims in claimed for change in (
            replace(claims, figure=replace(claims.figure, title="footprint", doubtful={})),
            replace(claims, figure=replace(claims.figure, footprint="0.0", per_unit="0.0")),
            replace(claims, figure=replace(claims.figure, completeness="100.0 %")),
            replace(claims, figure=replace(claims.figure, limit="10.00 %")),
            replace(claims, valid_until="2199-01-01T00:00:00Z"), replace(claims, provisional=not claims.provisional),
            replace(claims, assessment=None, share=None, inputs=[]),
            replace(claims, figure=replace(claims.figure, burdens={}), assessment=None, share=None, inputs=[]),
        )]
    signed = [sign_statement(claims, LOG) for claims in better]
    cases = [Case("statement", msgspec.json.encode(one), given) for one in signed]
    assert_same(cases)
    found = verdicts(cases)
    assert {one.step for one in found if not one.ok} >= {5, 6}
    assert all(python(Case("statement", msgspec.json.encode(one), given)).ok for one in statements)


# Generated

_TARGETS: Final = {
    "record": ("record", "record"), "note": ("note", "note"), "checkpoint": ("checkpoint", "checkpoint"),
    "signed checkpoint": ("signedCheckpoint", "signed-checkpoint"), "vkey": ("vkey", "vkey"),
    "cosigner": ("cosigner", "cosigner"), "cosigned": ("cosigned", "cosigned"), "policy": ("policy", "policy"),
    "proof": ("proof", "proof"), "verified proof": ("verifiedProof", "proof"), "spki": ("spki", "spki"),
    "envelope": ("envelope", "envelope"), "receipt": ("receipt", "receipt"),
    "acknowledgement": ("receipt", "acknowledgement"), "statement": ("statement", "statement"),
    "bundle": ("bundle", "receipt-bundle"),
}
"""Our targets, and those of the fuzzers, which have valid inputs of each."""


def _given(target: str) -> dict[str, Any]:
    entry = base64.b64encode(parsers.small_log().entries[0]).decode()
    return {
        "signedCheckpoint": {"vkey": VKEY}, "receipt": {"vkey": VKEY},
        "bundle": {"vkey": VKEY}, "statement": {"vkey": VKEY, "on": "2026-12-31T00:00:00Z"},
        "verifiedProof": {"vkey": VKEY, "entry": entry},
        "cosigned": {"vkeys": [parsers.WITNESSES[0].verifier.vkey]},
    }.get(target, {})


def mutated(data: bytes, random: Random) -> bytes:
    """A valid input with up to three places cut out, replaced or repeated."""
    changed = bytearray(data)
    for _ in range(random.randint(0, 3)):
        start = random.randint(0, len(changed))
        end = min(len(changed), start + random.choice((0, 0, 1, 1, 2, 8, 40)))
        changed[start:end] = random.choice((
            b"", random.randbytes(1), random.choice(TOKENS), bytes(changed[start:end]) * 2, b"A", b"0", b"\n", b"=",
            bytes(data[start : start + 40]),
        ))
    return bytes(changed)


@pytest.mark.parametrize("name", _TARGETS)
def test_generated_inputs(name: str) -> None:
    target, source = _TARGETS[name]
    random, seeds, given = Random(f"{SEED} {name}"), TARGETS[source].seeds(), _given(target)
    cases = [Case(target, seed, given) for seed in seeds]
    assert all(one.ok for one in verdicts(cases)) or target == "signedCheckpoint"
    assert_same([*cases, *[Case(target, mutated(random.choice(seeds), random), given) for _ in range(GENERATED)]])


def test_generated_signatures() -> None:
    """Signatures of both algorithms and of mixed order, whole and changed, each with a key that may be another's."""
    random = Random(f"{SEED} signatures")
    keys: list[SigningKey] = [SigningKey.from_seed(random.randbytes(32), algorithm)
                              for algorithm in ("ed25519", "p256") for _ in range(8)]
    keys += [edwards.MixedKey(random.randbytes(32)) for _ in range(2)]
    digests = [random.randbytes(32) for _ in range(3)]
    signed = [(key, record_message("a.example/log", 0, digest), key.sign_record("a.example/log", 0, digest))
              for key in keys for digest in digests]
    spkis = [key.spki for key in keys]
    spkis += [edwards.SPKI + one for point in edwards.small_order_points() for one in edwards.spellings(point)]
    cases = []
    for _ in range(GENERATED):
        key, message, signature = random.choice(signed)
        spki = key.spki if random.random() < 0.8 else random.choice(spkis)
        cases.append(_signed_by(spki.hex(), _other_signature(signature, key.algorithm, random).hex(), message))
    assert_same(cases)
    found = [python(case) for case in cases]
    assert {True, False} == {one.ok for one in found}
    assert {one.code for one in found} >= {None, "wrong-signature", "high-s"}


def _other_signature(signature: bytes, algorithm: str, random: Random) -> bytes:
    """A signature, or one that only a careless verifier takes for it."""
    order = P256_ORDER if algorithm == "p256" else edwards.L
    endian: Literal["big", "little"] = "big" if algorithm == "p256" else "little"
    first, second = (int.from_bytes(half, endian) for half in (signature[:32], signature[32:]))
    number = random.choice((second + order, order - second, 0, order, 1, second ^ 1 << random.randrange(256)))
    bit = random.randrange(512)
    return random.choice((
        signature, signature, signature[:32] + (number % 2**256).to_bytes(32, endian),
        ((first + order) % 2**256).to_bytes(32, endian) + signature[32:],
        (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big"), signature[:random.randrange(64)],
        signature + random.randbytes(random.randint(1, 8)), signature[32:] + signature[:32], random.randbytes(64),
    ))


def test_generated_spellings_of_base64() -> None:
    """Keys in base64 with unused bits set, without padding, with digits of other alphabets."""
    random = Random(f"{SEED} base64")
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \n\t\u00e9"
    keys = [Ed25519PrivateKey.from_private_bytes(random.randbytes(32)).public_key() for _ in range(40)]
    cases = []
    for _ in range(GENERATED):
        text = vkey("a.example/log", random.choice(keys))
        place = random.randint(text.rindex("+", 0, 30) + 1, len(text))
        texts = (text, text[:place] + random.choice(digits) + text[place + 1 :],
                 text[:place] + random.choice(digits) + text[place:], text[:place],
                 text[:-2] + random.choice(digits) + "=")
        cases.append(Case("vkey", random.choice(texts).encode()))
    assert_same(cases)
    assert {True, False} == {python(case).ok for case in cases}


def test_generated_paths() -> None:
    """Paths of trees of up to 70 leaves: whole, with one hash changed, lost, added or moved, or of another place."""
    random = Random(f"{SEED} paths")
    leaves = [leaf_hash(random.randbytes(8)) for _ in range(70)]
    roots = [tree_root(leaves[:size]) for size in range(len(leaves) + 1)]
    cases = []
    for _ in range(GENERATED):
        size = random.randint(1, len(leaves))
        if random.random() < 0.5:
            target, index = "inclusion", random.randrange(size)
            hashes = [leaves[index], roots[size], *inclusion_path(leaves[:size], index)]
        else:
            target, index = "consistency", random.randint(0, size)
            hashes = [roots[index], roots[size], *consistency_path(leaves[:size], index)]
        place = random.randrange(len(hashes))
        data = b"".join(random.choice((
            hashes, hashes, hashes[:place] + hashes[place + 1 :], [*hashes, random.choice(leaves)],
            [*hashes[:place], random.choice(leaves), *hashes[place + 1 :]], hashes[:2] + hashes[:1:-1],
        )))
        shift = random.choice((0, 0, 0, 1, -1))
        # Both roots stand at the front of every input.
        if len(data) >= 64:
            cases.append(Case(target, data, {"index": str(index + shift), "size": str(size)}))
    assert_same(cases)
    assert {True, False} == {python(case).ok for case in cases}
