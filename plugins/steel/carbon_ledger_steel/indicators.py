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
    "scrapProcessed": Indicator(unit="TNE", en="Scrap processed", zh="废钢加工量"),
}


def indicate_steel(draft: Draft, made: Decimal, emitted: Decimal, charged: Sequence[Charged]) -> None:
    """Indicators for `made` kg of crude steel and `emitted` kg of CO2 on site."""
    scrap = sum((part.mass for part in charged if part.kind == "scrap"), ZERO)
    draft.indicate("crudeSteel", made / 1000)
    draft.indicate("scrapUsed", scrap / 1000)
    draft.indicate("scrapRatio", scrap / made)
    draft.indicate("directEmissionsPerTonne", emitted / made * 1000)
    draft.indicate("energyPerTonne", draft.megajoules / made * 1000)
