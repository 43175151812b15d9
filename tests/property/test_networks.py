"""Over random networks: nothing is lost or doubled, and exact fractions give the same figures."""

import random
from collections.abc import Callable
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exact import COUNTED_APART, Book
from support.examples import examples
from support.generator import generate, parties
from support.memory import MemoryLedger
from support.networks import book_of, burden_errors, content_errors, network
from support.sectors import registry

from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import Acceptance, Consumption, Declaration, Transfer, Transformation

CONSERVED = 1e-9
EXACT = Fraction(1, 10**12)
PRE, POST = "recycledPreConsumer:", "recycledPostConsumer:"


def check_burdens_are_conserved(memory: MemoryLedger, book: Book) -> None:
    for burden, error, scale, _ in burden_errors(memory, book):
        assert abs(error) <= CONSERVED * scale, burden


def check_contents_are_conserved(memory: MemoryLedger, _: Book) -> None:
    for index, content, error, scale in content_errors(memory):
        assert abs(error) <= CONSERVED * scale, (index, content)


def check_contents_are_within_100_percent(memory: MemoryLedger, _: Book) -> None:
    for name in memory.figures:
        contents = memory.contents(name)
        whole = contents.get("mass", 0.0) * (1 + CONSERVED)
        materials = 0.0
        for content, amount in contents.items():
            assert 0.0 <= amount <= whole, (name, content)
            materials += amount if content.startswith("material:") else 0.0
        assert materials <= whole, name
        for material in {content.partition(":")[2] for content in contents if content.startswith("recycled")}:
            recycled = contents.get(PRE + material, 0.0) + contents.get(POST + material, 0.0)
            assert recycled <= contents.get(f"material:{material}", 0.0) * (1 + CONSERVED), (name, material)


def check_exact_fractions_agree(memory: MemoryLedger, book: Book) -> None:
    """Every burden to 1e-12 of absGhg; what is not part of absGhg (energy, gaps) to 1e-12 of itself."""
    assert set(memory.figures) == set(book.lots)
    for name, lot in book.lots.items():
        found = memory.burdens(name)
        assert set(lot.burdens) <= set(BURDENS)
        for burden, amount in found.items():
            exact = lot.burdens.get(burden, Fraction(0))
            scale = abs(exact) if burden in COUNTED_APART else lot.burdens.get("absGhg", Fraction(0))
            assert abs(Fraction(amount) - exact) <= EXACT * scale, (name, burden, amount, float(exact))
        weight = lot.mass or Fraction(0)
        contents = memory.contents(name)
        for content in {*contents, *lot.contents}:
            exact = lot.contents.get(content, Fraction(0))
            assert abs(Fraction(contents.get(content, 0.0)) - exact) <= EXACT * weight, (name, content)


def check_what_stays_with_records_is_exact(memory: MemoryLedger, book: Book) -> None:
    for index in range(len(memory.records)):
        exact = book.retained.get(index, {})
        found = memory.retained(index)
        for burden in {*exact, *found}:
            amount = exact.get(burden, Fraction(0))
            scale = abs(amount) if burden in COUNTED_APART else exact.get("absGhg", Fraction(0))
            assert abs(Fraction(found.get(burden, 0.0)) - amount) <= EXACT * scale, (index, burden)


def check_balances_are_exact(memory: MemoryLedger, book: Book) -> None:
    """The book has refused to take too much, too early or from another's lot; what is left is the same to the digit."""
    for name, lot in book.lots.items():
        assert Fraction(memory.state.remaining[name]) == lot.left >= 0
        assert lot.index == memory.state.lots[name].index


def check_log_order_is_topological(memory: MemoryLedger, _: Book) -> None:
    for index, record in enumerate(memory.records):
        assert all(memory.state.lots[name].index < index for name, _ in memory.taken(record))


def check_items_are_in_one_lot(memory: MemoryLedger, _: Book) -> None:
    carriers: dict[str, int] = {}
    for name, lot in memory.state.lots.items():
        if lot.item and memory.state.remaining[name]:
            carriers[lot.item] = carriers.get(lot.item, 0) + 1
    assert all(count == 1 for count in carriers.values())


Check = Callable[[MemoryLedger, Book], None]
CONSERVATION: list[Check] = [
    check_burdens_are_conserved, check_contents_are_conserved, check_contents_are_within_100_percent,
    check_balances_are_exact, check_log_order_is_topological, check_items_are_in_one_lot,
]
FIGURES: list[Check] = [check_exact_fractions_agree, check_what_stays_with_records_is_exact]


def check_all(memory: MemoryLedger) -> None:
    book = book_of(memory)
    for check in CONSERVATION + FIGURES:
        check(memory, book)


@examples(40)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 150), organizations=st.integers(2, 5))
def test_generated_networks(seed: int, size: int, organizations: int) -> None:
    check_all(network(seed, size, organizations))


@examples(40)
@given(source=st.randoms(use_true_random=False), size=st.integers(1, 25))
def test_drawn_networks(source: random.Random, size: int) -> None:
    """Hypothesis makes every choice of the generator, and shrinks what fails."""
    check_all(network(0, size, 2, source))


def partly_provisional(seed: int, size: int) -> MemoryLedger:
    """A network of which about half of the transformations are posted provisional."""
    memory, chosen = MemoryLedger(registry(), seed=seed), random.Random(seed)
    memory.admit(parties(seed, size, 3))
    for signer, record in generate(seed, size, 3):
        if isinstance(record, Transformation) and chosen.random() < 0.5:
            record = msgspec.structs.replace(record, basis="provisional")
        memory.must((signer, record))
    return memory


@examples(15)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 120))
def test_provisional_networks(seed: int, size: int) -> None:
    """What waits for a closing goes down the chain as every burden does."""
    check_all(partly_provisional(seed, size))


def test_what_waits_is_a_part_of_the_whole() -> None:
    memory = partly_provisional(7, 300)
    check_all(memory)
    parts = []
    for name in memory.figures:
        burdens = memory.burdens(name)
        assert 0 <= burdens["provisionalAbs"] <= burdens["absGhg"] * (1 + CONSERVED)
        if burdens["absGhg"]:
            parts.append(burdens["provisionalAbs"] / burdens["absGhg"])
    # All of some lots waits, nothing of others, and of many a part that came down to them.
    assert min(len([part for part in parts if part == 0]), len([part for part in parts if part > 0.999])) > 10
    assert len([part for part in parts if 0.01 < part < 0.99]) > 50


@pytest.fixture(scope="module")
def long_chain() -> MemoryLedger:
    return network(2_024, 4_000, 6)


def test_a_long_chain(long_chain: MemoryLedger) -> None:
    """Exact figures of so long a chain have too many digits to wait for; what is direct is exact still."""
    book = book_of(long_chain, figures=False)
    for check in CONSERVATION:
        check(long_chain, book)


def test_exact_figures_of_a_deep_network() -> None:
    check_all(network(7, 700, 2))


def test_networks_look_like_real_ones(long_chain: MemoryLedger) -> None:
    """What the other tests rest on: every shape of flow is there, in about the shares that the generator promises."""
    records = long_chain.records
    made = [record for record in records if isinstance(record, Transformation)]
    taking = [record for record in made if record.inputs]
    assert 0.15 < 1 - len(taking) / len(made) < 0.25
    assert 2.5 < sum(len(record.inputs) for record in taking) / len(taking) < 3.5
    for kind, least in ((Transfer, 400), (Consumption, 200), (Declaration, 50), (Acceptance, 50)):
        assert sum(isinstance(record, kind) for record in records) > least, kind
    assert {record.allocation for record in made} == {"mass", "value", "energy", "moles", "declared"}
    roles = {output.role for record in made for output in record.outputs}
    assert roles >= {"product", "coProduct", "byProduct", "waste"}
    assert sum(all(output.role == "waste" for output in record.outputs) for record in made) > 10

    lots = long_chain.state.lots
    assert sum(any(lots[flow.lot].role == "waste" for flow in record.inputs) for record in taking) > 300
    transformed = {index for index, record in enumerate(records) if isinstance(record, Transformation)}
    lives: dict[str, int] = {}
    for lot in lots.values():
        if lot.item and lot.role == "product" and lot.index in transformed:
            lives[lot.item] = lives.get(lot.item, 0) + 1
    assert sum(count > 1 for count in lives.values()) > 20
    assert sum(any(lots[flow.lot].role == "core" for flow in record.inputs) for record in taking) > 20
    assert max(_depths(long_chain).values()) > 40


def _depths(memory: MemoryLedger) -> dict[str, int]:
    """How many records stand behind each lot, one after the other."""
    made: dict[int, list[str]] = {}
    for name, lot in memory.state.lots.items():
        made.setdefault(lot.index, []).append(name)
    depths: dict[str, int] = {}
    for index, record in enumerate(memory.records):
        depth = 1 + max((depths[name] for name, _ in memory.taken(record)), default=0)
        depths.update(dict.fromkeys(made.get(index, ()), depth))
    return depths
