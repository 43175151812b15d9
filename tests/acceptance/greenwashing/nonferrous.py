"""Attempts of smelters."""

from typing import Any

from support.market import Company, row, supply

CHINA = row("electricity/cradleToGate/CN/2024")
KILOWATT_HOURS = 13.9e6
"""For a thousand tonnes of aluminium."""


def pots(smelter: Company, power: dict[str, str] | None = None, **changed: Any) -> None:
    """A thousand tonnes of aluminium on power of the grid, or on lots of power. `changed`: fields of the record."""
    bought = changed.pop("supplies", [supply("alumina", "1925 TNE"), supply("anode", "490 TNE")])
    smelter.run(
        "nonferrous.aluminiumElectrolysis", [smelter.out("metal", "1000 TNE")],
        [*bought, *([] if power else [supply("electricity", "13900 MWH")])], power,
        {"anodeNetConsumption": "0.41", "sulphur": "0.02", "ash": "0.004", "anodeEffects": {
            "frequency": "0.05", "minutes": "2", "technology": "pfpbLarge"}}, **changed,
    )
