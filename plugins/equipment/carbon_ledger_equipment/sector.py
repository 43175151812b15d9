"""The sector `equipment`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_equipment import (
    assembly,
    casting,
    forging,
    heat_treatment,
    machining,
    remanufacturing,
    vehicles,
    welding,
)
from ledger.sdk import Route, Sector, read_indicators, read_needs, read_raw_materials, read_words


def plugin() -> Sector:
    """The sector `equipment`. Outputs may outweigh inputs by 1 %: the scales of workshops. They may state 2 %
    more of an element: metal comes with certificates, whose analyses have a tolerance of their own."""
    return Sector(
        name="equipment", version="0.1.0", en="Machinery and equipment", zh="装备制造",
        mass_tolerance=Decimal("0.01"), element_tolerance=Decimal("0.02"),
        indicators=read_indicators("carbon_ledger_equipment"), needs=read_needs("carbon_ledger_equipment"),
        words=read_words("carbon_ledger_equipment"), raw_materials=read_raw_materials("carbon_ledger_equipment"),
        burns_lots=dict.fromkeys(
            ("casting", "forging", "heatTreatment", "machining", "assembly", "remanufacturing", "welding",
             "vehicleAssembly"), "mineral"),
        routes={
            "casting": Route(activity=casting.Casting, assess=casting.assess, en="Casting", zh="铸造"),
            "forging": Route(activity=forging.Forging, assess=forging.assess, en="Forging", zh="锻造"),
            "heatTreatment": Route(
                activity=heat_treatment.HeatTreatment, assess=heat_treatment.assess, en="Heat treatment", zh="热处理",
            ),
            "machining": Route(
                activity=machining.Machining, assess=machining.assess, en="Machining", zh="机械加工",
            ),
            "assembly": Route(activity=assembly.Assembly, assess=assembly.assess, en="Assembly", zh="装配"),
            "remanufacturing": Route(
                activity=remanufacturing.Remanufacturing, assess=remanufacturing.assess,
                en="Remanufacturing", zh="再制造",
            ),
            "welding": Route(activity=welding.Welding, assess=welding.assess, en="Welding", zh="焊接"),
            "vehicleAssembly": Route(
                activity=vehicles.VehicleAssembly, assess=vehicles.assess, en="Vehicle assembly", zh="整车制造",
            ),
        },
    )
