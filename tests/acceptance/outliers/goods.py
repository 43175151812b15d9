"""Honest goods: leased machines, a remanufactured gearbox, traders and importers."""

from acceptance.outliers.outlier import Outlier
from support.market import SOLD, Market, evidence, quantity, row, supply

from ledger.core.record.kinds import PassportPublication, Transfer
from ledger.core.record.values import PreviousLife

GERMANY = "electricity/cradleToGate/DE/2024"
ROAD = row("truckFreight/cradleToGate/*/2025")
SEA = row("seaContainer/cradleToGate/*/2020")
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
    works.post(PassportPublication, product=gearbox)
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


def importer(market: Market) -> Outlier:
    """A caster in China buys aluminium of Norway. A lorry brings it to the port and a ship to China, which the seller
    states; the caster fetches it with lorries of its own haulier, and states that with its process.

    By hand: 1,000 t of metal at 5 kg, 200 km and 100 km by lorry and 18,000 km by ship, and the power and the gas of
    the casthouse.
    """
    smelter = market.company("smelter", "NO").products("works", metal="aluminium")
    smelter.declare(lot=smelter.out("metal", "1000 TNE"), burdens={"fossilGhgEmissions": "5000000"},
                    facility=smelter.name("site"), evidence=[evidence("productFootprint")])
    caster = market.company("caster", "CN", "CN-GD").products("nonferrous", ingot="aluminium")
    metal = smelter.send("metal", "1000 TNE", caster, transport=[
        supply("truckFreight", "200000 TKM"), supply("seaContainer", "18000000 TKM")])
    caster.run("nonferrous.aluminiumCasting", [caster.out("ingot", "990 TNE")], [
        supply("naturalGas", "60000 NM3", "45 TNE"), supply("electricity", "90 MWH"),
        supply("truckFreight", "100000 TKM")], {metal: "1000 TNE"})
    gas = row("naturalGas/combustion/CN/2015") + row("naturalGas/wellToTank/CN/2024")
    whole = 5e6 + 300_000 * ROAD + 18e6 * SEA + 45_000 * gas + 90_000 * row("electricity/cradleToGate/CN/2024")
    return Outlier(((caster.name("ingot"), whole),))


def sister_across_the_sea(market: Market) -> Outlier:
    """A parent in China presses metal of its subsidiary in Norway, which really makes it. The subsidiary states how it
    sailed a month later, when half of the metal is used.

    By hand: 100 t at 5 kg, 18,000 km by ship and 200 km by lorry.
    """
    parent = market.company("parent", "CN", "CN-GD").products("works", part="aluminium")
    subsidiary = market.company("subsidiary", "NO", parent=parent).products("works", metal="aluminium")
    subsidiary.declare(lot=subsidiary.out("metal", "100 TNE"), burdens={"fossilGhgEmissions": "500000"},
                       facility=subsidiary.name("site"), evidence=[evidence("productFootprint")])
    metal = subsidiary.name("sold")
    sale = subsidiary.post(Transfer, lot=subsidiary.name("metal"), quantity=quantity("100 TNE"), to=parent.id,
                           new_lot=metal, time=SOLD)
    parent.run("works.make", [parent.out("part", "50 TNE")], inputs={metal: "50 TNE"})
    subsidiary.amend(sale, transport=[supply("truckFreight", "20000 TKM"), supply("seaContainer", "1800000 TKM")])
    parent.run("works.make", [parent.out("part", "50 TNE", name="later")], inputs={metal: "50 TNE"})
    half = (5e5 + 20_000 * ROAD + 1.8e6 * SEA) / 2
    return Outlier(((parent.name("part"), half), (parent.name("later"), half)))


def trader_between_countries(market: Market) -> Outlier:
    """A dealer in Rotterdam sells steel of a German mill to a French press shop. The mill sends it by barge; the dealer
    keeps it in a pool, and the diesel of its own lorries brings it to France.

    By hand: 1,000 t at 2.2 kg, 400 km by barge, and 10 t of diesel.
    """
    mill = market.company("mill", "DE").products("steel", coil="steel")
    mill.declare(lot=mill.out("coil", "1000 TNE"), burdens={"fossilGhgEmissions": "2200000"},
                 facility=mill.name("site"), evidence=[evidence("productFootprint")])
    dealer, shop = market.company("dealer", "NL"), market.company("shop", "FR").products("works", part="steel")
    bought = mill.send("coil", "1000 TNE", dealer, transport=[supply("inlandFreight", "400000 TKM")])
    dealer.pool("stock", mill.name("product:coil"))
    dealer.add("stock", {bought: "1000 TNE"})
    sold = dealer.send("stock", "1000 TNE", shop, name="sold", transport=[supply("diesel", "10 TNE")])
    shop.run("works.make", [shop.out("part", "1000 TNE")], inputs={sold: "1000 TNE"})
    diesel = row("diesel/combustion/*/2006") + row("diesel/wellToTank/*/2016")
    return Outlier(((shop.name("part"), 2.2e6 + 400_000 * row("inlandFreight/cradleToGate/*/2025") + 10_000 * diesel),))
