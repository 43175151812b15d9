"""CBAM from a real ledger over HTTP and on the command line; the story and its figures stand in `support.border`."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest
from msgspec import Raw
from support.border import AUDITOR, BILLETS, DEFAULTS, FORGE, LATER, MILL, Poster, Story, attest, emission, tell
from support.cli import run
from support.parties import Party, enrolment, party
from support.sectors import MAKE, Make
from support.server import Server, prepared_home

from ledger.core.record.kinds import Amendment, KeyChange
from ledger.core.record.revisions import Change
from ledger.core.signatures.signing import SigningKey, public_key

CASES = Path(__file__).parents[1] / "vectors" / "cbam"


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    # The definitive period began in 2026, and the story ends in 2027.
    with prepared_home() as home, Server(home, program="support.later") as server:
        sizes = tell(Poster(server, "cbam"))
        folder = home.parent
        (folder / "defaults.csv").write_text(DEFAULTS, encoding="utf-8")
        yield Story(server, folder, sizes)


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def asked(report: Any) -> Any:
    (found,) = [one for one in report["processes"] if one["asked"]]
    return found


def reconciled(report: Any) -> bool:
    for one in report["processes"]:
        named = sum(part["kilograms"] for part in report["differences"] if part["process"] == one["process"])
        assert one["totalFootprint"] * 1000 == pytest.approx(one["totalEmbedded"] * 1000 + named, rel=1e-9)
    return True


# Over HTTP


def test_the_installation_year(story: Story) -> None:
    (mill,) = story.ask(f"{MILL.prefix}site", 2026).json()["installations"]
    assert (mill["operator"], mill["country"], mill["subdivision"], mill["year"]) == (MILL.id, "CN", "CN-JS", 2026)
    (made,) = mill["productions"]
    billets, slag = made["made"]
    assert (billets["tonnes"], billets["cn"], billets["footprint"]) == (100.0, "7207 11 14", near(BILLETS))
    assert (slag["role"], "cn" in slag, slag["share"]) == ("byProduct", False, near(1 / 11))
    assert {(one["source"], one["kind"]): one["carbonDioxide"] for one in made["lines"]} == {
        ("furnace", "onSite"): 20000, ("leaks", "onSite"): near(2980), ("lime", "upstream"): 5000,
        ("lorry", "transport"): 700, ("electricity", "electricity"): 30000}
    (power,) = made["power"]
    assert (power["way"], power["kilowattHours"], power["carbonDioxide"]) == ("grid", near(50000), 30000)
    assert (made["process"], "provisional" in made) == (MAKE, False)


def test_the_maker_of_what_was_bought_and_pooled(story: Story) -> None:
    """The pool is half of 2025 and half of 2026, of which alone the maker's installation and year is attested."""
    found = story.ask(f"{FORGE.prefix}site", 2026).json()
    assert [(one["facility"], one["year"]) for one in found["installations"]] == [
        (f"{FORGE.prefix}site", 2026), (f"{MILL.prefix}site", 2026)]
    bought, pooled = (one["taken"] for one in found["installations"][0]["productions"])
    (lot,) = bought
    assert (lot["lot"], lot["product"], lot["facility"], lot["year"], lot["tonnes"]) == (
        f"{MILL.prefix}bought", f"{MILL.prefix}billet", f"{MILL.prefix}site", 2026, 20)
    assert (lot["carried"], lot["made"], lot["electricity"]) == (
        near(0.2 * BILLETS + 50), near(0.2 * BILLETS), near(6000 / 1.1))
    assert len(lot["attested"]) == 64
    parts = {one["year"]: one for one in pooled}
    assert {year: (one["tonnes"], "attested" in one) for year, one in parts.items()} == {
        2025: (near(5), False), 2026: (near(5), True)}
    assert {year: one["made"] for year, one in parts.items()} == {
        2025: near(0.05 * LATER), 2026: near(0.05 * BILLETS)}
    assert sum(one["carried"] for one in pooled) == near(0.05 * (LATER + BILLETS))


def test_power_by_the_way_it_comes(story: Story) -> None:
    """An agreement is proved by evidence of electricity, and what it priced is not in what the grid emitted."""
    productions = story.ask(f"{MILL.prefix}site", 2027).json()["installations"][0]["productions"]
    told = [[(one["way"], one["kilowattHours"], one["carbonDioxide"], one.get("evidence")) for one in made["power"]]
            for made in productions]
    assert told == [[("contract", near(500), near(50), evidence), ("grid", near(1000), near(600), None)]
                    for evidence in ("powerPurchaseAgreement", None)]


def test_as_of_an_earlier_tree(story: Story) -> None:
    """Before the auditor came there is no attestation, and before the forge worked no production."""
    before = story.ask(f"{FORGE.prefix}site", 2026, at=story.sizes["forge"]).json()
    assert (before["at"], len(before["installations"])) == (story.sizes["forge"], 1)
    assert "attested" not in before["installations"][0]["productions"][0]["taken"][0]
    assert story.ask(f"{FORGE.prefix}site", 2026, at=story.sizes["mill"]).status_code == 404


@pytest.mark.parametrize(("facility", "year", "more", "status", "code"), [
    ("urn:example:nowhere", 2026, {}, 404, "unknown-facility"), (f"{MILL.prefix}site", 2024, {}, 404, "no-records"),
    (f"{MILL.prefix}site", 1066, {}, 400, "year"), (f"{MILL.prefix}site", 2026, {"at": 10**6}, 400, "tree-size"),
    (f"{MILL.prefix}site", 2026, {"at": 1}, 404, "unknown-facility"),
])
def test_what_is_refused(
    story: Story, facility: str, year: int, more: Mapping[str, int], status: int, code: str
) -> None:
    answer = story.ask(facility, year, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


# On the command line


def test_a_precursor_with_an_attestation(story: Story) -> None:
    report = story.report(f"{FORGE.prefix}site", 2026, "--at", story.sizes["attested"])
    mine = asked(report)
    assert (mine["embeddedDirect"], mine["embeddedIndirect"]) == (near(5.8 / 18), near(11.4 / 18))
    assert (mine["payable"], mine["totalFootprint"]) == (near(5.8 / 18), near(7.25 + 0.0002 * BILLETS))
    assert [one["way"] for one in report["precursors"]] == ["actual"]
    assert reconciled(report)


def test_a_precursor_without_an_attestation(story: Story) -> None:
    """The default value of China with 10 %: 2.75 direct and 0.11 indirect."""
    report = story.report(f"{FORGE.prefix}site", 2026, "--at", story.sizes["forge"])
    mine = asked(report)
    assert (mine["embeddedDirect"], mine["embeddedIndirect"]) == (near(56.8 / 18), near(7.6 / 18))
    assert [(one["way"], one["markUp"], one["source"]) for one in report["precursors"]] == [("default", 10, "a study")]
    assert any("default value" in text for text in report["warnings"])
    assert reconciled(report)


def test_a_pool_of_two_years(story: Story) -> None:
    """20 + 5 t count with the figures of 2026, 5 t of 2025 with the default value; midnight of 31 December counts."""
    report = story.report(f"{FORGE.prefix}site", 2026, "--at", story.sizes["pool"])
    told = {(one["way"], one["madeIn"]): one["tonnes"] for one in report["precursors"]}
    assert told == {("actual", 2026): near(25), ("default", 2025): near(5)}
    assert asked(report)["embeddedDirect"] == near((2.7 + 25 * 0.2 + 5 * 2.75) / 27)
    assert reconciled(report)


def test_without_a_file_of_default_values(story: Story) -> None:
    done = story.cbam(f"{FORGE.prefix}site", 2026)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert f"{MILL.prefix}billet" in done.err
    assert "CN 72071114 of CN in 2026" in done.err


@pytest.mark.parametrize("text", [
    "cn,country\n7207,CN\n", DEFAULTS + "7207,CN,1,0,again\n", DEFAULTS + "7207,CN,-1,0,x\n",
])
def test_a_bad_file_of_default_values(story: Story, text: str) -> None:
    bad = story.folder / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    done = story.cbam(f"{FORGE.prefix}site", 2026, "--defaults", bad)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert "defaults" in done.err
    assert story.cbam(f"{FORGE.prefix}site", 2026, "--defaults", story.folder / "none.csv").code == 1


def test_power_over_a_direct_line_and_power_without_evidence(story: Story) -> None:
    """100 kg for 10 MWh count over the line (the blades are upstream), else the grid of Jiangsu does."""
    report = story.report(f"{FORGE.prefix}site", 2027)
    power = {one["way"]: one for one in report["power"] if one["process"]["facility"] == f"{FORGE.prefix}site"}
    assert (power["directLine"]["factor"], power["directLine"]["megawattHours"]) == (near(0.01), near(1))
    assert 0.3 < power["grid"]["factor"] < 1.0
    assert "electricity" in power["grid"]["source"]
    assert asked(report)["embeddedIndirect"] == near((0.01 + power["grid"]["factor"]) / 2)
    assert reconciled(report)


def test_the_workbook(story: Story) -> None:
    path = story.folder / "forge.xlsx"
    done = story.cbam(f"{FORGE.prefix}site", 2026, "--defaults", story.defaults, "--workbook", path,
                      "--at", story.sizes["attested"]).succeeded()
    assert "steelProducts" in done.out or "Iron or steel products" in done.out
    book = openpyxl.load_workbook(path, read_only=True)
    assert book.sheetnames == ["summary", "processes", "precursors", "lines", "sources"]
    summary = [list(row) for row in book["summary"].iter_rows(values_only=True)]
    (first,) = [dict(zip(summary[0], row, strict=True)) for row in summary[1:]]
    assert (first["t"], first["direct t CO2e/t"], first["payable t CO2e"]) == (18, near(5.8 / 18), near(5.8))
    (precursor,) = list(book["precursors"].iter_rows(min_row=2, values_only=True))
    assert f"{MILL.prefix}billet" in precursor
    whys = {row[7] for row in book["lines"].iter_rows(min_row=2, values_only=True)}
    assert {"inside", "outside", "behind", "sinceMade"} <= whys
    assert any(row[0] == "rule" for row in book["sources"].iter_rows(values_only=True))


def test_text_is_never_a_formula(story: Story) -> None:
    """A source in the user's file that begins with = is text in the workbook."""
    evil = story.folder / "evil.csv"
    with evil.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["cn", "country", "direct", "indirect", "source"],
                                    ["7207", "CN", "2", "0", '=HYPERLINK("http://x","y")\x07']])
    path = story.folder / "evil.xlsx"
    story.cbam(f"{FORGE.prefix}site", 2026, "--defaults", evil, "--workbook", path).succeeded()
    cells = [cell for row in openpyxl.load_workbook(path)["precursors"].iter_rows() for cell in row
             if isinstance(cell.value, str) and "HYPERLINK" in cell.value]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_record_that_was_revised_is_no_longer_attested(story: Story) -> None:
    """The attestation of 2026 was given on other results. A new one heals it, an adverse one on the lot does not."""
    poster = Poster(story.server, "cbam/revised")
    mill = f"{MILL.prefix}site"
    before = story.ask(mill, 2026).json()["at"]
    digest = story.ask(mill, 2026).json()["installations"][0]["productions"][0]["record"]
    activity = msgspec.json.decode(msgspec.json.encode(Make(emissions=[
        emission(25000, "furnace"), emission(30000, "electricity", "electricity")])))
    poster.new(MILL, Amendment, reason="a slip", changes=[
        Change(record=digest, fields={"activity": Raw(msgspec.json.encode(activity))})])
    assert way(story) == {"default"}
    # A sister of the mill is not independent.
    sister = party(9, "cbam-sister")
    enrolled = enrolment(
        sister, story.server.registrar, story.server.origin, poster.nonce(), parent=MILL.id, share="1")
    poster.post(story.server.registrar, msgspec.structs.replace(enrolled, roles=["auditor"]))
    for kind, name in (("product", "billet"), ("facility", "site"), ("lot", "billets-2026")):
        attest(poster, kind, f"{MILL.prefix}{name}", 2026, by=sister, start="2025-01-01T00:00:00Z")
    attest(poster, "record", digest, 2026, by=sister, start="2025-01-01T00:00:00Z")
    assert way(story) == {"default"}
    attest(poster, "product", f"{MILL.prefix}billet", 2026)
    assert (way(story), way(story, "--at", before)) == ({"actual", "default"}, {"actual", "default"})
    attest(poster, "lot", f"{MILL.prefix}billets-2026", 2026, opinion="adverse", start="2025-01-01T00:00:00Z")
    assert way(story) == {"default"}


def test_attestations_by_a_key_that_is_reported_compromised(story: Story) -> None:
    """The adverse opinions, which came last, count no more; nor do the others, once they are known to be another's."""
    poster = Poster(story.server, "cbam/compromised")
    adverse = attest(poster, "lot", f"{MILL.prefix}billets-2026", 2026, opinion="adverse", start="2025-01-01T00:00:00Z")
    assert way(story) == {"default"}
    index = httpx.get(f"{story.server.url}/v1/records/{adverse}").json()["index"]
    size = poster.size
    new = Party(AUDITOR.id, SigningKey.from_seed(b"\x51" * 32, "p256"))
    added, keyid = [public_key(new.key, story.server.origin, new.id)], AUDITOR.key.keyid.hex()
    poster.new(AUDITOR, KeyChange, organization=new.id, added=added, revoked=[keyid], compromised_since=index - 1)
    assert (way(story), way(story, "--at", size)) == ({"actual", "default"}, {"default"})
    poster.new(new, KeyChange, organization=new.id, revoked=[keyid], compromised_since=0)
    assert way(story) == {"default"}


def way(story: Story, *arguments: object) -> set[str]:
    return {one["way"] for one in story.report(f"{FORGE.prefix}site", 2026, *arguments)["precursors"]}


# Installations' own files


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_published_cases(path: Path) -> None:
    done = run("cbam", path, "--json").succeeded()
    expected = json.loads(path.read_bytes())["expected"]["processes"]
    for mine, theirs in zip(json.loads(done.out)["processes"], expected, strict=True):
        assert all(mine[name] == (value if name == "name" else near(value)) for name, value in theirs.items())
    assert run("cbam", path).code == 0


def test_a_bad_case(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"processes": [{"name": "a", "goods": "g", "activityLevelTonnes": 0, '
                   '"directlyAttributableTonnesCO2e": 1}]}', encoding="utf-8")
    done = run("cbam", bad)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert "activityLevelTonnes" in done.err


@pytest.mark.parametrize("arguments", [
    (), ("case.json", "--facility", "urn:x", "--year", 2026), ("--facility", "urn:x"), ("case.json", "--year", 2026),
    ("case.json", "--workbook", "x.xlsx"), ("case.json", "--defaults", "x.csv"), ("case.json", "--at", 3),
])
def test_wrong_usage(arguments: Sequence[object]) -> None:
    done = run("cbam", *arguments)
    assert (done.code, done.out) == (2, "")
