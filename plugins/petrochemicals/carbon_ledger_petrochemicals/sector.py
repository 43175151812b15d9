"""The sector `petrochemicals`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_petrochemicals import (
    ammonia,
    capture,
    cracking,
    fertilizer,
    hydrogen,
    methanol,
    nitric_acid,
    refining,
)
from ledger.sdk import Route, Sector, read_indicators, read_nature, read_needs, read_words


def plugin() -> Sector:
    """The sector `petrochemicals`. Outputs may outweigh inputs by 2 %: tank gauges and gas meters. Air and water that
    react are supplies of origin nature, so the tolerance need not cover them. Outputs may state 5 % more of an element:
    crude oil and its fractions are sampled, and gas is analysed only at intervals."""
    return Sector(
        name="petrochemicals", version="0.1.0", en="Petrochemicals and chemicals", zh="石化化工",
        mass_tolerance=Decimal("0.02"), element_tolerance=Decimal("0.05"),
        indicators=read_indicators("carbon_ledger_petrochemicals"), needs=read_needs("carbon_ledger_petrochemicals"),
        nature=read_nature("carbon_ledger_petrochemicals"), words=read_words("carbon_ledger_petrochemicals"),
        routes={
            "refining": Route(activity=refining.Refining, assess=refining.assess, en="Refining", zh="炼油"),
            "steamCracking": Route(
                activity=cracking.SteamCracking, assess=cracking.assess, en="Steam cracking", zh="蒸汽裂解",
            ),
            "ammonia": Route(activity=ammonia.Ammonia, assess=ammonia.assess, en="Ammonia", zh="合成氨"),
            "methanol": Route(activity=methanol.Methanol, assess=methanol.assess, en="Methanol", zh="甲醇"),
            "hydrogen": Route(activity=hydrogen.Hydrogen, assess=hydrogen.assess, en="Hydrogen", zh="制氢"),
            "nitricAcid": Route(
                activity=nitric_acid.NitricAcid, assess=nitric_acid.assess, en="Nitric acid", zh="硝酸",
            ),
            "fertilizer": Route(
                activity=fertilizer.Fertilizer, assess=fertilizer.assess, en="Fertiliser", zh="化肥生产",
            ),
            "fertilizerUse": Route(
                activity=fertilizer.FertilizerUse, assess=fertilizer.assess_use, en="Use of fertiliser", zh="化肥施用",
            ),
            "carbonCapture": Route(
                activity=capture.CarbonCapture, assess=capture.assess, en="Carbon capture", zh="碳捕集",
            ),
        },
    )
