"""From scrap and ore to steel: collection, processing, an arc furnace, and a blast furnace beside it."""

from typing import Final

from ledger.cli.demo import figures
from ledger.cli.demo.actors import lot, product
from ledger.cli.demo.writing import StoryWriter, amount, natural_gas, supply, take
from ledger.core.record.values import Flow, Output

ARC_STEEL: Final = lot("arc-mill", "heat-1")
BLAST_STEEL: Final = lot("blast-mill", "plate-1")


def define_steel(book: StoryWriter) -> None:
    """Products of the scrap and steel makers. Ferrous scrap and steel share a material name: so recycled content
    can be followed."""
    scrap = {"steel": figures.STEEL_IN_SCRAP.value}
    book.define("collector", "old-scrap", "Old scrap as found", sector="circular", materials=scrap,
                elements={"Cu": figures.COPPER_IN_SCRAP.value})
    book.define("collector", "collected-scrap", "Collected scrap", sector="circular", materials=scrap)
    book.define("processor", "shredded-scrap", "Shredded scrap", sector="steel",
                materials={"steel": figures.STEEL_IN_SHREDDED.value})
    book.define("processor", "residue", "Shredder residue", sector="circular",
                materials={"steel": figures.STEEL_IN_RESIDUE.value})
    book.define("arc-mill", "billet", "Gear steel billet, arc furnace", sector="steel", materials={"steel": "1"})
    book.define("arc-mill", "slag", "Arc furnace slag and dust", sector="steel", materials={"slag": "1"})
    book.define("blast-mill", "plate", "Steel from blast furnace and converter", sector="steel",
                materials={"steel": "1"})
    book.define("blast-mill", "slag", "Blast furnace slag", sector="steel", materials={"slag": "1"})


def gather(book: StoryWriter, batch: str, day: str, tonnes: list[str], whole: str) -> str:
    """Scrap is declared where it is found, driven together, and sold to the processor: `whole` t in all."""
    found = [
        book.collect("collector", Output(
            lot=lot("collector", f"found-{batch}-{i}"), product=product("collector", "old-scrap"),
            quantity=amount(f"{mass} TNE"), role="waste", origin="postConsumer",
        ), day, f"{mass} t of old scrap: waste, so it comes without burden")
        for i, mass in enumerate(tonnes, start=1)
    ]
    collected = lot("collector", f"collected-{batch}")
    book.make(
        "collector", "circular.collection", day,
        [Output(lot=collected, product=product("collector", "collected-scrap"), quantity=amount(f"{whole} TNE"),
                role="product")],
        "the round's diesel is the first burden of the loop", activity={"source": "machinery", "vehicle": "lorry"},
        inputs=[take(name, f"{mass} TNE") for name, mass in zip(found, tonnes, strict=True)],
        supplies=[supply("diesel", f"{figures.ROUNDS.times(whole)} KGM")],
    )
    return book.ship("collector", "processor", collected, f"{whole} TNE", f"sold-{batch}", day,
                     "collected scrap to the shredder", tonnes=whole, kilometres=60)


def shred(book: StoryWriter, batch: str, day: str, bought: str, tonnes: tuple[str, str, str]) -> str:
    """`tonnes`: taken, shredded, residue. The residue is burnt or dumped elsewhere; what is good goes to the mill."""
    taken, good, rest = tonnes
    shredded, residue = lot("processor", f"shredded-{batch}"), lot("processor", f"residue-{batch}")
    book.make(
        "processor", "steel.scrapProcessing", day,
        [
            Output(lot=shredded, product=product("processor", "shredded-scrap"), quantity=amount(f"{good} TNE"),
                   role="product"),
            Output(lot=residue, product=product("processor", "residue"), quantity=amount(f"{rest} TNE"), role="waste",
                   origin="postConsumer"),
        ],
        "shredded on the Jiangsu grid", inputs=[take(bought, f"{taken} TNE")],
        supplies=[supply("electricity", f"{figures.SHREDDING.times(taken)} KWH")],
        activity={"operations": ["sorting", "shredding"]},
    )
    book.consume("processor", [take(residue, f"{rest} TNE")], "disposed", day, "shredder residue is disposed of",
                 destination="landfill")
    return book.ship("processor", "arc-mill", shredded, f"{good} TNE", f"shredded-{batch}-delivered", day,
                     "shredded scrap to the arc furnace", tonnes=good, kilometres=40)


def melt(book: StoryWriter, heat: str, day: str, scrap: list[Flow], charged: str, slag: str, chromium: str) -> str:
    """`charged` t of scrap become gear steel on the Jiangsu grid; returns the lot. `chromium`: t of ferrochrome."""
    steel = figures.ARC_YIELD.times(charged)
    billets, left = lot("arc-mill", f"heat-{heat}"), lot("arc-mill", f"slag-{heat}")
    book.make(
        "arc-mill", "steel.electricArcFurnace", day,
        [
            Output(lot=billets, product=product("arc-mill", "billet"), quantity=amount(f"{steel} TNE"), role="product"),
            Output(lot=left, product=product("arc-mill", "slag"), quantity=amount(f"{slag} TNE"), role="waste",
                   origin="preConsumer"),
        ],
        "arc furnace steel from scrap", inputs=scrap, activity={"heats": 1},
        supplies=[
            supply("electricity", f"{figures.ARC_POWER.times(steel)} KWH"),
            supply("electrode", f"{figures.ELECTRODES.times(steel)} KGM"),
            supply("carburiser", f"{figures.CARBURISER.times(steel)} KGM"),
            natural_gas(figures.ARC_GAS.times(steel)),
            supply("lime", f"{figures.ARC_LIME.times(steel)} KGM"),
            supply("ferrochrome", f"{chromium} TNE"),
        ],
    )
    book.consume("arc-mill", [take(left, f"{slag} TNE")], "soldOutside", day, "slag to a cement works off the ledger")
    return billets


def smelt(book: StoryWriter, day: str) -> str:
    """100 t of steel from ore and coke in Hebei; what the upstream of ore, coke and lime emits nobody has declared."""
    steel, iron = "100", figures.HOT_METAL.times("100")
    slag = lot("blast-mill", "slag-1")
    book.make(
        "blast-mill", "steel.blastFurnaceBasicOxygen", day,
        [
            Output(lot=BLAST_STEEL, product=product("blast-mill", "plate"), quantity=amount(f"{steel} TNE"),
                   role="product"),
            Output(lot=slag, product=product("blast-mill", "slag"), quantity=amount("30 TNE"), role="waste",
                   origin="preConsumer"),
        ],
        "blast furnace and converter steel beside it",
        supplies=[
            supply("sinter", f"{figures.SINTER.times(steel)} TNE"),
            supply("pellet", f"{figures.PELLETS.times(steel)} TNE"),
            supply("coke", f"{figures.COKE.times(iron)} TNE"),
            supply("anthracite", f"{figures.COAL.times(iron)} TNE"),
            supply("scrap", f"{figures.CONVERTER_SCRAP.times(steel)} TNE"),
            supply("limestone", f"{figures.LIMESTONE.times(steel)} TNE"),
            supply("dolomite", f"{figures.DOLOMITE.times(steel)} TNE"),
            supply("electricity", f"{figures.MILL_POWER.times(steel)} KWH"),
        ],
        activity={"hotMetal": {"unit": "TNE", "value": iron}},
    )
    book.consume("blast-mill", [take(slag, "30 TNE")], "soldOutside", day, "slag to a cement works off the ledger")
    return BLAST_STEEL
