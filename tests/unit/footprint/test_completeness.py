"""What a record emits itself: gases, removals, electricity, supplies, declarations, and what nobody priced."""

import csv
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal, get_type_hints

import carbon_ledger_factors_open
import pytest
from support.containing import Containing
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import MAKE, NAME, Carrier, Emission, Gap, Make, Wrong
from support.site import END, START, Site, document, ore, quantity, raw, supply

from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Evidence, Factor, PreviousLife, Supply
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidQuantity, LedgerError, PluginError, Refused
from ledger.footprint.stored.burdens import footprint, vector_of
from ledger.footprint.stored.gwp import SETS


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    made.product("good")
    return made


def made(site: Site, activity: Make, *supplies: Supply, evidence: Sequence[Evidence] = ()) -> dict[str, float]:
    """The burdens, zeros left out, of one lot of 1 kg out of 1 kg of ore and the supplies."""
    site.make([site.out("lot", "good", "1 KGM")], supplies=[ore("1 KGM"), *supplies], activity=activity,
              evidence=evidence)
    return {name: amount for name, amount in site.ledger.burdens(site.name("lot")).items() if amount}


def factor(
    value: str, unit: str, gas: str = "CO2e",
    boundary: Literal["combustion", "generation", "cradleToGate"] = "cradleToGate",
) -> Factor:
    return Factor(value=value, unit=unit, source="by hand", year=2025, boundary=boundary, gas=gas)


@pytest.mark.parametrize(("gas", "warming"), [
    ("CO2", 1.0), ("CO2e", 1.0), ("CH4", 29.8), ("CH4biogenic", 27.0), ("N2O", 273.0), ("SF6", 24300.0),
])
def test_warming_potentials_of_ar6(site: Site, gas: str, warming: float) -> None:
    """IPCC AR6 WG1, table 7.15: fossil CH4 29.8, other CH4 27.0, N2O 273, SF6 24300 kg CO2e a kg."""
    burdens = made(site, Make(emissions=[Emission(amount="2", gas=gas)]))
    assert burdens["fossilGhgEmissions"] == burdens["absGhg"] == 2 * warming


def test_removals_are_negative_and_weigh_in_quality(site: Site) -> None:
    burdens = made(site, Make(co2="200", emissions=[
        Emission(amount="-50", burden="technologicalCO2Removals", primary=False, ratings=(3, 2, 1)),
    ]), evidence=[document("removalCertificate")])
    assert burdens == {
        "fossilGhgEmissions": 200.0, "technologicalCO2Removals": -50.0, "absGhg": 250.0, "primaryAbs": 200.0,
        "technologyAbs": 350.0, "timeAbs": 300.0, "geographyAbs": 250.0,
    }
    assert footprint(vector_of(burdens)) == 150.0


def test_biogenic_methane_is_not_fossil(site: Site) -> None:
    burdens = made(site, Make(emissions=[Emission(amount="1", gas="CH4biogenic", burden="biogenicNonCO2Emissions")]))
    assert burdens["biogenicNonCO2Emissions"] == 27.0
    assert "fossilGhgEmissions" not in burdens


def test_electricity_by_location_and_by_market(site: Site) -> None:
    """100 kWh at 0.5 kg; 90 % of it covered by certificates."""
    burdens = made(site, Make(
        emissions=[Emission(amount="50", kind="electricity", market="5")],
        energy=[Carrier(carrier="electricity", amount="360"), Carrier(carrier="solar", amount="7", renewable=True)],
    ))
    assert (burdens["electricityLocation"], burdens["electricityMarket"]) == (50.0, 5.0)
    assert burdens["fossilGhgEmissions"] == 50.0
    assert (burdens["electricityKwh"], burdens["energyMj"], burdens["renewableEnergyMj"]) == (100.0, 367.0, 7.0)


def test_an_estimated_omission_counts_against_completeness(site: Site) -> None:
    burdens = made(site, Make(co2="475", gaps=[Gap(what="lubricants", estimate="25")]))
    assert (burdens["absGhg"], burdens["omittedAbs"]) == (475.0, 25.0)
    assert burdens["absGhg"] / (burdens["absGhg"] + burdens["omittedAbs"]) == 0.95
    assert "unestimated" not in burdens


@pytest.mark.parametrize(("what", "upstream"), [
    ("oil of Jane Doe", False), ("Jane Doe", True), ("王伟", True), ("Zoë", False), ("7th oil", False),
])
def test_an_omission_quotes_no_words_of_the_activity(site: Site, what: str, upstream: bool) -> None:
    """An erasure removes the activity with all that a person wrote in it; but the omission is committed."""
    error = raised(PluginError, made, site, Make(gaps=[Gap(what="oil"), Gap(what=what, upstream=upstream)]))
    assert (error.code, error.field) == ("invalid-assessment", "omissions[1]")


@pytest.mark.parametrize("what", ["oil", "HFC-134a", "urn:example:plant:lot"])
def test_an_omission_quotes_keys_and_amounts(site: Site, what: str) -> None:
    """What is quoted names a material, and stays after an erasure too."""
    assert made(site, Make(co2="134", gaps=[Gap(what=what, upstream=True), Gap(what="7")]))["unestimated"] == 2


@pytest.mark.parametrize(("supplies", "activity", "gaps"), [
    ([], Make(), 0),
    ([supply("coal", "1 KGM")], Make(), 1),
    ([supply("coal", "1 KGM"), supply("lime", "1 KGM"), supply("water", "1 KGM", origin="nature")], Make(), 2),
    ([supply("coal", "1 KGM")], Make(emissions=[Emission(amount="1", source="coal")]), 0),
    ([supply("coal", "1 KGM")], Make(emissions=[
        Emission(amount="1", source="coal", burden="aircraftGhgEmissions")]), 1),
    ([supply("coal", "1 KGM")], Make(gaps=[Gap(what="coal", upstream=True, estimate="1")]), 0),
    ([supply("coal", "1 KGM")], Make(gaps=[Gap(what="coal")]), 1),
    ([supply("coal", "1 KGM")], Make(gaps=[Gap(what="coalTar", upstream=True, estimate="1")]), 1),
    ([supply("coal", "1 KGM", factor=factor("2", "KGM", "CO2", "combustion"))], Make(), 1),
    ([supply("power", "1 KWH", factor=factor("2", "KWH", "CO2", "generation"))], Make(), 1),
    ([supply("coal", "1 KGM", factor=factor("2", "KGM"))], Make(), 0),
], ids=["nothing", "unpriced", "two and nature", "priced by the plugin", "a part of it priced",
        "estimated by the plugin", "named by the plugin", "another's name", "combustion", "generation",
        "cradle to gate"])
def test_what_nobody_priced_is_counted(site: Site, supplies: list[Supply], activity: Make, gaps: int) -> None:
    assert made(site, activity, *supplies).get("unestimated", 0.0) == gaps


def test_an_omission_travels_with_the_allocation(memory: MemoryLedger, site: Site) -> None:
    site.make([site.out("x", "good", "3 KGM"), site.out("y", "good", "1 KGM", "coProduct")],
              supplies=[ore("3 KGM"), supply("coal", "1 KGM")])
    assert memory.burdens(site.name("x"))["unestimated"] == 0.75


def test_a_supply_with_a_factor(site: Site) -> None:
    """0.25 t at 4 kg of CO2e a kg, and 2 kWh of methane at a gram each: converted, and warmed."""
    burdens = made(site, Make(), supply("alloy", "0.25 TNE", factor=factor("4", "KGM")),
                   supply("leak", "7.2 3B", factor=factor("0.001", "KWH", "CH4")))
    assert burdens["fossilGhgEmissions"] == pytest.approx(1000 + 2 * 0.0298, rel=1e-15)
    assert "primaryAbs" not in burdens
    assert burdens["geographyAbs"] == pytest.approx(3 * burdens["absGhg"], rel=1e-15)


def test_electricity_bought_with_a_factor_is_an_electricity_line(site: Site) -> None:
    burdens = made(site, Make(), supply("electricity", "10 KWH", factor=factor("0.5", "KWH")))
    assert burdens["electricityLocation"] == burdens["electricityMarket"] == burdens["fossilGhgEmissions"] == 5.0


def test_a_factor_in_another_dimension_is_refused(site: Site) -> None:
    assert raised(
        InvalidQuantity, made, site, Make(), supply("alloy", "1 KGM", factor=factor("4", "KWH"))
    ).code == "wrong-dimension"


DECLARED: dict[str, Any] = {
    "burdens": {"fossilGhgEmissions": "1000", "technologicalCO2Removals": "-200", "electricityKwh": "60",
                "transportGhgEmissions": "40"},
    "primary_share": "0.4", "evidence": [document("removalCertificate")],
}


def test_a_declared_lot(memory: MemoryLedger, site: Site) -> None:
    site.declare(lot=site.out("d", "good", "100 KGM"), **DECLARED)
    assert {name: amount for name, amount in memory.burdens(site.name("d")).items() if amount} == {
        "fossilGhgEmissions": 1000.0, "technologicalCO2Removals": -200.0, "electricityKwh": 60.0,
        "transportGhgEmissions": 40.0, "absGhg": 1200.0, "primaryAbs": 480.0, "technologyAbs": 3600.0,
        "timeAbs": 3600.0, "geographyAbs": 3600.0,
    }


@pytest.mark.parametrize(("boundary", "gaps"), [("cradleToGate", 0.0), ("gateToGate", 1.0)])
def test_a_declaration_gate_to_gate_lacks_its_upstream(
    memory: MemoryLedger, site: Site, boundary: str, gaps: float
) -> None:
    site.declare(lot=site.out("d", "good", "100 KGM"), boundary=boundary, **DECLARED)
    assert memory.burdens(site.name("d"))["unestimated"] == gaps


def test_a_declared_product_without_boundary_is_a_gap(memory: MemoryLedger, site: Site) -> None:
    site.declare(lot=site.out("d", "good", "1 KGM"), boundary="none")
    assert memory.burdens(site.name("d"))["unestimated"] == 1.0


@pytest.mark.parametrize(("boundary", "gaps"), [("cradleToGate", 0.0), ("gateToGate", 1.0)])
def test_a_supply_with_a_declaration_per_tonne(site: Site, boundary: str, gaps: float) -> None:
    """250 kg of what is declared per tonne: a quarter of each figure, primary as declared."""
    declared = site.declare(per=supply("x", "1 TNE").quantity, boundary=boundary, **DECLARED)
    assert declared.leaves == ()
    burdens = made(site, Make(), supply("alloy", "250 KGM", declaration=declared.digest.hex()))
    assert burdens == Containing({"fossilGhgEmissions": 250.0, "technologicalCO2Removals": -50.0})
    assert (burdens["absGhg"], burdens["primaryAbs"]) == (300.0, 120.0)
    assert (burdens["electricityKwh"], burdens["transportGhgEmissions"]) == (15.0, 10.0)
    assert burdens.get("unestimated", 0.0) == gaps


LAND: Final = {"fossilGhgEmissions": "1000", "landManagementFossilGhgEmissions": "300", "biogenicNonCO2Emissions": "50"}
"""PACT: of 1000 kg of fossil emissions, 300 come from land management. The footprint is 1050 kg."""


@pytest.mark.parametrize("basis", ["pact", "study"])
def test_fossil_emissions_of_land_management_are_a_part(
    memory: MemoryLedger, site: Site, basis: str
) -> None:
    site.declare(basis=basis, lot=site.out("d", "good", "1 KGM"), burdens=LAND)
    burdens = memory.burdens(site.name("d"))
    assert (burdens["fossilGhgEmissions"], burdens["landManagementFossilGhgEmissions"]) == (700.0, 300.0)
    assert footprint(vector_of(burdens)) == burdens["absGhg"] == 1050.0
    declared = site.declare(basis=basis, per=supply("x", "1 TNE").quantity, burdens=LAND)
    used = made(site, Make(), supply("alloy", "500 KGM", declaration=declared.digest.hex()))
    assert (used["fossilGhgEmissions"], footprint(vector_of(used))) == (350.0, 525.0)


def test_a_part_is_not_more_than_the_whole(memory: MemoryLedger, site: Site) -> None:
    wrong = {"fossilGhgEmissions": "299.9", "landManagementFossilGhgEmissions": "300"}
    error = raised(Refused, site.declare, lot=site.out("d", "good", "1 KGM"), burdens=wrong)
    assert (error.code, error.field) == ("burden-part", "burdens.landManagementFossilGhgEmissions")
    # Alone, it is the whole.
    site.declare(lot=site.out("d", "good", "1 KGM"), burdens={"landManagementFossilGhgEmissions": "300"})
    assert memory.burdens(site.name("d"))["absGhg"] == 300.0


def test_declared_transport_is_not_counted_twice(memory: MemoryLedger, site: Site) -> None:
    """Freight bought with a declaration: its emissions are transport by the field they stand in, once."""
    other = Site(memory, "carrier")
    declared = other.declare(per=supply("x", "1 TKM").quantity, burdens={
        "fossilGhgEmissions": "0.1", "transportGhgEmissions": "0.1",
    })
    other.publish(declaration=declared.digest.hex())
    made(site, Make())
    site.send("lot", "1 KGM", other, "sent", [supply("truck", "100 TKM", declaration=declared.digest.hex())])
    assert memory.burdens(site.name("sent"))["transportGhgEmissions"] == pytest.approx(10.0, rel=1e-15)


@pytest.mark.parametrize("extra", [{"declaration": "f" * 64}, {"declaration": "f" * 64, "factor": factor("1", "KGM")}],
                         ids=["unknown", "two prices"])
def test_prices_that_cannot_be(site: Site, extra: dict[str, Any]) -> None:
    assert raised(
        Refused, made, site, Make(), supply("alloy", "1 KGM", **extra)
    ).code == ("two-prices" if "factor" in extra else "unknown-declaration")


@pytest.mark.parametrize(("name", "value"), [("technologicalCO2Removals", "5"), ("fossilGhgEmissions", "-5")])
def test_declared_signs(site: Site, name: str, value: str) -> None:
    assert raised(
        Refused, site.declare, lot=site.out("d", "good", "1 KGM"), burdens={name: value}
    ).code == "burden-sign"


# The ledger's potentials are those of the open factor set, whose rows name their IPCC report.


ROWS = list(csv.DictReader(
    (Path(carbon_ledger_factors_open.__file__).parent / "v2026_1" / "potentials.csv").read_text("utf-8").splitlines()
))
GASES = [row for row in ROWS if not re.match(r"R\d", row["gas"])]
"""Without blends of refrigerants, which are stated by their parts."""


@pytest.mark.parametrize("report", SETS)
def test_every_gas_of_both_reports_is_there_with_its_value(report: str) -> None:
    wanted = {row["gas"]: Decimal(row[report]) for row in GASES if row["AR5"] and row["AR6"]}
    assert (dict(SETS[report]), len(wanted)) == ({"CO2e": Decimal(1), **wanted}, 86)


def test_reports_differ() -> None:
    assert (SETS["AR6"]["HFC32"], SETS["AR5"]["HFC32"]) == (Decimal(771), Decimal(677))
    assert (SETS["AR6"]["cC4F8"], SETS["AR5"]["cC4F8"]) == (Decimal(10200), Decimal(9540))


# A plugin that raises or returns what it may not refuses its own record and harms nothing else.

HOWS = get_type_hints(Wrong)["how"].__args__


def record(site: Site, lot: str, process: str, activity: object) -> Transformation:
    return Transformation(
        issuer=site.id, nonce=site.ledger.nonce(), facility=site.facility, start=START, end=END, process=process,
        activity=raw(activity), supplies=[ore("1 KGM")],  # type: ignore[arg-type]  # any JSON
        outputs=[site.out(lot, "good", "1 KGM")],
    )


CASES: list[tuple[str, object, str]] = [(f"{NAME}.raising", Make(), "raising"), (f"{NAME}.nan", Make(), "nan")]
CASES += [(f"{NAME}.wrong", Wrong(how=how), how) for how in HOWS]


@pytest.mark.parametrize(("process", "activity"), [case[:2] for case in CASES], ids=[case[2] for case in CASES])
def test_the_record_is_refused_and_its_neighbours_go_through(
    memory: MemoryLedger, site: Site, process: str, activity: object
) -> None:
    verdicts = memory.post([
        (site.party, record(site, "before", MAKE, Make(co2="1"))),
        (site.party, record(site, "bad", process, activity)),
        (site.party, record(site, "after", MAKE, Make(co2="1"))),
    ])
    assert [type(verdict) for verdict in (verdicts[0], verdicts[2])] == [Sequenced, Sequenced]
    assert isinstance(verdicts[1], PluginError)
    assert verdicts[1].code in ("plugin-failed", "invalid-assessment", "unknown-gas", "invalid-matter")
    assert site.name("bad") not in memory.state.lots


def test_what_a_plugin_raised_is_told(memory: MemoryLedger, site: Site) -> None:
    before = memory.fingerprint()
    with pytest.raises(PluginError, match=r"works/1\.0\.0 failed on works\.raising: ValueError: the furnace"):
        site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")], route="raising")
    assert memory.fingerprint() == before


@pytest.mark.parametrize(("process", "activity", "field"), [
    (MAKE, {"co2": "1", "colour": "red"}, "activity"),
    (MAKE, {"co2": "NaN"}, "activity.co2"),
    (MAKE, {"co2": "1E5"}, "activity.co2"),
    (MAKE, {"co2": "-0"}, "activity.co2"),
    (MAKE, {"co2": 1}, "activity.co2"),
    (f"{NAME}.dance", {}, "process"),
    ("dance.make", {}, "process"),
])
def test_activities_that_are_none(
    memory: MemoryLedger, site: Site, process: str, activity: dict[str, object], field: str
) -> None:
    (verdict,) = memory.post([(site.party, record(site, "x", process, activity))])
    assert isinstance(verdict, LedgerError)
    assert (verdict.field or "").startswith(field)


# What passes on, what stays and what is left behind: transfers, wastes, consumptions, cores.

def flow_factor(value: str, unit: str) -> Factor:
    return Factor(value=value, unit=unit, source="by hand", year=2025, boundary="cradleToGate")


TRUCK = supply("truck", "100 TKM", factor=flow_factor("0.1", "TKM"))
CRATE = supply("crate", "2 KGM", factor=flow_factor("1.5", "KGM"))


@pytest.fixture
def maker(memory: MemoryLedger) -> Site:
    site = Site(memory, "maker")
    site.product("part", materials={"steel": "0.9"})
    site.product("scrap")
    site.product("gearbox", "H87", mass_per_unit=quantity("12.5 KGM"))
    return site


@pytest.fixture
def user(memory: MemoryLedger) -> Site:
    site = Site(memory, "user")
    site.product("scrap")
    site.product("rebuilt", "H87", mass_per_unit=quantity("12.5 KGM"))
    return site


def test_a_transfer_passes_everything_on_with_transport_and_packaging(
    memory: MemoryLedger, maker: Site, user: Site
) -> None:
    """400 of 1000 kg with 300 kg CO2e: 120, and 10 for the truck and 3 for the crate."""
    maker.make([maker.out("p1", "part", "1000 KGM")], supplies=[ore("1000 KGM")], activity=Make(co2="300"))
    sent = maker.send("p1", "400 KGM", user, "p2", [TRUCK], [CRATE])
    burdens, lot = memory.burdens(maker.name("p2")), memory.state.lots[maker.name("p2")]
    assert burdens == Containing({
        "fossilGhgEmissions": pytest.approx(133.0, rel=1e-15), "absGhg": pytest.approx(133.0, rel=1e-15),
        "primaryAbs": pytest.approx(120.0, rel=1e-15), "aircraftGhgEmissions": 0.0,
    })
    assert (burdens["transportGhgEmissions"], burdens["packagingGhgEmissions"]) == (10.0, 3.0)
    assert memory.contents(maker.name("p2")) == pytest.approx({"mass": 400.0, "material:steel": 360.0}, rel=1e-15)
    assert (lot.holder, lot.role, lot.maker) == (user.id, "product", (maker.facility, "works.make"))
    assert (memory.retained(sent.index), memory.left(maker.name("p1"))) == ({}, Fraction(3, 5))


def test_air_freight_is_transport_too(memory: MemoryLedger, maker: Site, user: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")])
    maker.send("p1", "10 KGM", user, "p2", [supply("airFreight", "50 TKM", factor=flow_factor("1.2", "TKM"))])
    burdens = memory.burdens(maker.name("p2"))
    assert burdens["aircraftGhgEmissions"] == burdens["transportGhgEmissions"] == burdens["absGhg"] == 60.0


def test_waste_leaves_its_own_record_without_burden_and_carries_its_transport(
    memory: MemoryLedger, maker: Site, user: Site
) -> None:
    maker.make(
        [maker.out("p1", "part", "9 KGM"), maker.out("w1", "scrap", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("10 KGM")], activity=Make(co2="90"),
    )
    assert memory.burdens(maker.name("p1"))["fossilGhgEmissions"] == 90.0
    assert not any(memory.burdens(maker.name("w1")).values())
    maker.send("w1", "1 KGM", user, "w2", [TRUCK])
    assert memory.burdens(maker.name("w2"))["fossilGhgEmissions"] == 10.0
    assert memory.state.lots[maker.name("w2")].origin == "preConsumer"

    # Who turns the waste into a product carries what was done to it since.
    user.make([user.out("s1", "scrap", "1 KGM")], {maker.name("w2"): "1 KGM"}, activity=Make(co2="5"))
    assert memory.burdens(user.name("s1"))["fossilGhgEmissions"] == 15.0


def test_a_record_without_product_keeps_its_burden(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="40"))
    assert memory.retained(maker.make([maker.out("ash", "scrap", "1 KGM", "waste", origin="postConsumer")],
                                      {"p1": "5 KGM"}, activity=Make(co2="7")).index)["fossilGhgEmissions"] == 27.0
    assert not any(memory.burdens(maker.name("ash")).values())
    gone = maker.make([], {"p1": "5 KGM"}, activity=Make(co2="1"))
    assert memory.retained(gone.index)["fossilGhgEmissions"] == 21.0


def test_a_consumption_retains(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "10 KGM")], supplies=[ore("10 KGM")], activity=Make(co2="40"))
    used = maker.consume({"p1": "2.5 KGM"}, purpose="loss", evidence=[document("damageReport")])
    assert (memory.retained(used.index)["fossilGhgEmissions"], memory.left(maker.name("p1"))) == (10.0, Fraction(3, 4))


def gearbox(maker: Site) -> None:
    maker.make([maker.out("g1", "gearbox", "1 H87", item=maker.name("serial-1"))], supplies=[ore("13 KGM")],
               activity=Make(co2="500"))


def test_a_remanufactured_item_does_not_carry_its_first_life(memory: MemoryLedger, maker: Site, user: Site) -> None:
    """500 kg for the first life stay with its end; the second has 2 kg of parts at 25 and 20 kg of work."""
    gearbox(maker)
    maker.send("g1", "1 H87", user, "g2")
    item = maker.name("serial-1")
    ended = user.consume({maker.name("g2"): "1 H87"},
                         [user.out("core", maker.name("gearbox"), "1 H87", "core", item=item)])
    core = user.name("core")
    assert memory.retained(ended.index)["fossilGhgEmissions"] == 500.0
    assert not any(memory.burdens(core).values())
    assert (memory.contents(core), memory.state.lots[core].index) == (memory.contents(maker.name("g2")), ended.index)

    user.product("parts", materials={"steel": "1"})
    user.make([user.out("parts1", "parts", "2 KGM")], supplies=[ore("2 KGM")], activity=Make(co2="50"))
    user.make(
        [user.out("again", "rebuilt", "1 H87", item=item),
         user.out("old", "scrap", "2 KGM", "waste", origin="postConsumer")],
        {"core": "1 H87", "parts1": "2 KGM"}, activity=Make(co2="20"),
    )
    assert memory.burdens(user.name("again")) == Containing({"fossilGhgEmissions": 70.0, "absGhg": 70.0})
    assert (memory.state.lots[user.name("again")].item, memory.state.holding[item]) == (item, {user.name("again")})


def test_a_declared_core_has_content_and_no_burden(memory: MemoryLedger, maker: Site, user: Site) -> None:
    user.declare(basis="study", boundary="none", lot=user.out(
        "core", "rebuilt", "1 H87", "core", item=user.name("serial-9"),
        previous_life=PreviousLife(estimated_years="12"),
    ))
    assert not any(memory.burdens(user.name("core")).values())
    assert memory.contents(user.name("core")) == {"mass": 12.5}
    assert memory.state.lots[user.name("core")].previous_life == "12"
    assert raised(
        Refused, user.declare, basis="study", boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"},
        lot=user.out("core2", "rebuilt", "1 H87", "core", previous_life=PreviousLife(estimated_years="12")),
    ).code == "burdened-waste"


def test_parts_of_a_lot_are_taken_exactly_once(memory: MemoryLedger, maker: Site) -> None:
    maker.make([maker.out("p1", "part", "3 KGM")], supplies=[ore("3 KGM")], activity=Make(co2="9"))
    for lot in ("x", "y"):
        maker.make([maker.out(lot, "part", "1 KGM")], {"p1": "1 KGM"})
        assert memory.burdens(maker.name(lot))["fossilGhgEmissions"] == pytest.approx(3.0, rel=1e-15)
    assert raised(
        Refused, maker.make, [maker.out("z", "part", "1 KGM")], {"p1": "1.000000001 KGM"}
    ).code == "over-consumption"
