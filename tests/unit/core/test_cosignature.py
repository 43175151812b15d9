"""Cosignatures of witnesses, the policies that ask for them, and the requests that witnesses answer."""

import base64
import json
from contextlib import suppress
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised
from support.witnesses import MemoryLog

from ledger.core.log.add_checkpoint import (
    MAX_PROOF,
    AddCheckpoint,
    Declined,
    encode_request,
    judge,
    parse_request,
    parse_size,
    stated,
)
from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.core.log.cosignature import (
    ED25519,
    ML_DSA_44,
    CosignatureVerifier,
    Cosigner,
    PrivateKey,
    cosignature_line,
    cosigned_at,
    parse_cosigner_vkey,
    signed_message,
)
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import NoteSigner, parse_note, sign_note, verify_note, vkey
from ledger.core.log.policy import MAX_POLICY, Policy, open_cosigned, parse_policy
from ledger.errors import InvalidInput, InvalidKey, InvalidNote, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "cosignatures.json").read_text())
ORIGIN, TIME = "log.example/one", 1_700_000_000
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
NOTE = sign_checkpoint(CHECKPOINT, LOG)
TEXT = CHECKPOINT.text()
KEYS: dict[str, PrivateKey] = {
    "Ed25519": Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32),
    "ML-DSA-44": MLDSA44PrivateKey.from_seed_bytes(bytes([2]) * 32),
}


def cosigner(kind: str, name: str = "witness.example/w1", time: int = TIME) -> Cosigner:
    return Cosigner(name, KEYS[kind], time)


@pytest.mark.parametrize("case", ["ed25519", "ed25519WithExtension", "mlDsa44"])
def test_cosignatures_of_other_implementations_hold(case: str) -> None:
    vector = VECTORS[case]
    verifier = parse_cosigner_vkey(vector["vkey"])
    assert verifier.vkey == vector["vkey"]
    assert cosigned_at(vector["note"], [verifier]) == {verifier.key_hash: vector["time"]}


@pytest.mark.parametrize("case", ["ed25519", "ed25519WithExtension"])
def test_ed25519_cosignatures_are_those_of_another_implementation(case: str) -> None:
    vector = VECTORS[case]
    text, seed = parse_note(vector["note"]).text, bytes.fromhex(vector["seed"])
    made = Cosigner(vector["vkey"].partition("+")[0], Ed25519PrivateKey.from_private_bytes(seed), vector["time"])
    assert f"{text}\n{cosignature_line(made, text)}" == vector["note"]


def test_ml_dsa_signs_the_message_of_the_specification() -> None:
    vector = VECTORS["mlDsa44"]
    text, seed = parse_note(vector["note"]).text, bytes.fromhex(vector["seed"])
    name = vector["vkey"].partition("+")[0]
    assert signed_message(ML_DSA_44, name, text, vector["time"]).hex() == vector["message"]
    assert Cosigner(name, MLDSA44PrivateKey.from_seed_bytes(seed), vector["time"]).verifier.vkey == vector["vkey"]


def test_the_line_of_the_specification_has_its_time_where_ours_has_it() -> None:
    example = VECTORS["example"]
    (line,) = parse_note(f"{TEXT}\n{example['line']}\n").signatures
    assert (line.name, int.from_bytes(line.signature[:8], "big")) == (example["name"], example["time"])
    assert len(line.signature) == 72


def test_the_message_of_ed25519_is_written_out() -> None:
    assert signed_message(ED25519, "w", TEXT, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    )


@pytest.mark.parametrize("kind", KEYS)
def test_a_cosigned_note_holds_for_log_and_witness(kind: str) -> None:
    one = cosigner(kind)
    note = NOTE + cosignature_line(one, TEXT)
    assert open_checkpoint(note, ORIGIN, LOG.verifier) == CHECKPOINT
    assert verify_note(note, [LOG.verifier, one.verifier]) == TEXT
    assert cosigned_at(note, [one.verifier]) == {one.key_hash: TIME}
    assert sign_note(TEXT, [LOG, one]).startswith(NOTE)


@pytest.mark.parametrize("kind", KEYS)
def test_a_vkey_reads_back(kind: str) -> None:
    one = cosigner(kind).verifier
    again = parse_cosigner_vkey(one.vkey)
    assert (again.name, again.key_hash, again.material, again.vkey) == (one.name, one.key_hash, one.material, one.vkey)


def test_one_name_and_key_cosign_and_sign_under_different_hashes() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    assert CosignatureVerifier(ORIGIN, key.public_key()).key_hash != LOG.key_hash


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("place", [0, 7, 8, 40, -1])
def test_a_changed_byte_does_not_hold(kind: str, place: int) -> None:
    one = cosigner(kind)
    signature = bytearray(one.sign(TEXT))
    signature[place] ^= 1
    raised(VerificationError, one.verifier.verify, TEXT, bytes(signature))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("other", [
    Checkpoint(ORIGIN, 8, CHECKPOINT.root), Checkpoint(ORIGIN, 7, bytes(32)),
    Checkpoint(ORIGIN + "x", 7, CHECKPOINT.root),
])
def test_a_cosignature_is_of_one_checkpoint(kind: str, other: Checkpoint) -> None:
    one = cosigner(kind)
    raised(VerificationError, one.verifier.verify, other.text(), one.sign(TEXT))


def test_ml_dsa_commits_to_the_name_of_the_cosigner() -> None:
    signature = cosigner("ML-DSA-44").sign(TEXT)
    raised(VerificationError, lambda: cosigner("ML-DSA-44", name="witness.example/w2").verifier.verify(TEXT, signature))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("cut", [0, 8, 71, 73, 2427, 2429])
def test_a_cosignature_has_the_length_of_its_type(kind: str, cut: int) -> None:
    one = cosigner(kind)
    assert "malformed for its type" in str(raised(
        VerificationError, one.verifier.verify, TEXT, one.sign(TEXT)[:cut] if cut < 72 else bytes(cut)
    ))


def test_a_time_beyond_63_bits_is_refused() -> None:
    assert "malformed for its type" in str(raised(
        VerificationError, lambda: cosigner("Ed25519").verifier.verify(TEXT, b"\xff" * 8 + bytes(64))
    ))
    for time in (0, -1, 2**63):
        assert "time" in str(raised(InvalidNote, cosigner, "Ed25519", time=time))


def test_lines_of_unknown_keys_are_ignored_and_the_latest_of_two_counts() -> None:
    known, unknown = cosigner("Ed25519"), cosigner("ML-DSA-44", name="other.example")
    later = cosigner("Ed25519", time=TIME + 5)
    note = NOTE + "".join(cosignature_line(one, TEXT) for one in (unknown, later, known))
    assert cosigned_at(note, [known.verifier]) == {known.key_hash: TIME + 5}
    assert cosigned_at(NOTE, [known.verifier]) == {}


def test_a_line_of_a_known_key_that_does_not_hold_refuses_the_note() -> None:
    one = cosigner("Ed25519")
    bad = base64.b64encode(one.key_hash + TIME.to_bytes(8, "big") + bytes(64)).decode()
    assert "does not hold" in str(raised(VerificationError, cosigned_at, f"{NOTE}— {one.name} {bad}\n", [one.verifier]))


@pytest.mark.parametrize("text", ["one\ntwo\n", "a\n1\nb\n", f"{TEXT}\n", TEXT.replace("\n7\n", "\n07\n")])
@pytest.mark.parametrize("kind", KEYS)
def test_only_checkpoints_are_cosigned(kind: str, text: str) -> None:
    raised(InvalidNote, lambda: cosigner(kind).sign(text))


@pytest.mark.parametrize("kind", KEYS)
def test_extension_lines_are_cosigned_with_ed25519_and_left_out_with_ml_dsa(kind: str) -> None:
    one, text = cosigner(kind), TEXT + "extension\n"
    signature = one.sign(text)
    one.verifier.verify(text, signature)
    if kind == "ML-DSA-44":
        one.verifier.verify(TEXT, signature)
    else:
        raised(VerificationError, one.verifier.verify, TEXT, signature)


def test_names_that_ml_dsa_cannot_commit_to_are_refused() -> None:
    assert "255" in str(raised(InvalidNote, cosigner, "ML-DSA-44", name="w" * 256))
    assert "255" in str(raised(
        InvalidNote, lambda: cosigner("ML-DSA-44").sign(Checkpoint("o" * 256, 7, CHECKPOINT.root).text())
    ))


ED_VKEY = CosignatureVerifier("w", KEYS["Ed25519"].public_key()).vkey


@pytest.mark.parametrize(("text", "error"), [
    ("", InvalidNote), ("w+00", InvalidNote), (ED_VKEY[:-1], InvalidNote), (ED_VKEY + "A", InvalidNote),
    ("v" + ED_VKEY[1:], InvalidNote), (ED_VKEY.replace("+", "+ ", 1), InvalidNote),
    (vkey(ORIGIN, LOG.verifier.key), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x04" + bytes(31)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x04" + b"\x01" + bytes(31)).decode(), InvalidKey),
])
def test_what_is_no_vkey_of_a_witness_is_refused(text: str, error: type[Exception]) -> None:
    raised(error, parse_cosigner_vkey, text)


def test_a_library_without_ml_dsa_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: bytes) -> MLDSA44PublicKey:
        raise UnsupportedAlgorithm("no ML-DSA")

    text = cosigner("ML-DSA-44").verifier.vkey
    missing = type("Lacking", (), {"from_public_bytes": lacking})
    monkeypatch.setattr("ledger.core.log.cosignature.MLDSA44PublicKey", missing)
    with pytest.raises(InvalidKey, match="lacks ML-DSA-44") as caught:
        parse_cosigner_vkey(text)
    assert caught.value.code == "unsupported-key"


OTHER = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))


def numbered(name: str, number: int) -> Cosigner:
    return Cosigner(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), TIME + number)


NAMES = ("X1", "X2", "X3", "Y1", "Y2")
WITNESSES = {name: numbered(f"{name}.example", number) for number, name in enumerate(NAMES, 10)}
LINES = [f"witness {name} {one.verifier.vkey}" for name, one in WITNESSES.items()]
EXAMPLE = "\n".join([
    f"log {vkey(ORIGIN, LOG.verifier.key)}", "", "# the first operator", *LINES[:3], "group X-witnesses 2 X1 X2 X3",
    "  \t", *LINES[3:], "group\tY-witnesses any Y1  Y2 ", "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y", "",
])


def policy(*lines: str) -> Policy:
    return parse_policy("".join(line + "\n" for line in (*LINES, *lines)).encode())


def subsets() -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(WITNESSES, count) for count in range(len(WITNESSES) + 1)))


def test_the_example_of_the_specification_means_what_it_says() -> None:
    found = parse_policy(EXAMPLE.encode())
    assert [one.verifier.name for one in found.logs] == [ORIGIN]
    for names in subsets():
        wanted = sum(name.startswith("X") for name in names) >= 2 and any(name.startswith("Y") for name in names)
        assert found.satisfied(names) is wanted, names


@pytest.mark.parametrize(("threshold", "needed"), [("any", 1), ("all", 5), ("1", 1), ("3", 3), ("5", 5)])
def test_a_group_counts_its_members(threshold: str, needed: int) -> None:
    found = policy(f"group all-five {threshold} X1 X2 X3 Y1 Y2", "quorum all-five")
    for names in subsets():
        assert found.satisfied(names) is (len(names) >= needed)


def test_a_witness_is_a_quorum_and_none_asks_for_nobody() -> None:
    one = policy("quorum X2")
    assert one.satisfied(["X2"])
    assert not one.satisfied(["X1", "X3", "unknown"])
    assert policy("quorum none").satisfied([])
    assert parse_policy(b"quorum none\n") == Policy((), (), {}, None, b"quorum none\n")


def test_names_of_groups_are_no_witnesses() -> None:
    found = policy("group g 2 X1 X2", "quorum g")
    assert not found.satisfied(["g"])
    assert not found.satisfied(["g", "X1"])


def test_addresses_are_kept() -> None:
    log = f"log {vkey(ORIGIN, LOG.verifier.key)} https://log.example/"
    found = parse_policy(f"{log}\n{LINES[0]} https://w.example/prefix\nquorum X1\n".encode())
    assert (found.logs[0].url, found.witnesses[0].url) == ("https://log.example/", "https://w.example/prefix")
    assert (found.log(ORIGIN)[0].key_hash, found.log("another")) == (LOG.key_hash, [])


X1_VKEY, LOG_VKEY = WITNESSES["X1"].verifier.vkey, vkey(ORIGIN, LOG.verifier.key)
SAME_KEY = numbered("other.name", 10).verifier.vkey
SHORT = f"w+00000000+{base64.b64encode(bytes([4]) + bytes(31)).decode()}"
WEAK = f"w+00000000+{base64.b64encode(bytes([4, 1]) + bytes(31)).decode()}"


@pytest.mark.parametrize(("lines", "number", "why", "field", "value", "rule"), [
    (["quorum X9"], 6, "no line above", "quorum.name", "X9", "a line above"),
    (["group g any X9", "quorum g"], 6, "no line above", "group.member", "X9", "a line above"),
    (["group g any h", "group h any X1", "quorum g"], 6, "no line above", "group.member", "h", "a line above"),
    (["group g any g", "quorum g"], 6, "no line above", "group.member", "g", "a line above"),
    (["group g 2 X1 X1", "quorum g"], 6, "already a member of a group", "group.member", "X1", "at most one group"),
    (["group g any X1", "group h any X1", "quorum g"], 7, "already a member", "group.member", "X1", "most one group"),
    (["group g 3 X1 X2", "quorum g"], 6, "number from 1 to 2", "group.threshold", "3", "all, any, or a number from 1"),
    (["group g 0 X1 X2", "quorum g"], 6, "number from 1 to 2", "group.threshold", "0", "all, any, or a number from 1"),
    (["group g 01 X1 X2", "quorum g"], 6, "number from 1 to 2", "group.threshold", "01", "all, any, or a number from"),
    (["group g 1", "quorum g"], 6, "malformed group", "group", "group g 1", "group <name> all|any|<k> <name>..."),
    (["group X1 any X2", "quorum X1"], 6, "already defined", "group.name", "X1", "a name of its own"),
    (["group none any X2", "quorum none"], 6, "already defined", "group.name", "none", "other than none"),
    ([LINES[0].replace("X1", "X2", 1), "quorum X1"], 6, "already defined", "witness.name", "X2", "a name of its own"),
    (["group g any none", "quorum g"], 6, "no line above", "group.member", "none", "a line above"),
    (["quorum X1", "quorum X2"], 7, "second quorum", "quorum.name", "X2", "one quorum line"),
    (["quorum"], 6, "malformed quorum line", "quorum", "quorum", "quorum <name>|none"),
    (["quorum X1 X2"], 6, "malformed quorum line", "quorum", "quorum X1 X2", "quorum <name>|none"),
    (["Quorum X1"], 6, "unknown keyword", "line", "Quorum", "log, witness, group or quorum"),
    (["quorum\u00a0X1"], 6, "unknown keyword", "line", "quorum\u00a0X1", "log, witness, group or quorum"),
    (["quorum X1\r"], 6, "control characters", "line", r"'quorum X1\r'", "no control"),
    (["# \x7f"], 6, "control characters", "line", r"'# \x7f'", "no control"),
    ([LINES[0].replace("X1", "Z1", 1), "quorum X1"], 6, "same key", "witness.vkey", X1_VKEY, "a key of its own"),
    ([f"witness Z1 {SAME_KEY}", "quorum X1"], 6, "same key", "witness.vkey", SAME_KEY, "a key of its own"),
    (["witness Z1", "quorum X1"], 6, "malformed witness", "witness", "witness Z1", "witness <name> <vkey> [<url>]"),
    ([f"witness Z1 {LOG_VKEY}"], 6, "type cannot cosign", "witness.vkey", LOG_VKEY, "0x04 (Ed25519) or 0x06"),
    (["witness Z1 Z1"], 6, "of the form name", "witness.vkey", "Z1", "8 hex digits"),
    (["witness Z1 w+00000000+BA"], 6, "is not base64", "witness.vkey", "w+00000000+BA", "base64"),
    ([f"witness Z1 {SHORT}"], 6, "not hold a key of its type", "witness.vkey", SHORT, "32 bytes of Ed25519"),
    ([f"witness Z1 {WEAK}"], 6, "small order", "witness.vkey", WEAK, "order"),
    (["log " + X1_VKEY], 6, "not of type Ed25519", "log.vkey", X1_VKEY, "type 0x01"),
    (["log x" + LOG_VKEY], 6, "the vkey's hash is not", "log.vkey", "x" + LOG_VKEY, "the hash of this name and key"),
    ([f"log {LOG_VKEY}"] * 2, 7, "same key", "log.vkey", LOG_VKEY, "a key of its own"),
    (["log a b c", "quorum X1"], 6, "malformed log line", "log", "log a b c", "log <vkey> [<url>]"),
])
def test_what_is_no_policy_is_refused_by_its_line(
    lines: list[str], number: int, why: str, field: str, value: str, rule: str
) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        policy(*lines)
    error = caught.value
    assert (error.code, error.field, error.value) == ("invalid-policy", field, value)
    assert rule in (error.rule or "")
    assert error.message.startswith(f"line {number} of the policy: ")


@pytest.mark.parametrize(("data", "why"), [
    (b"", "the quorum line is missing"), (b"# nothing\n", "the quorum line is missing"), (b"quorum none", "truncated"),
    (b"quorum none\n\xff\n", "line 2 .*UTF-8"), (b"#" * MAX_POLICY + b"\n", "longer"),
])
def test_what_is_no_policy_as_a_whole(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        parse_policy(data)


def test_names_beyond_ascii_are_kept_apart_by_their_bytes() -> None:
    latin, kelvin = LINES[0].replace("X1", "K", 1), LINES[1].replace("X2", "\u212a", 1)
    found = parse_policy(f"{latin}\n{kelvin}\nquorum \u212a\n".encode())
    assert found.satisfied(["\u212a"])
    assert not found.satisfied(["K"])


def test_a_note_with_the_quorum_opens() -> None:
    found = parse_policy(EXAMPLE.encode())
    text = CHECKPOINT.text()
    note = sign_checkpoint(CHECKPOINT, LOG)
    lines = {name: cosignature_line(one, text) for name, one in WITNESSES.items()}
    cosigned = open_cosigned(note + lines["X1"] + lines["X3"] + lines["Y2"], found, LOG.verifier)
    assert cosigned.checkpoint == CHECKPOINT
    assert dict(cosigned.times) == {"X1": TIME + 10, "X3": TIME + 12, "Y2": TIME + 14}
    with pytest.raises(VerificationError, match="not the quorum") as caught:
        open_cosigned(note + lines["X1"] + lines["X1"] + lines["Y2"], found, LOG.verifier)
    assert caught.value.code == "no-quorum"
    raised(VerificationError, open_cosigned, note + lines["X1"] + lines["X3"] + lines["Y2"], found, OTHER.verifier)


@given(st.binary(max_size=300) | st.lists(st.sampled_from([
    *LINES, "group g 2 X1 X2", "group h any g X3", "quorum h", "quorum none", "log x", "#", "", "witness", "\x00",
]), max_size=10).map(lambda lines: "".join(line + "\n" for line in lines).encode()))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    with suppress(InvalidInput):
        found = parse_policy(data)
        assert found.satisfied([one.name for one in found.witnesses])


SITE = MemoryLog("log.example/one", 70)
FORK = MemoryLog("log.example/one", 70, seed=2)
LOGS = {"log.example/one": [SITE.signer.verifier]}
PUBLISHED = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501 - https://c2sp.org/tlog-witness, example request body


def judged(text: str, latest: Checkpoint | None = None) -> Checkpoint | Declined:
    request = parse_request(text.encode())
    return judge(request, stated(request.note), LOGS, latest)


def status(text: str, latest: Checkpoint | None = None) -> int:
    found = judged(text, latest)
    return found.status if isinstance(found, Declined) else 200


def test_the_published_request_reads_and_writes_back() -> None:
    request = parse_request(PUBLISHED.encode())
    assert (request.old, len(request.proof)) == (20852014, 4)
    assert (stated(request.note)[:2], encode_request(request)) == (("example.com/behind-the-sofa", 20852163), PUBLISHED)


def test_every_step_of_a_log_is_cosigned() -> None:
    for old in range(71):
        latest = SITE.checkpoint(old) if old else None
        for size in range(old, 71):
            assert judged(SITE.request(old, size), latest) == SITE.checkpoint(size)


@pytest.mark.parametrize("leaf", [0, 1, 31, 32, 63])
def test_no_step_of_a_fork_is_cosigned(leaf: int) -> None:
    fork = SITE.fork(leaf)
    for size in range(max(1, leaf + 1), 71):
        assert status(fork.request(64, size), SITE.checkpoint(64)) == (400 if size < 64 else 422)


def test_an_unknown_origin_is_404_whatever_else_is_wrong() -> None:
    assert status(MemoryLog("log.example/two", 9, seed=9).request(5, 9)) == 404


def test_a_signature_of_no_trusted_key_is_403() -> None:
    assert status(FORK.request(0, 9)) == 403
    note = SITE.note(9).replace(SITE.note(9).split()[-1], FORK.note(9).split()[-1])
    assert status(encode_request(AddCheckpoint(0, (), note))) == 403


def test_a_trusted_key_whose_signature_fails_is_403_beside_one_that_holds() -> None:
    second = NoteSigner("log.example/one", FORK.signer._key)
    note = SITE.note(9) + SITE.note(8).splitlines(keepends=True)[-1]
    assert status(encode_request(AddCheckpoint(0, (), note))) == 403
    both = sign_note(SITE.checkpoint(9).text(), [SITE.signer, second])
    assert status(encode_request(AddCheckpoint(0, (), both))) == 200


def test_an_old_size_above_the_checkpoint_is_400_before_it_is_409() -> None:
    assert status(SITE.request(10, 9), SITE.checkpoint(3)) == 400


def test_another_old_size_is_409_with_the_size() -> None:
    assert judged(SITE.request(0, 9), SITE.checkpoint(3)) == Declined(409, "the latest checkpoint here has size 3", 3)
    assert judged(SITE.request(2, 9), SITE.checkpoint(3)) == Declined(409, "the latest checkpoint here has size 3", 3)
    found = judged(SITE.request(2, 9))
    assert isinstance(found, Declined)
    assert (found.status, found.size) == (409, 0)


def test_two_roots_of_one_size_are_422_and_one_is_cosigned_again() -> None:
    assert judged(SITE.request(9, 9), SITE.checkpoint(9)) == SITE.checkpoint(9)
    assert status(SITE.fork(4).request(9, 9), SITE.checkpoint(9)) == 422


def test_a_proof_that_does_not_verify_is_422() -> None:
    latest = SITE.checkpoint(5)
    good = SITE.proof(5, 9)
    for proof in ((), good[:-1], (*good, bytes(32)), (bytes(32), *good[1:])):
        assert status(encode_request(AddCheckpoint(5, proof, SITE.note(9))), latest) == 422
    assert status(encode_request(AddCheckpoint(0, (bytes(32),), SITE.note(9)))) == 422


def test_a_root_of_size_zero_is_that_of_the_empty_tree() -> None:
    assert judged(SITE.request(0, 0)) == SITE.checkpoint(0)
    wrong = SITE.checkpoint(0).text().replace(
        base64.b64encode(EMPTY_ROOT).decode(), base64.b64encode(bytes(32)).decode()
    )
    assert status(encode_request(AddCheckpoint(0, (), sign_note(wrong, [SITE.signer])))) == 422


def test_extension_lines_are_taken_from_other_logs() -> None:
    note = sign_note(SITE.checkpoint(9).text() + "extension\n", [SITE.signer])
    assert judged(encode_request(AddCheckpoint(0, (), note))) == SITE.checkpoint(9)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize("text", [
    "", "old 0\n", "old 0\n\n", f"old 00\n\n{SITE.note(3)}", f"old -1\n\n{SITE.note(3)}", f"old +1\n\n{SITE.note(3)}",
    f"old 9223372036854775808\n\n{SITE.note(3)}", f"old  1\n\n{SITE.note(3)}", f"OLD 1\n\n{SITE.note(3)}",
    f"old 1\n{HASH[:-4]}\n\n{SITE.note(3)}", f"old 1\n{HASH[:-1]}\n\n{SITE.note(3)}", f"old 1\r\n\n{SITE.note(3)}",
    "old 1\n" + f"{HASH}\n" * (MAX_PROOF + 1) + f"\n{SITE.note(3)}", f"old 1\n\n{SITE.note(3)[:-1]}",
    f"old 1\n\n{SITE.checkpoint(3).text()}", "old 1\n\n" + SITE.note(3).replace("\n3\n", "\n03\n"),
    "old 1\n\n" + SITE.note(3).replace("\n3\n", "\n3\n\n"),
])
def test_other_requests_are_malformed(text: str) -> None:
    raised(InvalidNote, judged, text)


def test_bytes_that_are_no_text_are_malformed() -> None:
    raised(InvalidNote, parse_request, b"old 0\n\n\xff")


@pytest.mark.parametrize(("data", "kind", "size"), [
    (b"0\n", "text/x.tlog.size", 0), (b"50\n", "text/x.tlog.size", 50),
    (b"51\n", "text/x.tlog.size; charset=utf-8", 51),
    (b"50", "text/x.tlog.size", None), (b"050\n", "text/x.tlog.size", None), (b"", "text/x.tlog.size", None),
    (b"50\n", "text/plain", None), (b"-5\n", "text/x.tlog.size", None), (b"\xff\n", "text/x.tlog.size", None),
    (b"9223372036854775808\n", "text/x.tlog.size", None), (b"5\n5\n", "text/x.tlog.size", None),
])
def test_sizes_in_answers(data: bytes, kind: str, size: int | None) -> None:
    assert parse_size(data, kind) == size


@given(st.binary(max_size=400) | st.tuples(st.integers(0, 12), st.integers(0, 12), st.binary(max_size=4)).map(
    lambda parts: SITE.request(min(parts[:2]), max(parts[:2])).encode()[: -len(parts[2]) or None] + parts[2]
))
def test_any_bytes_are_judged_or_malformed(data: bytes) -> None:
    with suppress(InvalidNote):
        request = parse_request(data)
        found = judge(request, stated(request.note), LOGS, SITE.checkpoint(4))
        assert isinstance(found, Checkpoint) or found.status in (400, 403, 404, 409, 422)
