"""Rights and bodies that end: while the witnesses are out of reach, behind warm caches, and in the access log."""

import asyncio
from typing import Any, Final

import asyncpg
import httpx
from integration.test_erasure import SECRET, erase, secret
from support.oauth import bearer, by_key, token_of
from support.publishing import acknowledged, site, three_witnesses
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.record.kinds import Grant, GrantRevocation
from ledger.store.embedded import attach

UNTIL: Final = "2034-12-31T00:00:00Z"
_COLUMNS: Final = "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'access%'"


def granted(mill: Workshop, to: Workshop) -> Posted:
    return mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=to.id))


def as_member(server: Server, shop: Workshop) -> dict[str, str]:
    return bearer(token_of(by_key(server.url, shop.party.key, shop.id)))


def ask(server: Server, headers: dict[str, str], path: str, **parameters: str) -> httpx.Response:
    return httpx.get(server.url + path, params=parameters, headers=headers, timeout=60)


def test_a_revocation_acts_while_the_quorum_is_down() -> None:
    """From its commit on, though no published head has it; nor does the caller get back in when the head is out."""
    with site() as place, three_witnesses(place) as witnesses, place.serve(CARBON_LEDGER_ACCESS="parties") as server:
        mill, rival = workshop(server, "mill", pot="100"), workshop(server, "rival", pot="100")
        given = granted(mill, rival)
        server.post([given])
        headers = as_member(server, rival)
        assert ask(server, headers, "/v1/footprint", lot=mill.name("pot")).status_code == 200
        for witness in witnesses[:2]:
            witness.kill()
        end = mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))
        (answer,) = acknowledged(server, [end])
        assert isinstance(answer, Acknowledgement)
        assert ask(server, headers, "/v1/footprint", lot=mill.name("pot")).status_code == 404


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
        before = [ask(server, headers, path, **parameters) for path, parameters in questions for _ in range(2)]
        assert any(SECRET.encode() in answer.content for answer in before)
        erase(server, mill, posted)
        for path, parameters in questions:
            answer = ask(server, headers, path, **parameters)
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
