"""Activations that set the limit of the title *footprint*."""

import pytest
from unit.admission.world import World, activation

from ledger.admission.title_limit import DEFAULT_LIMIT, LIMIT_SETTING, digest_of_limit
from ledger.core.record.kinds import Activation


def setting(share: str, **fields: object) -> Activation:
    return activation(LIMIT_SETTING, **{"version": share, "digest": digest_of_limit(share), **fields})


def test_a_figure_has_the_limit_of_its_entry(world: World) -> None:
    before = world.state.size
    world.admit(setting("0.05"))
    world.admit(setting("0.0125"))
    world.admit(setting("0.0125", retired=True))
    limits = [world.state.activations.before_entry(index).limit for index in range(before, before + 4)]
    assert limits == [DEFAULT_LIMIT, 0.05, 0.0125, DEFAULT_LIMIT]
    # It is no sector, and no factor set.
    assert world.state.activations.versions().sector(LIMIT_SETTING) is None


@pytest.mark.parametrize("share", ["0", "0.0", "0.11", "1", "0.050", "0.00001", "5%", "-0.03", ".03", "03e-2"])
def test_what_is_no_share_is_refused(world: World, share: str) -> None:
    assert "0.0001 to 0.1" in (world.refuse(setting(share), "footprint-limit", "version", share).rule or "")


@pytest.mark.parametrize("share", ["0.1", "0.0001", "0.03"])
def test_the_range_of_limits(world: World, share: str) -> None:
    world.admit(setting(share))
    assert world.state.activations.versions().limit == float(share)


def test_the_digest_is_of_the_share(world: World) -> None:
    wrong = digest_of_limit("0.03")
    error = world.refuse(setting("0.05", digest=wrong), "limit-digest", "digest", wrong)
    assert digest_of_limit("0.05") in (error.rule or "")


def test_it_is_no_factor_set(world: World) -> None:
    world.refuse(setting("0.05", precedence=1), "plugin-kind", "precedence", 1, says="no factor set")
