"""Attestations on a real ledger: of which figure, by whom, with which evidence, and the shares that they cover."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from support.cli import run
from support.market import (
    MARCH,
    Company,
    Market,
    RecordRefused,
    document,
    evidence,
    quantity,
    supply,
    trading_server,
)
from support.server import Server

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import Attestation, Declaration, Subject
from ledger.core.record.values import Evidence

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
    chain = Chain(server, "own")
    seller = chain.market.company("seller", roles=["auditor"]).products("works", own="sand")
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
    product = chain.mill.name("product:mix")
    chain.auditor.attest("product", product, **GOOD)
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
