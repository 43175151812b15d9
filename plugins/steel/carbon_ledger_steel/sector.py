"""The sector's front page: routes and what they are called."""

from decimal import Decimal

from carbon_ledger_steel import arc_furnace, integrated, scrap
from carbon_ledger_steel.indicators import INDICATORS
from ledger.sdk import Route, Sector


def plugin() -> Sector:
    """The sector `steel`. Outputs may outweigh what comes in by 2 %: weighbridges, and oxygen from the air in scale.
    They may state 5 % more of an element: a heat is analysed, but of scrap and ore samples are."""
    return Sector(
        name="steel", version="0.1.0", en="Iron and steel", zh="钢铁", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=INDICATORS,
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
        },
    )
