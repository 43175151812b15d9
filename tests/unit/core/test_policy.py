import base64
from contextlib import suppress
from itertools import chain, combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.cosignature import Cosigner, cosignature_line
from ledger.core.log.note import NoteSigner, vkey
from ledger.core.log.policy import MAX_POLICY, Policy, open_cosigned, parse_policy
from ledger.errors import InvalidInput, VerificationError

ORIGIN, TIME = "log.example/one", 1_700_000_000
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
OTHER = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))


def cosigner(name: str, number: int) -> Cosigner:
    return Cosigner(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), TIME + number)


NAMES = ("X1", "X2", "X3", "Y1", "Y2")
WITNESSES = {name: cosigner(f"{name}.example", number) for number, name in enumerate(NAMES, 10)}
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
SAME_KEY = cosigner("other.name", 10).verifier.vkey
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
