"""The sector `building-materials`: its routes and their names. Lime, concrete and quarrying are made of tables."""

from decimal import Decimal

from carbon_ledger_building_materials import capture, cement, ceramics, clinker, glass
from ledger.sdk import (
    Route,
    Sector,
    read_burnt_lots,
    read_indicators,
    read_nature,
    read_needs,
    read_table_routes,
)


def plugin() -> Sector:
    """The sector `building-materials`. Outputs may outweigh inputs by 2 %: belt scales, and water that clay and cement
    take up. They may state 5 % more of an element: raw meal is a mixture whose composition changes by the day."""
    return Sector(
        name="building-materials", version="0.1.0", en="Building materials", zh="建材", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=read_indicators("carbon_ledger_building_materials"),
        needs=read_needs("carbon_ledger_building_materials"), nature=read_nature("carbon_ledger_building_materials"),
        # Of waste, the kiln burns the lots that its activity names.
        burns_lots={
            **dict.fromkeys(("clinker", "cement", "flatGlass", "ceramics"), "mineral"),
            **read_burnt_lots("carbon_ledger_building_materials"),
        },
        routes={
            **read_table_routes("carbon_ledger_building_materials"),
            "clinker": Route(activity=clinker.Clinker, assess=clinker.assess, en="Cement clinker", zh="水泥熟料"),
            "cement": Route(activity=cement.Cement, assess=cement.assess, en="Cement grinding", zh="水泥粉磨"),
            "flatGlass": Route(activity=glass.FlatGlass, assess=glass.assess, en="Flat glass", zh="平板玻璃"),
            "ceramics": Route(activity=ceramics.Ceramics, assess=ceramics.assess, en="Ceramics", zh="陶瓷"),
            "carbonCapture": Route(
                activity=capture.CarbonCapture, assess=capture.assess, en="Carbon capture at the kiln",
                zh="水泥窑碳捕集",
            ),
        },
    )
