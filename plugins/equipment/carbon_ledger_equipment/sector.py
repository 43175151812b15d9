"""The sector's front page: routes, indicators, and what they are called."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from carbon_ledger_equipment import assembly, casting, forging, heat_treatment, machining, remanufacturing
from ledger.sdk import Indicator, Route, Sector

INDICATORS: Final[Mapping[str, Indicator]] = {
    "materialYield": Indicator(unit="KGM/KGM", en="Material yield", zh="材料利用率"),
    "electricityPerTonne": Indicator(unit="KWH/TNE", en="Electricity per tonne of product", zh="单位产品电耗"),
    "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of product", zh="单位产品能耗"),
    "returnRate": Indicator(unit="KGM/KGM", en="Returns per charge", zh="回炉料率"),
    "heatingPerTonne": Indicator(unit="3B/TNE", en="Heating of workpieces per tonne", zh="工件加热能耗"),
    "electricityPerHour": Indicator(unit="KWH/HUR", en="Electricity per machine hour", zh="机床小时电耗"),
    "chipRatio": Indicator(unit="KGM/KGM", en="Swarf per product", zh="切屑率"),
    "electricityPerPiece": Indicator(unit="KWH/H87", en="Electricity per piece", zh="单台电耗"),
    "rejectRate": Indicator(unit="H87/H87", en="Reject rate", zh="不合格率"),
    "testElectricity": Indicator(unit="KWH", en="Electricity of testing", zh="试验用电量"),
    "reuseRate": Indicator(unit="KGM/KGM", en="Reuse rate by mass", zh="再利用率（质量）"),
    "replacedMass": Indicator(unit="KGM", en="Mass of new parts fitted", zh="更换件质量"),
    "materialSaved": Indicator(unit="KGM", en="Material saved", zh="节材量"),
    "coresPerProduct": Indicator(unit="H87/H87", en="Cores per product", zh="单位产品旧件耗用量"),
}


def plugin() -> Sector:
    """The sector `equipment`. Outputs may outweigh what comes in by 1 %: the scales of workshops. They may state 2 %
    more of an element: metal comes with certificates, whose analyses have a tolerance of their own."""
    return Sector(
        name="equipment", version="0.1.0", en="Machinery and equipment", zh="装备制造",
        mass_tolerance=Decimal("0.01"), element_tolerance=Decimal("0.02"), indicators=INDICATORS,
        routes={
            "casting": Route(activity=casting.Casting, assess=casting.assess, en="Casting", zh="铸造"),
            "forging": Route(activity=forging.Forging, assess=forging.assess, en="Forging", zh="锻造"),
            "heatTreatment": Route(
                activity=heat_treatment.HeatTreatment, assess=heat_treatment.assess, en="Heat treatment", zh="热处理",
            ),
            "machining": Route(
                activity=machining.Machining, assess=machining.assess, en="Machining", zh="机械加工",
            ),
            "assembly": Route(activity=assembly.Assembly, assess=assembly.assess, en="Assembly", zh="装配"),
            "remanufacturing": Route(
                activity=remanufacturing.Remanufacturing, assess=remanufacturing.assess,
                en="Remanufacturing", zh="再制造",
            ),
        },
    )
