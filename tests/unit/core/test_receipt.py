import base64
import json
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.inclusion_proof import TlogProof, encode_proof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.log.note import vkey as vkey_of
from ledger.core.outcome.assessment import Assessment, Line
from ledger.core.outcome.leaves import (
    AssessmentLeaf,
    LotLeaf,
    assessment_bytes,
    leaf_bytes,
    outcome_root,
    salt,
    salt_seed,
)
from ledger.core.receipts.receipt import Receipt, Verified, make_receipt, prove_leaves, read_receipt, verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance
from ledger.core.record.values import Quantity
from ledger.core.signatures.signing import SigningKey, load_spki
from ledger.errors import InvalidInput, InvalidNote, VerificationError

ORIGIN = "test.example/log"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
VKEY = vkey_of(ORIGIN, LOG.verifier.key)
ROGUE = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\2" * 32))
KEY = SigningKey.from_seed(b"\3" * 32)
PUBLIC = load_spki(KEY.spki)
NONCE = base64.urlsafe_b64encode(bytes(16)).decode().rstrip("=")
BODY = canonical.encode(Acceptance(issuer="urn:example:mill", nonce=NONCE, transfer="ab" * 32))
SIZE = 7


class Case(NamedTuple):
    """A log of SIZE entries, the one at `index` being ours, and its receipt."""

    receipt: Receipt
    entries: list[bytes]
    leaves: list[bytes]


def lot_leaf(index: int) -> bytes:
    return leaf_bytes(LotLeaf(
        salt=salt(salt_seed(NONCE), index), lot=f"urn:example:mill:{index}", product="urn:example:mill:steel",
        quantity=Quantity(value="1.5", unit="TNE"), holder="urn:example:mill", role="product", method="cut-off/1",
        burdens={"fossilGhgEmissions": f"{index}.25"}, contents={"mass": "1500.0"}, plugin="steel/1.0.0",
    ))


def outcome(lots: int) -> list[bytes]:
    assessment = Assessment(lines=(Line(gas="CO2", amount=Decimal("1.5"), source="coal", kind="onSite"),))
    first = leaf_bytes(AssessmentLeaf(salt=salt(salt_seed(NONCE), 0), assessment=assessment_bytes(assessment),
                                      method="cut-off/1", activation=1))
    return [first, *(lot_leaf(i) for i in range(1, lots + 1))]


def make(index: int = 4, lots: int = 2, *, size: int = SIZE, signer: NoteSigner = LOG) -> Case:
    leaves = outcome(lots) if lots >= 0 else []
    digest = canonical.digest(BODY)
    entries = [
        Entry(0, digest if i == index else bytes([i]) * 32, KEY.keyid, KEY.sign_record(ORIGIN, 0, digest),
              outcome_root(leaves), i).to_bytes()
        for i in range(size)
    ]
    hashes = [leaf_hash(entry) for entry in entries]
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, size, tree_root(hashes)), signer)
    proof = TlogProof(index, tuple(inclusion_path(hashes, index)), checkpoint)
    return Case(make_receipt(proof, digest, entries[index], leaves), entries, leaves)


CASE = make()
RECEIPT = CASE.receipt


def check(receipt: Receipt, **given: Any) -> Verified:
    return verify_receipt(receipt, VKEY, **given)


def refusal(receipt: Receipt, **given: Any) -> VerificationError:
    return raised(VerificationError, check, receipt, **given)


def entry_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("index", range(SIZE))
@pytest.mark.parametrize("lots", [0, 1, 2, 6])
def test_a_receipt_verifies_down_to_the_figures(index: int, lots: int) -> None:
    case = make(index, lots)
    found = check(case.receipt, body=BODY, key=PUBLIC)
    assert (found.index, found.size, found.entry) == (index, SIZE, parse_entry(case.entries[index]))
    assert b"coal" in bytes(found.assessment.assessment)
    assert [lot.burdens["fossilGhgEmissions"] for lot in found.lots] == [f"{i}.25" for i in range(1, lots + 1)]


def test_a_record_without_results_has_no_leaves() -> None:
    found = check(make(lots=-1).receipt)
    assert (found.assessment, found.lots) == (None, ())


def test_leaves_may_be_shown_one_at_a_time_and_in_any_order() -> None:
    found = check(replace(RECEIPT, leaves=[RECEIPT.leaves[2]]))
    assert (found.assessment, [lot.lot for lot in found.lots]) == (None, ["urn:example:mill:2"])
    assert ([lot.lot for lot in check(replace(RECEIPT, leaves=RECEIPT.leaves[::-1])).lots],
            check(replace(RECEIPT, leaves=[])).lots) == (["urn:example:mill:2", "urn:example:mill:1"], ())


def test_a_receipt_travels_as_json() -> None:
    data = msgspec.json.encode(RECEIPT)
    assert set(json.loads(data)) == {"index", "digest", "entry", "proof", "leaves"}
    assert set(json.loads(data)["leaves"][0]) == {"leaf", "index", "size", "path"}
    assert check(read_receipt(data), body=BODY, key=PUBLIC) == check(RECEIPT)
    # Another program may write the same JSON differently.
    assert check(read_receipt(json.dumps(json.loads(data), indent=2).encode())) == check(RECEIPT)


def test_equal_inputs_give_equal_receipts() -> None:
    assert msgspec.json.encode(make().receipt) == msgspec.json.encode(RECEIPT)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1001])
def test_every_leaf_is_proved(size: int) -> None:
    leaves = [b'{"i":%d}' % i for i in range(size)]
    shown = prove_leaves(leaves)
    assert [bytes(one.leaf) for one in shown] == leaves
    assert [(one.index, one.size) for one in shown] == [(i, size) for i in range(size)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert all(
        [base64.b64decode(node) for node in one.path] == inclusion_path(hashes, i)
        for i, one in list(enumerate(shown))[:: max(1, size // 7)]
    )


# Step 1: entry, digest, index


@pytest.mark.parametrize(
    ("entry", "said"),
    [("", "170 bytes"), (entry_of(CASE.entries[4][:-1]), "not 169"), (entry_of(CASE.entries[4] + b"\0"), "not 171"),
     (entry_of(b"\2" + CASE.entries[4][1:]), "version 2"), (entry_of(b"\1\x08" + CASE.entries[4][2:]), "kind 8")],
)
def test_malformed_entries(entry: str, said: str) -> None:
    error = refusal(replace(RECEIPT, entry=entry))
    assert error.code == "malformed-entry"
    assert said in error.message


@pytest.mark.parametrize("text", ["nonsense!", "AAA", RECEIPT.entry + "\n", " " + RECEIPT.entry,
                                  RECEIPT.entry + "AAAA=", RECEIPT.entry.replace("=", "", 1), "é"])
def test_an_entry_that_is_no_base64(text: str) -> None:
    error = refusal(replace(RECEIPT, entry=text))
    assert error.field == "entry" or error.code == "malformed-entry"
    assert error.code in ("malformed-receipt", "malformed-entry")


def test_every_changed_byte_of_the_entry_is_found() -> None:
    data = CASE.entries[4]
    codes: dict[int, str] = {}
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]
        codes[at] = refusal(replace(RECEIPT, entry=entry_of(changed))).code
    assert {codes[at] for at in range(2)} == {"malformed-entry"}
    assert {codes[at] for at in range(2, 34)} == {"wrong-digest"}
    assert {codes[at] for at in range(34, 170)} == {"not-included"}
    # Another kind that is known:
    assert refusal(replace(RECEIPT, entry=entry_of(b"\1\1" + data[2:]))).code == "not-included"


def test_every_changed_character_of_the_entry_is_found() -> None:
    """Base64 leaves bits unused before its padding; they have to be zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for at in (0, 100, len(RECEIPT.entry) - 3, len(RECEIPT.entry) - 2):
        for letter in alphabet:
            text = RECEIPT.entry[:at] + letter + RECEIPT.entry[at + 1 :]
            if text != RECEIPT.entry:
                refusal(replace(RECEIPT, entry=text))


@pytest.mark.parametrize("digest", ["", "00" * 32, RECEIPT.digest.upper(), RECEIPT.digest[:-1], RECEIPT.digest + "0"])
def test_another_digest(digest: str) -> None:
    error = refusal(replace(RECEIPT, digest=digest))
    assert (error.code, error.field, error.value or "") == ("wrong-digest", "digest", digest)
    assert error.message.startswith("1. ")


@pytest.mark.parametrize("index", [0, 3, 5, SIZE, -1, 2**63])
def test_another_index(index: int) -> None:
    error = refusal(replace(RECEIPT, index=index))
    assert (error.code, error.field, error.value) == ("wrong-index", "index", str(index))
    assert error.message.startswith("1. ")


# Step 2: the checkpoint


def test_a_checkpoint_signed_by_another_key() -> None:
    error = refusal(make(signer=ROGUE).receipt)
    assert (error.code, error.field, error.value) == ("wrong-checkpoint", "proof", ORIGIN)
    assert error.message.startswith("2. ")


def test_another_vkey() -> None:
    for vkey in (vkey_of(ORIGIN, ROGUE.verifier.key), vkey_of("other.example/log", LOG.verifier.key)):
        error = raised(VerificationError, verify_receipt, RECEIPT, vkey)
        assert error.code == "wrong-checkpoint"
        assert error.message.startswith("2. ")


@pytest.mark.parametrize("vkey", ["", "nonsense", VKEY[:-4], VKEY.replace("+", " ", 1), VKEY + "\n"])
def test_what_is_no_vkey(vkey: str) -> None:
    raised(InvalidNote, verify_receipt, RECEIPT, vkey)


def test_a_checkpoint_of_another_log_by_the_same_key() -> None:
    """The log's key may have signed a note about another origin: that note proves nothing here."""
    hashes = [leaf_hash(entry) for entry in CASE.entries]
    text = Checkpoint("other.example/log", SIZE, tree_root(hashes)).text()
    error = refusal(replace(RECEIPT, proof=encode_proof(4, inclusion_path(hashes, 4), sign_note(text, [LOG]))))
    assert error.code == "wrong-checkpoint"
    assert "another log" in error.message


@pytest.mark.parametrize("what", ["size", "root", "signature"])
def test_a_changed_checkpoint(what: str) -> None:
    head, _, checkpoint = RECEIPT.proof.partition("\n\n")
    lines = checkpoint.split("\n")
    if what == "size":
        lines[1] = "8"
    elif what == "root":
        lines[2] = base64.b64encode(bytes(32)).decode()
    else:
        name, _, signature = lines[4].rpartition(" ")
        lines[4] = f"{name} {signature[:20]}{'A' if signature[20] != 'A' else 'B'}{signature[21:]}"
    error = refusal(replace(RECEIPT, proof=f"{head}\n\n" + "\n".join(lines)))
    assert (error.code, error.field) == ("wrong-checkpoint", "proof")


# Step 3: inclusion


def test_the_path_of_another_entry() -> None:
    hashes = [leaf_hash(entry) for entry in CASE.entries]
    checkpoint = RECEIPT.proof.partition("\n\n")[2]
    error = refusal(replace(RECEIPT, proof=encode_proof(4, inclusion_path(hashes, 5), checkpoint)))
    assert (error.code, error.field, error.value) == ("not-included", "proof", "4")
    assert error.message.startswith("3. ")


@pytest.mark.parametrize("index", [0, 3, 5, 6, SIZE, 2**62])
def test_index_and_proof_changed_together(index: int) -> None:
    error = refusal(replace(RECEIPT, index=index, proof=RECEIPT.proof.replace("index 4\n", f"index {index}\n")))
    assert (error.code, error.value) == ("not-included", str(index))


@pytest.mark.parametrize("change", ["drop", "add", "swap"])
def test_a_changed_path(change: str) -> None:
    path = inclusion_path([leaf_hash(entry) for entry in CASE.entries], 4)
    changed = {"drop": path[:-1], "add": [*path, bytes(32)], "swap": path[::-1]}[change]
    checkpoint = RECEIPT.proof.partition("\n\n")[2]
    assert refusal(replace(RECEIPT, proof=encode_proof(4, changed, checkpoint))).code == "not-included"


def test_an_entry_of_the_log_that_is_not_ours() -> None:
    """The receipt of entry 4 with the bytes of entry 3, digests matching."""
    other = parse_entry(CASE.entries[3])
    assert refusal(replace(RECEIPT, entry=entry_of(CASE.entries[3]), digest=other.digest.hex())).code == "not-included"


@pytest.mark.parametrize("proof", ["", "nonsense", RECEIPT.proof[1:], RECEIPT.proof[:-1], RECEIPT.proof + "\n",
                                   RECEIPT.proof.replace("index 4", "index 04"), RECEIPT.proof.replace("\n\n", "\n", 1),
                                   RECEIPT.proof + "\x00", RECEIPT.proof.replace("@v1", "@v2"), "\ud800"])
def test_what_is_no_proof(proof: str) -> None:
    error = refusal(replace(RECEIPT, proof=proof))
    assert (error.code, error.field) == ("malformed-receipt", "proof")


def test_every_changed_character_of_the_proof_is_found() -> None:
    for at, letter in enumerate(RECEIPT.proof):
        changed = RECEIPT.proof[:at] + ("x" if letter != "x" else "y") + RECEIPT.proof[at + 1 :]
        assert refusal(replace(RECEIPT, proof=changed)).code in (
            "malformed-receipt", "wrong-index", "wrong-checkpoint", "not-included"
        )


# Step 4: leaves


def with_leaf(position: int, **changes: Any) -> Receipt:
    leaves = list(RECEIPT.leaves)
    leaves[position] = replace(leaves[position], **changes)
    return replace(RECEIPT, leaves=leaves)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_changed_byte_of_a_leaf_is_found(position: int) -> None:
    data = bytes(RECEIPT.leaves[position].leaf)
    for at, byte in enumerate(data):
        error = refusal(with_leaf(position, leaf=Raw(data[:at] + bytes([byte ^ 1]) + data[at + 1 :])))
        assert error.code in ("wrong-leaf", "malformed-leaf")
        assert error.field == f"leaves[{position}]"
        assert error.message.startswith(f"4. leaves[{position}] ")


def test_a_better_figure() -> None:
    data = bytes(RECEIPT.leaves[1].leaf)
    better = data.replace(b'"1.25"', b'"0.25"')
    assert better != data
    error = refusal(with_leaf(1, leaf=Raw(better)))
    assert (error.code, error.field) == ("wrong-leaf", "leaves[1]")
    assert "does not lead to the root" in error.message


def test_a_leaf_without_some_of_its_figures() -> None:
    tree = json.loads(bytes(RECEIPT.leaves[1].leaf))
    del tree["burdens"]
    assert refusal(with_leaf(1, leaf=Raw(json.dumps(tree).encode()))).code == "wrong-leaf"


@pytest.mark.parametrize("changes", [{"index": 0}, {"index": 2}, {"index": 3}, {"index": -1}, {"size": 1}, {"size": 2},
                                     {"size": 0}, {"size": 5}, {"size": 2**64}, {"index": 2**64, "size": 2**65},
                                     {"path": []}, {"path": RECEIPT.leaves[0].path},
                                     {"path": RECEIPT.leaves[1].path * 2}, {"path": RECEIPT.leaves[1].path[::-1]}])
def test_changed_places_of_a_leaf(changes: dict[str, Any]) -> None:
    error = refusal(with_leaf(1, **changes))
    assert (error.code, error.field) == ("wrong-leaf", "leaves[1]")


def test_a_lot_is_never_shown_in_the_place_of_the_assessment() -> None:
    """The outcome's size is not signed: leaf 2 of 3 and leaf 1 of 2 have the same path. What a leaf is, is."""
    case = make(lots=0)
    lone = replace(case.receipt.leaves[0], leaf=Raw(lot_leaf(1)))
    entry = parse_entry(case.entries[4])._replace(outcome=outcome_root([lot_leaf(1)])).to_bytes()
    hashes = [leaf_hash(entry if i == 4 else other) for i, other in enumerate(case.entries)]
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, SIZE, tree_root(hashes)), LOG)
    proof = TlogProof(4, tuple(inclusion_path(hashes, 4)), checkpoint)
    error = refusal(replace(make_receipt(proof, canonical.digest(BODY), entry, []), leaves=[lone]))
    assert (error.code, error.field, error.value) == ("wrong-leaf", "leaves[0]", "0")
    assert "leaf 0" in error.message


def test_every_changed_character_of_a_path_is_found() -> None:
    path = RECEIPT.leaves[1].path
    for which, node in enumerate(path):
        for at, letter in enumerate(node):
            changed = node[:at] + ("A" if letter != "A" else "B") + node[at + 1 :]
            assert refusal(with_leaf(1, path=[*path[:which], changed, *path[which + 1 :]])).code == "wrong-leaf"


@pytest.mark.parametrize("leaf", [b"", b"{}", b"[]", b"null", b'{"leaf":"other"}', b'{"leaf":"lot"}', b"\xff",
                                  b'"\xff"', b"[" * 100_000, b'{"leaf":"assessment","salt":"x","method":"m"}'])
def test_what_is_no_leaf(leaf: bytes) -> None:
    error = refusal(with_leaf(2, leaf=Raw(leaf)))
    assert (error.code, error.field) == ("malformed-leaf", "leaves[2]")
    assert error.message.startswith("4. leaves[2] is not a leaf")


def test_leaves_of_another_record() -> None:
    assert refusal(replace(RECEIPT, leaves=make(lots=3).receipt.leaves)).code == "wrong-leaf"


# Steps 5 and 6: body and key


@pytest.mark.parametrize("body", [b"", b"{}", BODY + b"\n", BODY.replace(b"mill", b"MILL")])
def test_another_body(body: bytes) -> None:
    error = refusal(RECEIPT, body=body)
    assert (error.code, error.field) == ("wrong-body", "body")
    assert error.message.startswith("5. ")


def test_another_key() -> None:
    other = load_spki(SigningKey.from_seed(b"\4" * 32).spki)
    error = refusal(RECEIPT, key=other)
    assert (error.code, error.field, error.value) == ("wrong-key", "key", other.keyid.hex())
    assert error.message.startswith("6. ")


@pytest.mark.parametrize("fault", ["another origin", "another kind", "another digest", "no signature"])
def test_a_signature_that_the_log_took_in_and_that_does_not_hold(fault: str) -> None:
    """The log is not trusted: an entry may be on it, properly proved, whose signature is worth nothing."""
    digest = canonical.digest(BODY)
    signature = {
        "another origin": KEY.sign_record("other.example/log", 0, digest),
        "another kind": KEY.sign_record(ORIGIN, 1, digest),
        "another digest": KEY.sign_record(ORIGIN, 0, bytes(32)),
        "no signature": bytes(64),
    }[fault]
    entry = parse_entry(CASE.entries[4])._replace(signature=signature).to_bytes()
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf_hash(entry)), LOG)
    receipt = make_receipt(TlogProof(0, (), checkpoint), digest, entry, CASE.leaves)
    assert check(receipt, body=BODY).lots
    error = refusal(receipt, body=BODY, key=PUBLIC)
    assert (error.code, error.field, error.value) == ("wrong-signature", "signature", signature.hex()[:200])


# Reading


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"index":0,"digest":"\xff"}', b"[" * 100_000,
     b'{"index":0,"digest":"","entry":"","proof":"","leaves":[{"leaf":' + b"[" * 100_000,
     msgspec.json.encode(RECEIPT).replace(b'"index":4', b'"index":"4"'), msgspec.json.encode(RECEIPT)[:-1],
     msgspec.json.encode(RECEIPT) + b"x"],
)
def test_what_is_no_receipt(data: bytes) -> None:
    error = raised(InvalidInput, read_receipt, data)
    assert error.field == "receipt"
    assert error.message.startswith("not a receipt: ")


@given(st.integers(min_value=0, max_value=len(msgspec.json.encode(RECEIPT)) - 1), st.integers(1, 255))
def test_no_change_of_a_receipt_shows_another_figure(at: int, flip: int) -> None:
    """Whatever byte is changed: refused, or it says exactly what the untouched receipt says."""
    data = bytearray(msgspec.json.encode(RECEIPT))
    data[at] ^= flip
    try:
        found = check(read_receipt(bytes(data)), body=BODY, key=PUBLIC)
    except (InvalidInput, VerificationError):
        return
    true = check(RECEIPT)
    assert (found.index, found.size, found.entry) == (true.index, true.size, true.entry)
    # A leaf may get lost (the name of an optional list was hit), but none may change.
    assert found.assessment in (true.assessment, None)
    assert set(map(str, found.lots)) <= set(map(str, true.lots))
