"""The sector's indicators. Amounts in tonnes or MWh add up over records; shares and ratios are of one record."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "aluminaProduced": Indicator(unit="TNE", en="Alumina produced", zh="氧化铝产量"),
    "aluminiumProduced": Indicator(unit="TNE", en="Primary aluminium produced", zh="原铝产量"),
    "copperProduced": Indicator(unit="TNE", en="Refined copper produced", zh="精炼铜产量"),
    "leadProduced": Indicator(unit="TNE", en="Refined lead produced", zh="精炼铅产量"),
    "metalProduced": Indicator(unit="TNE", en="Metal produced, primary and recycled", zh="有色金属产量"),
    "recycledMetalProduced": Indicator(unit="TNE", en="Recycled metal produced", zh="再生金属产量"),
    "recycledAluminiumProduced": Indicator(unit="TNE", en="Recycled aluminium produced", zh="再生铝产量"),
    "recycledCopperProduced": Indicator(unit="TNE", en="Recycled copper produced", zh="再生铜产量"),
    "recycledLeadProduced": Indicator(unit="TNE", en="Recycled lead produced", zh="再生铅产量"),
    "moltenAluminium": Indicator(unit="TNE", en="Liquid primary aluminium cast or alloyed", zh="铝水用量"),
    "directAlloyedAluminium": Indicator(unit="TNE", en="Liquid aluminium alloyed directly", zh="铝水直接合金化量"),
    "electrolysisPower": Indicator(unit="MWH", en="Electricity of electrolysis", zh="电解铝用电量"),
    "renewablePower": Indicator(unit="MWH", en="Renewable electricity of electrolysis", zh="电解铝可再生能源用电量"),
    "renewablePowerShare": Indicator(
        unit="KWH/KWH", en="Renewable share of electrolysis power", zh="电解铝可再生能源使用比例"
    ),
    "electricityPerTonneAluminium": Indicator(
        unit="KWH/TNE", en="Electricity per tonne of aluminium", zh="铝液综合交流电耗"
    ),
    "anodeConsumption": Indicator(unit="KGM/TNE", en="Net anode consumption", zh="炭阳极净耗"),
    "anodeEffectTime": Indicator(unit="HUR/DAY", en="Anode effects per cell: hours a day", zh="单槽日阳极效应时间"),
    "bauxitePerTonne": Indicator(unit="KGM/TNE", en="Bauxite per tonne of alumina", zh="吨氧化铝矿耗"),
    "metalRecovery": Indicator(unit="KGM/KGM", en="Metal recovery", zh="金属回收率"),
    "meltLoss": Indicator(unit="KGM/KGM", en="Melt loss", zh="烧损率"),
    "saltSlagPerTonne": Indicator(unit="KGM/TNE", en="Salt slag per tonne", zh="吨铝盐渣量"),
    "sulphurCapture": Indicator(unit="KGM/KGM", en="Sulphur held by outputs", zh="硫捕集率"),
    "acidPerTonne": Indicator(unit="KGM/TNE", en="Sulphuric acid per tonne of metal", zh="吨金属硫酸产量"),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne of product", zh="单位产品电耗"),
    "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of product", zh="单位产品能耗"),
    "directEmissionsPerTonne": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of product", zh="单位产品直接二氧化碳排放量"
    ),
}
