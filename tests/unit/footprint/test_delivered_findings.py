"""The findings behind a delivery, over a chain solved by hand.

The mill takes half of a lot with 40 kg in question, and its record questions 20 more: 40 enter it. Of these, its plate
takes on 30, the rest its scrap; the plate itself makes a question of 10. The shop gets a quarter of the plate.
"""

from typing import Final

import numpy
import pytest

from ledger.footprint.derived.chain.arrays import compiled
from ledger.footprint.derived.chain.delivered_findings import DeliveredLot, delivered_findings, in_figure, of_lot
from ledger.footprint.derived.findings import FindingRecord, StatedFinding
from ledger.footprint.derived.rank_findings import NO_FINDINGS, NO_PATHS, QuestionPaths

SLOTS: Final = 1024
ORE, PLATE, SCRAP, SENT = 1 * SLOTS, 2 * SLOTS, 2 * SLOTS + 1, 3 * SLOTS
CHAIN: Final = compiled([ORE, PLATE, SCRAP, SENT], [1.0, 1.0, 0.0, 1.0], [2, 3], [ORE, PLATE], [0.5, 0.25])
QUESTIONED: Final = numpy.array([40.0, 40.0, 10.0, 10.0])


def finding(code: str, amount: float | None, output: int | None = None) -> StatedFinding:
    return StatedFinding(record=2, code=code, severity="warning", message="m", value=7.0, amount=amount, output=output)


MILL: Final = FindingRecord(
    2, [finding("energy", 20.0), finding("low", 10.0, 0), finding("scrap", 5.0, 1), finding("note", None)], 20.0,
    {0: 10.0}, 500.0, frozenset({("low", 0)}))


def test_a_delivery_tells_code_and_kg_of_the_suppliers_record() -> None:
    found = delivered_findings(CHAIN, QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])[SENT]
    # Of the 20 kg, 30/40 arrive in the plate and a quarter of that here; of the plate's own 10 kg, a quarter.
    assert {one.code: one.questioned for one in found} == {"energy": 3.75, "low": 2.5, "note": 0.0}
    assert {(one.record, one.amount, one.output, one.record_burdens, one.own) for one in found} == {
        (3, None, None, 0.0, False)}


def test_the_rest_of_the_question_is_a_sum() -> None:
    found = delivered_findings(CHAIN, QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])[SENT]
    listed = NO_FINDINGS.with_delivered(found, 10.0)
    # Of the ore's question, 20 kg enter the mill.
    assert listed.hidden == pytest.approx(20 * 30 / 40 * 0.25)
    assert [one.code for one in listed.items] == ["energy", "low", "note"]
    assert NO_FINDINGS.with_delivered(found, 6.25).hidden == 0.0


def test_a_hidden_record_tells_of_its_own_lot() -> None:
    found = delivered_findings(CHAIN, QUESTIONED, [DeliveredLot(PLATE)], [MILL])[PLATE]
    assert {(one.code, one.questioned, one.output, one.own) for one in found} == {
        ("energy", 15.0, None, True), ("low", 10.0, 0, True), ("note", 0.0, None, True)}
    assert {(one.code, one.amount) for one in of_lot(found)} == {("energy", 15.0), ("low", 10.0), ("note", None)}


def test_a_withdrawn_delivery_tells_nothing() -> None:
    alone = compiled([SENT], [1.0], [], [], [])
    assert delivered_findings(alone, numpy.zeros(1), [DeliveredLot(SENT, [PLATE])], []) == {}


def test_a_figure_lists_the_lots_that_it_carries() -> None:
    found = delivered_findings(CHAIN, QUESTIONED, [DeliveredLot(SENT, [PLATE])], [MILL])
    assert in_figure(found, {}, NO_PATHS) == []
    half = in_figure(found, {}, QuestionPaths({}, {SENT: 0.5}))
    assert [one.questioned for one in half] == [1.875, 1.25, 0.0]
    # A figure without a question still lists what its supplier noted.
    assert [one.questioned for one in in_figure(found, {}, NO_PATHS, {SENT: 0.5})] == [0.0, 0.0, 0.0]
    assert [one.questioned for one in in_figure(found, {SENT: 1.0}, NO_PATHS)] == [3.75, 2.5, 0.0]
