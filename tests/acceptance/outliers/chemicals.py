"""Honest chemicals and materials: steam beside acid, green ammonia, slaked lime, regrind, wood."""

from acceptance.outliers.outlier import Outlier
from support.market import Market, evidence, factor, nature, row, supply

NORWAY = "electricity/cradleToGate/NO/2024"
GERMANY = "electricity/cradleToGate/DE/2024"
SWEDEN = "electricity/cradleToGate/SE/2024"


def sulphuric_acid(market: Market) -> Outlier:
    """Acid from burnt sulphur whose steam a neighbour buys: the figure is almost zero.

    S + 1.5 O2 + H2O -> H2SO4 releases 526 kJ per mole, 5.4 GJ per t of acid; plants recover 3.3 GJ as steam (BREF large
    volume inorganic chemicals 2007, 4.2.3). This one uses half of it and sells 1.2 GJ, which is assigned 62.3 kg per
    GJ, as a gas boiler emits (56.1 / 0.9). By hand, kg per t: sulphur 329 * 0.239 = 78.6, power 40 kWh * 0.4245 = 17.0,
    less steam 1.2 * 62.3 = 74.8: 20.8. No built-in sector has this plant, so its sector is a third party's.
    """
    works = market.company("works", "DE").products("works", acid="sulphuricAcid")
    works.product("steam", "works", "GV")
    works.run(
        "works.bind", [works.out("acid", "1000 TNE"), works.out("steam", "1200 GV", "coProduct")],
        [supply("sulphur", "329 TNE"), supply("electricity", "40 MWH"), nature("air", "494 TNE"),
         nature("water", "184 TNE")],
        activity={
            "assigned": [{"output": 1, "burden": "fossilGhgEmissions", "amount": "74760"}],
            "weights": {"mass": ["1", "0"]},
            "energy": [{"carrier": "sulphur", "amount": "3046540"}, {"carrier": "electricity", "amount": "144000"}],
        },
        evidence=[evidence("meterReading:steam"), evidence("invoice:steam")],
    )
    figure = 329_000 * row("sulphur/cradleToGate/*/2019") + 40_000 * row(GERMANY) - 74_760
    return Outlier(((works.name("acid"), figure),))


def green_ammonia(market: Market) -> Outlier:
    """Ammonia from electrolytic hydrogen in Norway.

    3/2 * 2.016 / 17.031 = 177.6 kg of hydrogen per t; 180 with losses, at 52 kWh per kg: 9,360 kWh. Synthesis and air
    separation take 650 kWh. By hand: 10,010 kWh * 0.0324 = 325 kg per t, as IRENA (Innovation outlook: renewable
    ammonia, 2022) has 0.1 to 0.4 for renewable routes. The gas route has 1.6 to 3.
    """
    plant = market.company("plant", "NO").products("petrochemicals", hydrogen="hydrogen", ammonia="ammonia")
    plant.run("petrochemicals.hydrogen", [plant.out("hydrogen", "180 TNE")],
              [supply("electricity", "9360 MWH"), nature("water", "1800 TNE")],
              activity={"method": "electrolysis", "electrolyser": "alkaline"},
              evidence=[evidence("meterReading")])
    plant.run("petrochemicals.ammonia", [plant.out("ammonia", "1000 TNE")],
              [supply("electricity", "650 MWH"), nature("air", "1100 TNE")], {"hydrogen": "180 TNE"},
              {"method": "other"}, evidence=[evidence("meterReading")])
    return Outlier(((plant.name("ammonia"), 10.01e6 * row(NORWAY)),))


def slaked_lime(market: Market) -> Outlier:
    """Slaked lime from lime that a kiln burnt with wood gas.

    CaO + H2O -> Ca(OH)2: 757 kg of lime and 243 kg of water give a tonne; some 80 kg more leave as steam. The stone
    gives off 0.785 kg per kg of CaO, wood gas nearly nothing: the maker's EPD says 0.82. By hand, kg per t: 757 * 0.82
    = 621, power 15 kWh * 0.4245 = 6: 627. Stoichiometry allows no less than 44 / 74.1 = 594 without capture; coal-fired
    kilns come to 900.
    """
    hydrator = market.company("hydrator", "DE").products("works", lime="slakedLime")
    hydrator.run(
        "works.bind", [hydrator.out("lime", "1000 TNE")],
        [supply("lime", "757 TNE", factor=factor("0.82", "KGM")), supply("electricity", "15 MWH"),
         nature("water", "323 TNE")],
        activity={"energy": [{"carrier": "electricity", "amount": "54000"}]},
        evidence=[evidence("environmentalProductDeclaration:lime"), evidence("meterReading")],
    )
    return Outlier(((hydrator.name("lime"), 757_000 * 0.82 + 15_000 * row(GERMANY)),))


def regrind(market: Market) -> Outlier:
    """Regrind of bottles that a collector bought at the kerb: no virgin polymer, little energy.

    Grinding and hot washing of polyethylene take 250 kWh and 0.15 GJ of heat per t of flakes (BREF waste treatment,
    2018, 5.4); extrusion is left to the buyer. By hand, kg per t, in Sweden: 250 * 0.0385 = 10, heat of a gas boiler
    150 MJ * 0.0741 = 11, caustic soda 5 * 1.59 = 8; landfill of the rest, and the collection, lorries of 60 km, 10
    more. Virgin polyethylene has 1.9 kg per kg.
    """
    yard = market.company("yard", "SE").products("circular", bottles="polyethylene")
    yard.collect(yard.out("bottles", "1100 TNE", "waste", origin="postConsumer"), evidence("weighing"),
                 evidence("municipalContract"))
    mill = market.company("mill", "SE").products("circular", flakes="polyethylene")
    mill.product("rest", "circular")
    bottles = yard.send("bottles", "1100 TNE", mill, transport=[supply("truckFreight", "66000 TKM")])
    mill.run(
        "circular.recycling",
        [mill.out("flakes", "1000 TNE"), mill.out("rest", "90 TNE", "waste", origin="postConsumer")],
        [supply("electricity", "250 MWH"), supply("heat", "150 GV"), supply("causticSoda", "5 TNE"),
         supply("landfillPlastic", "90 TNE")],
        {bottles: "1100 TNE"}, {"material": "plastics", "method": "mechanical", "moistureLoss": "0.01"},
        evidence=[evidence("meterReading")],
    )
    figure = (250_000 * row(SWEDEN) + 150_000 * row("heat/cradleToGate/EU/2017")
              + 5_000 * row("causticSoda/cradleToGate/*/2015") + 66_000 * row("truckFreight/cradleToGate/*/2025")
              + 90_000 * row("landfillPlastic/cradleToGate/*/2025"))
    return Outlier(((mill.name("flakes"), figure),))


def sawn_timber(market: Market) -> Outlier:
    """Sawn timber of a Swedish mill with a kiln on its own bark: half of it is biogenic carbon.

    1.9 t of logs give a tonne of boards and chips for pulp, which share by mass. Harvest and haulage emit 0.02 kg per
    kg of log (by the supplier's EPD), power 90 kWh * 0.0385 = 3.5. The bark holds its own carbon, and its CO2 is
    biogenic. By hand, kg per t: (1,900 * 0.02 + 3.5) * 1000 / 1800 = 23. Uptake, -0.5 * 44/12 t per t, stands apart.
    """
    mill = market.company("mill", "SE")
    mill.product("board", "works", materials={"timber": "1"}, biogenic_carbon="0.5")
    mill.product("chips", "works", materials={"wood": "1"}, biogenic_carbon="0.5")
    logs = mill.product("log", "works", materials={"wood": "1"}, biogenic_carbon="0.5")
    mill.run(
        "works.make", [mill.out("board", "1000 TNE"), mill.out("chips", "800 TNE", "coProduct")],
        [supply("wood", "1900 TNE", product=logs, factor=factor("0.02", "KGM")), supply("electricity", "90 MWH")],
        activity={"energy": [{"carrier": "bark", "amount": "1800000", "renewable": True},
                             {"carrier": "electricity", "amount": "324000"}]},
        evidence=[evidence("environmentalProductDeclaration:wood"), evidence("forestCertificate")],
    )
    whole = 1.9e6 * 0.02 + 90_000 * row(SWEDEN)
    return Outlier(((mill.name("board"), whole * 1000 / 1800),))
