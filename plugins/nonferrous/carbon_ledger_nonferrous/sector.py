"""The sector `nonferrous`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_nonferrous import alumina, casthouse, copper, electrolysis, lead, remelting
from ledger.sdk import Route, Sector, read_indicators, read_nature, read_needs, read_raw_materials, read_words


def plugin() -> Sector:
    """The sector `nonferrous`. Outputs may outweigh inputs by 2 %: weighbridges, and concentrates whose moisture
    is sampled. They may state 5 % more of an element: metal and acid are analysed, concentrates and scrap only by
    samples. Name oxygen and water that acid and hydrate take up from air and liquor as supplies.

    Indicators in tonnes or MWh add up over records; shares and ratios are of one record."""
    return Sector(
        name="nonferrous", version="0.1.0", en="Non-ferrous metals", zh="有色金属", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=read_indicators("carbon_ledger_nonferrous"),
        needs=read_needs("carbon_ledger_nonferrous"), nature=read_nature("carbon_ledger_nonferrous"),
        words=read_words("carbon_ledger_nonferrous"), raw_materials=read_raw_materials("carbon_ledger_nonferrous"),
        # Electrolysis takes petroleum coke and pitch for its anodes.
        burns_lots=dict.fromkeys(
            ("alumina", "aluminiumCasting", "secondaryAluminium", "copperSmelting", "secondaryCopper", "leadSmelting",
             "secondaryLead"), "mineral"),
        routes={
            "alumina": Route(activity=alumina.Alumina, assess=alumina.assess, en="Alumina refining", zh="氧化铝"),
            "aluminiumElectrolysis": Route(
                activity=electrolysis.AluminiumElectrolysis, assess=electrolysis.assess,
                en="Aluminium electrolysis", zh="铝电解",
            ),
            "aluminiumCasting": Route(
                activity=casthouse.AluminiumCasting, assess=casthouse.assess,
                en="Aluminium casting and direct alloying", zh="铝铸造与铝水直接合金化",
            ),
            "secondaryAluminium": Route(
                activity=remelting.SecondaryAluminium, assess=remelting.assess, en="Secondary aluminium", zh="再生铝",
            ),
            "copperSmelting": Route(
                activity=copper.CopperSmelting, assess=copper.assess_primary,
                en="Copper smelting and refining", zh="铜冶炼",
            ),
            "secondaryCopper": Route(
                activity=copper.SecondaryCopper, assess=copper.assess_secondary, en="Secondary copper", zh="再生铜",
            ),
            "leadSmelting": Route(
                activity=lead.LeadSmelting, assess=lead.assess_primary, en="Lead smelting and refining", zh="铅冶炼",
            ),
            "secondaryLead": Route(
                activity=lead.SecondaryLead, assess=lead.assess_secondary, en="Secondary lead", zh="再生铅",
            ),
        },
    )
