"""The reference range of what a record makes or declares, and the question of a figure below it."""

from typing import Any, Final

import pytest
from msgspec import json
from support import factor_sets
from support.market import evidence as document
from support.memory import MemoryLedger
from support.sectors import Make, open_set, registry
from support.site import Site, ore, raw, supply

from ledger.core.outcome.assessment import QUESTIONED, Assessment
from ledger.core.record.kinds import Facility, Transformation
from ledger.core.record.values import Evidence
from ledger.engine.sectors import Registry
from ledger.footprint.stored.burdens import footprint, location_based, market_based, vector_of

NOTE: Final = Evidence(digest="0" * 64, media_type="text/csv", kind="study")
STEEL: Final = {"classifications": {"hs": "7208 51"}}
CHINESE: Final = 3.0
"""Kg CO2e per kg of steel in China by the set; its range begins at 1.5."""


@pytest.fixture
def ledger() -> MemoryLedger:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return memory


@pytest.fixture
def site(ledger: MemoryLedger) -> Site:
    return Site(ledger, "mill")


def made(site: Site, co2: str, **product: Any) -> Assessment:
    """Of 100 kg of a new product that `co2` kg CO2 made."""
    short = f"good-{site.ledger.state.size}"
    site.product(short, **product)
    site.make([site.out("lot", short, "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2=co2))
    return json.decode(site.ledger.assessment(site.ledger.state.size - 1).assessment, type=Assessment)


def asked(site: Site, lot: str = "lot") -> float:
    return site.ledger.burdens(site.name(lot))[QUESTIONED]


@pytest.mark.parametrize(("co2", "question"), [("0", 300), ("149", 151), ("151", 0), ("300", 0), ("9000", 0)])
def test_a_figure_below_the_range_is_questioned_up_to_the_default(site: Site, co2: str, question: float) -> None:
    (reference,) = made(site, co2, **STEEL).references
    assert (reference.factor, float(reference.default)) == ("round@1:steel/cradleToGate/CN/2025", CHINESE)
    assert asked(site) == pytest.approx(question)


@pytest.mark.parametrize(("product", "factors"), [
    ({"classifications": {"hs": "720851"}}, ["steel"]),
    ({"classifications": {"cn": "7208 51 20"}}, ["steel"]),
    ({"classifications": {"hs": "7207"}}, []),
    ({"classifications": {"cpc": "7208"}}, []),
    ({"materials": {"steel": "0.9"}}, ["steel"]),
    ({"materials": {"steel": "0.5"}}, ["steel"]),
    ({"materials": {"steel": "0.4"}}, []),
    ({"materials": {"steel": "0.9", "unheardOf": "0.1"}}, ["steel"]),
    ({"materials": {"steel": "0.8", "unheardOf": "0.2"}}, []),
    ({"materials": {"zinc": "1"}}, []),  # the set knows it, but has no range
    ({"materials": {"steel": "1"}, "classifications": {"hs": "720851"}}, ["steel"]),
    ({}, []),
], ids=str)
def test_code_or_materials_say_what_it_is(site: Site, product: dict[str, Any], factors: list[str]) -> None:
    assessment = made(site, "500", **product)
    assert [one.factor.split(":")[1].split("/")[0] for one in assessment.references] == factors
    assert [one.code for one in assessment.findings] == ([] if factors else ["no-reference"])


def test_what_has_no_mass_and_is_shown_needs_no_reference(site: Site) -> None:
    site.product("power", "KWH")
    site.declare(lot=site.out("lot", "power", "100 KWH"), burdens={"fossilGhgEmissions": "1"},
                 evidence=[document("supplierFactor")])
    assessment = json.decode(site.ledger.assessment(site.ledger.state.size - 1).assessment, type=Assessment)
    assert (assessment.references, assessment.findings) == ((), ())


@pytest.mark.parametrize(("kind", "location", "market", "question"), [
    ("supplierFactor", 50, 1, 0), ("powerPurchaseAgreement", 50, 1, 0), ("directLine", 1, 1, 0),
    ("deliveryNote", 1, 1, 49),
])
def test_declared_power_is_of_the_grid_and_its_paper_is_market_based(
    site: Site, kind: str, location: float, market: float, question: float
) -> None:
    site.product("power", "KWH")
    site.declare(lot=site.out("lot", "power", "100 KWH"), burdens={"fossilGhgEmissions": "1"},
                 evidence=[document(kind)])
    figures = vector_of(site.ledger.burdens(site.name("lot")))
    assert (location_based(figures), market_based(figures), asked(site)) == (location, market, question)


def test_declared_power_above_the_grid_keeps_its_figure(site: Site) -> None:
    site.product("power", "KWH")
    site.declare(lot=site.out("lot", "power", "100 KWH"), burdens={"fossilGhgEmissions": "90"},
                 evidence=[document("supplierFactor")])
    assert footprint(vector_of(site.ledger.burdens(site.name("lot")))) == 90


def test_declared_power_of_a_better_grid_may_be_used_anywhere() -> None:
    """In Norway a kWh has 0.03 kg, in the world 0.51."""
    memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    works = Site(memory, "works")
    works.product("power", "KWH")
    north = works.name("north")
    works._post(Facility(issuer=works.id, nonce=memory.nonce(), id=north, country="NO"))
    for lot, kind in (("bought", "powerPurchaseAgreement"), ("led", "directLine")):
        works.declare(lot=works.out(lot, "power", "100 KWH"), burdens={"fossilGhgEmissions": "1"}, facility=north,
                      evidence=[document(kind)])
    bought, led = (memory.burdens(works.name(lot)) for lot in ("bought", "led"))
    assert (footprint(vector_of(bought)), bought[QUESTIONED]) == pytest.approx((3.24465, 50.8838 - 3.24465))
    assert (footprint(vector_of(led)), led[QUESTIONED]) == (1, 0)


def test_a_site_of_others_gives_a_declared_lot_no_place(site: Site) -> None:
    """The amount in question would tell its country. It counts as a site that the ledger does not have."""
    other = Site(site.ledger, "other")
    site.product("plate", **STEEL)
    asked_for = {}
    for place, facility in enumerate((site.name("site"), other.name("site"), other.name("nowhere"))):
        site.declare(lot=site.out(f"lot-{place}", "plate", "100 KGM"), burdens={"fossilGhgEmissions": "1"},
                     facility=facility)
        asked_for[place] = asked(site, f"lot-{place}")
    assert asked_for[0] == pytest.approx(100 * CHINESE - 1)
    assert asked_for[1] == asked_for[2] != asked_for[0]


@pytest.mark.parametrize(("unit", "amount", "kilograms", "kind", "asked_for"), [
    # Heat of 0.005 to 0.25 kg per MJ, and lorries from 0.057 kg per tonne kilometre on.
    ("GV", "100", "100", "supplierFactor", True), ("GV", "100", "600", "supplierFactor", False),
    ("GV", "100", "100", "heatContract", False), ("GV", "100", "600", "deliveryNote", True),
    ("TKM", "1000", "50", "supplierFactor", True), ("TKM", "1000", "60", "supplierFactor", False),
    ("TKM", "1000", "5", "billOfLading", False), ("TKM", "1000", "1", "billOfLading", True),
])
def test_declared_heat_and_freight_have_ranges_beside_a_document(
    unit: str, amount: str, kilograms: str, kind: str, asked_for: bool
) -> None:
    memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    works = Site(memory, "works")
    works.product("service", unit)
    works.declare(lot=works.out("lot", "service", f"{amount} {unit}"), burdens={"fossilGhgEmissions": kilograms},
                  evidence=[document(kind)])
    figures = memory.burdens(works.name("lot"))
    default = {"GV": 0.129402e3, "TKM": 0.12522}[unit] * int(amount)
    assert figures[QUESTIONED] == pytest.approx(default - int(kilograms) if asked_for else 0, rel=1e-3)


@pytest.mark.parametrize(("unit", "kilograms", "question"), [
    # The place is unknown: 0.5 kg per kWh, 0.1 per MJ, and 0.1 per tonne kilometre by lorry.
    ("KWH", "1", 49), ("KWH", "50", 0), ("MWH", "1", 49_999), ("3B", "1", 9), ("GV", "1", 9_999),
    ("TKM", "1", 9), ("TKM", "2", 8), ("TKM", "10", 0),
])
def test_declared_energy_and_freight_have_references_of_their_own(
    site: Site, unit: str, kilograms: str, question: float
) -> None:
    site.product("service", unit)
    site.declare(lot=site.out("lot", "service", f"100 {unit}"), burdens={"fossilGhgEmissions": kilograms})
    assert asked(site) == pytest.approx(question)


def test_a_service_that_no_set_knows_has_no_reference(site: Site) -> None:
    site.product("hours", "HUR")
    site.declare(lot=site.out("lot", "hours", "100 HUR"), burdens={"fossilGhgEmissions": "1"})
    assessment = json.decode(site.ledger.assessment(site.ledger.state.size - 1).assessment, type=Assessment)
    assert [(one.code, one.output) for one in assessment.findings] == [("no-reference", 0)]


@pytest.mark.parametrize(("kilograms", "evidence", "question"), [
    ("200", [], 100), ("300", [], 0), ("200", [NOTE], 0), ("100", [NOTE], 200),
], ids=["unproven", "at the default", "shown", "shown, and below the range"])
def test_a_declaration_without_evidence_is_questioned_below_the_default(
    site: Site, kilograms: str, evidence: list[Evidence], question: float
) -> None:
    """It is of nowhere, where steel causes 2 kg CO2e per kg, or of a facility in China."""
    site.product("coil", **STEEL)
    site.declare(lot=site.out("lot", "coil", "100 KGM"), burdens={"fossilGhgEmissions": kilograms},
                 facility=site.facility, evidence=evidence)
    assert asked(site) == pytest.approx(question)


def test_a_question_follows_the_matter(ledger: MemoryLedger, site: Site) -> None:
    """80 kg of 100 go into 60 kg of parts and 20 kg of chips, and the parts carry all of the burden."""
    made(site, "0", **STEEL)
    site.product("part", materials={"steel": "1"})
    site.product("chips")
    site.make(
        [site.out("part-1", "part", "60 KGM"), site.out("chips-1", "chips", "20 KGM", "waste", origin="preConsumer")],
        inputs={"lot": "80 KGM"}, activity=Make(co2="200"),
    )
    assert (asked(site, "part-1"), asked(site, "chips-1")) == pytest.approx((300 * 0.8 * 0.75, 300 * 0.8 * 0.25))


def test_who_adds_nothing_is_asked_for_the_rest(site: Site) -> None:
    """The parts' own figure is below the range too: the question that came in counts, and they make up for the rest."""
    made(site, "100", **STEEL)
    site.product("part", materials={"steel": "1"})
    site.make([site.out("part-1", "part", "50 KGM")], inputs={"lot": "100 KGM"})
    assert (asked(site), asked(site, "part-1")) == pytest.approx((200, 200))
    (question,) = site.ledger.assessment(site.ledger.state.size - 1).questions
    assert (question.share, question.made) == ("1.0", "0.0")


def test_a_wrong_code_does_not_help(site: Site) -> None:
    """Of a code and of materials of other classes, the higher range counts."""
    assessment = made(site, "1", classifications={"hs": "2517"}, materials={"steel": "1"})
    assert [one.factor for one in assessment.references] == ["round@1:steel/cradleToGate/CN/2025"]
    assert asked(site) == pytest.approx(299)


def test_what_a_figure_leaves_out_is_not_asked_for_again(site: Site) -> None:
    site.product("good", **STEEL)
    site.make([site.out("lot", "good", "100 KGM")], supplies=[ore("100 KGM"), supply("unheardOfAlloy", "10 KGM")])
    burdens = site.ledger.burdens(site.name("lot"))
    assert burdens["omittedAbs"] > 0
    assert asked(site) == pytest.approx(300 - burdens["omittedAbs"])


OIL: Final = {"palmOil": "1"}


@pytest.fixture
def press() -> Site:
    """With the open set, whose default of palm oil holds the change of land use: 6.5 kg CO2e per kg."""
    memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    return Site(memory, "press")


@pytest.mark.parametrize(("bought", "kinds", "is_asked"), [
    ("soybeans", (), True), ("soybeans", ("environmentalProductDeclaration",), True),
    ("soybeans", ("certificateOfOrigin:soybeans",), False), ("soybeans", ("dueDiligenceStatement",), False),
    ("rapeseedOil", (), False),
])
def test_oil_of_cleared_land_shows_its_origin(press: Site, bought: str, kinds: tuple[str, ...], is_asked: bool) -> None:
    """A hundred kilograms of oil with 50 kg CO2e beside the beans, or refined."""
    press.product("oil", materials=OIL)
    press.ledger.must((press.party, Transformation(
        issuer=press.id, nonce=press.ledger.nonce(), facility=press.facility, start="2025-03-01T00:00:00Z",
        end="2025-03-02T00:00:00Z", process="works.make", activity=raw(Make(co2="50")),
        supplies=[supply(bought, "105 KGM")], outputs=[press.out("lot", "oil", "100 KGM")],
        evidence=[document(kind) for kind in kinds],
    )))
    figure = press.ledger.burdens(press.name("lot"))
    assert figure["fossilGhgEmissions"] < 650
    assert figure[QUESTIONED] == pytest.approx(650 - figure["fossilGhgEmissions"] if is_asked else 0)
