"""A factor set with round numbers, so that tests can be solved by hand."""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.engine.sectors import Installed, Registry
from ledger.sdk import FactorSet, FactorSetVersion
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    parse_version,
)
from support import sectors

NAME: Final = "round"
_CLASSES: Final = (
    "metals,alloy;steel,Metals,金属", "bulk,sand;gravel,Bulk,散料", "power,power;electricity,Power,电力",
    "warmth,heat;steam,Heat,热",
)
_SUPPLIES: Final = (
    "electricity,electricity,KWH,Power,电力,,gridPower,,,,power",
    "electricityWind,electricity,KWH,Wind,风电,,windFarm,,,,power",
    "electricityTransmission,service,KWH,Lines,输电,,,,,,",
    "heat,heat,3B,Heat,热,,,,,,warmth",
    "gas,fuel,KGM,Gas,气,,,,50,,",
    "oil,fuel,KGM,Oil,油,,,,40,,",
    "sludge,fuel,KGM,Sludge,污泥,,,,,,",
    "wood,fuel,KGM,Wood,木,,,,15,,",
    "steel,material,KGM,Steel,钢,,,,,7208,metals",
    "zinc,material,KGM,Zinc,锌,,,,,,metals",
    "gravel,material,KGM,Gravel,砾石,,,,,,bulk",
    "truck,transport,TKM,Lorry,卡车,,truckFreight,,,,",
    "ship,transport,TKM,Ship,船,,,,,,",
)
ROWS: Final[Mapping[str, str]] = {
    "electricity/cradleToGate/CN/2025": "CO2e 0.6",
    "electricity/generation/CN/2025": "CO2 0.5",
    "electricity/generation/CN-JS/2025": "CO2 0.55",
    "electricity/residual/CN/2025": "CO2 0.8",
    "electricity/cradleToGate/DE/2025": "CO2e 0.4",
    "electricity/cradleToGate/*/2025": "CO2e 0.5",
    "electricityWind/cradleToGate/*/2025": "CO2e 0.02",
    "electricityTransmission/cradleToGate/CN/2025": "CO2e 0.03",
    "heat/cradleToGate/*/2025": "CO2e 0.1",
    "gas/wellToTank/*/2025": "CO2e 0.5",
    "gas/combustion/*/2025": "CO2 3;CH4 0.01",
    "oil/wellToTank/*/2025": "CO2e 0.25",
    "oil/combustion/*/2025": "CO2 4",
    "sludge/wellToTank/*/2025": "CO2e 0.01",
    "wood/wellToTank/*/2025": "CO2e 0.05",
    "wood/combustion/*/2025": "CH4biogenic 0.001",
    "steel/cradleToGate/*/2025": "CO2e 2",
    "steel/cradleToGate/CN/2025": "CO2e 3",
    "zinc/cradleToGate/*/2025": "CO2e 5",
    "gravel/cradleToGate/*/2025": "CO2e 0.01",
    "truck/cradleToGate/*/2025": "CO2e 0.1",
    "ship/cradleToGate/*/2025": "CO2e 0.02",
}
"""The gases of each row, by its name."""
RANGES: Final[Mapping[str, str]] = {"steel/cradleToGate/*/2025": "1,10", "steel/cradleToGate/CN/2025": "1.5,12"}
"""The reference ranges, low and high, of the rows that have one."""


def version(name: str, rows: Mapping[str, str] = ROWS, more: Sequence[str] = ()) -> FactorSetVersion:
    """A version of the set, with `more` supplies. Every factor has the geometric standard deviation 1.1."""
    factors = [
        f"{row.replace('/', ',')},{gases},,{RANGES.get(row, ',')},1.1,,read,hand,," for row, gases in rows.items()
    ]
    return parse_version(NAME, name, {
        "supplies.csv": _table(SUPPLY_COLUMNS, [*_SUPPLIES, *more]), "classes.csv": _table(CLASS_COLUMNS, _CLASSES),
        "factors.csv": _table(FACTOR_COLUMNS, factors),
        "sources.csv": _table(SOURCE_COLUMNS, ["hand,By hand,Tests,2025,CC0,"]),
    })


def changed(name: str, **gases: str) -> FactorSetVersion:
    """A version in which the factors of some supplies are others."""
    return version(name, {row: gases.get(row.partition("/")[0], old) for row, old in ROWS.items()})


def registry(*versions: FactorSetVersion, installed: Sequence[Installed] = ()) -> Registry:
    """The sector of `support.sectors`, or `installed`, and the set."""
    given = versions or (version("1"),)
    plugins = installed or tuple(sectors.registry().sectors.values())
    return Registry(plugins, [FactorSet(NAME, "Round numbers", "整数", given)])


def _table(columns: Sequence[str], lines: Sequence[str]) -> bytes:
    return "".join([f"{line}\n" for line in (",".join(columns), *lines)]).encode()
