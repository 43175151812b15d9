"""Rights and bodies that end: while the witnesses are out of reach, behind warm caches, in the access log, and during a
wait for witnesses."""

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import pytest
from integration.test_erasure import SECRET, erase, secret
from support.oauth import KIND, ask, assertion, bearer, by_key, token_of
from support.publishing import acknowledged, site, three_witnesses
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.witnesses import WitnessProcess
from support.workshop import Workshop, workshop

from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.record.kinds import Grant, GrantRevocation, KeyChange
from ledger.core.signatures.signing import public_key
from ledger.host.files.key_files import new_key
from ledger.store.embedded import attach

UNTIL: Final = "2034-12-31T00:00:00Z"
_COLUMNS: Final = "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'access%'"


def granted(mill: Workshop, to: Workshop) -> Posted:
    return mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=to.id))


def as_member(server: Server, shop: Workshop) -> dict[str, str]:
    return bearer(token_of(by_key(server.url, shop.party.key, shop.id)))


def asked(server: Server, headers: dict[str, str], path: str, **parameters: str) -> httpx.Response:
    return httpx.get(server.url + path, params=parameters, headers=headers, timeout=60)


def test_a_revocation_acts_while_the_quorum_is_down() -> None:
    """From its commit on, though no published head has it; nor does the caller get back in when the head is out."""
    with site() as place, three_witnesses(place) as witnesses, place.serve(CARBON_LEDGER_ACCESS="parties") as server:
        mill, rival = workshop(server, "mill", pot="100"), workshop(server, "rival", pot="100")
        given = granted(mill, rival)
        server.post([given])
        headers = as_member(server, rival)
        assert asked(server, headers, "/v1/footprint", lot=mill.name("pot")).status_code == 200
        for witness in witnesses[:2]:
            witness.kill()
        end = mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))
        (answer,) = acknowledged(server, [end])
        assert isinstance(answer, Acknowledgement)
        assert asked(server, headers, "/v1/footprint", lot=mill.name("pot")).status_code == 404


def test_an_erased_body_is_nowhere_that_readers_reach() -> None:
    """A grantee has read the record, so that it is in the caches and in the access log. Then it is erased."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill, rival = workshop(server, "mill", pot="100"), workshop(server, "rival", pot="100")
        posted = secret(mill.mine("a", "100"))
        server.post([posted, granted(mill, rival)])
        headers, digest = as_member(server, rival), digest_of(posted)
        questions: list[tuple[str, dict[str, Any]]] = [
            (f"/v1/records/{digest}", {}), (f"/v1/records/{digest}/proof", {}),
            ("/v1/footprint", {"lot": mill.name("a")}),
            ("/v1/statement", {"lot": mill.name("a")}), ("/v1/contributions", {"lot": mill.name("a"), "by": "line"}),
            ("/v1/audit/entries", {"from": "0", "to": "1000"}),
        ]
        before = [asked(server, headers, path, **parameters) for path, parameters in questions for _ in range(2)]
        assert any(SECRET.encode() in answer.content for answer in before)
        erase(server, mill, posted)
        for path, parameters in questions:
            answer = asked(server, headers, path, **parameters)
            assert SECRET.encode() not in answer.content, path
            assert (answer.status_code == 410) is (path == f"/v1/records/{digest}"), (path, answer.status_code)
        assert SECRET.encode() not in _access_log(server)


def _access_log(server: Server) -> bytes:
    """All columns of all rows of the access log."""
    async def read() -> bytes:
        connection = await asyncpg.connect(attach(server.home).app_url)
        try:
            tables = [row[0] for row in await connection.fetch(_COLUMNS)]
            assert "access" in tables
            texts = [await connection.fetchval(f"SELECT string_agg(t::text, '') FROM {table} t") for table in tables]
            return "".join([text or "" for text in texts]).encode()
        finally:
            await connection.close()

    return asyncio.run(read())


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


@contextmanager
def quorum_down(place: Place) -> Iterator[None]:
    """Two of three witnesses answer nothing meanwhile."""
    for one in place.witnesses[:2]:
        one.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for one in place.witnesses[:2]:
            one.process.send_signal(signal.SIGCONT)


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
    with quorum_down(place):
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
    with quorum_down(place):
        acknowledged(server, [earlier])
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(httpx.post(
            f"{server.url}/v1/records", content=b"\n".join(server.envelopes([earlier, new])), params={"wait": 60},
            headers={**token, "Content-Type": "application/x-ndjson"}, timeout=120)))
        asking.start()
        until(lambda: httpx.get(f"{place.opened.url}/v1/records/{digest_of(new)}", timeout=60).status_code == 200)
        revoke_token(place, token)
    asking.join()
    first, second = [json.loads(line) for line in answers[0].content.splitlines()]
    assert (len(first["leaves"]), len(second["leaves"])) == (leaves, 2)
