"""The sector's front page: routes, indicators, and what they are called."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from carbon_ledger_circular import collection, sorting, waste_use
from ledger.sdk import Indicator, Route, Sector

INDICATORS: Final[Mapping[str, Indicator]] = {
    "massCollected": Indicator(unit="TNE", en="Mass collected", zh="回收量"),
    "transportPerTonne": Indicator(unit="KGM/TNE", en="CO2 of driving per tonne collected", zh="单位回收量运输碳排放"),
    "distancePerTonne": Indicator(unit="KMT/TNE", en="Distance driven per tonne collected", zh="单位回收量行驶里程"),
    "massSorted": Indicator(unit="TNE", en="Mass sorted or dismantled", zh="分选拆解量"),
    "recoveryRate": Indicator(unit="KGM/KGM", en="Recovery rate", zh="资源回收率"),
    "residueRate": Indicator(unit="KGM/KGM", en="Residue rate", zh="残渣率"),
    "solidWasteUsed": Indicator(unit="TNE", en="Solid waste used", zh="固体废物综合利用量"),
    "useRate": Indicator(unit="KGM/KGM", en="Use rate of solid waste", zh="固体废物综合利用率"),
    "solidWasteContent": Indicator(unit="KGM/KGM", en="Share of solid waste in raw materials", zh="固废掺量"),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne", zh="单位电耗"),
}


def plugin() -> Sector:
    """The sector `circular`. Outputs may outweigh what comes in by 2 %: weighbridges and rain. They may state 5 % more
    of an element: mixed waste is sampled, and sorted fractions are analysed anew."""
    return Sector(
        name="circular", version="0.1.0", en="Circular economy", zh="循环经济", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=INDICATORS,
        routes={
            "collection": Route(
                activity=collection.Collection, assess=collection.assess, en="Collection", zh="回收",
            ),
            "sorting": Route(activity=sorting.Sorting, assess=sorting.assess, en="Sorting", zh="分选"),
            "dismantling": Route(activity=sorting.Sorting, assess=sorting.assess, en="Dismantling", zh="拆解"),
            "wasteUse": Route(
                activity=waste_use.WasteUse, assess=waste_use.assess,
                en="Use of solid waste as a raw material", zh="固体废物综合利用",
            ),
        },
    )
