"""Attempts by the prices of supplies: rows of cleaner places, rows of other things, own combustion, renewable names."""

from typing import Any, Final

from acceptance.greenwashing.fuels import CO2_PER_C, COAL, COAL_BURNT, GAS_BURNT, GAS_UPSTREAM
from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, row, supply

from ledger.core.record.values import Supply

GRAVEL: Final = "factors-open:gravel/cradleToGate/*/2025"
KILN: Final = 310 * 3600
"""MJ."""
DIESEL_BURNT: Final = row("diesel/combustion/*/2006")
UNKNOWN: Final = 10.2
"""Kg CO2e per kg: the 90th percentile of the open set."""


def _made(market: Market, country: tuple[str, ...], material: str, *bought: Supply, **more: Any) -> Company:
    works = market.company("works", *country).products("works", ware=material)
    works.lying().run("works.make", [works.out("ware", "1000 TNE")], bought, **more)
    return works


def _imported(market: Market, country: tuple[str, ...], material: str, named: str, default: str) -> Lie:
    works = _made(market, country, material, supply(material, "1010 TNE", factor_row=f"factors-open:{named}"))
    return Lie(works, "ware", 1_010_000 * (row(default) - row(named)))


def aluminium_of_france_in_china(market: Market) -> Lie:
    """A works in Shandong names the row of France for the metal that it buys next door."""
    return _imported(market, ("CN", "CN-SD"), "aluminium", "aluminium/cradleToGate/FR/2025",
                     "aluminium/cradleToGate/CN/2012")


def rebar_of_switzerland_in_india(market: Market) -> Lie:
    """Bars of an Indian blast furnace have the row of scrap that Switzerland melts."""
    return _imported(market, ("IN",), "rebar", "rebar/cradleToGate/CH/2022", "rebar/cradleToGate/IN/2023")


def pvc_of_the_world_in_china(market: Market) -> Lie:
    """The row for the world, without the carbide of China."""
    return _imported(market, ("CN", "CN-SD"), "pvc", "pvc/cradleToGate/*/2019", "pvc/cradleToGate/CN/2020")


def heat_of_britain_in_china(market: Market) -> Lie:
    """A dyehouse in Zhejiang names Britain's heat."""
    mill = market.company("mill", "CN", "CN-ZJ").products("consumer-goods", cloth="polyesterFabric")
    market.begin_to_lie()
    british = supply("heat", "2000 GV", factor_row="factors-open:heat/cradleToGate/GB/2023")
    mill.run("consumer-goods.textileDyeing", [mill.out("cloth", "100 TNE")],
             [supply("polyesterFabric", "102 TNE"), supply("electricity", "150 MWH"), supply("water", "5000 TNE"),
              british])
    return Lie(mill, "cloth", 2e6 * (row("heat/cradleToGate/CN/2015") - row("heat/cradleToGate/GB/2023")))


def clinker_of_half_a_coal(market: Market) -> Lie:
    """A kiln states half of the CO2 of its coal as a factor of its own."""
    kiln = market.company("kiln", "DE").products("building-materials", clinker="clinker")
    kiln.lying().run("building-materials.clinker", [kiln.out("clinker", "1000 TNE")],
                     [supply("limestone", "1300 TNE"), supply("clay", "250 TNE"), supply("electricity", "60 MWH"),
                      supply("bituminous", "135 TNE", factor=factor("1.24", "KGM", boundary="combustion"))])
    return Lie(kiln, "clinker", 135_000 * (COAL_BURNT - 1.24))


def lorry_of_half_a_diesel(market: Market) -> Lie:
    """So does a haulier of its diesel."""
    haulier = _haulier(market, supply("diesel", "26 TNE", factor=factor("1.62", "KGM", boundary="combustion")))
    return Lie(haulier, "freight", 26_000 * (DIESEL_BURNT - 1.62))


def _haulier(market: Market, fuel: Supply) -> Company:
    haulier = market.company("haulier", "DE")
    haulier.product("freight", "logistics", "TKM")
    haulier.lying().run("logistics.transport", [haulier.out("freight", "1000000 TKM")], [fuel], activity={
        "mode": "road", "consignments": [{"lot": haulier.name("freight"), "mass": {"value": "1000", "unit": "TNE"},
                                                  "distance": {"value": "1000", "unit": "KMT"}}]})
    return haulier


def kit_of_gravel(market: Market) -> Lie:
    """A third of a machine is a bought kit of electronics, `qKit`, with the row of gravel."""
    works = market.company("works", "DE").products("equipment", part="machine")
    works.lying().run("equipment.assembly", [works.out("part", "1000 TNE")],
                      [supply("steel", "700 TNE"), supply("qKit", "310 TNE", factor_row=GRAVEL),
                       supply("electricity", "300 MWH")])
    return Lie(works, "part", 310_000 * (UNKNOWN - row("gravel/cradleToGate/*/2025")))


def _malt(market: Market, *more: Supply, **activity: Any) -> Company:
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    maltings.lying().run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                         [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), *more],
                         activity={"food": "malt", **activity})
    return maltings


def tonnes_of_a_blend_with_a_paper(market: Market) -> Lie:
    """A kiln for malt burns a blend in kg, and its trader's paper shows what digging it caused."""
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    market.begin_to_lie()
    blend = supply("kilnBlend", f"{COAL:.0f} KGM", factor=factor("0.418", "KGM"))
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), blend],
                 activity={"food": "malt"}, evidence=[evidence("supplierFactor:kilnBlend")])
    return Lie(maltings, "malt", COAL * COAL_BURNT)


def blend_that_is_british_heat(market: Market) -> Lie:
    """The coal of the kiln is `kilnBlend` in MWh, with the row of Britain's heat."""
    heat = "heat/cradleToGate/GB/2023"
    maltings = _malt(market, supply("kilnBlend", "310 MWH", factor_row=f"factors-open:{heat}"))
    coal = COAL * (COAL_BURNT + row("bituminous/wellToTank/*/2016"))
    return Lie(maltings, "malt", coal - KILN * row(heat))


def _delivered(market: Market, hauled: Supply) -> Company:
    """The buyer of malt that was sent with this transport."""
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    brewer = market.company("brewer", "DE").products("works", ware="malt")
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), supply("naturalGas", "310 MWH")],
                 activity={"food": "malt"})
    lot = maltings.lying().send("malt", "400 TNE", brewer, transport=[hauled])
    brewer.run("works.make", [brewer.out("ware", "400 TNE")], inputs={lot: "400 TNE"})
    return brewer


def haulage_of_an_unknown_kind(market: Market) -> Lie:
    """Lorries are `qHaul`, with the row of China's railways."""
    rail = "railFreight/cradleToGate/CN/2019"
    brewer = _delivered(market, supply("qHaul", "4000000 TKM", factor_row=f"factors-open:{rail}"))
    return Lie(brewer, "ware", 4e6 * (row("truckFreight/cradleToGate/*/2025") - row(rail)))


def delivery_with_diesel_that_is_only_refined(market: Market) -> Lie:
    """The diesel of a delivery is `dieselMix`, with the upstream of diesel."""
    brewer = _delivered(market, supply("dieselMix", "40000 KGM",
                                       factor_row="factors-open:diesel/wellToTank/*/2016"))
    return Lie(brewer, "ware", 40_000 * DIESEL_BURNT)


def delivery_with_methanol_that_stays(market: Market) -> Lie:
    """The lorry burns methanol, which the sets have as a material."""
    return Lie(_delivered(market, supply("methanol", "80 TNE")), "ware", 80_000 * 0.375 * CO2_PER_C)


def tyres_of_rubber_trees(market: Market) -> Lie:
    """Tyres are said to be biogenic to two fifths, and nobody analysed them."""
    maltings = _malt(market, supply("tyres", "36 TNE"), analyses=[
        {"material": "tyres", "heatingValue": "30.9358", "carbon": "0.72", "biogenicShare": "0.4"}])
    return Lie(maltings, "malt", 36_000 * 0.72 * CO2_PER_C * 0.2)


def solvents_that_hardly_burn(market: Market) -> Lie:
    """Solvents of 26 MJ have 1 MJ, and the carbon of so little heat."""
    maltings = _malt(market, supply("solvents", "40 TNE"), supply("naturalGas", "100 MWH"), analyses=[
        {"material": "solvents", "heatingValue": "1", "carbon": "0.0149"}])
    return Lie(maltings, "malt", 40_000 * (26 * 0.02 - 0.0149) * CO2_PER_C)


def gas_called_biogas(market: Market) -> Lie:
    """The gas of the grid is called biogas."""
    maltings = _malt(market, supply("biogas", "310 MWH"))
    kilograms = KILN / 20.2504
    stated = kilograms * (row("biogas/wellToTank/*/2016") + row("biogas/combustion/*/2006"))
    return Lie(maltings, "malt", KILN / 36.3642 * (GAS_BURNT + GAS_UPSTREAM) - stated)


def diesel_called_vegetable_oil(market: Market) -> Lie:
    """A haulier's diesel is called hydrotreated oil."""
    haulier = _haulier(market, supply("hydrotreatedVegetableOil", "26 TNE"))
    stated = 26_000 * (row("hydrotreatedVegetableOil/wellToTank/*/2016")
                       + row("hydrotreatedVegetableOil/combustion/*/2006"))
    diesel = 26_000 * 44 / 43.165 * (DIESEL_BURNT + row("diesel/wellToTank/*/2016"))
    return Lie(haulier, "freight", diesel - stated)


def hydrogen_called_renewable(market: Market) -> Lie:
    """Hydrogen of natural gas is called renewable."""
    works = _made(market, ("DE",), "ammonia", supply("renewableHydrogen", "180 TNE"), supply("nitrogen", "830 TNE"))
    return Lie(works, "ware", 180_000 * (
        row("hydrogen/cradleToGate/*/2023") - row("renewableHydrogen/cradleToGate/*/2023")))
