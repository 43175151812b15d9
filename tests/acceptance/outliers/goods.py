"""Honest goods: leased machines, a remanufactured gearbox, a trader."""

from acceptance.outliers.outlier import Outlier
from support.market import Market, evidence, row, supply

from ledger.core.record.values import PreviousLife

GERMANY = "electricity/cradleToGate/DE/2024"
MACHINE = 3.267
"""Kg CO2e per kg of a machine, by the open set."""


def remanufactured_gearbox(market: Market) -> Outlier:
    """Gearboxes from cores: housings and wheels stay, bearings, seals and two shafts are new.

    10 gearboxes of 450 kg; a fifth is new. By hand: bearings and shafts 900 kg * 3.68, seals 20 kg * 6.99, power 4,200
    kWh * 0.4245, detergent 50 kg * 2.745: 5.4 t, 1.2 kg per kg. A new gearbox has 3.3; remanufacturing.org.uk states
    284.5 instead of 432.5 kg for a gearbox of which more is replaced.
    """
    dealer = market.company("dealer", "DE")
    works = market.company("works", "DE")
    gearbox = works.product("gearbox", "equipment", "H87", materials={"gearbox": "1"})
    works.product("worn", "equipment", materials={"steel": "1"})
    dealer.collect(
        dealer.out(gearbox, "11 H87", "core", name="cores", mass={"value": "4950", "unit": "KGM"},
                   previous_life=PreviousLife(estimated_years="9")),
        evidence("coreReturnNote"), evidence("serialNumbers"),
    )
    cores = dealer.send("cores", "11 H87", works)
    works.run(
        "equipment.remanufacturing",
        [works.out("gearbox", "10 H87", mass={"value": "4500", "unit": "KGM"}),
         works.out("worn", "1350 KGM", "waste", origin="postConsumer")],
        [supply("bearing", "900 KGM"), supply("siliconeRubber", "20 KGM"), supply("electricity", "4200 KWH"),
         supply("surfactant", "50 KGM")],
        {cores: "11 H87"},
        {"machine": "gearbox", "cleaning": "detergent", "cleaningMedium": "surfactant", "scrappedCores": 1,
         "replaced": [{"part": "bearing", "count": 80, "mass": {"value": "900", "unit": "KGM"}}],
         "reused": {"value": "3600", "unit": "KGM"}},
        evidence=[evidence("testBench"), evidence("meterReading")],
    )
    figure = (900 * row("bearing/cradleToGate/*/2018") + 20 * row("siliconeRubber/cradleToGate/*/2024")
              + 4_200 * row(GERMANY) + 50 * row("surfactant/cradleToGate/*/2018"))
    return Outlier(((works.name("gearbox"), figure),))


def leased_machines(market: Market) -> Outlier:
    """A maker leases its pumps and takes them back after eight years: the core never had another owner.

    ISO 14021 counts returns by their unused life; after a service life of 8 to 10 years nothing is left of it. The
    contract shows the time. By hand: seals and bearings 600 kg * 3.68, power 2,500 kWh * 0.4245: 3.3 t for 3,000 kg.
    """
    maker = market.company("maker", "DE")
    maker.product("pump", "equipment", "H87", materials={"pump": "1"})
    maker.product("worn", "equipment", materials={"steel": "1"})
    maker.collect(
        maker.out("pump", "20 H87", "core", name="returns", mass={"value": "3000", "unit": "KGM"},
                  previous_life=PreviousLife(estimated_years="8.2")),
        evidence("leaseContract"), evidence("serialNumbers"), evidence("hoursOfService"),
    )
    maker.run(
        "equipment.remanufacturing",
        [maker.out("pump", "20 H87", mass={"value": "3000", "unit": "KGM"}),
         maker.out("worn", "600 KGM", "waste", origin="postConsumer")],
        [supply("bearing", "600 KGM"), supply("electricity", "2500 KWH")], {"returns": "20 H87"},
        {"machine": "pump", "replaced": [{"part": "bearing", "count": 40, "mass": {"value": "600", "unit": "KGM"}}],
         "reused": {"value": "2400", "unit": "KGM"}},
        evidence=[evidence("testBench"), evidence("meterReading")],
    )
    return Outlier(((maker.name("pump"), 600 * row("bearing/cradleToGate/*/2018") + 2_500 * row(GERMANY)),))


def trader(market: Market) -> Outlier:
    """A trader without any facility of its own buys machines and sells them, in three parts, by lorry.

    By hand: 100 machines of 300 kg at the set's figure, and 30 t over 400 km: 12,000 t km.
    """
    maker = market.company("maker", "DE")
    maker.product("machine", "equipment", "H87", materials={"machine": "1"})
    maker.declare(lot=maker.out("machine", "100 H87", mass={"value": "30000", "unit": "KGM"}),
                  burdens={"fossilGhgEmissions": f"{30_000 * MACHINE:g}"}, evidence=[evidence("productFootprint")])
    dealer = market.company("dealer", "DE")
    customer = market.company("customer", "DE")
    bought = maker.send("machine", "100 H87", dealer, transport=[supply("truckFreight", "12000 TKM")])
    sold = [dealer.send(bought, f"{count} H87", customer, name=f"sale-{count}") for count in (50, 30, 20)]
    whole = 30_000 * MACHINE + 12_000 * row("truckFreight/cradleToGate/*/2025")
    return Outlier(tuple((lot, whole * count / 100) for lot, count in zip(sold, (50, 30, 20), strict=True)))
