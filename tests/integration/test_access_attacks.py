"""Attacks on the gate: other spellings of requests, guesses of digests, and what was answered before a revocation."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from support.callers import Callers
from support.inside import inside
from support.oauth import bearer, by_key, token_of
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.workshop import END, START, Workshop, kilograms

from ledger.core.record.kinds import (
    AnyRecord,
    Attestation,
    Declaration,
    Erasure,
    Grant,
    GrantRevocation,
    Subject,
)
from ledger.core.record.values import Supply
from ledger.core.signatures.envelope import seal

UNTIL: Final = "2034-12-31T00:00:00Z"
SECRET: Final = "987654321.125"


class Place(NamedTuple):
    callers: Callers
    mill: Workshop
    rival: Workshop
    stated: str
    """The digest of a declaration of the mill."""
    made: str
    """The digest of the mill's transformation."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        mill, rival = Workshop("mill"), Workshop("rival")
        for shop in (mill, rival):
            ledger.post([shop.enrolment(ledger), *shop.opening(), shop.mine(f"{shop.id[12:]}s", "10")])
        posted, stated = mill.mine("x", SECRET), declared(mill)
        ledger.post([posted])
        ledger.post([stated])
        yield Place(Callers(ledger), mill, rival, digest_of(stated), digest_of(posted))


def declared(mill: Workshop) -> Posted:
    return mill.signed(Declaration(
        issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "2"}, per=kilograms("1")))


def granted(mill: Workshop, to: Workshop) -> Posted:
    return mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=to.id))


def revoked(mill: Workshop, given: Posted) -> Posted:
    return mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))


def test_the_digest_of_a_declaration_cannot_be_guessed(place: Place) -> None:
    """A supply that names a declaration of others is refused in the same bytes whether that exists or not."""
    for path in ("/v1/records/check", "/v1/records"):
        answers = []
        for digest in (place.stated, "0" * 64):
            supply = Supply(material="gas", quantity=kilograms("1"), declaration=digest)
            party, record = place.rival.mine("priced", "1", supplies=[supply])
            record = msgspec.structs.replace(record, nonce="A" * 22)
            body = msgspec.json.encode(seal(record, party.key, place.callers.ledger.origin))
            answer = place.callers.post(place.rival.id, path, body)
            answers.append((answer.status_code, sorted(answer.headers), answer.text.replace(digest, "?")))
        assert answers[0] == answers[1], path
        assert "?" in answers[0][2], "the answer does not speak of the declaration"


@pytest.mark.parametrize(("kind", "fake"), [
    ("lot", "urn:example:mill:y"), ("product", "urn:example:mill:parx"), ("facility", "urn:example:mill:sitx"),
    ("record", "0" * 64)])
def test_attestations_of_others_do_not_tell_which_names_exist(place: Place, kind: Any, fake: str) -> None:
    """Whoever is no auditor is refused in the same bytes whether the subject exists or not."""
    mill, rival = place.mill, place.rival
    real = {"lot": mill.name("x"), "product": mill.name("part"), "facility": mill.name("site"),
            "record": place.made}[kind]
    check_same_refusals(place, "not-auditor", {name: Attestation(
        issuer=rival.id, nonce="A" * 22, subject=Subject(kind=kind, id=name), standard="ISO 14064-3",
        level="limited", opinion="unmodified", start=START, end=END, valid_until=UNTIL) for name in (real, fake)})


def test_erasures_by_others_do_not_tell_which_records_exist(place: Place) -> None:
    check_same_refusals(place, "not-registrar", {digest: Erasure(
        issuer=place.rival.id, nonce="A" * 22, record=digest, legal_basis="none") for digest in (place.made, "0" * 64)})


def check_same_refusals(place: Place, code: str, records: Mapping[str, AnyRecord]) -> None:
    """The rival's records, by the name that each has, are refused in the same bytes, posted and in dry runs."""
    for path in ("/v1/records/check", "/v1/records"):
        answers = []
        for name, record in records.items():
            body = msgspec.json.encode(seal(record, place.rival.party.key, place.callers.ledger.origin))
            answer = place.callers.post(place.rival.id, path, body)
            assert answer.json()["code"] == code
            answers.append((answer.status_code, sorted(answer.headers), answer.text.replace(name, "?")))
        assert answers[0] == answers[1], path


@pytest.mark.parametrize("headers", [
    {"host": "127.0.0.1"}, {"host": "localhost"}, {"x-forwarded-for": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"},
    {"x-real-ip": "127.0.0.1"}, {"x-forwarded-host": "localhost"}, {"x-forwarded-user": "urn:example:mill"},
    {"x-original-url": "/health/live"}, {"if-none-match": "*"}, {"range": "bytes=0-1"},
    {"x-http-method-override": "GET"}, {"accept": "text/html"},
])
def test_no_header_gives_a_right(place: Place, headers: Mapping[str, str]) -> None:
    for path, parameters in _secret_questions(place).items():
        for caller in (None, place.rival.id):
            answer = place.callers.ledger.run(
                place.callers.ask("GET", caller, path, params=parameters, headers=headers))
            assert 400 <= answer.status_code < 500, (path, answer.text)
            assert SECRET not in answer.text


@pytest.mark.parametrize("spelling", [
    "/{}", "//{}", "/./{}", "/v1/../{}", "/{}/", "/{}//", "/{}%2F", "/{}%00", "/{}.json", "/{};x=1", "/%2e/{}",
    "/health/live/../../{}", "/V1{}",
])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE"])
def test_no_spelling_of_a_path_gets_around_the_gate(place: Place, spelling: str, method: str) -> None:
    for path, parameters in _secret_questions(place).items():
        spelt = spelling.format(path.removeprefix("/"))
        for written in (spelt, spelt.replace("v1", "%76%31"), spelt.replace("o", "%6F")):
            answer = place.callers.ledger.run(
                place.callers.ask(method, place.rival.id, "http://ledger" + written, params=parameters))
            assert SECRET not in answer.text, written
            assert answer.status_code >= 400 or (method == "OPTIONS" and not answer.content), (written, answer.text)
            assert answer.status_code < 500, (written, answer.text)


def _secret_questions(place: Place) -> Mapping[str, Mapping[str, str]]:
    lot = {"lot": place.mill.name("x")}
    return {
        "/v1/lots": lot, "/v1/footprint": lot, "/v1/chain": lot, "/v1/statement": lot, "/v1/gaps": lot,
        f"/v1/records/{place.made}": {}, f"/v1/records/{place.made}/proof": {},
        "/v1/lot-list": {"holder": place.mill.id}, "/v1/record-list": {"issuer": place.mill.id},
    }


@pytest.mark.parametrize("parameters", [
    [("lot", "mine"), ("lot", "theirs")], [("lot", "theirs"), ("lot", "mine")], [("LOT", "theirs"), ("lot", "mine")],
    [("lot[]", "theirs"), ("lot", "mine")], [("lot", "mine,theirs")], [("lot", "mine&lot=theirs")],
    [("lot", "mine\x00theirs")], [("lot", "mine"), ("Lot", "theirs")], [("lot", " theirs")], [("lot", "theirs ")],
    [("lot", "mine"), ("digest", "theirs")], [("item", "theirs"), ("lot", "mine")],
])
def test_no_second_parameter_gets_around_the_gate(place: Place, parameters: list[tuple[str, str]]) -> None:
    mine, theirs = place.rival.name("rivals"), place.mill.name("x")
    given = [(name, value.replace("mine", mine).replace("theirs", theirs)) for name, value in parameters]
    assert place.callers.get(place.rival.id, "/v1/footprint", {"lot": mine}).status_code == 200
    for path in ("/v1/footprint", "/v1/lots", "/v1/chain", "/v1/contributions", "/v1/statement", "/v1/gaps"):
        answer = place.callers.get(place.rival.id, path, given)
        assert SECRET not in answer.text
        assert 400 <= answer.status_code < 500, (path, answer.text)


def test_a_post_of_many_lines_tells_nothing_of_others(place: Place) -> None:
    """Each line names a thing of the mill, or one that does not exist: same bytes."""
    def asked(lot: str) -> str:
        lines = [place.rival.make({"a": "1"}, {}, supplies=[]), place.rival.send("x", "1", place.rival, "y")]
        changed = [(party, msgspec.structs.replace(record, nonce="A" * 22)) for party, record in lines]
        _, sent = changed[1]
        changed[1] = (place.rival.party, msgspec.structs.replace(sent, lot=lot))
        body = b"\n".join(msgspec.json.encode(seal(record, party.key, place.callers.ledger.origin))
                          for party, record in changed) + b"\n"
        return place.callers.post(place.rival.id, "/v1/records/check", body, "application/x-ndjson").text.replace(
            lot, "?")

    assert asked(place.mill.name("x")) == asked(place.mill.name("y"))


def test_sums_isolate_no_record_by_sizes_or_periods(place: Place) -> None:
    """Sums over organisations at two sizes, or in two periods, would isolate the record between them."""
    size = place.callers.ledger.run(place.callers.ledger.ledger.pool.fetchval("SELECT size FROM head"))
    options: list[dict[str, str]] = [{"at": str(at)} for at in range(size - 4, size + 1)]
    options += [{"from": START, "to": END}, {"from": END, "to": "2025-03-03T00:00:00Z"}, {"by": "province"}, {}]
    for given in options:
        answer = place.callers.get(place.rival.id, "/v1/sectors/works/indicators", given)
        if answer.status_code == 200:
            shown = answer.json()
            # Two organisations are too few for sums: only the caller's own are shown.
            assert shown["onlyOwn"], given
            assert shown["coverage"]["facilities"] <= 1, given
            assert shown["records"] <= 1, given
        else:
            assert answer.status_code in (400, 403), answer.text


def test_a_revocation_acts_behind_warm_caches(place: Place) -> None:
    """The same question before and after, without a pause between; also of two at once."""
    mill, rival, callers = place.mill, place.rival, place.callers
    given = granted(mill, rival)
    callers.ledger.post([given])
    questions = {path: given for path, given in _secret_questions(place).items() if "list" not in path}
    for path, parameters in questions.items():
        for _ in range(2):
            assert callers.get(rival.id, path, parameters).status_code == 200, path
    callers.ledger.post([revoked(mill, given)])
    for path, parameters in questions.items():
        answer = callers.get(rival.id, path, parameters)
        assert (answer.status_code, SECRET in answer.text) == (404, False), path

    async def at_once() -> list[httpx.Response]:
        return await asyncio.gather(*[
            callers.ask("GET", caller, "/v1/footprint", params={"lot": mill.name("x")})
            for _ in range(10) for caller in (mill.id, rival.id)])

    # Equal questions of several callers share no answer.
    answers = callers.ledger.run(at_once())
    assert [answer.status_code for answer in answers] == [200, 404] * 10


def test_a_revocation_acts_at_another_process_at_once() -> None:
    """Two servers on one database: the grant is used at one, and revoked at the other."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill, rival = Workshop("mill"), Workshop("rival")
        for shop in (mill, rival):
            server.post([shop.enrolment(server), *shop.opening()])
        given = granted(mill, rival)
        server.post([mill.mine("x", SECRET), given])
        with Server(home, CARBON_LEDGER_ACCESS="parties") as second:
            question: dict[str, Any] = {"params": {"lot": mill.name("x")}, "timeout": 60}
            token = bearer(token_of(by_key(second.url, rival.party.key, rival.id)))
            asked = [httpx.get(f"{second.url}/v1/footprint", headers=token, **question).status_code for _ in range(2)]
            assert asked == [200, 200]
            # A cache on the way would answer after the revocation; the log itself is for caches.
            for path, caching in (("/v1/footprint", "no-store"), ("/v1/chain", "no-store"), ("/v1/show", "no-store"),
                                  ("/log/checkpoint", "no-cache")):
                query = {} if path.startswith("/log") else {"name" if path == "/v1/show" else "lot": mill.name("x")}
                answer = httpx.get(f"{second.url}{path}", params=query, headers=token, timeout=60)
                assert (answer.status_code, answer.headers.get_list("cache-control")) == (200, [caching]), path
            server.post([revoked(mill, given)])
            assert httpx.get(f"{second.url}/v1/footprint", headers=token, **question).status_code == 404
            forged = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
            assert httpx.get(f"{second.url}/v1/footprint", headers=forged, **question).status_code >= 400
