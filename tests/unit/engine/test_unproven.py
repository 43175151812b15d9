"""Supplies that their record prices itself: what nobody has shown is questioned up to the default."""

from typing import Any, Final

import pytest
from carbon_ledger_factors_open import factor_set as open_set
from msgspec import json
from support import factor_sets
from support.memory import MemoryLedger
from support.sectors import Make
from support.site import Site, ore, raw, supply

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Evidence, Factor, Output, Quantity
from ledger.engine.sectors import Registry

EPD: Final = "environmentalProductDeclaration:steel"


def note(kind: str) -> Evidence:
    return Evidence(digest="0" * 64, media_type="application/pdf", kind=kind)


def factor(value: str, boundary: Any = "cradleToGate", unit: str = "KGM") -> Factor:
    return Factor(value=value, unit=unit, source="by hand", year=2025, boundary=boundary)


def made(site: Site, *, evidence: tuple[str, ...] = (), **supplied: Any) -> tuple[list[Finding], float]:
    """The findings about supplies, and the questioned amount, of 100 kg of parts of 100 kg of a bought material.

    The parts' own process emits enough, so that their figure is in its range."""
    bought = supply(**{"material": "steel", "amount": "100 KGM", **supplied})
    site.ledger.must((site.party, Transformation(
        issuer=site.id, nonce=site.ledger.nonce(), facility=site.facility, start="2025-03-01T00:00:00Z",
        end="2025-03-02T00:00:00Z", process="works.make", activity=raw(Make(co2="1000")),
        supplies=[bought, ore("100 KGM")],
        evidence=[note(kind) for kind in evidence],
        outputs=[Output(lot=site.name(f"part-{site.ledger.state.size}"), product=site.name("part"),
                        quantity=Quantity(value="100", unit="KGM"), role="product")],
    )))
    leaf = site.ledger.assessment(site.ledger.state.size - 1)
    assert leaf is not None
    assessment = json.decode(leaf.assessment, type=Assessment)
    lot = site.name(f"part-{site.ledger.state.size - 1}")
    return [one for one in assessment.findings if one.supply is not None], site.ledger.burdens(lot)[QUESTIONED]


@pytest.mark.parametrize(("supplied", "evidence", "code", "amount"), [
    ({"factor": factor("0.5")}, (), "unproven-figure", 250),
    ({"factor": factor("2.9")}, (), "unproven-figure", 10),
    ({"factor": factor("3")}, (), None, 0),
    ({"factor": factor("9")}, (), None, 0),
    ({"factor": factor("0.5")}, ("meterReading",), "unproven-figure", 250),
    ({"factor": factor("0.5")}, ("environmentalProductDeclaration:zinc",), "unproven-figure", 250),
    ({"factor": factor("2")}, (EPD,), None, 0),
    ({"factor": factor("1.5")}, (EPD,), None, 0),
    ({"factor": factor("0.5")}, (EPD,), "supply-below-range", 250),
    # Another unit, and another name: 100 kg all the same.
    ({"factor": factor("500", unit="TNE")}, (), "unproven-figure", 250),
    # What the omission of a gate-to-gate figure makes up for is not asked for again.
    ({"factor": factor("0.5", "generation")}, (), None, 0),
    # No set knows it: the highest of its class, zinc, measures.
    ({"material": "greenSteelX", "factor": factor("0.5")}, (), "unproven-figure", 450),
    ({"material": "greenSteelX", "factor": factor("0.5")}, ("supplierFactor:greenSteelX",), None, 0),
    ({"material": "truck", "amount": "1000 TKM", "factor": factor("0.01", unit="TKM")}, (), "unproven-figure", 90),
    ({}, (), None, 0),
], ids=str)
def test_a_stated_figure_is_questioned_until_it_is_shown(
    site: Site, supplied: dict[str, Any], evidence: tuple[str, ...], code: str | None, amount: float
) -> None:
    findings, questioned = made(site, evidence=evidence, **supplied)
    assert [one.code for one in findings] == ([] if code is None else [code])
    assert [float(one.amount or 0) for one in findings] == pytest.approx([amount] if code else [])
    assert questioned == pytest.approx(amount)


@pytest.mark.parametrize(("kilograms", "evidence", "code", "amount"), [
    ("1", [], "unproven-figure", 200), ("2", [note("study")], None, 0),
    ("1", [note("study")], "supply-below-range", 200),
])
def test_so_is_a_declaration(
    site: Site, kilograms: str, evidence: list[Evidence], code: str | None, amount: float
) -> None:
    """The evidence is the declaration's own."""
    entry = site.declare(per=Quantity(value="1", unit="KGM"), burdens={"fossilGhgEmissions": kilograms},
                         evidence=evidence)
    findings, questioned = made(site, evidence=(EPD,), declaration=entry.digest.hex())
    assert [one.code for one in findings] == ([] if code is None else [code])
    assert questioned == pytest.approx(amount)


def test_the_message_says_what_is_usual(site: Site) -> None:
    ((finding,), _) = made(site, factor=factor("0.5"))
    assert finding.message == ("steel: no document shows the figure of 0.5 kg CO2e per KGM, which is below the "
                               "default")
    assert finding.usual is not None
    assert (float(finding.usual.low or 0), float(finding.usual.high or 0)) == (1.5, 12)
    assert (finding.supply, finding.severity, finding.factor) == (0, "warning", "round@1:steel/cradleToGate/CN/2025")


@pytest.mark.parametrize(("value", "paper", "code"), [
    ("0.01", "supplierFactor", None), ("0.001", "supplierFactor", "supply-below-range"),
    ("0.001", "heatContract", None), ("0.001", "deliveryNote", "unproven-figure"),
])
def test_heat_has_a_range_and_a_contract_answers(value: str, paper: str, code: str | None) -> None:
    """District heat of a biomass plant has 0.01 kg per MJ; less is waste heat, of which a contract tells the source."""
    memory = MemoryLedger(Registry(list(factor_sets.registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    works = Site(memory, "works")
    works.product("part", classifications={"hs": "7208"})
    findings, _ = made(works, evidence=(paper,), material="heat", amount="100 GV", factor=factor(value, unit="3B"))
    assert [one.code for one in findings] == ([] if code is None else [code])
