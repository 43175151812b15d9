"""Claims about supplies beside figures of their own, solved by hand: rows, names, and own combustion."""

from typing import Any, Final

import pytest
from msgspec import json
from support import factor_sets, sectors
from support import factor_tables as tables
from support.memory import MemoryLedger
from support.sectors import Make, open_set
from support.site import Site, ore, raw, supply

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Evidence, Factor, Output, Quantity
from ledger.engine.sectors import Registry
from ledger.sdk import FactorSet

WORLD: Final = "round:steel/cradleToGate/*/2025"
GRAVEL: Final = "round:gravel/cradleToGate/*/2025"
SHIP: Final = "round:ship/cradleToGate/*/2025"


def assessed(site: Site, *evidence: str, **supplied: Any) -> Assessment:
    """100 kg of parts of 100 kg of a bought material, whose process emits enough to be in its range."""
    bought = supply(**{"material": "steel", "amount": "100 KGM", **supplied})
    notes = [Evidence(digest="0" * 64, media_type="application/pdf", kind=kind) for kind in evidence]
    site.ledger.must((site.party, Transformation(
        issuer=site.id, nonce=site.ledger.nonce(), facility=site.facility, start="2025-03-01T00:00:00Z",
        end="2025-03-02T00:00:00Z", process="works.make", activity=raw(Make(co2="1000")),
        supplies=[bought, ore("100 KGM")],
        evidence=notes, outputs=[Output(lot=site.name("lot"), product=site.name("part"),
                                        quantity=Quantity(value="100", unit="KGM"), role="product")],
    )))
    return json.decode(site.ledger.assessment(site.ledger.state.size - 1).assessment, type=Assessment)


def asked(site: Site, *evidence: str, **supplied: Any) -> list[Finding]:
    return [one for one in assessed(site, *evidence, **supplied).findings if one.supply is not None]


def factor(value: str, unit: str = "KGM", boundary: Any = "combustion") -> Factor:
    return Factor(value=value, unit=unit, source="by hand", year=2025, boundary=boundary)


@pytest.mark.parametrize(("supplied", "evidence", "question"), [
    # 100 kg by the row for the world, 200, in place of 300.
    ({"factor_row": WORLD}, "", 100),
    ({"factor_row": WORLD}, "weighing", 100), ({"factor_row": WORLD}, "deliveryNote", 100),
    ({"factor_row": WORLD}, "deliveryNote:zinc", 100), ({"factor_row": WORLD}, "meterReading:steel", 100),
    ({"factor_row": WORLD}, "deliveryNote:steel", 0), ({"factor_row": WORLD}, "certificateOfOrigin:steel", 0),
    ({"factor_row": WORLD}, "supplierFactor", 0),
    ({"factor_row": "round:steel/cradleToGate/CN/2025"}, "", 0), ({}, "", 0),
    # Zinc is a proxy: an omission already.
    ({"factor_row": GRAVEL}, "", 0),
    # A name of the class of metals by a row of it, and a name that says nothing: at most zinc, 5 per kg.
    ({"material": "superalloy", "factor_row": "round:steel/cradleToGate/CN/2025"}, "", 0),
    ({"material": "superalloy", "factor_row": WORLD}, "", 100),
    ({"material": "qKit", "factor_row": GRAVEL}, "", 499), ({"material": "qKit", "factor_row": WORLD}, "", 300),
    ({"material": "qKit", "factor_row": GRAVEL}, "deliveryNote:qKit", 0),
    ({"material": "qKit", "factor_row": "round:zinc/cradleToGate/*/2025"}, "", 0),
    # Freight: the set has no road, so 0.1 is the highest of all.
    ({"material": "qHaul", "amount": "1000 TKM", "factor_row": SHIP}, "", 80),
    ({"material": "qHaul", "amount": "1000 TKM", "factor_row": SHIP}, "deliveryNote:qHaul", 0),
], ids=str)
def test_a_named_row_is_a_claim(site: Site, supplied: dict[str, Any], evidence: str, question: float) -> None:
    findings = asked(site, *([evidence] if evidence else []), **supplied)
    assert [(one.code, float(one.amount or 0)) for one in findings] == (
        [("unproven-figure", pytest.approx(question))] if question else [])


def test_the_message_says_by_what_it_is_measured(site: Site) -> None:
    (finding,) = asked(site, factor_row=WORLD)
    assert finding.message == ("steel: no document shows the figure of 2 kg CO2e per KGM, which is below the default")
    assert (finding.supply, finding.factor) == (0, "round@1:steel/cradleToGate/CN/2025")


@pytest.mark.parametrize(("value", "evidence", "code", "question"), [
    # 100 kg of gas: 300 kg of CO2 and 1 kg of methane, 329.8 in all. Rows of CO2 alone count down to 98 %.
    ("3", "", None, 0), ("2.95", "", None, 0), ("2.9", "", "unproven-figure", 39.8),
    ("1.7", "", "unproven-figure", 159.8), ("1.7", "meterReading", "unproven-figure", 159.8),
    ("1.7", "fuelAnalysis:oil", "unproven-figure", 159.8),
    ("1.7", "fuelAnalysis:gas", None, 0), ("1.7", "supplierFactor", None, 0),
    # With a paper too, nothing burns with less than 0.8 of the carbon and half of the heat of its row.
    ("0.5", "supplierFactor", "supply-below-range", 279.8),
    # Below half of the row without a paper it is an omission.
    ("0.5", "", None, 0),
])
def test_an_own_combustion_factor_is_a_claim(
    site: Site, value: str, evidence: str, code: str | None, question: float
) -> None:
    found = asked(site, *([evidence] if evidence else []), material="gas", factor=factor(value))
    assert [(one.code, float(one.amount or 0)) for one in found] == (
        [] if code is None else [(code, pytest.approx(question))])


def renewables() -> FactorSet:
    """Gas burns with 2 kg CO2 per m3 of 40 MJ, coal with 2.5 per kg of 25 MJ; biogas has 20 MJ and 0.1 upstream."""
    supplies = [
        tables.supply("naturalGas", kind="fuel", unit="NM3", heating_value="40"),
        tables.supply("bituminous", kind="fuel", heating_value="25"), tables.supply("heat", kind="heat", unit="3B"),
        tables.supply("biogas", kind="fuel", heating_value="20"),
        tables.supply("wood", kind="fuel", heating_value="15"),
        tables.supply("hydrogen"), tables.supply("renewableHydrogen"), tables.supply("steel"),
    ]
    burnt = [("naturalGas", "CO2 2"), ("bituminous", "CO2 2.5"), ("biogas", "CH4biogenic 0"), ("wood", "CH4biogenic 0")]
    upstream = [("naturalGas", "CO2e 0.4"), ("bituminous", "CO2e 0.5"), ("biogas", "CO2e 0.1"), ("wood", "CO2e 0.1")]
    factors = [
        *[tables.factor(key, gases=gases, boundary="combustion") for key, gases in burnt],
        *[tables.factor(key, gases=gases, boundary="wellToTank") for key, gases in upstream],
        *[tables.factor(key, gases=f"CO2e {value}") for key, value in (
            ("hydrogen", 10), ("renewableHydrogen", 1), ("heat", 0.05), ("steel", 2))],
        tables.factor("heat", "CN", gases="CO2e 0.11"),
    ]
    return FactorSet("hand", "By hand", "手算", (tables.version(supplies, factors, "hand", classes=[
        tables.group("warmth", "heating")]),))


@pytest.fixture
def green() -> Site:
    memory = MemoryLedger(Registry(tuple(sectors.registry().sectors.values()), [renewables()]))
    memory.activate_sets()
    made = Site(memory, "green")
    made.product("part")
    return made


@pytest.mark.parametrize(("supplied", "evidence", "question"), [
    # 2,000 MJ: 50 m3 of gas with 2.4 are 120, and 10 are counted.
    ({"material": "biogas"}, "", 110), ({"material": "biogas", "amount": "2000 3B"}, "", 110),
    ({"material": "biogas"}, "meterReading", 110), ({"material": "biogas"}, "biomassCertificate:wood", 110),
    ({"material": "biogas"}, "biomassCertificate", 0), ({"material": "biogas"}, "proofOfSustainability:biogas", 0),
    ({"material": "renewableHydrogen"}, "", 900), ({"material": "renewableHydrogen"}, "powerPurchaseAgreement", 0),
    ({"material": "wood"}, "", 0), ({"material": "hydrogen"}, "", 0),
    # 1,000 MJ of Chinese heat are 110, by the row for the world 50. No paper brings heat from abroad.
    ({"material": "heat", "amount": "1000 3B", "factor_row": "hand:heat/cradleToGate/*/2020"}, "", 60),
    ({"material": "heat", "amount": "1000 3B", "factor_row": "hand:heat/cradleToGate/*/2020"}, "supplierFactor", 60),
], ids=str)
def test_a_renewable_name_and_heat_from_elsewhere_are_claims(
    green: Site, supplied: dict[str, Any], evidence: str, question: float
) -> None:
    findings = asked(green, *([evidence] if evidence else []), **supplied)
    assert [(one.code, float(one.amount or 0)) for one in findings] == (
        [("unproven-figure", pytest.approx(question))] if question else [])


@pytest.mark.parametrize(("supplied", "evidence", "burning", "question"), [
    # 1,000 MJ as gas are 60, as coal 120; 50 are counted by the row of heat.
    ({"factor_row": "hand:heat/cradleToGate/CN/2020"}, "", None, 10),
    ({"factor_row": "hand:heat/cradleToGate/*/2020"}, "", 10, 60),
    ({"factor": factor("0.001", "3B", "cradleToGate")}, "supplierFactor:qHeat", 59, 0),
    ({"factor": factor("0.07", "3B", "cradleToGate")}, "supplierFactor:qHeat", None, 0),
    ({"factor": factor("0.001", "3B", "cradleToGate")}, "biomassCertificate:qHeat,supplierFactor:qHeat", None, 0),
], ids=str)
def test_unknown_energy_burns(
    green: Site, supplied: dict[str, Any], evidence: str, burning: float | None, question: float
) -> None:
    """A supplier's figure of an upstream shows no burning."""
    papers = [kind for kind in evidence.split(",") if kind]
    result = assessed(green, *papers, material="qHeat", amount="1000 3B", **supplied)
    assert [(one.what, float(one.estimate or 0)) for one in result.omissions] == (
        [] if burning is None else [("qHeat combustion", pytest.approx(burning))])
    assert [float(one.amount or 0) for one in result.findings if one.code == "unproven-figure"] == (
        [pytest.approx(question)] if question else [])


# Supplies that their record prices itself: what nobody has shown is questioned up to the default.


EPD: Final = "environmentalProductDeclaration:steel"


def note(kind: str) -> Evidence:
    return Evidence(digest="0" * 64, media_type="application/pdf", kind=kind)


def own_factor(value: str, boundary: Any = "cradleToGate", unit: str = "KGM") -> Factor:
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
    assessment = json.decode(site.ledger.assessment(site.ledger.state.size - 1).assessment, type=Assessment)
    lot = site.name(f"part-{site.ledger.state.size - 1}")
    return [one for one in assessment.findings if one.supply is not None], site.ledger.burdens(lot)[QUESTIONED]


@pytest.mark.parametrize(("supplied", "evidence", "code", "amount"), [
    ({"factor": own_factor("0.5")}, (), "unproven-figure", 250),
    ({"factor": own_factor("2.9")}, (), "unproven-figure", 10),
    ({"factor": own_factor("3")}, (), None, 0),
    ({"factor": own_factor("9")}, (), None, 0),
    ({"factor": own_factor("0.5")}, ("meterReading",), "unproven-figure", 250),
    ({"factor": own_factor("0.5")}, ("environmentalProductDeclaration:zinc",), "unproven-figure", 250),
    ({"factor": own_factor("2")}, (EPD,), None, 0),
    ({"factor": own_factor("1.5")}, (EPD,), None, 0),
    ({"factor": own_factor("0.5")}, (EPD,), "supply-below-range", 250),
    # Another unit, and another name: 100 kg all the same.
    ({"factor": own_factor("500", unit="TNE")}, (), "unproven-figure", 250),
    # What the omission of a gate-to-gate figure makes up for is not asked for again.
    ({"factor": own_factor("0.5", "generation")}, (), None, 0),
    # No set knows it: the highest of its class, zinc, measures.
    ({"material": "greenSteelX", "factor": own_factor("0.5")}, (), "unproven-figure", 450),
    ({"material": "greenSteelX", "factor": own_factor("0.5")}, ("supplierFactor:greenSteelX",), None, 0),
    ({"material": "truck", "amount": "1000 TKM", "factor": own_factor("0.01", unit="TKM")}, (), "unproven-figure", 90),
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
    assert ([one.code for one in findings], questioned) == ([] if code is None else [code], pytest.approx(amount))


def test_the_message_says_what_is_usual(site: Site) -> None:
    ((finding,), _) = made(site, factor=own_factor("0.5"))
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
    findings, _ = made(works, evidence=(paper,), material="heat", amount="100 GV", factor=own_factor(value, unit="3B"))
    assert [one.code for one in findings] == ([] if code is None else [code])
