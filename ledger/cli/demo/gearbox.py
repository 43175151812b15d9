"""The production of a gearbox: forged blanks, gears, shafts and housings, and assembly by serial number."""

from typing import Final

from ledger.cli.demo import figures
from ledger.cli.demo.actors import lot, product
from ledger.cli.demo.writing import MadeBatch, NewProduct, StoryWriter, amount, natural_gas, supply, take
from ledger.core.record.values import Flow, Output

MAKER: Final = "gearbox-maker"
PIECES: Final = 5
GEARS: Final = lot(MAKER, "gears-1")


def serial(number: int) -> str:
    """The physical identity of a gearbox, the same in all its lives."""
    return f"urn:example:{MAKER}:serial:GX-{number:04d}"


def new_gearbox(number: int) -> str:
    """The lot of a gearbox as it leaves assembly."""
    return lot(MAKER, f"gearbox-{number:04d}")


def define_gearbox(book: StoryWriter) -> None:
    """Products of the forge and the gearbox maker. A gearbox weighs 1,490 kg: gears 400, shafts 350, housing 700,
    bearings 40."""
    steel = {"steel": "1"}
    book.define("forge", "gear-blank", NewProduct("Forged gear blanks", materials=steel))
    book.define("forge", "shaft-blank", NewProduct("Forged shaft blanks", materials=steel))
    book.define("forge", "flash", NewProduct("Forging flash", materials=steel))
    book.define(MAKER, "gear", NewProduct("Cut and ground gears", materials=steel))
    book.define(MAKER, "shaft", NewProduct("Shafts", materials=steel))
    book.define(MAKER, "housing", NewProduct("Welded housings", materials=steel))
    book.define(MAKER, "swarf", NewProduct("Swarf", materials=steel))
    book.define(MAKER, "gearbox", NewProduct("Crane gearbox GX", unit="H87", mass="1490 KGM", materials=steel))


def press(book: StoryWriter, kind: str, day: str, steel: str, share: figures.SourcedFigure) -> str:
    """Forges 10 t of steel: `share` of it becomes blanks, the rest is flash. Returns the lot of blanks."""
    good, flash = share.times("10"), share.rest("10")
    blanks = lot("forge", f"{kind}-1")
    book.make("forge", "equipment.forging", day, MadeBatch(
        outputs=[
            Output(lot=blanks, product=product("forge", kind), quantity=amount(f"{good} TNE"), role="product"),
            Output(lot=lot("forge", f"flash-{kind}"), product=product("forge", "flash"),
                   quantity=amount(f"{flash} TNE"), role="waste", origin="preConsumer"),
        ],
        inputs=[take(steel, "10 TNE")],
        supplies=[
            natural_gas(figures.FORGE_GAS.times("10")),
            supply("electricity", f"{figures.FORGE_POWER.times('10')} KWH"),
        ],
        activity={"heating": "fuel", "temperature": "1200"},
    ), f"{kind}s are forged")
    return blanks


def cut(
    book: StoryWriter, kind: str, day: str, stock: Flow, share: figures.SourcedFigure, wind: str | None = None
) -> str:
    """Cuts parts from `stock` (in t): `share` of it becomes parts, the rest is swarf. Power is from the `wind` lot, or
    else from the grid. Returns the lot of parts."""
    taken = stock.quantity.value
    made, chips = share.times(taken), share.rest(taken)
    parts = lot(MAKER, f"{kind}s-1")
    power = figures.CUTTING.times(taken)
    book.make(MAKER, "equipment.machining", day, MadeBatch(
        outputs=[
            Output(lot=parts, product=product(MAKER, kind), quantity=amount(f"{made} TNE"), role="product"),
            Output(lot=lot(MAKER, f"swarf-{kind}"), product=product(MAKER, "swarf"), quantity=amount(f"{chips} TNE"),
                   role="waste", origin="preConsumer"),
        ],
        inputs=[stock, *([take(wind, f"{power} KWH")] if wind else [])],
        supplies=[] if wind else [supply("electricity", f"{power} KWH")],
        activity={"renewableShare": "1"} if wind else {},
    ), f"{kind}s are cut with {'wind power' if wind else 'power of the grid'}")
    return parts


def assemble(book: StoryWriter, day: str, wind: str) -> None:
    """Assembles five gearboxes, one lot each, so that the serial number identifies each of them."""
    power = figures.ASSEMBLING.times(str(PIECES))
    book.make(MAKER, "equipment.assembly", day, MadeBatch(
        outputs=[
            Output(lot=new_gearbox(number), product=product(MAKER, "gearbox"), quantity=amount("1 H87"),
                   role="product", item=serial(number))
            for number in range(1, PIECES + 1)
        ],
        inputs=[
            take(GEARS, "2 TNE"), take(lot(MAKER, "shafts-1"), "1.75 TNE"), take(lot(MAKER, "housings-1"), "3.5 TNE"),
            take(wind, f"{power} KWH"),
        ],
        supplies=[supply("bearing", f"{figures.NEW_BEARINGS.times(str(PIECES))} KGM")],
        activity={"joining": ["bolting", "pressing"], "renewableShare": "1"},
    ), "five gearboxes are assembled")
