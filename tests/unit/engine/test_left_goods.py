"""Totals of goods after an organisation has left its group: it keeps its own, the group keeps all, and neither gets
what the other does later. Steel has a default of 2 kg CO2e per kg."""

from typing import Any, Final

import pytest
from support.memory import MemoryLedger
from support.raising import raised
from support.site import END
from unit.engine.scrap import Works, document, registry

from ledger.core.record.kinds import Consumption, ParentEnd
from ledger.engine.batch import Sequenced
from ledger.engine.end_of_waste.returned import OWN, SOLD
from ledger.engine.inventory.undocumented_stock import UNSHOWN
from ledger.errors import Refused

EPD: Final = document("environmentalProductDeclaration")
LATER: Final = {"start": "2031-03-01T00:00:00Z", "end": "2031-03-02T00:00:00Z"}
"""More than twelve months after the end."""
YEAR: Final = 500 * 24 * 3600
HIDDEN: Final = 0.8
"""Kg CO2e that a kg hides which is declared with 1.2."""


class Group:
    """A holding with a mill, and a daughter of the mill with a daughter of its own, since more than a year ago."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger(registry())
        self.ledger.activate_sets()
        self.holding = Works(self.ledger, "holding")
        self.mill = Works(self.ledger, "mill", self.holding, "1")
        self.daughter = Works(self.ledger, "daughter", self.mill, "1")
        self.grandchild = Works(self.ledger, "grandchild", self.daughter, "1")

    def leave(self) -> None:
        """The daughter leaves the mill, and rules count it no longer."""
        self.daughter._post(ParentEnd(
            issuer=self.daughter.id, nonce=self.ledger.nonce(), organization=self.daughter.id))
        self.ledger.pass_seconds(YEAR)


@pytest.fixture
def group() -> Group:
    return Group()


def stock(works: Works, lot: str, kilograms: str, **fields: Any) -> Sequenced:
    """Bars with a declaration of 1.2 kg CO2e per kg."""
    return works.declare(lot=works.out(lot, "bar", f"{kilograms} KGM"), evidence=[EPD],
                         burdens={"fossilGhgEmissions": f"{float(kilograms) * 1.2:g}"}, **fields)


def take_off(works: Works, lot: str, kilograms: str, purpose: Any, time: str = END) -> Sequenced:
    return works._post(Consumption(
        issuer=works.id, nonce=works.ledger.nonce(), inputs=works.flows({lot: f"{kilograms} KGM"}), time=time,
        purpose=purpose))


@pytest.mark.parametrize("seller", ["daughter", "grandchild"])
def test_who_sold_goods_is_asked_for_them_after_it_left(group: Group, seller: str) -> None:
    """And whoever left with it, and its former group, whose goods they were."""
    works = getattr(group, seller)
    stock(works, "stock", "60")
    take_off(works, "stock", "60", "soldOutside")
    group.leave()
    for one in (group.daughter, group.grandchild, group.mill, group.holding):
        assert one.finding(stock(one, "back", "100", **LATER), SOLD).value == 60
        assert one.asked("back") == pytest.approx(60 * HIDDEN)


def test_nobody_is_asked_for_sales_of_the_others(group: Group) -> None:
    """Neither for what the mill sold while the daughter belonged to it, nor for what either sells afterwards."""
    stock(group.mill, "early", "60")
    take_off(group.mill, "early", "60", "soldOutside")
    group.leave()
    stock(group.daughter, "late", "7", **LATER)
    take_off(group.daughter, "late", "7", "soldOutside", LATER["end"])
    for works, asked in ((group.mill, 60), (group.daughter, 7), (group.grandchild, 7)):
        stock(works, "back", "100", **LATER)
        assert works.asked("back") == pytest.approx(asked * HIDDEN)


def test_goods_without_a_document_are_asked_of_whoever_left(group: Group) -> None:
    """A stocktaking of a sister ends the question of the group, not that of whoever left: it counted other halls."""
    stock(group.daughter, "bars", "1000")
    take_off(group.daughter, "bars", "699", "loss")
    stock(group.mill, "counted", "1")
    group.mill.consume({"counted": "1 KGM"}, purpose="stockCorrection", evidence=[document("stocktaking")])
    group.leave()
    entry = group.daughter.run([group.daughter.out("parts", "ingot", "301 KGM")], {"bars": "301 KGM"}, **LATER)
    assert group.daughter.finding(entry, UNSHOWN).value == 699
    stock(group.mill, "rods", "301", **LATER)
    assert UNSHOWN not in group.mill.codes(
        group.mill.run([group.mill.out("parts", "ingot", "301 KGM")], {"rods": "301 KGM"}, **LATER))


def test_goods_that_a_process_took_need_a_document_of_whoever_left(group: Group) -> None:
    daughter = group.daughter
    stock(daughter, "bars", "1000")
    daughter.run([daughter.out("parts", "ingot", "301 KGM")], {"bars": "301 KGM"})
    group.leave()
    error = raised(Refused, take_off, daughter, "bars", "699", "loss", LATER["end"])
    assert (error.code, error.field) == ("write-off-undocumented", "evidence")


def test_goods_that_it_declared_are_goods_of_its_own(group: Group) -> None:
    """Collected as waste, they are questioned up to the kilograms that it declared."""
    stock(group.daughter, "stock", "60")
    group.leave()
    assert OWN in group.daughter.codes(group.daughter.collect("scrap", "bar", "100 KGM", **LATER))
