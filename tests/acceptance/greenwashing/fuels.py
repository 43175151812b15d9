"""Attempts of sites that buy fuel by its energy: a kiln for malt burns 310 MWh in March."""

from typing import Any, Final

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, evidence, factor, row, supply

from ledger.core.record.values import Supply

KILN: Final = "310 MWH"
MEGAJOULES: Final = 310 * 3600
GAS: Final = MEGAJOULES / 36.3642
"""Normal cubic metres, by the set's heating value."""
GAS_UPSTREAM: Final = row("naturalGas/wellToTank/EU/2017")
GAS_BURNT: Final = row("naturalGas/combustion/*/2006")
CO2_PER_C: Final = 44 / 12


def _malt(market: Market, kiln: Supply, country: str = "DE", **activity: Any) -> Company:
    maltings = market.company("maltings", country).products("consumer-goods", malt="malt")
    maltings.lying().run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                         [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), kiln],
                         activity={"food": "malt", **activity})
    return maltings


def _analysed(market: Market, material: str, heating_value: str, **stated: str) -> Company:
    return _malt(market, supply(material, KILN), analyses=[
        {"material": material, "heatingValue": heating_value, **stated}])


def _coal(name: str, heat: float) -> float:
    """Kg CO2e of the kiln's coal, `heat` MJ per kg, by the rows of the set."""
    return MEGAJOULES / heat * (row(f"{name}/combustion/*/2006") + row(f"{name}/wellToTank/*/2016"))


def gas_richer_than_hydrogen(market: Market) -> Lie:
    """Gas is said to have 150 MJ per cubic metre, so that the bill is a quarter of the gas, with the carbon of gas."""
    maltings = _analysed(market, "naturalGas", "150", carbon="0.6")
    stated = MEGAJOULES / 150 * (0.6 * CO2_PER_C + GAS_UPSTREAM)
    return Lie(maltings, "malt", GAS * (GAS_BURNT + GAS_UPSTREAM) - stated)


def coal_richer_than_hydrogen(market: Market) -> Lie:
    """So is hard coal."""
    maltings = _analysed(market, "hardCoal", "120", carbon="0.75")
    stated = MEGAJOULES / 120 * (0.75 * CO2_PER_C + row("bituminous/wellToTank/*/2016"))
    return Lie(maltings, "malt", _coal("bituminous", 24.502) - stated)


def lignite_richer_than_hydrogen(market: Market) -> Lie:
    """And lignite, which the site states in joules."""
    maltings = _malt(market, supply("lignite", f"{MEGAJOULES} 3B"), analyses=[
        {"material": "lignite", "heatingValue": "120", "carbon": "0.75"}])
    stated = MEGAJOULES / 120 * (0.75 * CO2_PER_C + row("lignite/wellToTank/*/2016"))
    return Lie(maltings, "malt", _coal("lignite", 14.449) - stated)


def upstream_of_gas_that_is_too_rich(market: Market) -> Lie:
    """The carbon per heat is that of gas, but the heating value leaves a third of its upstream."""
    maltings = _analysed(market, "naturalGas", "108", carbonContent="0.0153")
    return Lie(maltings, "malt", (GAS - MEGAJOULES / 108) * GAS_UPSTREAM)


def gas_a_little_better_twice(market: Market) -> Lie:
    """A half more heat and a seventh less carbon than gas can have: each of them could pass for a difference of
    meters."""
    maltings = _analysed(market, "naturalGas", "54", carbonContent="0.01301")
    stated = MEGAJOULES * 0.01301 * CO2_PER_C + MEGAJOULES / 54 * GAS_UPSTREAM
    return Lie(maltings, "malt", GAS * (GAS_BURNT + GAS_UPSTREAM) - stated)


def gas_that_weakens_in_the_pipe(market: Market) -> Lie:
    """Gas by its volume, with half of the heat of gas, and so with half of its carbon."""
    maltings = _malt(market, supply("naturalGas", "30690 NM3", "23 TNE"), analyses=[
        {"material": "naturalGas", "heatingValue": "18.5", "carbonContent": "0.0153"}])
    return Lie(maltings, "malt", 30_690 * (GAS_BURNT - 18.5 * 0.0153 * CO2_PER_C))


def coal_from_the_grid_of_norway(market: Market) -> Lie:
    """Coal in watt hours would be power, which is clean in Norway. It is the fuel: no effect."""
    maltings = _malt(market, supply("coal", KILN), "NO")
    whole, power = _coal("bituminous", 24.502), 310_000 * row("electricity/cradleToGate/NO/2024")
    return Lie(maltings, "malt", whole - power, honest=whole + 480_000 * row("barley/cradleToGate/*/2024"))


def blend_from_the_grid_of_norway(market: Market) -> Lie:
    """A fuel with a name that nobody knows would be power too."""
    maltings = _malt(market, supply("kilnBlend", KILN, unknown=True), "NO")
    power = 310_000 * row("electricity/cradleToGate/NO/2024")
    return Lie(maltings, "malt", _coal("bituminous", 24.502) - power, untitled=True)


def blend_that_is_only_dug(market: Market) -> Lie:
    """A fuel with a name that nobody knows has the upstream of coal, and nobody burns it."""
    maltings = _malt(market, supply(
        "kilnBlend", f"{MEGAJOULES} 3B", factor_row="factors-open:bituminous/wellToTank/*/2016"))
    return Lie(maltings, "malt", MEGAJOULES / 24.502 * row("bituminous/combustion/*/2006"))


def coal_that_was_power_before(market: Market) -> Lie:
    """A trader sells coal as a lot of energy with all of its upstream, by its paper. Energy would be power to the kiln;
    it is a fuel by its materials, so it burns: no effect."""
    trader = market.company("trader", "NO")
    trader.product("coal", "energy", "MWH", materials={"bituminous": "1"})
    maltings = market.company("maltings", "NO").products("consumer-goods", malt="malt")
    trader.lying().declare(lot=trader.out("coal", KILN), evidence=[evidence("supplierFactor")], burdens={
        "fossilGhgEmissions": f"{MEGAJOULES / 24.502 * row('bituminous/wellToTank/*/2016'):.0f}"})
    coal = trader.send("coal", KILN, maltings)
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH")], {coal: KILN},
                 activity={"food": "malt"})
    burnt = MEGAJOULES / 24.502 * row("bituminous/combustion/*/2006")
    whole = _coal("bituminous", 24.502) + 480_000 * row("barley/cradleToGate/*/2024")
    return Lie(maltings, "malt", burnt, honest=whole)


def gas_without_wells(market: Market) -> Lie:
    """The gas has an own factor of nought per MWh from well to burner, which no document shows."""
    maltings = _malt(market, supply("naturalGas", KILN, factor=factor("0", "MWH")))
    return Lie(maltings, "malt", GAS * GAS_UPSTREAM)


def gas_without_wells_that_is_little(market: Market) -> Lie:
    """The same with a heating value that makes little gas of it."""
    maltings = _malt(market, supply("naturalGas", KILN, factor=factor("0", "MWH")), analyses=[
        {"material": "naturalGas", "heatingValue": "150", "carbonContent": "0.0153"}])
    return Lie(maltings, "malt", GAS * GAS_UPSTREAM)


COAL: Final = MEGAJOULES / 24.502
"""Kg, by the set's heating value."""
COAL_BURNT: Final = row("bituminous/combustion/*/2006")


def tonnes_of_a_blend_that_is_only_dug(market: Market) -> Lie:
    """By its mass, a name that nobody knows need not burn, whatever its upstream."""
    maltings = _malt(market, supply(
        "kilnBlend", f"{COAL:.0f} KGM", factor_row="factors-open:bituminous/wellToTank/*/2016"))
    return Lie(maltings, "malt", COAL * COAL_BURNT)


def coal_that_is_half_stone(market: Market) -> Lie:
    """Coal by its mass, at the poor end of its range for heat and for carbon, by no laboratory."""
    maltings = _malt(market, supply("hardCoal", f"{COAL:.0f} KGM"), analyses=[
        {"material": "hardCoal", "heatingValue": "15", "carbonContent": "0.0244"}])
    return Lie(maltings, "malt", COAL * (COAL_BURNT - 15 * 0.0244 * CO2_PER_C))


def gas_at_both_edges(market: Market) -> Lie:
    """Gas with a little more heat and a little less carbon, both within their ranges, by no laboratory."""
    maltings = _analysed(market, "naturalGas", "41", carbonContent="0.0149")
    stated = MEGAJOULES * 0.0149 * CO2_PER_C + MEGAJOULES / 41 * GAS_UPSTREAM
    return Lie(maltings, "malt", GAS * (GAS_BURNT + GAS_UPSTREAM) - stated)


METHANOL: Final = MEGAJOULES / 19.9
"""Kg, by the set's heating value."""


def methanol_by_its_mass(market: Market) -> Lie:
    """The kiln burns methanol, which the sets have as a raw material."""
    maltings = _malt(market, supply("methanol", f"{METHANOL:.0f} KGM"))
    return Lie(maltings, "malt", METHANOL * row("methanol/combustion/*/2006"))


def ethane_by_its_energy(market: Market) -> Lie:
    """Ethane, which cracks elsewhere, has a bill in watt hours. So it burns: no effect."""
    maltings = _malt(market, supply("ethane", KILN))
    ethane = MEGAJOULES / 47.5
    burnt = ethane * row("ethane/combustion/*/2006")
    whole = burnt + ethane * row("ethane/cradleToGate/*/2025") + 480_000 * row("barley/cradleToGate/*/2024")
    return Lie(maltings, "malt", burnt, honest=whole)


def methane_that_no_set_knew(market: Market) -> Lie:
    """Methane is not called natural gas. It burns like it: no effect."""
    methane = MEGAJOULES / 50
    maltings = _malt(market, supply("methane", f"{methane:.0f} KGM"))
    burnt = methane * row("methane/combustion/*/2006")
    whole = burnt + methane * row("methane/wellToTank/EU/2017") + 480_000 * row("barley/cradleToGate/*/2024")
    return Lie(maltings, "malt", burnt, honest=whole)


def bitumen_of_a_glassworks(market: Market) -> Lie:
    """A furnace for glass burns bitumen for half of its gas."""
    works = market.company("works", "DE").products("building-materials", glass="glass")
    works.lying().run("building-materials.flatGlass", [works.out("glass", "1000 TNE")], [
        supply("sand", "720 TNE"), supply("sodaAsh", "230 TNE"), supply("dolomite", "190 TNE"),
        supply("electricity", "100 MWH"), supply("naturalGas", "110000 NM3", "83 TNE"), supply("bitumen", "100 TNE")])
    return Lie(works, "glass", 100_000 * row("bitumen/combustion/*/2006"))


def wood_with_the_heat_of_coal(market: Market) -> Lie:
    """The kiln burns roundwood, and a laboratory on paper finds the heat and the carbon of coal, all biogenic."""
    maltings = market.company("maltings", "DE").products("consumer-goods", malt="malt")
    market.begin_to_lie()
    maltings.run("consumer-goods.foodAndDrink", [maltings.out("malt", "400 TNE")],
                 [supply("barley", "480 TNE"), supply("electricity", "48 MWH"), supply("wood", f"{COAL:.0f} KGM")],
                 activity={"food": "malt", "analyses": [
                     {"material": "wood", "heatingValue": "25", "carbon": "0.65", "biogenicShare": "1"}]},
                 evidence=[evidence("fuelAnalysis:wood")])
    return Lie(maltings, "malt", COAL * COAL_BURNT)


def coal_that_no_sector_books(market: Market) -> Lie:
    """A sector of a third party dries gravel with coal, and books nothing of it."""
    works = market.company("works", "DE").products("works", dry="gravel")
    market.begin_to_lie()
    works.run("works.make", [works.out("dry", "400 TNE")], [supply("gravel", "420 TNE"), supply("coal", "45 TNE")])
    return Lie(works, "dry", 45_000 * COAL_BURNT)
