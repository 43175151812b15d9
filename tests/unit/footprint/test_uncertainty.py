"""Uncertainty of footprints: factors, lines, and chains, against hand-solved cases and enumeration."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import exp, expm1, log, log1p, sqrt
from typing import Any, Final

import msgspec
import numpy
import pytest
from scipy import stats
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Emission, Given, Make, registry
from support.site import Site, document, ore, supply
from support.upstream import weights_of
from unit.engine.works import Works, change

from ledger.admission.closings.spreading import shares
from ledger.core.outcome.assessment import Assessment, Line
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.values import Factor, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.sector_context import context_of
from ledger.errors import InvalidInput
from ledger.footprint.derived.contributions import contribution
from ledger.footprint.derived.uncertainty import sampling
from ledger.footprint.derived.uncertainty.answer import MOST_DRAWS, uncertainty
from ledger.footprint.derived.uncertainty.origins import NO_ORIGINS, LineOrigins, origins, states_amounts
from ledger.footprint.derived.uncertainty.parts import Uncertainty, UncertaintySource
from ledger.footprint.derived.uncertainty.pedigree import SCORE_VARIANCES, log_variance
from ledger.footprint.derived.uncertainty.sampling import described, draws, sample, totals
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, grouped, line_terms, rest_of
from ledger.footprint.derived.uncertainty.variance import Interval, interval, moments
from ledger.footprint.stored.burdens import ZERO, footprint
from ledger.footprint.stored.checks import check_assessment
from ledger.sdk import Context, Draft, FacilityFacts, FactorRow, PluginError, SupplyFacts, read_factors
from ledger.sdk.tables import rows

BEST: Final = (1, 1, 1, 1, 1)


def of(variance: float) -> float:
    """The variance of the logarithm of a lognormal variable of mean 1 and this variance."""
    return log1p(variance)


# Frischknecht et al., ecoinvent report 1 (2007), table 7.3; where it has no factor, that of version 3 is 1.05.
FACTORS: Final = {
    "reliability": ("1.00", "1.05", "1.10", "1.20", "1.50"),
    "completeness": ("1.00", "1.02", "1.05", "1.10", "1.20"),
    "temporalCorrelation": ("1.00", "1.03", "1.10", "1.20", "1.50"),
    "geographicalCorrelation": ("1.00", "1.01", "1.02", "1.05", "1.10"),
    "furtherTechnologicalCorrelation": ("1.00", "1.05", "1.20", "1.50", "2.00"),
}


def test_variances_of_scores_are_those_of_their_factors() -> None:
    """Version 3 gives (ln U / 2)^2 of version 2's factors U with one or two digits."""
    assert [name for name, _ in SCORE_VARIANCES] == list(FACTORS)
    for name, variances in SCORE_VARIANCES:
        for variance, factor in zip(variances, FACTORS[name], strict=True):
            published = Decimal(str(variance))
            half_a_digit = float(Decimal((0, (5,), int(published.as_tuple().exponent) - 1))) if variance else 0.0
            assert abs((log(float(factor)) / 2) ** 2 - variance) <= half_a_digit, (name, factor)


@pytest.mark.parametrize(("deviation", "pedigree", "expected"), [
    ("1", None, 0.0),
    (None, BEST, 0.0),
    ("1.1", None, 0.00908403),  # ln(1.1)^2 = 0.0953102^2
    (Decimal("1.1"), BEST, 0.00908403),
    (None, (2, 3, 4, 5, 1), 0.0006 + 0.0006 + 0.008 + 0.002),
    (None, (5, 4, 3, 2, 5), 0.04 + 0.002 + 0.002 + 0.000025 + 0.12),
    ("1.1", (5, 5, 5, 5, 5), 0.00908403 + 0.04 + 0.008 + 0.04 + 0.002 + 0.12),
])
def test_what_is_stated_as_a_variance(deviation: Any, pedigree: Any, expected: float) -> None:
    assert log_variance(deviation, pedigree) == pytest.approx(expected, rel=1e-6)


def test_nothing_stated_is_not_certainty() -> None:
    assert log_variance(None, None) is None


@pytest.mark.parametrize(("deviation", "pedigree"), [
    ("0.9", None), ("-1.1", None), ("NaN", None), (None, (1, 1, 1, 1)), (None, (1, 1, 1, 1, 6)),
    (None, (0, 1, 1, 1, 1)), (None, (-1, 1, 1, 1, 1)), (None, ()),
])
def test_what_no_record_can_state(deviation: Any, pedigree: Any) -> None:
    with pytest.raises(ValueError, match=r"at least 1|five scores"):
        log_variance(deviation, pedigree)


def test_one_line_by_hand() -> None:
    """100 kg with v = 0.04: standard deviation 20."""
    found = moments([UncertaintyTerm(100.0, own=of(0.04))])
    assert (found.mean, found.variance, found.first_order) == pytest.approx((100.0, 400.0, 400.0), rel=1e-14)


def test_two_lines_of_one_factor_by_hand() -> None:
    """60 and 40 kg, v = 0.04 for both of the factor: (60 + 40)^2 * 0.04 = 400, not (60^2 + 40^2) * 0.04 = 208."""
    shared = moments([UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(40.0, "f", None, of(0.04))])
    apart = moments([UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(40.0, "g", None, of(0.04))])
    assert (shared.variance, apart.variance) == (pytest.approx(400.0, rel=1e-14), pytest.approx(208.0, rel=1e-14))


def test_own_and_shared_by_hand() -> None:
    """60 and 40 kg, 10 % own each (v = 0.01), 20 % shared (v = 0.04).

    First order: 100^2 * 0.04 + (3600 + 1600) * 0.01 = 400 + 52 = 452. Exact: 400 + 52 * 1.04 = 454.08, which is
    (1 + 0.04) * (100^2 + 5200 * 0.01) - 100^2 = 1.04 * 10052 - 10000.
    """
    found = moments([UncertaintyTerm(60.0, "f", of(0.01), of(0.04)), UncertaintyTerm(40.0, "f", of(0.01), of(0.04))])
    assert (found.first_order, found.variance) == pytest.approx((452.0, 454.08), rel=1e-13)
    assert found.shared == pytest.approx({"f": 400.0}, rel=1e-13)
    assert found.own.tolist() == pytest.approx([3600 * 0.0104, 1600 * 0.0104], rel=1e-13)


def test_a_removal_by_the_same_factor_takes_its_uncertainty_away() -> None:
    """100 kg and -40 kg of one factor: (100 - 40)^2 * 0.04 = 144; of two: (10000 + 1600) * 0.04 = 464."""
    assert moments(
        [UncertaintyTerm(100.0, "f", None, of(0.04)), UncertaintyTerm(-40.0, "f", None, of(0.04))]
    ).variance == pytest.approx(
        144.0, rel=1e-14
    )
    assert moments(
        [UncertaintyTerm(100.0, "f", None, of(0.04)), UncertaintyTerm(-40.0, "g", None, of(0.04))]
    ).variance == pytest.approx(
        464.0, rel=1e-14
    )


def test_a_factor_without_a_name_is_shared_with_nobody() -> None:
    """Two of them: (3600 + 1600) * v; the line's own adds as variances of the logarithm."""
    terms = [UncertaintyTerm(60.0, None, of(0.01), of(0.04)), UncertaintyTerm(40.0, None, of(0.01), of(0.04))]
    # (1 + 0.01) * (1 + 0.04) - 1 = 0.0504
    assert moments(terms).variance == pytest.approx(5200 * 0.0504, rel=1e-13)


def test_a_factor_that_is_certain_shares_nothing() -> None:
    terms = [UncertaintyTerm(60.0, "f", of(0.04), 0.0), UncertaintyTerm(40.0, "f", of(0.04), None)]
    assert moments(terms).variance == pytest.approx(208.0, rel=1e-14)


CASES: Final[Sequence[Sequence[tuple[int, str, Fraction, Fraction]]]] = [
    [(3, "f", Fraction(1, 2), Fraction(1, 3)), (5, "f", Fraction(1, 4), Fraction(1, 3))],
    [(3, "f", Fraction(1, 2), Fraction(1, 3)), (-2, "f", Fraction(1, 4), Fraction(1, 3)),
     (7, "g", Fraction(0), Fraction(1, 5)), (1, "", Fraction(2, 3), Fraction(0))],
    [(4, "f", Fraction(0), Fraction(1, 2)), (6, "f", Fraction(0), Fraction(1, 2)), (-3, "g", Fraction(1, 7),
                                                                                   Fraction(1, 2))],
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("measured", [(0, 1, 2, 3), (0, 0, 1, 1), (0, 1, 0, 2), (0, 0, 0, 0)])
def test_against_exact_enumeration(
    case: Sequence[tuple[int, str, Fraction, Fraction]], measured: Sequence[int]
) -> None:
    """The variance of a sum of products of independent variables of mean 1 depends on their variances alone. So they
    may be coins that show 1 - d or 1 + d, of variance d^2, and all ways in which they fall can be added as fractions.
    `measured`: which parts rest on one measurement, and then vary by what the first of them says.
    """
    factors = sorted({name for _, name, _, d in case if d})
    spread = {name: d for _, name, _, d in case}
    of_record = {record: d for record, (_, _, d, _) in reversed(list(zip(measured, case, strict=False)))}
    mean, square, ways = Fraction(0), Fraction(0), 0
    for own in itertools.product((-1, 1), repeat=len(case)):
        for common in itertools.product((-1, 1), repeat=len(factors)):
            shown = {name: 1 + sign * spread[name] for name, sign in zip(factors, common, strict=True)}
            total = sum(
                (amount * (1 + own[record] * of_record[record]) * shown.get(name, Fraction(1))
                 for (amount, name, _, _), record in zip(case, measured, strict=False)), Fraction(0),
            )
            mean, square, ways = mean + total, square + total * total, ways + 1
    exact = square / ways - (mean / ways) ** 2
    found = moments([
        UncertaintyTerm(float(amount), name or None, of(float(of_record[record]) ** 2), of(float(d) ** 2), record)
        for (amount, name, _, d), record in zip(case, measured, strict=False)
    ])
    assert found.mean == pytest.approx(float(mean / ways), rel=1e-14)
    assert found.variance == pytest.approx(float(exact), rel=1e-12)


def test_against_scipys_lognormal() -> None:
    """One line: X Y is lognormal with the sum of the variances of the logarithm, scaled to the mean."""
    own, shared = log_variance("1.3", (2, 2, 2, 2, 2)), log_variance("1.5", None)
    assert own is not None
    assert shared is not None
    spread = sqrt(own + shared)
    law = stats.lognorm(s=spread, scale=50.0 * exp(-(spread**2) / 2))
    found = moments([UncertaintyTerm(50.0, "f", own, shared)])
    assert found.mean == pytest.approx(law.mean(), rel=1e-12)
    assert found.variance == pytest.approx(law.var(), rel=1e-12)


@pytest.mark.parametrize("parts", [
    [(60.0, 0.1), (40.0, 0.3)], [(60.0, 0.2), (-40.0, 0.5), (10.0, 0.0)], [(1.0, 1.0), (2.0, 1.5), (-1.0, 0.5)],
])
def test_one_factor_stated_with_different_deviations(parts: list[tuple[float, float]]) -> None:
    """Each follows the one error as far as it says. Against Gauss-Hermite quadrature over that error, and pairs."""
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(80)
    totals = sum((a * numpy.exp(r * nodes - r * r / 2) for a, r in parts), numpy.zeros_like(nodes))
    weights = weights / weights.sum()
    by_quadrature = float((weights * totals**2).sum() - (weights * totals).sum() ** 2)
    by_pairs = sum(a * b * expm1(r * s) for a, r in parts for b, s in parts)
    found = moments([UncertaintyTerm(a, "f", None, r * r) for a, r in parts])
    assert found.variance == pytest.approx(by_quadrature, rel=1e-9)
    assert found.variance == pytest.approx(by_pairs, rel=1e-12)


def test_the_widest_deviations_that_can_be_stated() -> None:
    """Twice 999.999999999 and the worst pedigree: the series ends where it may."""
    widest = log_variance("999.999999999", (5, 5, 5, 5, 5))
    assert widest is not None
    terms = [UncertaintyTerm(1.0, "f", None, widest), UncertaintyTerm(
        2.0, "f", None, widest / 2
    ), UncertaintyTerm(3.0, "f", widest, 0.0)]
    r, s = sqrt(widest), sqrt(widest / 2)
    expected = expm1(r * r) + 4 * expm1(s * s) + 4 * expm1(r * s) + 9 * expm1(widest)
    assert moments(terms).variance == pytest.approx(expected, rel=1e-12)


def test_nothing_and_certainties() -> None:
    for terms, mean in (
        ([], 0.0), ([UncertaintyTerm(3.0), UncertaintyTerm(-1.0, own=0.0, factor="f", shared=0.0)], 2.0)
    ):
        found = uncertainty(terms, samples=100, seed=1)
        assert (found.mean, found.analytic.deviation, found.analytic.distribution) == (mean, 0.0, "certain")
        assert (found.analytic.low, found.analytic.high, found.sources, found.others) == (mean, mean, [], 0.0)
        assert (found.sampled.mean, found.sampled.deviation, found.sampled.low) == (mean, 0.0, mean)


@pytest.mark.parametrize("term", [
    UncertaintyTerm(1.0, own=-0.1), UncertaintyTerm(1.0, "f", shared=-0.1), UncertaintyTerm(1.0, own=float("nan"))
])
def test_a_variance_below_zero_is_an_error(term: UncertaintyTerm) -> None:
    assert "term 1 has a variance below zero" in str(raised(ValueError, grouped, [UncertaintyTerm(2.0), term]))


def test_an_interval_of_emissions_alone_is_lognormal() -> None:
    """Mean 100 and standard deviation 20: against SciPy's percentiles."""
    law = stats.lognorm(s=sqrt(log(1.04)), scale=100.0 / sqrt(1.04))
    found = interval(100.0, 400.0, positive=True)
    assert found.distribution == "lognormal"
    assert (found.low, found.high) == pytest.approx((law.ppf(0.025), law.ppf(0.975)), rel=1e-10)
    assert found.low > 0


def test_an_interval_with_removals_is_normal() -> None:
    found = interval(10.0, 400.0, positive=False)
    assert found == Interval(
        pytest.approx(stats.norm(10.0, 20.0).ppf(0.025)), pytest.approx(stats.norm(10.0, 20.0).ppf(0.975)), "normal"
    )
    assert found.low < 0


def test_the_smallest_figures_have_an_interval_too() -> None:
    """1e-162 squared is no number; its variance is, just about."""
    found = interval(1e-162, 1e-323, positive=True)
    assert found.distribution == "lognormal"
    assert 0 < found.low < 1e-162 < found.high


def test_a_negative_line_makes_the_answer_normal() -> None:
    emissions = [UncertaintyTerm(100.0, own=of(0.04)), UncertaintyTerm(20.0)]
    assert uncertainty(emissions).analytic.distribution == "lognormal"
    # A lognormal fit: exp(sqrt(ln(1 + 400 / 120^2)))
    assert uncertainty(emissions).analytic.geometric_deviation == pytest.approx(exp(sqrt(log1p(400 / 14400))))
    with_removal = uncertainty([*emissions, UncertaintyTerm(-10.0)])
    assert (with_removal.analytic.distribution, with_removal.analytic.geometric_deviation) == ("normal", None)
    assert with_removal.mean == 110.0


def line(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2", "amount": Decimal(amount), "source": "s", "kind": "onSite", **fields})


def test_terms_of_lines_by_hand() -> None:
    """A quarter of -12 kg and of 8 kg N2O (273 kg CO2e, AR6); energy and parts of others are left out."""
    terms = line_terms(0.25, [
        line("-12", burden="technologicalCO2Removals", deviation=Decimal("1.1")),
        line("4", burden="energyMj"),
        line("6", burden="transportGhgEmissions"),
        line("8", gas="N2O", factor="f", factor_deviation=Decimal("1.2"), factor_pedigree=(1, 1, 1, 1, 2)),
    ], 7)
    assert terms == [
        UncertaintyTerm(-3.0, None, pytest.approx(log(1.1) ** 2), None, 7, "s", 3.0),
        UncertaintyTerm(pytest.approx(2 * 273.0), "f", None, pytest.approx(log(1.2) ** 2 + 0.0006), 7, "s",
                        pytest.approx(2 * 273.0)),
    ]


def test_the_lines_of_one_declaration_are_one_quantity() -> None:
    """Primary and secondary halves of one supply: its quantity's error is the same in both."""
    stated: dict[str, Any] = {
        "factor": "declaration:d", "deviation": Decimal("1.1"), "factor_deviation": Decimal("1.2"),
    }
    removal = {**stated, "burden": "landManagementBiogenicCO2Removals"}
    (term,) = line_terms(0.5, [line("30", **stated), line("10", primary=True, **stated), line("-8", **removal)], 7)
    assert (term.amount, term.weight) == (16.0, 24.0)
    assert len(line_terms(1.0, [line("30", **stated), line("10", **{**stated, "source": "other"})], 7)) == 2


def test_what_states_its_uncertainty() -> None:
    """60 of 100 kg state something, be it that they are certain; removals count by their size."""
    found = uncertainty([UncertaintyTerm(30.0, own=of(0.01)), UncertaintyTerm(
        -20.0, "f", None, 0.0
    ), UncertaintyTerm(10.0, own=0.0), UncertaintyTerm(40.0)])
    assert found.stated == pytest.approx(0.6, rel=1e-15)
    assert "count as certain" in (found.note or "")
    whole = uncertainty([UncertaintyTerm(30.0, own=of(0.01))])
    assert (whole.stated, whole.note) == (1.0, None)


def test_the_sources_with_the_largest_parts() -> None:
    """Variances: factor f 100^2 * 0.04 = 400, line a 30^2 * 0.1 = 90, line b 10^2 * 0.1 = 10; together 500."""
    terms = [
        UncertaintyTerm(70.0, "f", None, of(0.04), 3, "slab"), UncertaintyTerm(10.0, None, of(0.1), None, 5, "b"),
        UncertaintyTerm(30.0, "f", None, of(0.04), 4, "slab"), UncertaintyTerm(30.0, None, of(0.1), None, 4, "a"),
    ]
    found = uncertainty(terms, top=2)
    assert found.sources == [
        UncertaintySource(kind="factor", name="f", part=pytest.approx(0.8)),
        UncertaintySource(kind="line", name="a", part=pytest.approx(0.18), record=4),
    ]
    assert found.others == pytest.approx(0.02)
    everything = uncertainty(terms)
    assert sum(one.part for one in everything.sources) == pytest.approx(1.0, rel=1e-12)
    assert everything.others == pytest.approx(0.0, abs=1e-12)
    assert [one.name for one in everything.sources] == ["f", "a", "b"]


def test_it_goes_over_the_wire() -> None:
    found = uncertainty(
        [UncertaintyTerm(70.0, "f", of(0.01), of(0.04), 3, "slab"), UncertaintyTerm(30.0)], samples=100, seed=5
    )
    told = msgspec.json.decode(msgspec.json.encode(found))
    assert set(told) == {"mean", "stated", "analytic", "sampled", "sources", "others", "note"}
    assert set(told["analytic"]) == {"deviation", "firstOrder", "low", "high", "distribution", "geometricDeviation"}
    assert set(told["sampled"]) == {
        "samples", "seed", "generator", "mean", "deviation", "standardError", "deviationError", "low", "median", "high"
    }
    assert (told["sampled"]["seed"], told["sampled"]["samples"], told["sampled"]["generator"]) == (5, 100, "PCG64")


@pytest.mark.parametrize(("samples", "seed", "code", "field"), [
    (99, 0, "invalid-samples", "samples"), (-1, 0, "invalid-samples", "samples"),
    (1_000_001, 0, "invalid-samples", "samples"), (100, -1, "invalid-seed", "seed"),
    (100, 2**53, "invalid-seed", "seed"),
])
def test_samples_and_seeds_out_of_bounds(samples: int, seed: int, code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        uncertainty([UncertaintyTerm(1.0, own=0.1)], samples=samples, seed=seed)
    error = caught.value
    assert (error.code, error.field, error.value) == (code, field, str(samples if field == "samples" else seed))
    assert error.rule


def test_more_draws_than_there_is_time_for() -> None:
    """1,000,000 samples of 2,001 quantities; of a factor's many lines only one is drawn."""
    error = raised(InvalidInput, uncertainty, [UncertaintyTerm(1.0, own=0.01)] * 2_001, samples=1_000_000)
    assert (error.code, error.field) == ("too-many-draws", "samples")
    assert MOST_DRAWS < 2_001 * 1_000_000
    assert uncertainty([UncertaintyTerm(1.0, "f", None, 0.01)] * 2_001, samples=1_000).sampled is not None


# Amounts that rest on one measurement vary together: lines of one quantity, shares of one total. Solved by hand.


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
    assert (len(terms), (found.first_order, found.variance)) == (2, pytest.approx((388.0, 390.88), rel=1e-12))
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
    assert moments(line_terms(1.0, [same[0], line("10", deviation=Decimal("1.2"))],
                              7)).variance == pytest.approx(900 * v + 100 * expm1(log(1.2) ** 2), rel=1e-12)


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
    assert rest_of([UncertaintyTerm(100.0 + 3e-7)], 100.0, 200.0).amount == pytest.approx(-3e-7, rel=1e-6)
    assert rest_of([], 0.0, 0.0) is None


# Monte Carlo against the closed form, within five standard errors of each estimate; seeds are fixed.


BOUND: Final = 5.0
"""Standard errors by which an estimate may be off: of a normal one, once in 1.7 million."""

SAMPLES: Final = 40_000


NETWORKS: Final = {
    "own alone": [UncertaintyTerm(100.0, own=of(0.04)), UncertaintyTerm(30.0, own=of(0.09)), UncertaintyTerm(5.0)],
    "one factor": [UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(40.0, "f", None, of(0.04))],
    "own and shared": [UncertaintyTerm(60.0, "f", of(0.01), of(0.04)), UncertaintyTerm(40.0, "f", of(0.02), of(0.04)),
                       UncertaintyTerm(20.0, "g", None, of(0.09)), UncertaintyTerm(7.0, "g", of(0.05), of(0.09))],
    "removals": [UncertaintyTerm(60.0, "f", of(0.01), of(0.04)), UncertaintyTerm(-40.0, "f", None, of(0.04)),
                 UncertaintyTerm(-15.0, own=of(0.02)), UncertaintyTerm(-3.0)],
    "one factor, several deviations": [
        UncertaintyTerm(60.0, "f", None, of(0.04)), UncertaintyTerm(40.0, "f", of(0.01), of(0.16)),
        UncertaintyTerm(-30.0, "f", None, of(0.01)), UncertaintyTerm(20.0, "f", of(0.03), None),
    ],
    "one measurement, two factors": [
        UncertaintyTerm(60.0, "f", of(0.03), of(0.04), 1), UncertaintyTerm(40.0, "g", of(0.03), of(0.09), 1),
        UncertaintyTerm(30.0, None, of(0.03), None, 1), UncertaintyTerm(25.0, "f", of(0.03), of(0.04), 2),
    ],
    "a closing over two records": [
        UncertaintyTerm(60.0, "f", of(0.05), of(0.02), 1, "gas", closing="c"),
        UncertaintyTerm(40.0, "f", of(0.05), of(0.06), 2, "gas", closing="c"), UncertaintyTerm(-9.0),
    ],
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
    assert (found.mean, found.deviation) == (2.5, pytest.approx(deviation, rel=1e-14))
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


# From records, plugins and factor tables to lines: whose uncertainty is a line's own, and whose its factor's.

SCORES = (1, 2, 3, 4, 5)


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    made.product("good")
    return made


def factor(**fields: Any) -> Factor:
    return Factor(value="2", unit="KGM", source="table", year=2024, boundary="cradleToGate", **fields)


def lines(memory: MemoryLedger, index: int) -> tuple[Line, ...]:
    prepared = memory.history.prepared[index]
    assert prepared.assessment is not None
    return msgspec.json.decode(prepared.assessment, type=Assessment).lines


def said(line: Line) -> tuple[object, ...]:
    return line.deviation, line.pedigree, line.factor_deviation, line.factor_pedigree


def test_a_supply_and_its_factor(memory: MemoryLedger, site: Site) -> None:
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[
        supply("coal", "3 KGM", deviation="1.1", pedigree=SCORES, factor=factor(deviation="1.3", pedigree=(1,) * 5)),
        supply("lime", "1 KGM", factor=factor()),
    ])
    coal, lime = lines(memory, made.index)
    assert said(coal) == (Decimal("1.1"), SCORES, Decimal("1.3"), (1, 1, 1, 1, 1))
    assert said(lime) == (None, None, None, None)
    # What is not stated takes no byte of the assessment.
    assert set(msgspec.to_builtins(lime)) == {"gas", "amount", "source", "kind", "factor"}


def test_a_supply_and_its_declaration(memory: MemoryLedger, site: Site) -> None:
    """The declaration's is its figures', of every line that names it; the supply's is of its quantity."""
    declared = site.declare(
        burdens={"fossilGhgEmissions": "4", "landUseChangeGhgEmissions": "1"}, primary_share="0.5",
        per=Quantity(value="1", unit="KGM"), deviation="1.25", pedigree=(2,) * 5,
    ).digest.hex()
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[supply("slab", "2 KGM", declaration=declared,
                                                                         deviation="1.02", pedigree=SCORES)])
    found = lines(memory, made.index)
    # Two burdens, each with its primary and its secondary half
    assert [line.amount for line in found] == [4, 4, 1, 1]
    for line in found:
        assert line.factor == f"declaration:{declared}"
        assert said(line) == (Decimal("1.02"), SCORES, Decimal("1.25"), (2, 2, 2, 2, 2))


def test_a_declared_lot(memory: MemoryLedger, site: Site) -> None:
    made = site.declare(burdens={"fossilGhgEmissions": "4"}, lot=site.out("x", "good", "1 KGM"), deviation="1.25")
    (line,) = lines(memory, made.index)
    assert (line.factor, said(line)) == (f"declaration:{made.digest.hex()}", (None, None, Decimal("1.25"), None))


def test_what_is_said_of_uncertainty_changes_no_figure(memory: MemoryLedger, site: Site) -> None:
    plain = supply("coal", "3 KGM", factor=factor())
    stated = supply("coal", "3 KGM", factor=factor(deviation="2", pedigree=(5,) * 5), deviation="2", pedigree=SCORES)
    for lot, one in (("plain", plain), ("stated", stated)):
        site.make([site.out(lot, "good", "1 KGM")], supplies=[one])
    assert memory.burdens(site.name("plain")) == memory.burdens(site.name("stated"))
    assert memory.burdens(site.name("plain"))["fossilGhgEmissions"] == 6.0


def test_a_plugins_line(memory: MemoryLedger, site: Site) -> None:
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")], activity=Make(emissions=[
        Emission(amount="5", deviation="1.1", pedigree=[1, 1, 1, 1, 2], factor="f", factor_deviation="1.2",
                 factor_pedigree=[5, 4, 3, 2, 1]),
    ]))
    (line,) = lines(memory, made.index)
    assert said(line) == (Decimal("1.1"), (1, 1, 1, 1, 2), Decimal("1.2"), (5, 4, 3, 2, 1))


DEVIATION = "a geometric standard deviation is at least 1 and below 1000"


@pytest.mark.parametrize(("emission", "field", "value", "rule"), [
    (Emission(amount="5", deviation="0.999"), "deviation", "0.999", DEVIATION),
    (Emission(amount="5", deviation="-1.2"), "deviation", "-1.2", DEVIATION),
    (Emission(amount="5", deviation="1000"), "deviation", "1000", DEVIATION),
    (Emission(amount="5", factor="f", factor_deviation="-1.2"), "factorDeviation", "-1.2", DEVIATION),
    (Emission(amount="5", pedigree=[1, 1, 1, 1, 6]), "pedigree[4]", "6", "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", pedigree=[0, 1, 1, 1, 1]), "pedigree[0]", "0", "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", pedigree=[1, 1, 1, 1]), "pedigree", "[1, 1, 1, 1]", "a pedigree has five scores"),
    (Emission(amount="5", pedigree=[]), "pedigree", "[]", "a pedigree has five scores"),
    (Emission(amount="5", factor="f", factor_pedigree=[1] * 6), "factorPedigree", "[1, 1, 1, 1, 1, 1]",
     "a pedigree has five scores"),
    (Emission(amount="5", factor="f", factor_pedigree=[1, 1, -3, 1, 1]), "factorPedigree[2]", "-3",
     "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", factor_deviation="1.2"), "factor", None,
     "a line that states the uncertainty of its factor must name the factor"),
    (Emission(amount="5", factor_pedigree=[1] * 5), "factor", None,
     "a line that states the uncertainty of its factor must name the factor"),
])
def test_a_plugin_that_says_what_cannot_be(
    memory: MemoryLedger, site: Site, emission: Emission, field: str, value: str | None, rule: str
) -> None:
    before = memory.fingerprint()
    with pytest.raises(PluginError) as caught:
        site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")],
                  activity=Make(emissions=[Emission(amount="1"), emission]))
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == (
        "invalid-assessment", f"lines[1].{field}", value, rule
    )
    assert memory.fingerprint() == before


@pytest.mark.parametrize("deviation", ["NaN", "sNaN", "Infinity"])
def test_deviations_that_are_no_numbers(deviation: str) -> None:
    line = Line(gas="CO2", amount=Decimal(1), source="s", kind="onSite", deviation=Decimal(deviation))
    error = raised(PluginError, check_assessment, Assessment(lines=(line,)), [])
    assert (error.code, error.field) == ("invalid-assessment", "lines[0].deviation")


def test_the_bounds_themselves_are_let_in() -> None:
    for deviation, pedigree in (("1", (1,) * 5), ("999.999999999", (5,) * 5)):
        line = Line(gas="CO2", amount=Decimal(1), source="s", kind="onSite", deviation=Decimal(deviation), factor="f",
                    pedigree=pedigree, factor_deviation=Decimal(deviation), factor_pedigree=pedigree)
        check_assessment(Assessment(lines=(line,)), [])
        assert msgspec.json.decode(assessment_bytes(Assessment(lines=(line,))), type=Assessment).lines == (line,)


def context(*supplies: SupplyFacts) -> Context:
    return Context(
        process="test.make", route="make", year=2022, hours=Decimal(24), allocation="mass", inputs=(), outputs=(),
        facility=FacilityFacts(id="urn:facility", country="CN", subdivision="CN-SH"), supplies=supplies,
    )


def facts(material: str, value: str, unit: str) -> SupplyFacts:
    return SupplyFacts(
        index=0, material=material, quantity=Quantity(value=value, unit=unit), nature=False, priced=False,
        mass=Decimal(value) if unit == "KGM" else None, deviation=Decimal("1.05"), pedigree=SCORES,
    )


def row(**fields: Any) -> FactorRow:
    return FactorRow(table="t", key="k", place="*", year=2024, value=Decimal(2), unit="KGM", gas="CO2",
                     boundary="process", status="read", source="s", **fields)


def test_a_draft_hands_on_what_a_supply_says_of_its_quantity() -> None:
    power, heat, coal, gas = (
        facts("electricity", "10", "KWH"), facts("heat", "5", "GV"), facts("anthracite", "3", "KGM"),
        facts("carbonDioxide", "2", "KGM"),
    )
    draft = Draft(context(power, heat, coal, gas))
    draft.buy_power(power)
    draft.buy_heat(heat)
    draft.burn(coal)
    draft.price("carbonDioxide", Decimal(2), row(deviation=Decimal("1.4")), kind="onSite", supply=gas)
    draft.carbon("carbonDioxide", Decimal(2), supply=gas)
    found = draft.assessment().lines
    assert [line.source for line in found] == [
        "electricity", "heat", "anthracite", "carbonDioxide", "carbonDioxide"
    ]
    for line in found:
        assert (line.deviation, line.pedigree) == (Decimal("1.05"), SCORES)
    assert [line.factor_deviation for line in found] == [None, None, None, Decimal("1.4"), None]


def test_a_draft_without_a_supply_says_nothing() -> None:
    draft = Draft(context(facts("k", "1", "KGM")))
    draft.price("k", Decimal(2), row(), kind="onSite")
    draft.carbon("k", Decimal(2))
    assert [said(line) for line in draft.assessment().lines] == [(None, None, None, None)] * 2


def test_a_plugin_sees_what_a_supply_says(memory: MemoryLedger, site: Site) -> None:
    stated = supply("coal", "10 KGM", deviation="1.1", pedigree=SCORES)
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[stated, supply("lime", "1 KGM")])
    prepared = memory.history.prepared[made.index]
    record = prepared.submission.record
    assert isinstance(record, Transformation)
    seen = context_of(record, prepared.plan, memory.state).supplies
    assert [(one.deviation, one.pedigree) for one in seen] == [(Decimal("1.1"), SCORES), (None, None)]


HEAD = "key,place,year,value,unit,gas,boundary,status,source"


def table(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> Any:
    """A package with a table of factors in it."""
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "factors.csv").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    rows.cache_clear()
    read_factors.cache_clear()
    return read_factors(name, "factors.csv", name)


def test_a_table_with_deviations(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = table(tmp_path, monkeypatch, "deviating", f"""{HEAD},deviation
a,*,2024,2,KGM,CO2,process,read,s,1.3
b,*,2024,2,KGM,CO2,process,read,s,
""")
    assert (found.find("a").deviation, found.find("b").deviation) == (Decimal("1.3"), None)


def test_a_table_without_the_column(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = table(tmp_path, monkeypatch, "undeviating", f"{HEAD}\na,*,2024,2,KGM,CO2,process,read,s\n")
    assert found.find("a").deviation is None


@pytest.mark.parametrize(("name", "text"), [
    ("below_one", "0.9"), ("negative", "-1.3"), ("word", "x"), ("no_number", "NaN"), ("too_large", "1000"),
])
def test_a_table_with_a_deviation_that_is_none(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    with pytest.raises(PluginError, match="line 2: deviation is") as caught:
        table(tmp_path, monkeypatch, "table_" + name, f"{HEAD},deviation\na,*,2024,2,KGM,CO2,process,read,s,{text}\n")
    assert (caught.value.code, caught.value.field, caught.value.value) == ("invalid-factors", "deviation", text)


# What a record says of where its lines come from: its own factors that share a name, totals that a closing spread.


V: Final = expm1(log(1.3) ** 2)
"""The variance of what has a geometric standard deviation of 1.3."""


@pytest.fixture
def works(memory: MemoryLedger) -> Works:
    return Works(memory)


def priced(value: str = "2", **fields: Any) -> Factor:
    return Factor(**{"value": value, "unit": "KGM", "source": "tables", "year": 2024, "boundary": "cradleToGate",
                     "deviation": "1.3", **fields})


def terms(works: Works, made: Sequenced, closing: Sequenced | None = None) -> list[UncertaintyTerm]:
    """Of a record as it reads now, all of which is carried."""
    prepared = works.ledger.history.prepared[made.index]
    assert prepared.assessment is not None
    found = msgspec.json.decode(prepared.assessment, type=Assessment)
    known = origins(prepared.submission.record)
    if closing is not None:
        record = works.ledger.records[closing.index]
        assert isinstance(record, Closing)
        known = origins(prepared.submission.record, record, closing.digest.hex())
    return line_terms(1.0, found.lines, made.index, origins=known)


def variance(works: Works, *made: Sequenced, closing: Sequenced | None = None) -> float:
    return moments([term for one in made for term in terms(works, one, closing)]).variance


def line_burnt(works: Works, *supplies: Supply) -> Sequenced:
    """A record with those supplies; each makes a lot of its own."""
    return works.run({f"lot{works.ledger.state.size}": "1"}, supplies=[ore("1 KGM"), *supplies])


def test_factors_of_one_source_and_year(works: Works) -> None:
    """3 kg at 2 and 4 kg at 2.5 kg CO2e are 6 and 10: one factor (6 + 10)^2 v, two of them (36 + 100) v."""
    coal = supply("coal", "3 KGM", factor=priced())
    others = [
        supply("lime", "5 KGM", factor=priced()),
        supply("coal", "4 KGM", factor=priced("2.5")),
        supply("coal", "1 KGM", factor=priced("10000", unit="TNE")),
        supply("coal", "5 KGM", factor=priced(gas="CO2")),
        supply("coal", "5 KGM", factor=priced(boundary="combustion")),
        supply("coal", "5 KGM", factor=priced(year=2023)),
        supply("coal", "5 KGM", factor=priced(source="others")),
    ]
    for other in others:
        assert variance(works, line_burnt(works, coal, other)) == pytest.approx((36 + 100) * V, rel=1e-12), other
    for same in (supply("coal", "5 KGM", factor=priced()), supply("coal", "5 KGM", factor=priced(deviation="1.3"))):
        assert variance(works, line_burnt(works, coal, same)) == pytest.approx(256 * V, rel=1e-12)
        assert variance(works, line_burnt(works, coal), line_burnt(works, same)) == pytest.approx(256 * V, rel=1e-12)


def test_what_lines_and_terms_call_a_factor(works: Works) -> None:
    """Answers show the name; the uncertainty's also says what it is, where the record brought it."""
    made = line_burnt(works, supply("coal", "3 KGM", factor=priced()),
                      supply("gas", "1 KGM", factor=priced("1", gas="CH4")))
    prepared = works.ledger.history.prepared[made.index]
    assert prepared.assessment is not None
    found = msgspec.json.decode(prepared.assessment, type=Assessment).lines
    assert [line.factor for line in found] == ["tables/2024", "tables/2024"]
    assert [term.factor for term in terms(works, made)] == [
        "tables/2024 (coal, 2 kg CO2e per KGM, cradleToGate)", "tables/2024 (gas, 1 kg CH4 per KGM, cradleToGate)"
    ]


def test_a_declaration_is_known_by_its_digest(works: Works) -> None:
    declared = works.declare(
        burdens={"fossilGhgEmissions": "2"}, per=Quantity(value="1", unit="KGM"), deviation="1.3"
    ).digest.hex()
    made = [line_burnt(works, supply(name, "3 KGM", declaration=declared, deviation="1.1")) for name in ("coal",
                                                                                                         "lime")]
    found = [term for one in made for term in terms(works, one)]
    assert [term.factor for term in found] == [f"declaration:{declared}"] * 2
    # 12 kg of one factor; each quantity by itself: 2 * 36 * v (1 + V).
    own = expm1(log(1.1) ** 2)
    assert moments(found).variance == pytest.approx(144 * V + 72 * own * (1 + V), rel=1e-12)


def test_transport_and_packaging(memory: MemoryLedger, works: Works) -> None:
    other = Works(memory, "other")
    works.mine("a", "10")
    sent = works.send(
        "a", "5 KGM", other, "b", transport=[supply("truck", "3 KGM", factor=priced(), deviation="1.1")],
        packaging=[supply("box", "5 KGM", factor=priced())],
    )
    assert variance(works, sent) == pytest.approx((36 + 100) * V + 36 * expm1(log(1.1) ** 2) * (1 + V), rel=1e-12)
    assert states_amounts(memory.records[sent.index])


def test_records_that_state_nothing(works: Works) -> None:
    made = line_burnt(works, supply("coal", "3 KGM", factor=priced(deviation=None)))
    record = works.ledger.records[made.index]
    assert origins(record) is NO_ORIGINS
    assert not states_amounts(record)
    assert not states_amounts(works.ledger.records[0])
    assert [term.factor for term in terms(works, made)] == ["tables/2024"]
    scored = line_burnt(works, supply("coal", "3 KGM", factor=priced(deviation=None), pedigree=(1, 1, 1, 1, 2)))
    assert states_amounts(works.ledger.records[scored.index])


def heats(works: Works, *amounts: str) -> list[Sequenced]:
    return [works.run({f"heat{i}": one}, supplies=[ore(f"{one} KGM")], basis="provisional")
            for i, one in enumerate(amounts)]


def metered(amount: str, **fields: Any) -> Supply:
    """Gas of 2 kg CO2e a kg, which is certain; how much it was is not."""
    return supply("gas", f"{amount} KGM", **{"factor": priced(deviation=None), "deviation": "1.3", **fields})


def test_the_shares_of_a_total(works: Works) -> None:
    """40 kg over 100, 300 and 400 kg: 5, 15 and 20, so 10, 30 and 40 kg CO2e, of one meter: 80^2 V."""
    made = heats(works, "100", "300", "400")
    closed = works.close(metered("40"))
    assert [works.stated(one) for one in made] == [["5"], ["15"], ["20"]]
    assert variance(works, *made, closing=closed) == pytest.approx(80.0**2 * V, rel=1e-12)
    assert variance(works, *made[:2], closing=closed) == pytest.approx(40.0**2 * V, rel=1e-12)
    # As if each had been measured by itself
    assert variance(works, *made) == pytest.approx((10.0**2 + 30.0**2 + 40.0**2) * V, rel=1e-12)


def test_totals_of_one_closing_are_measured_apart(works: Works) -> None:
    made = heats(works, "100", "300")
    closed = works.close(metered("40"), supply("coal", "20 KGM", factor=priced(deviation=None), deviation="1.3"))
    # 80 kg CO2e of gas, 40 of coal
    assert variance(works, *made, closing=closed) == pytest.approx((80.0**2 + 40.0**2) * V, rel=1e-12)


def test_a_supply_that_is_no_share(works: Works) -> None:
    """What a closing did not measure, and what reads otherwise than its total, is the record's own."""
    made = works.run({"a": "100"}, supplies=[ore("100 KGM"), supply("coal", "5 KGM", factor=priced(), deviation="1.3")],
                     basis="provisional")
    record, reading = works.ledger.records[works.close(metered("40")).index], works.reading(made)
    assert isinstance(record, Closing)
    assert [one.material for one in shares(record, reading)] == ["gas"]
    assert set(origins(reading, record, "d").closings.values()) == {"d"}
    for other in (metered("40", deviation="1.2"), metered("40", pedigree=(1, 1, 1, 1, 1)), metered("40", factor=None)):
        assert shares(msgspec.structs.replace(record, measured=[other]), reading) == []
    # Of another amount, it is the same total.
    assert len(shares(msgspec.structs.replace(record, measured=[metered("99")]), reading)) == 1


def test_a_total_that_states_nothing_is_no_source(works: Works) -> None:
    made = heats(works, "100")
    closed = works.close(metered("40", deviation=None))
    assert [term.closing for term in terms(works, made[0], closed)] == [None]
    assert variance(works, *made, closing=closed) == 0.0


def test_a_line_of_the_material_that_says_something_else(works: Works) -> None:
    """Not the amount that the closing measured: a plugin's own line of the same name."""
    known = LineOrigins({}, {("gas", log(1.3) ** 2): "c"})
    assert known.closing("gas", log(1.3) ** 2) == "c"
    assert [known.closing("gas", None), known.closing("gas", 0.5), known.closing("coal", log(1.3) ** 2)] == [None] * 3


def test_uncertainty_alone_is_amended(works: Works) -> None:
    """Other deviation and pedigree of a declared lot: leaf 0 says so, no figure changes, of what descends neither."""
    declared = works.declared(works.out("a", "metal", "10 KGM"), burdens={"fossilGhgEmissions": "20"}, deviation="1.1")
    works.run({"b": "10"}, {"a": "10"})
    memory = works.ledger
    figures, leaves = dict(memory.figures), memory.leaves[declared.index]
    stated = memory.assessment(declared.index)
    works.amend(change(declared, deviation="1.5", pedigree=[1, 2, 3, 4, 5]))
    assert memory.figures == figures
    now = memory.leaves[declared.index]
    assert now[0] != leaves[0]
    assert (now[1:], [one.index for one in memory.revisions[-1][1].revised]) == (leaves[1:], [declared.index])
    read = memory.assessment(declared.index)
    assert stated is not None
    assert read is not None
    before, after = (msgspec.json.decode(one.assessment, type=Assessment).lines[0] for one in (stated, read))
    assert (before.factor_deviation, before.factor_pedigree) == (Decimal("1.1"), None)
    assert (after.factor_deviation, after.factor_pedigree) == (Decimal("1.5"), (1, 2, 3, 4, 5))
    assert msgspec.structs.replace(after, factor_deviation=Decimal("1.1"), factor_pedigree=None) == before


# From posted records to the uncertainty of a lot, where one source reaches it by several ways.

"""Standard errors by which an estimate may be off."""

V_D: Final = expm1(log(1.3) ** 2)
V_SITE: Final = expm1(log(1.2) ** 2)
# Shared sources are added before they are squared.
FIRST_ORDER: Final = 220.0**2 * V_D + 75.0**2 * V_SITE
# Each way as if it had its own copy of what stands behind it: D at the mill by the left (50) and the right (100), at
# the left shop (10), at the right one (60); the mill's site by the left (25) and by the right (50).
NAIVE: Final = (50.0**2 + 100.0**2 + 10.0**2 + 60.0**2) * V_D + (25.0**2 + 50.0**2) * V_SITE


def diamond(memory: MemoryLedger, per_kilogram: str = "2", on_site: str = "100") -> str:
    """Posts the records and returns the works' lot."""
    mill, left, right, works = (Site(memory, name) for name in ("mill", "left", "right", "works"))
    for site in (mill, left, right, works):
        site.product("part")
    declared = mill.declare(
        burdens={"fossilGhgEmissions": per_kilogram}, per=Quantity(value="1", unit="KGM"), deviation="1.3"
    ).digest.hex()
    mill.publish(declaration=declared)
    mill.make([mill.out("slab", "part", "100 KGM")], supplies=[supply("ore", "100 KGM", declaration=declared)],
              activity=Make(emissions=[Emission(amount=on_site, deviation="1.2")]))
    for shop, bought, sold in ((left, "10", "25"), (right, "30", "50")):
        delivered = shop.id.replace("urn:example:", "slab-to-")
        mill.send("slab", "50 KGM", shop, delivered)
        shop.make([shop.out("piece", "part", "50 KGM")], {mill.name(delivered): "50 KGM"},
                  [supply("weld", f"{bought} KGM", declaration=declared)])
        shop.send("piece", f"{sold} KGM", works, "sold")
    works.make([works.out("frame", "part", "75 KGM")], {left.name("sold"): "25 KGM", right.name("sold"): "50 KGM"})
    return works.name("frame")


def terms_of(memory: MemoryLedger, lot: str) -> list[UncertaintyTerm]:
    """All that is in the lot: its lines, and as constants what was assigned rather than shared."""
    found = weights_of(memory, lot)
    terms: list[UncertaintyTerm] = []
    for index, weight in sorted(found.records.items()):
        prepared = memory.history.prepared[index]
        assert prepared.assessment is not None
        terms += line_terms(weight, msgspec.json.decode(prepared.assessment, type=Assessment).lines, index)
        moved = footprint(contribution(found, index, ZERO, prepared.work.assigned))
        if moved:
            terms.append(UncertaintyTerm(moved, record=index, source="assigned"))
    return terms


def total(memory: MemoryLedger, lot: str) -> float:
    return footprint(memory.figures[lot].burdens)


@pytest.fixture
def lot(memory: MemoryLedger) -> str:
    return diamond(memory)


@pytest.fixture
def found(memory: MemoryLedger, lot: str) -> Uncertainty:
    return uncertainty(terms_of(memory, lot), samples=SAMPLES, seed=4)


def test_the_mean_is_the_figure(memory: MemoryLedger, lot: str, found: Uncertainty) -> None:
    assert (total(memory, lot), found.mean) == (pytest.approx(295.0, rel=1e-12), pytest.approx(295.0, rel=1e-12))


def test_the_weights_are_what_the_ledger_computes(memory: MemoryLedger, lot: str) -> None:
    """Posted anew with D half as large again, and with a tenth more on site: the figure moves by 110 and by 7.5."""
    more_declared, more_on_site = MemoryLedger(registry()), MemoryLedger(registry())
    assert total(more_declared, diamond(more_declared, per_kilogram="3")) == pytest.approx(295.0 + 220.0 / 2, rel=1e-12)
    assert total(more_on_site, diamond(more_on_site, on_site="110")) == pytest.approx(295.0 + 75.0 / 10, rel=1e-12)


def test_a_record_that_comes_by_two_ways_is_one_term(memory: MemoryLedger, lot: str) -> None:
    assert sorted(term.amount for term in terms_of(memory, lot)) == pytest.approx([10.0, 60.0, 75.0, 150.0], rel=1e-12)


def test_the_analytic_variance(found: Uncertainty) -> None:
    """No line has both kinds of uncertainty, so the first order is exact."""
    assert found.analytic.first_order**2 == pytest.approx(FIRST_ORDER, rel=1e-12)
    assert found.analytic.deviation**2 == pytest.approx(FIRST_ORDER, rel=1e-12)
    assert (found.analytic.distribution, found.stated) == ("lognormal", 1.0)


def test_the_sources(memory: MemoryLedger, lot: str, found: Uncertainty) -> None:
    factor, line = found.sources
    assert factor.name.startswith("declaration:")
    assert (factor.kind, factor.part) == ("factor", pytest.approx(220.0**2 * V_D / FIRST_ORDER, rel=1e-12))
    assert (line.kind, line.name, line.part) == (
        "line", "process", pytest.approx(75.0**2 * V_SITE / FIRST_ORDER, rel=1e-12)
    )
    assert line.record == memory.state.lots["urn:example:mill:slab"].index


def test_monte_carlo_agrees_where_a_naive_sum_does_not(found: Uncertainty) -> None:
    sampled = found.sampled
    assert abs(sampled.mean - 295.0) <= BOUND * sampled.standard_error
    assert abs(sampled.deviation - sqrt(FIRST_ORDER)) <= BOUND * sampled.deviation_error
    assert abs(sampled.deviation - sqrt(NAIVE)) > 10 * BOUND * sampled.deviation_error
    assert NAIVE < 0.4 * FIRST_ORDER


def test_the_interval_holds_what_was_drawn(found: Uncertainty) -> None:
    assert found.sampled is not None
    spread = sqrt(log(1 + FIRST_ORDER / 295.0**2))
    assert found.analytic.low == pytest.approx(295.0 * exp(-(spread**2) / 2) * exp(-1.96 * spread), rel=1e-3)
    assert found.sampled.low == pytest.approx(found.analytic.low, rel=0.03)
    assert found.sampled.high == pytest.approx(found.analytic.high, rel=0.03)


def test_negative_lines_and_assigned_amounts_from_records(memory: MemoryLedger) -> None:
    """100 kg (10 % own) less 40 kg captured (20 % own), 10 of them given to the slag: steel has 0.6 * (60 - 10) = 30.

    Of the lines steel has 0.6 * 100 = 60 and 0.6 * -40 = -24; what it does not bear of the slag's is -6, and certain.
    """
    shop = Site(memory, "shop")
    shop.product("part")
    shop.make(
        [shop.out("steel", "part", "60 KGM"), shop.out("slag", "part", "40 KGM")], supplies=[ore("100 KGM")],
        activity=Make(
            emissions=[
                Emission(amount="100", deviation="1.1"),
                Emission(amount="-40", burden="technologicalCO2Removals", source="capture", deviation="1.2"),
            ],
            assigned=[Given(output=1, burden="fossilGhgEmissions", amount="10")],
        ), evidence=[document("removalCertificate")],
    )
    steel = uncertainty(terms_of(memory, shop.name("steel")), samples=SAMPLES, seed=4)
    assert total(memory, shop.name("steel")) == pytest.approx(30.0, rel=1e-12)
    assert steel.mean == pytest.approx(30.0, rel=1e-12)
    variance = 60.0**2 * expm1(log(1.1) ** 2) + 24.0**2 * expm1(log(1.2) ** 2)
    assert steel.analytic.deviation == pytest.approx(sqrt(variance), rel=1e-12)
    assert steel.analytic.distribution == "normal"
    # 60 + 24 of 60 + 24 + 6
    assert steel.stated == pytest.approx(84 / 90, rel=1e-12)
    assert abs(steel.sampled.mean - 30.0) <= BOUND * steel.sampled.standard_error
    assert abs(steel.sampled.deviation - sqrt(variance)) <= BOUND * steel.sampled.deviation_error
