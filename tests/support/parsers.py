"""Everything that reads what others wrote, as fuzzers call it: bytes in, nothing but a LedgerError out.

Each target also says what must hold of what it lets pass: there is one spelling, so writing it again gives the bytes
that were read. Seeds are valid inputs, from the vectors and from a small log; fuzzers change them.
"""

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from msgspec import Raw

from ledger.client.verify.bundle import ReplayedKeys, verify_bundle
from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request, judge, parse_request
from ledger.core.log.add_checkpoint import stated as stated_by
from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.core.log.cosignature import Cosigner, cosigned_at, parse_cosigner_vkey
from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.inclusion_proof import TlogProof, encode_proof, parse_proof, verify_proof
from ledger.core.log.merkle import (
    HASH_SIZE,
    consistency_path,
    inclusion_path,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.core.log.note import parse_note, parse_vkey, sign_note, vkey
from ledger.core.log.policy import parse_policy
from ledger.core.log.tiles import Tile, decode_entries, encode_entries, entries_path, parse_path, tile_hashes, tile_path
from ledger.core.receipts.acknowledgement import acknowledge, read_answer, verify_answer
from ledger.core.receipts.bundle import TAG, Bundle, PublicRecord, is_bundle, packed, read_bundle
from ledger.core.receipts.receipt import make_receipt, read_receipt, verify_receipt
from ledger.core.receipts.statement import canonical_claims, is_statement, read_statement
from ledger.core.receipts.statement_steps import verify_statement
from ledger.core.record import canonical
from ledger.core.record.identifiers import check_prefix
from ledger.core.record.kinds import Organization
from ledger.core.signatures.envelope import Envelope, open_envelope
from ledger.core.signatures.signing import SigningKey, load_spki, record_message
from ledger.errors import LedgerError
from ledger.service.settings import check_origin
from support.generator import generate, parties
from support.memory import MemoryLedger
from support.sectors import registry
from support.statements import LOG, VKEY, stated

VECTORS: Final = Path(__file__).parents[1] / "vectors"
_SEED, _SIZE, _NUMBER = 7, 40, 8
WITNESSES: Final = (
    Cosigner("witness.example/one", Ed25519PrivateKey.from_private_bytes(b"\4" * 32), 1_700_000_000),
    Cosigner("witness.example/two", MLDSA44PrivateKey.from_seed_bytes(b"\5" * 32), 1_700_000_001),
)


class Target(NamedTuple):
    """`read` raises LedgerError for what it refuses; AssertionError where what it let pass has a second spelling."""

    name: str
    read: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]


def survives(target: Target, data: bytes) -> bool:
    """Whether the target lets these bytes pass; whatever else than a LedgerError it raises goes on."""
    try:
        target.read(data)
    except LedgerError:
        return False
    return True


def _same(again: object, first: object) -> None:
    if again != first:
        raise AssertionError(f"{again!r:.500} for {first!r:.500}")


def _text(data: bytes) -> str:
    """Any text that Python can hold: what is no UTF-8 becomes lone surrogates, as it may come out of other parsers."""
    return data.decode("utf-8", "surrogateescape")


# Readers


def _envelope(data: bytes) -> None:
    found = open_envelope(data)
    body, signature = base64.b64encode(found.body).decode(), base64.b64encode(found.signature).decode()
    origin = msgspec.UNSET if found.origin is None else found.origin
    _same(open_envelope(msgspec.json.encode(Envelope(body, found.keyid.hex(), signature, origin))), found)


def _record(data: bytes) -> None:
    _same(canonical.encode(canonical.decode_record(data)), data)


def _entry(data: bytes) -> None:
    _same(parse_entry(data).to_bytes(), data)


def _note(data: bytes) -> None:
    note = parse_note(_text(data))
    lines = "".join(
        f"— {one.name} {base64.b64encode(one.key_hash + one.signature).decode()}\n" for one in note.signatures
    )
    _same(f"{note.text}\n{lines}", _text(data))


def _checkpoint(data: bytes) -> None:
    _same(parse_checkpoint(_text(data)).text(), _text(data))


def _signed_checkpoint(data: bytes) -> None:
    found = open_checkpoint(_text(data), LOG.name, LOG.verifier)
    # Nobody else has the key: what passes is what the log has signed, whatever other lines stand beside its own.
    _same(found, _signed())


def _vkey(data: bytes) -> None:
    found = parse_vkey(_text(data))
    _same(vkey(found.name, found.key), _text(data))


def _cosigner(data: bytes) -> None:
    _same(parse_cosigner_vkey(_text(data)).vkey, _text(data))


def _cosigned(data: bytes) -> None:
    text = _text(data)
    if cosigned_at(text, [one.verifier for one in WITNESSES]):
        # Nobody else has their keys.
        _same(parse_checkpoint(parse_note(text).text), _signed())


def _policy(data: bytes) -> None:
    found = parse_policy(data)
    every = [one.name for one in found.witnesses]
    _same((found.satisfied(every), found.satisfied([])), (True, found.quorum is None))


def _request(data: bytes) -> None:
    found = parse_request(data)
    _same(encode_request(found).encode(), data)
    verdict = judge(found, stated_by(found.note), {LOG.name: [LOG.verifier]}, None)
    if isinstance(verdict, Checkpoint):
        _same(verdict, _signed())


def _answer(data: bytes) -> None:
    found = read_answer(data)
    _same(read_answer(msgspec.json.encode(found)), found)
    verify_answer(found, VKEY)


def _proof(data: bytes) -> None:
    found = parse_proof(_text(data))
    _same(encode_proof(found.index, found.path, found.checkpoint_note, found.extra), _text(data))
    verify_proof(_text(data), leaf_hash(small_log().entries[0]), LOG.name, LOG.verifier)


def _path(data: bytes) -> None:
    found = parse_path(_text(data))
    _same(tile_path(found) if isinstance(found, Tile) else entries_path(*found), _text(data))


def _bundle(data: bytes) -> None:
    _same(encode_entries(decode_entries(data)), data)


def _tile(data: bytes) -> None:
    _same(b"".join(tile_hashes(data)), data)


def _frontier(data: bytes) -> None:
    _same(Frontier.from_bytes(data).to_bytes(), data)


def _receipt(data: bytes) -> None:
    found = read_receipt(data)
    _same(read_receipt(msgspec.json.encode(found)), found)
    verify_receipt(found, VKEY)


def _receipt_bundle(data: bytes) -> None:
    found = read_bundle(data)
    _same(is_bundle(data), True)
    _same(read_bundle(msgspec.json.encode(found)), found)
    verify_bundle(found, ReplayedKeys(VKEY))


def _statement(data: bytes) -> None:
    found = read_statement(data)
    _same(is_statement(data), True)
    claims, spelled = canonical_claims(found)
    _same(canonical.encode(claims), spelled)
    verify_statement(found, VKEY)


def _spki(data: bytes) -> None:
    _same(load_spki(data).spki, data)


def _signature(data: bytes) -> None:
    """A byte that chooses the key, then a signature. Each algorithm has one signature of a message by a key."""
    key = _keys()[int.from_bytes(data[:1], "big") % 2]
    load_spki(key.spki).verify(data[1:], record_message(LOG.name, 0, bytes(HASH_SIZE)))


def _pem(data: bytes) -> None:
    found = SigningKey.from_pem(data)
    _same(SigningKey.from_pem(found.to_pem()).keyid, found.keyid)


def _prefix(data: bytes) -> None:
    check_prefix(_text(data), "prefix")
    _same(_text(data).isascii() and _text(data).isprintable() and 0 < len(data) <= 255, True)


def _origin(data: bytes) -> None:
    check_origin(_text(data))
    # Whatever is a log's name can be signed and read back.
    signed = sign_checkpoint(Checkpoint(_text(data), 1, bytes(HASH_SIZE)), _named(_text(data)))
    _same(parse_checkpoint(parse_note(signed).text).origin, _text(data))


def _named(origin: str) -> Any:
    return type(LOG)(origin, SigningKey.from_seed(bytes(HASH_SIZE)).private)


def _inclusion(data: bytes) -> None:
    """Index, size (8 bytes each), leaf hash, root, path. Whatever holds, holds for the true leaf alone."""
    index, size, (leaf, root, *path) = _numbers(data)
    verify_inclusion(leaf, index, size, root, path)
    if root == tree_root(_hashes()) and size == len(_hashes()):
        _same(leaf, _hashes()[index])


def _consistency(data: bytes) -> None:
    """Both sizes (8 bytes each), both roots, path. Whatever leads to the true root comes from a true one."""
    old, new, (old_root, new_root, *path) = _numbers(data)
    verify_consistency(old, new, old_root, new_root, path)
    if new_root == tree_root(_hashes()) and new == len(_hashes()):
        _same(old_root, tree_root(_hashes()[:old]))


def _numbers(data: bytes) -> tuple[int, int, list[bytes]]:
    rest = data[2 * _NUMBER :].ljust(2 * HASH_SIZE, b"\0")
    hashes = [rest[start : start + HASH_SIZE] for start in range(0, len(rest), HASH_SIZE)]
    return (
        int.from_bytes(data[:_NUMBER], "big", signed=True),
        int.from_bytes(data[_NUMBER : 2 * _NUMBER], "big", signed=True), hashes,
    )


# Seeds


@cache
def small_log() -> MemoryLedger:
    """A small log whose records are of many types."""
    memory = MemoryLedger(registry(), seed=_SEED)
    memory.admit(parties(_SEED, _SIZE))
    memory.must(*generate(_SEED, _SIZE))
    return memory


@cache
def _hashes() -> list[bytes]:
    return [leaf_hash(entry) for entry in small_log().entries]


@cache
def _signed() -> Checkpoint:
    return Checkpoint(LOG.name, len(_hashes()), tree_root(_hashes()))


@cache
def _c2sp() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / "c2sp.json").read_text(encoding="utf-8"))
    return found


def _lots() -> list[str]:
    """Some lots with inputs behind them."""
    return list(small_log().state.lots)[-3:]


def _bodies() -> list[bytes]:
    by_type = {type(record): canonical.encode(record) for record in small_log().records}
    return list(by_type.values())


def _envelopes() -> list[bytes]:
    log = small_log()
    return [
        msgspec.json.encode(Envelope(
            base64.b64encode(canonical.encode(record)).decode(), parse_entry(entry).keyid.hex(),
            base64.b64encode(parse_entry(entry).signature).decode(),
        )) for record, entry in list(zip(log.records, log.entries, strict=True))[-3:]
    ]


def _notes() -> list[bytes]:
    published = [_c2sp()[name]["note"] for name in ("signedNote", "goNote", "checkpoint", "goChecksumDatabase")]
    return [note.encode() for note in (*published, sign_checkpoint(_signed(), LOG))]


def _cosigned_notes() -> list[bytes]:
    return [sign_note(_signed().text(), [LOG, *WITNESSES]).encode(),
            sign_note(_signed().text(), [LOG, WITNESSES[0]]).encode()]


def _policies() -> list[bytes]:
    one, two = (witness.verifier.vkey for witness in WITNESSES)
    lines = (f"log {VKEY} https://test.example/log", f"witness one {one} https://witness.example/",
             f"witness two {two}", "group both all one two", "# a comment", "", "quorum both", "")
    return ["\n".join(lines).encode(), f"log {VKEY}\nquorum none\n".encode()]


def _checkpoints() -> list[bytes]:
    empty = Checkpoint(LOG.name, 0, tree_root([]))
    return [parse_note(note.decode()).text.encode() for note in _notes()[2:]] + [empty.text().encode()]


def _proofs() -> list[bytes]:
    note = sign_checkpoint(_signed(), LOG)
    texts = [encode_proof(index, inclusion_path(_hashes(), index), note, extra)
             for index, extra in ((0, None), (0, b"extra"))]
    return [text.encode() for text in texts]


def _requests() -> list[bytes]:
    note = sign_checkpoint(_signed(), LOG)
    path = tuple(consistency_path(_hashes(), 3))
    return [encode_request(AddCheckpoint(0, (), note)).encode(), encode_request(AddCheckpoint(3, path, note)).encode()]


def _acknowledgements() -> list[bytes]:
    log = small_log()
    return [
        msgspec.json.encode(acknowledge(index, log.entries[index], log.original_leaves[index], [LOG]))
        for index in (0, len(_hashes()) - 1)
    ]


def _receipts() -> list[bytes]:
    log, note = small_log(), sign_checkpoint(_signed(), LOG)
    return [
        msgspec.json.encode(make_receipt(
            TlogProof(index, tuple(inclusion_path(_hashes(), index)), note), log.digests[index], log.entries[index],
            log.original_leaves[index],
        )) for index in (0, len(_hashes()) - 1)
    ]


def _receipt_bundles() -> list[bytes]:
    """Of the last record, with its body, and the enrolments before it; and of a receipt alone."""
    log, note, last = small_log(), sign_checkpoint(_signed(), LOG), len(_hashes()) - 1

    def receipt(index: int) -> Raw:
        return Raw(msgspec.json.encode(make_receipt(
            TlogProof(index, tuple(inclusion_path(_hashes(), index)), note), log.digests[index], log.entries[index],
            log.original_leaves[index],
        )))

    enrolments = [
        PublicRecord(packed(canonical.encode(record)), receipt(index))
        for index, record in enumerate(log.records[:last]) if isinstance(record, Organization)
    ]
    whole = Bundle(bundle=TAG, receipt=receipt(last), body=packed(canonical.encode(log.records[last])),
                   records=enrolments)
    return [msgspec.json.encode(whole), msgspec.json.encode(Bundle(bundle=TAG, receipt=receipt(0)))]


def _keys() -> list[SigningKey]:
    return [SigningKey(ec.derive_private_key(7, ec.SECP256R1())), *[one.key for one in parties(_SEED, 2)]]


def _signatures() -> list[bytes]:
    return [bytes((i,)) + key.sign_record(LOG.name, 0, bytes(HASH_SIZE)) for i, key in enumerate(_keys()[:2])]


def _paths() -> list[bytes]:
    return [b"tile/0/000", b"tile/1/x001/234.p/5", b"tile/entries/x001/x234/067.p/255", b"tile/63/000.p/1",
            b"tile/0/x036/x028/x797/x018/x963/967"]


def _inclusions() -> list[bytes]:
    size, root = len(_hashes()), tree_root(_hashes())
    return [
        _numbered(index, size, [_hashes()[index], root, *inclusion_path(_hashes(), index)])
        for index in (0, size // 2, size - 1)
    ]


def _consistencies() -> list[bytes]:
    size, root = len(_hashes()), tree_root(_hashes())
    return [
        _numbered(old, size, [tree_root(_hashes()[:old]), root, *consistency_path(_hashes(), old)])
        for old in (0, 1, 32, size - 1, size)
    ]


def _numbered(first: int, second: int, hashes: Sequence[bytes]) -> bytes:
    return first.to_bytes(_NUMBER, "big") + second.to_bytes(_NUMBER, "big") + b"".join(hashes)


TARGETS: Final = {target.name: target._replace(seeds=cache(target.seeds)) for target in (
    Target("envelope", _envelope, _envelopes),
    Target("record", _record, _bodies),
    Target("entry", _entry, lambda: small_log().entries[:3]),
    Target("note", _note, _notes),
    Target("checkpoint", _checkpoint, _checkpoints),
    Target("signed-checkpoint", _signed_checkpoint, lambda: _notes()[-1:]),
    Target("vkey", _vkey, lambda: [VKEY.encode(), _c2sp()["goNote"]["vkey"].encode()]),
    Target("cosigner", _cosigner, lambda: [one.verifier.vkey.encode() for one in WITNESSES]),
    Target("cosigned", _cosigned, _cosigned_notes),
    Target("policy", _policy, _policies),
    Target("witness-request", _request, _requests),
    Target("acknowledgement", _answer, _acknowledgements),
    Target("proof", _proof, _proofs),
    Target("tile-path", _path, _paths),
    Target("bundle", _bundle, lambda: [encode_entries(small_log().entries), encode_entries([b"", b"a"])]),
    Target("tile", _tile, lambda: [b"".join(_hashes()[:3])]),
    Target("frontier", _frontier, lambda: [Frontier().to_bytes(), small_log().frontier.to_bytes()]),
    Target("receipt", _receipt, _receipts),
    Target("receipt-bundle", _receipt_bundle, _receipt_bundles),
    Target("statement", _statement, lambda: [msgspec.json.encode(stated(small_log(), lot)) for lot in _lots()]),
    Target("spki", _spki, lambda: [key.spki for key in _keys()]),
    Target("pem", _pem, lambda: [key.to_pem() for key in _keys()]),
    Target("signature", _signature, _signatures),
    Target("prefix", _prefix, lambda: [b"urn:example:mill:", b"https://id.gs1.org/01/", b"did:web:example.com:"]),
    Target("origin", _origin, lambda: [b"carbon-ledger/0123456789abcdef", b"test.example/log"]),
    Target("inclusion", _inclusion, _inclusions),
    Target("consistency", _consistency, _consistencies),
)}

TOKENS: Final = (
    b"\n", b"\n\n", b"\0", b'"', b"\\", b"+", b"=", b"-0", b"-1", b"null", b"true", b"1e999", b"0.5", b"NaN", b"\r",
    b"\t", b" ", b"9" * 20, b"9" * 400, b"[" * 200, b"{" * 40, b"{}", b"[]", b'"\\ud800"', b"\\u0061", b"\xff",
    b"\xed\xa0\x80", "٣".encode(), "\u2028".encode(), "\u00a0".encode(), "— ".encode(), b".p/", b"x000/",
    b"urn:example:", b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7),
)
"""What breaks parsers: put in by fuzzers, alone or many times."""
