"""From posted records to the uncertainty of a lot, where one source reaches it by several ways.

    mill: slab 100 kg, 200 kg CO2e by declaration D (2 per kg), 100 kg CO2 on site
    left shop: 50 kg of slab and 10 kg of D        right shop: 50 kg of slab and 30 kg of D
    works: half of the left part, all of the right one

The works' lot carries of the left shop 0.5, of the right one 1, of the mill 0.5 * 0.5 + 1 * 0.5 = 0.75. So of D it has
0.75 * 200 + 0.5 * 20 + 1 * 60 = 220 kg CO2e, of the mill's site 0.75 * 100 = 75, together 295.
"""

from math import exp, expm1, log, sqrt
from typing import Final

import msgspec
import pytest
from support.memory import MemoryLedger
from support.sectors import Emission, Given, Make, registry
from support.site import Site, document, ore, supply
from support.upstream import weights_of

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.values import Quantity
from ledger.footprint.derived.contributions import contribution
from ledger.footprint.derived.uncertainty.answer import uncertainty
from ledger.footprint.derived.uncertainty.parts import Uncertainty
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms
from ledger.footprint.stored.burdens import ZERO, footprint

SAMPLES: Final = 40_000
BOUND: Final = 5.0
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
    assert sampled is not None
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
    assert steel.sampled is not None
    assert abs(steel.sampled.mean - 30.0) <= BOUND * steel.sampled.standard_error
    assert abs(steel.sampled.deviation - sqrt(variance)) <= BOUND * steel.sampled.deviation_error
