"""The sector's indicators. Energy is in MJ; 29.3076 MJ are 1 kg of coal equivalent (GB/T 2589)."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "chpShare": Indicator(unit="3B/3B", en="Cogeneration in power and heat used", zh="热电联产占用能比例"),
    "recycledFibreShare": Indicator(unit="KGM/KGM", en="Recovered fibre in the furnish", zh="废纸浆用量占比"),
    "pulpMade": Indicator(unit="TNE", en="Pulp made", zh="纸浆产量"),
    "pulpYield": Indicator(unit="KGM/KGM", en="Dry pulp per dry raw material", zh="制浆得率"),
    "energyPerTonnePulp": Indicator(unit="3B/TNE", en="Comprehensive energy per tonne of pulp", zh="单位纸浆综合能耗"),
    "paperMade": Indicator(unit="TNE", en="Paper and board made", zh="纸和纸板产量"),
    "paperYield": Indicator(unit="KGM/KGM", en="Paper per fibre, filler and chemicals", zh="造纸成品率"),
    "energyPerTonnePaper": Indicator(
        unit="3B/TNE", en="Comprehensive energy per tonne of paper", zh="单位纸产品综合能耗"
    ),
    "biogenicCarbonDioxide": Indicator(unit="TNE", en="CO2 of biogenic carbon burnt", zh="生物质二氧化碳排放量"),
    "effluentMethane": Indicator(unit="KGM", en="Methane of waste water", zh="废水处理甲烷排放量"),
    "processEmissionsPerTonne": Indicator(
        unit="KGM/TNE", en="CO2 of carbonates per tonne of product", zh="单位产品碳酸盐分解排放量"
    ),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne of product", zh="单位产品电耗"),
    "fabricMade": Indicator(unit="TNE", en="Textiles made", zh="纺织品产量"),
    "fabricYield": Indicator(unit="KGM/KGM", en="Textiles per fibre, dyes and auxiliaries", zh="纺织品成品率"),
    "energyPerTonneFabric": Indicator(
        unit="3B/TNE", en="Comprehensive energy per tonne of textiles", zh="单位织物综合能耗"
    ),
    "waterPerTonneFabric": Indicator(unit="MTQ/TNE", en="Fresh water per tonne of textiles", zh="单位织物取水量"),
    "fabricDyed": Indicator(unit="TNE", en="Textiles dyed or printed", zh="印染量"),
    "lowEnergyDyed": Indicator(unit="TNE", en="Textiles dyed with little energy", zh="低能耗印染量"),
    "lowEnergyDyeingShare": Indicator(unit="KGM/KGM", en="Low-energy dyeing in all dyeing", zh="低能耗印染比例"),
    "appliancesMade": Indicator(unit="H87", en="Appliances made", zh="家电产量"),
    "massPerAppliance": Indicator(unit="KGM/H87", en="Mass per appliance", zh="单台质量"),
    "energyPerAppliance": Indicator(unit="3B/H87", en="Energy per appliance", zh="单台能耗"),
    "materialYield": Indicator(unit="KGM/KGM", en="Material yield", zh="材料利用率"),
    "rejectRate": Indicator(unit="H87/H87", en="Pieces that failed inspection", zh="不合格率"),
}
