"""Footprints made elsewhere, and the supplies that name them."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from unit.admission.world import (
    FORGE,
    MILL,
    STRANGER,
    TREATER,
    Party,
    World,
    consumption,
    declaration,
    digest_of,
    flow,
    nonce,
    ore,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.admission.lots import DEFERRABLE, Plan
from ledger.admission.plan import faults_of, plan
from ledger.core.outcome.assessment import ADDITIVE, ENERGY, OF_WHICH, QUALITY, REMOVALS
from ledger.core.record.kinds import (
    AnyRecord,
    Closing,
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    PublicationEnd,
)
from ledger.core.record.redacted import residue
from ledger.core.record.values import Evidence, Factor, Output, PreviousLife, Supply
from ledger.errors import LedgerError

SHOWN = Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")
EVIDENCE = Evidence(digest="0" * 64, media_type="application/pdf", kind="weighing note")
LIFE = PreviousLife(estimated_years="8")


def core(**fields: object) -> Output:
    return output("x", "1 H87", "core", **{"product": "gear", "previous_life": LIFE, **fields})  # type: ignore[arg-type]


def test_a_declared_lot(world: World) -> None:
    world.admit(declaration(lot=output("x", "3"), burdens={"fossilGhgEmissions": "12.5"}))
    lot = world.state.lots[MILL.name("x")]
    assert (lot.holder, lot.quantity, lot.mass, lot.maker, world.state.declarations) == (MILL.id, 3, 3000, None, {})


def test_figures_per_quantity(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    assert world.state.declarations == {digest_of(record): record}


@pytest.mark.parametrize("fields", [{}, {"lot": output("x"), "per": quantity("1")}])
def test_either_a_lot_or_figures_per_quantity(world: World, fields: dict[str, object]) -> None:
    world.refuse(declaration(**fields), "declaration-form", "lot", says="either `lot` or `per`")


def test_per_has_a_known_unit(world: World) -> None:
    world.refuse(declaration(per=quantity("1 XYZ")), "unknown-unit", "per.unit", "XYZ")


@pytest.mark.parametrize("name", [*ADDITIVE, *OF_WHICH, *ENERGY])
def test_signs_of_burdens(world: World, name: str) -> None:
    good, bad = ("-1", "0.000000001") if name in REMOVALS else ("1", "-0.000000001")
    world.refuse(
        declaration(per=quantity("1"), burdens={name: bad}), "burden-sign", f"burdens.{name}", bad,
        says=f"{name}: {bad} has the wrong sign",
    )
    carbon = {} if name in ADDITIVE and name not in REMOVALS else {"fossilGhgEmissions": "2"}
    world.admit(*[declaration(per=quantity("1"), burdens={**carbon, name: amount}, evidence=[SHOWN])
                  for amount in (good, "0")])


@pytest.mark.parametrize("name", ["co2", "FossilGhgEmissions", "mass", *QUALITY])
def test_names_of_burdens(world: World, name: str) -> None:
    error = world.refuse(declaration(lot=output("x"), burdens={"fossilGhgEmissions": "1", name: "1"}), "unknown-burden",
                         f"burdens.{name}", name)
    assert name in error.message
    assert "fossilGhgEmissions" in (error.rule or "")


def test_without_a_boundary_there_are_no_burdens(world: World) -> None:
    world.refuse(declaration(lot=output("x"), boundary="none", burdens={"fossilGhgEmissions": "1"}), "declaration-form",
                 "burdens", says="not allowed with boundary")
    world.admit(declaration(lot=output("x"), boundary="none"))


@pytest.mark.parametrize("role", ["coProduct", "byProduct"])
def test_roles_of_declared_lots(world: World, role: str) -> None:
    world.refuse(declaration(lot=output("x", role=role)), "role", "lot.role", role, says=role)


def test_waste_and_cores_come_in_without_burden(world: World) -> None:
    burdens = {"fossilGhgEmissions": "1"}
    for lot, role in ((output("x", role="waste"), "waste"), (core(), "core")):
        world.refuse(declaration(lot=lot, burdens=burdens), "burdened-waste", "burdens", says=role)
    world.admit(declaration(lot=output("x", role="waste")))


def test_a_declared_core_says_what_it_was(world: World) -> None:
    world.refuse(declaration(lot=core(previous_life=None)), "core", "lot.previousLife", says="previous life")
    world.refuse(declaration(lot=core(previous_life=PreviousLife())), "core", "lot.previousLife", says="either")
    both = PreviousLife(record="0" * 64, estimated_years="8")
    world.refuse(declaration(lot=core(previous_life=both)), "core", "lot.previousLife", says="either")
    world.admit(declaration(lot=core()))
    assert world.state.lots[MILL.name("x")].previous_life == "8"


def test_a_declared_core_keeps_the_product_of_whoever_made_it(world: World) -> None:
    world.refuse(declaration(lot=core(product=FORGE.name("never"))), "unknown-product", "lot.product",
                 FORGE.name("never"))
    world.refuse(declaration(lot=core(product=FORGE.name("gear"))), "unknown-product", "lot.product")
    world.admit(PassportPublication(issuer=FORGE.id, nonce=nonce(), product=FORGE.name("gear")))
    world.admit(declaration(lot=core(product=FORGE.name("gear"))))


@pytest.mark.parametrize(
    "fields",
    [
        {"lot": output("x"), "collector": FORGE.id, "evidence": [EVIDENCE]},
        {"lot": output("x", role="waste"), "evidence": [EVIDENCE]},
        {"lot": output("x", role="waste"), "collector": FORGE.id},
    ],
    ids=["a product", "no collector", "no evidence"],
)
def test_collected_waste_names_its_collector_and_evidence(world: World, fields: dict[str, object]) -> None:
    error = world.refuse(declaration(basis="collected", boundary="none", **fields), "collected", "basis", "collected")
    assert "collector" in (error.rule or "")


def test_collected(world: World) -> None:
    fields = {"basis": "collected", "boundary": "none", "collector": FORGE.id, "evidence": [EVIDENCE]}
    world.admit(declaration(lot=output("x", role="waste", origin="postConsumer"), **fields))


@pytest.mark.parametrize("field", ["facility", "collector"])
def test_facility_and_collector_are_identifiers(world: World, field: str) -> None:
    world.refuse(declaration(lot=output("x"), **{field: "Site"}), "invalid-identifier", field, "Site")
    world.admit(declaration(lot=output("x"), **{field: "urn:elsewhere:site"}))


def test_a_declaration_takes_no_lot_from_nowhere(world: World) -> None:
    """Mass does not have to come from anywhere: that is what a declaration is."""
    world.admit(declaration(lot=output("x", "999999999999")))
    world.refuse(declaration(lot=output("y", "999999999999999")), "inexact-conversion", "lot.quantity",
                 "999999999999999 TNE")


# Supplies


def factor(unit: str = "TNE") -> Factor:
    return Factor(value="2000", unit=unit, source="a study", year=2023, boundary="cradleToGate")


def refuse(world: World, supply: Supply, code: str, field: str, value: object = ...) -> LedgerError:
    return world.refuse(transformation([output("x")], [], [ore(), supply]), code, f"supplies[1]{field}", value)


def test_a_supply_priced_by_a_declaration(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    world.admit(transformation([output("x")], [], [ore("1500 KGM", declaration=digest_of(record))]))
    assert world.figures[MILL.name("x")].burdens[0] == 3000.0


def test_a_supply_has_one_price(world: World) -> None:
    record = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2000"})
    world.admit(record)
    error = refuse(world, ore("1", factor=factor(), declaration=digest_of(record)), "two-prices", "")
    assert "both a factor and a declaration" in error.message


def test_an_unknown_declaration(world: World) -> None:
    error = refuse(world, ore("1", declaration="1" * 64), "unknown-declaration", ".declaration", "1" * 64)
    assert "1" * 64 in error.message
    assert error.code in DEFERRABLE


def test_a_declaration_that_creates_a_lot_prices_nothing(world: World) -> None:
    record = declaration(lot=output("y"), burdens={"fossilGhgEmissions": "1"})
    world.admit(record)
    refuse(world, ore("1", declaration=digest_of(record)), "unknown-declaration", ".declaration", digest_of(record))


def test_a_record_that_is_no_declaration_prices_nothing(world: World) -> None:
    record = consumption([flow("steel-1", "1")])
    world.admit(record)
    refuse(world, ore("1", declaration=digest_of(record)), "unknown-declaration", ".declaration")


def test_prices_are_per_a_quantity_of_the_same_dimension(world: World) -> None:
    record = declaration(per=quantity("1 KWH"), burdens={"fossilGhgEmissions": "1"})
    world.admit(record)
    refuse(world, ore("7", declaration=digest_of(record)), "wrong-dimension", ".quantity", "7 TNE")
    refuse(world, ore("7", factor=factor("KWH")), "wrong-dimension", ".factor.unit", "7 TNE")
    refuse(world, ore("7", factor=factor("XYZ")), "unknown-unit", ".factor.unit", "XYZ")
    refuse(world, ore("1 3B", factor=factor("KWH")), "inexact-conversion", ".factor.unit", "1 3B")


def test_a_supply_says_its_mass_where_its_unit_does_not(world: World) -> None:
    error = refuse(world, ore("10 LTR"), "missing-mass", ".mass")
    assert "ore" in error.message
    assert "LTR" in error.message
    refuse(world, ore("2 H87"), "missing-mass", ".mass")
    for amount in ("10 KWH", "5 TKM", "1 HUR"):
        world.admit(transformation([output(f"y{amount[-3:]}")], [], [ore(), ore(amount)]))
    world.admit(transformation([output("x", "1009 KGM")], [], [ore("1 TNE"), ore("10 LTR", mass=quantity("9 KGM"))]))


def test_a_supply_has_one_mass(world: World) -> None:
    """Else a tonne of ore that is said to weigh two would feed two tonnes of steel."""
    assert "1 TNE" in refuse(world, ore("1 TNE", mass=quantity("2 TNE")), "two-masses", ".mass", "2 TNE").message
    world.admit(transformation([output("x")], [], [ore("1 TNE", mass=quantity("1000 KGM"))]))
    assert world.state.lots[MILL.name("x")].mass == Decimal(1000)


@pytest.mark.parametrize(
    ("supply", "code", "field", "value"),
    [
        (ore("1 XYZ"), "unknown-unit", ".quantity.unit", "XYZ"),
        (ore("0.5 H87", mass=quantity("1 KGM")), "fraction-of-a-piece", ".quantity", "0.5 H87"),
        (ore("1 LTR", mass=quantity("1 LTR")), "wrong-dimension", ".mass", "1 LTR"),
        (ore("0.000000001 MGM"), "inexact-conversion", ".quantity", "0.000000001 MGM"),
        (ore("1", product=STRANGER.name("x")), "unknown-product", ".product", STRANGER.name("x")),
    ],
)
def test_supplies_that_cannot_be(world: World, supply: Supply, code: str, field: str, value: str) -> None:
    refuse(world, supply, code, field, value)


def test_a_supply_may_be_another_s_product(world: World) -> None:
    world.admit(PassportPublication(issuer=FORGE.id, nonce=nonce(), product=FORGE.name("steel")))
    world.admit(transformation([output("x")], [], [ore("1", product=FORGE.name("steel"))]))


# Supplies are priced by declarations that the issuer was given; all others count as unknown, in the same words.


NEVER: Final = "0" * 64
"""The digest of no record."""


def priced(*, by: Party = MILL) -> AnyRecord:
    return declaration(by=by, per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})


def grant(record: AnyRecord, to: Party = FORGE, **fields: Any) -> Grant:
    return Grant(issuer=record.issuer, nonce=nonce(), **{
        "depth": "totals", "until": "2031-01-01T00:00:00Z", "purpose": "purchase", "grantee": to.id,
        "scope": GrantScope(declaration=digest_of(record)), **fields})


def named(digest: str, lot: str = "x", amount: str = "1", **fields: Any) -> AnyRecord:
    """A transformation of the forge with ore at the declaration's price."""
    return transformation([output(lot, of=FORGE)], [], [ore(amount, declaration=digest)], by=FORGE, **fields)


@pytest.fixture
def world() -> World:
    return trading()


def refused(world: World, record: AnyRecord, digest: str, field: str = "supplies[0].declaration") -> str:
    error = world.refuse(record, "unknown-declaration", field, digest)
    return repr([error.message, error.rule, error.stage, error.allowed, error.mend]).replace(digest, "DIGEST")


def test_another_s_declaration_is_refused_like_an_unknown_one(world: World) -> None:
    """To the last word, also where the record has further faults: its digest is in the public log."""
    price = priced()
    world.admit(price)
    for fields in ({}, {"amount": "7 LTR"}, {"process": "works.nothing"}):
        texts = {repr((refused(world, named(digest, **fields), digest),
                       [str(fault).replace(digest, "DIGEST") for fault in faults_of(
                           named(digest, **fields), world.state)])) for digest in (digest_of(price), NEVER)}
        assert len(texts) == 1, texts


def test_a_grant_of_the_declaration_gives_it(world: World) -> None:
    price = priced()
    world.admit(price)
    refused(world, named(digest_of(price)), digest_of(price))
    world.admit(grant(price), named(digest_of(price)))
    assert world.fossil("x", FORGE) > 0


def test_the_right_to_name_it_stays(world: World) -> None:
    """The grantee has seen the figures: a revocation cannot take them back, and revisions need them."""
    price = priced()
    given = grant(price)
    world.admit(price, given, GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest_of(given)))
    world.admit(named(digest_of(price)))


@pytest.mark.parametrize("fields", [
    {"grantee": TREATER.id}, {"scope": None}, {"scope": GrantScope(product=MILL.name("steel"))},
    {"scope": None, "depth": "full"}, {"grantee": None, "link": "ab" * 32},
])
def test_another_grant_does_not(world: World, fields: dict[str, Any]) -> None:
    """Not one to somebody else, and not one to read: a declaration is named only if its issuer says so."""
    price = priced()
    world.admit(price, grant(price, **fields))
    refused(world, named(digest_of(price)), digest_of(price))


def test_a_lot_of_the_declarer_gives_none_of_its_declarations(world: World) -> None:
    price = priced()
    world.admit(price, transfer("cast", "1", "sent"))
    refused(world, named(digest_of(price)), digest_of(price))


def test_a_publication_gives_it_to_all(world: World) -> None:
    price = priced()
    shown = PassportPublication(issuer=MILL.id, nonce=nonce(), declaration=digest_of(price))
    world.admit(price, shown, named(digest_of(price)))
    world.admit(PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(shown)),
                named(digest_of(price), "y"))


def test_the_issuer_and_who_controls_it_may_name_it(world: World) -> None:
    own = priced(by=FORGE)
    world.admit(own, named(digest_of(own)))
    world.state.organizations[MILL.id] = msgspec.structs.replace(
        world.state.organizations[MILL.id], enrolled_under=FORGE.id, controlled=True)
    price = priced()
    world.admit(price, named(digest_of(price), "y"))
    refused(world, transformation([output("z")], [], [ore("1", declaration=digest_of(own))]), digest_of(own))


def test_every_field_with_supplies_is_checked(world: World) -> None:
    price = priced()
    world.admit(price, transformation([output("own", of=FORGE)], [], [ore("1")], by=FORGE))
    supply = Supply(material="ore", quantity=quantity("1 TNE"), declaration=digest_of(price))
    sent = msgspec.structs.replace(transfer("own", "1", "sent"), issuer=FORGE.id, lot=FORGE.name("own"), to=MILL.id,
                                   new_lot=FORGE.name("sent"))
    closing = Closing(issuer=FORGE.id, nonce=nonce(), facility=FORGE.name("site"), start="2024-02-01T00:00:00Z",
                      end="2024-03-01T00:00:00Z")
    for record, field in ((sent, "transport"), (sent, "packaging"), (closing, "measured"), (closing, "overheads")):
        refused(world, msgspec.structs.replace(record, **{field: [supply]}), digest_of(price),
                f"{field}[0].declaration")


# Stated figures that cannot be true: refused from the rules of version 3 on, admitted by earlier rules.


PAPERS = [Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")]
EMISSIONS = [name for name in ADDITIVE if name not in REMOVALS]
KILOGRAM = {"per": quantity("1 KGM")}
FOSSIL = {"fossilGhgEmissions": "2"}


def rules_out(world: World, record: AnyRecord, code: str, field: str, value: object = ..., *, says: str = "") -> None:
    assert world.refuse(record, code, field, value, says=says or None).rule


def costing(value: str, boundary: Any = "cradleToGate") -> Supply:
    return Supply(material="steel", quantity=quantity("1 TNE"), factor=Factor(
        value=value, unit="TNE", source="a study", year=2024, boundary=boundary))


# Factors of supplies


@pytest.mark.parametrize("boundary", ["cradleToGate", "combustion", "generation"])
def test_a_factor_below_zero(world: World, boundary: str) -> None:
    rules_out(world, transformation([output("late")], [], [ore(), costing("-0.000000001", boundary)]),
         "factor-sign", "supplies[1].factor.value", "-0.000000001", says="negative")
    world.admit(transformation([output("zero")], [], [ore(), costing("0", boundary)]))


@pytest.mark.parametrize("field", ["transport", "packaging"])
def test_a_factor_below_zero_in_a_transfer(world: World, field: str) -> None:
    rules_out(world, transfer("steel-1", "1", "late", **{field: [costing("1"), costing("-2")]}), "factor-sign",
         f"{field}[1].factor.value", "-2")


def test_every_factor_below_zero_is_named(world: World) -> None:
    error = world.refuse(transformation([output("x")], [], [ore(), costing("-1"), costing("1"), costing("-3")]),
                         "factor-sign", "supplies[1].factor.value", "-1")
    assert [(part.field, part.value) for part in error.parts] == [
        ("supplies[1].factor.value", "-1"), ("supplies[3].factor.value", "-3")]
    assert all(part.rule for part in error.parts)


# Masses


@pytest.mark.parametrize(("mass", "refused"), [
    ("49.9", True), ("50", False), ("200", False), ("200.1", True),
])
def test_a_lot_weighs_what_its_product_says(world: World, mass: str, refused: bool) -> None:
    """Ten pieces of 10 kg: from half to twice as much."""
    world.admit(product("bolt", unit="H87", mass_per_unit=quantity("10 KGM")))

    made = transformation([output("bolts", "10 H87", product="bolt", mass=quantity(f"{mass} KGM"))], [], [ore()])
    if refused:
        world.refuse(made, "two-masses", "outputs[0].mass", f"{mass} KGM", says="mass per unit")
    else:
        world.admit(made)


# Declarations


@pytest.mark.parametrize("burdens", [{}, {"technologicalCO2Removals": "0"}, {"electricityKwh": "3"}])
def test_a_footprint_without_emissions(world: World, burdens: dict[str, str]) -> None:
    rules_out(world, declaration(lot=output("late"), burdens=burdens), "no-emissions", "burdens",
         says="cradleToGate")
    world.refuse(declaration(**KILOGRAM, burdens=burdens), "no-emissions", "burdens")


def test_a_footprint_of_zero_needs_evidence(world: World) -> None:
    zero = {"fossilGhgEmissions": "0", "biogenicNonCO2Emissions": "0"}
    world.refuse(declaration(**KILOGRAM, burdens=zero), "no-emissions", "burdens", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens=zero, evidence=PAPERS))
    world.refuse(declaration(**KILOGRAM, burdens={}, evidence=PAPERS), "no-emissions", "burdens")


@pytest.mark.parametrize("name", EMISSIONS)
def test_any_emission_is_enough(world: World, name: str) -> None:
    world.admit(declaration(**KILOGRAM, burdens={name: "0.1"}))


def test_what_states_no_footprint_needs_no_emissions(world: World) -> None:
    world.admit(
        declaration(lot=output("a"), boundary="none"), declaration(lot=output("b"), boundary="gateToGate"),
        declaration(lot=output("c", role="waste")),
    )


@pytest.mark.parametrize("name", REMOVALS)
def test_removals_need_evidence(world: World, name: str) -> None:
    rules_out(world, declaration(lot=output("late"), burdens={**FOSSIL, name: "-1"}), "removal-evidence",
         f"burdens.{name}", "-1", says="evidence")
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "-1"}, evidence=PAPERS))
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, name: "0"}))


def test_removals_are_bounded_by_carbon(world: World) -> None:
    """3 kg are at most 11 kg of CO2, over all kinds of removals together."""
    per = {"per": quantity("3000 GRM"), "evidence": PAPERS}
    half = {"technologicalCO2Removals": "-5.5", "landManagementBiogenicCO2Removals": "-5.5"}
    world.admit(declaration(**per, burdens={**FOSSIL, **half}))
    above = {**half, "technologicalCO2Removals": "-5.500000001"}
    error = world.refuse(declaration(**per, burdens={**FOSSIL, **above}), "removal-carbon",
                         "burdens.landManagementBiogenicCO2Removals", "11.000000001", says="44/12")
    assert "11 kg" in (error.rule or "")
    gears = output("gear-a", "10 H87", product="gear")
    world.admit(declaration(lot=gears, evidence=PAPERS, burdens={**FOSSIL, "technologicalCO2Removals": "-1833"}))
    gears = output("gear-b", "10 H87", product="gear")
    world.refuse(declaration(lot=gears, evidence=PAPERS, burdens={**FOSSIL, "technologicalCO2Removals": "-1834"}),
                 "removal-carbon", "burdens.technologicalCO2Removals", "1834", says="500 kg")


def test_removals_of_what_has_no_mass(world: World) -> None:
    """Captured carbon of a power plant, per kWh: the mass of the fuel is not known here."""
    world.admit(declaration(per=quantity("1 KWH"), evidence=PAPERS,
                                     burdens={**FOSSIL, "ccsTechnologicalCO2Capture": "-1"}))


@pytest.mark.parametrize(("basis", "part", "other"), [
    ("pact", "electricityMarket", {"electricityLocation": "1"}), ("pact", "electricityLocation", {}),
    ("study", "electricityLocation", {}), ("study", "electricityLocation", {"electricityMarket": "9"}),
])
def test_electricity_is_a_part_of_the_emissions(world: World, basis: str, part: str, other: dict[str, str]) -> None:
    """With 2.5 kg in all and 3 kg of power among them, the total with another figure of that power could be negative.
    Fossil emissions of land management are in the 2 kg."""
    emissions = {**FOSSIL, "landManagementFossilGhgEmissions": "1", "biogenicNonCO2Emissions": "0.5", **other}
    rules_out(world, declaration(lot=output("late"), basis=basis, burdens={**emissions, part: "2.500000001"}),
         "burden-part", f"burdens.{part}", "2.500000001", says="2.5")
    world.admit(declaration(**KILOGRAM, basis=basis, burdens={**emissions, part: "2.5"}))


def test_electricity_that_is_no_part(world: World) -> None:
    """A PACT footprint holds the market-based power, every other the location-based one. The other of the two is an
    alternative."""
    world.admit(
        declaration(**KILOGRAM, burdens={**FOSSIL, "electricityMarket": "9", "electricityLocation": "1"}),
        declaration(**KILOGRAM, burdens={**FOSSIL, "electricityMarket": "9"}), declaration(
            **KILOGRAM, basis="pact", evidence=PAPERS,
            burdens={**FOSSIL, "electricityMarket": "1", "electricityLocation": "9"}),
    )


@pytest.mark.parametrize("basis", ["pact", "study"])
def test_green_power_within_a_footprint_needs_evidence(world: World, basis: str) -> None:
    """A market-based figure below the location-based one is a claim of contracts or certificates."""
    burdens = {**FOSSIL, "electricityLocation": "1.5", "electricityMarket": "1"}
    rules_out(world, declaration(lot=output("late"), basis=basis, burdens=burdens), "market-evidence",
         "burdens.electricityMarket", "1", says="evidence")
    world.admit(declaration(**KILOGRAM, basis=basis, burdens=burdens, evidence=PAPERS))
    world.admit(declaration(**KILOGRAM, basis=basis, burdens={**burdens, "electricityMarket": "1.5"}))


def test_a_pact_footprint_states_both_figures_of_its_power(world: World) -> None:
    """The location-based total is the footprint less the one and plus the other. Without the other it has no power."""
    rules_out(world, declaration(lot=output("late"), basis="pact", burdens={**FOSSIL, "electricityMarket": "2"}),
         "no-location-figure", "burdens.electricityLocation", says="electricityMarket")
    world.admit(declaration(**KILOGRAM, basis="pact", burdens={**FOSSIL, "electricityMarket": "0"}))
    world.admit(declaration(**KILOGRAM, basis="pact", burdens=FOSSIL))


def test_all_faults_of_a_declaration(world: World) -> None:
    error = world.refuse(declaration(**KILOGRAM, burdens={"technologicalCO2Removals": "-4"}), "no-emissions", "burdens")
    assert [part.code for part in error.parts] == ["no-emissions", "removal-evidence", "removal-carbon"]


def test_the_rest_of_an_erased_declaration(world: World) -> None:
    """An erasure removes the evidence, and the burdens stay."""
    record = declaration(**KILOGRAM, burdens={"fossilGhgEmissions": "0", "technologicalCO2Removals": "-1"},
                         evidence=PAPERS)
    world.admit(record)
    assert plan(residue(record), world.state) == plan(record, world.state) == Plan()


# Parts of the emissions


PARTS = ("aircraftGhgEmissions", "transportGhgEmissions", "packagingGhgEmissions")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_emissions_is_no_summand(world: World, part: str) -> None:
    """Catena-X adds aircraft to the fossil emissions: 2 kg and 2.5 kg are 4.5 kg there, and cannot be here."""
    rules_out(world, declaration(lot=output("late"), burdens={**FOSSIL, part: "2.000000001"}),
         "burden-part", f"burdens.{part}", "2.000000001", says="all emissions, 2")
    world.admit(declaration(**KILOGRAM, burdens={**FOSSIL, part: "2"}))


def test_every_part_above_the_emissions_is_named(world: World) -> None:
    error = world.refuse(declaration(**KILOGRAM, burdens={**FOSSIL, **dict.fromkeys(PARTS, "3")}), "burden-part",
                         f"burdens.{PARTS[0]}")
    assert [fault.field for fault in error.parts] == [f"burdens.{part}" for part in PARTS]
