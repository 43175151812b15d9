"""How an organisation leaves its parent: who can end the relation, when, and what the former parent still may."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from unit.admission.world import (
    DEALER,
    FORGE,
    MILL,
    REGISTRAR,
    STRANGER,
    TREATER,
    Party,
    World,
    declaration,
    digest_of,
    nonce,
    ore,
    organization,
    output,
    product,
    public,
    quantity,
    stocked,
    transformation,
)

from ledger.admission.parents import LeftParent
from ledger.core.record.kinds import ParentEnd
from ledger.engine.batch import Sequenced
from ledger.errors import LedgerError

DAY: Final = 24 * 3_600_000


@pytest.fixture
def world() -> World:
    """The mill with two daughters, of which one has a daughter herself; the forge owns a fifth of a stranger."""
    made = stocked()
    made.admit(organization(DEALER, parent=MILL.id), organization(TREATER, parent=DEALER.id, parent_share="0.51"),
               organization(STRANGER, parent=FORGE.id, parent_share="0.2"))
    return made


def end(of: Party, *, by: Party | None = None, **fields: Any) -> ParentEnd:
    return ParentEnd(issuer=(by or of).id, nonce=nonce(), organization=of.id, **fields)


@pytest.mark.parametrize("by", [DEALER, MILL], ids=["daughter", "parent"])
def test_either_of_the_two_ends_it_at_once(world: World, by: Party) -> None:
    verdicts, batch = world.run(end(DEALER, by=by))
    (entry,) = verdicts
    assert isinstance(entry, Sequenced)
    assert batch.rows.of("parent_end")[1] == [(entry.index, DEALER.id, False)]
    assert not world.state.controls(MILL.id, DEALER.id)
    assert not world.state.controls(MILL.id, TREATER.id)
    assert world.state.controls(DEALER.id, TREATER.id)


def test_whoever_owns_less_than_half_can_end_it_too(world: World) -> None:
    world.admit(end(STRANGER, by=FORGE))


@pytest.mark.parametrize(("record", "code", "field"), [
    (lambda: end(DEALER, by=FORGE), "not-of-relation", "issuer"),
    (lambda: end(TREATER, by=MILL), "not-of-relation", "issuer"),
    (lambda: end(DEALER, by=TREATER), "not-of-relation", "issuer"),
    (lambda: end(MILL), "no-parent", "organization"),
    (lambda: ParentEnd(issuer=MILL.id, nonce=nonce(), organization="urn:example:nobody"), "unknown-organization",
     "organization"),
    (lambda: end(DEALER, announced=True), "announced", "announced"),
    (lambda: end(DEALER, by=MILL, announced=True), "announced", "announced"),
    (lambda: end(DEALER, by=REGISTRAR), "no-notice", "organization"),
], ids=["a stranger", "the parent's parent", "a daughter", "no parent", "unknown", "announced by the daughter",
        "announced by the parent", "a registrar without notice"])
def test_nobody_else_ends_it(world: World, record: Callable[[], ParentEnd], code: str, field: str) -> None:
    world.refuse(record(), code, field)


def test_it_ends_once(world: World) -> None:
    world.admit(end(DEALER))
    for again in (end(DEALER), end(DEALER, by=MILL), end(DEALER, by=REGISTRAR, announced=True)):
        world.refuse(again, "no-parent", "organization", DEALER.id, says="at entry")


def test_the_registrar_waits_thirty_days_from_its_first_announcement(world: World) -> None:
    world.admit(end(DEALER, by=REGISTRAR, announced=True))
    assert world.state.controls(MILL.id, DEALER.id)
    world.time += 30 * DAY - 1
    world.refuse(end(DEALER, by=REGISTRAR), "no-notice", "organization", says="announced at 2030-01-01T00:00:00Z")
    world.admit(end(DEALER, by=REGISTRAR, announced=True))
    # Another organisation's announcement counts for nothing.
    world.refuse(end(TREATER, by=REGISTRAR), "no-notice", "organization")
    world.time += 1
    world.admit(end(DEALER, by=REGISTRAR))
    assert not world.state.controls(MILL.id, DEALER.id)


def test_an_announcement_is_good_for_sixty_days(world: World) -> None:
    """From the thirtieth day to the ninetieth: nobody ends a relation by an announcement that everybody has forgotten.
    Another announcement neither extends it nor shortens it."""
    world.admit(end(DEALER, by=REGISTRAR, announced=True))
    world.time += 61 * DAY
    world.admit(end(DEALER, by=REGISTRAR, announced=True))
    world.time += 29 * DAY + 1
    world.refuse(end(DEALER, by=REGISTRAR), "no-notice", "organization",
                 says="from 2030-04-02T00:00:00Z to 2030-06-01T00:00:00Z")
    world.time += DAY
    world.admit(end(DEALER, by=REGISTRAR))
    world.admit(end(TREATER, by=REGISTRAR, announced=True))
    world.time += 90 * DAY
    world.admit(end(TREATER, by=REGISTRAR))


def test_an_expired_announcement_says_so(world: World) -> None:
    world.admit(end(DEALER, by=REGISTRAR, announced=True))
    world.time += 90 * DAY + 1
    world.refuse(end(DEALER, by=REGISTRAR), "no-notice", "organization", says="announced at 2030-01-01T00:00:00Z")
    assert world.state.controls(MILL.id, DEALER.id)


def test_from_its_index_on_the_former_parent_names_nothing_of_it(world: World) -> None:
    """Older declarations and products included; in the same batch already."""
    price = declaration(by=DEALER, per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})
    world.admit(price, product("rod", by=DEALER))
    named = [
        lambda lot: transformation([output(lot)], supplies=[ore("1", declaration=digest_of(price))]),
        lambda lot: transformation([output(lot)], supplies=[ore("1", product=DEALER.name("rod"))]),
    ]
    world.admit(*[make(f"before-{i}") for i, make in enumerate(named)])
    verdicts, _ = world.run(end(DEALER), *[make(f"after-{i}") for i, make in enumerate(named)])
    assert [getattr(one, "code", None) for one in verdicts] == [None, "unknown-declaration", "unknown-product"]
    for i, make in enumerate(named):
        assert isinstance(world.run(make(f"later-{i}"))[0][0], LedgerError)


def test_rules_count_the_two_as_one_group_for_twelve_months(world: World) -> None:
    facts = world.state
    assert facts.group(TREATER.id, "2099-01-01T00:00:00Z") == MILL.id
    world.admit(end(DEALER))
    last, first = "2030-12-31T23:59:59Z", "2031-01-01T00:00:00Z"
    assert [facts.group(who.id, last) for who in (DEALER, TREATER)] == [MILL.id, MILL.id]
    assert [facts.group(who.id, first) for who in (DEALER, TREATER)] == [DEALER.id, DEALER.id]
    assert list(facts.groups(TREATER.id)) == [TREATER.id, DEALER.id, MILL.id]
    assert facts.one_group(MILL.id, TREATER.id, last)
    assert not facts.one_group(MILL.id, TREATER.id, first)
    # Who owns a fifth never made a group.
    assert not facts.one_group(FORGE.id, STRANGER.id, last)


@pytest.mark.parametrize(("left", "until"), [
    (1_893_456_000_000, "2031-01-01T00:00:00Z"),
    (1_835_395_199_999, "2029-02-28T23:59:59Z"),
    (1_835_438_400_000, "2029-03-01T12:00:00Z"),
], ids=["new year", "the 28th of February", "the 29th"])
def test_twelve_months_end_on_a_day_of_the_calendar(left: int, until: str) -> None:
    assert LeftParent(0, DEALER.id, left).counted_until == until


def test_nobody_is_put_under_a_parent_without_consent() -> None:
    """The registrar takes the proof of a request and adds a reader, or another one than the request names."""
    world, alone = stocked(), public(DEALER.key, DEALER.id)
    under = public(DEALER.key, DEALER.id, parent=FORGE.id)
    for keys, parent in ((alone, MILL.id), (under, MILL.id), (under, None)):
        world.refuse(organization(DEALER, keys=[keys], parent=parent), "no-possession", "keys[0].proof")
    world.admit(organization(DEALER, keys=[under], parent=FORGE.id))
