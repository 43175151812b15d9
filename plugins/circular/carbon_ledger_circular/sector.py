"""The sector `circular`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_circular import (
    bulk_waste,
    collection,
    dismantling,
    incineration,
    landfill,
    recycling,
    sorting,
    waste_use,
)
from ledger.sdk import Route, Sector, read_indicators, read_nature, read_needs


def plugin() -> Sector:
    """The sector `circular`. Outputs may outweigh inputs by 2 %: weighbridges and rain. They may state 5 % more
    of an element: mixed waste is sampled, and sorted fractions are analysed anew."""
    return Sector(
        name="circular", version="0.1.0", en="Circular economy", zh="循环经济", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=read_indicators("carbon_ledger_circular"),
        needs=read_needs("carbon_ledger_circular"), nature=read_nature("carbon_ledger_circular"),
        burns_lots=dict.fromkeys(
            ("collection", "sorting", "dismantling", "recycling", "wasteUse", "bulkSolidWaste", "incineration",
             "landfill"), "mineral"),
        routes={
            "collection": Route(
                activity=collection.Collection, assess=collection.assess, en="Collection", zh="回收",
            ),
            "sorting": Route(activity=sorting.Sorting, assess=sorting.assess, en="Sorting", zh="分选"),
            "dismantling": Route(
                activity=dismantling.Dismantling, assess=dismantling.assess, en="Dismantling", zh="拆解",
            ),
            "recycling": Route(
                activity=recycling.Recycling, assess=recycling.assess, en="Recycling", zh="再生利用",
            ),
            "wasteUse": Route(
                activity=waste_use.WasteUse, assess=waste_use.assess,
                en="Use of solid waste as a raw material", zh="固体废物综合利用",
            ),
            "bulkSolidWaste": Route(
                activity=bulk_waste.BulkSolidWaste, assess=bulk_waste.assess,
                en="Utilisation of bulk industrial solid waste", zh="大宗工业固体废物综合利用",
            ),
            "incineration": Route(
                activity=incineration.Incineration, assess=incineration.assess,
                en="Incineration of waste", zh="废物焚烧",
            ),
            "landfill": Route(
                activity=landfill.Landfill, assess=landfill.assess, en="Landfilling of waste", zh="废物填埋",
            ),
        },
    )
