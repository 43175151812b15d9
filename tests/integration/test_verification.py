"""What verifiers state of figures, on a server with all factor sets: attestations, of which figure, by whom, with which
evidence, and the shares that they cover; how long a statement is in force; the verifier's list of a lot."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.cli import Done, run
from support.inside import Inside, inside
from support.market import (
    MARCH,
    Company,
    Market,
    RecordRefused,
    document,
    evidence,
    factor,
    quantity,
    supply,
    trading_server,
)
from support.parties import enrolment
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import END, START, Workshop

from ledger.answers.stored import VerifiedAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.cli.auditor.export_verification import table_of
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import read_statement
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import Attestation, Declaration, Subject
from ledger.core.record.study import AllocationBasis, StudyContext
from ledger.core.record.values import Evidence
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.averages import PeriodAverage, PeriodChange
from ledger.footprint.derived.statements import check_statement, recompute
from ledger.service.limits import ClientLimits
from ledger.service.posting import examined
from ledger.service.queries.footprint.verified import read_verified
from ledger.service.queries.product.averages import Restatements, change_answer, read_lot_averages, read_reasons
from ledger.service.queries.tree_size import NOW
from ledger.service.queries.verification.evidence import read_evidence
from ledger.store.sql import queries

ACCREDITED: Final = Accreditation(body="DAkkS", number="D-VS-1")
PRODUCT: Final = AttestationScope(criteria="PACT 3", coverage="product")
GOOD: Final[dict[str, Any]] = {
    "accreditation": ACCREDITED, "scope": PRODUCT, "valid_until": "2099-01-01T00:00:00Z",
}
BILL: Final = evidence("weighing")
MAP: Final = evidence("map")
SHARES: Final = ("certifiedProgramme", "thirdParty", "secondParty", "firstParty")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as server:
        yield server


class Chain:
    """A quarry of a group with a lab sells stone to a mill, which makes a mix of it; an auditor is independent.

    Stone: 10 t with 1000 kg CO2e, of which 4 t are sold. Mix: 8 t of the sold 4 t, with 400 kg of them and 600 of sand.
    """

    def __init__(self, server: Server, case: str) -> None:
        market = self.market = Market(server, case)
        group = market.company("group")
        self.quarry = market.company("quarry", parent=group).products("works", stone="limestone")
        self.lab = market.company("lab", parent=group, roles=["auditor"])
        self.mill = market.company("mill").products("works", mix="limestone", sand="sand")
        self.mill_lab = market.company("mill-lab", parent=self.mill, roles=["auditor"])
        self.auditor = market.company("auditor", roles=["auditor"])
        self.dug = self._declared(self.quarry, "stone", "10", "1000", BILL)
        self.sold = self.quarry.send("stone", "4 TNE", self.mill, name="sold")
        self._declared(self.mill, "sand", "4", "600", MAP)
        self.made = self.mill.run("works.make", [self.mill.out("mix", "8 TNE")],
                                  inputs={self.sold: "4 TNE", "sand": "4 TNE"})
        self.stone, self.mix = self.quarry.name("stone"), self.mill.name("mix")

    def _declared(self, by: Company, lot: str, tonnes: str, burden: str, paper: Evidence) -> str:
        return by.declare("study", lot=by.out(lot, f"{tonnes} TNE"), burdens={"fossilGhgEmissions": burden},
                          primary_share="0.5", evidence=[paper])

    @property
    def size(self) -> int:
        size: int = self.market.ask("/health/ready")["size"]
        return size

    def attestations(self, lot: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.market.footprint(lot)["attestations"]
        return found

    def shares(self, lot: str) -> dict[str, float]:
        """The four shares that are above zero."""
        verified = self.market.footprint(lot)["verified"]
        return {name: verified[name] for name in SHARES if verified[name]}


def test_without_attestations_nothing_is_verified(server: Server) -> None:
    chain = Chain(server, "plain")
    answer = chain.market.footprint(chain.mix)
    assert answer["footprint"] == pytest.approx(1000.0)
    assert "verified" not in answer
    assert "attestations" not in answer


def test_what_an_attestation_states_is_shown(server: Server) -> None:
    chain = Chain(server, "shown")
    size = chain.size
    chain.auditor.attest("lot", chain.stone, tree_size=size, examined=[BILL.digest], date="2025-05-01T00:00:00Z",
                         materiality="0.05", party="third", **GOOD)
    (shown,) = chain.attestations(chain.stone)
    assert {name: shown[name] for name in ("examinedSize", "examined", "date", "party", "independent", "countsAs")} == {
        "examinedSize": size, "examined": [BILL.digest], "date": "2025-05-01T00:00:00Z", "party": "third",
        "independent": True, "countsAs": "thirdParty"}
    assert shown["accreditation"] == {"body": "DAkkS", "number": "D-VS-1"}
    assert shown["scope"] == {"criteria": "PACT 3", "coverage": "product"}
    assert shown["examinedFootprint"] == shown["currentFootprint"] == 1000.0
    done = run("footprint", chain.stone, "--details", "--url", server.url)
    for text in ("third party", "accredited by DAkkS, number D-VS-1", "product by PACT 3", "materiality 5 %",
                 "concluded 2025-05-01", "1 documents examined", "third party 100.0 %"):
        assert text in done.out
    assert "not independent" not in done.out
    assert "outdated" not in done.out


def test_a_later_revision_makes_it_one_of_an_earlier_figure(server: Server) -> None:
    """Also if the auditor posts it after the revision: the tree counts that was examined."""
    chain = Chain(server, "revised")
    size = chain.size
    chain.auditor.attest("lot", chain.stone, **GOOD)
    chain.quarry.amend(chain.dug, burdens={"fossilGhgEmissions": "1500"})
    chain.auditor.attest("lot", chain.stone, tree_size=size, **GOOD)
    chain.auditor.attest("lot", chain.stone, tree_size=chain.size, **GOOD)
    newest, late, early = chain.attestations(chain.stone)
    for shown in (late, early):
        assert (shown["outdated"], shown["examinedFootprint"], shown["currentFootprint"]) == (True, 1000.0, 1500.0)
        assert shown["notCounted"] == "of an earlier figure"
    assert (newest.get("outdated"), newest["examinedFootprint"], newest["countsAs"]) == (None, 1500.0, "thirdParty")
    done = run("footprint", chain.stone, "--details", "--url", server.url)
    assert f"outdated: of the earlier figure 1,000.000 kg CO2e, as of {size} entries, now 1,500.000 kg CO2e" in done.out


@pytest.mark.parametrize(("who", "relation", "party", "counts"), [
    ("auditor", None, "third", "thirdParty"), ("lab", "group", "first", "firstParty"),
    ("mill_lab", "customer", "second", "secondParty"),
])
def test_independence_across_parents(
    server: Server, who: str, relation: str | None, party: str, counts: str
) -> None:
    """Of the sold stone: the quarry's group made it, the mill's group holds it. Nobody gets a stronger share by the
    party that it states."""
    chain = Chain(server, f"independent-{who}")
    attester: Company = getattr(chain, who)
    attester.attest("lot", chain.sold, party="third", **GOOD)
    (shown,) = chain.attestations(chain.sold)
    assert (shown["independent"], shown.get("relation"), shown["party"]) == (relation is None, relation, party)
    assert chain.shares(chain.sold) == {counts: 1.0}
    done = run("footprint", chain.sold, "--details", "--url", server.url)
    assert ("not independent" in done.out) == (relation is not None)


def test_the_maker_itself_is_refused(server: Server) -> None:
    seller = Chain(server, "own").market.company("seller", roles=["auditor"]).products("works", own="sand")
    seller.declare("study", lot=seller.out("own", "1 TNE"), burdens={"fossilGhgEmissions": "1"})
    with pytest.raises(RecordRefused) as refused:
        seller.attest("lot", seller.name("own"), **GOOD)
    assert refused.value.code == "not-independent"


def test_shares_of_a_figure_by_what_it_carries(server: Server) -> None:
    """400 of the mix's 1000 kg come with the stone. Attested twice over its way, they count once."""
    chain = Chain(server, "shares")
    chain.lab.attest("lot", chain.stone, **GOOD)
    assert chain.shares(chain.mix) == {"firstParty": pytest.approx(0.4)}
    chain.auditor.attest("lot", chain.sold, **GOOD)
    assert chain.shares(chain.mix) == {"thirdParty": pytest.approx(0.4)}
    chain.mill_lab.attest("lot", chain.mill.name("sand"), party="second", **GOOD)
    assert chain.shares(chain.mix) == {"thirdParty": pytest.approx(0.4), "firstParty": pytest.approx(0.6)}
    chain.auditor.attest("record", chain.made, **{**GOOD, "scope": AttestationScope(
        criteria="PCR", coverage="organisation", programme="a programme")})
    assert chain.shares(chain.mix) == {"certifiedProgramme": 1.0}
    done = run("footprint", chain.mix, "--details", "--url", server.url)
    assert "certified programme 100.0 %, third party 0.0 %" in done.out
    # As of an earlier tree, what came later counts for nothing.
    at = chain.size - 1
    earlier = chain.market.ask("/v1/footprint", lot=chain.mix, at=at)["verified"]
    assert earlier["thirdParty"] == pytest.approx(0.4)


def test_an_attestation_of_a_product_is_of_lots_of_its_period(server: Server) -> None:
    chain = Chain(server, "product")
    chain.auditor.attest("product", chain.mill.name("product:mix"), **GOOD)
    assert chain.shares(chain.mix) == {"thirdParty": 1.0}
    chain.mill.run("works.make", [chain.mill.out("mix", "1 TNE", name="later")], [supply("sand", "1 TNE")])
    (shown,) = chain.attestations(chain.mill.name("later"))
    assert "examinedFootprint" not in shown
    assert shown["notCounted"] == "the lot was not made in the attested period"
    assert chain.shares(chain.mill.name("later")) == {}


def test_an_attestation_of_a_facility_verifies_no_figure(server: Server) -> None:
    chain = Chain(server, "site")
    chain.auditor.attest("facility", chain.mill.name("site"), **GOOD)
    (shown,) = chain.attestations(chain.mix)
    assert shown["notCounted"] == "an attestation of a facility is about its inventory"
    assert "verified" not in chain.market.footprint(chain.mix)


@pytest.mark.parametrize(("fields", "why"), [
    ({"valid_until": "2026-01-01T00:00:00Z"}, "not valid after 2026-01-01"), ({"opinion": "adverse"}, "adverse"),
    ({"scope": None}, "no scope"), ({"accreditation": None}, "no accreditation"),
])
def test_what_counts_for_nothing_says_why(server: Server, fields: dict[str, Any], why: str) -> None:
    chain = Chain(server, f"nothing-{why.split()[-1]}")
    chain.auditor.attest("lot", chain.stone, **{**GOOD, **fields})
    verified = chain.market.footprint(chain.mix)["verified"]
    assert chain.shares(chain.mix) == {}
    (one,) = verified["attestations"]
    assert why in one["notCounted"]


def test_an_adverse_opinion_ends_the_shares_of_a_lot(server: Server) -> None:
    """400 of the mix's 1000 kg come with the stone. A revised figure is another one."""
    chain = Chain(server, "adverse")
    chain.auditor.attest("lot", chain.stone, **GOOD)
    assert chain.shares(chain.mix) == {"thirdParty": pytest.approx(0.4)}
    other = chain.market.company("other", roles=["auditor"])
    other.attest("record", chain.dug, **{**GOOD, "opinion": "adverse"})
    index = chain.size - 1
    assert chain.shares(chain.mix) == chain.shares(chain.stone) == {}
    why = f"the lot has an adverse opinion, record {index}"
    assert [one.get("notCounted") for one in chain.attestations(chain.stone)] == ["opinion adverse", why]
    claims = chain.market.ask("/v1/statement", lot=chain.stone)["claims"]
    assert [one["notCounted"] for one in claims["attestations"]] == ["opinion adverse", why]
    assert "verified" not in claims
    chain.quarry.amend(chain.dug, burdens={"fossilGhgEmissions": "1500"})
    chain.auditor.attest("lot", chain.stone, **GOOD)
    assert chain.shares(chain.stone) == {"thirdParty": 1.0}


def test_evidence_is_of_the_chain(server: Server) -> None:
    """Of the lot's record and of records upstream, not of records downstream or elsewhere."""
    chain = Chain(server, "evidence")
    chain.auditor.attest("lot", chain.mix, examined=[BILL.digest, MAP.digest])
    chain.auditor.attest("record", chain.made, examined=[MAP.digest])
    with pytest.raises(RecordRefused) as refused:
        chain.auditor.attest("lot", chain.stone, examined=[BILL.digest, MAP.digest])
    problem = refused.value.problem
    assert (problem["code"], problem["field"], problem["value"]) == ("unknown-evidence", "examined[1]", MAP.digest)
    assert problem["rule"] == f"one of 1 documents of the subject's chain: weighing {BILL.digest}"
    bare = chain.mill.run("works.make", [chain.mill.out("mix", "1 TNE", name="bare")], [supply("sand", "1 TNE")])
    with pytest.raises(RecordRefused) as refused:
        chain.auditor.attest("record", bare, examined=[BILL.digest])
    assert "no document" in str(refused.value.problem["rule"])


def test_evidence_of_a_declaration_that_prices_a_supply(server: Server) -> None:
    chain = Chain(server, "priced")
    priced = chain.mill.declare("statement", per=quantity("1 KGM"), burdens={"fossilGhgEmissions": "2"},
                                evidence=[evidence("contract")])
    made = chain.mill.run("works.make", [chain.mill.out("mix", "1 TNE", name="priced")],
                          [supply("sand", "1 TNE", declaration=priced)])
    chain.auditor.attest("record", made, examined=[document("contract")])


def test_amended_evidence_counts_beside_the_first(server: Server) -> None:
    chain = Chain(server, "amended")
    chain.quarry.amend(chain.dug, evidence=[msgspec.to_builtins(evidence("permit"))])
    chain.auditor.attest("lot", chain.stone, examined=[BILL.digest, document("permit")])


def test_evidence_is_examined_of_a_committed_subject(server: Server) -> None:
    """Not of a lot that comes in the same request, or never."""
    chain = Chain(server, "together")
    lot = chain.mill.name("new")
    declared = Declaration(
        issuer=chain.mill.id, nonce=chain.market.nonce(), start=MARCH[0], end=MARCH[1], basis="study",
        boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"}, lot=chain.mill.out("sand", "1 TNE", name="new"),
        evidence=[BILL])
    attested = Attestation(
        issuer=chain.auditor.id, nonce=chain.market.nonce(), subject=Subject(kind="lot", id=lot), level="limited",
        standard="ISO 14064-3", opinion="unmodified", start=MARCH[0], end=MARCH[1], valid_until=MARCH[1],
        examined=[BILL.digest])
    posted = server.envelopes([(chain.mill.party, declared), (chain.auditor.party, attested)])
    first, second = server.submit(posted)
    assert isinstance(first, Receipt)
    assert isinstance(second, dict)
    assert (second["code"], second["field"]) == ("unknown-subject", "subject.id")
    assert "post the attestation after it" in str(second["rule"])
    again = server.submit(posted)
    assert again[0] == first
    assert isinstance(again[1], Receipt)
    # Posted again, it has the same receipt.
    assert server.submit(posted[1:]) == [again[1]]


def test_a_subject_of_the_same_request_lies_in_no_earlier_tree(server: Server) -> None:
    """Before the lock, the index of such a lot is not known."""
    chain = Chain(server, "same-request")
    declared = Declaration(
        issuer=chain.mill.id, nonce=chain.market.nonce(), start=MARCH[0], end=MARCH[1], basis="study",
        boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"}, lot=chain.mill.out("sand", "1 TNE", name="next"))
    attested = [
        Attestation(issuer=chain.auditor.id, nonce=chain.market.nonce(), level="limited", standard="ISO 14064-3",
                    subject=Subject(kind="lot", id=chain.mill.name("next")), opinion="unmodified", start=MARCH[0],
                    end=MARCH[1], valid_until=MARCH[1], tree_size=chain.size + later) for later in (0, 1)
    ]
    answers = server.submit(server.envelopes([
        (chain.mill.party, declared), *[(chain.auditor.party, one) for one in attested]]))
    assert isinstance(answers[1], dict)
    assert answers[1]["code"] == "tree-size"
    assert isinstance(answers[2], Receipt)


def test_attestations_in_the_answer_of_a_product(server: Server) -> None:
    chain = Chain(server, "product-answer")
    chain.lab.attest("lot", chain.stone, **GOOD)
    product = chain.mill.name("product:mix")
    verified = chain.market.product_footprint(product)["verified"]
    assert (verified["firstParty"], verified["thirdParty"]) == (pytest.approx(0.4), 0.0)
    done = run("footprint", "--product", product, "--url", server.url)
    assert f"{chain.stone} attested by {chain.lab.id}" in done.out
    assert "not independent, counts as firstParty" in done.out
    assert "first party 40.0 %" in done.out


def test_a_question_stays_beside_an_attestation(server: Server) -> None:
    chain = Chain(server, "questioned")
    chain.mill.products("works", bar="aluminium")
    chain.mill.declare("study", lot=chain.mill.out("bar", "1 TNE"), burdens={"fossilGhgEmissions": "100"})
    lot = chain.mill.name("bar")
    before = chain.market.footprint(lot)
    assert before["questioned"] > 0
    chain.auditor.attest("lot", lot, **GOOD)
    after = chain.market.footprint(lot)
    assert {name: after[name] for name in ("questioned", "questionedShare", "title", "findings")} == {
        name: before[name] for name in ("questioned", "questionedShare", "title", "findings")}
    assert chain.shares(lot) == {"thirdParty": 1.0}


def test_the_log_replays(server: Server) -> None:
    """Last: an audit of all of the above."""
    done = server.audit()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Inside, Workshop]]:
    """Three lots, each made of the one before; the first is attested."""
    with prepared_home() as home, inside(home) as ledger:
        mill, auditor = Workshop("mill"), Workshop("auditor")
        ledger.post([
            (ledger.registrar, enrolment(mill.party, ledger.registrar, ledger.origin, mill.nonce())),
            enrolled(ledger, auditor), *mill.opening(), mill.mine("a", "10", co2="5"),
            mill.make({"b": "10"}, {"a": "10"}, activity=Make(co2="1")),
            mill.make({"c": "10"}, {"b": "10"}, activity=Make(co2="1")),
            attested(auditor, mill.name("a")),
        ])
        yield ledger, mill


async def _row(ledger: Inside, lot: str) -> Any:
    return await ledger.ledger.pool.fetchrow(
        queries("read")["footprint"], [lot], [NOW.version], [NOW.size], [9], [40], [None])


def test_a_chain_beyond_the_limit_has_no_shares(chain: tuple[Inside, Workshop]) -> None:
    ledger, mill = chain
    number = ledger.run(_row(ledger, mill.name("c")))["number"]
    pool = ledger.ledger.pool
    whole = ledger.run(read_verified(pool, {number: 1.0}, NOW, 3))
    assert whole is not None
    assert (whole.note, len(whole.attestations)) == (None, 1)
    cut = ledger.run(read_verified(pool, {number: 1.0}, NOW, 2))
    assert cut is not None
    assert "more than 2 lots lie upstream" in (cut.note or "")
    assert (cut.attestations, cut.third_party) == ([], 0.0)


def test_a_product_beyond_the_limit_has_no_averages(chain: tuple[Inside, Workshop]) -> None:
    ledger, mill = chain
    row = ledger.run(_row(ledger, mill.name("c")))
    whole = ledger.run(read_lot_averages(ledger.ledger.pool, row, NOW, 3))
    assert whole is not None
    assert whole.month is not None
    assert whole.month.number_of_lots == 3
    cut = ledger.run(read_lot_averages(ledger.ledger.pool, row, NOW, 2))
    assert cut is not None
    assert (cut.month, cut.year) == (None, None)
    assert "more than 2 lots of" in (cut.note or "")


def test_amendments_beyond_the_limit(chain: tuple[Inside, Workshop]) -> None:
    """The newest amended record has its reason, named once or often; a record before the limit was not examined."""
    ledger, mill = chain
    first, last = [ledger.run(_row(ledger, mill.name(lot)))["index"] for lot in "ac"]
    records = [last, first, last, last]

    def restated(most: int) -> Restatements:
        return ledger.run(read_reasons(ledger.ledger.pool, records, NOW, most))

    assert (restated(2).since, restated(1).since) == (0, last)
    old, new = [PeriodAverage(f"2025-0{month}", 1, Decimal(1), None, per_unit, per_unit, per_unit)
                for month, per_unit in ((1, 1.0), (2, 2.0))]
    change = PeriodChange(new, old, 1.0)
    assert "no amendment of a record gives a reason" in (change_answer(change, [first, last], restated(2)).note or "")
    cut = change_answer(change, [first, last], restated(1))
    assert (cut.unexamined, cut.reason) == (1, None)
    assert "the amendments of 1 records were not examined" in (cut.note or "")
    given = change_answer(change, [first, last], Restatements({last: "a better reading"}, last))
    assert (given.reason, given.note) == ("a better reading", None)


def test_evidence_beyond_the_limit(chain: tuple[Inside, Workshop]) -> None:
    ledger, mill = chain
    index = ledger.run(_row(ledger, mill.name("c")))["index"]
    assert ledger.run(read_evidence(ledger.ledger.pool, [index], 3)).more is False
    assert ledger.run(read_evidence(ledger.ledger.pool, [index], 2)).more is True


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[Inside, Workshop, Workshop]]:
    """Three lots of a mill, and an auditor, who may enter six records a day."""
    with prepared_home() as home, inside(home, limits=ClientLimits(records=6)) as ledger:
        mill, auditor = Workshop("mill"), Workshop("auditor")
        ledger.post([
            (ledger.registrar, enrolment(mill.party, ledger.registrar, ledger.origin, mill.nonce())),
            enrolled(ledger, auditor), *mill.opening(), *[mill.mine(lot, "10") for lot in "abc"],
        ])
        yield ledger, mill, auditor


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The subjects whose chains were read, by log index."""
    read, reader = list[int](), examined.read_evidence

    async def noted(pool: Any, indexes: Sequence[int]) -> Any:
        read.extend(indexes)
        return await reader(pool, indexes)

    monkeypatch.setattr(examined, "read_evidence", noted)
    return read


def enrolled(ledger: Inside, auditor: Workshop) -> Posted:
    record = enrolment(auditor.party, ledger.registrar, ledger.origin, auditor.nonce())
    return ledger.registrar, replace(record, roles=["auditor"])


def attested(by: Workshop, lot: str, *papers: str) -> Posted:
    return by.signed(Attestation(
        issuer=by.id, nonce=by.nonce(), subject=Subject(kind="lot", id=lot), standard="ISO 14064-3", level="limited",
        opinion="unmodified", start=START, end=END, valid_until="2099-01-01T00:00:00Z", examined=list(papers)))


def codes(ledger: Inside, posted: Sequence[Posted]) -> list[str | None]:
    """Of the errors, in order; None for a receipt."""
    return [one.code if isinstance(one, LedgerError) else None for one in ledger.run(ledger.submit(posted))]


def test_only_auditors_are_read_for(story: tuple[Inside, Workshop, Workshop], walks: list[int]) -> None:
    """An auditor whom the same request enrols is one."""
    ledger, mill, _ = story
    trader = Workshop("trader")
    ledger.post([(ledger.registrar, enrolment(trader.party, ledger.registrar, ledger.origin, trader.nonce()))])
    assert (codes(ledger, [attested(trader, mill.name("a"), "1" * 64)]), walks) == (["not-auditor"], [])
    fresh = Workshop("fresh")
    assert codes(ledger, [enrolled(ledger, fresh), attested(fresh, mill.name("a"), "1" * 64)]) == [
        None, "unknown-evidence"]
    assert len(walks) == 1


def test_a_subject_is_read_once(
    story: tuple[Inside, Workshop, Workshop], walks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only so many in a request."""
    ledger, mill, auditor = story
    monkeypatch.setattr(examined, "MAX_SUBJECTS", 2)
    posted = [attested(auditor, mill.name(lot), "1" * 64) for lot in "aabca"]
    assert codes(ledger, posted) == [*["unknown-evidence"] * 3, "many-subjects", "unknown-evidence"]
    assert len(walks) == len(set(walks)) == 2


def test_nothing_is_read_beyond_the_quota(story: tuple[Inside, Workshop, Workshop], walks: list[int]) -> None:
    ledger, mill, auditor = story
    assert codes(ledger, [attested(auditor, mill.name("a")) for _ in range(6)]) == [None] * 6
    assert (codes(ledger, [attested(auditor, mill.name("a"), "1" * 64)]), walks) == (["quota"], [])


BASIS: Final = AllocationBasis(
    step="otherRelation", price_ratio="8", rule="PCR 9", reason="By price, as the rule says.",
    price_start="2022-01-01T00:00:00Z", price_end="2025-01-01T00:00:00Z")


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
    assert (answer["validUntil"], answer["records"]) == ("2028-04-01T00:00:00Z", 2)
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
    assert (by[case.made]["process"], sources[-1]["cumulative"]) == ("works.make", pytest.approx(100.0))
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
    assert (choices["mass"]["difference"], choices["energy"]["missingRecords"]) == (pytest.approx(0.0, abs=1e-6), 1)


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
    works.run("works.make", [works.out("mix", "1 TNE", name="cut")], [supply("unobtainium", "100 KGM", unknown=True)],
              inputs={"free": "1 TNE"})
    answer = case.market.ask("/v1/verification", lot=works.name("cut"))
    assert any("unobtainium" in row["what"] for row in answer["cutOffs"])
    assert sum(row.get("kgCo2e", 0.0) for row in answer["cutOffs"]) == pytest.approx(answer["omitted"])


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
    done = run("export", "verification", case.works.name("mix"), "--url", server.url).succeeded()
    for text in ("list for verifiers", "flows", "cut-offs", "sources of 95 % of the activity data", "electricity",
                 "double counting", "value choices", "By price, as the rule says.", "valid until 2028-04-01",
                 "verified share of the figure", "ratings (1 best, 5; atiel-class-means)"):
        assert text in done.out, text


def test_as_a_table(server: Server, case: Case, tmp_path: Path) -> None:
    """Every row of the answer is a row of the table, with all its numbers."""
    file = tmp_path / "list.csv"
    lot = case.works.name("mix")
    run("export", "verification", lot, "--format", "csv", "--output", file, "--url", server.url).succeeded()
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    answer = case.list()
    assert (rows[0]["section"], float(rows[0]["footprint"])) == ("figure", answer["footprint"])
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
    printed = run("export", "verification", lot, "--format", "csv", "--url", server.url).succeeded()
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
               "--url", server.url).succeeded()
    assert (json.loads(done.out)["file"], json.loads(file.read_text())) == (str(file), case.list())
    printed = run("export", "verification", case.works.name("mix"), "--json", "--url", server.url)
    assert json.loads(printed.out) == case.list()


def test_text_goes_to_no_file(server: Server, case: Case, tmp_path: Path) -> None:
    done = run("export", "verification", case.works.name("mix"), "--output", tmp_path / "x", "--url", server.url)
    assert done.code == 2
    assert "--output takes --format csv or json" in done.err


UNTIL = "2028-04-01T00:00:00Z"


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
    run("export", "footprint", company.name(lot), "--output", file, "--url", server.url).succeeded()
    return file


def test_a_statement_is_valid_for_three_years_after_its_data(server: Server, tmp_path: Path) -> None:
    company = works(server, "years")
    declared(company)
    claims = stated(company, "mix")
    assert (claims["dataEnd"], claims["validUntil"], claims["figureKind"]) == (
        "2025-04-01T00:00:00Z", UNTIL, "lotFigure")
    file = export(server, company, "mix", tmp_path)
    for day in ("2025-06-01", UNTIL):
        done = verify(server, file, "--on", day).succeeded()
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
    done = verify(server, export(server, company, "mix", tmp_path), "--on", "2028-13-01")
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
    early = verify(server, file, "--on", "2025-06-01").succeeded()
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
    same = verify(server, file, "--on", "2025-06-01", "--log", server.url).succeeded()
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
    assert (stated(seller, "sold")["dataEnd"], sold) == ("2023-02-01T00:00:00Z", seller.name("sold"))
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
