"""Who is independent of a figure, as what an attestation counts, and the shares that attestations cover."""

from decimal import Decimal
from typing import Any, Final, Literal

import numpy
import pytest
from msgspec import Raw
from msgspec.structs import replace

from ledger.cli.auditor.export_verification import cell
from ledger.core.outcome.assessment import Assessment, Line, Omission
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import Attestation, Subject, Transformation
from ledger.core.record.study import AllocationBasis
from ledger.core.record.values import Factor, Flow, Output, Quantity, Role, Supply
from ledger.footprint.derived.chain.arrays import Arrays, compiled_from
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.verification.gather import VerifierGathering
from ledger.footprint.derived.verified import (
    AttestedFigure,
    Category,
    Parties,
    Relation,
    category_of,
    party_of,
    relation_of,
    verdicts,
    verified_shares,
)

PARTIES: Final = Parties(frozenset({"mill", "works"}), "buyer")
GROUPS: Final = {"mill": "steel-group", "sister": "steel-group", "buyer": "buyer-group", "buyer-lab": "buyer-group"}
GOOD: Final = Attestation(
    issuer="auditor", nonce="AAAAAAAAAAAAAAAAAAAAAA", subject=Subject(kind="lot", id="urn:lot"), standard="ISO 14064-3",
    level="limited", opinion="unmodified", start="2025-01-01T00:00:00Z", end="2025-02-01T00:00:00Z",
    valid_until="2028-02-01T00:00:00Z", scope=AttestationScope(criteria="PCR", coverage="product"),
    accreditation=Accreditation(body="a body", number="1"),
)
PROGRAMME: Final = AttestationScope(criteria="PCR", coverage="organisation", programme="a programme")


@pytest.mark.parametrize(("auditor", "relation"), [
    ("mill", "maker"), ("works", "maker"), ("sister", "group"), ("steel-group", "group"), ("buyer", "customer"),
    ("buyer-lab", "customer"), ("auditor", None),
])
def test_an_interest_is_that_of_the_whole_group(auditor: str, relation: Relation | None) -> None:
    assert relation_of(auditor, PARTIES, GROUPS) == relation


def test_a_group_that_made_and_holds_the_lot_is_its_maker() -> None:
    assert relation_of("sister", Parties(frozenset({"mill"}), "sister"), GROUPS) == "group"


@pytest.mark.parametrize(("stated", "relation", "party"), [
    (None, None, "third"), (None, "customer", "second"), (None, "group", "first"), (None, "maker", "first"),
    ("third", "group", "first"), ("third", "customer", "second"), ("second", None, "second"), ("first", None, "first"),
    ("second", "group", "first"), ("first", "customer", "first"),
])
def test_nobody_is_further_from_the_figure_than_it_is(
    stated: Literal["first", "second", "third"] | None, relation: Relation | None, party: str
) -> None:
    assert party_of(replace(GOOD, party=stated), relation) == party


def judged(relation: Relation | None = None, **fields: Any) -> str:
    flags = {name: fields.pop(name, False) for name in ("outdated", "expired", "in_doubt", "apart")}
    return category_of(AttestedFigure(replace(GOOD, **fields), relation, **flags))


def test_under_which_share_an_attestation_counts() -> None:
    assert (judged(), judged(opinion="qualified"), judged("customer")) == ("thirdParty", "thirdParty", "secondParty")
    assert (judged("group"), judged(scope=PROGRAMME)) == ("firstParty", "certifiedProgramme")
    assert judged("group", accreditation=None) == "firstParty"


@pytest.mark.parametrize(("relation", "fields", "why"), [
    (None, {"in_doubt": True}, "compromised"), (None, {"opinion": "adverse"}, "adverse"),
    (None, {"opinion": "disclaimer"}, "disclaimer"), (None, {"outdated": True}, "earlier figure"),
    (None, {"expired": True}, "not valid after 2028-02-01"), (None, {"apart": True}, "not made in the attested period"),
    (None, {"scope": None}, "no scope"), (None, {"accreditation": None}, "no accreditation"),
    (None, {"scope": AttestationScope(criteria="PCR", coverage="process")}, "calculation model"),
    ("group", {"scope": PROGRAMME}, "independent"), ("customer", {"scope": PROGRAMME}, "independent"),
    (None, {"scope": PROGRAMME, "accreditation": None}, "no accreditation"),
])
def test_why_an_attestation_counts_in_no_share(relation: Relation | None, fields: dict[str, Any], why: str) -> None:
    assert why in judged(relation, **fields)


def of(issuer: str = "auditor", **fields: Any) -> AttestedFigure:
    flags = {name: fields.pop(name, False) for name in ("outdated", "expired", "in_doubt", "apart")}
    return AttestedFigure(replace(GOOD, issuer=issuer, **fields), None, **flags)


ADVERSE: Final = of("other", opinion="adverse")


@pytest.mark.parametrize("attested", [
    {7: of(), 9: ADVERSE}, {7: ADVERSE, 9: of()}, {7: of(opinion="adverse"), 9: of()},
    {7: of(), 9: of("other", opinion="adverse", scope=None)},
])
def test_an_adverse_opinion_takes_a_lot_out_of_every_share(attested: dict[int, AttestedFigure]) -> None:
    found = verdicts(attested)
    (adverse,) = [index for index, one in attested.items() if one.record.opinion == "adverse"]
    (clean,) = set(attested) - {adverse}
    assert found == {adverse: "opinion adverse", clean: f"the lot has an adverse opinion, record {adverse}"}


@pytest.mark.parametrize("fields", [
    {"in_doubt": True}, {"expired": True}, {"outdated": True}, {"apart": True},
    {"subject": Subject(kind="facility", id="urn:site")},
])
def test_an_adverse_opinion_of_something_else_takes_out_nothing(fields: dict[str, Any]) -> None:
    assert verdicts({7: of(), 9: of("other", opinion="adverse", **fields)})[7] == "thirdParty"


@pytest.mark.parametrize(("newer", "verdict"), [
    (of(opinion="disclaimer"), "the auditor has a newer opinion, record 9"),
    (of(opinion="qualified"), "the auditor has a newer opinion, record 9"),
    (of(expired=True), "the auditor has a newer opinion, record 9"),
    (of("other", opinion="disclaimer"), "thirdParty"), (of(in_doubt=True, opinion="disclaimer"), "thirdParty"),
    (of(apart=True), "thirdParty"), (of(outdated=True), "thirdParty"),
    (of(scope=AttestationScope(criteria="PCR", coverage="process")), "thirdParty"),
    (of(subject=Subject(kind="record", id="0" * 64), opinion="disclaimer"), "thirdParty"),
])
def test_the_newest_opinion_of_an_auditor_on_a_subject_counts(newer: AttestedFigure, verdict: str) -> None:
    assert verdicts({9: newer, 7: of()})[7] == verdict


# Records 1 and 2 make lots 1024 and 2048; record 3 takes half of the first and all of the second, and makes 3072.
# Figures: 10, 6, and 5 + 6 + 9 of its own = 20.
CHAIN: Final[Arrays] = compiled_from(
    [(1024, 1.0), (2048, 1.0), (3072, 1.0), (4096, 1.0)], [(3, 1024, 0.5), (3, 2048, 1.0), (4, 3072, 1.0)])
ABSOLUTE: Final = numpy.array([10.0, 6.0, 20.0, 25.0])
LAST: Final = numpy.array([0.0, 0.0, 0.0, 1.0])


def shares(attested: dict[int, Category]) -> dict[str, float]:
    found = verified_shares(CHAIN, LAST, ABSOLUTE, attested)
    return {name: share for name, share in found.items() if share}


@pytest.mark.parametrize(("attested", "expected"), [
    ({}, {}),
    ({1024: "thirdParty"}, {"thirdParty": 5 / 25}),
    ({1024: "thirdParty", 2048: "secondParty"}, {"thirdParty": 5 / 25, "secondParty": 6 / 25}),
    # What an attested lot carries of other attested lots counts once.
    ({1024: "thirdParty", 3072: "firstParty"}, {"firstParty": 20 / 25}),
    ({4096: "certifiedProgramme", 3072: "thirdParty", 1024: "firstParty"}, {"certifiedProgramme": 1.0}),
])
def test_what_attested_lots_carry_of_a_figure(
    attested: dict[int, Category], expected: dict[str, float]
) -> None:
    assert shares(attested) == pytest.approx(expected, rel=1e-12)


def test_a_weighted_sum_of_lots() -> None:
    found = verified_shares(CHAIN, numpy.array([1.0, 0.0, 2.0, 0.0]), ABSOLUTE, {1024: "thirdParty"})
    # 10 of the first lot itself, and twice 5 of the third: 20 of 50.
    assert found["thirdParty"] == pytest.approx(20 / 50, rel=1e-12)


def test_a_figure_of_zero_has_no_shares() -> None:
    assert not any(verified_shares(CHAIN, LAST, numpy.zeros(4), {4096: "thirdParty"}).values())


# A verifier's list from single records: quantities count once, sources reach 95 %, kinds of electricity.


START: Final = "2025-01-01T00:00:00Z"
END: Final = "2025-02-01T00:00:00Z"


def quantity(value: str, unit: str = "KGM") -> Quantity:
    return Quantity(value=value, unit=unit)


def output(lot: str, role: Role = "product") -> Output:
    return Output(lot=f"urn:{lot}", product="urn:p", quantity=quantity("1"), role=role)


def made(index: int, weight: float, lines: list[Line], supplies: list[Supply], **fields: Any) -> Upstream:
    record = Transformation(
        issuer="urn:mill", nonce="AAAAAAAAAAAAAAAAAAAAAA", facility="urn:site", start=START, end=END,
        process="works.make", outputs=fields.pop("outputs", [output("a")]), activity=Raw(b"{}"), supplies=supplies,
        inputs=fields.pop("inputs", []), **{name: fields.pop(name) for name in ("allocation", "allocation_basis")
                                            if name in fields})
    return Upstream(index, f"{index:064x}", record, Assessment(lines=tuple(lines), **fields), weight)


def line(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2e", "amount": Decimal(amount), "source": "gas", "kind": "onSite", **fields})


def gathered(absolute: float, *records: Upstream) -> VerifierGathering:
    gathering = VerifierGathering(absolute)
    gathering.take(records)
    return gathering


def test_several_gases_of_one_supply_count_its_quantity_once() -> None:
    gas = [Supply(material="gas", quantity=quantity("10", "MTQ"))]
    lines = [line("20", supply=0, factor="f"), line("1", gas="CH4", supply=0, factor="f")]
    (flow,) = gathered(100.0, made(1, 0.5, lines, gas), made(2, 1.0, lines, gas)).flows()
    assert (flow.quantity, flow.unit, flow.records) == (15.0, "MTQ", 2)
    assert (flow.kg_co2e, flow.percent) == pytest.approx((1.5 * (20 + 29.8), 1.5 * (20 + 29.8)))


def test_quantities_in_several_units_do_not_add_up() -> None:
    both = [Supply(material="gas", quantity=quantity("10", "MTQ")), Supply(material="gas", quantity=quantity("3"))]
    (flow,) = gathered(1.0, made(1, 1.0, [line("1", supply=0), line("1", supply=1)], both)).flows()
    assert (flow.quantity, flow.unit) == (None, None)


def test_sources_end_at_ninety_five_per_cent() -> None:
    records = [made(i, 1.0, [line(amount)], []) for i, amount in enumerate(("50", "45", "4", "1"))]
    sources = gathered(100.0, *records).sources()
    assert [(one.index, one.percent, one.cumulative) for one in sources] == [(0, 50.0, 50.0), (1, 45.0, 95.0)]
    assert gathered(100.0).sources() == []


def test_omissions_of_one_kind_are_one_row() -> None:
    half = made(1, 0.5, [], [], omissions=(Omission(what="oil", estimate=Decimal(8)), Omission(what="air")))
    rows = gathered(10.0, half, made(2, 1.0, [], [], omissions=(Omission(what="oil", estimate=Decimal(1)),))).cut_offs()
    assert [(row.what, row.records, row.kg_co2e, row.percent) for row in rows] == [
        ("oil", 2, 5.0, 50.0), ("air", 1, None, None)]


def test_only_shared_burdens_need_a_key() -> None:
    basis = AllocationBasis(rule="PCR", reason="why")
    single = made(1, 1.0, [line("5")], [], outputs=[output("a"), output("w", "waste")])
    (row,) = gathered(10.0, single, made(2, 0.5, [line("6")], [], outputs=[output("a"), output("b", "coProduct")],
                                         allocation="value", allocation_basis=basis)).allocations()
    assert (row.allocation, row.rule, row.reason, row.records, row.kg_co2e) == ("value", "PCR", "why", 1, 3.0)


def test_kinds_of_electricity() -> None:
    factor = Factor(value="0.1", unit="KWH", source="electricity of mine", year=2025, boundary="cradleToGate")
    power = [Supply(material="electricity", quantity=quantity("1", "MWH")),
             Supply(material="electricity", quantity=quantity("500", "KWH"), factor=factor),
             Supply(material="electricity", quantity=quantity("100", "KWH"))]
    lines = [
        line("600", kind="electricity", source="electricity", supply=0, factor="set@1:electricity/cradleToGate/CN/2023",
             market=Decimal(700)),
        line("300", kind="electricity", source="electricity", supply=1, factor="electricity of mine/2025"),
        line("0", kind="electricity", source="electricity", supply=2, factor="set@1:electricity/residual/CN/2023",
             market=Decimal(80)),
    ]
    record = made(1, 0.5, lines, power, inputs=[Flow(lot="urn:wind", quantity=quantity("2", "MWH"))])
    rows = gathered(900.0, record._replace(covered={"electricityMarket": -40.0})).electricity()
    assert {row.kind: (row.kg_co2e, row.market_kg_co2e, row.kilowatt_hours) for row in rows} == {
        "grid": (300.0, 350.0, 500.0), "supplier": (150.0, 150.0, 250.0), "residualMix": (0.0, 40.0, 50.0),
        "lot": (0.0, 0.0, 1000.0), "attributes": (0.0, -20.0, None),
    }


@pytest.mark.parametrize(("value", "shown"), [
    ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-x", "'-x"), ("plain", "plain"), (-1.5, -1.5), (None, ""),
    (True, "yes"), ([{"digest": "ab", "kind": "meter"}], "ab meter"),
])
def test_no_cell_is_a_formula(value: object, shown: object) -> None:
    assert cell(value) == shown
