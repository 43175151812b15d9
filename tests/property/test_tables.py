"""Contribution tables of random networks and histories: rows of every grouping add up to every stored figure."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.histories import History
from support.memory import MemoryLedger
from support.networks import network
from support.sectors import Given, Make, registry
from support.site import END, START, Site, ore
from support.tables import ALL, check_rows, content_table_of, figure_of, scale_of, table_of, whole_chain_of
from support.upstream import chain_of, upstream_of, weights_of

from ledger.core.record.kinds import Addition, Closing, Pool
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.contributions import contribution
from ledger.footprint.derived.tables.contents import CONTENT_GROUPINGS
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, ContributionRow
from ledger.footprint.stored.burdens import ZERO, footprint


def checked(
    memory: MemoryLedger, lot: str, by: str, burden: str = FOOTPRINT, limit: int = 1_000_000
) -> list[ContributionRow]:
    rows = table_of(memory, lot, by, burden, limit, chain_of(memory))
    burdens = memory.figures[lot].burdens
    check_rows(rows, figure_of(burdens, burden), scale_of(burdens, burden))
    return rows


def check_by_record(memory: MemoryLedger, lot: str) -> None:
    """Each record's row is what the adjoint pass says it brings."""
    chain = chain_of(memory)
    found = weights_of(memory, lot, chain)
    rows = {row.key: row for row in table_of(memory, lot, "record", chain=chain)}
    for one in upstream_of(memory, lot, chain):
        work = memory.history.prepared[one.log_index].work
        own = footprint(contribution(found, one.log_index, work.direct, work.assigned, ZERO))
        row = rows.pop(one.digest, None)
        if row is None:
            assert abs(own) <= 1e-12 * memory.figures[lot].burdens[0]
        else:
            assert own == pytest.approx(row.amount, rel=1e-9, abs=1e-12 * (row.positive - row.negative))
    assert {row.part for row in rows.values()} <= {"averaged", "rest"}


@examples(15)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 120), by=st.sampled_from(GROUPINGS),
       limit=st.sampled_from([1, 3, 1_000]))
def test_rows_add_up_in_every_network(seed: int, size: int, by: str, limit: int) -> None:
    memory = network(seed, size, 3)
    for lot in random.Random(seed).sample(list(memory.figures), min(8, len(memory.figures))):
        for burden in (FOOTPRINT, random.Random(seed).choice(ALL)):
            checked(memory, lot, by, burden, limit)


def test_every_grouping_and_burden_of_long_chains() -> None:
    memory = network(2_024, 1_200, 5)
    deepest = list(memory.figures)[-6:]
    parts: set[str] = set()
    negative = 0
    for by in GROUPINGS:
        for lot in deepest:
            rows = checked(memory, lot, by)
            parts |= {row.part for row in rows}
            negative += sum(row.negative < 0.0 for row in rows)
    for burden in ALL:
        for lot in deepest:
            checked(memory, lot, "source", burden)
    for lot in deepest:
        check_by_record(memory, lot)
    assert {"group", "assigned", "rest"} <= parts
    assert negative
    assert max(row.records for lot in deepest for row in table_of(memory, lot, "country")) > 100


@pytest.mark.parametrize("seed", [3, 4])
def test_pools_closings_and_amendments(seed: int) -> None:
    """A history of plants: everything reads as it does now, and what is withdrawn holds nothing."""
    history = History(MemoryLedger(registry(), seed=seed), random.Random(seed))
    for _ in range(220):
        history.step()
    memory = history.memory
    assert memory.revisions
    lots = [lot for lot, facts in memory.state.lots.items() if facts.index in memory.history.prepared]
    stages: set[str] = set()
    for number, lot in enumerate(random.Random(seed).sample(lots, 30)):
        stages |= {row.key for row in checked(memory, lot, "stage")}
        checked(memory, lot, GROUPINGS[number % len(GROUPINGS)], ALL[number % len(ALL)])
        check_by_record(memory, lot)
    assert {"works.make", "declaration"} <= stages


def test_a_pool_that_is_averaged_over_its_period() -> None:
    """100 kg with 50 kg CO2, of which half is taken before 300 kg with 30 come in; closed, each kg has 0.2: the 25 kg
    that came with the first half are 15 more than its 10."""
    memory = MemoryLedger(registry())
    shop = Site(memory, "averaged")
    shop.product("part")
    shop.make([shop.out("a", "part", "100 KGM")], supplies=[ore("100 KGM")], activity=Make(co2="50"))
    shop.make([shop.out("b", "part", "300 KGM")], supplies=[ore("300 KGM")], activity=Make(co2="30"))
    memory.must((shop.party, Pool(
        issuer=shop.id, nonce=memory.nonce(), id=shop.name("silo"), facility=shop.facility, product=shop.name("part"),
        averaging="period",
    )))
    for lot, amount, taken in (("a", "100", "50"), ("b", "300", "350")):
        memory.must((shop.party, Addition(
            issuer=shop.id, nonce=memory.nonce(), pool=shop.name("silo"), time=START,
            inputs=shop.flows({lot: f"{amount} KGM"}),
        )))
        shop.make([shop.out(f"of-{lot}", "part", f"{taken} KGM")], {"silo": f"{taken} KGM"}, activity=Make(co2="1"))
    memory.must((shop.party, Closing(
        issuer=shop.id, nonce=memory.nonce(), facility=shop.facility, start=START, end=END
    )))
    for by in GROUPINGS:
        rows = checked(memory, shop.name("of-a"), by)
        amounts = {row.part: row.amount for row in rows if row.part != "rest"}
        assert amounts.pop("averaged") == pytest.approx(-15.0, rel=1e-12)
        assert sum(row.amount for row in rows if row.part == "group") == pytest.approx(26.0, rel=1e-12)
        late = {row.part: row.amount for row in checked(memory, shop.name("of-b"), by)}
        assert late["averaged"] == pytest.approx(15.0, rel=1e-12)
    assert memory.burdens(shop.name("of-a"))["fossilGhgEmissions"] == pytest.approx(11.0, rel=1e-12)
    check_by_record(memory, shop.name("of-a"))


def test_assigned_amounts_belong_to_their_record() -> None:
    """Steel of 0.6 * (100 - 30) = 42 kg: lines bring 60, what the slag was given takes 18 away. Slag: 40 + 18."""
    memory = MemoryLedger(registry())
    shop = Site(memory, "given")
    shop.product("part")
    made = shop.make(
        [shop.out("steel", "part", "60 KGM"), shop.out("slag", "part", "40 KGM")], supplies=[ore("100 KGM")],
        activity=Make(co2="100", assigned=[Given(output=1, burden="fossilGhgEmissions", amount="30")]),
    )
    for lot, lines, given_to in (("steel", 60.0, -18.0), ("slag", 40.0, 18.0)):
        rows = checked(memory, shop.name(lot), "source")
        assert {(row.part, row.key): row.amount for row in rows if row.part != "rest"} == {
            ("group", "site"): pytest.approx(lines), ("assigned", "assigned"): pytest.approx(given_to),
        }
        by_record = [row for row in checked(memory, shop.name(lot), "record") if row.part != "rest"]
        assert [(row.key, row.amount) for row in by_record] == [
            (memory.digests[made.index].hex(), pytest.approx(lines + given_to)),
        ]


def check_contents(memory: MemoryLedger, lot: str, by: str, chain: Arrays) -> int:
    """Rows of every content of a lot add up to what it holds. How many there are."""
    contents = memory.contents(lot)
    for content, amount in contents.items():
        rows = content_table_of(memory, lot, by, content, chain=chain)
        # What replaced content that was carried is negative, so parts may be larger than their sum.
        gross = sum(row.positive - row.negative for row in rows if row.part != "rest")
        check_rows(rows, amount, gross)
        assert all(row.key in ("declared", "arisen", "rest") for row in rows if by == "source")
    return len(contents)


@examples(15)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 120), by=st.sampled_from(CONTENT_GROUPINGS))
def test_contents_of_every_network_add_up(seed: int, size: int, by: str) -> None:
    memory = network(seed, size, 3)
    chain = whole_chain_of(memory)
    for lot in random.Random(seed).sample(list(memory.figures), min(8, len(memory.figures))):
        check_contents(memory, lot, by, chain)


@pytest.mark.parametrize("seed", [3, 4])
def test_contents_with_pools_closings_and_amendments(seed: int) -> None:
    history = History(MemoryLedger(registry(), seed=seed), random.Random(seed))
    for _ in range(220):
        history.step()
    memory, checks = history.memory, 0
    chain = whole_chain_of(memory)
    lots = [lot for lot, facts in memory.state.lots.items() if facts.index in memory.history.prepared]
    for number, lot in enumerate(random.Random(seed).sample(lots, 40)):
        checks += check_contents(memory, lot, CONTENT_GROUPINGS[number % len(CONTENT_GROUPINGS)], chain)
    assert checks > 60
    assert any(name.startswith("recycled") for lot in lots for name in memory.contents(lot))
