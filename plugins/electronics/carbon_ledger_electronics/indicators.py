"""The sector's indicators. Those of CO2 are of the record's own emissions, without what lies upstream of it."""

from collections.abc import Mapping
from typing import Final

from ledger.sdk import Indicator

INDICATORS: Final[Mapping[str, Indicator]] = {
    "yieldRate": Indicator(unit="H87/H87", en="Good pieces per pieces started", zh="合格率"),
    "materialYield": Indicator(unit="KGM/KGM", en="Material yield", zh="材料利用率"),
    "siliconYield": Indicator(unit="KGM/KGM", en="Silicon yield", zh="硅料利用率"),
    "electricityPerPeakKilowatt": Indicator(
        unit="HUR", en="Electricity per kW of peak power, kWh per kW", zh="单位峰值功率电耗（千瓦时每千瓦）"
    ),
    "moduleEfficiency": Indicator(unit="KWH/KWH", en="Module efficiency", zh="组件转换效率"),
    "areaProcessed": Indicator(unit="MTK", en="Area of wafers, glass or modules", zh="加工面积"),
    "electricityPerArea": Indicator(unit="KWH/CMK", en="Electricity per area", zh="单位面积电耗"),
    "fluorinatedGasUsed": Indicator(unit="KGM", en="Fluorinated gases used", zh="含氟气体用量"),
    "batteryCapacity": Indicator(unit="KWH", en="Battery capacity made", zh="电池产能容量"),
    "capacityYield": Indicator(unit="KWH/KWH", en="Usable pack capacity per cell capacity", zh="电池包容量利用率"),
    "energyPerCapacity": Indicator(unit="KWH/KWH", en="Energy per kWh of capacity", zh="单位容量能耗"),
    "energyDensity": Indicator(unit="KWH/KGM", en="Energy density", zh="能量密度"),
    "kwhDelivered": Indicator(unit="KWH", en="Energy delivered over service life", zh="全生命周期供电量"),
    "co2PerCapacity": Indicator(unit="KGM/KWH", en="Own CO2 per kWh of capacity", zh="单位容量碳排放（本工序）"),
    "co2PerKwhDelivered": Indicator(
        unit="KGM/KWH", en="Own CO2 per kWh delivered over service life", zh="单位供电量碳排放（本工序）"
    ),
}
