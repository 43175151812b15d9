"""The sector's front page: routes, indicators, and what they are called."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from carbon_ledger_equipment import (
    assembly,
    casting,
    forging,
    heat_treatment,
    machining,
    remanufacturing,
    vehicles,
    welding,
)
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
    "remanufacturedUnits": Indicator(unit="H87", en="Remanufactured machines", zh="再制造产品产量"),
    "newUnits": Indicator(unit="H87", en="New machines assembled", zh="新品产量"),
    "massReused": Indicator(unit="KGM", en="Mass of cores reused", zh="旧件再利用质量"),
    "partsReused": Indicator(unit="H87", en="Parts reused", zh="再利用件数"),
    "partsReplaced": Indicator(unit="H87", en="Parts replaced", zh="更换件数"),
    "reusedPartsRate": Indicator(unit="H87/H87", en="Reuse rate by number of parts", zh="再利用率（数量）"),
    "restoredMass": Indicator(unit="KGM", en="Mass of parts restored", zh="修复件质量"),
    "savedComparedToNew": Indicator(
        unit="KGM", en="CO2e saved compared with new products", zh="与新品相比的减排量",
    ),
    "savingRate": Indicator(unit="KGM/KGM", en="CO2e saved per CO2e of new products", zh="与新品相比的减排率"),
    "breakEvenWork": Indicator(
        unit="KWH", en="Work after which a lower efficiency uses up the saving", zh="减排量抵消前做功量",
    ),
    "depositionEfficiency": Indicator(unit="KGM/KGM", en="Weld metal per filler", zh="熔敷效率"),
    "electricityPerWeldMetal": Indicator(unit="KWH/KGM", en="Electricity per weld metal", zh="单位熔敷金属电耗"),
    "vehiclesMade": Indicator(unit="H87", en="Vehicles made", zh="汽车产量"),
    "newEnergyVehicles": Indicator(unit="H87", en="New-energy vehicles made", zh="新能源汽车产量"),
    "cleanEnergyVehicles": Indicator(unit="H87", en="Other clean-energy vehicles made", zh="其他清洁能源汽车产量"),
    "energyPerVehicle": Indicator(unit="3B/H87", en="Energy per vehicle", zh="单车综合能耗"),
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
            "welding": Route(activity=welding.Welding, assess=welding.assess, en="Welding", zh="焊接"),
            "vehicleAssembly": Route(
                activity=vehicles.VehicleAssembly, assess=vehicles.assess, en="Vehicle assembly", zh="整车制造",
            ),
        },
    )
