"""Honest metals: hydropower, hydrogen, precious co-products, wind contracts, trial heats, months until closed."""

from acceptance.outliers.outlier import Outlier
from support.market import Market, evidence, factor, nature, row, supply

NORWAY = "electricity/cradleToGate/NO/2024"
SWEDEN = "electricity/cradleToGate/SE/2024"
GERMANY = "electricity/cradleToGate/DE/2024"
GAS_BURNT = ("naturalGas/combustion/*/2006", "naturalGas/wellToTank/EUR/2017")


def hydro_aluminium(market: Market) -> Outlier:
    """Aluminium from a smelter on Norway's grid, 98 % hydropower.

    By hand, kg per t of metal: alumina 1,925 * 1.2 = 2,310; anodes 490 * 1.85 = 907; power 13,900 kWh * 0.0324 = 451;
    anode carbon 410 * (1 - 0.02 - 0.004) * 44/12 = 1,467; fluoride 16 * 2.57 = 41; CF4 at the slope of 0.122
    kg/(t * minutes) * 0.1 minutes with GWP 7,380 = 90, and C2F6 0.097 of CF4 with 12,400 = 15 ((EU) 2025/2547, point
    feeders). Together 5,281, a third of the world's 14.8 kg per kg. Norsk Hydro states 4.0 for its Reduxa, with the
    alumina of its own gas-fired refinery.
    """
    smelter = market.company("smelter", "NO").products("nonferrous", metal="aluminium")
    smelter.product("butts", "nonferrous")
    smelter.run(
        "nonferrous.aluminiumElectrolysis",
        [smelter.out("metal", "1000 TNE"), smelter.out("butts", "70 TNE", "waste", origin="preConsumer")],
        [supply("alumina", "1925 TNE"), supply("anode", "490 TNE"), supply("electricity", "13900 MWH"),
         supply("aluminiumFluoride", "16 TNE")],
        activity={"anodeNetConsumption": "0.41", "sulphur": "0.02", "ash": "0.004", "anodeEffects": {
            "frequency": "0.05", "minutes": "2", "technology": "pfpbLarge"}},
        evidence=[evidence("meterReading"), evidence("weighing")],
    )
    upstream = 1.925e6 * row("alumina/cradleToGate/*/2019") + 490_000 * row("anode/cradleToGate/*/2019") + (
        16_000 * row("aluminiumFluoride/cradleToGate/*/2024"))
    cells = 1e6 * 0.41 * (1 - 0.02 - 0.004) * 44 / 12 + 1e3 * 0.122 * 0.1 * (7380 + 0.097 * 12400)
    return Outlier(((smelter.name("metal"), upstream + cells + 13.9e6 * row(NORWAY)),))


def hydrogen_iron(market: Market) -> Outlier:
    """Sponge iron reduced by electrolytic hydrogen in northern Sweden.

    58 kg of hydrogen per t of product at 52 kWh per kg (stoichiometry: 54 kg per t of iron from hematite; HYBRIT states
    51 kg and 3,500 kWh in all). Pellets of magnetite, made with fossil-free power, by the maker's EPD: 0.06 kg per kg.
    By hand: 58,000 * 52 * 0.0385 = 116 t, pellets 1,400 t * 0.06 = 84 t, gas heater 350 MWh * 0.0385 = 13 t: together
    214 kg per t. The gas route, of which the usual range is, has 470 to 1,100.
    """
    cells = market.company("cells", "SE").products("petrochemicals", hydrogen="hydrogen")
    cells.run("petrochemicals.hydrogen", [cells.out("hydrogen", "58 TNE")],
              [supply("electricity", "3016 MWH"), nature("water", "640 TNE")],
              activity={"method": "electrolysis", "electrolyser": "alkaline"})
    shaft = market.company("shaft", "SE").products("steel", iron="directReducedIron")
    hydrogen = cells.send("hydrogen", "58 TNE", shaft)
    shaft.run(
        "steel.directReduction", [shaft.out("iron", "1000 TNE")],
        [supply("pellet", "1400 TNE", factor=factor("0.06", "KGM")), supply("electricity", "350 MWH")],
        {hydrogen: "58 TNE"}, {"ironContent": {"pellet": "0.67"}},
        evidence=[evidence("environmentalProductDeclaration:pellet"), evidence("meterReading")],
    )
    figure = (3.016e6 + 350_000) * row(SWEDEN) + 1.4e6 * 0.06
    return Outlier(((shaft.name("iron"), figure),))


def gold_beside_copper(market: Market) -> Outlier:
    """A smelter whose concentrate holds 10 g of gold per t: the gold carries a quarter of the burden by value.

    Prices, averages of a year (LME, LBMA): copper 8,500 EUR per t, gold 75,000 per kg, acid 40 per t, slag 8 per t. The
    ratio of prices per kg is 8,800, far above 5, so allocation is by value (PACT 3). 970 t of cathodes are worth 8.245
    million, 40 kg of gold 3.0, 3,700 t of acid 0.148, 2,600 t of slag 0.021: of 11.414 million 72.2 % and 26.3 %.
    """
    smelter = market.company("smelter", "FI")
    smelter.products("nonferrous", cathode="copper", slag="copperSlag")
    smelter.product("gold", "nonferrous", "KGM", materials={"gold": "1"})
    smelter.product("acid", "nonferrous", materials={"sulphuricAcid": "0.96"})
    smelter.run(
        "nonferrous.copperSmelting",
        [smelter.out("cathode", "970 TNE", value="8245000 EUR"),
         smelter.out("gold", "40 KGM", "coProduct", value="3000000 EUR"),
         smelter.out("acid", "3700 TNE", "coProduct", value="148000 EUR"),
         smelter.out("slag", "2600 TNE", "byProduct", value="20800 EUR")],
        [supply("copperConcentrate", "4000 TNE"), supply("electricity", "1500 MWH"),
         supply("naturalGas", "150000 NM3", "112.5 TNE"), supply("silica", "500 TNE"), nature("air", "2000 TNE"),
         nature("water", "800 TNE")],
        activity={"contents": {"copperConcentrate": "0.25"}, "sulphurContents": {"copperConcentrate": "0.3"}},
        allocation="value", evidence=[evidence("invoice"), evidence("analysis:copperConcentrate")],
    )
    whole = 4e6 * row("oreConcentrate/cradleToGate/*/2020") + 1.5e6 * row("electricity/cradleToGate/FI/2024") + (
        500_000 * row("sand/cradleToGate/*/2022") + 150_000 * sum(row(name) for name in GAS_BURNT))
    value = 8_245_000 + 3_000_000 + 148_000 + 20_800
    return Outlier(((smelter.name("cathode"), whole * 8_245_000 / value),
                    (smelter.name("gold"), whole * 3_000_000 / value)))


def wind_powered_scrap(market: Market) -> Outlier:
    """Steel of old scrap alone, from an arc furnace with a wind contract, in Sweden.

    Scrap from end users carries no burden but its collection (cut-off). By hand, kg per t: power 420 kWh * 0.0385 = 16
    by location (the contract, 0.011, counts in the market-based total, with its evidence); lime 35 * 1.19 = 42;
    silicomanganese 6 * 6.94 = 42 and ferrosilicon 2 * 9.03 = 18; coal, gas and electrodes, burnt and upstream, 38;
    carbon of scrap less that of steel, 15 * 1.1 - 15.4 = 1 (GB/T 32151.5); oxygen 11, freight 6: 173. Scrap furnaces
    emit 72 to 180 kg directly (BREF iron and steel 2013, table 8.1).
    """
    yard = market.company("yard", "SE").products("circular", scrap="steel")
    yard.collect(yard.out("scrap", "1100 TNE", "waste", origin="postConsumer"), evidence("weighing"),
                 evidence("deliveryNote"))
    mill = market.company("mill", "SE").products("steel", billet="steel")
    mill.product("slag", "steel")
    scrap = yard.send("scrap", "1100 TNE", mill, transport=[supply("railFreight", "330000 TKM")])
    mill.run(
        "steel.electricArcFurnace",
        [mill.out("billet", "1000 TNE"), mill.out("slag", "110 TNE", "waste", origin="preConsumer")],
        [supply("electricity", "420 MWH", factor=factor("0.011", "KWH")), supply("lime", "35 TNE"),
         supply("naturalGas", "4000 NM3", "3 TNE"), supply("anthracite", "5 TNE"), supply("electrode", "1.4 TNE"),
         supply("oxygen", "30000 NM3", "42.9 TNE"), supply("silicomanganese", "6 TNE"),
         supply("ferrosilicon", "2 TNE")],
        {scrap: "1100 TNE"}, {"heats": 10},
        evidence=[evidence("supplierFactor:electricity"), evidence("meterReading")],
    )
    coal = row("anthracite/combustion/*/2006") + row("anthracite/wellToTank/*/2016")
    carbon = 5_000 * coal + 4_000 * sum(row(name) for name in GAS_BURNT) + 1_400 * 3.663 + 1.1e6 * 0.015 - 15_400
    bought = {"lime/cradleToGate/*/2019": 35_000, "electrode/cradleToGate/*/2021": 1_400,
              "oxygen/cradleToGate/*/2011": 30_000, "silicomanganese/cradleToGate/*/2016": 6_000,
              "ferrosilicon/cradleToGate/*/2024": 2_000, "railFreight/cradleToGate/*/2025": 330_000}
    figure = carbon + 420_000 * row(SWEDEN) + sum(amount * row(name) for name, amount in bought.items())
    return Outlier(((mill.name("billet"), figure),))


def trial_heats(market: Market) -> Outlier:
    """A foundry casts a trial heat that is rejected whole, and remelts it: a run without any product.

    The trial took 2.1 t of scrap, 1,300 kWh and its alloys; its 2 t of rejects go back into the furnace with 100 t of
    scrap, for 98 t of castings. Of the month's melting 2 % are trials: foundries reject 2 to 5 %. By hand: 98 MWh *
    0.4245 = 41.6 t, ferrosilicon 2 * 9.03, carburiser 3.2 * 5.48, sand and bentonite 4.5: 81.6 t. The trial's own
    1.2 t stays with its record.
    """
    foundry = market.company("foundry", "DE").products("equipment", casting="castIron", reject="castIron")
    yard = market.company("yard", "DE").products("circular", scrap="steel")
    yard.collect(yard.out("scrap", "105 TNE", "waste", origin="postConsumer"))
    scrap = yard.send("scrap", "105 TNE", foundry)
    melting = {"furnace": "induction", "moulding": "greenSand"}
    papers = [evidence("meterReading"), evidence("inspection:rejected")]
    foundry.run("equipment.casting", [foundry.out("reject", "2 TNE", "waste", origin="preConsumer")],
                [supply("electricity", "1300 KWH"), supply("ferrosilicon", "40 KGM"), supply("carburiser", "60 KGM")],
                {scrap: "2.1 TNE"}, melting, evidence=papers)
    foundry.run("equipment.casting", [foundry.out("casting", "98 TNE")],
                [supply("electricity", "98000 KWH"), supply("ferrosilicon", "2 TNE"), supply("carburiser", "3.2 TNE"),
                 supply("mouldingSand", "20 TNE"), supply("bentonite", "4 TNE")],
                {scrap: "100 TNE", foundry.name("reject"): "2 TNE"}, melting, evidence=papers)
    figure = (98_000 * row(GERMANY) + 2_000 * row("ferrosilicon/cradleToGate/*/2024")
              + 3_200 * row("electrode/cradleToGate/*/2021") + 20_000 * row("sand/cradleToGate/*/2022")
              + 4_000 * row("bentonite/cradleToGate/*/2014"))
    return Outlier(((foundry.name("casting"), figure),))


def provisional_month(market: Market) -> Outlier:
    """A foundry sells castings day by day and reads its meters at the end of the month.

    Two records of 50 t state no energy; the closing brings 95 MWh and 9,000 Nm3 of gas. Each gets half, by mass. By
    hand: 47.5 MWh * 0.4245 = 20.2 t, gas 4,500 * 2.42 = 10.9 t, ferrosilicon 1 * 9.03, carburiser 1.6 * 5.48: 48.9 t.
    """
    yard = market.company("yard", "DE").products("circular", scrap="steel")
    yard.collect(yard.out("scrap", "110 TNE", "waste", origin="postConsumer"))
    foundry = market.company("foundry", "DE").products("equipment", casting="castIron")
    customer = market.company("customer", "DE")
    scrap = yard.send("scrap", "110 TNE", foundry)
    sold = []
    for name in ("early", "late"):
        foundry.run("equipment.casting", [foundry.out("casting", "50 TNE", name=name)],
                    [supply("ferrosilicon", "1 TNE"), supply("carburiser", "1.6 TNE")], {scrap: "52 TNE"},
                    {"furnace": "induction"}, basis="provisional")
        sold.append(foundry.send(name, "50 TNE", customer))
    foundry.close(supply("electricity", "95 MWH"), supply("naturalGas", "9000 NM3", "6.75 TNE"))
    figure = (47_500 * row(GERMANY) + 4_500 * sum(row(name) for name in GAS_BURNT)
              + 1_000 * row("ferrosilicon/cradleToGate/*/2024") + 1_600 * row("electrode/cradleToGate/*/2021"))
    return Outlier(tuple((lot, figure) for lot in (foundry.name("early"), *sold)))
