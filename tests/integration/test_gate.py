"""The gate before each query, on a real database: unknown and forbidden things get the same answer."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from support.callers import Callers, member
from support.inside import inside
from support.parties import enrolment
from support.server import prepared_home
from support.workshop import Workshop

from ledger.access.declared import OfLot
from ledger.core.record import canonical
from ledger.core.record.kinds import Grant, GrantScope
from ledger.errors import NotFound
from ledger.service.access.rights import AskingCaller


class Place(NamedTuple):
    callers: Callers
    mill: Workshop
    forge: Workshop
    rival: Workshop
    digests: dict[str, str]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("mill", "forge", "rival")]
        for shop in shops:
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        mill, forge, rival = shops
        sent = mill.send("x", "10", forge, "x-sent")
        posted = {"x": mill.mine("x", "100"), "sent": sent}
        for one in posted.values():
            ledger.post([one])
        digests = {name: canonical.digest(canonical.encode(record)).hex() for name, (_, record) in posted.items()}
        yield Place(Callers(ledger), mill, forge, rival, digests)


def test_a_maker_sees_its_lot(place: Place) -> None:
    answer = place.callers.get(place.mill.id, "/v1/footprint", {"lot": place.mill.name("x")})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/v1/footprint", "/v1/lots", "/v1/contributions", "/v1/chain", "/v1/gaps",
                                  "/v1/statement", "/v1/uncertainty", "/v1/verification"])
def test_a_lot_of_others_is_as_unknown_as_one_that_does_not_exist(place: Place, path: str) -> None:
    real, unknown = place.mill.name("x"), place.mill.name("y")
    for caller in (place.rival.id, None):
        answers = [place.callers.get(caller, path, {"lot": lot}) for lot in (real, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content.replace(real.encode(), b"?") == answers[1].content.replace(unknown.encode(), b"?")
        assert answers[0].headers.keys() == answers[1].headers.keys()


@pytest.mark.parametrize("path", ["", "/proof"])
def test_a_record_of_others_is_as_unknown_as_one_that_does_not_exist(place: Place, path: str) -> None:
    real, unknown = place.digests["x"], "0" * 64
    answers = [place.callers.get(place.rival.id, f"/v1/records/{digest}{path}") for digest in (real, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(real.encode(), b"?") == answers[1].content.replace(unknown.encode(), b"?")
    assert place.callers.get(place.mill.id, f"/v1/records/{real}{path}").status_code == 200
    # The receiver is a party to the transfer.
    assert place.callers.get(place.forge.id, f"/v1/records/{place.digests['sent']}{path}").status_code == 200


@pytest.mark.parametrize(("path", "parameter"), [
    ("/v1/lot-list", "holder"), ("/v1/lot-list", "facility"), ("/v1/received", "organization"),
    ("/v1/record-list", "issuer"), ("/v1/changes", "holder"),
])
def test_lists_of_others_are_as_unknown_as_organisations_that_do_not_exist(
    place: Place, path: str, parameter: str
) -> None:
    real = place.mill.name("site") if parameter == "facility" else place.mill.id
    answers = [place.callers.get(place.rival.id, path, {parameter: name}) for name in (real, f"{real}-2")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(real.encode(), b"?") == answers[1].content.replace(f"{real}-2".encode(), b"?")
    assert place.callers.get(place.mill.id, path, {parameter: real}).status_code == 200


def test_public_things_need_no_token(place: Place) -> None:
    for path in ("/v1/organizations", "/v1/plugins", "/log/checkpoint", "/health/live", "/v1/methods"):
        assert place.callers.get(None, path).status_code == 200, path


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
        assert sight is not None
        return list(sight.rows)

    assert [read(mill.id, lot) for lot in lots] == [[lots[0]], [lots[1]], None]
    assert [read(forge.id, lot) for lot in lots] == [None, [lots[1]], None]
    assert [read(rival.id, lot) for lot in lots] == [[], None, None]
    assert [place.callers.get(rival.id, "/v1/footprint", {"lot": lot}).status_code for lot in lots] == [200, 404, 404]
