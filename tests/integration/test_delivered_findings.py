"""What a buyer learns of the findings behind its delivery: of its supplier's own record code, severity and kg, of
everything behind that a sum."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest
from support.callers import Callers
from support.doubtful_routes import CASES, END, Doubtful, Signer, doubtful_records
from support.inside import inside
from support.parties import nonces, party
from support.revising import digest_of
from support.server import prepared_home
from support.witness import registry

from ledger.core.record.kinds import AppointedReader, Transfer
from ledger.core.record.values import Quantity
from ledger.engine.sectors import Registry
from ledger.registry.installed import factor_sets
from ledger.service.queries.findings import HIDDEN_NOTE

ASKED: Final = ("electrolysis", "declared", "shared")
"""The cases whose findings question an amount that the amendment leaves."""
OFFICE: Final = "office"
"""Sees everything."""


class Deliveries(NamedTuple):
    callers: Callers
    cases: Mapping[str, Doubtful]
    shop: Signer
    """Bought a part of each buyer."""

    def ask(self, caller: str, path: str, **parameters: str) -> Any:
        answer = self.callers.get(caller, path, parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def findings(self, caller: str, lot: str, path: str = "/v1/footprint") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(caller, path, lot=lot).get("findings", [])
        return found

    def delivery(self, case: Doubtful) -> int:
        """Log index of the transfer to the buyer."""
        (lot,) = self.ask(case.buyer, "/v1/lots", lot=case.delivered)
        index: int = lot["index"]
        return index

    def made(self, case: Doubtful, lot: str) -> dict[tuple[str, str], float]:
        """What the maker's record contributes to a lot, as the office sees it: kg by code and severity."""
        amounts: dict[tuple[str, str], float] = {}
        for one in self.findings(f"urn:example:{OFFICE}", lot):
            if one["record"] == case.receipt.index:
                key = one["code"], one["severity"]
                amounts[key] = amounts.get(key, 0.0) + one.get("questioned", 0.0)
        return amounts


def by_code(findings: list[dict[str, Any]], amount: str = "questioned") -> dict[tuple[str, str], float]:
    amounts: dict[tuple[str, str], float] = {}
    for one in findings:
        key = one["code"], one["severity"]
        amounts[key] = amounts.get(key, 0.0) + one.get(amount, 0.0)
    return amounts


@pytest.fixture(scope="module")
def deliveries() -> Iterator[Deliveries]:
    known = Registry([*registry().sectors.values()], factor_sets())
    with prepared_home() as home, inside(home, access="parties", known=known) as ledger:
        cases = doubtful_records(ledger)
        shop, office = Signer(ledger, "shop"), Signer(ledger, OFFICE)
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce="A" * 22, organization=office.party.id, purpose="supervision"))])
        callers = Callers(ledger)
        fresh = nonces(1, "resold")
        for name, case in cases.items():
            (part,) = callers.get(case.buyer, "/v1/lots", {"lot": case.part}).json()
            buyer = party(1, f"buyer-of-{name}")
            ledger.post([(buyer, Transfer(
                issuer=buyer.id, nonce=next(fresh), lot=case.part, quantity=Quantity(**part["quantity"]),
                to=shop.party.id, new_lot=f"{case.part}-sold", time=END))])
        yield Deliveries(callers, cases, shop)


@pytest.mark.parametrize("name", CASES)
def test_the_buyer_sees_code_severity_and_kg_of_the_makers_findings(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    transfer = deliveries.delivery(case)
    for lot in (case.delivered, case.part):
        made = deliveries.made(case, lot)
        assert made
        found = [one for one in deliveries.findings(case.buyer, lot) if one["record"] == transfer]
        assert by_code(found) == {key: pytest.approx(kg, rel=1e-9) for key, kg in made.items()}
        # Nothing that tells the maker's whole record, and no finding of the buyer's own.
        for one in found:
            assert one.keys() <= {"record", "code", "severity", "questioned"}
        assert case.receipt.index not in [one["record"] for one in deliveries.findings(case.buyer, lot)]


@pytest.mark.parametrize("name", CASES)
def test_what_lies_further_upstream_is_a_sum(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    answer = deliveries.ask(case.buyer, "/v1/footprint", lot=case.delivered)
    explained = sum([one.get("questioned", 0.0) for one in answer.get("findings", [])])
    rest = answer["questioned"] - explained
    assert rest >= -1e-9 * answer["questioned"]
    assert (HIDDEN_NOTE in answer.get("findingsNote", "")) == (rest > 1e-9 * answer["questioned"])
    # The shop is two steps behind the maker: it sees how much is in question, but no code of the maker's.
    sold = f"{case.part}-sold"
    shown = deliveries.ask(deliveries.shop.party.id, "/v1/footprint", lot=sold)
    assert {code for code, _ in deliveries.made(case, case.part)}.isdisjoint(
        [one["code"] for one in shown.get("findings", [])])
    assert shown["questioned"] == deliveries.ask(case.buyer, "/v1/footprint", lot=case.part)["questioned"]
    if name in ASKED:
        assert shown["questioned"] > 0
        assert HIDDEN_NOTE in shown["findingsNote"]


@pytest.mark.parametrize("name", CASES)
def test_lot_record_gaps_and_chain_show_the_same(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    made = {key: pytest.approx(kg, rel=1e-9) for key, kg in deliveries.made(case, case.delivered).items()}
    (lot,) = deliveries.ask(case.buyer, "/v1/lots", lot=case.delivered)
    assert by_code(lot["findings"], "amount") == made
    record = deliveries.ask(case.buyer, f"/v1/records/{lot['record']}")
    assert by_code(record["lotFindings"], "amount") == made
    assert "findings" not in record
    graph = deliveries.ask(case.buyer, "/v1/chain", lot=case.part)
    (node,) = [one for one in graph["nodes"] if one["id"] == case.delivered]
    assert by_code(node["findings"], "amount") == made
    in_part = {key: pytest.approx(kg, rel=1e-9) for key, kg in deliveries.made(case, case.part).items()}
    transfer = deliveries.delivery(case)
    for path in ("/v1/gaps", "/v1/contributions"):
        found = [one for one in deliveries.findings(case.buyer, case.part, path) if one["record"] == transfer]
        assert by_code(found) == in_part
    rows = deliveries.ask(case.buyer, "/v1/contributions", lot=case.part, by="record")["rows"]
    (received,) = [row["received"] for row in rows if row["part"] == "received"]
    assert set(received["findings"]) == {code for code, _ in made}


@pytest.mark.parametrize("name", CASES)
def test_a_table_of_questions_counts_them_once(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    answer = deliveries.ask(case.buyer, "/v1/contributions", lot=case.part, burden="questionedAbs")
    assert sum([row["amount"] for row in answer["rows"]]) == pytest.approx(answer["figure"], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_no_answer_has_a_stated_value_or_the_record_of_the_maker(deliveries: Deliveries, name: str) -> None:
    case = deliveries.cases[name]
    digest = digest_of(case.posted)
    stated = deliveries.ask(case.maker, f"/v1/records/{digest}")["findings"]
    assert stated
    for path in ("/v1/footprint", "/v1/lots", "/v1/gaps", "/v1/contributions", "/v1/chain"):
        for lot in (case.delivered, case.part):
            text = deliveries.callers.get(case.buyer, path, {"lot": lot}).text
            assert digest not in text
            for one in stated:
                assert one["message"] not in text
                assert not one.get("value") or f"{one['value']!r}" not in text
