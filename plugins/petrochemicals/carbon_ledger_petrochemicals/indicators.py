"""The sector's indicators: unit and names."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "crudeProcessed": Indicator(unit="TNE", en="Crude oil processed", zh="原油加工量"),
    "refinedYield": Indicator(
        unit="KGM/KGM", en="Refined yield: gasoline, kerosene and diesel per crude oil", zh="成品油收率",
    ),
    "energyPerTonneCrude": Indicator(unit="3B/TNE", en="Energy per tonne of crude oil", zh="炼油综合能耗"),
    "directEmissionsPerTonneCrude": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of crude oil", zh="吨原油直接二氧化碳排放量",
    ),
    "ethyleneProduced": Indicator(unit="TNE", en="Ethylene produced", zh="乙烯产量"),
    "ethyleneYield": Indicator(unit="KGM/KGM", en="Ethylene per feedstock", zh="乙烯收率"),
    "highValueYield": Indicator(unit="KGM/KGM", en="High-value chemicals per feedstock", zh="高附加值产品收率"),
    "energyPerTonneEthylene": Indicator(unit="3B/TNE", en="Energy per tonne of ethylene", zh="吨乙烯综合能耗"),
    "directEmissionsPerTonneEthylene": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of ethylene", zh="吨乙烯直接二氧化碳排放量",
    ),
    "ammoniaProduced": Indicator(unit="TNE", en="Ammonia produced", zh="合成氨产量"),
    "energyPerTonneAmmonia": Indicator(unit="3B/TNE", en="Energy per tonne of ammonia", zh="吨氨综合能耗"),
    "directEmissionsPerTonneAmmonia": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of ammonia", zh="吨氨直接二氧化碳排放量",
    ),
    "carbonDioxideDelivered": Indicator(unit="TNE", en="CO2 delivered as a product", zh="二氧化碳外供量"),
    "methanolProduced": Indicator(unit="TNE", en="Methanol produced", zh="甲醇产量"),
    "carbonYield": Indicator(unit="KGM/KGM", en="Carbon in methanol per carbon that came in", zh="碳利用率"),
    "energyPerTonneMethanol": Indicator(unit="3B/TNE", en="Energy per tonne of methanol", zh="吨甲醇综合能耗"),
    "directEmissionsPerTonneMethanol": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of methanol", zh="吨甲醇直接二氧化碳排放量",
    ),
    "hydrogenProduced": Indicator(unit="TNE", en="Hydrogen produced", zh="氢气产量"),
    "hydrogenYield": Indicator(unit="KGM/KGM", en="Hydrogen per what the feedstock can give", zh="氢收率"),
    "directEmissionsPerTonneHydrogen": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of hydrogen", zh="吨氢直接二氧化碳排放量",
    ),
    "electricityPerKilogramHydrogen": Indicator(
        unit="KWH/KGM", en="Electricity per kilogram of hydrogen", zh="单位氢气电耗",
    ),
    "electricityPerTonneChlorine": Indicator(unit="KWH/TNE", en="Electricity per tonne of chlorine", zh="吨氯电耗"),
    "renewablePowerShare": Indicator(
        unit="KWH/KWH", en="Renewable share of electrolysis power", zh="电解用电可再生能源占比",
    ),
    "electrolysisPower": Indicator(unit="KWH", en="Electrolysis power", zh="电解用电量"),
    "renewableElectrolysisPower": Indicator(
        unit="KWH", en="Renewable electrolysis power", zh="电解用可再生电量",
    ),
    "nitricAcidProduced": Indicator(unit="TNE", en="Nitric acid produced, of 100 %", zh="硝酸产量（折百）"),
    "n2oPerTonneAcid": Indicator(unit="KGM/TNE", en="N2O per tonne of nitric acid", zh="吨硝酸氧化亚氮排放量"),
    "ammoniaConversion": Indicator(
        unit="KGM/KGM", en="Nitrogen in acid per nitrogen in ammonia", zh="氨转化率",
    ),
    "fertilizerNitrogen": Indicator(unit="TNE", en="Nitrogen in fertiliser", zh="氮肥产量（折纯氮）"),
    "nitrogenYield": Indicator(unit="KGM/KGM", en="Nitrogen in products per nitrogen that came in", zh="氮利用率"),
    "boundCo2PerTonne": Indicator(
        unit="KGM/TNE", en="CO2 bound in products, given off when they are used", zh="产品结合二氧化碳量",
    ),
    "captureRate": Indicator(unit="KGM/KGM", en="Capture rate", zh="碳捕集率"),
    "carbonDioxideCaptured": Indicator(unit="TNE", en="CO2 captured", zh="二氧化碳捕集量"),
}
