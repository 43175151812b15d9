"""The circular sector against cases solved by hand. Masses in kg, energy in kWh, emissions in kg CO2."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from carbon_ledger_circular import plugin
from carbon_ledger_circular.collection import Collection
from carbon_ledger_circular.sorting import Sorting
from carbon_ledger_circular.waste_use import WasteUse
from support.containing import Containing
from support.raising import raised

from ledger.errors import PluginError
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.footprint.stored.contents import ContentsIn, ContentsOut, Flowing, Holding, follow_matter
from ledger.sdk import CONTEXT, Assessment, Context, FacilityFacts, InputFacts, OutputFacts, Quantity, SupplyFacts

Shares = Mapping[str, str]


def shares(given: Shares) -> dict[str, Decimal]:
    return {name: Decimal(share) for name, share in given.items()}


def supply(material: str, value: str, unit: str = "KGM", **facts: Any) -> SupplyFacts:
    mass = Decimal(value) if unit == "KGM" else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": Quantity(value=value, unit=unit), "mass": mass, "nature": False,
        "priced": False, **facts,
    })


def lot(mass: str, materials: Shares, role: str = "waste", **facts: Any) -> InputFacts:
    return InputFacts(**{
        "lot": "urn:lot:in", "product": "urn:product:in", "sector": "circular", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": shares(materials),
        "origin": "postConsumer" if role == "waste" else None, **facts,
    })


def out(mass: str, materials: Shares, role: str = "product", **facts: Any) -> OutputFacts:
    return OutputFacts(**{
        "lot": "urn:lot:out", "product": "urn:product:out", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": shares(materials), **facts,
    })


def context(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
) -> Context:
    facility = FacilityFacts(id="urn:facility", country="CN", subdivision="CN-SH")
    return Context(
        process=f"circular.{route}", route=route, year=2022, hours=Decimal(24), allocation="mass", facility=facility,
        inputs=inputs, supplies=supplies, outputs=outputs,
    )


def assess(given: Context, activity: Any = None) -> Assessment:
    route = plugin().routes[given.route]
    with localcontext(CONTEXT):
        return route.assess(given, activity or route.activity())


def codes(assessment: Assessment) -> dict[str, bool]:
    return {finding.code: finding.refuses for finding in assessment.findings}


def contents(given: Context, assessment: Assessment) -> ContentsOut:
    """As the core does: lots of waste turn into recycled content, outputs hold what they declare."""
    taken = []
    for i in given.inputs:
        mass = float(i.mass or 0)
        held = {"mass": mass, **{f"material:{name}": mass * float(share) for name, share in i.materials.items()}}
        taken.append(Flowing(1.0, held, i.origin if i.role == "waste" else None))
    supplied = {"mass": float(sum((s.mass or Decimal(0) for s in given.supplies), Decimal(0)))}
    outputs = []
    for o in given.outputs:
        mass = float(o.mass or 0)
        declared = {f"material:{name}": mass * float(share) for name, share in o.materials.items()}
        outputs.append(Holding(mass, declared, bool(declared)))
    matter = {name: [float(part) for part in parts] for name, parts in assessment.matter.items()}
    return follow_matter(ContentsIn(taken, supplied), outputs, matter)


MIXED = {"steel": "0.6", "copper": "0.1", "plastic": "0.3"}


def sorting(*outputs: OutputFacts, supplies: tuple[SupplyFacts, ...] = ()) -> Context:
    return context("sorting", (lot("1000", MIXED),), supplies or (supply("electricity", "100", "KWH"),), outputs)


def test_collection_by_lorry() -> None:
    # diesel 8 kg * 43.33 MJ/kg * 0.0202 kg C/MJ * 0.98 * 44/12 = 8 * 3.145122493 = 25.16097995; 200 km for 2 t
    given = context("collection", (lot("2000", MIXED),), (supply("diesel", "8"),), (out("2000", MIXED),))
    found = assess(given, Collection(source="household", stream="mixedMetal", vehicle="lorry",
                                     distance=Quantity(value="200", unit="KMT"), trips=2, collection_points=40))
    assert footprint(direct(found)) == pytest.approx(25.16097995)
    assert named(direct(found)) == Containing({
        "transportGhgEmissions": footprint(direct(found)),
        # 8 * 43.33 = 346.64 MJ
        "energyMj": pytest.approx(346.64),
    })
    assert ([omission.what for omission in found.omissions], codes(found)) == (["diesel upstream"], {})
    assert found.indicators == Containing({"massCollected": 2, "distancePerTonne": 100})
    assert float(found.indicators["transportPerTonne"]) == pytest.approx(12.58048997)


def test_collection_by_electric_vehicle() -> None:
    # 50 kWh in Shanghai 2022: 50 * 0.5849 = 29.245
    given = context(
        "collection", (lot("2000", MIXED),), (supply("electricity", "50", "KWH"),), (out("2000", MIXED),),
    )
    assert footprint(direct(assess(given))) == pytest.approx(29.245)


def test_vehicles_on_gas_convert_normal_volumes() -> None:
    # 10 Nm3 * 38.931 MJ * 0.0153 * 0.99 * 44/12 = 21.62188809; as much as the same gas burnt at a plant
    driven = context("collection", (lot("2000", MIXED),), (supply("naturalGas", "10", "NM3"),), (out("2000", MIXED),))
    burnt = context("wasteUse", (lot("2000", MIXED),), (supply("naturalGas", "10", "NM3"),), (out("2000", MIXED),))
    for given, transport in ((driven, 21.62188809), (burnt, 0.0)):
        vector = direct(assess(given))
        assert footprint(vector) == pytest.approx(21.62188809)
        assert named(vector) == Containing({
            "transportGhgEmissions": pytest.approx(transport), "energyMj": pytest.approx(389.31)
        })


def test_collection_findings() -> None:
    kept = context("collection", (lot("2000", MIXED),), (), (out("2000", MIXED, "waste"),))
    assert codes(assess(kept)) == {"burden-retained": False}
    lost = context("collection", (lot("2000", MIXED),), (), (out("1800", MIXED),))
    assert codes(assess(lost)) == {"mass-unaccounted": False}
    assert codes(assess(context("collection", (), (), (out("1", MIXED),)))) == {"nothing-collected": True}
    # 80 kg of diesel for 2 t over 100 km: 0.4 kg per t and km
    thirsty = context("collection", (lot("2000", MIXED),), (supply("diesel", "80"),), (out("2000", MIXED),))
    assert codes(assess(thirsty, Collection(distance=Quantity(value="100", unit="KMT")))) == {"fuel-unusual": False}


def test_sorting_sends_each_material_where_it_is_declared() -> None:
    # in: steel 600, copper 100, plastic 300. Out: steel 570 of it, copper 90, plastic 240, residue 100 with the rest:
    # steel 30, copper 10, plastic 60. Recovered 570 + 90 + 240 = 900 of 1000; power 100 * 0.5849 = 58.49
    given = sorting(
        out("570", {"steel": "1"}), out("90", {"copper": "1"}, "coProduct"), out("240", {"plastic": "1"}, "byProduct"),
        out("100", {}, "waste"),
    )
    found = assess(given, Sorting(methods=("magnetic", "eddyCurrent"), residue_to="landfill"))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(58.49), {})
    assert found.indicators == Containing({
        "recoveryRate": Decimal("0.9"), "residueRate": Decimal("0.1"), "electricityPerTonne": 100
    })
    balance = contents(given, found)
    steel, copper, plastic, residue = balance.outputs
    assert (steel["recycledPostConsumer:steel"], copper["recycledPostConsumer:copper"]) == pytest.approx((570.0, 90.0))
    assert plastic["recycledPostConsumer:plastic"] == pytest.approx(240.0)
    assert residue == Containing({
        "material:steel": pytest.approx(30.0), "material:copper": pytest.approx(10.0),
        "material:plastic": pytest.approx(60.0),
    })
    assert balance.lost == {}


@pytest.mark.parametrize(("mass", "expected"), [
    ("102", {}),                                # a sample's error
    ("109", {"material-from-nothing": False}),  # 100 kg of copper came in
    ("111", {"material-from-nothing": True}),
])
def test_more_of_a_material_than_came_in(mass: str, expected: dict[str, bool]) -> None:
    found = assess(sorting(out(mass, {"copper": "1"}), out("600", {"steel": "1"}), out("250", {}, "waste")))
    assert codes(found) == expected
    assert all(sum(parts) <= 1 for parts in found.matter.values())


def test_a_lot_without_a_composition_may_hold_anything() -> None:
    given = context("sorting", (lot("1000", {}),), (), (out("900", {"copper": "1"}), out("100", {}, "waste")))
    assert codes(assess(given)) == {}


def test_fuel_is_no_source_of_material() -> None:
    # 20 kg of diesel do not explain 111 kg of copper out of 100, nor count as unaccounted mass
    assert codes(assess(sorting(out("111", {"copper": "1"}), out("600", {"steel": "1"}), out("200", {}, "waste"),
                                supplies=(supply("diesel", "20"),)))) == {"material-from-nothing": True}


def test_sorting_findings() -> None:
    assert codes(assess(sorting(out("800", {"steel": "0.7"})))) == {"mass-unaccounted": False}
    assert codes(assess(sorting(out("800", {"steel": "0.7"})), Sorting(moisture_loss="0.15"))) == {}
    assert codes(assess(sorting(out("1000", MIXED, "waste")))) == {"burden-retained": False}
    hungry = sorting(out("1000", MIXED), supplies=(supply("electricity", "401", "KWH"),))
    assert codes(assess(hungry)) == {"electricity-unusual": False}
    assert codes(assess(context("sorting", (), (), (out("1", MIXED),)))) == {"nothing-sorted": True}


def test_dismantling_gives_cores_and_materials() -> None:
    # cores are gained too: (400 + 500) / 1000
    given = context(
        "dismantling", (lot("1000", MIXED, quantity=Quantity(value="1", unit="H87")),), (),
        (out("400", {"steel": "0.8", "plastic": "0.2"}, "core"), out("500", {}), out("100", {}, "waste")),
    )
    found = assess(given, Sorting(methods=("depollution", "dismantling"), units=1))
    assert (found.indicators["recoveryRate"], codes(found)) == (Decimal("0.9"), {})


SLAG = {"slag": "1"}


def test_slag_powder() -> None:
    # 950 of slag and 50 of gypsum: 45 kWh * 0.5849 = 26.3205; used 950 of 1900; content 0.95
    given = context(
        "wasteUse", (lot("950", SLAG, "byProduct"),), (supply("electricity", "45", "KWH"), supply("gypsum", "50")),
        (out("990", {"slagPowder": "1"}),),
    )
    found = assess(given, WasteUse(use="cementAddition", generated=Quantity(value="1.9", unit="TNE")))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(26.3205), {})
    assert found.indicators == {
        "useRate": Decimal("0.5"), "solidWasteUsed": Decimal("0.95"), "solidWasteContent": Decimal("0.95"),
        "electricityPerTonne": 45,
    }
    # gypsum has no figure here: the core names it
    assert [omission.what for omission in found.omissions] == ["electricity upstream"]


def test_drying_with_gas_and_heat() -> None:
    # heat 2 GJ * 110 = 220; 1000 of wet ash into 850 of dry, 15 % moisture
    given = context("wasteUse", (lot("1000", {"flyAsh": "1"}),), (supply("heat", "2", "GV"),), (out("850", {}),))
    found = assess(given, WasteUse(moisture_loss="0.15"))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(220.0), {})


def test_waste_use_findings() -> None:
    virgin = context("wasteUse", (lot("1000", SLAG, "product"),), (), (out("1000", SLAG),))
    assert codes(assess(virgin)) == {"no-waste": True}
    given = context("wasteUse", (lot("1000", SLAG),), (supply("electricity", "151", "KWH"),), (out("1000", SLAG),))
    assert codes(assess(given, WasteUse(generated=Quantity(value="900", unit="KGM")))) == {
        "use-above-generation": False, "electricity-unusual": False,
    }


@pytest.mark.parametrize(("route", "activity", "field"), [
    ("collection", Collection(trips=0), "activity.trips"),
    ("collection", Collection(collection_points=-1), "activity.collectionPoints"),
    ("sorting", Sorting(units=0), "activity.units"),
    ("sorting", Sorting(moisture_loss="1"), "activity.moistureLoss"),
    ("wasteUse", WasteUse(moisture_loss="1"), "activity.moistureLoss"),
])
def test_bad_activities_are_refused_by_field(route: str, activity: Any, field: str) -> None:
    error = raised(PluginError, assess, context(route, (lot("1000", SLAG),), (), (out("1000", SLAG),)), activity)
    assert error.field == field
    assert error.rule


@pytest.mark.parametrize(("activity", "body"), [
    (Collection, b'{"distance":"200"}'), (Collection, b'{"vehicle":"rocket"}'), (Sorting, b'{"methods":["magic"]}'),
    (WasteUse, b'{"generated":{"value":"-1","unit":"KGM"}}'), (WasteUse, b'{"moistureLoss":"1.5"}'),
])
def test_activities_are_typed(activity: type, body: bytes) -> None:
    raised(msgspec.ValidationError, msgspec.json.decode, body, type=activity)
