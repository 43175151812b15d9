"""Attempts of cement works."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, document, evidence, nature, row, supply

from ledger.core.record.values import Supply


def _kiln(market: Market, *, heat: str | None = None, **activity: Any) -> Company:
    """A thousand tonnes of clinker on coal."""
    kiln = market.company("kiln", "CN", "CN-AH").products("building-materials", clinker="clinker")
    kiln.product("heat", "building-materials", "GV")
    kiln.lying().run(
        "building-materials.clinker",
        [kiln.out("clinker", "1000 TNE"), *([kiln.out("heat", heat, "coProduct")] if heat else [])],
        [nature("limestone", "1400 TNE"), supply("clay", "180 TNE"), supply("bituminous", "140 TNE"),
         supply("electricity", "70 MWH")],
        activity={"calciumOxide": "0.65", "magnesiumOxide": "0.015", **activity},
    )
    return kiln


def more_heat_sold_than_burnt(market: Market) -> Lie:
    """The kiln sells 5 GJ of waste heat per t of clinker, and burns 3.6: each is credited as bought heat."""
    # At most a fifth of what burns, 0.7 GJ, can be sold.
    return Lie(_kiln(market, heat="5000 GV"), "clinker", 4_300 * 110)


def lime_that_was_slaked_before(market: Market) -> Lie:
    """Half of the lime is said to have come without CO2, though the raw meal is limestone alone."""
    return Lie(_kiln(market, nonCarbonateCalciumOxide="0.3"), "clinker", 300_000 * 44 / 56)


def coal_without_carbon(market: Market) -> Lie:
    """By the site's analysis its coal has the heating value of coal and a sixth of its carbon."""
    kiln = _kiln(market, analyses=[{"material": "bituminous", "heatingValue": "24.5", "carbon": "0.1"}])
    return Lie(kiln, "clinker", 140_000 * (row("bituminous/combustion/CN/2015") - 0.1 * 44 / 12))


def more_gas_than_the_kiln_gave(market: Market) -> Lie:
    """Capture treats 1.9 t of CO2 per t of clinker, though the clinker came with 0.9, and stores 1.7."""
    kiln = _kiln(market)
    whole = market.footprint(kiln.name("clinker"))["footprint"]
    kiln.products("building-materials", clean="clinker")
    kiln.run(
        "building-materials.carbonCapture", [kiln.out("clean", "1000 TNE")],
        [supply("kilnGas", "1900 TNE"), supply("heat", "5000 GV"), supply("electricity", "200 MWH")],
        {"clinker": "1000 TNE"},
        {"captured": {"value": "1700", "unit": "TNE"}, "stored": {"value": "1700", "unit": "TNE"},
         "storageEvidence": [document("storage")]},
        evidence=[evidence("storage")],
    )
    return Lie(kiln, "clean", 1_700_000 - 0.9 * whole)


def pure_cement_of_ash(market: Market) -> Lie:
    """The mill says that it makes CEM I of clinker and gypsum, and writes down its clinker as fly ash."""
    mill = market.company("mill", "CN", "CN-AH")
    mill.product("cement", "building-materials", materials={"clinker": "0.95", "gypsum": "0.05"})
    mill.lying().run(
        "building-materials.cement", [mill.out("cement", "1000 TNE")],
        [supply("clinker", "330 TNE"), supply("flyAsh", "625 TNE"), supply("gypsum", "50 TNE"),
         supply("electricity", "38 MWH")], activity={"cementType": "PI"},
    )
    return Lie(mill, "cement", 620_000 * (row("clinker/cradleToGate/*/2024") - row("flyAsh/cradleToGate/*/2025")))


def clinker_washed_twice(market: Market) -> Lie:
    """Clinker that has passed a capture plant is sold, screened under a new name, and washed again."""
    kiln = _kiln(market)
    market.end_of_lie()
    _wash(kiln, kiln.name("clinker"))
    second = market.company("second", "CN", "CN-AH").products("works", screened="clinker")
    bought = kiln.send("clean", "1000 TNE", second)
    second.run("works.make", [second.out("screened", "1000 TNE")], inputs={bought: "1000 TNE"})
    market.begin_to_lie()
    _wash(second, "screened")
    return Lie(second, "clean", 780_000)


def _wash(works: Company, clinker: str) -> None:
    works.products("building-materials", clean="clinker")
    works.run(
        "building-materials.carbonCapture", [works.out("clean", "1000 TNE")],
        [supply("kilnGas", "870 TNE"), supply("heat", "2200 GV"), supply("electricity", "90 MWH")],
        {clinker: "1000 TNE"},
        {"captured": {"value": "780", "unit": "TNE"}, "stored": {"value": "780", "unit": "TNE"},
         "storageEvidence": [document("storageCertificate")]}, evidence=[evidence("storageCertificate")],
    )


def _dealt(market: Market, to: Company, **amounts: str) -> dict[str, str]:
    """Lots of these materials, as a dealer declares them."""
    dealer = market.company(f"dealer-{to.id.rpartition('-')[2]}", "CN", "CN-JS")
    bought = {}
    for material, amount in amounts.items():
        dealer.products("works", **{material.lower(): material})
        mass = 1000 * float(amount.split()[0])
        dealer.declare(lot=dealer.out(material.lower(), amount), evidence=[evidence("supplierFactor")],
                       burdens={"fossilGhgEmissions": f"{mass * (1.3 if material == 'sodaAsh' else 0.02):g}"})
        bought[dealer.send(material.lower(), amount, to)] = amount
    return bought


def _of_lots(market: Market, works: Company, process: str, material: str, supplies: list[Supply], hidden: float,
             **amounts: str) -> Lie:
    """A thousand tonnes with these carbonates as lots; without them, the figure is theirs and the CO2 less."""
    batch = _dealt(market, works, **amounts)
    carried = sum(market.footprint(works.name(bought))["footprint"] for bought in batch)
    works.run(process, [works.out(material, "1000 TNE", name="bare")], supplies)
    bare = market.footprint(works.name("bare"))["footprint"]
    works.lying().run(process, [works.out(material, "1000 TNE")], supplies, batch)
    return Lie(works, material, hidden, honest=bare + carried + hidden)


def glass_of_a_dealer_in_soda(market: Market) -> Lie:
    """A glass works takes soda ash, limestone and dolomite as lots, and no carbonate as a supply."""
    works = market.company("works", "CN", "CN-AH").products("building-materials", glass="glass")
    return _of_lots(
        market, works, "building-materials.flatGlass", "glass",
        [supply("sand", "1100 TNE"), supply("naturalGas", "190000 NM3", "143 TNE"), supply("electricity", "150 MWH")],
        230_000 * 0.41492 + 60_000 * 0.43971 + 180_000 * 0.47732,
        sodaAsh="230 TNE", limestone="60 TNE", dolomite="180 TNE",
    )


def sinter_of_a_dealer_in_lime(market: Market) -> Lie:
    """A strand takes its limestone as a lot."""
    strand = market.company("strand", "CN", "CN-HN").products("steel", sinter="sinter")
    return _of_lots(
        market, strand, "steel.sintering", "sinter",
        [supply("ironOre", "1100 TNE"), supply("coke", "55 TNE"), supply("electricity", "40 MWH")], 200 * 440,
        limestone="200 TNE",
    )
