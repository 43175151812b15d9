"""Amendments and the balances of elements: what reads otherwise is balanced anew, and so is all that takes from it.

100 kg of `mix` hold 30 kg of copper; `run` makes 32 kg of it with 90 %, 28.8 kg. All numbers are solved by hand.
"""

from typing import Any

import pytest
from support.site import quantity, supply
from unit.engine.works import Works, change, indexes, refused

from ledger.core.record.values import Output
from ledger.engine.batch import Sequenced
from ledger.errors import LedgerError

CODE = "element-balance"


def mix(works: Works, fraction: str, kilograms: str = "100") -> Output:
    return works.out("mix", "metal", f"{kilograms} KGM", elements={"Cu": fraction})


def copper(works: Works, fraction: str = "0.9", kilograms: str = "32") -> Output:
    return works.out("copper", "metal", f"{kilograms} KGM", elements={"Cu": fraction})


def told(error: LedgerError, held: str, came: str) -> None:
    assert f"outputs[0]: {held} kg of Cu, but inputs and supplies hold at most {came} kg of it" in error.message


@pytest.fixture
def declared(works: Works) -> Sequenced:
    return works.declared(mix(works, "0.3"))


@pytest.fixture
def made(works: Works, declared: Sequenced) -> Sequenced:
    assert declared.index
    return works.run({"copper": copper(works)}, {"mix": "100"})


def test_an_output_s_own_elements(works: Works, made: Sequenced) -> None:
    """32 * 0.95 = 30.4 kg of 30; 32 * 0.9375 = 30."""
    error = refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.95")])), CODE, "outputs[0]",
                    "30.4", names=made)
    told(error, "30.4", "30")
    works.amend(change(made, outputs=[copper(works, "0.9375")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 30.0


def test_elements_that_were_not_stated_before(works: Works, declared: Sequenced) -> None:
    assert declared.index
    made = works.run({"copper": "40"}, {"mix": "100"})
    error = refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.8", "40")])), CODE, "outputs[0]",
                    "32", names=made)
    told(error, "32", "30")


def test_less_of_what_came_in(works: Works, made: Sequenced) -> None:
    """Of 80 kg are 24 of copper."""
    error = refused(works, lambda: works.amend(change(made, inputs=works.kilograms({"mix": "80"}))), CODE,
                    "outputs[0]", "28.8", names=made)
    told(error, "28.8", "24")
    works.amend(change(made, inputs=works.kilograms({"mix": "96"})))
    assert works.left("mix") == 4


def test_a_supply_that_brought_it(works: Works, declared: Sequenced) -> None:
    """10 kg of bought scrap at 80 % bring 8 to the 30 kg; without its product they bring none."""
    assert declared.index
    product = works.product("bought", elements={"Cu": "0.8"})
    bought = supply("copperScrap", "10 KGM", product=product)
    made = works.run({"copper": copper(works, "0.9", "40")}, {"mix": "100"}, [bought])
    error = refused(works, lambda: works.amend(change(made, supplies=[supply("copperScrap", "10 KGM")])), CODE,
                    "outputs[0]", "36", names=made)
    told(error, "36", "30")


def test_the_composition_of_what_was_taken(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """At 28 % the mix holds 28 kg: the 28.8 that were made of it cannot be. At 29 % it holds 29."""
    error = refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.28"))), CODE, "changes", "28.8",
                    names=made)
    assert "which descends from it" in error.message
    told(error, "28.8", "28")
    works.amend(change(declared, lot=mix(works, "0.29")))
    composition = works.ledger.state.lots[works.name("mix")].composition
    assert composition is not None
    assert composition.elements == {"Cu": "0.29"}
    assert indexes(works.ledger) == [declared.index, made.index]
    # What the amendment was refused for goes with an amendment of its taker as well: 32 * 0.87 = 27.84.
    works.amend(change(declared, lot=mix(works, "0.28")), change(made, outputs=[copper(works, "0.87")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 27.84


def test_an_analysis_that_is_taken_back(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """What the mix holds is not known then, and may be copper."""
    plain = works.out("mix", "metal", "100 KGM")
    works.amend(change(declared, lot=plain))
    works.amend(change(made, outputs=[copper(works, "1")]))
    assert works.ledger.contents(works.name("copper"))["element:Cu"] == 32.0
    # It comes back where it still holds: 32 kg of 30.
    error = refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.3"))), CODE, "changes", "32",
                    names=made)
    told(error, "32", "30")


def test_less_mass_of_what_was_taken(works: Works) -> None:
    """Ten gears of 100 kg with 30 % copper: five hold 15. Of 80 kg they hold 12, of 90 kg 13.5."""
    def gears(mass: str) -> Output:
        return works.out("gears", "gear", "10 H87", mass=quantity(f"{mass} KGM"), elements={"Cu": "0.3"})

    declared = works.declared(gears("100"))
    made = works.run({"copper": copper(works, "0.9", "15")}, {"gears": "5 H87"})
    error = refused(works, lambda: works.amend(change(declared, lot=gears("80"))), CODE, "changes", "13.5", names=made)
    told(error, "13.5", "12")
    works.amend(change(declared, lot=gears("90")))
    assert works.ledger.state.lots[works.name("gears")].mass == 90


def test_through_a_delivery_to_another(works: Works, other: Works, declared: Sequenced) -> None:
    """The receiver's 50 kg hold 15, of which it made 14.4; at 28 % they hold 14."""
    works.hand("mix", "50", other, "sent")
    made = other.run({"copper": copper(other, "0.9", "16")}, {works.name("sent"): "50"})
    error = refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.28"))), CODE, "changes", "14.4",
                    names=made)
    told(error, "14.4", "14")
    works.amend(change(declared, lot=mix(works, "0.29")))
    sent = works.ledger.state.lots[works.name("sent")].composition
    assert sent is not None
    assert sent.elements == {"Cu": "0.29"}


def test_through_a_pool(works: Works, declared: Sequenced) -> None:
    """100 kg at 30 % and 100 kg at 10 % are 200 kg with 40; half of that is 20, of which 18 were made. With 25 %
    instead of 30 the half holds 17.5, with 26 % 18."""
    works.declared(works.out("poor", "metal", "100 KGM", elements={"Cu": "0.1"}))
    works.pool()
    works.add({"mix": "100"})
    works.add({"poor": "100"})
    made = works.run({"copper": copper(works, "0.9", "20")}, {"pool": "100"})
    error = refused(works, lambda: works.amend(change(declared, lot=mix(works, "0.25"))), CODE, "changes", "18",
                    names=made)
    told(error, "18", "17.5")
    works.amend(change(declared, lot=mix(works, "0.26")))
    blend = works.ledger.state.lots[works.name("pool:2")].composition
    assert blend is not None
    assert blend.elements == {"Cu": "0.18"}


def test_takers_of_takers(works: Works, declared: Sequenced, made: Sequenced) -> None:
    """The copper states what it holds: what is made of it rests on that."""
    wire: dict[str, Any] = {"wire": works.out("wire", "part", "30 KGM", elements={"Cu": "0.95"})}
    last = works.run(wire, {"copper": "32"})
    works.amend(change(declared, lot=mix(works, "0.29")))
    assert last.index not in indexes(works.ledger)
    # 30 * 0.95 = 28.5 kg of wire hold less than 28.8, and more than 32 * 0.89 = 28.48.
    error = refused(works, lambda: works.amend(change(made, outputs=[copper(works, "0.89")])), CODE, "changes", "28.5",
                    names=last)
    told(error, "28.5", "28.48")
