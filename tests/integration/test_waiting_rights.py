"""A request that waits for witnesses is answered by the rights at the end of its wait."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import httpx
import pytest
from support.oauth import KIND, ask, assertion, bearer, by_key, token_of
from support.publishing import acknowledged, site, three_witnesses
from support.revising import digest_of
from support.server import Posted, Server
from support.waiting import until
from support.witnesses import WitnessProcess
from support.workshop import Workshop

from ledger.core.record.kinds import Grant, GrantRevocation, KeyChange
from ledger.core.signatures.signing import public_key
from ledger.host.files.key_files import new_key

UNTIL: Final = "2034-12-31T00:00:00Z"


class Place(NamedTuple):
    """`opened`: another server of the same ledger, which shows everything to everybody."""

    server: Server
    opened: Server
    witnesses: list[WitnessProcess]
    mill: Workshop
    rival: Workshop


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with (
        site() as at, three_witnesses(at) as witnesses, at.serve(CARBON_LEDGER_ACCESS="parties") as server,
        at.serve(CARBON_LEDGER_ACCESS="open") as opened,
    ):
        mill, rival = Workshop("mill"), Workshop("rival")
        for shop in (mill, rival):
            acknowledged(server, [shop.enrolment(server), *shop.opening()], wait=60)
        yield Place(server, opened, witnesses, mill, rival)


def waited(
    place: Place, lot: str, then: Callable[[Posted, dict[str, str]], object], by: str | None = None
) -> httpx.Response:
    """The answer to the rival's request, with its grant, for the proof of a record of the mill. The request waits while
    the quorum is down; `then` gets the grant and the rival's token, and the quorum returns afterwards. `by`: a token of
    the rival, in place of one of its key."""
    server, mill, rival = place.server, place.mill, place.rival
    given = mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="audit",
                              grantee=rival.id))
    acknowledged(server, [given], wait=60)
    for one in place.witnesses[:2]:
        one.kill()
    try:
        made = mill.mine(lot, "10")
        acknowledged(server, [made])
        token = bearer(by or token_of(by_key(server.url, rival.party.key, rival.id)))
        answers: list[httpx.Response] = []
        asked = rows_of(place)
        asking = threading.Thread(target=lambda: answers.append(httpx.get(
            f"{server.url}/v1/records/{digest_of(made)}/proof", params={"wait": 60}, headers=token, timeout=120)))
        asking.start()
        # The row of its reading shows that the gate has admitted the request.
        until(lambda: rows_of(place) > asked)
        then(given, token)
    finally:
        for one in place.witnesses[:2]:
            one.start()
    asking.join()
    return answers[0]


def rows_of(place: Place) -> int:
    """The readings of the mill's data so far."""
    token = bearer(token_of(by_key(place.server.url, place.mill.party.key, place.mill.id)))
    answer: dict[str, Any] = httpx.get(f"{place.server.url}/v1/accesses", params={"organization": place.mill.id},
                                       headers=token, timeout=60).json()
    return len(answer["accesses"])


def revoke_grant(place: Place, given: Posted) -> None:
    acknowledged(place.server, [place.mill.signed(GrantRevocation(
        issuer=place.mill.id, nonce=place.mill.nonce(), grant=digest_of(given)))])


def revoke_token(place: Place, token: dict[str, str]) -> None:
    """A token of the rival's key."""
    text, signed = token["Authorization"].removeprefix("Bearer "), assertion(
        place.rival.party.key, place.rival.id, place.server.url)
    answer = ask(place.server.url, {"token": text, "client_assertion": signed, "client_assertion_type": KIND},
                 "/auth/revoke", timeout=60)
    assert answer.status_code == 200, answer.text


def test_with_its_grant_it_gets_the_receipt_and_is_noted_once(place: Place) -> None:
    before, kept = rows_of(place), list[Posted]()
    answer = waited(place, "kept", lambda given, token: kept.append(given))
    revoke_grant(place, kept[0])
    assert answer.status_code == 200
    assert answer.json()["leaves"]
    assert rows_of(place) == before + 1


def test_a_revoked_grant_ends_it(place: Place) -> None:
    answer = waited(place, "revoked", lambda given, token: revoke_grant(place, given))
    assert (answer.status_code, "leaves" in answer.text) == (404, False)


def test_a_revoked_token_ends_it(place: Place) -> None:
    answer = waited(place, "ended", lambda given, token: revoke_token(place, token))
    assert (answer.status_code, "leaves" in answer.text) == (401, False)


def test_a_report_of_theft_ends_a_client_of_the_stolen_key(place: Place) -> None:
    server, rival, stolen = place.server, place.rival, new_key()
    acknowledged(server, [rival.signed(KeyChange(
        issuer=rival.id, nonce=rival.nonce(), organization=rival.id,
        added=[public_key(stolen, server.origin, rival.id)]))], wait=60)
    thief = bearer(token_of(by_key(server.url, stolen, rival.id)))
    client = httpx.post(f"{server.url}/auth/clients", json={"name": "reader"}, headers=thief, timeout=60).json()
    token = token_of(ask(server.url, {"client_id": client["id"], "client_secret": client["secret"]}, timeout=60))

    def report(given: Posted, token: dict[str, str]) -> None:
        acknowledged(server, [rival.signed(KeyChange(
            issuer=rival.id, nonce=rival.nonce(), organization=rival.id, revoked=[stolen.keyid.hex()],
            compromised_since=0))])

    answer = waited(place, "stolen", report, token)
    assert (answer.status_code, "leaves" in answer.text) == (401, False)


@pytest.mark.parametrize(("is_open", "leaves"), [(True, 2), (False, 0)])
def test_records_that_were_posted_with_a_token_that_ends_are_answered_to_nobody(
    place: Place, is_open: bool, leaves: int
) -> None:
    """They are on the log. Nobody sees all of it on an open ledger."""
    server, mill, rival = place.opened if is_open else place.server, place.mill, place.rival
    token = bearer(token_of(by_key(server.url, rival.party.key, rival.id)))
    earlier, new = mill.mine(f"earlier-{is_open}", "10"), rival.mine(f"new-{is_open}", "10")
    for one in place.witnesses[:2]:
        one.kill()
    try:
        acknowledged(server, [earlier])
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(httpx.post(
            f"{server.url}/v1/records", content=b"\n".join(server.envelopes([earlier, new])), params={"wait": 60},
            headers={**token, "Content-Type": "application/x-ndjson"}, timeout=120)))
        asking.start()
        until(lambda: httpx.get(f"{place.opened.url}/v1/records/{digest_of(new)}", timeout=60).status_code == 200)
        revoke_token(place, token)
    finally:
        for one in place.witnesses[:2]:
            one.start()
    asking.join()
    first, second = [json.loads(line) for line in answers[0].content.splitlines()]
    assert (len(first["leaves"]), len(second["leaves"])) == (leaves, 2)
