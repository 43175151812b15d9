"""Chains and products that are too large for an answer: it says so, and states no share and no average."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import enrolment
from support.sectors import Make
from support.server import prepared_home
from support.workshop import END, START, Workshop

from ledger.core.record.kinds import Attestation, Subject
from ledger.footprint.derived.averages import PeriodAverage, PeriodChange
from ledger.service.queries.footprint.verified import read_verified
from ledger.service.queries.product.averages import Restatements, change_answer, read_lot_averages, read_reasons
from ledger.service.queries.tree_size import NOW
from ledger.service.queries.verification.evidence import read_evidence
from ledger.store.sql import queries


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Inside, Workshop]]:
    """Three lots, each made of the one before; the first is attested."""
    with prepared_home() as home, inside(home) as ledger:
        mill, auditor = Workshop("mill"), Workshop("auditor")
        enrolled = replace(
            enrolment(auditor.party, ledger.registrar, ledger.origin, auditor.nonce()), roles=["auditor"])
        ledger.post([
            (ledger.registrar, enrolment(mill.party, ledger.registrar, ledger.origin, mill.nonce())),
            (ledger.registrar, enrolled), *mill.opening(), mill.mine("a", "10", co2="5"),
            mill.make({"b": "10"}, {"a": "10"}, activity=Make(co2="1")),
            mill.make({"c": "10"}, {"b": "10"}, activity=Make(co2="1")),
            auditor.signed(Attestation(
                issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind="lot", id=mill.name("a")),
                standard="ISO 14064-3", level="limited", opinion="unmodified", start=START, end=END,
                valid_until="2099-01-01T00:00:00Z")),
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
