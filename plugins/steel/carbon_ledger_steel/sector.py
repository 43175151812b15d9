"""The sector `steel`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_steel import (
    agglomeration,
    arc_furnace,
    blast_furnace,
    capture,
    coking,
    converter,
    direct_reduction,
    integrated,
    rolling,
    scrap,
)
from ledger.sdk import Route, Sector, read_indicators, read_nature, read_needs, read_raw_materials, read_words


def plugin() -> Sector:
    """The sector `steel`. Outputs may outweigh inputs by 2 %: weighbridges, and oxygen from the air in scale.
    They may state 5 % more of an element: a heat is analysed as a whole, scrap and ore only by samples."""
    return Sector(
        name="steel", version="0.1.0", en="Iron and steel", zh="钢铁", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=read_indicators("carbon_ledger_steel"),
        needs=read_needs("carbon_ledger_steel"), nature=read_nature("carbon_ledger_steel"),
        words=read_words("carbon_ledger_steel"), raw_materials=read_raw_materials("carbon_ledger_steel"),
        # The others balance the carbon of their lots.
        burns_lots=dict.fromkeys(
            ("blastFurnaceBasicOxygen", "electricArcFurnace", "scrapProcessing", "rolling"), "mineral"),
        routes={
            "blastFurnaceBasicOxygen": Route(
                activity=integrated.BlastFurnaceBasicOxygen, assess=integrated.assess,
                en="Blast furnace and basic oxygen furnace", zh="高炉—转炉长流程",
            ),
            "electricArcFurnace": Route(
                activity=arc_furnace.ElectricArcFurnace, assess=arc_furnace.assess,
                en="Electric arc furnace", zh="电弧炉短流程",
            ),
            "scrapProcessing": Route(
                activity=scrap.ScrapProcessing, assess=scrap.assess,
                en="Scrap processing", zh="废钢加工",
            ),
            "coking": Route(activity=coking.Coking, assess=coking.assess, en="Coking", zh="焦化"),
            "sintering": Route(
                activity=agglomeration.Agglomeration, assess=agglomeration.sinter, en="Sintering", zh="烧结",
            ),
            "pelletising": Route(
                activity=agglomeration.Agglomeration, assess=agglomeration.pelletise, en="Pelletising", zh="球团",
            ),
            "blastFurnace": Route(
                activity=blast_furnace.BlastFurnace, assess=blast_furnace.assess,
                en="Blast furnace, with coke or rich in hydrogen", zh="高炉炼铁(含富氢)",
            ),
            "basicOxygenFurnace": Route(
                activity=converter.BasicOxygenFurnace, assess=converter.assess,
                en="Basic oxygen furnace", zh="转炉炼钢",
            ),
            "directReduction": Route(
                activity=direct_reduction.DirectReduction, assess=direct_reduction.assess,
                en="Direct reduction by gas, hydrogen or coal", zh="直接还原(气基、氢基、煤基)",
            ),
            "rolling": Route(activity=rolling.Rolling, assess=rolling.assess, en="Rolling", zh="轧钢"),
            "carbonCapture": Route(
                activity=capture.CarbonCapture, assess=capture.assess, en="Carbon capture", zh="碳捕集与封存",
            ),
        },
    )
