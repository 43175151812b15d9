"""A finding shows in every answer about a figure: in the maker's own, and in all answers downstream of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from support.cli import run
from support.doubtful_routes import CASES, YEAR, Doubtful, doubtful_records
from support.server import Server, prepared_home

from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.receipts.statement import read_statement
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement, recompute

PRIVATE: Final = frozenset({"message", "value", "unit", "usual", "possible", "factor"})
"""Fields of a finding that stay with its issuer."""


class Posted:
    """The server, and the cases on it."""

    def __init__(self, server: Server, cases: dict[str, Doubtful]) -> None:
        self.server = server
        self.cases = cases

    def get(self, path: str, **parameters: Any) -> Any:
        response = httpx.get(f"{self.server.url}{path}", params=parameters, timeout=60)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="module")
def posted() -> Iterator[Posted]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        yield Posted(server, doubtful_records(server))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, posted: Posted) -> Doubtful:
    found: Doubtful = posted.cases[request.param]
    return found


def listed(answer: Any, code: str) -> dict[str, Any]:
    """The finding with this code in an answer that others than its issuer may read."""
    (finding,) = [one for one in answer["findings"] if one["code"] == code]
    assert finding["severity"] in ("note", "warning")
    assert not PRIVATE & set(finding)
    return dict(finding)


def test_the_record_states_all(posted: Posted, case: Doubtful) -> None:
    answer = posted.get(f"/v1/records/{case.receipt.digest}")
    (finding,) = [one for one in answer["findings"] if one["code"] == case.code]
    assert finding["message"]
    (revision,) = answer["revisions"]
    assert case.code in {one["code"] for one in revision["findings"]}
    if case.name == "declared":
        assert answer["questioned"] == finding["amount"] > 1000
        assert revision["questioned"] == pytest.approx(finding["amount"] - 1)
        assert (finding["value"], finding["factor"].partition("@")[0]) == (10.0, "factors-open")


def test_lots(posted: Posted, case: Doubtful) -> None:
    (own,) = posted.get("/v1/lots", lot=case.lot)
    assert listed(own, case.code)["record"] == case.receipt.index
    (part,) = posted.get("/v1/lots", lot=case.part)
    assert part["questioned"] == pytest.approx(own["questioned"] / 8)
    assert case.code not in {one["code"] for one in part.get("findings", [])}


def test_footprints(posted: Posted, case: Doubtful) -> None:
    own = posted.get("/v1/footprint", lot=case.lot)
    assert listed(own, case.code)["own"] is True
    assert own["questioned"] == own["lot"]["questioned"]
    for lot, part in ((case.delivered, 4), (case.part, 8)):
        answer = posted.get("/v1/footprint", lot=lot)
        finding = listed(answer, case.code)
        assert finding["record"] == case.receipt.index
        assert "own" not in finding
        assert finding["recordBurdens"] == pytest.approx(listed(own, case.code)["recordBurdens"] / part)
        assert answer["questioned"] == pytest.approx(own["questioned"] / part)
        assert sum(one.get("questioned", 0.0) for one in answer["findings"]) == pytest.approx(answer["questioned"])
        assert "log's key" in answer["findingsNote"]
        if case.name == "declared":
            assert answer["title"] == "questioned footprint"
            assert answer["questionedShare"] > 0.9


def test_contributions_and_gaps(posted: Posted, case: Doubtful) -> None:
    for lot in (case.lot, case.part):
        footprint = posted.get("/v1/footprint", lot=lot)
        for answer in (
            posted.get("/v1/contributions", lot=lot), posted.get("/v1/contributions", lot=lot, content="mass"),
            posted.get("/v1/gaps", lot=lot), posted.get("/v1/verification", lot=lot),
        ):
            assert (answer["questioned"], answer["findings"]) == (footprint["questioned"], footprint["findings"])
            assert answer.get("findingsNote") == footprint.get("findingsNote")


def test_the_questions_of_a_table(posted: Posted) -> None:
    """The amounts in question by organisation add up, though they do not follow allocation shares."""
    case = posted.cases["declared"]
    for by, key in (("organization", case.maker), ("source", case.code), ("kind", "finding")):
        table = posted.get("/v1/contributions", lot=case.part, burden="questionedAbs", by=by)
        (row,) = table["rows"]
        assert (row["key"], row["amount"], table["figure"]) == (key, table["questioned"], table["questioned"])


def test_products(posted: Posted, case: Doubtful) -> None:
    part = posted.get("/v1/footprint", lot=case.part)
    downstream = posted.get("/v1/footprint/product", product=case.part_product)
    assert listed(downstream, case.code)["record"] == case.receipt.index
    assert downstream["questioned"] == pytest.approx(part["questioned"])
    assert downstream["questionedShare"] == pytest.approx(part["questionedShare"])
    assert downstream["lots"][0]["questioned"] == downstream["facilities"][0]["questioned"] == part["questioned"]
    if case.name != "declared":  # declared lots are no production
        assert listed(posted.get("/v1/footprint/product", product=case.product), case.code)["own"] is True


def test_changes(posted: Posted, case: Doubtful) -> None:
    (own,) = [one for one in posted.get("/v1/changes", holder=case.maker)["changes"] if one["lot"] == case.lot]
    assert listed(own, case.code)["record"] == case.receipt.index
    for change in (own, *posted.get("/v1/changes", holder=case.buyer)["changes"]):
        (lot,) = posted.get("/v1/lots", lot=change["lot"])
        assert change["questioned"] == lot["questioned"]
        if case.name == "declared":
            assert change["questionedBefore"] > change["questioned"]


def test_inventories_and_site_reports(posted: Posted, case: Doubtful) -> None:
    inventory = posted.get("/v1/inventory", organization=case.maker, year=case.year)
    if case.name != "declared":  # a declaration is no part of an inventory
        assert listed(inventory, case.code)["record"] == case.receipt.index
        report = posted.get("/v1/inventory/report", facility=case.facility, year=case.year)
        assert listed(report, case.code) == listed(inventory, case.code)
        assert report["questioned"] == pytest.approx(inventory["questioned"])
    (part,) = posted.get("/v1/lots", lot=case.part)
    bought = posted.get("/v1/inventory", organization=case.buyer, year=YEAR)
    assert bought["questioned"] == bought["questionedBought"] == pytest.approx(part["questioned"])
    assert [site["questioned"] for site in bought["sites"]] == [bought["questioned"]]


@pytest.mark.parametrize("name", [name for name in CASES if name != "declared"])
def test_indicators(posted: Posted, name: str) -> None:
    case = posted.cases[name]
    answer = posted.get(f"/v1/sectors/{case.sector}/indicators", by="organization")
    (group,) = [one for one in answer["groups"] if one["key"] == case.maker]
    for counts in (answer, group):
        (count,) = [one for one in counts["findings"] if one["code"] == case.code]
        assert (count["records"], count["severity"]) == (1, "warning")
        assert counts["questioned"] >= 0
    shares = {one["findingsShare"] for one in group["indicators"] if one["records"]}
    assert shares == (set() if name in ("melting", "brewing", "rolling", "shared") else {1.0})


def test_chains(posted: Posted, case: Doubtful) -> None:
    chain = posted.get("/v1/chain", lot=case.part)
    nodes = {node["id"]: node for node in chain["nodes"]}
    assert case.code in {one["code"] for one in nodes[case.receipt.digest]["findings"]}
    assert not PRIVATE & {name for one in nodes[case.receipt.digest]["findings"] for name in one}
    for lot in (case.lot, case.delivered, case.part):
        (answer,) = posted.get("/v1/lots", lot=lot)
        assert nodes[lot]["questioned"] == answer["questioned"]


def printed(posted: Posted, *command: str) -> str:
    """The output of a command for people. With `--json` it exits with 0 too."""
    arguments = (*command, "--url", posted.server.url)
    assert run(*arguments, "--json").code == 0
    done = run(*arguments).succeeded()
    return done.out


@pytest.mark.parametrize("name", ["declared", "rolling"])
def test_commands_print_findings(posted: Posted, name: str) -> None:
    """Of a declaration and of a process: commands print whatever finding the answer has."""
    case = posted.cases[name]
    code, index = case.code, f"record {case.receipt.index}"
    for command in (
        ("footprint", case.lot), ("footprint", case.part), ("footprint", "--product", case.part_product),
        ("contributions", case.part), ("gaps", case.part), ("changes", case.maker),
    ):
        out = printed(posted, *command)
        assert f"warning {code}, {index}" in out
        assert " questioned" in out
    assert f"warning {code}" in printed(posted, "trace", case.part)
    if case.name == "declared":
        part = posted.get("/v1/footprint", lot=case.part)
        for command in (("footprint", case.part), ("gaps", case.part), ("trace", case.part),
                        ("inventory", case.buyer, "--year", str(YEAR))):
            assert f"{part['questioned']:,.3f} kg CO2e" in printed(posted, *command)
        return
    year = ("--year", str(case.year))
    for command in (
        ("inventory", case.maker, *year),
        ("inventory", case.maker, *year, "--format", "report", "--site", case.facility),
    ):
        assert f"warning {code}, {index}" in printed(posted, *command)
    assert f"warning {code}: 1 records" in printed(posted, "indicators", case.sector)


def test_other_figures_show_the_questioned_amount(posted: Posted) -> None:
    """Neither another method nor other factors or an uncertainty hide it."""
    case = posted.cases["declared"]
    questioned = posted.get("/v1/footprint", lot=case.part)["questioned"]
    answers = [
        posted.get("/v1/footprint/method", lot=case.part, gwp="AR5"),
        posted.get("/v1/sensitivity", lot=case.part), posted.get("/v1/uncertainty", lot=case.part, samples=1_000),
        posted.get("/v1/sensitivity/factors", lot=case.part),
    ]
    assert {answer["questioned"] for answer in answers} == {questioned}
    for command in (("footprint", case.part, "--gwp", "AR5"), ("sensitivity", case.part), ("uncertainty", case.part)):
        assert f"{questioned:,.3f} kg CO2e questioned" in printed(posted, *command)


def test_the_most_doubtful_figures_come_first_in_an_audit(posted: Posted) -> None:
    server, declared = posted.server, posted.cases["declared"]
    done = run("audit", server.url, "--vkey", server.vkey, "--compare-only", "--json").succeeded()
    doubtful = msgspec.json.decode(done.out)["doubtful"]
    assert len(doubtful) >= len(CASES)
    amounts = [one.get("questioned", 0.0) for one in doubtful]
    assert amounts == sorted(amounts, reverse=True)
    by_index = {one["index"]: one for one in doubtful}
    (revision,) = posted.get(f"/v1/records/{declared.receipt.digest}")["revisions"]
    assert by_index[declared.receipt.index]["questioned"] == revision["questioned"]
    assert declared.code in by_index[declared.receipt.index]["codes"]
    lines = run("audit", server.url, "--vkey", server.vkey).out.splitlines()
    assert lines[0].split()[:2] == ["most", "doubtful"]
    assert f"entry {doubtful[0]['index']}" in lines[1]


def test_an_audit_continues_the_list_of_an_earlier_one(posted: Posted, tmp_path: Path) -> None:
    arguments = ("audit", posted.server.url, "--vkey", posted.server.vkey, "--state", tmp_path / "state", "--json")
    first, second = (msgspec.json.decode(run(*arguments).out) for _ in range(2))
    assert (second["start"], second["doubtful"]) == (first["size"], first["doubtful"])


def test_a_sample_by_findings(posted: Posted) -> None:
    server, case = posted.server, posted.cases["melting"]
    arguments = ("audit", "sample", server.url, "--facility", case.facility, "--period",
                 f"{case.year}-01-01/{case.year + 1}-01-01", "--seed", "1", "--size", "1", "--findings")
    (record,) = msgspec.json.decode(run(*arguments, "--json").out)["records"]
    assert (record["index"], record["findings"][0]["code"]) == (case.receipt.index, case.code)
    assert f"warning {case.code}" in run(*arguments).out
    assert run(*arguments, "--method", "monetary").code == 2


def test_verify_proves_the_questioned_amount(posted: Posted, tmp_path: Path) -> None:
    server, case = posted.server, posted.cases["declared"]
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(msgspec.json.encode(case.receipt))
    arguments = ("verify", receipt, "--vkey", server.vkey)
    (verdict,) = msgspec.json.decode(run(*arguments, "--json").out)
    (lot,), (finding,) = verdict["lots"], verdict["findings"]
    assert lot["questioned"] == finding["amount"] > 1000
    out = run(*arguments).out
    assert f"10 kg CO2e; {lot['questioned']:,.3f} kg CO2e questioned" in out
    assert f"warning {case.code}: the figure of 10 kg CO2e" in out


def test_submit_shows_findings_at_once(posted: Posted, tmp_path: Path) -> None:
    server, case = posted.server, posted.cases["declared"]
    envelopes = tmp_path / "records.ndjson"
    envelopes.write_bytes(b"\n".join(server.envelopes([case.posted])))
    done = run("submit", envelopes, "--url", server.url)
    (line,) = [line for line in done.out.splitlines() if case.code in line]
    assert line.startswith(f"line 1: warning {case.code}: the figure of 10 kg CO2e is below the range")
    assert line.partition(" (")[2].startswith("2,")
    assert line.endswith("; 10 kg CO2e, usual at least 400")
    (receipt,) = msgspec.json.decode(run("submit", envelopes, "--url", server.url, "--json").out)["receipts"]
    assert [one["code"] for one in receipt["findings"]] == [case.code]
    assert receipt["lots"][0]["questioned"] == receipt["findings"][0]["amount"]


def test_escaped_burdens_are_in_answers_and_proved_by_the_statement(posted: Posted) -> None:
    """Of 4,001 kg the plate carries a quarter, where a half is usual; the amendment adds 5 kg of lubricating oil."""
    case = posted.cases["shared"]
    record = posted.get(f"/v1/records/{case.receipt.digest}")
    (finding,) = [one for one in record["findings"] if one["code"] == case.code]
    assert (finding["amount"], finding["output"], finding["value"]) == (pytest.approx(4001 / 4), 0, 0.25)
    lot = posted.get("/v1/footprint", lot=case.lot)
    assert lot["questioned"] == pytest.approx(lot["footprint"])
    text = json.dumps(posted.get("/v1/statement", lot=case.lot)).encode()
    proven = check_statement(read_statement(text), posted.server.vkey)
    assert float(proven.lot.burdens["questionedAbs"]) == pytest.approx(lot["questioned"])
    leaf = proven.assessment
    usual = msgspec.json.decode(leaf.assessment)["usualShares"]
    assert usual == [{"output": 0, "share": "0.500000000", "code": case.code}]
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    lower = assessment_bytes(msgspec.structs.replace(assessment, usual_shares=()))
    with pytest.raises(VerificationError, match="questionedAbs"):
        recompute(proven._replace(assessment=msgspec.structs.replace(leaf, assessment=lower)))
