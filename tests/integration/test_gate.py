"""What the gate reads before a query, on a real database. `test_access_strangers.py` compares the answers about unknown
and about forbidden things."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from support.callers import Callers, member
from support.inside import inside
from support.parties import enrolment
from support.server import prepared_home
from support.workshop import Workshop

from ledger.access.declared import OfLot
from ledger.core.record.kinds import Grant, GrantScope
from ledger.errors import NotFound
from ledger.service.access.rights import AskingCaller


class Place(NamedTuple):
    callers: Callers
    mill: Workshop
    forge: Workshop
    rival: Workshop


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("mill", "forge", "rival")]
        for shop in shops:
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        mill, forge, rival = shops
        for one in (mill.mine("x", "100"), mill.send("x", "10", forge, "x-sent")):
            ledger.post([one])
        yield Place(Callers(ledger), mill, forge, rival)


def test_the_row_of_a_figure_is_read_first_for_parties_alone(place: Place) -> None:
    """For whoever is granted a lot, and for strangers, as much is read as of a lot that does not exist: the time of the
    answer does not tell which lots exist, nor how many inputs they have."""
    mill, forge, rival, ledger = place.mill, place.forge, place.rival, place.callers.ledger
    lots = [mill.name(lot) for lot in ("x", "x-sent", "none")]
    ledger.post([mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), grantee=rival.id, depth="totals",
                                   until="2034-12-31T00:00:00Z", purpose="a test", scope=GrantScope(lot=lots[0])))])

    def read(organization: str, lot: str) -> list[str] | None:
        """The rows that the gate has read with the rights; None if it refuses the lot."""
        try:
            sight = ledger.run(ledger.ledger.gate.admit(
                AskingCaller(member(organization)), (OfLot(figure=True),), {"lot": [lot]}))
        except NotFound:
            return None
        return list(sight.rows)

    assert [read(mill.id, lot) for lot in lots] == [[lots[0]], [lots[1]], None]
    assert [read(forge.id, lot) for lot in lots] == [None, [lots[1]], None]
    assert [read(rival.id, lot) for lot in lots] == [[], None, None]
    assert [place.callers.get(rival.id, "/v1/footprint", {"lot": lot}).status_code for lot in lots] == [200, 404, 404]
