"""x"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.asking import route_of
from support.cli import run
from support.inside import Inside, inside
from support.parties import Party, enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import audited, registry
from support.workshop import END, START, Workshop, workshop

from ledger.app import create_app
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import HttpSource
from ledger.client.http import Reader
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Attestation, KeyChange, Subject
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.service.queries.doubts import read_doubts_behind
from ledger.service.queries.tree_size import EVER, AsOf


class Story(NamedTuple):
    server: Server
    mill: Workshop
    forge: Workshop
    auditor: Workshop
    receipts: dict[str, Receipt]

    def ask(self, path: str, **parameters: object) -> Any:
        response = httpx.get(f"{self.server.url}{path}", params=parameters, timeout=60)  # type: ignore[arg-type]
        assert response.status_code == 200, response.text
        return response.json()

    def footprint(self, lot: str, **parameters: object) -> Any:
        return self.ask(route_of(parameters), lot=lot, **parameters)

    @property
    def size(self) -> int:
        """Of the log before anything was reported."""
        return self.receipts["reported"].index


def reporting(server: Server, who: Workshop, since: int, new: SigningKey) -> KeyChange:
    return KeyChange(
        issuer=who.id, nonce=who.nonce(), organization=who.id, added=[public_key(new, server.origin, who.id)],
        revoked=[who.party.key.keyid.hex()], compromised_since=since,
    )


def attesting(auditor: Workshop, lot: str) -> Attestation:
    return Attestation(
        issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind="lot", id=lot), standard="ISO 14064-3",
        level="reasonable", opinion="unmodified", start=START, end=END, valid_until="2027-01-01T00:00:00Z",
    )


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, Server(home) as server:
        mill, forge, auditor = workshop(server, "mill"), workshop(server, "forge"), Workshop("auditor")
        enter = enrolment(auditor.party, server.registrar, server.origin, auditor.nonce())
        server.post([(server.registrar, replace(enter, roles=["auditor"]))])
        told: dict[str, Receipt] = {}

        def post(name: str, who: Workshop, record: Any) -> None:
            (told[name],) = server.post([(who.party, record)])

        post("early", mill, mill.mine("early", "10")[1])
        post("late", mill, mill.mine("late", "10")[1])
        for name in ("early", "late"):
            post(f"{name} sent", mill, mill.send(name, "10", forge, f"{name}-sent")[1])
        post("gear", forge, made(forge, mill, "gear", ("early-sent", "late-sent")))
        post("plain", forge, made(forge, mill, "plain", ("early-sent",)))
        post("attested plain", auditor, attesting(auditor, forge.name("plain")))
        post("attested gear", auditor, attesting(auditor, forge.name("gear")))
        change = reporting(server, mill, told["late"].index, SigningKey.from_seed(b"\x41" * 32, "p256"))
        post("reported", mill, change)
        change = reporting(server, auditor, told["attested gear"].index, SigningKey.from_seed(b"\x42" * 32))
        post("auditor's", auditor, change)
        yield Story(server, mill, forge, auditor, told)
        report = audited(server)
        assert report.ok, report.findings


def made(forge: Workshop, mill: Workshop, lot: str, taken: tuple[str, ...]) -> Any:
    made = forge.make({lot: "4"}, dict.fromkeys(taken, "2"))[1]
    flows = [replace(flow, lot=mill.name(name)) for flow, name in zip(made.inputs, taken, strict=True)]
    return replace(made, inputs=flows, supplies=forge.make({lot: "4"}, ore="4")[1].supplies)  # type: ignore[union-attr]


def test_the_record_and_its_lot(story: Story) -> None:
    key, late = story.mill.party.key.keyid.hex(), story.receipts["late"]
    doubt = {"index": late.index, "record": late.digest, "issuer": story.mill.id, "key": key, "since": late.index,
             "reported": story.receipts["reported"].index}
    record = story.ask(f"/v1/records/{late.digest}")
    assert record["inDoubt"] == doubt
    (limitation,) = record["limitations"]
    assert f"reported compromised since entry {late.index}" in limitation
    (lot,) = story.ask("/v1/lots", lot=story.mill.name("late"))
    assert lot["inDoubt"] == doubt


@pytest.mark.parametrize("name", ["early", "gear", "plain", "attested plain"])
def test_records_that_are_not(story: Story, name: str) -> None:
    """Before that entry, or by other keys: not even where they rest on one that is."""
    record = story.ask(f"/v1/records/{story.receipts[name].digest}")
    assert "inDoubt" not in record
    assert "limitations" not in record


def test_a_footprint_that_rests_on_it(story: Story) -> None:
    """`gear` took what was sent of `late`, and of `early`: the transfer of that was signed after the report's index."""
    found = story.footprint(story.forge.name("gear"))
    names = ("late sent", "early sent", "late")
    assert [one["index"] for one in found["inDoubt"]] == sorted(
        [story.receipts[name].index for name in names], reverse=True)
    assert len(found["limitations"]) == 3
    assert "inDoubt" not in found["lot"]
    early = story.footprint(story.mill.name("early"))
    assert "inDoubt" not in early
    assert "limitations" not in early


def test_as_of_a_tree_in_which_nothing_was_reported(story: Story) -> None:
    lot = story.forge.name("gear")
    assert "inDoubt" not in story.footprint(lot, at=story.size)
    assert len(story.footprint(lot, at=story.size + 1)["inDoubt"]) == 3
    (then,), (now,) = (story.ask("/v1/lots", lot=story.mill.name("late"), **at) for at in ({"at": story.size}, {}))
    assert ("inDoubt" in then, "inDoubt" in now) == (False, True)


def test_figures_are_what_they_were(story: Story) -> None:
    """Nothing of it is undone: order decided when it was admitted."""
    lot = story.forge.name("gear")
    before, after = story.footprint(lot, at=story.size), story.footprint(lot)
    assert (before["footprint"], before["burdens"]) == (after["footprint"], after["burdens"])


@pytest.mark.parametrize(("maker", "lots", "names"), [
    ("forge", ("gear", "plain"), ("late sent", "early sent", "late")), ("mill", ("late",), ("late",)),
])
def test_a_product_s_footprint_says_so_as_its_lots_do(
    story: Story, maker: str, lots: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Each record once, whichever lots rest on it; and nothing of it as of a tree in which nothing was reported."""
    shop = getattr(story, maker)
    product = shop.name("part")
    found = story.ask("/v1/footprint/product", product=product)
    own = {one["index"]: one for lot in lots for one in story.footprint(shop.name(lot))["inDoubt"]}
    assert found["inDoubt"] == [own[index] for index in sorted(own, reverse=True)]
    assert {one["index"] for one in found["inDoubt"]} == {story.receipts[name].index for name in names}
    assert len(found["limitations"]) == len(names)
    assert "reported compromised since entry" in found["limitations"][0]
    before = story.ask("/v1/footprint/product", product=product, at=story.size)
    assert not {"inDoubt", "limitations"} & before.keys()
    assert before["footprint"] == found["footprint"]


def test_an_attestation_that_counts_for_nothing(story: Story) -> None:
    found = {lot: story.footprint(story.forge.name(lot))["attestations"] for lot in ("gear", "plain")}
    assert [[one.get("inDoubt", False) for one in told] for told in found.values()] == [[True], [False]]
    before = story.footprint(story.forge.name("gear"), at=story.receipts["auditor's"].index)
    assert "inDoubt" not in before["attestations"][0]


def test_another_method_says_so_too(story: Story) -> None:
    found = story.footprint(story.forge.name("gear"), gwp="AR5")
    assert len([one for one in found["limitations"] if "reported compromised" in one]) == 3


def test_a_statement_says_so_under_the_log_s_signature(story: Story, tmp_path: Path) -> None:
    """Also where its tree ends before the report; not as of a tree in which nothing was reported."""
    path, lot = tmp_path / "statement", story.forge.name("gear")
    assert run("export", "footprint", lot, "--output", path, "--url", story.server.url).code == 0
    done = run("verify", path, "--vkey", story.server.vkey, "--on", "2025-06-01").succeeded()
    assert done.out.count("the log said: record") == done.out.count("reported compromised since entry") == 3
    told = json.loads(path.read_text())
    told["claims"].pop("limitations")
    path.write_text(json.dumps(told))
    assert "2. its claims are signed by the log: DOES NOT HOLD" in run("verify", path, "--vkey", story.server.vkey).out
    assert "limitations" not in story.ask("/v1/statement", lot=lot, at=story.size)["claims"]
    assert "limitations" not in story.ask("/v1/statement", lot=story.mill.name("early"))["claims"]


def test_a_bundle_passes_that_on(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    for lot, doubts in ((story.forge.name("gear"), 3), (story.mill.name("early"), 0)):
        assert run("export", "bundle", lot, "--output", path, "--url", story.server.url).code == 0
        done = run("verify", path, "--vkey", story.server.vkey, "--on", "2025-06-01").succeeded()
        assert done.out.count("the log said: record") == doubts
        told = json.loads(run("verify", path, "--vkey", story.server.vkey, "--on", "2025-06-01", "--json").out)
        assert len([one for one in told["limitations"] if "reported compromised since entry" in one]) == doubts


def test_what_is_told_of_the_organisation(story: Story) -> None:
    told = {one["id"]: one for one in story.ask("/v1/organizations", limit=1000)}
    old, new = told[story.mill.id]["keys"]
    assert (old["algorithm"], old["revoked"], old["compromisedSince"]) == (
        "ed25519", story.receipts["reported"].index, story.receipts["late"].index)
    assert (new["algorithm"], new.get("revoked"), new.get("compromisedSince")) == ("p256", None, None)


def test_on_the_command_line(story: Story) -> None:
    done = run("footprint", story.forge.name("gear"), "--url", story.server.url).succeeded()
    assert "in doubt" in done.out
    assert done.out.count("is signed by a key reported compromised since entry") == 3
    assert "does not count: signed by a key reported compromised" in done.out
    done = run("footprint", "--product", story.forge.name("part"), "--url", story.server.url).succeeded()
    assert "entries, in doubt" in done.out
    assert done.out.count("is signed by a key reported compromised since entry") == 3


def test_an_audit_counts_them(story: Story, tmp_path: Path) -> None:
    """From zero, and when it goes on from its state: of the mill `late`, two transfers and the report itself; of the
    auditor one attestation and its report."""
    late, gear = story.receipts["late"].index, story.receipts["attested gear"].index
    mill, auditor = (who.party.key.keyid.hex() for who in (story.mill, story.auditor))
    for start in (0, story.receipts["auditor's"].index + 1):
        done = story.server.audit("--json", "--state", str(tmp_path / "state"))
        assert done.returncode == 0, done.stdout
        report = json.loads(done.stdout)
        assert (report["ok"], report["start"]) == (True, start)
        assert [note for note in report["notes"] if note.startswith("in doubt")] == [
            f"in doubt: {count} entries from {since} on are signed by key {key} of {who.id}, which is reported "
            "compromised since then; their signatures hold"
            for count, since, key, who in ((4, late, mill, story.mill), (2, gear, auditor, story.auditor))
        ]


class Watched(HttpSource):
    """It notes from which entry on it is read."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.read: list[int] = []

    def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        self.read.append(start)
        return super().pages(size, start)


def read_by_an_audit(story: Story, state: Path) -> tuple[AuditReport, list[int]]:
    """The report, and from which entries on the log was read. An audit from zero reads the rules of the log first."""
    async def run() -> tuple[AuditReport, list[int]]:
        async with httpx.AsyncClient(base_url=story.server.url, timeout=60) as client:
            source = Watched(Reader(client))
            report = await audit(source, registry(), AuditOptions(vkey=story.server.vkey, state=state))
            return report, source.read

    return asyncio.run(run())


def test_a_later_report_that_names_an_earlier_entry(story: Story, tmp_path: Path) -> None:
    """It stands last: the mill learns that its key was taken before `early`. An audit from a state reads again from
    there on, and from then on only what is new."""
    state, late = tmp_path / "audit.state", story.receipts["late"].index
    before, first = read_by_an_audit(story, state)
    _, again = read_by_an_audit(story, state)
    assert (first, again) == ([0, 0, late], [before.size])
    new = Party(story.mill.id, SigningKey.from_seed(b"\x41" * 32, "p256"))
    keyid = story.mill.party.key.keyid.hex()
    since = story.receipts["early"].index

    def again(since: int) -> KeyChange:
        return KeyChange(issuer=new.id, nonce=story.mill.nonce(), organization=new.id, revoked=[keyid],
                         compromised_since=since)

    answers = story.server.submit(story.server.envelopes([(new, again(index)) for index in (since + 1, since, since)]))
    codes = [one.get("code") if isinstance(one, dict) else None for one in answers]
    assert codes == ["compromise-known", None, "compromise-known"]
    receipt = answers[1]
    assert isinstance(receipt, Receipt)
    found = story.ask(f"/v1/records/{story.receipts['early'].digest}")["inDoubt"]
    assert (found["since"], found["reported"]) == (since, receipt.index)
    assert len(story.footprint(story.forge.name("gear"))["inDoubt"]) == 4
    (told,) = [one for one in story.ask("/v1/organizations", limit=1000) if one["id"] == story.mill.id]
    assert (told["keys"][0]["compromisedSince"], json.dumps(told).count(keyid)) == (since, 1)
    after, newly = read_by_an_audit(story, state)
    (used,) = story.server.post([story.forge.use({"gear": "1"})])
    last, more = read_by_an_audit(story, state)
    zero, whole = read_by_an_audit(story, tmp_path / "zero.state")
    assert (newly, more, whole) == ([before.size, since], [after.size, after.size], [0, 0, since])
    assert (last.ok, last.size) == (True, used.index + 1)
    doubted, wanted = [[note for note in one.notes if note.startswith("in doubt")] for one in (last, zero)]
    assert doubted == wanted != []


BEHIND = 5
LIMITED = "only {} records behind this figure were looked at for signatures in doubt."


class Behind(NamedTuple):
    ledger: Inside
    forge: Workshop
    indexes: dict[str, int]

    def doubts(self, most: int, *names: str) -> tuple[list[int], list[str]]:
        """Indexes, and what is said but for what each of them is said."""
        indexes = [self.indexes[name] for name in names or ("c",)]
        found, limitations = self.ledger.run(read_doubts_behind(
            self.ledger.ledger.pool, indexes, AsOf(EVER, EVER), most
        ))
        return [one.index for one in found], limitations[len(found):]

    def ask(self, path: str, **parameters: str) -> Any:
        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(app=create_app(self.ledger.ledger))
            async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                return await client.get(path, params=parameters)

        return self.ledger.run(get()).json()


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    with prepared_home() as home, inside(home) as ledger:
        mill, forge = Workshop("mill"), Workshop("forge")
        for shop in (mill, forge):
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        b = forge.make({"b": "5"}, {"a": "5"})
        posted = {
            "x": mill.mine("x", "10"), "sent": mill.send("x", "10", forge, "x-sent"), "a": _made_of(mill, forge),
            "b": b, "c": forge.make({"c": "5"}, {"b": "5"}), "amended": amend(forge, change(b, activity=Make(co2="3"))),
        }
        indexes = {name: ledger.post([one])[0].index for name, one in posted.items()}
        new = SigningKey.from_seed(b"\x41" * 32)
        ledger.post([mill.signed(KeyChange(
            issuer=mill.id, nonce=mill.nonce(), organization=mill.id, added=[public_key(new, ledger.origin, mill.id)],
            revoked=[mill.party.key.keyid.hex()], compromised_since=indexes["x"],
        ))])
        yield Behind(ledger, forge, indexes)
        report = ledger.audited()
        assert report.ok, report.findings


def _made_of(mill: Workshop, forge: Workshop) -> Posted:
    party, record = forge.make({"a": "5"}, {"x-sent": "5"})
    return party, replace(record, inputs=[replace(record.inputs[0], lot=mill.name("x-sent"))])


def test_all_of_them(behind: Behind) -> None:
    """The amendment is checked beside the records and does not count as one of them."""
    assert behind.doubts(BEHIND) == ([behind.indexes["sent"], behind.indexes["x"]], [])


@pytest.mark.parametrize(("most", "found"), [(1, []), (2, []), (3, ["sent"]), (4, ["sent", "x"])])
def test_not_all_of_them(behind: Behind, most: int, found: list[str]) -> None:
    """One more than the limit is read, to know whether there are more. That nothing was found is never all that is
    said."""
    assert behind.doubts(most) == ([behind.indexes[name] for name in found], [LIMITED.format(most)])


def test_behind_several(behind: Behind) -> None:
    """What is behind more than one of them is looked at once; of more than are looked at, the newest are."""
    sent, x = behind.indexes["sent"], behind.indexes["x"]
    assert behind.doubts(BEHIND, "a", "b", "c") == ([sent, x], [])
    assert behind.doubts(2, "x", "a", "b", "c") == ([], [LIMITED.format(2)])
    assert (behind.doubts(2, "x", "sent"), behind.doubts(BEHIND, "x")) == (([sent, x], []), ([x], []))


@pytest.mark.parametrize(("path", "parameters", "module"), [
    ("/v1/footprint", {}, "footprint.read"), ("/v1/footprint/method", {"gwp": "AR5"}, "methods.read"),
    ("/v1/statement", {}, "statement.make"), ("/v1/footprint/product", {"product": "part"}, "product.read"),
])
def test_a_buyer_is_told(
    behind: Behind, monkeypatch: pytest.MonkeyPatch, path: str, parameters: dict[str, str], module: str
) -> None:
    """In the answer, by whichever method, and in the statement that the log signs."""
    limited = partial(read_doubts_behind, most=2)
    monkeypatch.setattr(f"ledger.service.queries.{module}.read_doubts_behind", limited)
    asked = {name: behind.forge.name(value) if name == "product" else value for name, value in parameters.items()}
    found = behind.ask(path, **({} if "product" in asked else {"lot": behind.forge.name("c")}), **asked)
    assert LIMITED.format(2) in found.get("claims", found)["limitations"]
    assert "inDoubt" not in json.dumps(found)
