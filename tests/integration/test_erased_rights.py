"""Erased grants, publications and names: their words go, the rights that they give stay, and the log audits."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.record.kinds import Erasure, Grant, GrantRevocation, GrantScope, OrganizationNames
from ledger.registry.installed import installed
from ledger.service.erasure.erase import carry_out
from ledger.store.embedded import attach

SECRET: Final = "Mrs Li of the third floor"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Audited after the module: from zero, and continued from the state of that audit."""
    with prepared_home() as home, Server(home) as serving:
        yield serving
        state = tmp_path_factory.mktemp("state") / "audit.state"
        for _ in range(2):
            report = audited(serving, state)
            assert report.ok, report.findings


def audited(server: Server, state: Path) -> AuditReport:
    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, installed(), AuditOptions(vkey=server.vkey, state=state))

    return asyncio.run(run())


def erase(server: Server, shop: Workshop, *records: Posted) -> None:
    server.post([(server.registrar, Erasure(
        issuer=server.registrar.id, nonce=shop.nonce(), record=digest_of(record), legal_basis="GDPR Art. 17"))
        for record in records])
    asyncio.run(carry_out(attach(server.home).app_url))


def test_words_go_and_rights_stay(server: Server) -> None:
    mill, smith = Workshop("mill"), Workshop("smith")
    server.post([mill.enrolment(server), smith.enrolment(server), *mill.opening(), mill.mine("pot", "10")])
    given = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=smith.id, depth="totals", until="2034-12-31T00:00:00Z",
        purpose=SECRET, scope=GrantScope(lot=mill.name("pot"))))
    named = mill.signed(OrganizationNames(issuer=mill.id, nonce=mill.nonce(), names={"en": SECRET}))
    shown = mill.publish(lot=mill.name("pot"))
    server.post([given, named, shown])
    erase(server, mill, given, named, shown)
    for record in (given, named, shown):
        answer = httpx.get(f"{server.url}/v1/records/{digest_of(record)}", timeout=60)
        assert answer.status_code == 410
        assert SECRET not in answer.text
    listed = httpx.get(f"{server.url}/v1/grants", params={"organization": smith.id}, timeout=60).json()["grants"]
    assert [(one["purpose"], one["state"], one["lot"]) for one in listed] == [("erased", "inForce", mill.name("pot"))]
    assert httpx.get(f"{server.url}/v1/passport", params={"lot": mill.name("pot")}, timeout=60).status_code == 200
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])
    listed = httpx.get(f"{server.url}/v1/grants", params={"organization": smith.id}, timeout=60).json()["grants"]
    assert [one["state"] for one in listed] == ["revoked"]


def test_the_name_of_a_sole_trader_is_in_no_public_answer(server: Server) -> None:
    trader = Workshop("trader")
    server.post([trader.enrolment(server), trader.signed(OrganizationNames(
        issuer=trader.id, nonce=trader.nonce(), names={"en": SECRET}))])
    for path in ("/v1/organizations", "/v1/readers", "/log/checkpoint"):
        assert SECRET not in httpx.get(f"{server.url}{path}", timeout=60).text
