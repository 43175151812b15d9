"""What a former parent reads of an organisation that has left it: nothing, but the totals of its group from before."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from support.callers import Callers
from support.inside import Inside, inside
from support.revising import digest_of
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import Grant, ParentEnd

YEAR: Final = 2025
CO2: Final = {"before": "70", "late": "500"}
"""Kg of CO2 of what the daughter made, of which it posted one record after it had left."""


class Family(NamedTuple):
    """A holding with a mill and the mill's daughter, and what the daughter posted first."""

    callers: Callers
    shops: dict[str, Workshop]
    made: Posted
    left: int

    def statuses(self, name: str) -> list[int]:
        """Answers about the daughter's record, lot and lists, and about one's own group, as this organisation."""
        daughter = self.shops["daughter"]
        asked = [
            (f"/v1/records/{digest_of(self.made)}", {}), ("/v1/footprint", {"lot": daughter.name("before")}),
            ("/v1/record-list", {"issuer": daughter.id}), ("/v1/lot-list", {"holder": daughter.id}),
            ("/v1/inventory", {"organization": daughter.id, "year": YEAR}),
            ("/v1/accesses", {"organization": daughter.id}),
        ]
        return [self.callers.get(self.shops[name].id, route, query).status_code for route, query in asked]

    def group(self, name: str) -> tuple[float, list[tuple[str, bool]]]:
        """Scope 1 of the group, and its members with whether they have left."""
        answer = self.callers.get(
            self.shops[name].id, "/v1/inventory", {"organization": self.shops[name].id, "year": YEAR}).json()
        return answer["equity"]["scopes"]["scope1"], [
            (one["organization"], "left" in one) for one in answer["equity"]["members"]]


@pytest.fixture(scope="module")
def family() -> Iterator[Family]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = {name: Workshop(name) for name in ("holding", "mill", "daughter", "grandchild")}
        above = None
        for shop in shops.values():
            ledger.post([shop.enrolment(ledger, above), *shop.opening()])
            above = shop.id
        holding, mill, daughter, grandchild = shops.values()
        made = daughter.mine("before", "10", co2=CO2["before"])
        ledger.post([made, holding.mine("own", "10", co2="1"), mill.mine("own", "10", co2="20"),
                     grandchild.mine("below", "10", co2="3")])
        yield Family(Callers(ledger), shops, made, leave(ledger, shops))


def leave(ledger: Inside, shops: dict[str, Workshop]) -> int:
    """The log index at which the daughter leaves the mill; afterwards it posts one more record of the same year."""
    daughter = shops["daughter"]
    before = Family(Callers(ledger), shops, daughter.mine("unposted", "1"), 0)
    assert before.group("holding")[0] == pytest.approx(94)
    ended = daughter.signed(ParentEnd(issuer=daughter.id, nonce=daughter.nonce(), organization=daughter.id))
    ledger.post([ended])
    index = ledger.run(ledger.ledger.pool.fetchval("SELECT record FROM parent_end"))
    ledger.post([daughter.mine("late", "10", co2=CO2["late"])])
    assert isinstance(index, int)
    return index


def test_the_former_parents_read_nothing_of_it(family: Family) -> None:
    """Nor of what lies below it; the organisation itself goes on."""
    assert family.statuses("daughter") == [200] * 6
    for name in ("mill", "holding"):
        assert family.statuses(name) == [404] * 6
        grandchild = family.shops["grandchild"]
        assert family.callers.get(
            family.shops[name].id, "/v1/footprint", {"lot": grandchild.name("below")}).status_code == 404
    assert family.callers.get(
        family.shops["daughter"].id, "/v1/footprint",
        {"lot": family.shops["grandchild"].name("below")}).status_code == 200


def test_group_inventories_keep_the_totals_of_the_time_before(family: Family) -> None:
    """Not what was posted afterwards for the same year. Whoever has left has its own group."""
    ids = {name: shop.id for name, shop in family.shops.items()}
    assert family.group("mill") == (pytest.approx(93), [
        (ids["mill"], False), (ids["daughter"], True), (ids["grandchild"], True)])
    assert family.group("holding")[0] == pytest.approx(94)
    assert family.group("daughter") == (
        pytest.approx(573), [(ids["daughter"], False), (ids["grandchild"], False)])


def test_everybody_sees_that_it_left(family: Family) -> None:
    (found,) = [one for one in family.callers.get(None, "/v1/organizations").json()
                if one["id"] == family.shops["daughter"].id]
    assert (found["parent"], found["leftParent"]) == (family.shops["mill"].id, family.left)


def test_a_grant_shows_the_former_parent_what_it_shall_see(family: Family) -> None:
    daughter, mill = family.shops["daughter"], family.shops["mill"]
    family.callers.ledger.post([daughter.signed(Grant(
        issuer=daughter.id, nonce=daughter.nonce(), grantee=mill.id, depth="full", until="2034-01-01T00:00:00Z",
        purpose="closing the books"))])
    assert family.statuses("mill") == [200] * 6
    assert family.statuses("holding") == [404] * 6


def test_the_end_of_a_minority_shows_nothing() -> None:
    """Whoever owns 30 % sees nothing of a company; by ending the relation it does not see its totals either, nor those
    of what lies below."""
    with prepared_home() as home, inside(home, access="parties") as ledger:
        holding, minor, _ = shops = [Workshop(name) for name in ("holding", "minor", "below")]
        for shop, parent, share in zip(shops, (None, holding.id, minor.id), (None, "0.3", "1"), strict=True):
            ledger.post([shop.enrolment(ledger, parent, share), *shop.opening()])
        ledger.post([shop.mine("x", "10", co2=co2) for shop, co2 in zip(shops, ("1", "100", "1000"), strict=True)])
        found = Family(Callers(ledger), {"holding": holding}, holding.mine("unposted", "1"), 0)
        alone = (pytest.approx(1), [(holding.id, False)])
        assert found.group("holding") == alone
        ledger.post([holding.signed(ParentEnd(
            issuer=holding.id, nonce=holding.nonce(), organization=minor.id))])
        assert found.group("holding") == alone
