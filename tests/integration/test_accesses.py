"""The access log: who read which data of whom, on a real database, through the routes of the API."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support.callers import Callers
from support.inside import inside
from support.parties import enrolment
from support.server import prepared_home
from support.workshop import Workshop

from ledger.core.record import canonical
from ledger.core.record.kinds import AppointedReader


class Place(NamedTuple):
    callers: Callers
    mill: Workshop
    forge: Workshop
    reader: Workshop
    sent: str


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("mill", "forge", "reader")]
        for shop in shops:
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        mill, forge, reader = shops
        sent = mill.send("x", "10", forge, "x-sent")
        ledger.post([mill.mine("x", "100")])
        ledger.post([sent])
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce=mill.nonce(), organization=reader.id, purpose="audit",
            until="2034-12-31T00:00:00Z"))])
        yield Place(Callers(ledger), mill, forge, reader, canonical.digest(canonical.encode(sent[1])).hex())


def rows(place: Place, owner: str, asker: str | None = None, **parameters: str) -> list[dict[str, Any]]:
    answer = place.callers.get(asker or owner, "/v1/accesses", {"organization": owner, **parameters})
    assert answer.status_code == 200, answer.text
    return [listed["row"] for listed in answer.json()["accesses"]]


def test_readings_by_others_are_noted_and_own_ones_are_not(place: Place) -> None:
    before = len(rows(place, place.mill.id))
    lot, record = place.mill.name("x"), f"/v1/records/{place.sent}"
    assert place.callers.get(place.mill.id, record).status_code == 200
    assert len(rows(place, place.mill.id)) == before
    assert place.callers.get(place.forge.id, record).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["organization"], row["client"], row["owner"], row["right"], row["route"], row["asked"]) == (
        place.forge.id, "key", place.mill.id, "party", "/v1/records/{digest}", [place.sent])
    assert place.callers.get(place.reader.id, "/v1/footprint", {"lot": lot}).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["organization"], row["right"], row["asked"]) == (place.reader.id, "reader", [lot])
