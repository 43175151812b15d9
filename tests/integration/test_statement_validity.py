"""How long a statement is in force: three years after its data, or until its figure changes by more than 10 %."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.cli import Done, run
from support.market import Company, Market, supply, trading_server
from support.server import Server

from ledger.core.receipts.statement import read_statement
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement, recompute

UNTIL = "2028-04-01T00:00:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as server:
        yield server


def works(server: Server, case: str) -> Company:
    return Market(server, case).company("works").products("works", mix="limestone", sand="sand")


def declared(company: Company, lot: str = "mix", burden: str = "1000", **fields: Any) -> str:
    return company.declare("study", lot=company.out("mix", "10 TNE", name=lot),
                           burdens={"fossilGhgEmissions": burden}, **fields)


def stated(company: Company, lot: str) -> dict[str, Any]:
    claims: dict[str, Any] = company.market.ask("/v1/statement", lot=company.name(lot))["claims"]
    return claims


def verify(server: Server, statement: Path, *options: str) -> Done:
    return run("verify", statement, "--vkey", server.vkey, *options)


def export(server: Server, company: Company, lot: str, folder: Path) -> Path:
    file = folder / "statement.json"
    done = run("export", "footprint", company.name(lot), "--output", file, "--url", server.url)
    assert done.code == 0, done.err
    return file


def test_a_statement_is_valid_for_three_years_after_its_data(server: Server, tmp_path: Path) -> None:
    company = works(server, "years")
    declared(company)
    claims = stated(company, "mix")
    assert (claims["dataEnd"], claims["validUntil"], claims["figureKind"]) == (
        "2025-04-01T00:00:00Z", UNTIL, "lotFigure")
    file = export(server, company, "mix", tmp_path)
    for day in ("2025-06-01", UNTIL):
        done = verify(server, file, "--on", day)
        assert done.code == 0, done.err
        assert f"valid until {UNTIL}, or until its figure changes by more than 10 %" in done.out
    late = verify(server, file, "--on", "2028-04-02")
    assert late.code == 1
    assert f"expired: the statement was valid until {UNTIL}, which is before 2028-04-02T00:00:00Z" in late.err
    assert "6. the figure recomputes" in late.out
    answer = json.loads(verify(server, file, "--on", "2028-04-02", "--json").out)
    assert (answer["ok"], answer["standing"]["state"]) == (True, "expired")


def test_a_malformed_day_is_refused(server: Server, tmp_path: Path) -> None:
    company = works(server, "day")
    declared(company)
    file = export(server, company, "mix", tmp_path)
    done = verify(server, file, "--on", "2028-13-01")
    assert done.code == 1
    assert "'2028-13-01' is not a valid day or instant" in done.err


def test_a_day_is_for_statements_and_bundles_only(server: Server, tmp_path: Path) -> None:
    company = works(server, "kind")
    digest = declared(company)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(company.market.ask(f"/v1/records/{digest}/proof")))
    done = verify(server, file, "--on", "2025-01-01")
    assert done.code == 2
    assert "--on: not for a receipt" in done.err


def test_an_expired_statement_does_not_pass_inside_a_bundle(server: Server, tmp_path: Path) -> None:
    company = works(server, "bundle")
    digest = declared(company)
    file = tmp_path / "bundle.json"
    assert run("export", "bundle", company.name("mix"), "--output", file, "--url", server.url).code == 0
    early = verify(server, file, "--on", "2025-06-01")
    assert early.code == 0, early.err
    assert f"valid until {UNTIL}, or until its figure changes by more than 10 %" in early.out
    late = verify(server, file, "--on", "2028-04-02")
    assert late.code == 1
    assert f"error: expired: the statement was valid until {UNTIL}" in late.err
    assert "9. the statement holds down to the figures of its inputs, and belongs to this record: ok" in late.out
    answer = json.loads(verify(server, file, "--on", "2028-04-02", "--json").out)
    assert (answer["ok"], answer["standing"]["state"]) == (True, "expired")

    logged = ("--on", "2025-06-01", "--log", server.url)
    assert "the log states the same figure now" in verify(server, file, *logged).out
    company.amend(digest, burdens={"fossilGhgEmissions": "1200"})
    superseded = verify(server, file, *logged)
    assert superseded.code == 1
    assert "superseded: the figure changed by +20.0 %" in superseded.err


@pytest.mark.parametrize(("burden", "state", "text", "code"), [
    ("1100", "inForce", "the figure changed by +10.0 % since: 0.1 kg CO2e per unit stated, 0.11 now", 0),
    ("1101", "superseded", "superseded: the figure changed by +10.1 %: 0.1 kg CO2e per unit stated, 0.1101 now", 1),
    ("500", "superseded", "superseded: the figure changed by -50.0 %", 1),
])
def test_a_change_above_ten_per_cent_supersedes_it(
    server: Server, tmp_path: Path, burden: str, state: str, text: str, code: int
) -> None:
    company = works(server, f"changed-{burden}")
    company.product("kilo", "works", "KGM", materials={"limestone": "1"})
    digest = company.declare("study", lot=company.out("kilo", "10000 KGM"), burdens={"fossilGhgEmissions": "1000"})
    file = export(server, company, "kilo", tmp_path)
    same = verify(server, file, "--on", "2025-06-01", "--log", server.url)
    assert same.code == 0, same.err
    assert "the log states the same figure now" in same.out
    company.amend(digest, burdens={"fossilGhgEmissions": burden})
    # Offline nothing shows it.
    assert verify(server, file, "--on", "2025-06-01").code == 0
    done = verify(server, file, "--on", "2025-06-01", "--log", server.url)
    assert done.code == code
    assert text in done.out + done.err
    standing = json.loads(verify(server, file, "--on", "2025-06-01", "--log", server.url, "--json").out)["standing"]
    assert (standing["state"], standing["stated"], standing["current"]) == (state, 0.1, float(burden) / 10_000)


def test_a_withdrawn_lot_has_no_figure(server: Server, tmp_path: Path) -> None:
    company = works(server, "withdrawn")
    digest = declared(company)
    file = export(server, company, "mix", tmp_path)
    company.withdraw(digest)
    done = verify(server, file, "--on", "2025-06-01", "--log", server.url)
    assert done.code == 1
    assert f"withdrawn: {company.name('mix')} has no figure any more" in done.err


def test_a_lot_that_was_handed_over_keeps_the_age_of_its_data(server: Server) -> None:
    """A sale, or an addition to a pool, makes no old data young."""
    market = Market(server, "age")
    seller = market.company("seller").products("works", mix="limestone")
    buyer = market.company("buyer")
    declared(seller, "old", start="2023-01-01T00:00:00Z", end="2023-02-01T00:00:00Z")
    declared(seller, "new")
    sold = seller.send("old", "1 TNE", buyer, name="sold")
    assert stated(seller, "sold")["dataEnd"] == "2023-02-01T00:00:00Z"
    assert sold == seller.name("sold")
    seller.pool("silo", "mix")
    seller.add("silo", {"old": "5 TNE"})
    seller.add("silo", {"new": "5 TNE"})
    first, second = stated(seller, "silo:1"), stated(seller, "silo:2")
    assert (first["dataEnd"], second["dataEnd"]) == ("2023-02-01T00:00:00Z",) * 2
    assert first["figureKind"] == "movingAverage"


def test_a_hundredth_of_old_stock_does_not_age_a_pool(server: Server) -> None:
    company = works(server, "rest")
    declared(company, "old", start="2023-01-01T00:00:00Z", end="2023-02-01T00:00:00Z")
    declared(company, "new")
    company.pool("silo", "mix")
    company.add("silo", {"old": "0.05 TNE"})
    company.add("silo", {"new": "9 TNE"})
    assert stated(company, "silo:2")["dataEnd"] == "2025-04-01T00:00:00Z"


def test_many_small_lots_age_a_pool(server: Server) -> None:
    """Each of the 102 lots is less than a hundredth of the silo; the two old ones together are more."""
    company = works(server, "small")
    for number in range(102):
        old = {"start": "2023-01-01T00:00:00Z", "end": "2023-02-01T00:00:00Z"} if number < 2 else {}
        declared(company, f"lot-{number}", **old)
    company.pool("silo", "mix")
    company.add("silo", {f"lot-{number}": "1 TNE" for number in range(102)})
    claims = stated(company, "silo:1")
    assert (claims["dataEnd"], claims["validUntil"]) == ("2023-02-01T00:00:00Z", "2026-02-01T00:00:00Z")


def test_a_made_lot_has_the_period_of_its_record(server: Server) -> None:
    company = works(server, "made")
    company.run("works.make", [company.out("mix", "1 TNE")], [supply("sand", "1 TNE")],
                when=("2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z"))
    assert stated(company, "mix")["validUntil"] == "2027-06-01T00:00:00Z"


@pytest.mark.parametrize(("field", "value"), [
    ("valid_until", "2030-01-01T00:00:00Z"), ("valid_until", None), ("data_end", "2026-01-01T00:00:00Z"),
    ("figure_kind", "periodAverage"),
])
def test_a_log_that_states_another_validity_is_found_out(server: Server, field: str, value: str | None) -> None:
    """Step 6 derives it again, as it does the figure."""
    company = works(server, f"lies-{field}-{value}".replace(":", ""))
    declared(company)
    answer = company.market.ask("/v1/statement", lot=company.name("mix"))
    proven = check_statement(read_statement(json.dumps(answer).encode()), server.vkey)
    with pytest.raises(VerificationError) as caught:
        recompute(proven._replace(claims=msgspec.structs.replace(proven.claims, **{field: value})))
    assert (caught.value.step, caught.value.code) == (6, "wrong-validity")


def test_attestations_in_a_statement(server: Server, tmp_path: Path) -> None:
    market = Market(server, "attested")
    company = market.company("works").products("works", mix="limestone")
    auditor = market.company("auditor", roles=["auditor"])
    declared(company)
    auditor.attest("lot", company.name("mix"), valid_until="2099-01-01T00:00:00Z")
    (claim,) = stated(company, "mix")["attestations"]
    assert (claim["auditor"], claim["independent"], claim["party"]) == (auditor.id, True, "third")
    assert "verified" not in stated(company, "mix")
    done = verify(server, export(server, company, "mix", tmp_path), "--on", "2025-06-01")
    said = f"lot attested by {auditor.id} to ISO 14064-3:2019, reasonable assurance, unmodified, third party"
    assert said in done.out
    assert ", in no verified share: it states no scope" in done.out
