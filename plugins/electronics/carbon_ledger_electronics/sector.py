"""The sector `electronics`: its routes and their names."""

from decimal import Decimal

from carbon_ledger_electronics import battery, photovoltaic, semiconductor
from ledger.sdk import Route, Sector, read_indicators, read_needs


def plugin() -> Sector:
    """The sector `electronics`. Outputs may outweigh inputs by 1 %: scales of plants, and moisture. They may
    state 2 % more of an element: cathode materials and foils come with certificates, whose analyses have a tolerance.

    Indicators of CO2 cover the record's own emissions, without upstream emissions.
    """
    return Sector(
        name="electronics", version="0.1.0", en="Electronics", zh="电子", mass_tolerance=Decimal("0.01"),
        element_tolerance=Decimal("0.02"), indicators=read_indicators("carbon_ledger_electronics"),
        needs=read_needs("carbon_ledger_electronics"),
        burns_lots=dict.fromkeys(("photovoltaicModule", "batteryCell", "batteryPack", "semiconductor"), "mineral"),
        routes={
            "photovoltaicModule": Route(
                activity=photovoltaic.PhotovoltaicModule, assess=photovoltaic.assess,
                en="Photovoltaic wafers, cells and modules", zh="光伏硅片、电池片与组件",
            ),
            "batteryCell": Route(
                activity=battery.BatteryCell, assess=battery.assess_cell, en="Battery cells", zh="电池电芯",
            ),
            "batteryPack": Route(
                activity=battery.BatteryPack, assess=battery.assess_pack, en="Battery packs", zh="电池包",
            ),
            "semiconductor": Route(
                activity=semiconductor.Semiconductor, assess=semiconductor.assess,
                en="Semiconductors and displays", zh="半导体与显示器件",
            ),
        },
    )
