"""The sector `energy`: its routes and their names."""

from carbon_ledger_energy import boiler, cogeneration, grid, renewable, storage
from ledger.sdk import Route, Sector, read_indicators, read_nature, read_needs


def plugin() -> Sector:
    """The sector `energy`. Both tolerances are 0: power and heat have no mass, and ash is a part of its fuel."""
    return Sector(
        name="energy", version="0.1.0", en="Energy", zh="能源", indicators=read_indicators("carbon_ledger_energy"),
        needs=read_needs("carbon_ledger_energy"), nature=read_nature("carbon_ledger_energy"),
        burns_lots={"combinedHeatAndPower": "any", "heatBoiler": "any"},
        routes={
            "photovoltaic": Route(
                activity=renewable.Generation, assess=renewable.assess_photovoltaic,
                en="Photovoltaic power", zh="光伏发电",
            ),
            "wind": Route(
                activity=renewable.Generation, assess=renewable.assess_wind,
                en="Wind power", zh="风力发电",
            ),
            "storage": Route(
                activity=storage.Storage, assess=storage.assess,
                en="Storage of electricity", zh="储能",
            ),
            "combinedHeatAndPower": Route(
                activity=cogeneration.CombinedHeatAndPower, assess=cogeneration.assess,
                en="Combined heat and power", zh="热电联产",
            ),
            "gridImport": Route(
                activity=grid.GridImport, assess=grid.assess_import,
                en="Power of the grid", zh="外购电力",
            ),
            "microgrid": Route(
                activity=grid.Microgrid, assess=grid.assess_microgrid,
                en="Microgrid", zh="微电网",
            ),
            "heatBoiler": Route(
                activity=boiler.HeatBoiler, assess=boiler.assess,
                en="Boiler or heat pump", zh="供热锅炉",
            ),
        },
    )
