"""Greenhouse gases that come in and go nowhere, solved by hand: SF6 warms 24,300 times its mass, HFC-32 771 times."""

from typing import Any

import pytest
from support.sectors import Emission, Make
from support.site import supply
from unit.engine.bounded import Plant, natural

from ledger.core.record.kinds import Transfer
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Factor, Quantity
from ledger.engine.bounds.nature import groups
from ledger.errors import Refused

CODE = "gas-unaccounted"
STEEL = supply("steel", "200 KGM")
MASS = {"mass": Quantity(value="100", unit="KGM")}


def asked(*supplies: Any, role: Any = "product", emitted: str | None = None, kinds: tuple[str, ...] = (),
          inputs: dict[str, str] | None = None, plant: Plant | None = None, weighed: bool = False,
          **materials: str) -> float:
    """Kg CO2e in question of a record that makes a piece of 100 kg of `materials`, or 100 kg that are `weighed`."""
    plant = plant or Plant()
    amount = "100 KGM" if weighed else "1 H87"
    outputs = [plant.output("gear", amount, role, materials=materials or {"steel": "1"}, **MASS)]
    if role != "product":
        outputs.append(plant.output("part", "50 KGM", materials={"steel": "1"}))
    activity = Make() if emitted is None else Make(emissions=[Emission(amount=emitted, gas="SF6")])
    amounts = plant.amounts(
        outputs, [*supplies, STEEL], inputs, activity=activity,
        evidence=[Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds],
    )
    return amounts.get(CODE, 0)


@pytest.mark.parametrize("name", ["SF6", "sulphurHexafluoride", "sulfurHexafluoride"])
def test_gas_that_nobody_accounts_for(name: str) -> None:
    assert asked(supply(name, "4 KGM")) == 4 * 24_300


def test_a_blend_by_its_parts() -> None:
    """R-410A is half HFC-32 and half HFC-125: (771 + 3740) / 2 = 2255.5."""
    assert asked(supply("R410A", "2 KGM")) == 4_511
    assert asked(supply("R32", "2 KGM"), supply("difluoromethane", "3 KGM")) == 5 * 771


def test_switchgear_that_states_its_gas() -> None:
    """4 of 4.05 kg are in the goods: less than a fiftieth is lost. Of 5 kg, one is missing."""
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", sulphurHexafluoride="0.04") == 0
    assert asked(supply("SF6", "5 KGM"), steel="0.96", SF6="0.04") == 24_300


def test_weighed_metal_has_no_room_for_gas() -> None:
    assert asked(supply("SF6", "4 KGM"), weighed=True, steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), weighed=True, polystyrene="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4 KGM"), weighed=True, nitrogen="0.96", SF6="0.04") == 0


def test_gas_that_leaves_as_waste_needs_a_document() -> None:
    assert asked(supply("SF6", "4 KGM"), role="waste", steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), role="waste", kinds=("gasBalance",), steel="0.96", SF6="0.04") == 0


@pytest.mark.parametrize("kind", ["destructionCertificate", "gasBalance", "fillingRecord:SF6"])
def test_a_document_answers(kind: str) -> None:
    assert asked(supply("SF6", "4 KGM"), kinds=(kind,)) == 0
    assert asked(supply("SF6", "4 KGM"), kinds=("invoice",)) == 4 * 24_300


def test_a_sector_that_books_the_gas_knows_where_it_went() -> None:
    assert (asked(supply("SF6", "4 KGM"), emitted="1"), asked(supply("NF3", "4 KGM"), emitted="1")) == (0, 4 * 17_400)


@pytest.mark.parametrize("name", ["carbonDioxide", "dryIce"])
def test_carbon_dioxide_that_no_good_binds(name: str) -> None:
    gas = supply(name, "4 KGM")
    assert (asked(gas), asked(gas, kinds=("gasBalance",))) == (4, 0)
    assert asked(gas, concrete="1") == asked(gas, steel="0.5", concrete="0.5") == asked(gas, zorgite="1") == 0


@pytest.mark.parametrize("harmless", ["HFO1234yf", "dichloromethane", "nitrogen", "tungstenHexafluoride"])
def test_other_gases_are_none_of_these(harmless: str) -> None:
    assert asked(supply(harmless, "4 KGM")) == 0


def _of_lot(unit: str = "KGM", **materials: str) -> float:
    plant = Plant()
    made = plant.output("bought", f"10 {unit}", materials=materials, mass=Quantity(value="10", unit="KGM"))
    plant.run([made], [supply("steel", "10 KGM"), supply("SF6", "10 KGM")])
    return asked(plant=plant, inputs={made.lot: f"10 {unit}"})


def test_a_lot_of_gas_counts_and_a_filled_article_holds_it() -> None:
    assert (_of_lot(SF6="1"), _of_lot(SF6="0.2", nitrogen="0.8")) == (10 * 24_300, pytest.approx(2 * 24_300))
    assert (_of_lot("H87", SF6="0.04", steel="0.96"), _of_lot(SF6="0.4", sand="0.6")) == (0, 4 * 24_300)


# Inputs of origin nature, roles of energy, residual mixes: what is refused, and what just passes.


def of_nature(material: str, amount: str = "100 KGM", **fields: Any) -> Any:
    return supply(material, amount, origin="nature", **fields)


@pytest.mark.parametrize("material", ["steel", "clinker", "diesel", "ironOre", "limestone", "wood", "sun", "pigIron"])
def test_a_factory_takes_none_of_it_from_nature(material: str) -> None:
    plant = Plant()
    error = plant.refusal([plant.output("good", "100 KGM")], [of_nature(material)])
    assert isinstance(error, Refused)
    assert (error.code, error.field, error.value) == ("origin-nature", "supplies[0].origin", material)
    assert "water (water, coolingWater" in (error.rule or "")
    assert "air (air" in (error.rule or "")


@pytest.mark.parametrize("material", ["water", "coolingWater", "seaWater", "air", "ambientAir"])
def test_water_and_air_enter_every_route(material: str) -> None:
    plant = Plant()
    assert not plant.amounts([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), of_nature(material)])


@pytest.mark.parametrize(("group", "material", "other"), [
    ("ore", "ironOre", "limestone"), ("stone", "limestone", "ironOre"), ("timber", "wood", "wheat"),
    ("crops", "wheat", "wood"), ("salt", "brine", "sand"), ("fossil", "naturalGas", "gasoline"),
])
def test_an_extraction_route_takes_its_own_groups(group: str, material: str, other: str) -> None:
    plant = Plant(natural(group))
    plant.run([plant.output("good", "100 KGM")], [of_nature(material)])
    error = plant.refusal([plant.output("good", "100 KGM")], [of_nature(material), of_nature(other)])
    assert (error.code, error.field) == ("origin-nature", "supplies[1].origin")
    assert groups()[group].names[0] in (error.rule or "")


def test_all_that_is_wrong_is_named_at_once() -> None:
    plant = Plant()
    supplies = [of_nature("steel"), of_nature("water"), of_nature("zinc")]
    error = plant.refusal([plant.output("good", "100 KGM")], supplies)
    assert str(error).startswith("supplies[0] (steel), supplies[2] (zinc): ")


def test_the_fuel_of_a_transfer_is_bought() -> None:
    plant = Plant()
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM")])
    receiver = plant.ledger.enrol("receiver")
    with pytest.raises(Refused) as caught:
        plant._post(Transfer(
            issuer=plant.id, nonce=plant.ledger.nonce(), lot=plant.name("lotgood0"),
            quantity=supply("", "100 KGM").quantity, to=receiver.id, new_lot=plant.name("sent"),
            time="2025-03-02T00:00:00Z", transport=[of_nature("coal")],
        ))
    assert (caught.value.code, caught.value.field) == ("origin-nature", "transport[0].origin")


def test_no_material_is_in_two_groups() -> None:
    names = [(name, group) for group, natural_group in groups().items() for name in natural_group.names]
    assert len(dict(names)) == len(names)
    assert all(natural_group.en and natural_group.names for natural_group in groups().values())


@pytest.mark.parametrize("unit", ["KWH", "3B", "GV"])
def test_energy_is_no_waste(unit: str) -> None:
    plant = Plant()
    good = plant.output("good", "100 KGM")
    error = plant.refusal([good, plant.output("steam", f"5 {unit}", "waste")], [supply("coal", "500 KGM")])
    assert (error.code, error.field, error.value) == ("energy-waste", "outputs[1].role", "waste")
    assert UNITS[unit].dimension == "energy"


@pytest.mark.parametrize("role", ["product", "coProduct", "byProduct"])
def test_energy_carries_burdens(role: str) -> None:
    plant = Plant()
    good, steam = plant.output("good", "100 KGM", share="0.5"), plant.output("steam", "5 3B", role, share="0.5")
    supplies = [supply("coal", "500 KGM"), supply("sand", "100 KGM")]
    assert not plant.amounts([good, steam], supplies, allocation="declared")


def own(source: str, **fields: Any) -> Factor:
    return Factor(value="0.1", unit="KWH", source=source, year=2025, boundary="generation", **fields)


@pytest.mark.parametrize(("material", "source", "fields"), [
    ("electricity", "Residual mix of AIB", {}), ("greenPower", "residual", {}), ("electricity", "剩余组合", {}),
    ("electricity", "utility", {"description": "power of the residual mix"}), ("residualMix", "utility", {}),
])
def test_a_residual_mix_of_ones_own_is_refused(material: str, source: str, fields: dict[str, Any]) -> None:
    plant = Plant()
    power = supply(material, "10 KWH", factor=own(source), **fields)
    error = plant.refusal([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), power])
    assert (error.code, error.field) == ("residual-mix", "supplies[1].factor")


def test_the_factor_of_a_supplier_is_none() -> None:
    plant = Plant()
    power = supply("electricity", "10 KWH", factor=own("tariff of the utility"))
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), power])
    oil = supply("residualOil", "10 KGM", factor=Factor(
        value="3", unit="KGM", source="refinery", year=2025, boundary="cradleToGate"))
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), oil])
