"""The demo's records in log order. Pure: no IO, clock or randomness. The registrar and the activations precede them.

Scrap becomes steel, and steel becomes gearboxes. A gearbox is used, returned and remanufactured. Flash, swarf and worn
parts go back to the furnace. Some upstream burdens are not declared; they stay open, and the answers say so.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ledger.cli.demo import figures, flows, gearbox, lives
from ledger.cli.demo.actors import ACTORS, lot, product
from ledger.cli.demo.flows import Heat
from ledger.cli.demo.gearbox import GEARS, MAKER
from ledger.cli.demo.lives import REMAKER, Core
from ledger.cli.demo.writing import Delivery, EndUse, Lorry, NewProduct, StoryStep, StoryWriter, amount, take
from ledger.core.record.values import Output
from ledger.core.signatures.signing import SigningKey

SOURCES: Final = figures.SOURCES
REFERENCES: Final = figures.REFERENCES

ARC_STEEL: Final = flows.ARC_STEEL
BLAST_STEEL: Final = flows.BLAST_STEEL
GEARS_OF_ARC_STEEL: Final = GEARS
NEW_GEARBOX: Final = gearbox.new_gearbox(1)
REMANUFACTURED_GEARBOX: Final = lives.RENEWED
SERIAL: Final = gearbox.serial(1)

OFFCUTS: Final = (
    ("forge", "flash-gear-blank", "2"), ("forge", "flash-shaft-blank", "1.5"),
    (MAKER, "swarf-gear", "1"), (MAKER, "swarf-shaft", "0.6"), (MAKER, "swarf-housing", "1.2"),
    (REMAKER, "worn-gearbox-0001-second-life", "0.132"), (REMAKER, "worn-gearbox-old-second-life", "0.132"),
)
"""Steel waste of the two lives: its seller, its lot, and t of it."""


def scenario(
    keys: Mapping[str, SigningKey], origin: str, nonce: Callable[[], str], registrar: str
) -> list[StoryStep]:
    """The records, each with the actor that signs it: a key of ACTORS, or `registrar`.

    `keys`: by actor; `origin`: of the ledger; `nonce`: returns a fresh nonce; `registrar`: the registrar's URN.
    """
    book = StoryWriter(keys, origin, nonce, registrar)
    for actor in ACTORS:
        book.enrol(actor)
    flows.define_steel(book)
    gearbox.define_gearbox(book)
    lives.define_lives(book)
    book.define("wind-farm", "electricity", NewProduct("Wind electricity", "power", "MWH"))

    scrap = _make_steel(book)
    wind = _make_gearboxes(book)
    _live_twice(book, wind)
    _close_the_loop(book, scrap)
    return book.steps


def _make_steel(book: StoryWriter) -> str:
    """Makes the first heats. Returns the lot of shredded scrap at the arc furnace, with 12 t remaining."""
    bought = flows.gather(book, "1", "2022-01-10", ["40", "50", "30"], "120")
    scrap = flows.shred(book, "1", "2022-01-17", bought, ("120", "112", "8"))
    flows.melt(book, Heat("1", "2022-01-24", charged="100", slag="9", chromium="1"), [take(scrap, "100 TNE")])
    flows.smelt(book, "2022-01-24")
    sold = EndUse("soldOutside", "2022-01-30")
    book.consume("arc-mill", [take(ARC_STEEL, "40 TNE")], sold, "40 t of billets to a customer off the ledger")
    book.consume("blast-mill", [take(BLAST_STEEL, "60 TNE")], sold, "60 t of steel to a customer off the ledger")
    return scrap


def _make_gearboxes(book: StoryWriter) -> str:
    """Makes five gearboxes. Returns the remanufacturer's lot of wind power."""
    january, february = (
        book.generate("wind-farm", Output(
            lot=lot("wind-farm", month), product=product("wind-farm", "electricity"), quantity=amount("200 MWH"),
            role="product",
        ), start, end, f"200 MWh of {month}")
        for month, start, end in (("2022-01", "2022-01-01", "2022-02-01"), ("2022-02", "2022-02-01", "2022-03-01"))
    )
    wind = book.ship("wind-farm", MAKER, take(january, "20 MWH"), Delivery(
        "sold-maker", "2022-02-01", "wind power to the gearbox maker",
    ))
    power = book.ship("wind-farm", REMAKER, take(february, "5 MWH"), Delivery(
        "sold-remaker", "2022-03-01", "wind power to the remanufacturer",
    ))
    arc = book.ship("arc-mill", "forge", take(ARC_STEEL, "10 TNE"), Delivery(
        "heat-1-forge", "2022-02-02", "gear steel to the forge", Lorry("10", 80),
    ))
    blast = book.ship("blast-mill", "forge", take(BLAST_STEEL, "10 TNE"), Delivery(
        "plate-1-forge", "2022-02-03", "blast furnace steel to the forge", Lorry("10", 900),
    ))
    plate = book.ship("blast-mill", MAKER, take(BLAST_STEEL, "6 TNE"), Delivery(
        "plate-1-maker", "2022-02-03", "plate for housings to the gearbox maker", Lorry("6", 900),
    ))
    gear_blanks = gearbox.press(book, "gear-blank", "2022-02-07", arc, figures.GEARS_FORGED)
    shaft_blanks = gearbox.press(book, "shaft-blank", "2022-02-08", blast, figures.SHAFTS_FORGED)
    gear_blanks = book.ship("forge", MAKER, take(gear_blanks, "4 TNE"), Delivery(
        "gear-blanks-sold", "2022-02-10", "gear blanks to the gearbox maker", Lorry("4", 120),
    ))
    shaft_blanks = book.ship("forge", MAKER, take(shaft_blanks, "3 TNE"), Delivery(
        "shaft-blanks-sold", "2022-02-10", "shaft blanks to the gearbox maker", Lorry("3", 120),
    ))
    gearbox.cut(book, "gear", "2022-02-14", take(gear_blanks, "4 TNE"), figures.GEARS_CUT, wind)
    gearbox.cut(book, "shaft", "2022-02-15", take(shaft_blanks, "3 TNE"), figures.PARTS_CUT)
    gearbox.cut(book, "housing", "2022-02-16", take(plate, "6 TNE"), figures.PARTS_CUT)
    gearbox.assemble(book, "2022-02-21", wind)
    return power


def _live_twice(book: StoryWriter, wind: str) -> None:
    """Gearbox 1 is sold, used, rebuilt and sold again, and so is a gearbox from before the ledger."""
    owned = lives.sell(book, 1, "2022-03-01")
    lives.sell(book, 2, "2022-03-02")
    book.consume(MAKER, [take(gearbox.new_gearbox(5), "1 H87")], EndUse("exported", "2022-03-03", "Rotterdam"),
                 "gearbox 5 is exported")
    core = lives.wear_out(book, 1, owned, "2022-10-10")
    core = lives.bring_back(book, core, "core-0001", "2022-10-12")
    old = lives.bring_back(book, lives.find_core(book, "2022-10-11"), "core-old", "2022-10-12")
    gears = lives.buy_parts(book, "2022-10-14")
    first, second = Core(core, SERIAL, "gearbox-0001-second-life"), Core(old, lives.OLD_ITEM, "gearbox-old-second-life")
    renewed = lives.rebuild(book, first, "2022-10-20", gears, wind)
    other = lives.rebuild(book, second, "2022-10-21", gears, wind)
    lives.sell_again(book, renewed, "gearbox-0001-again", "2022-11-01")
    lives.sell_again(book, other, "gearbox-old-again", "2022-11-01")


def _close_the_loop(book: StoryWriter, scrap: str) -> None:
    """A second heat takes the rest of the scrap, new scrap, and all steel waste of the production."""
    offcuts = [
        take(_return(book, seller, lot(seller, name), tonnes), f"{tonnes} TNE") for seller, name, tonnes in OFFCUTS
    ]
    bought = flows.gather(book, "2", "2022-11-10", ["40", "20"], "60")
    more = flows.shred(book, "2", "2022-11-14", bought, ("60", "56", "4"))
    charge = [take(scrap, "12 TNE"), take(more, "56 TNE"), *offcuts]
    flows.melt(book, Heat("2", "2022-11-21", charged="74.564", slag="7", chromium="0.7"), charge)
    book.ship("arc-mill", "forge", take(lot("arc-mill", "heat-2"), "10 TNE"), Delivery(
        "heat-2-forge", "2022-11-25", "the loop begins again", Lorry("10", 80),
    ))


def _return(book: StoryWriter, seller: str, lot_id: str, tonnes: str) -> str:
    """Ships steel waste back to the arc furnace. Returns the mill's lot."""
    name = f"{lot_id.rpartition(':')[2]}-returned"
    return book.ship(seller, "arc-mill", take(lot_id, f"{tonnes} TNE"), Delivery(
        name, "2022-11-05", "steel waste back to the arc furnace", Lorry(tonnes, 150),
    ))
