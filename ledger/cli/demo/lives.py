"""The two lives of a gearbox: sold and used, back as a core, remanufactured with new parts, and sold again."""

from typing import Final

from ledger.cli.demo import figures
from ledger.cli.demo.actors import ACTORS, lot, product
from ledger.cli.demo.gearbox import GEARS, MAKER, new_gearbox, serial
from ledger.cli.demo.writing import StoryWriter, amount, supply, take
from ledger.core.record.values import Output, PreviousLife

REMAKER: Final = "remanufacturer"
RENEWED: Final = lot(REMAKER, "gearbox-0001-second-life")
OLD_ITEM: Final = f"{ACTORS['port'].prefix}asset:crane-7-gearbox"
_CORE_MASS: Final = "1485 KGM"


def define_lives(book: StoryWriter) -> None:
    """Products of the remanufacturer: a rebuilt gearbox is its own product, the physical item stays the same."""
    book.define(REMAKER, "gearbox", "Remanufactured crane gearbox GX", unit="H87", mass="1490 KGM",
                materials={"steel": "1"})
    book.define(REMAKER, "worn-part", "Worn gears and bearings", materials={"steel": "1"})


def sell(book: StoryWriter, number: int, day: str) -> str:
    """A new gearbox to the port, in a crate that nobody has priced. Returns the port's lot."""
    return book.ship(
        MAKER, "port", new_gearbox(number), "1 H87", f"gearbox-{number:04d}-sold", day,
        f"gearbox {number} to the port", tonnes="1.49", kilometres=400, packaging=[supply("woodenCrate", "60 KGM")],
    )


def wear_out(book: StoryWriter, number: int, owned: str, day: str) -> str:
    """Ends the first life: its burden stays with the use, and a core without burden is left. Returns the core."""
    core = lot("port", f"core-{number:04d}")
    book.consume(
        "port", [take(owned, "1 H87")], "finalUse", day, f"gearbox {number} is worn out: its core remains",
        [Output(lot=core, product=product(MAKER, "gearbox"), quantity=amount("1 H87"), mass=amount(_CORE_MASS),
                role="core", item=serial(number))],
    )
    return core


def find_core(book: StoryWriter, day: str) -> str:
    """A core from before the ledger: its age is estimated, its first life unknown."""
    return book.collect("port", Output(
        lot=lot("port", "core-old"), product=product(MAKER, "gearbox"), quantity=amount("1 H87"),
        mass=amount(_CORE_MASS), role="core", item=OLD_ITEM,
        previous_life=PreviousLife(estimated_years="12"),
    ), day, "a gearbox of the same type from before the ledger")


def rebuild(book: StoryWriter, core: str, item: str, name: str, day: str, gears: str, wind: str) -> str:
    """A core, new gears and new bearings become a gearbox. Returns its lot.

    Half of the work's power is wind power, half the grid's. 132 kg of worn parts leave, 3 kg of dirt are lost. Which
    life the gearbox had before, its core says: the lot of a consumption that ended it, or of a declaration.
    """
    renewed, worn = lot(REMAKER, name), lot(REMAKER, f"worn-{name}")
    half = figures.REBUILDING.times("0.5")
    new_gears, bearings = figures.NEW_GEARS.value, figures.NEW_BEARINGS.value
    book.make(
        REMAKER, "equipment.remanufacturing", day,
        [
            Output(lot=renewed, product=product(REMAKER, "gearbox"), quantity=amount("1 H87"), role="product",
                   item=item),
            Output(lot=worn, product=product(REMAKER, "worn-part"), quantity=amount("0.132 TNE"), role="waste",
                   origin="postConsumer"),
        ],
        "a core becomes a gearbox with a second life",
        inputs=[take(core, "1 H87"), take(gears, f"{new_gears} KGM"), take(wind, f"{half} KWH")],
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
    )
    return renewed


def buy_parts(book: StoryWriter, day: str) -> str:
    """New gears for two gearboxes. Returns the remanufacturer's lot."""
    return book.ship(MAKER, REMAKER, GEARS, "0.2 TNE", "gears-spare", day, "new gears to the remanufacturer",
                     tonnes="0.2", kilometres=400)


def bring_back(book: StoryWriter, core: str, name: str, day: str) -> str:
    return book.ship("port", REMAKER, core, "1 H87", f"{name}-returned", day, "the core goes to the remanufacturer",
                     tonnes="1.485", kilometres=30)


def sell_again(book: StoryWriter, renewed: str, name: str, day: str) -> str:
    return book.ship(REMAKER, "port", renewed, "1 H87", f"{name}-sold", day, "sold again, to the same port",
                     tonnes="1.49", kilometres=30)
