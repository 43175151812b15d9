"""Activations of factor sets: their precedence, and the versions in force at each index."""

import pytest
from support.raising import raised
from unit.admission.world import World, activation

from ledger.admission.activations import NO_ACTIVATION, Activations, PluginActivation, PluginState
from ledger.admission.rules import NEWEST, RULES
from ledger.errors import InvalidBody

ONE, TWO = "1" * 64, "2" * 64


def test_sets_are_asked_in_the_order_of_their_precedence(world: World) -> None:
    world.admit(activation("own", precedence=2), activation("open", precedence=7), activation("house", precedence=1))
    assert world.state.activations.versions().sets == ("house", "own", "open")
    world.admit(activation("open", version="2", digest=TWO, precedence=3), activation("own", retired=True))
    assert world.state.activations.versions().sets == ("house", "open")
    assert world.state.plugins["open"] == PluginState("2", TWO, 3)


def test_two_sets_at_one_precedence(world: World) -> None:
    world.admit(activation("own", precedence=2), activation("house", precedence=1))
    error = world.refuse(activation("open", precedence=2), "same-precedence", "precedence", 2, says="'own' has")
    assert "house 1, own 2" in (error.rule or "")
    world.admit(activation("own", version="2", digest=TWO, precedence=2))


def test_a_version_of_a_set_keeps_its_content(world: World) -> None:
    """Also after another one, and after its retirement; a sector's digest covers the SDK, so it may change."""
    one = activation("open", version="1", digest=ONE, precedence=1)
    world.admit(one, activation("open", version="2", digest=TWO, precedence=1))
    error = world.refuse(activation("open", version="1", digest=TWO, precedence=1), "version-changed", "digest", TWO,
                         says=f"open 1 has the digest {ONE}")
    assert "another name" in (error.rule or "")
    world.admit(activation("open", version="1", digest=ONE, precedence=1),
                activation("open", version="1", digest=ONE, retired=True))
    world.refuse(activation("open", version="2", digest=ONE, precedence=1), "version-changed", "digest", ONE, says=TWO)
    world.admit(activation("open", version="3", digest=TWO, precedence=1), activation("works", digest=TWO))


def test_a_sector_stays_a_sector_and_a_set_a_set(world: World) -> None:
    world.refuse(activation("works", version="2", precedence=1), "plugin-kind", "precedence", 1, says="as a sector")
    world.admit(activation("open", precedence=1))
    world.refuse(activation("open", version="2", digest=TWO), "plugin-kind", "precedence", says="as a factor set")


def test_a_set_is_no_sector(world: World) -> None:
    world.admit(activation("open", precedence=1))
    assert world.state.activations.versions().sector("open") is None
    assert world.state.activations.versions().sector("works") is not None


@pytest.mark.parametrize("precedence", [0, 1001, -1])
def test_the_range_of_a_precedence(world: World, precedence: int) -> None:
    assert raised(InvalidBody, world.run, activation("open", precedence=precedence)).field == "$.precedence"


LOG = Activations([
    PluginActivation(1, RULES, NEWEST.name, NEWEST.digest),
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


@pytest.mark.parametrize(("index", "before"), [(0, -1), (1, -1), (2, 1), (5, 3), (10, 3), (11, 10), (99, 30)])
def test_the_newest_activation_before_an_entry(index: int, before: int) -> None:
    assert LOG.before(index) == before


def test_activations_are_values() -> None:
    assert Activations(LOG.entries) == LOG != Activations()
    assert (hash(Activations(LOG.entries)), LOG.newest, Activations().newest) == (hash(LOG), 30, NO_ACTIVATION)
