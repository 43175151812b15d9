"""The sector's indicators, and the ones that both steelmaking routes give."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.charge import Charged
from ledger.sdk import ZERO, Draft, Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "crudeSteel": Indicator(unit="TNE", en="Crude steel produced", zh="粗钢产量"),
    "scrapUsed": Indicator(unit="TNE", en="Scrap consumed", zh="废钢消耗量"),
    "scrapRatio": Indicator(unit="KGM/KGM", en="Scrap ratio: scrap consumed per crude steel", zh="废钢比"),
    "metallicYield": Indicator(unit="KGM/KGM", en="Metallic yield: metal out per metal in", zh="金属收得率"),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne", zh="吨钢电耗"),
    "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of crude steel", zh="吨钢能耗"),
    "directEmissionsPerTonne": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of crude steel", zh="吨钢直接二氧化碳排放量"
    ),
    "steelPerHeat": Indicator(unit="TNE", en="Crude steel per heat", zh="平均炉产钢量"),
    "cokeRate": Indicator(unit="KGM/TNE", en="Coke rate: coke per tonne of hot metal", zh="焦比"),
    "coalRate": Indicator(unit="KGM/TNE", en="Coal rate: injected coal per tonne of hot metal", zh="煤比"),
    "hotMetalRatio": Indicator(unit="KGM/KGM", en="Hot metal per crude steel", zh="铁钢比"),
    "energyPerTonneSteel": Indicator(
        unit="3B/TNE", en="Energy of the process per tonne of crude steel", zh="吨钢工序能耗",
    ),
    "co2PerTonneSteel": Indicator(
        unit="KGM/TNE", en="CO2 of the site, bought power and heat per tonne of crude steel", zh="吨钢二氧化碳排放量",
    ),
    "hotMetal": Indicator(unit="TNE", en="Hot metal produced", zh="铁水产量"),
    "hydrogenRate": Indicator(unit="KGM/TNE", en="Hydrogen per tonne of iron made", zh="吨铁氢耗"),
    "directEmissionsPerTonneHotMetal": Indicator(
        unit="KGM/TNE", en="Direct CO2 emissions per tonne of hot metal", zh="吨铁直接二氧化碳排放量",
    ),
    "wasteGasExported": Indicator(unit="GV", en="Waste gas exported", zh="外供副产煤气量"),
    "cokeProduced": Indicator(unit="TNE", en="Coke produced", zh="焦炭产量"),
    "cokeYield": Indicator(unit="KGM/KGM", en="Coke yield: coke per dry coal", zh="成焦率"),
    "sinterProduced": Indicator(unit="TNE", en="Sinter produced", zh="烧结矿产量"),
    "solidFuelRate": Indicator(unit="KGM/TNE", en="Solid fuel per tonne of sinter", zh="烧结固体燃耗"),
    "pelletsProduced": Indicator(unit="TNE", en="Pellets produced", zh="球团矿产量"),
    "directReducedIron": Indicator(unit="TNE", en="Direct reduced iron produced", zh="直接还原铁产量"),
    "reductantEnergyPerTonne": Indicator(
        unit="3B/TNE", en="Energy of reductants and fuels per tonne of direct reduced iron", zh="吨铁还原剂能耗",
    ),
    "rolledSteel": Indicator(unit="TNE", en="Rolled steel produced", zh="钢材产量"),
    "rollingYield": Indicator(unit="KGM/KGM", en="Rolling yield", zh="轧钢成材率"),
    "energyPerTonneRolled": Indicator(unit="3B/TNE", en="Energy per tonne of rolled steel", zh="吨材能耗"),
    "carbonDioxideCaptured": Indicator(unit="TNE", en="CO2 captured", zh="二氧化碳捕集量"),
    "carbonDioxideStored": Indicator(unit="TNE", en="CO2 stored with proof", zh="二氧化碳封存量"),
    "captureRate": Indicator(unit="KGM/KGM", en="Capture rate: CO2 captured of CO2 that came", zh="二氧化碳捕集率"),
    "captureEnergyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of CO2 captured", zh="单位捕集能耗"),
    "scrapProcessed": Indicator(unit="TNE", en="Scrap processed", zh="废钢加工量"),
}


def indicate_steel(draft: Draft, made: Decimal, emitted: Decimal, charged: Sequence[Charged]) -> None:
    """Indicators for `made` kg of crude steel and `emitted` kg of CO2 on site.

    `energyPerTonneSteel` and `co2PerTonneSteel` are of this record: with iron from lots, not of the whole chain.
    """
    scrap = sum((part.mass for part in charged if part.kind == "scrap"), ZERO)
    draft.indicate("crudeSteel", made / 1000)
    draft.indicate("scrapUsed", scrap / 1000)
    draft.indicate("scrapRatio", scrap / made)
    draft.indicate("directEmissionsPerTonne", emitted / made * 1000)
    draft.indicate("energyPerTonne", draft.megajoules / made * 1000)
    draft.indicate("energyPerTonneSteel", draft.megajoules / made * 1000)
    bought = draft.emitted("electricity") + draft.emitted("heat")
    draft.indicate("co2PerTonneSteel", (emitted + bought) / made * 1000)
