"""Figures that the energy routes report."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "renewableElectricity": Indicator(unit="KWH", en="Electricity of renewable sources", zh="可再生能源发电量"),
    "capacityFactor": Indicator(unit="KWH/KWH", en="Capacity factor", zh="容量系数"),
    "importedElectricity": Indicator(unit="KWH", en="Electricity bought from the grid", zh="外购电量"),
    "lossRate": Indicator(unit="KWH/KWH", en="Losses of lines and transformers", zh="线损率"),
    "storageLoss": Indicator(unit="KWH", en="Losses of storage", zh="储能损耗电量"),
    "storageEfficiency": Indicator(unit="KWH/KWH", en="Efficiency of storage", zh="储能效率"),
    "totalEfficiency": Indicator(unit="3B/3B", en="Heat and power per energy in", zh="热电联产总热效率"),
    "electricEfficiency": Indicator(unit="3B/3B", en="Power per energy in", zh="发电效率"),
    "heatToPowerRatio": Indicator(unit="3B/3B", en="Heat per power", zh="热电比"),
    "heatShare": Indicator(unit="KGM/KGM", en="Share of emissions that heat carries", zh="供热排放占比"),
    "boilerEfficiency": Indicator(unit="3B/3B", en="Efficiency of the boiler", zh="锅炉热效率"),
}
