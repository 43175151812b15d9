"""Amounts that rest on one measurement vary together: lines of one quantity, shares of one total. Solved by hand."""

from decimal import Decimal
from math import exp, expm1, log, log1p, sqrt
from typing import Any

import pytest

from ledger.core.outcome.assessment import Line
from ledger.footprint.derived.uncertainty.answer import uncertainty
from ledger.footprint.derived.uncertainty.parts import UncertaintySource
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms, rest_of
from ledger.footprint.derived.uncertainty.variance import moments


def of(variance: float) -> float:
    """The variance of the logarithm of a lognormal variable of mean 1 and this variance."""
    return log1p(variance)


def line(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2", "amount": Decimal(amount), "source": "s", "kind": "onSite", **fields})


def burnt(record: int, weight: float = 1.0) -> list[UncertaintyTerm]:
    """Fuel of a quantity that is 10 % uncertain (v = 0.01): 60 kg CO2e burnt, v = 0.04; 40 upstream, v = 0.09."""
    def of_variance(variance: float) -> Decimal:
        return Decimal(repr(exp(sqrt(of(variance)))))

    stated = of_variance(0.01)
    return line_terms(weight, [
        line("60", source="gas", deviation=stated, factor="burning", factor_deviation=of_variance(0.04)),
        line("40", source="gas", deviation=stated, factor="upstream", factor_deviation=of_variance(0.09)),
    ], record)


def test_what_is_burnt_and_has_an_upstream_is_measured_once() -> None:
    """First order: 60^2 * 0.04 + 40^2 * 0.09 + 100^2 * 0.01 = 144 + 144 + 100 = 388, not the 52 + 288 = 340 of two
    quantities, 60^2 * 0.01 + 40^2 * 0.01 = 52. Exact: 0.01 * (144 + 144) = 2.88 more."""
    terms = burnt(7)
    found = moments(terms)
    assert len(terms) == 2
    assert (found.first_order, found.variance) == pytest.approx((388.0, 390.88), rel=1e-12)
    assert found.shared == pytest.approx({"burning": 144.0, "upstream": 144.0}, rel=1e-12)
    assert found.own.tolist() == pytest.approx([102.88], rel=1e-12)
    listed = uncertainty(terms).sources
    assert [(one.kind, one.name, one.record) for one in listed] == [
        ("factor", "burning", None), ("factor", "upstream", None), ("line", "gas", 7)
    ]


def test_what_is_burnt_in_two_records_is_measured_twice() -> None:
    """The factors are shared, so 120 and 80 kg; the quantities are not: 4 * 288 + 2 * 0.01 * (100^2 + 288)."""
    assert moments(burnt(7) + burnt(8)).variance == pytest.approx(4 * 288 + 2 * 102.88, rel=1e-12)
    # Of one record twice (by parts of 1 and 1) all is common: four times 390.88.
    assert moments(burnt(7) + burnt(7)).variance == pytest.approx(4 * 390.88, rel=1e-12)


def test_lines_without_a_factor_are_measured_once_too() -> None:
    """30 and 10 kg of one source, v = 0.01: 40^2 * 0.01; 900 * 0.01 + 100 * 0.04 where they state different ones."""
    same = [line("30", deviation=Decimal("1.1")), line("10", deviation=Decimal("1.1"))]
    v = expm1(log(1.1) ** 2)
    assert moments(line_terms(1.0, same, 7)).variance == pytest.approx(1600 * v, rel=1e-12)
    other = [same[0], line("10", deviation=Decimal("1.2"))]
    assert moments(line_terms(1.0, other, 7)).variance == pytest.approx(
        900 * v + 100 * expm1(log(1.2) ** 2), rel=1e-12
    )


def share(
    amount: float, record: int, closing: str | None = "c", own: float = 0.04, source: str = "gas"
) -> UncertaintyTerm:
    return UncertaintyTerm(amount, None, of(own), None, record, source, closing=closing)


def test_shares_of_one_total_are_one_source() -> None:
    """60 and 40 kg in two records, v = 0.04: 100^2 * 0.04 = 400 where one closing measured, else (3600 + 1600) * 0.04
    = 208."""
    assert moments([share(60.0, 3), share(40.0, 4)]).variance == pytest.approx(400.0, rel=1e-13)
    assert moments([share(60.0, 3, None), share(40.0, 4, None)]).variance == pytest.approx(208.0, rel=1e-13)
    for other in (share(40.0, 4, "d"), share(40.0, 4, source="coal"), share(40.0, 4, None)):
        assert moments([share(60.0, 3), other]).variance == pytest.approx(208.0, rel=1e-13)
    (found,) = uncertainty([share(60.0, 3), share(40.0, 4)]).sources
    assert found == UncertaintySource(kind="closing", name="gas", part=pytest.approx(1.0), closing="c")


def test_what_a_record_leaves_unexplained() -> None:
    """100 stored, 70 explained: 30 are left. What adding in another order makes is not a rest."""
    assert rest_of([UncertaintyTerm(50.0), UncertaintyTerm(20.0)], 100.0, 200.0) == UncertaintyTerm(30.0, source="rest")
    assert rest_of([UncertaintyTerm(100.0 + 1e-8)], 100.0, 200.0) is None
    found = rest_of([UncertaintyTerm(100.0 + 3e-7)], 100.0, 200.0)
    assert found is not None
    assert found.amount == pytest.approx(-3e-7, rel=1e-6)
    assert rest_of([], 0.0, 0.0) is None
