"""Monte Carlo against the closed form, within five standard errors of each estimate; seeds are fixed."""

from math import log1p, sqrt
from typing import Final

import numpy
import pytest

from ledger.footprint.derived.uncertainty import sampling
from ledger.footprint.derived.uncertainty.answer import uncertainty
from ledger.footprint.derived.uncertainty.sampling import described, draws, sample, totals
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, grouped
from ledger.footprint.derived.uncertainty.variance import moments

BOUND: Final = 5.0
"""Standard errors by which an estimate may be off: of a normal one, once in 1.7 million."""

SAMPLES: Final = 40_000


def of(variance: float) -> float:
    return log1p(variance)


NETWORKS: Final = {
    "own alone": [UncertaintyTerm(100.0, own=of(0.04)), UncertaintyTerm(30.0, own=of(0.09)), UncertaintyTerm(5.0)],
    "one factor": [UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(40.0, "f", None, of(0.04))],
    "own and shared": [UncertaintyTerm(60.0, "f", of(0.01), of(0.04)), UncertaintyTerm(40.0, "f", of(0.02), of(0.04)),
                       UncertaintyTerm(20.0, "g", None, of(0.09)), UncertaintyTerm(7.0, "g", of(0.05), of(0.09))],
    "removals": [UncertaintyTerm(
        60.0, "f", of(0.01), of(0.04)
    ), UncertaintyTerm(-40.0, "f", None, of(0.04)), UncertaintyTerm(-15.0, own=of(0.02)),
                 UncertaintyTerm(-3.0)],
    "one factor, several deviations": [UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(
        40.0, "f", of(0.01), of(0.16)
    ),
                                       UncertaintyTerm(
                                           -30.0, "f", None, of(0.01)
                                       ), UncertaintyTerm(20.0, "f", of(0.03), None)],
    "one measurement, two factors": [UncertaintyTerm(
        60.0, "f", of(0.03), of(0.04), 1
    ), UncertaintyTerm(40.0, "g", of(0.03), of(0.09), 1),
                                     UncertaintyTerm(30.0, None, of(0.03), None, 1), UncertaintyTerm(
                                         25.0, "f", of(0.03), of(0.04), 2
                                     )],
    "a closing over two records": [UncertaintyTerm(60.0, "f", of(0.05), of(0.02), 1, "gas", closing="c"),
                                   UncertaintyTerm(
                                       40.0, "f", of(0.05), of(0.06), 2, "gas", closing="c"
                                   ), UncertaintyTerm(-9.0)],
}


@pytest.mark.parametrize("terms", list(NETWORKS.values()), ids=list(NETWORKS))
def test_it_agrees_with_the_closed_form(terms: list[UncertaintyTerm]) -> None:
    exact = moments(terms)
    found = sample(grouped(terms), SAMPLES, seed=20_240_501)
    assert abs(found.mean - exact.mean) <= BOUND * found.standard_error
    assert abs(found.deviation - sqrt(exact.variance)) <= BOUND * found.deviation_error
    # The bounds are tight enough to see an error of a few per cent.
    assert BOUND * found.deviation_error < 0.06 * found.deviation
    assert BOUND * found.standard_error < 0.03 * found.deviation


@pytest.mark.parametrize("terms", [NETWORKS["own alone"], NETWORKS["own and shared"]])
def test_percentiles_agree_with_the_lognormal_fit(terms: list[UncertaintyTerm]) -> None:
    """Not exactly lognormal, but close to it where deviations are small: within 2 % of the mean."""
    found = uncertainty(terms, samples=SAMPLES, seed=9)
    assert found.sampled is not None
    assert found.sampled.low == pytest.approx(found.analytic.low, abs=0.02 * found.mean)
    assert found.sampled.high == pytest.approx(found.analytic.high, abs=0.02 * found.mean)
    assert found.sampled.low < found.sampled.median < found.sampled.high


def test_the_same_seed_gives_the_same_sample() -> None:
    sources = grouped(NETWORKS["own and shared"])
    assert sample(sources, 1_000, seed=7) == sample(sources, 1_000, seed=7)
    assert sample(sources, 1_000, seed=7) != sample(sources, 1_000, seed=8)


def test_how_many_rows_are_drawn_at_a_time_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by blocks of rows; the totals are those of one block. Every third measurement is of two parts,
    and one of twenty, more than fit into what is left of a block."""
    own = [of(0.01 * (i + 1)) for i in range(50)]
    terms = [UncertaintyTerm(float(i + 1), "f" if i % 2 else "g", own[i], of(0.04), i) for i in range(50)]
    terms += [UncertaintyTerm(2.0, "f", own[i], of(0.09), i) for i in range(0, 50, 3)]
    terms += [UncertaintyTerm(1.0, f"of {i}", own[7], of(0.01), 7) for i in range(20)]
    sources = grouped(terms)
    assert draws(sources) == 50 + 22
    whole = totals(sources, 100, seed=3)
    for size in (100 * 24, 100 * 30, 100 * 60):
        monkeypatch.setattr(sampling, "_BLOCK", size)
        assert totals(sources, 100, seed=3) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("network", ["own and shared", "one measurement, two factors"])
@pytest.mark.parametrize("size", [1, 50, 20_000])
def test_how_many_samples_are_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch, size: int, network: str) -> None:
    """Other draws of the same law: one sample at a time, 16 of them, or most at once."""
    monkeypatch.setattr(sampling, "_BLOCK", size)
    terms = NETWORKS[network]
    found = sample(grouped(terms), 8_000, seed=5)
    exact = moments(terms)
    assert abs(found.mean - exact.mean) <= BOUND * found.standard_error
    assert abs(found.deviation - sqrt(exact.variance)) <= BOUND * found.deviation_error
    assert sample(grouped(terms), 8_000, seed=5) == found


def test_only_what_varies_by_itself_is_drawn() -> None:
    """1,000 lines of one factor need one variable, and lines that are certain none."""
    shared = [UncertaintyTerm(1.0, "f", None, of(0.04))] * 1_000
    assert draws(grouped([*shared, UncertaintyTerm(5.0), UncertaintyTerm(6.0, own=0.0)])) == 1
    assert draws(
        grouped([*shared, UncertaintyTerm(5.0, "f", of(0.01), of(0.04)), UncertaintyTerm(2.0, own=of(0.1))])
    ) == 3
    one = totals(grouped([UncertaintyTerm(1_000.0, "f", None, of(0.04))]), 200, seed=1)
    assert totals(grouped(shared), 200, seed=1) == pytest.approx(one, rel=1e-12)


def test_what_is_said_of_totals_by_hand() -> None:
    """1, 2, 3, 4: mean 2.5, variance 5 / 3, fourth moment (2 * 1.5^4 + 2 * 0.5^4) / 4 = 2.5625.

    The variance of the variance is (2.5625 - (5/3)^2 * 1/3) / 4.
    """
    found = described(numpy.array([1.0, 2.0, 3.0, 4.0]))
    deviation = sqrt(5 / 3)
    assert found.mean == 2.5
    assert found.deviation == pytest.approx(deviation, rel=1e-14)
    assert found.standard_error == pytest.approx(deviation / 2, rel=1e-14)
    assert found.deviation_error == pytest.approx(
        sqrt((2.5625 - (5 / 3) ** 2 / 3) / 4) / (2 * deviation), rel=1e-14
    )
    # Linear between the order statistics: 1 + 0.025 * 3, 4 - 0.025 * 3
    assert (found.low, found.median, found.high) == pytest.approx((1.075, 2.5, 3.925), rel=1e-14)


def test_errors_shrink_with_the_square_root_of_the_samples() -> None:
    sources = grouped(NETWORKS["own and shared"])
    few, many = sample(sources, 2_500, seed=2), sample(sources, 40_000, seed=2)
    assert few.standard_error / many.standard_error == pytest.approx(4.0, rel=0.1)
    assert few.deviation_error / many.deviation_error == pytest.approx(4.0, rel=0.25)
