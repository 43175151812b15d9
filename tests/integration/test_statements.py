"""Signed statements of a real server: of every type of record, revised or not, as of every size of the log.

One story of a mill and a buyer; the figures are solved by hand where it is told. What a server says is checked as a
reader would: with the vkey alone, and then with the bodies.
"""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pymerkle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace
from support.databases import Database
from support.revising import add, amend, change, close, digest_of, gas, pool
from support.sectors import Given, Make
from support.server import Posted, Server, command, prepared_home
from support.witness import audited, entries_of, registry
from support.workshop import END, ISSUED, START, Workshop, kilograms, workshop

from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.log.inclusion_proof import verify_proof
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import parse_vkey
from ledger.core.receipts.receipt import verify_receipt
from ledger.core.receipts.statement import Statement, canonical_claims, read_statement, tlog_proof
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.values import Credit, Evidence, Factor, Flow, Output, Supply
from ledger.engine.sectors import Registry
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement
from ledger.store.embedded import attach

FEBRUARY: Final = {"start": "2025-02-01T00:00:00Z", "end": "2025-03-01T00:00:00Z"}
WEIGHED: Final = Evidence(digest="0" * 64, media_type="application/pdf", kind="weighing")
AVOIDED: Final = Factor(value="1.5", unit="KGM", source="an average", year=2024, boundary="cradleToGate")
CO2E: Final = "fossilGhgEmissions"


class Reading(msgspec.Struct):
    body: msgspec.Raw = msgspec.Raw(b"")


class Answered(msgspec.Struct):
    """A record as it is answered, its bodies as the very bytes."""

    body: msgspec.Raw
    revisions: list[Reading] = []


class Story(NamedTuple):
    """`sizes` of the log after each step by its name, `records` posted by the same name."""

    server: Server
    client: httpx.Client
    mill: Workshop
    buyer: Workshop
    records: dict[str, Posted]
    sizes: dict[str, int]
    read: dict[tuple[str, str], bytes]
    """Bodies that the server has given, by the record's digest and their own."""

    def post(self, step: str, record: Posted) -> None:
        (receipt,) = self.server.post([record])
        self.records[step], self.sizes[step] = record, receipt.index + 1

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.client.get(path, params={name: one for name, one in parameters.items() if one is not None})
        assert response.status_code == 200, response.text
        return response.json()

    def problem(self, **parameters: Any) -> tuple[int, str, str | None]:
        response = self.client.get("/v1/statement", params=parameters)
        answer = response.json()
        return response.status_code, answer["code"], answer.get("field")

    def statement(self, lot: str, at: int | None = None) -> Statement:
        return msgspec.json.decode(msgspec.json.encode(self.get("/v1/statement", lot=lot, at=at)), type=Statement)

    def proven(self, lot: str, step: str | None = None) -> Proven:
        """Of a lot of the mill's by its short name, as of after a step."""
        at = None if step is None else self.sizes[step]
        return check_statement(self.statement(self.mill.name(lot), at), self.server.vkey)

    def co2e(self, lot: str, step: str | None = None) -> float:
        return float(self.proven(lot, step).claims.figure.footprint)

    def bodies(self, digest: str, reads: str) -> bytes | None:
        if (digest, reads) not in self.read:
            answer = msgspec.json.decode(self.client.get(f"/v1/records/{digest}").content, type=Answered)
            bodies = [bytes(answer.body), *[bytes(one.body) for one in answer.revisions]]
            self.read.update({(digest, hashlib.sha256(body).hexdigest()): body for body in bodies})
        return self.read.get((digest, reads))

    def recomputed(self, proven: Proven) -> Recomputed:
        return recompute_from_bodies(proven, self.bodies, registry())


def output(shop: Workshop, lot: str, amount: str, role: Any = "product", **fields: Any) -> Output:
    return Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), role=role, **fields)


def with_fields(posted: Posted, **fields: Any) -> Posted:
    """A transformation with other fields."""
    party, record = posted
    assert isinstance(record, Transformation)
    return party, replace(record, **fields)


def declared(shop: Workshop, lot: Output, **fields: Any) -> Posted:
    return shop.signed(Declaration(issuer=shop.id, nonce=shop.nonce(), start=START, end=END, lot=lot, **fields))


def freight(amount: str) -> Supply:
    return Supply(material="freight", quantity=kilograms(amount), factor=Factor(
        value="0.5", unit="KGM", source="carrier", year=2025, boundary="cradleToGate"))


def sent(shop: Workshop, lot: str, amount: str, to: Workshop, new_lot: str, **fields: Any) -> Posted:
    return shop.signed(Transfer(
        issuer=shop.id, nonce=shop.nonce(), lot=shop.name(lot), quantity=kilograms(amount), to=to.id,
        new_lot=shop.name(new_lot), time=END, **fields,
    ))


def tell(story: Story) -> None:
    mill, buyer, post = story.mill, story.buyer, story.post
    # a 50; b and b2 share 10 + 0.8 * 50 = 50 by mass: 37.5 and 12.5; c 6 + half of b = 24.75
    post("a", mill.mine("a", "100", co2="50"))
    post("b", mill.make({"b": "60", "b2": "20"}, {"a": "80"}, activity=Make(co2="10")))
    post("c", mill.make({"c": "30"}, {"b": "30"}, activity=Make(co2="6")))
    # 10 of 20 kg of b2, and 4 kg of freight at 0.5: 6.25 + 2; 4 of 10 kg go back with 0.4 of it
    post("sent", sent(mill, "b2", "10", buyer, "sent", transport=[freight("4")]))
    post("accepted", buyer.signed(Acceptance(
        issuer=buyer.id, nonce=buyer.nonce(), transfer=digest_of(story.records["sent"]), received=kilograms("6"),
        return_lot=buyer.name("back"))))
    post("d", declared(mill, output(mill, "d", "8", materials={"steel": "0.9"}), basis="study",
                       boundary="cradleToGate", burdens={CO2E: "16", "electricityKwh": "3"}, primary_share="0.25"))
    # 3 kg are assigned to e1; the rest of 7 + 16 = 20 by declared shares, 0.75 and 0.25, and the waste has none
    post("e", with_fields(
        mill.make({}, {"d": "8"}, activity=Make(co2="7", assigned=[Given(output=0, burden=CO2E, amount="3")])),
        allocation="declared", outputs=[
            output(mill, "e1", "4", share="0.75"), output(mill, "e2", "2", "byProduct", share="0.25"),
            output(mill, "e3", "1", "waste", origin="preConsumer"),
        ]))
    post("w", declared(mill, output(mill, "w", "2", "waste", origin="postConsumer"), basis="collected",
                       boundary="none", collector=mill.id, evidence=[WEIGHED]))
    post("r", with_fields(mill.make({}, {"w": "2"}, activity=Make(co2="1")), outputs=[
        output(mill, "r", "2"), output(mill, "credits", "2", "credit", credit=Credit(material="steel", factor=AVOIDED)),
    ]))
    # what is left of it is waste, without burden; the record retains a sixth of b2 and more
    post("scrapped", mill.signed(Consumption(
        issuer=mill.id, nonce=mill.nonce(), time=END, purpose="disposed",
        inputs=[Flow(lot=mill.name("b2"), quantity=kilograms("3"))],
        outputs=[output(mill, "scrap", "3", "waste", origin="postConsumer")], evidence=ISSUED)))
    # 30 wait for a closing: h 20 + 0.1 * 50 = 25; k 3 + half of it = 15.5
    post("h", with_fields(mill.make({"h": "10"}, {"a": "10"}, activity=Make(co2="20")), basis="provisional",
                          **FEBRUARY))
    post("k", mill.make({"k": "5"}, {"h": "5"}, activity=Make(co2="3")))
    # 2 kg of h with 5; and 8 of 30 kg of c with 6.6; 5 kg of it by its name
    post("stock", pool(mill, "stock"))
    post("stock:1", add(mill, "stock", {"h": "2"}))
    post("stock:2", add(mill, "stock", {"c": "8"}))
    post("drawn", mill.make({"drawn": "5"}, {"stock": "5"}, activity=Make(co2="1")))
    # a 150: b 97.5, b2 32.5, c 6 + 48.75 = 54.75, h 35, k 20.5
    post("a again", amend(mill, change(story.records["a"], activity=Make(co2="150"))))
    # 40 kg of b instead of 60: b 130 * 2/3, b2 130 / 3; c takes 30 of 40: 6 + 65 = 71
    post("less b", amend(mill, change(story.records["b"], outputs=[output(mill, "b", "40"), output(mill, "b2", "20")])))
    # 4 kg of gas are 11 kg CO2e: h 46, k 26
    post("closing", close(mill, gas("4"), **FEBRUARY))
    post("l", mill.make({"l": "1"}, {"k": "1"}, activity=Make(co2="2")))
    post("no l", amend(mill, change(story.records["l"])))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        found = Story(server, client, workshop(server, "mill"), workshop(server, "buyer"), {}, {}, {})
        tell(found)
        report = audited(server)
        assert report.ok, report.findings
        yield found


def every_lot(story: Story) -> list[str]:
    return [row["lot"] for row in story.get("/v1/audit/balances")]


# --- what statements say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lot", "step", "expected"), [
    ("a", "a", 50.0), ("b", "b", 37.5), ("b2", "b", 12.5), ("c", "c", 24.75), ("sent", "sent", 8.25),
    ("d", "d", 16.0), ("e1", "e", 0.75 * 20 + 3), ("e2", "e", 0.25 * 20), ("e3", "e", 0.0), ("w", "w", 0.0),
    ("r", "r", 1.0), ("credits", "r", 0.0), ("scrap", "scrapped", 0.0), ("h", "h", 25.0), ("k", "k", 15.5),
    ("stock:1", "stock:1", 5.0), ("stock:2", "stock:2", 11.6), ("drawn", "drawn", 6.8),
    ("a", "a again", 150.0), ("b", "a again", 97.5), ("c", "a again", 54.75), ("k", "a again", 20.5),
    ("b", "less b", 260 / 3), ("c", "less b", 71.0), ("h", "closing", 46.0), ("k", "closing", 26.0),
    ("b", "closing", 260 / 3), ("b", "c", 37.5),
])
def test_a_figure_by_hand(story: Story, lot: str, step: str, expected: float) -> None:
    proven = story.proven(lot, step)
    assert float(proven.claims.figure.footprint) == pytest.approx(expected, rel=1e-12)
    assert proven.claims.size == proven.checkpoint.size == story.sizes[step]
    assert story.recomputed(proven) == Recomputed(True, True)


def test_what_went_back_of_a_delivery(story: Story) -> None:
    """4 of 10 kg with 8.25 kg CO2e."""
    proven = check_statement(story.statement(story.buyer.name("back"), story.sizes["accepted"]), story.server.vkey)
    assert (proven.claims.type, proven.claims.figure.footprint) == ("acceptance", repr(0.4 * 8.25))
    assert story.recomputed(proven) == Recomputed(True, True)


def test_every_statement_at_every_size(story: Story) -> None:
    """Each says what the footprint says at that size, holds offline, and comes out of the bodies again."""
    compared = 0
    for size in story.sizes.values():
        for lot in every_lot(story):
            response = story.client.get("/v1/statement", params={"lot": lot, "at": size})
            answer = story.client.get("/v1/footprint", params={"lot": lot, "at": size}).json()
            if answer.get("title", "").startswith("withdrawn") or "lot" not in answer:
                assert response.status_code == 404
                continue
            proven = check_statement(read_statement(response.content), story.server.vkey)
            figure, claims = proven.claims.figure, proven.claims
            assert claims.size == size
            assert {name: float(text) for name, text in figure.burdens.items()} == answer["burdens"]
            assert {name: float(text) for name, text in figure.contents.items()} == answer["contents"]
            assert float(figure.footprint) == answer["footprint"]
            assert float(figure.per_unit) == answer["footprintPerUnit"]
            assert (figure.title, figure.completeness) == (answer["title"], answer["completeness"])
            assert float(claims.share) == answer["share"]
            assert [(one.lot, float(put.part)) for one, put in zip(proven.inputs, claims.inputs, strict=True)] == [
                (one["lot"], one["part"]) for one in answer.get("inputs", [])
            ]
            assert (claims.digest, claims.method, claims.plugin) == (
                answer["record"], answer["method"], answer.get("plugin"))
            assert story.recomputed(proven) == Recomputed(True, True), (lot, size)
            compared += 1
    assert compared > 200


def test_what_a_statement_says_besides(story: Story) -> None:
    claims = story.proven("c").claims
    assert claims.checkpoint == story.client.get("/log/checkpoint").text
    assert (claims.origin, claims.gwp, claims.type) == (story.server.origin, "AR6", "transformation")
    assert claims.software.startswith("carbon-ledger/")
    assert claims.quantity == kilograms("30")
    # c, b that it takes from, and the amendment that revised both last.
    assert [one.index for one in claims.entries] == [
        story.sizes["b"] - 1, story.sizes["c"] - 1, story.sizes["less b"] - 1]
    assert [one.revision.by for one in claims.records if one.revision] == [story.sizes["less b"] - 1] * 2
    # c itself reads as it was posted, b does not.
    assert claims.records[1].reads is None
    assert [one.reads is None for one in story.proven("b").claims.records] == [True, False]
    assert "answer" not in story.get("/v1/statement", lot=story.mill.name("c"))["claims"]


def test_it_holds_no_body(story: Story) -> None:
    """No nonce and no field that only a body has: what was two hops away is not in it."""
    text = bytes(story.statement(story.mill.name("c")).claims).decode()
    assert story.mill.name("a") not in text
    assert digest_of(story.records["a"]) not in text
    for record in story.records.values():
        assert record[1].nonce not in text


def test_an_answer_of_another_method_stands_beside_it(story: Story) -> None:
    """The log's key vouches for it; the figure is what it was. As of the same tree, also where `at` lies within a
    batch's."""
    asked = {"lot": story.mill.name("c"), "gwp": "AR5"}
    for at in (None, story.sizes["c"]):
        claims = check_statement(
            msgspec.json.decode(msgspec.json.encode(story.get("/v1/statement", **asked, at=at)), type=Statement),
            story.server.vkey,
        ).claims
        told, plain = json.loads(bytes(claims.answer)), story.get("/v1/footprint/method", **asked, at=claims.size)
        assert (told["method"], told["gwp"], told["at"]) == ("cut-off/1", "AR5", claims.size)
        assert float(told["footprint"]) == plain["footprint"] > 0
        assert float(told["default"]) == float(claims.figure.footprint)
        without = check_statement(story.statement(story.mill.name("c"), at), story.server.vkey).claims
        assert msgspec.structs.replace(claims, answer=msgspec.UNSET) == without


@pytest.mark.parametrize(("choice", "code", "field"), [
    ({"method": "magic/1"}, "unknown-method", "method"), ({"gwp": "AR9"}, "unknown-gwp", "gwp"),
    ({"allocation": "value"}, "missing-weight", "allocation"),
    ({"method": "cut-off/1", "parameter": "R2=1"}, "unknown-parameter", "parameter"),
])
def test_answers_that_cannot_be_had(story: Story, choice: dict[str, str], code: str, field: str) -> None:
    assert story.problem(lot=story.mill.name("c"), **choice) == (400, code, field)


def test_the_same_question_has_the_same_answer(story: Story) -> None:
    first, again = (story.statement(story.mill.name("k"), story.sizes["closing"]) for _ in range(2))
    assert first == again


# --- as of when ------------------------------------------------------------------------------------------------------


def test_within_a_batch_the_tree_is_the_next_checkpoint(server: Server, shop: Workshop) -> None:
    """Records of one request are one batch: in between, no tree was signed. What was not there then is unknown."""
    receipts = server.post([shop.make({"x": "10"}, {"pot": "10"}), shop.make({"y": "10"}, {"pot": "10"})])
    x, y = (receipt.index for receipt in receipts)
    signed = verify_receipt(receipts[0], server.vkey).size
    found = httpx.get(f"{server.url}/v1/statement", params={"lot": shop.name("x"), "at": x + 1}, timeout=60)
    assert check_statement(read_statement(found.content), server.vkey).claims.size == signed > x
    found = httpx.get(f"{server.url}/v1/statement", params={"lot": shop.name("y"), "at": y}, timeout=60)
    assert (found.status_code, found.json()["code"], found.json()["field"]) == (404, "not-found", "lot")


def test_what_cannot_be_stated(story: Story) -> None:
    name, newest = story.mill.name, max(story.sizes.values())
    assert story.problem(lot=name("nothing")) == (404, "not-found", "lot")
    assert story.problem(lot=name("c"), at=story.sizes["b"]) == (404, "not-found", "lot")
    assert story.problem(lot=name("l")) == (404, "withdrawn", "lot")
    for at in (0, -1, newest + 1, 1 << 70):
        assert story.problem(lot=name("c"), at=at) == (400, "tree-size", "at")
    assert (story.problem(lot=name("c"), at="soon")[0], story.problem()[0]) == (400, 400)
    assert story.co2e("l", "l") == 26 / 5 + 2


# --- found by others -------------------------------------------------------------------------------------------------


def test_with_other_software(story: Story) -> None:
    """Signature, tree, entry, outcome and figure of a revised lot with hashlib, pymerkle and plain arithmetic."""
    document = story.get("/v1/statement", lot=story.mill.name("k"))
    claims = document["claims"]
    canonical_json = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text, _, lines = document["note"].rpartition("\n\n")
    assert text == f"carbon-ledger/statement/v1\n{hashlib.sha256(canonical_json).hexdigest()}"
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(story.server.vkey.split("+", 2)[2])[1:])
    key.verify(base64.b64decode(lines.split()[2])[4:], f"{text}\n".encode())

    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries_of(story.server.url, claims["size"]):
        tree.append_entry(entry)
    assert base64.b64encode(tree.get_root()).decode() == claims["root"]
    entries = {}
    for one in claims["entries"]:
        entries[one["index"]] = base64.b64decode(one["entry"])
        assert root_of(entries[one["index"]], one["index"], claims["size"], one["path"]) == tree.get_root()

    (revision,) = [one["revision"] for one in claims["records"] if one["index"] == claims["record"]]
    revising = revision["shown"]
    outcome = entries[revision["by"]][130:162]
    assert root_of(spelled(revising["leaf"]), revising["index"], revision["size"], revising["path"]) == outcome
    assert revising["leaf"]["record"] == entries[claims["record"]][2:34].hex() == claims["digest"]
    (size,) = [one["leaves"] for one in claims["records"] if one["index"] == claims["record"]]
    for shown in (claims["assessment"], claims["result"]):
        root = root_of(spelled(shown["leaf"]), shown["index"], size, shown["path"])
        assert root.hex() == revising["leaf"]["outcome"]

    # 3 kg of its own and half of h.
    (line,) = claims["assessment"]["leaf"]["assessment"]["lines"]
    (taken,) = claims["inputs"]
    burden = float(taken["shown"]["leaf"]["burdens"][CO2E])
    assert (line["amount"], float(taken["part"]), burden) == ("3", 0.5, 46.0)
    assert float(claims["result"]["leaf"]["burdens"][CO2E]) == float(claims["share"]) * (3.0 + 0.5 * burden) == 26.0


def spelled(leaf: object) -> bytes:
    return json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root_of(data: bytes, index: int, size: int, path: Sequence[str]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    node, left, last = hashlib.sha256(b"\0" + data).digest(), index, size - 1
    for sibling in map(base64.b64decode, path):
        if left & 1 or left == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while left and not left & 1:
                left, last = left >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        left, last = left >> 1, last >> 1
    assert last == 0
    return node


def test_its_entries_have_tlog_proofs(story: Story) -> None:
    claims = story.proven("k").claims
    verifier = parse_vkey(story.server.vkey)
    for one in claims.entries:
        text = tlog_proof(claims, one.index)
        found = verify_proof(text, leaf_hash(base64.b64decode(one.entry)), verifier.name, verifier)
        assert found.size == claims.size


# --- many inputs -----------------------------------------------------------------------------------------------------


def test_a_thousand_inputs(server: Server, shop: Workshop) -> None:
    """Each made by a record of its own, all of 2 kg CO2e; of each the half is taken: 1,000 kg, and 5 more."""
    names = [f"in{i}" for i in range(1000)]
    server.post([shop.mine(name, "2", co2="2") for name in names])
    server.post([shop.make({"sum": "1000"}, dict.fromkeys(names, "1"), activity=Make(co2="5"))])
    response = httpx.get(f"{server.url}/v1/statement", params={"lot": shop.name("sum")}, timeout=120)
    proven = check_statement(read_statement(response.content), server.vkey)
    assert (proven.claims.figure.footprint, len(proven.inputs), len(proven.claims.entries)) == ("1005.0", 1000, 1001)
    assert response.text.count("c2sp.org/tlog-proof") == 0
    assert response.text.count("\\n\\n— ") == 2, "one checkpoint and one note"


# --- a server whose rows were changed -------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "back", "lot"), [
    ("UPDATE figure SET burdens[1] = 26.5 WHERE burdens[1] = 26", "UPDATE figure SET burdens[1] = 26 WHERE "
     "burdens[1] = 26.5", "k"),
    ("UPDATE figure SET share = 0.5 WHERE share = 1 AND burdens[1] = 46", "UPDATE figure SET share = 1 WHERE "
     "share = 0.5 AND burdens[1] = 46", "h"),
    ("UPDATE flow SET quantity = 4 WHERE quantity = 5", "UPDATE flow SET quantity = 5 WHERE quantity = 4", "k"),
])
def test_changed_rows_are_not_signed(story: Story, change: str, back: str, lot: str) -> None:
    """The server finds that they do not prove what they say, and says so."""
    with Database(attach(story.server.home).owner_url) as database:
        database.tamper(change)
        try:
            status, code, _ = story.problem(lot=story.mill.name(lot))
        finally:
            database.tamper(back)
    assert (status, code) == (500, "unproven")
    assert story.co2e(lot) in (26.0, 46.0)


# --- the command line ------------------------------------------------------------------------------------------------


def run(story: Story, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return command(story.server.home, *arguments)


def verify(story: Story, file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """On a day on which statements are in force."""
    return run(story, "verify", str(file), "--vkey", story.server.vkey, "--on", "2025-06-01", *options)


@pytest.fixture(scope="module")
def exported(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The statement of c, as of before the closing, in a file."""
    path = tmp_path_factory.mktemp("statements") / "c.json"
    done = run(story, "export", "footprint", story.mill.name("c"), "--at", str(story.sizes["less b"]), "--output",
               str(path), "--url", story.server.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert str(path) in done.stderr
    return path


def test_export_and_verify(story: Story, exported: Path) -> None:
    done = verify(story, exported)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[2] for line in lines[:7]] == [" ok"] * 6 + [" not asked"]
    assert f"footprint of {story.mill.name('c')}: 30 KGM of {story.mill.name('part')}" in lines[7]
    assert "71 kg CO2e" in lines[8]
    assert any("--bodies" in line for line in lines)


def test_export_with_another_answer(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "ar5.json"
    done = run(story, "export", "footprint", story.mill.name("c"), "--gwp", "AR5", "--output", str(path), "--url",
               story.server.url)
    assert done.returncode == 0, done.stderr
    done = verify(story, path)
    assert (done.returncode, "by cut-off/1, AR5:" in done.stdout) == (0, True), done.stdout
    assert json.loads(verify(story, path, "--json").stdout)["answer"]["gwp"] == "AR5"


def test_verify_with_the_bodies_of_a_server(story: Story, exported: Path) -> None:
    done = verify(story, exported, "--bodies", story.server.url, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["ok"], told["recomputed"], told["assessed"]) == (True, True, True)
    assert (told["lot"], told["figure"]["footprint"], told["size"]) == (
        story.mill.name("c"), "71.0", story.sizes["less b"])


def test_verify_with_a_folder_of_bodies(story: Story, exported: Path, tmp_path: Path) -> None:
    """With all of them; without the record's own; without one that it names."""
    claims = json.loads(exported.read_bytes())["claims"]
    for i, digest in enumerate((claims["digest"], *claims["named"])):
        body = story.client.get(f"/v1/records/{digest}")
        (tmp_path / f"{i}.json").write_bytes(bytes(msgspec.json.decode(body.content, type=Answered).body))
    done = verify(story, exported, "--bodies", str(tmp_path))
    assert (done.returncode, done.stdout.splitlines()[6].rpartition(": ")[2]) == (0, "ok")
    for missing in ("1.json", "0.json"):
        (tmp_path / missing).unlink()
        done = verify(story, exported, "--bodies", str(tmp_path))
        assert (done.returncode, done.stdout.splitlines()[6].rpartition(": ")[2]) == (0, "not recomputed")
        assert "not recomputed: the body" in done.stdout


def test_verify_a_changed_file(story: Story, exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.json"
    path.write_text(exported.read_text().replace('"71.0"', '"70.0"'))
    done = verify(story, path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "2. its claims are signed by the log: DOES NOT HOLD"
    assert "the log signed other claims" in done.stderr
    done = verify(story, path, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["step"], told["problem"]["code"]) == (1, False, 2, "wrong-claims")


def test_verify_with_wrong_usage(story: Story, exported: Path, tmp_path: Path) -> None:
    """Another version, options of receipts, no folder, a key that is none."""
    path = tmp_path / "other.json"
    path.write_text(exported.read_text().replace("statement/v1", "statement/v2"))
    done = verify(story, path, "--json")
    assert (done.returncode, json.loads(done.stderr)["code"]) == (1, "statement-version")
    assert verify(story, exported, "--key", "x").returncode == 2
    done = verify(story, exported, "--bodies", str(path), "--json")
    assert (done.returncode, json.loads(done.stderr)["field"]) == (1, "bodies")
    done = run(story, "verify", str(exported), "--vkey", "x+y+z", "--json")
    assert (done.returncode, json.loads(done.stderr)["field"]) == (1, "vkey")
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(story.client.get(f"/v1/records/{digest_of(story.records['a'])}/proof").content)
    assert run(story, "verify", str(receipt), "--vkey", story.server.vkey).returncode == 0
    done = run(story, "verify", str(receipt), "--vkey", story.server.vkey, "--bodies", str(tmp_path))
    assert done.returncode == 2


def test_export_to_stdout_and_its_errors(story: Story) -> None:
    lot = story.mill.name("d")
    done = run(story, "export", "footprint", lot, "--url", story.server.url)
    assert check_statement(read_statement(done.stdout.encode()), story.server.vkey).claims.lot == lot
    done = run(story, "export", "footprint", story.mill.name("nothing"), "--url", story.server.url, "--json")
    assert (done.returncode, json.loads(done.stderr)["code"]) == (1, "not-found")
    done = run(story, "export", "footprint", lot, "--at", "100000", "--url", story.server.url, "--json")
    assert (done.returncode, json.loads(done.stderr)["code"]) == (1, "tree-size")


# --- other plugins than those installed here -------------------------------------------------------------------------


def test_without_the_plugin_the_assessment_is_taken_as_it_is(story: Story) -> None:
    found = recompute_from_bodies(story.proven("e1"), story.bodies, Registry())
    assert (found.results, found.assessment) == (True, False)
    assert "plugin works/1.0.0" in found.notes[0]


def test_a_wrong_body_is_found(story: Story) -> None:
    proven = story.proven("e1")
    other = canonical.encode(story.records["c"][1])
    with pytest.raises(VerificationError) as caught:
        recompute_from_bodies(proven, lambda _, __: other, registry())
    assert (caught.value.step, caught.value.code) == (7, "wrong-body")


# --- a whole network -------------------------------------------------------------------------------------------------


def test_every_lot_of_a_network(network: Any) -> None:
    """Generated at random: all types of records, roles, allocations and plugins' answers."""
    client: httpx.Client = network.client
    bodies = {digest_of(posted): canonical.encode(posted[1]) for posted in network.posted}
    sectors = registry()
    for lot in network.lots:
        statement = read_statement(client.get("/v1/statement", params={"lot": lot}).content)
        proven = check_statement(statement, network.server.vkey)
        assert recompute_from_bodies(proven, lambda _, reads: bodies.get(reads), sectors) == Recomputed(True, True)
        answer = client.get("/v1/footprint", params={"lot": lot}).json()
        assert float(proven.claims.figure.footprint) == answer["footprint"]
        assert canonical_claims(statement)[0] == proven.claims
