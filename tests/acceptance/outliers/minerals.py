"""Honest cements, and a kiln that sells its waste heat."""

from acceptance.outliers.outlier import Outlier
from support.market import Market, evidence, factor, nature, row, supply

GERMANY = "electricity/cradleToGate/DE/2024"
SPAIN = "electricity/cradleToGate/ES/2024"


def fly_ash_cement(market: Market) -> Outlier:
    """Cement with a third of fly ash that a power station sells as waste at 10 EUR per t.

    EN 197-1 allows CEM IV/B 36 to 55 %. Ash is cut off: it carries its haulage alone. By hand, kg per t: clinker 620 *
    0.948 = 588, gypsum 45 * 0.011 = 0.5, power 40 * 0.4245 = 17, ash haulage 335 kg over 80 km 3.4: 609. Portland
    cement has 800 to 900.
    """
    station = market.company("station", "DE")
    station.product("power", "energy", "MWH")
    station.product("heat", "energy", "GV")
    station.product("ash", "energy", materials={"flyAsh": "1"})
    station.run(
        "energy.combinedHeatAndPower",
        [station.out("power", "6000 MWH"), station.out("heat", "24000 GV"),
         station.out("ash", "400 TNE", "waste", origin="preConsumer")],
        [supply("bituminous", "3200 TNE")], activity={"basis": "energy"}, allocation="energy",
    )
    mill = market.company("mill", "DE").products("building-materials", cement="cement")
    ash = station.send("ash", "335 TNE", mill, transport=[supply("truckFreight", "26800 TKM")])
    mill.run(
        "building-materials.cement", [mill.out("cement", "1000 TNE")],
        [supply("clinker", "620 TNE"), supply("gypsum", "45 TNE"), supply("electricity", "40 MWH")],
        {ash: "335 TNE"}, evidence=[evidence("deliveryNote:flyAsh"), evidence("meterReading")],
    )
    figure = (620_000 * row("clinker/cradleToGate/*/2024") + 45_000 * row("gypsum/cradleToGate/*/2018")
              + 40_000 * row(GERMANY) + 26_800 * row("truckFreight/cradleToGate/*/2025"))
    return Outlier(((mill.name("cement"), figure),))


def calcined_clay_cement(market: Market) -> Outlier:
    """LC3-50: half clinker, 30 % calcined clay, 15 % limestone, 5 % gypsum (Scrivener et al., Cement and Concrete
    Research 114, 2018: 30 to 40 % below Portland cement).

    Clay gives off water and no CO2; its calciner, at 800 C, takes 2.6 GJ per t. The maker's EPD: 0.22 kg per kg. By
    hand, kg per t: clinker 500 * 0.948 = 474, clay 300 * 0.22 = 66, limestone 1.2, gypsum 0.6, power 38 * 0.162 = 6:
    548.
    """
    mill = market.company("mill", "ES").products("building-materials", cement="cement")
    mill.run(
        "building-materials.cement", [mill.out("cement", "1000 TNE")],
        [supply("clinker", "500 TNE"), supply("calcinedClay", "300 TNE", factor=factor("0.22", "KGM")),
         supply("limestone", "150 TNE"), supply("gypsum", "50 TNE"), supply("electricity", "38 MWH")],
        evidence=[evidence("environmentalProductDeclaration:calcinedClay"), evidence("meterReading")],
    )
    figure = (500_000 * row("clinker/cradleToGate/*/2024") + 300_000 * 0.22
              + 150_000 * row("limestone/cradleToGate/*/2025") + 50_000 * row("gypsum/cradleToGate/*/2018")
              + 38_000 * row(SPAIN))
    return Outlier(((mill.name("cement"), figure),))


def waste_heat_to_a_neighbour(market: Market) -> Outlier:
    """A kiln sells the heat of its cooler to a greenhouse next door: 0.25 GJ per t of clinker.

    Coolers and preheaters give off 0.7 to 1.0 GJ per t; a third of it is sold (BREF cement 2013, 1.2.5.8). The heat is
    assigned the figure of bought heat, 110 kg per GJ (GB/T 32151.8 counts net purchases): 27.5 t. By hand, kg per t of
    clinker: lime 650 * 44/56 and magnesia 15 * 44/40 = 527; coal 140 * (2.2116 burnt + 0.4182) = 368, carbon of raw
    meal 5.8, power 70 kWh * 0.5777 = 40, clay 0.5, less heat 27.5: 914.
    """
    kiln = market.company("kiln", "CN", "CN-AH").products("building-materials", clinker="clinker")
    kiln.product("heat", "building-materials", "GV")
    kiln.run(
        "building-materials.clinker",
        [kiln.out("clinker", "1000 TNE"), kiln.out("heat", "250 GV", "coProduct")],
        [nature("limestone", "1400 TNE"), supply("clay", "180 TNE"), supply("bituminous", "140 TNE"),
         supply("electricity", "70 MWH")],
        activity={"calciumOxide": "0.65", "magnesiumOxide": "0.015"},
        evidence=[evidence("meterReading:heat"), evidence("invoice:heat")],
    )
    coal = 140_000 * (row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016"))
    meal = 1e6 * (0.65 * 44 / 56 + 0.015 * 44 / 40) + 5_793
    bought = 70_000 * row("electricity/cradleToGate/CN/2024") + 180_000 * row("clay/cradleToGate/*/2019")
    heat = kiln.send("heat", "250 GV", market.company("neighbour", "CN", "CN-AH"))
    return Outlier(((kiln.name("clinker"), coal + meal + bought - 27_500), (heat, 27_500)))
