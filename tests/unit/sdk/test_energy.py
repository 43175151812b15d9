"""Energy through the SDK against cases solved by hand: power, heat, fuels, and supplies that bring their own factor."""

from decimal import Decimal, localcontext
from types import ModuleType
from typing import Any

import pytest
from msgspec import Raw
from support.assessing import assessment_of
from support.raising import raised

import ledger.sdk
from ledger.admission.facts import Facts, ProductFacts
from ledger.admission.facts import OrganizationFacts as Party
from ledger.admission.facts import SiteFacts as Site
from ledger.admission.plan import plan
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Factor, Output, Supply
from ledger.errors import InvalidQuantity
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.sdk import (
    CONTEXT,
    Activity,
    Assessment,
    Context,
    Draft,
    FacilityFacts,
    InputFacts,
    NaturalInput,
    Quantity,
    Route,
    Sector,
    SupplyFacts,
    book_energy,
    is_energy,
    matter_in,
    purchased_heat,
)

# 43.33 GJ/t * 0.0202 t C/GJ * 0.98 * 44/12
DIESEL = 3.145122493


def supply(material: str, value: str, unit: str = "KGM", **facts: Any) -> SupplyFacts:
    mass = Decimal(value) if unit == "KGM" else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": Quantity(value=value, unit=unit), "mass": mass, "nature": False,
        "priced": False, **facts,
    })


def context(*supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (), subdivision: str | None = "CN-SH",
            country: str = "CN") -> Context:
    return Context(
        process="test.make", route="make", year=2022, hours=Decimal(24), allocation="mass",
        facility=FacilityFacts(id="urn:facility", country=country, subdivision=subdivision),
        inputs=inputs, supplies=supplies, outputs=(),
    )


def booked(given: Context, **options: Any) -> tuple[Decimal, Assessment]:
    with localcontext(CONTEXT):
        draft = Draft(given)
        return book_energy(draft, given, **options), draft.assessment()


def test_power_heat_and_fuel() -> None:
    # 1000 kWh * 0.5849 = 584.9; 2 GJ * 110 = 220; 10 kg of diesel 31.45122493; energy 3600 + 2000 + 433.3 MJ
    power, found = booked(context(
        supply("diesel", "10"), supply("electricity", "1", "MWH"), supply("heat", "2", "GV"),
    ))
    assert (power, footprint(direct(found))) == (1000, pytest.approx(584.9 + 220 + 10 * DIESEL))
    assert named(direct(found))["energyMj"] == pytest.approx(6033.3)
    assert [omission.what for omission in found.omissions] == [
        "electricity upstream", "heat upstream", "diesel upstream",
    ]


def test_vehicle_fuels_are_transport() -> None:
    _, found = booked(context(supply("diesel", "10")), vehicle_fuels=("diesel",))
    assert named(direct(found))["transportGhgEmissions"] == pytest.approx(10 * DIESEL)


def test_a_fuel_in_litres_is_burnt_by_its_mass() -> None:
    _, found = booked(context(supply("diesel", "12", "LTR", mass=Decimal(10))))
    assert footprint(direct(found)) == pytest.approx(10 * DIESEL)
    assert "LTR" in str(raised(InvalidQuantity, booked, context(supply("diesel", "12", "LTR"))))


@pytest.mark.parametrize("material", ["electricity", "heat"])
def test_without_a_factor_for_the_place_energy_is_booked_and_the_core_names_the_omission(material: str) -> None:
    _, found = booked(context(supply(material, "3.6", "GV"), country="DE", subdivision=None))
    assert (len(found.lines), len(found.omissions)) == (0, 0)
    assert named(direct(found))["energyMj"] == pytest.approx(3600.0)


def test_lots_of_energy_bring_their_burden() -> None:
    lot = InputFacts(
        lot="urn:lot", product="urn:power", sector="power", quantity=Quantity(value="2", unit="MWH"), role="product",
    )
    power, found = booked(context(inputs=(lot,)), renewable_share=Decimal("0.25"))
    assert (power, found.lines) == (2000, ())
    assert [(use.amount, use.renewable) for use in found.energy] == [(Decimal(1800), True), (Decimal(5400), False)]
    _, claimed = booked(context(), renewable_share=Decimal("0.25"))
    assert [finding.refuses for finding in claimed.findings] == [True]
    assert is_energy(lot.quantity)
    assert not is_energy(Quantity(value="1", unit="KGM"))


def test_fuels_are_no_matter() -> None:
    assert matter_in(context(supply("diesel", "10"), supply("steel", "5"))) == 5


def test_the_heat_table() -> None:
    rows = [(row.place, row.value, row.unit, row.status) for row in purchased_heat()]
    assert rows == [("CN", Decimal(110), "GV", "read")]


def _assess(context: Context, activity: Activity) -> Assessment:
    draft = Draft(context)
    book_energy(draft, context)
    return draft.assessment()


SECTOR = Sector(
    name="test", version="1", en="t", zh="测",
    routes={"make": Route(activity=Activity, assess=_assess, en="m", zh="造")},
    nature={"make": (NaturalInput(group="ore", source="tests"),)},
)


def recorded(material: str, quantity: Quantity, factor: Factor | None) -> Assessment:
    """The whole assessment of a record that takes one supply: the plugin's part and the core's."""
    facts = Facts()
    facts.organizations["urn:example:a"] = Party("urn:example:a", ("urn:example:a:",))
    facts.facilities["urn:example:a:site"] = Site("urn:example:a:site", "urn:example:a", "CN", "CN-SH")
    facts.products["urn:example:a:p"] = ProductFacts("urn:example:a:p", "urn:example:a", "test", "KGM")
    record = Transformation(
        issuer="urn:example:a", nonce="A" * 22, facility="urn:example:a:site", start="2022-01-01T00:00:00Z",
        end="2022-01-02T00:00:00Z", process="test.make", activity=Raw(b"{}"),
        supplies=[
            Supply(material=material, quantity=quantity, factor=factor),
            Supply(material="ore", quantity=Quantity(value="1", unit="KGM"), origin="nature"),
        ],
        outputs=[
            Output(
                lot="urn:example:a:l", product="urn:example:a:p", quantity=Quantity(value="1", unit="KGM"),
                role="product",
            ),
        ],
    )
    return assessment_of(record, plan(record, facts), facts, SECTOR)


def factor(value: str, unit: str, boundary: Any, gas: str = "CO2e") -> Factor:
    return Factor(value=value, unit=unit, source="supplier", year=2022, boundary=boundary, gas=gas)


@pytest.mark.parametrize(("own", "expected", "kinds", "omissions"), [
    (None, 10 * DIESEL, ["onSite"], ["diesel upstream"]),
    (factor("3", "KGM", "combustion"), 30.0, ["onSite"], ["diesel upstream"]),
    (factor("0.5", "KGM", "cradleToGate"), 10 * DIESEL + 5, ["onSite", "upstream"], []),
    # a factor of methane alone leaves the carbon to the plugin: 10 * 0.001 * 29.8
    (factor("0.001", "KGM", "combustion", "CH4"), 10 * DIESEL + 0.298, ["onSite", "onSite"], ["diesel upstream"]),
])
def test_a_fuel_is_burnt_once(own: Factor | None, expected: float, kinds: list[str], omissions: list[str]) -> None:
    found = recorded("diesel", Quantity(value="10", unit="KGM"), own)
    assert footprint(direct(found)) == pytest.approx(expected)
    assert ([line.kind for line in found.lines], [omission.what for omission in found.omissions]) == (kinds, omissions)
    assert named(direct(found))["energyMj"] == pytest.approx(433.3)


@pytest.mark.parametrize("boundary", ["generation", "cradleToGate"])
def test_priced_power_is_generated_once(boundary: str) -> None:
    found = recorded("electricity", Quantity(value="100", unit="KWH"), factor("0.02", "KWH", boundary))
    assert (footprint(direct(found)), named(direct(found))["electricityKwh"]) == pytest.approx((2.0, 100.0))


def test_the_public_surface_is_what_is_listed() -> None:
    public = {name for name, value in vars(ledger.sdk).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert public == set(ledger.sdk.__all__)
