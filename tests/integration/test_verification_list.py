"""A verifier's list of a lot: what it has of each section, in JSON, CSV and text, and what it refuses."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from support.cli import run
from support.market import Company, Market, evidence, factor, supply, trading_server
from support.server import Server

from ledger.answers.stored import VerifiedAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.cli.auditor.export_verification import table_of
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.study import AllocationBasis, StudyContext

BASIS: Final = AllocationBasis(
    step="otherRelation", price_ratio="8", rule="PCR 9", reason="By price, as the rule says.",
    price_start="2022-01-01T00:00:00Z", price_end="2025-01-01T00:00:00Z")
GOOD: Final[dict[str, Any]] = {
    "accreditation": Accreditation(body="DAkkS", number="D-VS-1"), "valid_until": "2099-01-01T00:00:00Z",
    "scope": AttestationScope(criteria="PACT 3", coverage="product"),
}


class Case:
    """A works makes a mix and a by-product of bought stone, by grid power and by power of a supplier.

    Of the whole: stone 1000 kg; grid power; 10 MWh of a supplier at 0.05 kg, 500 kg; 20 kg of an oil for which the
    supplier states 100 kg CO2e. The mix carries 8 parts of 10 by price.
    """

    def __init__(self, server: Server, case: str) -> None:
        market = self.market = Market(server, case)
        self.works: Company = market.company("works").products("works", mix="limestone", slag="limestone", stone="sand")
        works = self.works
        works.site("old", "CN", study=StudyContext(cut_off="Staff travel: below 1 %."))
        self.dug = works.declare("study", lot=works.out("stone", "10 TNE"), burdens={"fossilGhgEmissions": "1000"},
                                 evidence=[evidence("weighing")])
        self.made = works.run(
            "works.make",
            [works.out("mix", "8 TNE", value="800 CNY"), works.out("slag", "2 TNE", "coProduct", value="200 CNY")],
            [supply("electricity", "10000 KWH"),
             supply("electricity", "10000 KWH", factor=factor("0.05", "KWH", boundary="cradleToGate")),
             supply("oil", "20 KGM", factor=factor("5", "KGM"))],
            inputs={"stone": "10 TNE"}, allocation="value", allocation_basis=BASIS, facility=works.name("old"),
            evidence=[evidence("meter:electricity"), evidence("supplierFactor:electricity")])
        self.auditor = market.company("auditor", roles=["auditor"])

    def list(self, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = dict(self.market.ask("/v1/verification", lot=self.works.name("mix"), **parameters))
        return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as server:
        yield server


@pytest.fixture(scope="module")
def case(server: Server) -> Case:
    case = Case(server, "list")
    case.auditor.attest("lot", case.works.name("stone"), **GOOD)
    return case


def test_what_the_figure_is(case: Case) -> None:
    answer, figure = case.list(), case.market.footprint(case.works.name("mix"))
    for name in ("title", "footprint", "footprintPerUnit", "questioned", "marketBased", "ratings", "pactRatings",
                 "study", "attestations", "verified"):
        assert answer.get(name) == figure.get(name), name
    assert (answer["figureKind"], answer["gwp"], answer["cutOffLimit"]) == ("lotFigure", "AR6", "3.0 %")
    assert answer["validUntil"] == "2028-04-01T00:00:00Z"
    assert answer["records"] == 2
    assert answer["study"]["stated"]["cutOff"] == "Staff travel: below 1 %."


def test_flows_explain_the_figure(case: Case) -> None:
    answer = case.list()
    flows = {(row["source"], row.get("factor")): row for row in answer["flows"]}
    assert sum(row["kgCo2e"] for row in answer["flows"]) == pytest.approx(answer["absolute"], rel=1e-9)
    assert sum(row["percent"] for row in answer["flows"]) == pytest.approx(100.0)
    oil = flows["oil", "supplier/2025"]
    assert (oil["kgCo2e"], oil["quantity"], oil["unit"], oil["records"]) == (
        pytest.approx(80.0), pytest.approx(16.0), "KGM", 1)
    assert oil["percent"] == pytest.approx(100 * 80 / answer["absolute"])


def test_sources_cover_the_activity_data(case: Case) -> None:
    """The documents stand beside the records; what lies beyond 95 % is left out."""
    sources = case.list()["sources"]
    assert {row["record"] for row in sources} == {case.made, case.dug}
    by = {row["record"]: row for row in sources}
    assert [one["kind"] for one in by[case.made]["evidence"]] == [
        "meter:electricity", "supplierFactor:electricity"]
    assert by[case.made]["process"] == "works.make"
    assert sources[-1]["cumulative"] == pytest.approx(100.0)
    works = case.works
    works.declare("study", lot=works.out("stone", "1 TNE", name="little"), burdens={"fossilGhgEmissions": "1"})
    made = works.run("works.make", [works.out("mix", "5 TNE", name="more")],
                     inputs={"little": "1 TNE", "mix": "4 TNE"})
    answer = case.market.ask("/v1/verification", lot=works.name("more"))
    assert answer["records"] == 4
    assert [row["record"] for row in answer["sources"]] == [row["record"] for row in sources]
    assert made not in {row["record"] for row in answer["sources"]}


def test_allocation_with_reason_and_sensitivity(case: Case) -> None:
    answer = case.list()
    (row,) = answer["allocation"]
    assert {name: row[name] for name in ("allocation", "records", "step", "rule", "reason", "priceRatio", "pricePeriod")
            } == {"allocation": "value", "records": 1, "step": "otherRelation", "rule": "PCR 9", "priceRatio": "8",
                  "reason": BASIS.reason, "pricePeriod": f"{BASIS.price_start}/{BASIS.price_end}"}
    choices = {one["allocation"]: one for one in answer["sensitivity"]}
    # By mass, 8 of 10 parts too.
    assert choices["mass"]["difference"] == pytest.approx(0.0, abs=1e-6)
    assert choices["energy"]["missingRecords"] == 1


def test_electricity_by_its_type(case: Case) -> None:
    answer = case.list()
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in answer["electricity"]:
        kinds.setdefault(row["kind"], []).append(row)
    assert set(kinds) == {"grid", "supplier"}
    assert max(row["kilowattHours"] for row in kinds["grid"]) == pytest.approx(8000.0)
    # The headline counts the grid for the supplier's power too; by the market its document makes it cleaner.
    (supplier,), (grid,) = kinds["supplier"], kinds["grid"]
    assert supplier["kgCo2e"] == grid["kgCo2e"]
    assert supplier["marketKgCo2e"] < grid["kgCo2e"] <= grid["marketKgCo2e"]
    market = sum(row["marketKgCo2e"] for rows in kinds.values() for row in rows)
    figure = case.market.footprint(case.works.name("mix"))
    assert market == pytest.approx(figure["burdens"]["electricityMarket"])


def test_what_nobody_prices_is_cut_off(server: Server) -> None:
    case = Case(server, "omitting")
    works = case.works
    works.declare("statement", "none", lot=works.out("stone", "1 TNE", name="free"))
    works.run("works.make", [works.out("mix", "1 TNE", name="cut")], [supply("unobtainium", "100 KGM")],
              inputs={"free": "1 TNE"})
    answer = case.market.ask("/v1/verification", lot=works.name("cut"))
    assert any("unobtainium" in row["what"] for row in answer["cutOffs"])
    estimated = sum(row.get("kgCo2e", 0.0) for row in answer["cutOffs"])
    assert estimated == pytest.approx(answer["omitted"])


def test_double_counting_and_value_choices(case: Case) -> None:
    answer = case.list()
    assert [row["subject"] for row in answer["doubleCounting"]] == [
        "lots", "green attributes", "certificates and credits", "outside the ledger"]
    choices = {row["subject"]: row for row in answer["valueChoices"]}
    assert choices["allocation by value"]["text"] == BASIS.reason
    assert choices["stated cut-off"]["text"] == "Staff travel: below 1 %."
    assert 0 < choices["secondary data"]["percent"] <= 100
    assert choices["recycling"]["text"].startswith("cut-off/1")


def test_findings_and_questions_stay(server: Server) -> None:
    case = Case(server, "asked")
    works = case.works
    works.products("works", bar="aluminium")
    works.declare("study", lot=works.out("bar", "1 TNE"), burdens={"fossilGhgEmissions": "100"})
    case.auditor.attest("lot", works.name("bar"), **GOOD)
    answer = case.market.ask("/v1/verification", lot=works.name("bar"))
    assert answer["questioned"] > 0
    assert {one["code"] for one in answer["findings"]} >= {"figure-below-range"}
    assert answer["verified"]["thirdParty"] == 1.0


@pytest.mark.parametrize(("share", "code", "rule"), [
    ("thirdParty=0.9", "share-not-covered", "at most 0."), ("secondParty=0.01", "share-not-covered", "at most 0,"),
    ("fourthParty=0.1", "unknown-share", "one of: certifiedProgramme thirdParty secondParty firstParty"),
    ("thirdParty=much", "invalid-share", "a decimal number from 0 to 1"),
    ("thirdParty=1.5", "invalid-share", "a decimal number from 0 to 1"),
])
def test_a_share_above_what_attestations_cover_is_refused(case: Case, share: str, code: str, rule: str) -> None:
    parameters = {"lot": case.works.name("mix"), "share": share}
    response = httpx.get(f"{case.market.server.url}/v1/verification", params=parameters, timeout=60)
    assert response.status_code == 400
    problem = response.json()
    assert (problem["code"], problem["field"]) == (code, "share")
    assert rule in problem["rule"]


def test_a_share_that_attestations_cover_may_be_stated(case: Case) -> None:
    covered = case.list()["verified"]["thirdParty"]
    assert 0 < covered < 1
    case.list(share=f"thirdParty={covered * 0.99:.6f}")


def test_an_unknown_lot(case: Case) -> None:
    response = httpx.get(f"{case.market.server.url}/v1/verification", params={"lot": "urn:example:no"}, timeout=60)
    assert response.status_code == 404


def test_an_earlier_tree_has_an_earlier_list(case: Case) -> None:
    size = case.market.footprint(case.works.name("mix"))["lot"]["index"] + 1
    answer = case.list(at=size)
    assert answer["at"] == size
    assert "attestations" not in answer
    assert "verified" not in answer


def test_as_text(server: Server, case: Case) -> None:
    done = run("export", "verification", case.works.name("mix"), "--url", server.url)
    assert done.code == 0, done.err
    for text in ("list for verifiers", "flows", "cut-offs", "sources of 95 % of the activity data", "electricity",
                 "double counting", "value choices", "By price, as the rule says.", "valid until 2028-04-01",
                 "verified share of the figure", "ratings (1 best, 5; atiel-class-means)"):
        assert text in done.out, text


def test_as_a_table(server: Server, case: Case, tmp_path: Path) -> None:
    """Every row of the answer is a row of the table, with all its numbers."""
    file = tmp_path / "list.csv"
    lot = case.works.name("mix")
    done = run("export", "verification", lot, "--format", "csv", "--output", file, "--url", server.url)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    answer = case.list()
    assert rows[0]["section"] == "figure"
    assert float(rows[0]["footprint"]) == answer["footprint"]
    flows = [row for row in rows if row["section"] == "flows"]
    assert [float(row["kgCo2e"]) for row in flows] == [row["kgCo2e"] for row in answer["flows"]]
    sections = {row["section"] for row in rows}
    assert sections >= {"figure", "flows", "allocation", "electricity", "gases", "value choices", "double counting"}


def texts_of(value: Any) -> set[str]:
    """All texts in a tree, and all fractional numbers."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return set().union(*[texts_of(part) for part in parts])
    return {str(value)} if isinstance(value, str) else {repr(value)} if isinstance(value, float) else set()


def test_the_table_leaves_out_nothing(server: Server, case: Case) -> None:
    """Ratings, quantity, versions, study, shares and limitations are in the table, in sections of their own."""
    lot = case.works.name("mix")
    case.auditor.attest("lot", lot, **GOOD)
    printed = run("export", "verification", lot, "--format", "csv", "--url", server.url)
    assert printed.code == 0, printed.err
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    answer = case.list()
    assert answer["verified"]["thirdParty"] == 1.0
    printed_text = printed.out.replace('""', '"')
    assert [text for text in texts_of(answer) if text not in printed_text] == []
    by_section = {row["section"]: row for row in rows}
    assert by_section["figure"]["quantity"] == "{value} {unit}".format(**answer["quantity"])
    assert float(by_section["verified shares"]["thirdParty"]) == 1.0
    assert by_section["attestations in the chain"]["countsAs"] == "thirdParty"
    assert float(by_section["PACT ratings"]["technology"]) == answer["pactRatings"]["technology"]
    assert by_section["study"]["referencePeriodEnd"] == answer["study"]["referencePeriodEnd"]
    assert [row["name"] for row in rows if row["section"] == "versions"] == [
        one["name"] for one in answer["study"]["versions"]]


def test_limits_of_the_answer_are_in_the_table(case: Case) -> None:
    limited = msgspec.convert(case.list(), VerificationAnswer)
    limited = msgspec.structs.replace(limited, limitations=["record 7 is in doubt"], verified=VerifiedAnswer(
        certified_programme=0.0, third_party=0.0, second_party=0.0, first_party=0.0, note="too many lots"))
    rows = list(csv.DictReader(io.StringIO(table_of(limited))))
    assert [row["limitation"] for row in rows if row["section"] == "limitations"] == ["record 7 is in doubt"]
    assert [row["note"] for row in rows if row["section"] == "verified shares"] == ["too many lots"]


def test_as_json(server: Server, case: Case, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    done = run("export", "verification", case.works.name("mix"), "--format", "json", "--output", file, "--json",
               "--url", server.url)
    assert done.code == 0, done.err
    assert json.loads(done.out)["file"] == str(file)
    assert json.loads(file.read_text()) == case.list()
    printed = run("export", "verification", case.works.name("mix"), "--json", "--url", server.url)
    assert json.loads(printed.out) == case.list()


def test_text_goes_to_no_file(server: Server, case: Case, tmp_path: Path) -> None:
    done = run("export", "verification", case.works.name("mix"), "--output", tmp_path / "x", "--url", server.url)
    assert done.code == 2
    assert "--output takes --format csv or json" in done.err
