"""A log with witnesses: what is public, what is answered, and what witnesses that fail or lie can do."""

import subprocess
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.cli import run
from support.lists import MAPPING, written
from support.publishing import Site, acknowledged, answers, proof, receipt, site, three_witnesses
from support.revising import amend, change, flows, outputs
from support.server import Server, command
from support.waiting import until
from support.witness import Witness, audited
from support.witnesses import WitnessProcess
from support.workshop import Workshop, workshop

from ledger.core.log.cosignature import CosignatureVerifier as WitnessVerifier
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.policy import open_cosigned
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer, verify_answer
from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.core.signatures.signing import SigningKey
from ledger.errors import VerificationError
from ledger.host.files.key_files import write_key

_numbers = count(1)
QUORUM = "the policy's quorum of witnesses cosigned the checkpoint"


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    with site() as found:
        yield found


@pytest.fixture(scope="module")
def witnesses(place: Site) -> Iterator[list[WitnessProcess]]:
    with three_witnesses(place) as found:
        yield found


@pytest.fixture(scope="module")
def serving(place: Site, witnesses: list[WitnessProcess]) -> Iterator[Server]:
    with place.serve() as server:
        yield server


@pytest.fixture
def server(place: Site, serving: Server, witnesses: list[WitnessProcess]) -> Iterator[Server]:
    """Afterwards all witnesses run, all that was posted is published, and the whole log is verified."""
    yield serving
    for one in witnesses:
        if one.process.poll() is not None:
            one.start()
    (last,) = answers(serving, serving.envelopes([Workshop(f"last-{next(_numbers)}").enrolment(serving)]), wait=60)
    assert isinstance(last, Receipt)
    Witness(serving.vkey).check(serving.url)
    report = audited(serving)
    assert report.ok, report.findings
    assert report.entries == report.size == place.checkpoint(serving.url).checkpoint.size


def test_a_post_is_acknowledged_and_its_proof_follows(place: Site, server: Server) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="1000")
    envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(3)])
    first = answers(server, envelopes)
    for answer in first:
        assert isinstance(answer, Acknowledgement)
        verified = verify_answer(answer, server.vkey)
        assert (verified.index, verified.size, len(verified.lots)) == (answer.index, None, 1)
        proven = receipt(proof(server, answer.digest, wait=60))
        assert (verify_receipt(proven, server.vkey).entry, proven.leaves) == (verified.entry, answer.leaves)
        found = open_cosigned(parse_proof(proven.proof).checkpoint_note, place.policy, place.policy.logs[0].verifier)
        assert len(found.times) >= 2
    assert answers(server, envelopes) == first, "posted again, the first answer is given"


def test_a_receipt_is_the_same_for_ever(server: Server) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="1000")
    (one,) = answers(server, server.envelopes([shop.make({"a": "1"}, {"pot": "1"})]), wait=60)
    assert isinstance(one, Receipt)
    workshop(server, f"shop-{next(_numbers)}", pot="1000")
    again = proof(server, one.digest)
    assert (again.content, proof(server, one.digest, wait=60).content) == (msgspec.json.encode(one), again.content)


def test_only_what_the_quorum_has_signed_is_public(
    place: Site, server: Server, witnesses: list[WitnessProcess]
) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    before = place.checkpoint(server.url).checkpoint
    for one in witnesses[:2]:
        one.kill()
    (held,) = acknowledged(server, [shop.make({"a": "1"}, {"pot": "1"})])
    assert isinstance(held, Acknowledgement)
    assert (held.index, place.checkpoint(server.url).checkpoint) == (before.size, before)
    late = proof(server, held.digest)
    assert (late.status_code, late.json()["code"]) == (503, "not-published-yet")
    assert int(late.headers["Retry-After"]) > 0
    assert proof(server, held.digest, wait=0.2).json()["code"] == "not-published-yet"
    assert proof(server, "0" * 64, wait=5).status_code == 404
    statement = httpx.get(f"{server.url}/v1/statement", params={"lot": shop.name("a")})
    assert (statement.status_code, statement.json()["code"]) == (503, "not-published-yet")
    report = audited(server)
    assert report.ok, f"what is not published yet explains the balances: {report.findings}"
    assert report.size == before.size
    ready = httpx.get(f"{server.url}/health/ready").json()
    assert (ready["size"], ready["published"]) == (held.index + 1, before.size)
    entries = held.index // 256
    for width, status in ((held.index % 256, 200), (held.index % 256 + 1, 404)):
        for kind in ("0", "entries"):
            path = f"/log/tile/{kind}/{entries:03}.p/{width}"
            assert httpx.get(server.url + path).status_code == status, path
    witnesses[0].start()
    assert verify_receipt(receipt(proof(server, held.digest, wait=60)), server.vkey).index == held.index
    assert place.checkpoint(server.url).checkpoint.size > held.index


def test_a_witness_that_comes_back_is_asked_from_what_it_has(
    place: Site, server: Server, witnesses: list[WitnessProcess]
) -> None:
    witnesses[2].kill()
    for _ in range(3):
        workshop(server, f"shop-{next(_numbers)}", pot="10")
    assert "gamma" not in place.checkpoint(server.url).times
    witnesses[2].start()
    witnesses[0].kill()
    workshop(server, f"shop-{next(_numbers)}", pot="10")
    assert sorted(place.checkpoint(server.url).times) == ["beta", "gamma"]


def test_statements_are_of_published_heads(place: Site, server: Server) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    found = httpx.get(f"{server.url}/v1/statement", params={"lot": shop.name("pot")}).raise_for_status().json()
    cosigned = open_cosigned(found["claims"]["checkpoint"], place.policy, place.policy.logs[0].verifier)
    assert cosigned.checkpoint.size == found["claims"]["size"]


def test_an_acknowledgement_is_of_its_entry_alone(server: Server) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    one, other = acknowledged(server, [shop.make({"a": "1"}, {"pot": "1"}), shop.make({"b": "1"}, {"pot": "1"})])
    assert isinstance(one, Acknowledgement)
    assert isinstance(other, Acknowledgement)
    for changed, step in (
        (replace(one, index=one.index + 1), "2."), (replace(one, note=other.note), "2."),
        (replace(one, digest=other.digest), "1."), (replace(one, entry=other.entry), "1."),
        (replace(one, leaves=other.leaves), "4."),
    ):
        with pytest.raises(VerificationError) as caught:
            verify_answer(changed, server.vkey)
        assert caught.value.message.startswith(step)


def test_the_command_line_waits_for_the_receipts(
    place: Site, server: Server, witnesses: list[WitnessProcess], tmp_path: Path
) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    envelopes = tmp_path / "signed.ndjson"
    envelopes.write_bytes(b"\n".join(server.envelopes([shop.make({"a": "1"}, {"pot": "1"})])) + b"\n")
    kept, vkey = tmp_path / "receipts.ndjson", tmp_path / "vkey"
    vkey.write_text(server.vkey)
    submit = ("submit", str(envelopes), "--url", server.url, "--receipts", str(kept))
    for one in witnesses[:2]:
        one.kill()
    for options in (("--no-wait",), ("--patience", "1")):
        ended = command(place.home, *submit, *options)
        assert ended.returncode == 0, ended.stderr
        assert "1 of them are only acknowledged" in ended.stdout
        verified = command(place.home, "verify", str(kept), "--vkey", str(vkey))
        assert verified.returncode == 0, verified.stderr
        assert "3. the entry is in a published tree: not yet" in verified.stdout
        assert isinstance(read_answer(kept.read_bytes()), Acknowledgement)
    witnesses[1].start()
    ended = command(place.home, *submit)
    assert ended.returncode == 0, ended.stderr
    assert "acknowledged" not in ended.stdout
    proven = read_answer(kept.read_bytes())
    assert isinstance(proven, Receipt)
    assert proof(server, proven.digest).content + b"\n" == kept.read_bytes()
    verified = command(place.home, "verify", str(kept), "--vkey", str(vkey))
    assert "3. the entry is in that checkpoint's tree at its index: ok" in verified.stdout


def test_an_import_waits_for_the_receipts(server: Server, witnesses: list[WitnessProcess], tmp_path: Path) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    key, mapping, kept = tmp_path / "key.pem", tmp_path / "mapping.toml", tmp_path / "receipts.ndjson"
    write_key(key, shop.party.key)
    mapping.write_text(MAPPING.replace("PREFIX", shop.party.prefix))
    options = ("import", written(tmp_path / "list.csv", 2), "--mapping", mapping, "--key", key, "--issuer", shop.id,
               "--origin", server.origin, "--url", server.url, "--receipts", kept)
    for one in witnesses[:2]:
        one.kill()
    ended = run(*options, "--patience", "1").succeeded()
    assert "2 of them are only acknowledged" in ended.err
    assert "run the import again later for their receipts" in ended.err
    witnesses[1].start()
    ended = run(*options).succeeded()
    assert "acknowledged" not in ended.err
    assert [type(read_answer(line)) for line in kept.read_bytes().splitlines()] == [Receipt, Receipt]


def test_receipts_and_bundles_are_checked_with_the_policy(place: Site, server: Server, tmp_path: Path) -> None:
    """Offline, by the file that names the witnesses; what is only acknowledged does not pass it."""
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    envelopes = server.envelopes([shop.make({"a": "1"}, {"pot": "1"})])
    (promised,), (proven,) = answers(server, envelopes), answers(server, envelopes, wait=60)
    receipts, bundle, other = tmp_path / "receipt", tmp_path / "bundle", tmp_path / "other-policy"
    exported = command(place.home, "export", "bundle", shop.name("a"), "--url", server.url, "--output", str(bundle))
    assert exported.returncode == 0, exported.stderr
    stranger = WitnessVerifier("stranger", SigningKey.from_seed(bytes(32)).private.public_key())
    other.write_text(f"log {server.vkey}\nwitness stranger {stranger.vkey}\nquorum stranger\n")
    receipts.write_bytes(msgspec.json.encode(proven))
    day: tuple[str, ...] = ("--on", "2025-06-01")
    for file, options in ((receipts, ()), (bundle, day)):
        ended = command(place.home, "verify", str(file), "--policy", str(place.policy_file), *options)
        assert ended.returncode == 0, ended.stderr
        assert ". the policy's quorum of witnesses cosigned the checkpoint: ok" in ended.stdout
        refused = command(place.home, "verify", str(file), "--policy", str(other))
        assert refused.returncode == 1
        assert ". the policy's quorum of witnesses cosigned the checkpoint: DOES NOT HOLD" in refused.stdout
    assert isinstance(promised, Acknowledgement)
    receipts.write_bytes(msgspec.json.encode(promised))
    refused = command(place.home, "verify", str(receipts), "--policy", str(place.policy_file))
    assert refused.returncode == 1
    assert "the entry is in a published tree: not yet" in refused.stdout
    assert "is in that checkpoint's tree" not in refused.stdout


def audit_view(server: Server, indexes: Sequence[int]) -> dict[str, Any]:
    """All that an auditor is shown; `indexes`: of records that may have revised others."""
    asked: dict[str, dict[str, Any]] = {
        "entries": {"from": 0, "to": 1000}, "batches": {}, "revisions": {}, "balances": {},
        **{f"revised {index}": {"index": index} for index in indexes},
    }
    return {
        name: httpx.get(f"{server.url}/v1/audit/{name.split()[0]}", params=parameters, timeout=60
                        ).raise_for_status().json() for name, parameters in asked.items()
    }


def test_an_auditor_sees_what_is_published(
    server: Server, witnesses: list[WitnessProcess]
) -> None:
    """Entries that no quorum has seen are not shown, nor what they took, made and revised: balances are as of the
    published head, to the last digit."""
    shop = workshop(server, f"shop-{next(_numbers)}", pot="1000")
    first, second = shop.make({"a": "10"}, {"pot": "20"}), shop.make({"b": "5"}, {"pot": "10"})
    server.post([first, second, shop.make({"c": "4"}, {"a": "4"})])
    server.post([amend(shop, change(second, inputs=flows(shop, {"pot": "11"})))])
    before = audit_view(server, [])
    size = len(before["entries"])
    assert before["revisions"]["counted"] >= 1
    for one in witnesses[:2]:
        one.kill()
    third = shop.make({"d": "1"}, {"pot": "3"})
    held = [answer for posted in (
        third, shop.use({"c": "1"}),
        amend(shop, change(first, outputs=outputs(shop, {"a": "12.5"}), inputs=flows(shop, {"pot": "25"}))),
        amend(shop, change(second)), amend(shop, change(third, inputs=flows(shop, {"pot": "4.25"}))),
    ) for answer in acknowledged(server, [posted])]
    assert [answer.index for answer in held] == list(range(size, size + 5))
    shown = audit_view(server, [answer.index for answer in held])
    assert ([shown.pop(f"revised {answer.index}") for answer in held], shown) == ([[]] * 5, before)
    numbers = [one["number"] for one in before["balances"]]
    chosen = httpx.get(f"{server.url}/v1/audit/balances", params={
        "lots": ",".join(map(str, [*numbers[-3:], size * 1024]))}).json()
    assert chosen == before["balances"][-3:]
    report = audited(server)
    assert report.ok, report.findings
    assert report.size == size
    witnesses[0].start()
    receipt(proof(server, held[-1].digest, wait=60))
    after = audit_view(server, [answer.index for answer in held])
    assert (len(after["entries"]), after["revisions"]["counted"]) == (size + 5, before["revisions"]["counted"] + 3)
    assert [bool(after[f"revised {answer.index}"]) for answer in held] == [False, False, True, True, True]
    left = {one["lot"]: (one["remaining"], one["quantity"]) for one in after["balances"]}
    assert [left[shop.name(lot)] for lot in ("pot", "a", "c", "d")] == [
        ("970.75", "1000"), ("8.5", "12.5"), ("3", "4"), ("1", "1")]


def test_signatures_on_an_idle_log_are_renewed(tmp_path: Path) -> None:
    """The published head is cosigned anew; what is proved stays what it was. Without a quorum the old one stays, and
    what is appended does not wait for a renewal."""
    with site() as place, three_witnesses(place) as witnesses:
        with place.serve(CARBON_LEDGER_RENEW_SECONDS="1") as server:
            shop = workshop(server, "shop", pot="10")
            (one,) = server.post([shop.make({"a": "1"}, {"pot": "1"})])
            for _ in range(2):
                first = place.checkpoint(server.url)
                until(lambda first=first: min(place.checkpoint(server.url).times.values()) > max(first.times.values()))
                assert place.checkpoint(server.url).checkpoint == first.checkpoint
            assert proof(server, one.digest).content == msgspec.json.encode(one)
            for witness in witnesses[:2]:
                witness.kill()
            asked = witnesses[2].newest(place.origin)
            until(lambda: witnesses[2].newest(place.origin) != asked)
            old = place.checkpoint(server.url)
            (held,) = acknowledged(server, [shop.make({"b": "1"}, {"pot": "1"})])
            assert isinstance(held, Acknowledgement)
            assert place.checkpoint(server.url) == old
            witnesses[0].start()
            assert receipt(proof(server, held.digest, wait=60)).index == held.index
            assert place.checkpoint(server.url).checkpoint.size == held.index + 1
            report = audited(server)
            assert report.ok, report.findings
        with place.serve() as server:
            # No more often than is asked for.
            settled = place.checkpoint(server.url)
            workshop(server, "other")
            assert place.checkpoint(server.url).checkpoint.size > settled.checkpoint.size
        ended = command(place.home, "audit", "--vkey", place.vkey)
        assert ended.returncode == 0, ended.stdout


def test_a_log_that_gets_witnesses_is_cosigned_at_once(tmp_path: Path) -> None:
    """Nothing has to be appended for that; and what was appended before is proved in the head that they cosigned."""
    with site() as place:
        with place.serve(policy=False) as server:
            shop = workshop(server, "shop", pot="10")
            (made,) = server.post([shop.make({"a": "1"}, {"pot": "1"})])
            old = statement(server, shop.name("a"))
        with three_witnesses(place), place.serve() as server:
            def published() -> bool:
                note = httpx.get(f"{server.url}/log/checkpoint").raise_for_status().text
                return place.policy.satisfied(place.policy.cosigned(note))

            until(published)
            files = {"receipt": made, "old": old}
            size = place.checkpoint(server.url).checkpoint.size
            files["moved"] = receipt(proof(server, made.digest, size=size))
            files["statement"] = statement(server, shop.name("a"))
            bundle = command(place.home, "export", "bundle", shop.name("a"), "--url", server.url)
            assert bundle.returncode == 0, bundle.stderr
            files["bundle"] = msgspec.json.decode(bundle.stdout)
            files["with an old statement"] = files["bundle"] | {"statement": old}
            day = ("--on", "2025-06-01")
            ended = {name: verified(place, tmp_path / name, value, *(() if name in ("receipt", "moved") else day))
                     for name, value in files.items()}
            assert {name: one.returncode for name, one in ended.items()} == {
                "receipt": 1, "old": 1, "moved": 0, "statement": 0, "bundle": 0, "with an old statement": 1,
            }, [one.stderr for one in ended.values()]
            assert f"9. {QUORUM}: ok" in ended["statement"].stdout
            assert f"9. {QUORUM}: DOES NOT HOLD" in ended["old"].stdout
            assert "9. 0 of the 3 known witnesses cosigned" in ended["with an old statement"].stderr
            report = audited(server)
            assert report.ok, report.findings


def statement(server: Server, lot: str) -> Any:
    return httpx.get(f"{server.url}/v1/statement", params={"lot": lot}, timeout=60).raise_for_status().json()


def verified(place: Site, file: Path, value: Any, *options: str) -> subprocess.CompletedProcess[str]:
    """What `verify` says of a file by the policy alone."""
    file.write_bytes(msgspec.json.encode(value))
    return command(place.home, "verify", str(file), "--policy", str(place.policy_file), *options)


def test_a_record_is_proved_in_any_public_head(place: Site, server: Server) -> None:
    """Of the sizes that were shown, and of no others."""
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    first = [
        answers(server, server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"})]), wait=60)[0] for i in range(3)
    ]
    size = place.checkpoint(server.url).checkpoint.size
    for answer in first:
        assert isinstance(answer, Receipt)
        moved = receipt(proof(server, answer.digest, size=size))
        assert replace(moved, proof=answer.proof) == answer
        held = verify_receipt(moved, server.vkey)
        assert (held.index, held.size) == (answer.index, size)
        open_cosigned(parse_proof(moved.proof).checkpoint_note, place.policy, place.policy.logs[0].verifier)


@pytest.mark.parametrize(("size", "status", "code"), [
    ("0", 400, "invalid-request"), ("x", 400, "invalid-request"), ("99999", 404, "no-such-head"),
    (str(1 << 70), 404, "no-such-head"), ("before it", 400, "tree-size"),
])
def test_heads_in_which_no_record_is_proved(place: Site, server: Server, size: str, status: int, code: str) -> None:
    shop = workshop(server, f"shop-{next(_numbers)}", pot="10")
    if size == "before it":
        size = str(place.checkpoint(server.url).checkpoint.size)
    (answer,) = answers(server, server.envelopes([shop.make({"a": "1"}, {"pot": "1"})]), wait=60)
    answered = httpx.get(f"{server.url}/v1/records/{answer.digest}/proof", params={"size": size})
    assert (answered.status_code, answered.json()["code"]) == (status, code), answered.text
