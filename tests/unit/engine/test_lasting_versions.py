"""Records keep the versions that assessed them: a new version of a factor set moves no figure by itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import factor_sets
from support.examples import examples
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import registry as without_sets
from support.site import ore, supply
from unit.engine.works import Works, change, check_conserved, indexes, refused

from ledger.core.record.kinds import Amendment
from ledger.core.record.units import plain
from ledger.core.record.values import Supply
from ledger.engine.batch import Sequenced
from ledger.errors import Unavailable
from ledger.sdk import FactorSetVersion

OLD, NEW = factor_sets.version("1"), factor_sets.changed("2", steel="CO2e 9", electricity="CO2e 1")


def works_on(*versions: FactorSetVersion) -> Works:
    """Version 1 is in force."""
    memory = MemoryLedger(factor_sets.registry(*versions))
    memory.activate(OLD.name, OLD.version, OLD.digest, 1)
    return Works(memory)


def update(works: Works) -> None:
    """Version 2 comes into force."""
    works.ledger.activate(NEW.name, NEW.version, NEW.digest, 1)


def bought(works: Works, lot: str, *supplies: Supply, inputs: Mapping[str, str] | None = None) -> Sequenced:
    taken = sum(int(amount) for amount in (inputs or {}).values())
    return works.run({lot: "100"}, inputs, [ore(f"{100 - taken} KGM"), *supplies])


def newest(works: Works, *records: Sequenced, **fields: Any) -> Sequenced:
    return works.post(Amendment, changes=[change(one, **fields) for one in records], reason="news", versions="newest")


STEEL = supply("steel", "10 KGM")


def test_a_new_version_moves_no_record() -> None:
    """10 kg of steel at 3 are 30, and stay 30 when another version says 9; the next record has 90."""
    works = works_on(OLD, NEW)
    bought(works, "a", STEEL)
    before = dict(works.ledger.figures)
    update(works)
    assert works.ledger.figures == before
    bought(works, "b", STEEL)
    assert [works.co2(lot) for lot in "ab"] == [30.0, 90.0]


def test_an_installed_version_that_is_not_activated_prices_nothing() -> None:
    """The same log with and without the second version installed: the same leaves."""
    logs = [works_on(OLD), works_on(OLD, NEW)]
    for works in logs:
        bought(works, "a", STEEL, supply("electricity", "7 KWH"))
    assert (logs[0].ledger.leaves, logs[0].ledger.root()) == (logs[1].ledger.leaves, logs[1].ledger.root())
    plain, with_set = MemoryLedger(without_sets()), MemoryLedger(factor_sets.registry())
    for memory in (plain, with_set):
        bought(Works(memory), "a", STEEL)
    assert plain.root() == with_set.root()


def test_a_version_that_is_in_force_but_not_installed() -> None:
    works = works_on(OLD)
    update(works)
    error = raised(Unavailable, bought, works, "a", STEEL)
    assert error.code == "plugin-version"
    assert NEW.digest in str(error.rule)


def test_grams_change_what_grams_weigh() -> None:
    """100 kg with 10 kg of steel (30) and 100 kWh (60), of which 50 kg go on with 10 kg of steel: 45 + 30. After
    version 2, ten grams more of steel upstream: 0.01 * 3 = 0.03, of which half goes on."""
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL, supply("electricity", "100 KWH"))
    bought(works, "b", STEEL, inputs={"a": "50"})
    assert [works.co2(lot) for lot in "ab"] == [90.0, 75.0]
    update(works)
    works.amend(change(one, supplies=[ore("100 KGM"), supply("steel", "10.01 KGM"), supply("electricity", "100 KWH")]))
    assert [works.co2(lot) for lot in "ab"] == pytest.approx([90.03, 75.015], abs=1e-12)


def test_newest_prices_anew() -> None:
    """By version 2 the first record has 10 * 9 + 100 * 1 = 190. The second keeps its own 30: 95 + 30."""
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL, supply("electricity", "100 KWH"))
    other = bought(works, "b", STEEL, inputs={"a": "50"})
    update(works)
    newest(works, one)
    assert [works.co2(lot) for lot in "ab"] == [190.0, 125.0]
    assert indexes(works.ledger) == [one.index, other.index]
    # An ordinary amendment keeps the versions that the record has by now.
    works.amend(change(one, supplies=[ore("100 KGM"), STEEL]))
    assert works.co2("a") == 90.0
    newest(works, other)
    assert works.co2("b") == 45.0 + 90.0


def test_newest_with_fields() -> None:
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL)
    update(works)
    newest(works, one, supplies=[ore("100 KGM"), supply("steel", "20 KGM")])
    assert works.co2("a") == 180.0


def test_newest_is_refused_where_it_says_nothing() -> None:
    works = works_on(OLD, NEW)
    one = bought(works, "a", STEEL)
    refused(works, lambda: works.amend(change(one)), "amendment-form", "changes[0]", one.digest.hex(),
            says="changes nothing")
    refused(works, lambda: newest(works, one, supplies=[ore("100 KGM"), STEEL]), "amendment-form",
            "changes[0].fields", "supplies", says="nothing changes")


MATERIALS = ("steel", "zinc", "gravel", "gas", "oil", "electricity", "superalloy", "unheardOf")
AMOUNTS = st.lists(st.tuples(st.sampled_from(MATERIALS), st.integers(1, 10**6)), max_size=4)


def supplies_of(drawn: list[tuple[str, int]]) -> list[Supply]:
    """Amounts in grams, or in watt hours."""
    return [
        supply(material, f"{plain(Decimal(amount) / 1000)} {'KWH' if material == 'electricity' else 'KGM'}")
        for material, amount in drawn
    ]


@examples(40)
@given(chain=st.lists(st.tuples(AMOUNTS, st.integers(0, 90)), min_size=2, max_size=6), gram=st.integers(0, 5))
def test_random_chains(chain: list[tuple[list[tuple[str, int]], int]], gram: int) -> None:
    """A chain of records, a new version, and a change upstream: what the chain comes to is what it would have come to
    with the changed record and the first version alone; all burdens are conserved."""
    changed = [(drawn if i else [*drawn, ("steel", 1 + gram)], taken) for i, (drawn, taken) in enumerate(chain)]
    works = works_on(OLD, NEW)
    entries = post_chain(works, chain)
    check_conserved(works)
    update(works)
    works.amend(change(entries[0], supplies=[ore("100 KGM"), *supplies_of(changed[0][0])]))
    check_conserved(works)
    fresh = works_on(OLD)
    post_chain(fresh, changed)
    assert works.ledger.figures == fresh.ledger.figures
    newest(works, *entries)
    check_conserved(works)
    anew = works_on(OLD, NEW)
    update(anew)
    post_chain(anew, changed)
    assert works.ledger.figures == anew.ledger.figures


def post_chain(works: Works, chain: list[tuple[list[tuple[str, int]], int]]) -> list[Sequenced]:
    entries: list[Sequenced] = []
    for i, (drawn, taken) in enumerate(chain):
        inputs = {f"lot{i - 1}": str(taken)} if i and taken else {}
        entries.append(bought(works, f"lot{i}", *supplies_of(drawn), inputs=inputs))
    return entries
