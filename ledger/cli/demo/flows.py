"""From scrap and ore to steel: collection, processing, an arc furnace, and a blast furnace for comparison."""

from typing import Final, NamedTuple

from ledger.cli.demo import figures
from ledger.cli.demo.actors import lot, product
from ledger.cli.demo.writing import (
    Delivery,
    EndUse,
    Lorry,
    MadeBatch,
    NewProduct,
    StoryWriter,
    amount,
    natural_gas,
    supply,
    take,
)
from ledger.core.record.values import Flow, Output

ARC_STEEL: Final = lot("arc-mill", "heat-1")
BLAST_STEEL: Final = lot("blast-mill", "plate-1")


class Heat(NamedTuple):
    """A heat of the arc furnace: t of scrap charged, of slag, and of ferrochrome (`chromium`)."""

    number: str
    day: str
    charged: str
    slag: str
    chromium: str


def define_steel(book: StoryWriter) -> None:
    """Products of the scrap and steel makers. Ferrous scrap and steel share a material name, so that recycled content
    can be followed."""
    scrap = {"steel": figures.STEEL_IN_SCRAP.value}
    book.define("collector", "old-scrap", NewProduct(
        "Old scrap as found", "circular", materials=scrap, elements={"Cu": figures.COPPER_IN_SCRAP.value},
    ))
    book.define("collector", "collected-scrap", NewProduct("Collected scrap", "circular", materials=scrap))
    book.define("processor", "shredded-scrap", NewProduct(
        "Shredded scrap", "steel", materials={"steel": figures.STEEL_IN_SHREDDED.value},
    ))
    book.define("processor", "residue", NewProduct(
        "Shredder residue", "circular", materials={"steel": figures.STEEL_IN_RESIDUE.value},
    ))
    book.define("arc-mill", "billet", NewProduct("Gear steel billet, arc furnace", "steel", materials={"steel": "1"}))
    book.define("arc-mill", "slag", NewProduct("Arc furnace slag and dust", "steel", materials={"slag": "1"}))
    book.define("blast-mill", "plate", NewProduct(
        "Steel from blast furnace and converter", "steel", materials={"steel": "1"},
    ))
    book.define("blast-mill", "slag", NewProduct("Blast furnace slag", "steel", materials={"slag": "1"}))


def gather(book: StoryWriter, batch: str, day: str, tonnes: list[str], whole: str) -> str:
    """The collector declares scrap at its origins, collects it, and sells it to the processor: `whole` t in total."""
    origins = [
        book.collect("collector", Output(
            lot=lot("collector", f"found-{batch}-{i}"), product=product("collector", "old-scrap"),
            quantity=amount(f"{mass} TNE"), role="waste", origin="postConsumer",
        ), day, f"{mass} t of old scrap: waste, so it comes without burden")
        for i, mass in enumerate(tonnes, start=1)
    ]
    collected = lot("collector", f"collected-{batch}")
    book.make("collector", "circular.collection", day, MadeBatch(
        outputs=[Output(lot=collected, product=product("collector", "collected-scrap"),
                        quantity=amount(f"{whole} TNE"), role="product")],
        inputs=[take(name, f"{mass} TNE") for name, mass in zip(origins, tonnes, strict=True)],
        supplies=[supply("diesel", f"{figures.ROUNDS.times(whole)} KGM")],
        activity={"source": "machinery", "vehicle": "lorry"},
    ), "the round's diesel is the first burden of the loop")
    return book.ship("collector", "processor", take(collected, f"{whole} TNE"), Delivery(
        f"sold-{batch}", day, "collected scrap to the shredder", Lorry(whole, 60),
    ))


def shred(book: StoryWriter, batch: str, day: str, bought: str, tonnes: tuple[str, str, str]) -> str:
    """`tonnes`: taken, shredded, residue. The residue is burnt or dumped elsewhere; the shredded scrap goes to the
    mill."""
    taken, good, rest = tonnes
    shredded, residue = lot("processor", f"shredded-{batch}"), lot("processor", f"residue-{batch}")
    book.make("processor", "steel.scrapProcessing", day, MadeBatch(
        outputs=[
            Output(lot=shredded, product=product("processor", "shredded-scrap"), quantity=amount(f"{good} TNE"),
                   role="product"),
            Output(lot=residue, product=product("processor", "residue"), quantity=amount(f"{rest} TNE"), role="waste",
                   origin="postConsumer"),
        ],
        inputs=[take(bought, f"{taken} TNE")],
        supplies=[supply("electricity", f"{figures.SHREDDING.times(taken)} KWH")],
        activity={"operations": ["sorting", "shredding"]},
    ), "shredded with grid electricity of Jiangsu")
    book.consume("processor", [take(residue, f"{rest} TNE")], EndUse("disposed", day, "landfill"),
                 "shredder residue goes to landfill")
    return book.ship("processor", "arc-mill", take(shredded, f"{good} TNE"), Delivery(
        f"shredded-{batch}-delivered", day, "shredded scrap to the arc furnace", Lorry(good, 40),
    ))


def melt(book: StoryWriter, heat: Heat, scrap: list[Flow]) -> str:
    """Scrap becomes gear steel with grid electricity of Jiangsu; returns the lot of steel."""
    steel = figures.ARC_YIELD.times(heat.charged)
    billets, slag = lot("arc-mill", f"heat-{heat.number}"), lot("arc-mill", f"slag-{heat.number}")
    book.make("arc-mill", "steel.electricArcFurnace", heat.day, MadeBatch(
        outputs=[
            Output(lot=billets, product=product("arc-mill", "billet"), quantity=amount(f"{steel} TNE"), role="product"),
            Output(lot=slag, product=product("arc-mill", "slag"), quantity=amount(f"{heat.slag} TNE"), role="waste",
                   origin="preConsumer"),
        ],
        inputs=scrap,
        supplies=[
            supply("electricity", f"{figures.ARC_POWER.times(steel)} KWH"),
            supply("electrode", f"{figures.ELECTRODES.times(steel)} KGM"),
            supply("carburiser", f"{figures.CARBURISER.times(steel)} KGM"),
            natural_gas(figures.ARC_GAS.times(steel)),
            supply("lime", f"{figures.ARC_LIME.times(steel)} KGM"),
            supply("ferrochrome", f"{heat.chromium} TNE"),
        ],
        activity={"heats": 1},
    ), "arc furnace steel from scrap")
    book.consume("arc-mill", [take(slag, f"{heat.slag} TNE")], EndUse("soldOutside", heat.day),
                 "slag to a cement works off the ledger")
    return billets


def smelt(book: StoryWriter, day: str) -> str:
    """100 t of steel from ore and coke in Hebei. Nobody has declared the upstream emissions of ore, coke and lime."""
    steel, iron = "100", figures.HOT_METAL.times("100")
    slag = lot("blast-mill", "slag-1")
    book.make("blast-mill", "steel.blastFurnaceBasicOxygen", day, MadeBatch(
        outputs=[
            Output(lot=BLAST_STEEL, product=product("blast-mill", "plate"), quantity=amount(f"{steel} TNE"),
                   role="product"),
            Output(lot=slag, product=product("blast-mill", "slag"), quantity=amount("30 TNE"), role="waste",
                   origin="preConsumer"),
        ],
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
    ), "blast furnace and converter steel, for comparison")
    book.consume("blast-mill", [take(slag, "30 TNE")], EndUse("soldOutside", day),
                 "slag to a cement works off the ledger")
    return BLAST_STEEL
