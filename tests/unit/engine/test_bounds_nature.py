"""Inputs of origin nature, roles of energy, residual mixes: what is refused, and what just passes."""

from typing import Any

import pytest
from support.site import supply
from unit.engine.bounded import Plant, natural

from ledger.core.record.kinds import Transfer
from ledger.core.record.units import UNITS
from ledger.core.record.values import Factor
from ledger.engine.bounds.nature import groups
from ledger.errors import Refused


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
