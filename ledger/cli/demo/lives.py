"""The two lives of a gearbox: sale and use, return as a core, remanufacture with new parts, and a second sale."""

from typing import Final, NamedTuple

from ledger.cli.demo import figures
from ledger.cli.demo.actors import ACTORS, lot, product
from ledger.cli.demo.gearbox import GEARS, MAKER, new_gearbox, serial
from ledger.cli.demo.writing import Delivery, EndUse, Lorry, MadeBatch, NewProduct, StoryWriter, amount, supply, take
from ledger.core.record.values import Output, PreviousLife

REMAKER: Final = "remanufacturer"
RENEWED: Final = lot(REMAKER, "gearbox-0001-second-life")
OLD_ITEM: Final = f"{ACTORS['port'].prefix}asset:crane-7-gearbox"
_CORE_MASS: Final = "1485 KGM"


class Core(NamedTuple):
    """A core at the remanufacturer: its lot, its physical `item`, and the name of the lot after remanufacture."""

    lot: str
    item: str
    renewed: str


def define_lives(book: StoryWriter) -> None:
    """Products of the remanufacturer: a rebuilt gearbox is its own product, the physical item stays the same."""
    book.define(REMAKER, "gearbox", NewProduct(
        "Remanufactured crane gearbox GX", unit="H87", mass="1490 KGM", materials={"steel": "1"},
    ))
    book.define(REMAKER, "worn-part", NewProduct("Worn gears and bearings", materials={"steel": "1"}))


def sell(book: StoryWriter, number: int, day: str) -> str:
    """Sells a new gearbox to the port, in a crate without an emission factor. Returns the port's lot."""
    return book.ship(MAKER, "port", take(new_gearbox(number), "1 H87"), Delivery(
        f"gearbox-{number:04d}-sold", day, f"gearbox {number} to the port", Lorry("1.49", 400),
        [supply("woodenCrate", "60 KGM")],
    ))


def wear_out(book: StoryWriter, number: int, owned: str, day: str) -> str:
    """Ends the first life: its burden stays with the use, and a core without burden remains. Returns the core's lot."""
    core = lot("port", f"core-{number:04d}")
    book.consume(
        "port", [take(owned, "1 H87")], EndUse("finalUse", day), f"gearbox {number} is worn out: its core remains",
        [Output(lot=core, product=product(MAKER, "gearbox"), quantity=amount("1 H87"), mass=amount(_CORE_MASS),
                role="core", item=serial(number))],
    )
    return core


def find_core(book: StoryWriter, day: str) -> str:
    """Declares a core from before the ledger, with an estimated age and an unknown first life. Returns its lot."""
    return book.collect("port", Output(
        lot=lot("port", "core-old"), product=product(MAKER, "gearbox"), quantity=amount("1 H87"),
        mass=amount(_CORE_MASS), role="core", item=OLD_ITEM,
        previous_life=PreviousLife(estimated_years="12"),
    ), day, "a gearbox of the same type from before the ledger")


def rebuild(book: StoryWriter, core: Core, day: str, gears: str, wind: str) -> str:
    """A core, new gears and new bearings become a gearbox. Returns its lot.

    Half of the electricity is wind power, half is from the grid. 132 kg of worn parts leave, 3 kg of dirt are lost. The
    core identifies the earlier life: its lot is from the consumption that ended that life, or from a declaration.
    """
    renewed, worn = lot(REMAKER, core.renewed), lot(REMAKER, f"worn-{core.renewed}")
    half = figures.REBUILDING.times("0.5")
    new_gears, bearings = figures.NEW_GEARS.value, figures.NEW_BEARINGS.value
    book.make(REMAKER, "equipment.remanufacturing", day, MadeBatch(
        outputs=[
            Output(lot=renewed, product=product(REMAKER, "gearbox"), quantity=amount("1 H87"), role="product",
                   item=core.item),
            Output(lot=worn, product=product(REMAKER, "worn-part"), quantity=amount("0.132 TNE"), role="waste",
                   origin="postConsumer"),
        ],
        inputs=[take(core.lot, "1 H87"), take(gears, f"{new_gears} KGM"), take(wind, f"{half} KWH")],
        supplies=[
            supply("bearing", f"{bearings} KGM"), supply("detergent", "5 KGM"), supply("electricity", f"{half} KWH"),
        ],
        activity={
            "cleaning": "detergent", "cleaningMedium": "detergent", "renewableShare": "1",
            "replaced": [
                {"count": 4, "mass": {"unit": "KGM", "value": new_gears}, "part": "planet gear"},
                {"count": 6, "mass": {"unit": "KGM", "value": bearings}, "part": "bearing"},
            ],
            "restoration": ["grinding", "laserCladding"],
        },
    ), "a core becomes a gearbox with a second life")
    return renewed


def buy_parts(book: StoryWriter, day: str) -> str:
    """Ships new gears for two gearboxes. Returns the remanufacturer's lot."""
    return book.ship(MAKER, REMAKER, take(GEARS, "0.2 TNE"), Delivery(
        "gears-spare", day, "new gears to the remanufacturer", Lorry("0.2", 400),
    ))


def bring_back(book: StoryWriter, core: str, name: str, day: str) -> str:
    """Ships a core to the remanufacturer. Returns the remanufacturer's lot."""
    return book.ship("port", REMAKER, take(core, "1 H87"), Delivery(
        f"{name}-returned", day, "the core goes to the remanufacturer", Lorry("1.485", 30),
    ))


def sell_again(book: StoryWriter, renewed: str, name: str, day: str) -> str:
    """Sells a remanufactured gearbox to the port. Returns the port's lot."""
    return book.ship(REMAKER, "port", take(renewed, "1 H87"), Delivery(
        f"{name}-sold", day, "sold again, to the same port", Lorry("1.49", 30),
    ))
