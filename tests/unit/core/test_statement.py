"""Statements: what is signed, and steps 1 to 5. Whatever is changed is found; where the log itself signs what is not
true, so far as the tree shows it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, Raw
from support.memory import ORIGIN, MemoryLedger
from support.raising import raised
from support.sectors import Make, registry
from support.statements import LOG, REMOVED, ROGUE, VKEY, Path, at, changed, other, paths, signed, stated, tree_of
from unit.engine.works import Works, change

from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner, parse_note, sign_note
from ledger.core.log.note import vkey as vkey_of
from ledger.core.receipts.statement import (
    TAG,
    Statement,
    answer_of,
    canonical_claims,
    is_statement,
    note_text,
    read_statement,
    sign_statement,
    tlog_proof,
)
from ledger.core.receipts.statement_steps import prove, verify_statement
from ledger.errors import InvalidInput, InvalidNote, VerificationError

Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def works() -> Works:
    """b and b2 of 80 kg of a and 5 kg of d; a was amended, so b was revised as well, d was not."""
    found = Works(MemoryLedger(registry()))
    a = found.mine("a", "100", co2="50")
    found.mine("d", "10", co2="7")
    found.run({"b": "60", "b2": "25"}, {"a": "80", "d": "5"}, co2="10")
    found.amend(change(a, activity=Make(co2="90")))
    return found


@pytest.fixture(scope="module")
def statement(works: Works) -> Statement:
    return stated(works.ledger, works.name("b"))


@pytest.fixture
def tree(statement: Statement) -> Any:
    """Its claims, to be changed."""
    return tree_of(statement)


def fails(statement: Statement, vkey: str = VKEY) -> tuple[int, str, str | None]:
    """Step, code and field of what does not hold."""
    error = raised(VerificationError, verify_statement, statement, vkey)
    step, dot, _ = error.message.partition(". ")
    assert dot, error.message
    return int(step), error.code, error.field


# --- what holds ------------------------------------------------------------------------------------------------------


def test_a_statement_holds(works: Works, statement: Statement) -> None:
    """60 of 85 kg: 60/85 of 10 + 0.8 * 90 + 0.5 * 7 = 85.5, so 60.35..; the lot, what went in, and who revised it."""
    proven = verify_statement(statement, VKEY)
    assert (proven.lot.lot, [lot.lot for lot in proven.inputs]) == (works.name("b"), [works.name("a"), works.name("d")])
    assert float(proven.lot.burdens["fossilGhgEmissions"]) == pytest.approx(85.5 * 60 / 85, rel=1e-12)
    assert proven.checkpoint == Checkpoint(ORIGIN, len(works.ledger.entries), works.ledger.root())
    assert [one.revision is not None for one in proven.claims.records] == [True, False, True]
    assert proven.digest == note_text(bytes(statement.claims)).split("\n")[1]
    assert proven.entry.to_bytes() == works.ledger.entries[proven.claims.record]


def test_however_it_is_formatted(statement: Statement) -> None:
    document = json.loads(msgspec.json.encode(statement))
    shuffled = {name: document["claims"][name] for name in reversed(document["claims"])}
    text = json.dumps({**document, "claims": shuffled}, indent=3, ensure_ascii=True)
    assert verify_statement(read_statement(text.encode()), VKEY) == verify_statement(statement, VKEY)


def test_it_is_the_same_each_time(statement: Statement, tree: Any) -> None:
    assert sign_statement(canonical_claims(statement)[0], LOG) == statement == signed(tree)


def test_it_says_so(statement: Statement) -> None:
    assert is_statement(msgspec.json.encode(statement))
    assert is_statement(b'{"statement": "carbon-ledger/statement/v2"}')
    for data in (b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"statement": null}', b'{"digest": "0"}'):
        assert not is_statement(data)


def test_its_note_is_no_checkpoint(statement: Statement, tree: Any) -> None:
    """Two lines, not three, and no size; and a checkpoint is no note of a statement."""
    text = parse_note(statement.note).text
    assert text.split("\n")[0] == TAG
    raised(InvalidNote, parse_checkpoint, text)
    document = {"statement": TAG, "note": tree["checkpoint"], "claims": tree}
    assert fails(read_statement(json.dumps(document).encode())) == (2, "wrong-claims", "claims")
    tree["checkpoint"] = statement.note
    assert fails(signed(tree)) == (3, "wrong-checkpoint", "claims.checkpoint")


def test_an_origin_named_like_a_statement() -> None:
    """Even then a checkpoint has a third line, and its second is no digest."""
    signer = NoteSigner(TAG, ROGUE._key)
    note = sign_checkpoint(Checkpoint(TAG, 1, bytes(32)), signer)
    data = Raw(b"{}")
    found = fails(Statement(statement=TAG, note=note, claims=data), vkey_of(TAG, signer.verifier.key))
    assert found == (1, "malformed-statement", "claims")
    assert parse_note(note).text != note_text(bytes(data))


def test_its_tlog_proofs(statement: Statement, works: Works) -> None:
    claims, _ = canonical_claims(statement)
    for one in claims.entries:
        proof = parse_proof(tlog_proof(claims, one.index))
        assert (proof.index, proof.checkpoint_note) == (one.index, claims.checkpoint)
        assert [base64.b64encode(node).decode() for node in proof.path] == one.path
    error = raised(InvalidInput, tlog_proof, claims, 0)
    assert (error.code, error.field) == ("invalid-input", "index")


# --- an answer of another method -------------------------------------------------------------------------------------


def test_an_answer_stands_beside_the_figure(works: Works) -> None:
    """Its figures are strings that read back to the same binary64; what is absent is left out."""
    answer = answer_of({"method": "other/1", "total": 0.1 + 0.2, "big": 1e22, "parts": [1.5, None, 2], "none": None})
    assert json.loads(bytes(answer)) == {
        "method": "other/1", "total": "0.30000000000000004", "big": "1e+22", "parts": ["1.5", 2]}
    statement = stated(works.ledger, works.name("b"), answer)
    assert verify_statement(statement, VKEY).claims.answer == answer
    assert verify_statement(stated(works.ledger, works.name("b")), VKEY).claims.answer is UNSET
    forged = changed(tree_of(statement), ("answer", "total"), "0.2")
    assert fails(Statement(statement=TAG, note=statement.note, claims=Raw(msgspec.json.encode(forged)))) == (
        2, "wrong-claims", "claims")


# --- without the log's key nothing can be changed --------------------------------------------------------------------


def test_whatever_is_changed_is_found(statement: Statement, tree: Any) -> None:
    """Every value is another one, is left out, or stands where its neighbour stood: the note is of other claims."""
    tried = 0
    for where in paths(tree):
        for value in (other(at(tree, where)), REMOVED):
            claims = changed(tree, where, value)
            if claims == tree:
                continue
            document = {"statement": TAG, "note": statement.note, "claims": claims}
            step, code, _ = fails(read_statement(json.dumps(document).encode()))
            assert (step, code) in ((2, "wrong-claims"), (1, "malformed-statement")), where
            tried += 1
    assert tried > 250


@pytest.mark.parametrize("place", ["entries", "inputs", "records", "named"])
def test_what_is_swapped_is_found(statement: Statement, tree: Any, place: str) -> None:
    tree[place].reverse()
    document = {"statement": TAG, "note": statement.note, "claims": tree}
    assert fails(read_statement(json.dumps(document).encode()))[0] in (1, 2)


def test_the_note_is_changed(statement: Statement, tree: Any) -> None:
    """Another signature, another digest, another key, none."""
    text, _, line = statement.note.rpartition("\n\n")
    tag, digest = text.split("\n")
    data = base64.b64decode(line.split()[2])
    flipped = base64.b64encode(data[:-1] + bytes((data[-1] ^ 1,))).decode()
    notes = {
        f"{text}\n\n— {ORIGIN} {flipped}\n": "wrong-signature",
        f"{tag}\n{'0' * 64}\n\n{line}": "wrong-signature",
        f"{tag}x\n{digest}\n\n{line}": "wrong-signature",
        signed(tree, ROGUE).note: "wrong-signature",
        f"{text}\n": "wrong-signature",
        "": "wrong-signature",
        sign_note(f"{TAG}\n{'0' * 64}\n", [LOG]): "wrong-claims",
        sign_note(f"{TAG}\n{digest}\nmore\n", [LOG]): "wrong-claims",
    }
    for note, code in notes.items():
        assert fails(Statement(statement=TAG, note=note, claims=statement.claims)) == (
            2, code, "claims" if code == "wrong-claims" else "note")


def test_with_another_key(statement: Statement) -> None:
    for name in (ORIGIN, "another.example/log"):
        assert fails(statement, vkey_of(name, ROGUE.verifier.key)) == (2, "wrong-signature", "note")
    raised(InvalidNote, verify_statement, statement, "no key")


def test_a_statement_of_another_log_with_the_same_key(tree: Any) -> None:
    """The key's name is the log's origin."""
    signer = NoteSigner("another.example/log", LOG._key)
    assert fails(signed(tree, signer), vkey_of(signer.name, signer.verifier.key)) == (
        2, "wrong-origin", "claims.origin")


# --- no statement at all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [
    b"", b"{}", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"statement": "carbon-ledger/statement/v1"}',
    b'{"statement": 1, "note": "", "claims": {}}', b'{"statement": "x", "note": "", "claims": {}, "more": 1}',
])
def test_what_is_no_statement(data: bytes) -> None:
    error = raised(InvalidInput, read_statement, data)
    assert (error.code, error.field) == ("not-a-statement", "statement")
    assert TAG in (error.rule or "")


def test_a_statement_of_another_version(statement: Statement) -> None:
    data = msgspec.json.encode(statement).replace(b"statement/v1", b"statement/v2", 1)
    error = raised(InvalidInput, read_statement, data)
    assert (error.code, error.value) == ("statement-version", "carbon-ledger/statement/v2")


@pytest.mark.parametrize("claims", [b"{}", b"[]", b"null", b"1", b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}"])
def test_claims_that_are_none(claims: bytes) -> None:
    statement = Statement(statement=TAG, note=sign_note(note_text(claims), [LOG]), claims=Raw(claims))
    assert fails(statement) == (1, "malformed-statement", "claims")


@pytest.mark.parametrize(("where", "value"), [
    (("size",), 4.5), (("plugin",), None), (("share",), 1), (("more",), "x"), (("quantity", "value"), "1e3"),
    (("result", "leaf", "more"), 0.5), (("inputs", 0, "part"), None), (("answer",), {"total": 1.5}),
])
def test_claims_with_what_has_no_one_spelling(tree: Any, where: Path, value: object) -> None:
    """Fractions, null, unknown fields, values of another kind."""
    data = msgspec.json.encode(changed(tree, where, value))
    statement = Statement(statement=TAG, note=sign_note(note_text(data), [LOG]), claims=Raw(data))
    assert fails(statement) == (1, "malformed-statement", "claims")


def test_a_key_that_stands_twice(statement: Statement) -> None:
    """Readers of JSON take the one or the other: what counts is what was signed."""
    data = bytes(statement.claims)
    twice = data[:-1] + b',"lot":"urn:example:works:other"}'
    assert fails(Statement(statement=TAG, note=statement.note, claims=Raw(twice))) == (2, "wrong-claims", "claims")
    same = data[:1] + b'"lot":"urn:example:works:other",' + data[1:]
    found = verify_statement(Statement(statement=TAG, note=statement.note, claims=Raw(same)), VKEY)
    assert found.claims.lot != "urn:example:works:other"


# --- a log that signs what its tree does not show --------------------------------------------------------------------


def removed(*where: str | int) -> Change:
    def remove(tree: Any) -> None:
        del at(tree, where[:-1])[where[-1]]
    return remove


def put(value: object, *where: str | int) -> Change:
    def put_(tree: Any) -> None:
        at(tree, where[:-1])[where[-1]] = value
    return put_


def varied(*where: str | int) -> Change:
    """Another value of the same kind."""
    def vary(tree: Any) -> None:
        at(tree, where[:-1])[where[-1]] = other(at(tree, where))
    return vary


def hashed(*where: str | int) -> Change:
    """Another hash, or other bytes, in one spelling."""
    def flip(tree: Any) -> None:
        data = bytearray(base64.b64decode(at(tree, where)))
        data[40 if len(data) > 40 else 0] ^= 1
        at(tree, where[:-1])[where[-1]] = base64.b64encode(data).decode()
    return flip


def swapped(one: Path, another: Path) -> Change:
    def swap(tree: Any) -> None:
        a, b = at(tree, one), at(tree, another)
        at(tree, one[:-1])[one[-1]], at(tree, another[:-1])[another[-1]] = b, a
    return swap


MALFORMED = "malformed-statement"


@pytest.mark.parametrize(("change", "step", "code", "field"), [
    # 1: what is named is there, once, in order, and nothing else is.
    (removed("entries", 0), 1, MALFORMED, "claims.entries"),
    (removed("records", 1), 1, MALFORMED, "claims.records"),
    (removed("inputs", 1), 1, MALFORMED, "claims.records"),
    (put([], "inputs"), 1, MALFORMED, "claims.records"),
    (swapped(("entries", 0), ("entries", 1)), 1, MALFORMED, "claims.entries"),
    (swapped(("records", 0), ("records", 1)), 1, MALFORMED, "claims.records"),
    (varied("entries", 3, "index"), 1, MALFORMED, "claims.entries"),
    (varied("record"), 1, MALFORMED, "claims.records"),
    (put(2, "inputs", 0, "record"), 1, MALFORMED, "claims.records"),
    (put(-1, "records", 0, "index"), 1, MALFORMED, "claims.records"),
    (removed("records", 0, "revision"), 5, "wrong-leaf", "claims.inputs[0].shown"),
    (put("!", "entries", 0, "entry"), 1, MALFORMED, "claims.entries[0].entry"),
    (put("AAAA=", "entries", 0, "path", 0), 1, MALFORMED, "claims.entries[0].path"),
    (put("AB==", "root"), 1, MALFORMED, "claims.root"),
    (put("!", "result", "path", 0), 1, MALFORMED, "claims.result.path"),
    # 2: of this log.
    (varied("origin"), 2, "wrong-origin", "claims.origin"),
    # 3: the checkpoint.
    (varied("size"), 3, "wrong-tree", "claims.size"),
    (hashed("root"), 3, "wrong-tree", "claims.root"),
    (put("AAAA", "root"), 3, "wrong-tree", "claims.root"),
    (varied("checkpoint"), 3, "wrong-checkpoint", "claims.checkpoint"),
    (put("", "checkpoint"), 3, "wrong-checkpoint", "claims.checkpoint"),
    # 4: entries in the tree.
    (hashed("entries", 0, "entry"), 4, "not-included", "claims.entries[0]"),
    (hashed("entries", 2, "path", 0), 4, "not-included", "claims.entries[2]"),
    (removed("entries", 1, "path", 0), 4, "not-included", "claims.entries[1]"),
    (swapped(("entries", 0, "entry"), ("entries", 1, "entry")), 4, "not-included", "claims.entries[0]"),
    (put("AAAA", "entries", 3, "entry"), 4, "not-included", "claims.entries[3]"),
    # 5: results in outcomes.
    (varied("result", "leaf", "burdens", "fossilGhgEmissions"), 5, "wrong-leaf", "claims.result"),
    (varied("result", "leaf", "salt"), 5, "wrong-leaf", "claims.result"),
    (removed("result", "leaf", "plugin"), 5, "wrong-leaf", "claims.result"),
    (hashed("result", "path", 0), 5, "wrong-leaf", "claims.result"),
    (removed("result", "path", 0), 5, "wrong-leaf", "claims.result"),
    (put(2, "result", "index"), 5, "wrong-leaf", "claims.result"),
    (put("none", "result", "leaf"), 5, "malformed-leaf", "claims.result"),
    (put({"leaf": "lot"}, "result", "leaf"), 5, "malformed-leaf", "claims.result"),
    (varied("assessment", "leaf", "assessment", "lines", 0, "amount"), 5, "wrong-leaf", "claims.assessment"),
    (put(1, "assessment", "index"), 5, "wrong-leaf", "claims.assessment"),
    (swapped(("assessment",), ("result",)), 5, "wrong-leaf", "claims.result"),
    (varied("inputs", 1, "shown", "leaf", "burdens", "fossilGhgEmissions"), 5, "wrong-leaf", "claims.inputs[1].shown"),
    (swapped(("inputs", 0, "shown"), ("inputs", 1, "shown")), 5, "wrong-leaf", "claims.inputs[0].shown"),
    (swapped(("inputs", 0, "shown", "leaf"), ("inputs", 1, "shown", "leaf")), 5, "wrong-leaf",
     "claims.inputs[0].shown"),
    (put(7, "records", 1, "leaves"), 5, "wrong-leaf", "claims.inputs[1].shown"),
    (hashed("records", 0, "revision", "shown", "path", 0), 5, "wrong-leaf", "claims.records[0].revision.shown"),
    (varied("records", 0, "revision", "shown", "leaf", "outcome"), 5, "wrong-leaf", "claims.records[0].revision.shown"),
    (swapped(("records", 0, "revision"), ("records", 2, "revision")), 5, "wrong-revision",
     "claims.records[0].revision"),
    (put(99, "records", 0, "revision", "size"), 5, "wrong-leaf", "claims.records[0].revision.shown"),
    # 5: what is said of them.
    (varied("lot"), 5, "wrong-claim", "claims.lot"),
    (varied("product"), 5, "wrong-claim", "claims.product"),
    (varied("digest"), 5, "wrong-claim", "claims.digest"),
    (put({"value": "61", "unit": "KGM"}, "quantity"), 5, "wrong-claim", "claims.quantity"),
    (put({"value": "60", "unit": "TNE"}, "quantity"), 5, "wrong-claim", "claims.quantity"),
    (put("pef/1", "method"), 5, "wrong-claim", "claims.method"),
    (put("works/2.0.0", "plugin"), 5, "wrong-claim", "claims.plugin"),
    (removed("plugin"), 5, "wrong-claim", "claims.plugin"),
    (varied("figure", "burdens", "fossilGhgEmissions"), 5, "wrong-claim", "claims.figure.burdens"),
    (removed("figure", "burdens", "absGhg"), 5, "wrong-claim", "claims.figure.burdens"),
    (varied("figure", "contents", "mass"), 5, "wrong-claim", "claims.figure.contents"),
    (put({"mass": "1.0", "material:gold": "1.0"}, "figure", "contents"), 5, "wrong-claim", "claims.figure.contents"),
])
def test_a_log_that_lies_is_found(tree: Any, change: Change, step: int, code: str, field: str) -> None:
    """The claims are signed by the log, whatever they are."""
    change(tree)
    statement = signed(tree)
    assert fails(statement) == (step, code, field)
    # Nor is it signed by a log that makes it by the rules.
    if step > 1:
        raised(VerificationError, prove, canonical_claims(statement)[0], LogKeys(VKEY))


def test_another_lots_leaf(works: Works, tree: Any) -> None:
    """b2, of the same record, in the place of b: its proof holds, but the statement says another lot."""
    tree["result"] = tree_of(stated(works.ledger, works.name("b2")))["result"]
    assert fails(signed(tree)) == (5, "wrong-claim", "claims.lot")


def test_an_input_that_stands_twice(tree: Any) -> None:
    tree["inputs"].append(tree["inputs"][1])
    assert fails(signed(tree)) == (5, "wrong-leaf", "claims.inputs")


def test_an_input_that_is_no_lot(works: Works, tree: Any) -> None:
    """Leaf 0 of the record that made it."""
    tree["inputs"][1]["shown"] = tree_of(stated(works.ledger, works.name("d")))["assessment"]
    assert fails(signed(tree)) == (5, "wrong-leaf", "claims.inputs")


def test_an_input_of_a_later_record(works: Works, tree: Any) -> None:
    """Whoever takes from a lot comes after it."""
    tree["inputs"][0]["record"] = tree["record"]
    tree["records"].pop(0)
    tree["entries"].pop(0)
    assert fails(signed(tree)) == (1, MALFORMED, "claims.inputs[0].record")


def test_a_revision_before_its_record(tree: Any) -> None:
    tree["records"][2]["revision"]["by"] = tree["records"][0]["index"]
    assert fails(signed(tree)) == (1, MALFORMED, "claims.records[2].revision.by")


def test_a_revision_of_another_record(works: Works, tree: Any) -> None:
    """The amendment's leaf of a, shown as that of d; it names a by index and digest."""
    tree["records"][1]["revision"] = tree["records"][0]["revision"]
    assert fails(signed(tree)) == (5, "wrong-revision", "claims.records[1].revision")


def test_a_lot_shown_as_a_revision(tree: Any) -> None:
    """Any other leaf that is in an entry's outcome."""
    revision = tree["records"][0]["revision"]
    revision["shown"], revision["size"] = tree["inputs"][1]["shown"], 2
    revision["by"] = tree["record"]
    assert fails(signed(tree))[:2] in ((5, "wrong-revision"), (5, "wrong-leaf"))


def test_a_checkpoint_that_another_signed(tree: Any) -> None:
    tree["checkpoint"] = sign_checkpoint(Checkpoint(ORIGIN, tree["size"], base64.b64decode(tree["root"])), ROGUE)
    assert fails(signed(tree)) == (3, "wrong-checkpoint", "claims.checkpoint")


def test_a_checkpoint_of_an_earlier_tree(works: Works, tree: Any) -> None:
    """One that the log did sign: its root is another."""
    tree["checkpoint"] = sign_checkpoint(Checkpoint(ORIGIN, tree["size"] - 1, bytes(32)), LOG)
    assert fails(signed(tree)) == (3, "wrong-tree", "claims.size")
    tree["size"] -= 1
    tree["root"] = base64.b64encode(bytes(32)).decode()
    assert fails(signed(tree))[:2] == (4, "not-included")
