"""The gaps of an inventory by name and quantity, on records that a ledger in memory has assessed."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from support import factor_sets
from support.memory import MemoryLedger
from support.sectors import MAKE, Carrier, Make
from support.site import ore, supply
from unit.engine.works import Works

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.values import Factor, Supply
from ledger.engine.batch import Sequenced
from ledger.footprint.derived.inventory.left_out import LeftOut, StatedAmount
from ledger.footprint.derived.inventory.scopes import Booked, EnergySums
from ledger.service.queries.inventory.present import left_out_answer


def works() -> Works:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory)


def booked(works: Works, entry: Sequenced) -> Booked:
    leaf = works.ledger.assessment(entry.index)
    assert leaf is not None
    return Booked(works.reading(entry), msgspec.json.decode(leaf.assessment, type=Assessment))


def gathered(works: Works, entries: Iterable[Sequenced]) -> LeftOut:
    left_out = LeftOut()
    for entry in entries:
        left_out.add(booked(works, entry))
    return left_out


def own(value: str) -> Factor:
    return Factor(value=value, unit="KGM", source="supplier", year=2025, boundary="cradleToGate")


def bought(works: Works, lot: str, *supplies: Supply) -> Sequenced:
    return works.run({lot: "10"}, supplies=[ore("10 KGM"), *supplies])


def test_omissions_with_quantity_and_estimate() -> None:
    """2 kg and 0.5 t of a superalloy at 5: 502 kg, 2,510. The 7 kg that have a price are no omission. Hours of a
    service have no class in the set: no estimate."""
    site = works()
    found = gathered(site, [
        bought(site, "a", supply("superalloy", "2 KGM"), supply("superalloy", "7 KGM", factor=own("1"))),
        bought(site, "b", supply("superalloy", "0.5 TNE"), supply("cleaning", "3 HUR")),
    ])
    alloy, cleaning = found.omitted()
    assert (alloy.site, alloy.what, alloy.records) == (site.facility, "superalloy", 2)
    assert alloy.amount == StatedAmount(Decimal(502), "KGM")
    assert (alloy.estimate, alloy.unestimated) == (2510.0, 0)
    assert cleaning[1:] == ("cleaning", 1, StatedAmount(Decimal(3), "HUR"), 0.0, 1)


def test_two_omissions_of_a_name_in_a_record() -> None:
    site = works()
    found = gathered(site, [bought(site, "a", supply("superalloy", "2 KGM"), supply("superalloy", "3 KGM"))])
    (alloy,) = found.omitted()
    assert (alloy.records, alloy.amount, alloy.estimate) == (1, StatedAmount(Decimal(5), "KGM"), 25.0)


def test_the_largest_comes_first() -> None:
    site = works()
    found = gathered(site, [bought(site, "a", supply("unheardOf", "1 KGM"), supply("superalloy", "9 KGM"))])
    assert [one.what for one in found.omitted()] == ["superalloy", "unheardOf"]


def test_overheads_that_stay_with_a_closing() -> None:
    """10 kg of gas, burnt and well to tank, are 37.98; the products have nothing of it. Spread overheads are no gap."""
    site = works()
    closing = site.close(overheads=[supply("gas", "10 KGM"), supply("steel", "1 KGM")])
    (gas, steel) = gathered(site, [closing]).overheads()
    assert (gas.site, gas.material, gas.amount) == (site.facility, "gas", StatedAmount(Decimal(10), "KGM"))
    assert (round(gas.emissions, 9), steel.emissions) == (37.98, 3.0)
    energy = EnergySums()
    energy.add(booked(site, closing))
    assert energy.result().used == {("gas", False): 500.0}

    other = works()
    other.run({"a": "10"}, supplies=[ore("10 KGM")], basis="provisional")
    closing = other.close(overheads=[supply("gas", "10 KGM")], spread_overheads="mass")
    assert list(gathered(other, [closing]).overheads()) == []


def test_records_without_energy() -> None:
    site = works()
    powered = site.run({"a": "1"}, supplies=[ore("1 KGM")],
                       activity=Make(energy=[Carrier(carrier="electricity", amount="1")]))
    found = gathered(site, [powered, bought(site, "b"), bought(site, "c")])
    assert found.without_energy() == {MAKE: 2}


def test_the_answer_adds_up() -> None:
    site = works()
    found = gathered(site, [bought(site, "a", supply("superalloy", "2 KGM"), supply("unheardOf", "1 KGM"))])
    answer = left_out_answer(found)
    assert [(one.what, one.quantity, one.unit, one.estimate) for one in answer.omissions] == [
        ("superalloy", "2", "KGM", 10.0), ("unheardOf", "1", "KGM", 5.0)]
    assert (answer.estimate, answer.unestimated, answer.without_energy) == (15.0, 0, {MAKE: 1})
