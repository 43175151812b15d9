"""The sector `consumer-goods`: its routes and their names. Sawn wood and pellets are made of tables."""

from decimal import Decimal

from carbon_ledger_consumer_goods import appliances, food, papermaking, pulping, textile_dyeing
from ledger.sdk import (
    Route,
    Sector,
    read_burnt_lots,
    read_indicators,
    read_nature,
    read_needs,
    read_raw_materials,
    read_table_routes,
)


def plugin() -> Sector:
    """The sector `consumer-goods`. Outputs may outweigh inputs by 2 %: paper, cotton and pulp take up moisture
    from the air. They may state 5 % more of an element: bales of recovered paper and chips of wood are mixtures."""
    return Sector(
        name="consumer-goods", version="0.1.0", en="Consumer goods", zh="消费品", mass_tolerance=Decimal("0.02"),
        element_tolerance=Decimal("0.05"), indicators=read_indicators("carbon_ledger_consumer_goods"),
        needs=read_needs("carbon_ledger_consumer_goods"), nature=read_nature("carbon_ledger_consumer_goods"),
        raw_materials=read_raw_materials("carbon_ledger_consumer_goods"),
        burns_lots={
            **dict.fromkeys(
                ("pulping", "papermaking", "textileDyeing", "householdAppliances", "foodAndDrink"), "mineral"),
            **read_burnt_lots("carbon_ledger_consumer_goods"),
        },
        routes={
            **read_table_routes("carbon_ledger_consumer_goods"),
            "pulping": Route(activity=pulping.Pulping, assess=pulping.assess, en="Pulping", zh="制浆"),
            "papermaking": Route(
                activity=papermaking.Papermaking, assess=papermaking.assess, en="Papermaking", zh="造纸",
            ),
            "textileDyeing": Route(
                activity=textile_dyeing.TextileDyeing, assess=textile_dyeing.assess, en="Textiles and dyeing",
                zh="纺织印染",
            ),
            "householdAppliances": Route(
                activity=appliances.HouseholdAppliances, assess=appliances.assess, en="Household appliances",
                zh="家用电器",
            ),
            "foodAndDrink": Route(activity=food.FoodAndDrink, assess=food.assess, en="Food and drink", zh="食品饮料"),
        },
    )
