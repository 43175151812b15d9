"""Activations of factor sets: their precedence, and the versions in force at each index."""

import pytest
from unit.admission.test_rules import rules
from unit.admission.world import World, activation

from ledger.admission.activations import NO_ACTIVATION, Activations, PluginActivation, PluginState
from ledger.admission.rules import RULES, VERSIONS, Rule
from ledger.errors import InvalidBody

ONE, TWO = "1" * 64, "2" * 64
V3 = VERSIONS[-1]


@pytest.fixture
def ruled(world: World) -> World:
    world.admit(rules())
    return world


def test_sets_are_asked_in_the_order_of_their_precedence(ruled: World) -> None:
    ruled.admit(activation("own", precedence=2), activation("open", precedence=7), activation("house", precedence=1))
    assert ruled.state.activations.versions().sets == ("house", "own", "open")
    ruled.admit(activation("open", version="2", digest=TWO, precedence=3), activation("own", retired=True))
    assert ruled.state.activations.versions().sets == ("house", "open")
    assert ruled.state.plugins["open"] == PluginState("2", TWO, 3)


def test_two_sets_at_one_precedence(ruled: World) -> None:
    ruled.admit(activation("own", precedence=2), activation("house", precedence=1))
    error = ruled.refuse(activation("open", precedence=2), "same-precedence", "precedence", 2, says="'own' has")
    assert "house 1, own 2" in (error.rule or "")
    ruled.admit(activation("own", version="2", digest=TWO, precedence=2))


def test_a_precedence_needs_the_rule(world: World) -> None:
    error = world.refuse(activation("open", precedence=1), "rules-version", "precedence", 1, says="no factor sets")
    assert "default-upstream" in (error.rule or "")


def test_a_sector_stays_a_sector_and_a_set_a_set(ruled: World) -> None:
    ruled.refuse(activation("works", version="2", precedence=1), "plugin-kind", "precedence", 1, says="as a sector")
    ruled.admit(activation("open", precedence=1))
    ruled.refuse(activation("open", version="2", digest=TWO), "plugin-kind", "precedence", says="as a factor set")


def test_a_set_is_no_sector(ruled: World) -> None:
    ruled.admit(activation("open", precedence=1))
    assert ruled.state.activations.versions().sector("open") is None
    assert ruled.state.activations.versions().sector("works") is not None


@pytest.mark.parametrize("precedence", [0, 1001, -1])
def test_the_range_of_a_precedence(ruled: World, precedence: int) -> None:
    with pytest.raises(InvalidBody) as refused:
        ruled.run(activation("open", precedence=precedence))
    assert refused.value.field == "$.precedence"


LOG = Activations([
    PluginActivation(1, RULES, V3.name, V3.digest),
    PluginActivation(2, "steel", "1", ONE),
    PluginActivation(3, "open", "1", ONE, precedence=1),
    PluginActivation(10, "steel", "2", TWO),
    PluginActivation(20, "open", "2", TWO, precedence=1),
    PluginActivation(30, "steel", "2", TWO, retired=True),
])


@pytest.mark.parametrize(("activation_index", "steel", "open_set"), [
    (NO_ACTIVATION, None, None), (1, None, None), (2, ONE, None), (3, ONE, ONE), (10, TWO, ONE), (20, TWO, TWO),
    (30, None, TWO),
])
def test_versions_after_each_activation(activation_index: int, steel: str | None, open_set: str | None) -> None:
    versions = LOG.versions(activation_index)
    sector = versions.sector("steel")
    assert (None if sector is None else sector.digest) == steel
    assert versions.plugins.get("open", PluginState("", "")).digest == (open_set or "")
    assert versions.has(Rule.DEFAULT_UPSTREAM) == (activation_index >= 1)


@pytest.mark.parametrize(("index", "before"), [(0, -1), (1, -1), (2, 1), (5, 3), (10, 3), (11, 10), (99, 30)])
def test_the_newest_activation_before_an_entry(index: int, before: int) -> None:
    assert LOG.before(index) == before


def test_records_without_an_activation_in_leaf_0() -> None:
    """The record at 5 was assessed by steel/1; if its leaf says steel/2, an amendment had it assessed later."""
    assert LOG.assessed_by("steel/1", 5) == 3
    assert LOG.assessed_by("steel/2", 5) == 10
    assert LOG.assessed_by("steel/3", 5) == 3


def test_activations_are_values() -> None:
    assert Activations(LOG.entries) == LOG != Activations()
    assert hash(Activations(LOG.entries)) == hash(LOG)
    assert LOG.newest == 30
    assert Activations().newest == NO_ACTIVATION
