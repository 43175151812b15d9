"""Honest plants whose fuels and combustible raw materials come as lots or supplies, and stay in what they make."""

from support.market import Company, Market, evidence, nature, row, supply

GAS_UPSTREAM = row("naturalGas/wellToTank/EU/2017")


def tell(market: Market) -> None:
    """All of them."""
    ammonia_of_a_lot_of_gas(market)
    methanol_of_a_lot_of_gas(market)
    ethylene_of_a_lot_of_ethane(market)
    dimethyl_ether_of_methanol(market)
    asphalt_with_bitumen(market)
    sleepers_with_tar(market)
    waxed_paper(market)


def bought(market: Market, buyer: Company, material: str, amount: str, upstream: float) -> str:
    """A lot of a material from its maker, who has a paper for its burden."""
    maker = market.company(f"maker-of-{material.lower()}", "DE")
    maker.product("lot", "goods", amount.split()[1], materials={material: "1"})
    density = 0.7576 if material == "naturalGas" else None
    mass = None if density is None else supply("x", "1 KGM", f"{float(amount.split()[0]) * density:.0f} KGM").mass
    maker.declare(lot=maker.out("lot", amount, mass=mass), evidence=[evidence("supplierFactor")],
                  burdens={"fossilGhgEmissions": f"{upstream:.0f}"})
    return maker.send("lot", amount, buyer)


def ammonia_of_a_lot_of_gas(market: Market) -> None:
    """33 GJ of gas per tonne."""
    plant = market.company("ammonia", "DE").products("petrochemicals", ammonia="ammonia")
    gas = bought(market, plant, "naturalGas", "910000 NM3", 910_000 * GAS_UPSTREAM)
    plant.run("petrochemicals.ammonia", [plant.out("ammonia", "1000 TNE")],
              [nature("air", "1200 TNE"), nature("water", "1500 TNE"), supply("electricity", "100 MWH")],
              {gas: "910000 NM3"})


def methanol_of_a_lot_of_gas(market: Market) -> None:
    """34 GJ of gas per tonne, for a plant that has its gas of another maker."""
    plant = market.company("methanol", "DE").products("petrochemicals", methanol="methanol")
    maker = market.company("gas", "DE")
    maker.product("gas", "goods", "NM3", materials={"naturalGas": "1"})
    maker.declare(lot=maker.out("gas", "940000 NM3", mass=supply("x", "1 KGM", "712144 KGM").mass),
                  evidence=[evidence("supplierFactor")],
                  burdens={"fossilGhgEmissions": f"{940_000 * GAS_UPSTREAM:.0f}"})
    gas = maker.send("gas", "940000 NM3", plant)
    plant.run("petrochemicals.methanol", [plant.out("methanol", "1000 TNE")],
              [nature("water", "900 TNE"), supply("electricity", "60 MWH")], {gas: "940000 NM3"})


def ethylene_of_a_lot_of_ethane(market: Market) -> None:
    plant = market.company("cracker", "DE").products(
        "petrochemicals", ethylene="ethylene", hydrogen="hydrogen", methane="methane")
    ethane = bought(market, plant, "ethane", "1270 TNE", 1_270_000 * row("ethane/cradleToGate/*/2025"))
    plant.run("petrochemicals.steamCracking",
              [plant.out("ethylene", "1000 TNE"), plant.out("hydrogen", "75 TNE", "coProduct"),
               plant.out("methane", "85 TNE", "coProduct")],
              [supply("naturalGas", "400000 NM3", "303 TNE"), supply("electricity", "130 MWH")],
              {ethane: "1270 TNE"}, allocation="mass")


def dimethyl_ether_of_methanol(market: Market) -> None:
    """A sector of a third party: 1.4 t of methanol, bought as a supply and as a lot, give a tonne of ether."""
    plant = market.company("ether", "DE").products("works", ether="dimethylEther")
    methanol = bought(market, plant, "methanol", "700 TNE", 700_000 * row("methanol/cradleToGate/*/2025"))
    plant.run("works.make", [plant.out("ether", "1000 TNE")],
              [supply("methanol", "710 TNE"), supply("heat", "2000 GV"), supply("electricity", "50 MWH")],
              {methanol: "700 TNE"})


def asphalt_with_bitumen(market: Market) -> None:
    """Asphalt names no bitumen, and its gravel loses dust."""
    plant = market.company("asphalt", "DE").products("works", asphalt="asphalt")
    bitumen = bought(market, plant, "bitumen", "50 TNE", 50_000 * row("bitumen/cradleToGate/*/2022"))
    plant.run("works.make", [plant.out("asphalt", "1000 TNE")],
              [supply("gravel", "700 TNE"), supply("sand", "260 TNE"), supply("heat", "300 GV")], {bitumen: "50 TNE"})


def sleepers_with_tar(market: Market) -> None:
    """Sleepers of beech, whose material is wood, with a tenth of oils of tar."""
    plant = market.company("sleepers", "DE").products("works", sleeper="wood")
    tar = bought(market, plant, "coalTar", "50 TNE", 50_000 * row("coalTar/wellToTank/*/2016"))
    plant.run("works.make", [plant.out("sleeper", "540 TNE")],
              [supply("wood", "500 TNE"), supply("electricity", "20 MWH"), supply("heat", "300 GV")], {tar: "50 TNE"})


def waxed_paper(market: Market) -> None:
    plant = market.company("paper", "DE").products("works", paper="paper")
    wax = bought(market, plant, "otherPetroleum", "10 TNE", 10_000 * row("otherPetroleum/wellToTank/*/2016"))
    plant.run("works.make", [plant.out("paper", "108 TNE")],
              [supply("paper", "100 TNE"), supply("electricity", "10 MWH")], {wax: "10 TNE"})
