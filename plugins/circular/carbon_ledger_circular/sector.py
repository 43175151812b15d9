"""The sector's front page: routes, indicators, and what they are called."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

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
    "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne recycled", zh="单位再生产品能耗"),
    "solidWasteArisen": Indicator(unit="TNE", en="Solid waste arisen", zh="固体废物产生量"),
    "unitsDismantled": Indicator(unit="H87", en="Products dismantled", zh="拆解数量"),
    "partsRecovered": Indicator(unit="KGM/KGM", en="Parts for reuse per mass dismantled", zh="零部件回用率"),
    "scrapProcessed": Indicator(unit="TNE", en="Scrap metal processed", zh="废金属处理量"),
    "recyclingYield": Indicator(unit="KGM/KGM", en="Recycling yield", zh="再生收得率"),
    "recycledResources": Indicator(unit="TNE", en="Recycled resources produced", zh="再生资源产量"),
    "recycledSteel": Indicator(unit="TNE", en="Recycled steel produced", zh="再生钢铁产量"),
    "recycledCopper": Indicator(unit="TNE", en="Recycled copper produced", zh="再生铜产量"),
    "recycledAluminium": Indicator(unit="TNE", en="Recycled aluminium produced", zh="再生铝产量"),
    "recycledLead": Indicator(unit="TNE", en="Recycled lead produced", zh="再生铅产量"),
    "recycledZinc": Indicator(unit="TNE", en="Recycled zinc produced", zh="再生锌产量"),
    "recycledPaper": Indicator(unit="TNE", en="Recycled pulp and paper produced", zh="再生纸浆产量"),
    "recycledPlastics": Indicator(unit="TNE", en="Recycled plastics produced", zh="再生塑料产量"),
    "recycledRubber": Indicator(unit="TNE", en="Recycled rubber produced", zh="再生橡胶产量"),
    "recycledGlass": Indicator(unit="TNE", en="Recycled glass produced", zh="再生玻璃产量"),
    "recycledBatteryMaterials": Indicator(
        unit="TNE", en="Materials recycled out of batteries", zh="废旧电池再生材料产量",
    ),
    "wasteTreated": Indicator(unit="TNE", en="Waste treated", zh="废物处置量"),
    "carbonDioxidePerTonne": Indicator(
        unit="KGM/TNE", en="CO2 of fossil and biogenic carbon per tonne burnt", zh="单位焚烧量二氧化碳（含生物源）",
    ),
    "fossilCarbonShare": Indicator(unit="KGM/KGM", en="Fossil share of the carbon burnt", zh="化石碳占比"),
    "methanePerTonne": Indicator(unit="KGM/TNE", en="Methane per tonne landfilled", zh="单位填埋量甲烷排放"),
    "energyRecovered": Indicator(unit="3B/TNE", en="Energy recovered per tonne of waste", zh="单位废物能量回收"),
    "energyEfficiency": Indicator(unit="3B/3B", en="Energy recovered per energy in", zh="能量回收效率"),
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
