"""The sector's indicators. Energy is in MJ; 29.3076 MJ are 1 kg of coal equivalent (GB/T 2589)."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "clinker": Indicator(unit="TNE", en="Clinker produced", zh="熟料产量"),
    "energyPerTonneClinker": Indicator(
        unit="3B/TNE", en="Comprehensive energy per tonne of clinker", zh="单位熟料综合能耗"
    ),
    "heatPerTonneClinker": Indicator(unit="3B/TNE", en="Kiln fuel per tonne of clinker", zh="单位熟料烧成热耗"),
    "alternativeFuelShare": Indicator(
        unit="3B/3B", en="Alternative fuels in the heat of kiln fuels", zh="燃料替代率（热量）"
    ),
    "biogenicCarbonDioxide": Indicator(unit="TNE", en="CO2 of biogenic carbon burnt", zh="生物质二氧化碳排放量"),
    "processEmissionsPerTonne": Indicator(
        unit="KGM/TNE", en="CO2 of carbonates per tonne of product", zh="单位产品碳酸盐分解排放量"
    ),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne of product", zh="单位产品电耗"),
    "solidWasteUsed": Indicator(unit="TNE", en="Solid waste used as material", zh="工业固体废物利用量"),
    "cement": Indicator(unit="TNE", en="Cement produced", zh="水泥产量"),
    "clinkerRatio": Indicator(unit="KGM/KGM", en="Clinker per cement", zh="熟料系数"),
    "solidWasteContent": Indicator(unit="KGM/KGM", en="Solid waste in what was charged", zh="固体废物掺量"),
    "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of product", zh="单位产品能耗"),
    "culletRatio": Indicator(unit="KGM/KGM", en="Cullet in the charge", zh="碎玻璃掺入率"),
    "glassYield": Indicator(unit="KGM/KGM", en="Glass sold per glass melted", zh="玻璃成品率"),
    "materialYield": Indicator(unit="KGM/KGM", en="Ware per raw material", zh="原料成品率"),
    "captureRate": Indicator(unit="KGM/KGM", en="CO2 captured of CO2 in kiln gas", zh="二氧化碳捕集率"),
    "carbonDioxideStored": Indicator(unit="TNE", en="CO2 stored", zh="二氧化碳封存量"),
    "energyPerTonneCaptured": Indicator(unit="3B/TNE", en="Energy per tonne of CO2 captured", zh="单位捕集能耗"),
}
