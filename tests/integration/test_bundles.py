"""Bundles out of real logs, one of them with witnesses, checked where there is no server; and broken at every step."""

import base64
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.cli import Done, run
from support.publishing import site, three_witnesses
from support.revising import amend, change
from support.sectors import Make
from support.server import Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.client.verify.bundle import PUBLISHED, STEPS, ReplayedKeys, verify_bundle
from ledger.core.log.cosignature import CosignatureVerifier
from ledger.core.log.note import vkey
from ledger.core.receipts.bundle import read_bundle
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import InvalidInput, LedgerError, VerificationError
from ledger.host.files.key_files import new_key

Bundle = dict[str, Any]


class Story(NamedTuple):
    """The mill goes over to a P-256 key, mines `ore`, and makes `part` of it; the bundle of `part`, with its body."""

    server: Server
    mill: Workshop
    receipt: Receipt
    bundle: Bundle
    other: Bundle
    """Of `ore`, without its body."""

    @property
    def known(self) -> ReplayedKeys:
        return ReplayedKeys(self.server.vkey, None, self.server.registrar.key.keyid.hex())


def exported(server: Server, name: str, *options: str) -> Bundle:
    done = run("export", "bundle", name, "--url", server.url, "--json", *options).succeeded()
    return json.loads(done.out)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, Server(home) as server:
        mill = workshop(server, "mill")
        new = SigningKey.from_seed(b"\x61" * 32, "p256")
        server.post([mill.signed(KeyChange(
            issuer=mill.id, nonce=mill.nonce(), organization=mill.id, added=[public_key(new, server.origin, mill.id)],
            revoked=[mill.party.key.keyid.hex()],
        ))])
        mill.party = mill.party._replace(key=new)
        _, receipt = server.post([mill.mine("ore", "10"), mill.make({"part": "4"}, {"ore": "5"})])
        yield Story(server, mill, receipt, exported(server, mill.name("part"), "--with-body"),
                    exported(server, mill.name("ore")))


def check(bundle: Bundle, known: ReplayedKeys) -> Any:
    return verify_bundle(read_bundle(json.dumps(bundle).encode()), known)


def steps(done: Done) -> list[str]:
    return [line.rpartition(": ")[2] for line in done.out.splitlines()[: len(STEPS)]]


def test_it_holds_down_to_the_figures_of_what_went_in(story: Story, tmp_path: Path) -> None:
    """The server's address that the command would ask leads nowhere."""
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(story.bundle, indent=3))
    done = run("verify", path, "--vkey", story.server.vkey, "--registrar", story.known.registrar, "--on", "2025-06-01",
               CARBON_LEDGER_URL="http://127.0.0.1:1").succeeded()
    assert steps(done) == ["ok", "ok", "not asked", "ok", "ok", "ok", "ok", "ok", "ok"]
    assert f"of {story.mill.id}; log time" in done.out
    assert story.mill.name("part") in done.out
    told = json.loads(run("verify", path, "--vkey", story.server.vkey, "--on", "2025-06-01", "--json").out)
    assert (told["ok"], told["organization"], told["statement"]) == (True, story.mill.id, story.mill.name("part"))
    assert told["notAsked"]["7"] == "ok, but nobody pinned the registrar"


def test_what_is_in_it(story: Story) -> None:
    """Entry 0, the enrolment of the mill, and its change of keys: no more than says whose key signed."""
    found = check(story.bundle, story.known)
    assert (found.verified.index, found.organization) == (story.receipt.index, story.mill.id)
    assert [lot.lot for lot in found.verified.lots] == [story.mill.name("part")]
    records = [json.loads(base64.b64decode(one["body"])) for one in story.bundle["records"]]
    assert [one["type"] for one in records] == ["organization", "organization", "keyChange"]
    assert [one.get("organization", one.get("id")) for one in records][1:] == [story.mill.id] * 2
    without = check(story.other, story.known)
    assert (without.organization, without.left_out[6]) == (story.mill.id, "the bundle has no body")


def test_a_bundle_of_a_record_by_its_digest(story: Story) -> None:
    made = exported(story.server, story.receipt.digest)
    assert (set(made), set(check(made, story.known).left_out)) == ({"bundle", "receipt", "records"}, {3, 6, 9})
    bare = {name: made[name] for name in ("bundle", "receipt")}
    assert set(check(bare, story.known).left_out) == {3, 6, 7, 8, 9}


def test_a_bundle_of_a_record_by_its_index(story: Story, tmp_path: Path) -> None:
    """As `show` takes it; the file goes to `-o` too."""
    path = tmp_path / "bundle"
    run("export", "bundle", story.receipt.index, "--url", story.server.url, "-o", path).succeeded()
    assert json.loads(path.read_text()) == exported(story.server, story.receipt.digest)


@pytest.mark.parametrize("index", ["100000", "9" * 30])
def test_a_bundle_of_no_entry(story: Story, index: str) -> None:
    done = run("export", "bundle", index, "--url", story.server.url)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert f"the public log has no entry {index}: it has " in done.err


def cut(bundle: Bundle, name: str | None = None) -> str:
    text = json.dumps(bundle if name is None else bundle[name])
    return text[: len(text) // 2]


@pytest.mark.parametrize("content", [
    lambda story: cut(story.bundle), lambda story: cut(story.bundle, "statement"),
    lambda story: json.dumps(story.bundle["statement"], indent=1)[:500],
    lambda story: "lot,kg CO2e\nurn:example:a,1\nurn:example:b,2\n", lambda story: "1\n2\n", lambda story: "\x00\xff",
    lambda story: "",
])
def test_a_file_that_cannot_be_verified_has_one_error(
    story: Story, content: Callable[[Story], str], tmp_path: Path
) -> None:
    """It says which files can be, whatever the file holds and however many lines it has."""
    path = tmp_path / "file"
    path.write_text(content(story))
    done = run("verify", path, "--vkey", story.server.vkey)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    for part in (str(path), "submit --receipts", "export bundle", "export footprint"):
        assert part in done.err
    problem = json.loads(run("verify", path, "--vkey", story.server.vkey, "--json").err)
    assert problem["code"] == ("not-verifiable" if content(story) else "empty-input")


def test_some_lines_that_are_receipts_are_checked(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "receipts"
    path.write_text(f"{json.dumps(story.bundle['receipt'])}\nnothing\n")
    done = run("verify", path, "--vkey", story.server.vkey)
    assert (done.code, done.out) == (1, "1 receipts hold, with the figures of 1 lots; 1 do not\n")
    assert done.err.startswith("line 2: not a receipt: ")


def flip(text: str, at: int = 20) -> str:
    """Base64 with another byte in the middle."""
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()


def proof_of(bundle: Bundle, change: Callable[[list[str]], None]) -> None:
    lines = bundle["receipt"]["proof"].split("\n")
    change(lines)
    bundle["receipt"]["proof"] = "\n".join(lines)


def wrong_root(lines: list[str]) -> None:
    at = lines.index("") + 3
    lines[at] = flip(lines[at])


def wrong_path(lines: list[str]) -> None:
    lines[2] = flip(lines[2])


def record_body(bundle: Bundle, at: int, change: Callable[[Any], None]) -> None:
    record = json.loads(base64.b64decode(bundle["records"][at]["body"]))
    change(record)
    body = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    bundle["records"][at]["body"] = base64.b64encode(body.encode()).decode()


FAULTS: dict[str, tuple[Callable[[Bundle, Story], object], int, str]] = {
    "the entry is another": (lambda b, s: b["receipt"].update(entry=s.other["receipt"]["entry"]), 1, "wrong-digest"),
    "the receipt is none": (lambda b, s: b.update(receipt={"index": 1}), 1, "malformed-bundle"),
    "the proof is none": (lambda b, s: b["receipt"].update(proof="x"), 1, "malformed-receipt"),
    "the root is another": (lambda b, s: proof_of(b, wrong_root), 2, "wrong-checkpoint"),
    "the path is another": (lambda b, s: proof_of(b, wrong_path), 4, "not-included"),
    "a figure is halved": (lambda b, s: b["receipt"]["leaves"][1]["leaf"].update(burdens={}), 5, "wrong-leaf"),
    "leaves of another record": (
        lambda b, s: b["receipt"].update(leaves=s.other["receipt"]["leaves"]), 5, "wrong-leaf"),
    "the body is another": (lambda b, s: b.update(body=flip(b["body"])), 6, "wrong-body"),
    "the body is no base64": (lambda b, s: b.update(body=b["body"] + "="), 6, "malformed-bundle"),
    "no registrar": (lambda b, s: b["records"].pop(0), 7, "registrar-first"),
    "no enrolment": (lambda b, s: b["records"].pop(1), 7, "unknown-key"),
    "no change of keys": (lambda b, s: b["records"].pop(2), 7, "unknown-key"),
    "records out of order": (lambda b, s: b["records"].reverse(), 7, "registrar-first"),
    "a record twice": (lambda b, s: b["records"].append(b["records"][2]), 7, "wrong-order"),
    "an enrolment with another name": (
        lambda b, s: record_body(b, 1, lambda r: r.update(id="urn:example:other")), 7, "wrong-body"),
    "a proof of another enrolment": (
        lambda b, s: b["records"][1].update(receipt=b["records"][0]["receipt"]), 7, "wrong-body"),
    "a record that is no key's": (
        lambda b, s: b["records"].append({"body": b["body"], "receipt": b["receipt"]}), 7, "wrong-record"),
    "the statement of another lot": (lambda b, s: b.update(statement=s.other["statement"]), 9, "wrong-statement"),
    "a statement that says more": (
        lambda b, s: b["statement"]["claims"].update(lot="urn:x"), 9, "wrong-claims"),
    "no statement": (lambda b, s: b.update(statement={}), 9, "not-a-statement"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_reason_at_the_step_that_fails(story: Story, fault: str) -> None:
    change, step, code = FAULTS[fault]
    broken = deepcopy(story.bundle)
    change(broken, story)
    assert broken != story.bundle
    with pytest.raises(VerificationError) as caught:
        check(broken, story.known)
    assert caught.value.message.startswith(f"{step}. "), caught.value.message
    assert caught.value.code == code, caught.value.message


def test_a_registrar_that_is_not_the_pinned_one(story: Story) -> None:
    with pytest.raises(VerificationError) as caught:
        check(story.bundle, story.known._replace(registrar="0" * 64))
    assert (caught.value.message[:3], caught.value.code) == ("7. ", "wrong-registrar")


def test_another_log(story: Story) -> None:
    known = ReplayedKeys(vkey(story.server.origin, new_key().private.public_key()))
    with pytest.raises(VerificationError) as caught:
        check(story.bundle, known)
    assert (caught.value.message[:3], caught.value.code) == ("2. ", "wrong-checkpoint")


def test_on_the_command_line_it_says_where(story: Story, tmp_path: Path) -> None:
    broken = deepcopy(story.bundle)
    broken["records"].pop(2)
    path = tmp_path / "bundle"
    path.write_text(json.dumps(broken))
    done = run("verify", path, "--vkey", story.server.vkey)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert done.out.splitlines()[-1] == f"7. {STEPS[6]}: DOES NOT HOLD"
    assert steps(done) == ["ok", "ok", "not asked", "ok", "ok", "ok", "DOES NOT HOLD"]
    assert json.loads(run("verify", path, "--vkey", story.server.vkey, "--json").out)["step"] == 7
    for options in (["--key", "x"], ["--bodies", "."]):
        assert run("verify", path, "--vkey", story.server.vkey, *options).code == 2
    assert run("verify", path).code == 2


def test_the_log_is_asked_whether_it_still_holds_it(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_text(json.dumps(story.bundle))
    done = run("verify", path, "--vkey", story.server.vkey, "--log", story.server.url, "--on", "2025-06-01")
    assert (done.code, done.out.splitlines()[len(STEPS)]) == (0, f"10. {PUBLISHED}: ok")
    with prepared_home() as home, Server(home) as other:
        done = run("verify", path, "--vkey", story.server.vkey, "--log", other.url)
    assert (done.code, done.out.splitlines()[-1]) == (1, f"10. {PUBLISHED}: DOES NOT HOLD")


def test_a_restated_figure_names_the_record_that_restated_it(story: Story, tmp_path: Path) -> None:
    """The receipt proves the first figure and the statement the newest one: the difference is explained."""
    server, mill = story.server, workshop(story.server, "restating-mill")
    ore = mill.mine("ore", "10")
    (first,) = server.post([ore])
    before = tmp_path / "before"
    before.write_text(json.dumps(exported(server, mill.name("ore"))))
    (mend,) = server.post([amend(mill, change(ore, activity=Make(co2="7")))])
    after, statement = tmp_path / "after", tmp_path / "statement"
    after.write_text(json.dumps(exported(server, mill.name("ore"))))
    statement.write_text(json.dumps(json.loads(after.read_text())["statement"]))
    line = f"  restated by record {mend.index}; the receipt of record {first.index} shows the figure before that"
    known = ("--vkey", server.vkey, "--on", "2025-06-01")
    for path, by in ((before, None), (after, mend.index), (statement, mend.index)):
        done = run("verify", path, *known)
        assert (done.code, line in done.out.splitlines()) == (0, by is not None), (done.out, done.err)
        assert json.loads(run("verify", path, *known, "--json").out)["restatedBy"] == by


@pytest.mark.parametrize("data", [
    b"{}", b'{"bundle": "carbon-ledger/bundle/v2", "receipt": {}}', b'{"bundle": "carbon-ledger/bundle/v1"}',
    b'{"bundle": "carbon-ledger/bundle/v1", "receipt": {}, "more": 1}', b"[" * 100_000, b"\xff",
    b'{"bundle": "carbon-ledger/bundle/v1", "receipt": {}, "records": [1]}',
])
def test_what_is_no_bundle(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_bundle(data)


def test_any_part_taken_out_or_cut_gives_our_errors_only(story: Story) -> None:
    """Every value of the tree in turn becomes something else: refused with a step, or left out and said so."""
    codes: set[str] = set()
    for path in sorted(paths(story.bundle), key=str):
        for value in (None, "", 7, [], {}):
            broken = deepcopy(story.bundle)
            place: Any = broken
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = value
            try:
                check(broken, story.known)
            except LedgerError as error:
                codes.add(error.code)
    assert len(codes) > 10
    assert "error" not in codes


def paths(tree: Any, depth: int = 3) -> set[tuple[Any, ...]]:
    """Ways into a tree, to a depth."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found: set[tuple[Any, ...]] = set()
    for name, value in pairs:
        found.add((name,))
        if depth:
            found |= {(name, *rest) for rest in paths(value, depth - 1)}
    return found


def test_with_a_policy_the_quorum_counts(tmp_path: Path) -> None:
    """A log with three witnesses, two of which are its quorum; a reader who wants others, or more, is told so."""
    with site() as place, three_witnesses(place) as witnesses, place.serve() as server:
        mill = workshop(server, "mill", ore="10")
        path, policy, early = tmp_path / "bundle", tmp_path / "policy", ("--on", "2025-06-01")
        path.write_text(json.dumps(exported(server, mill.name("ore"))))
        done = run("verify", path, "--policy", place.policy_file, *early).succeeded()
        assert steps(done)[2] == "ok"
        assert "cosigned by" in done.out
        lines = place.policy_file.read_text().splitlines()
        receipt = tmp_path / "receipt"
        receipt.write_text(json.dumps(json.loads(path.read_text())["receipt"]))
        done = run("verify", receipt, "--policy", place.policy_file)
        assert (done.code, done.out.splitlines()[7]) == (
            0, "8. the policy's quorum of witnesses cosigned the checkpoint: ok")
        stranger = new_key()
        for asked, code in (
            ([lines[0], *witness_lines(lines), f"witness other {cosigner(stranger)}", "group all all alpha other",
              "quorum all"], "no-quorum"),
            ([line for line in lines if not line.startswith("log ")], "unknown-log"),
        ):
            policy.write_text("".join(f"{line}\n" for line in asked))
            told = json.loads(run("verify", path, "--policy", policy, *early, "--json").out)
            assert (told["ok"], told["problem"]["code"]) == (False, code)
            assert told["step"] == (3 if code == "no-quorum" else 2)
        assert witnesses


def witness_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("witness ")]


def cosigner(key: SigningKey) -> str:
    """The vkey of a witness that signed nothing."""
    return CosignatureVerifier("other.test", key.private.public_key()).vkey
