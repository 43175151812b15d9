"""What is asked of erased records, and of what rests on them: it is answered as before, in figures, and without a word
of what was erased, by every server; and the rights that erased grants and publications give stay."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.revising import digest_of
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import audited
from support.workshop import Workshop, kilograms

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.record.kinds import (
    Erasure,
    Grant,
    GrantRevocation,
    GrantScope,
    OrganizationNames,
    Transformation,
)
from ledger.core.record.values import Evidence, Factor, Supply
from ledger.registry.installed import installed
from ledger.service.erasure.erase import carry_out
from ledger.store.embedded import attach

SECRET: Final = "Lindqvist-Oberhauser"
Answers = dict[str, Any]


def priced(material: str, amount: str) -> Supply:
    """With words of its own; what its factor is called stands in the assessment, which stays."""
    return Supply(material=material, quantity=kilograms(amount), description=SECRET, factor=Factor(
        value="2", unit="KGM", source="price list", year=2025, boundary="cradleToGate"))


class Chain(NamedTuple):
    """A mill makes a of bought parts, b of a, and sends of it to a smith, who makes d: all that the mill has entered
    holds words. `erased`: the records of the mill's."""

    servers: tuple[Server, Server]
    mill: Workshop
    smith: Workshop
    erased: list[Posted]
    before: Answers
    after: tuple[Answers, Answers]


def questions(mill: Workshop, smith: Workshop) -> dict[str, tuple[str, dict[str, Any]]]:
    """By name, path and parameters."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    lots = {"a": mill.name("a"), "b": mill.name("b"), "sent": mill.name("sent"), "d": smith.name("d")}
    for short, lot in lots.items():
        for path in ("lots", "footprint", "gaps", "uncertainty", "sensitivity", "statement", "verification"):
            found[f"{path} of {short}"] = f"/v1/{path}", {"lot": lot}
        for by in ("record", "organization", "facility", "sector", "stage", "country", "source", "year", "gas"):
            found[f"contributions of {short} by {by}"] = "/v1/contributions", {"lot": lot, "by": by}
        found[f"page of {short}"] = "/v1/show", {"name": lot}
        found[f"chain of {short}"] = "/v1/chain", {"lot": lot}
        found[f"AR5 of {short}"] = "/v1/footprint/method", {"lot": lot, "gwp": "AR5"}
    for one in (mill, smith):
        found[f"product of {one.id}"] = "/v1/footprint/product", {"product": one.name("part")}
        found[f"inventory of {one.id}"] = "/v1/inventory", {"organization": one.id, "year": 2025}
        found[f"report of {one.id}"] = "/v1/inventory/report", {"facility": one.name("site"), "year": 2025}
        found[f"changes of {one.id}"] = "/v1/changes", {"holder": one.id}
        found[f"lots held by {one.id}"] = "/v1/lot-list", {"holder": one.id}
        found[f"records of {one.id}"] = "/v1/record-list", {"issuer": one.id}
        for path in ("received", "delivered", "coverage"):
            found[f"{path} of {one.id}"] = f"/v1/{path}", {"organization": one.id, "from": "2025-01-01"}
        found[f"page of {one.id}"] = "/v1/show", {"name": one.name("site")}
        found[f"cbam of {one.id}"] = "/v1/cbam", {"facility": one.name("site"), "year": 2025}
    found["indicators"] = "/v1/sectors/industry/indicators", {"from": "2025-01-01", "to": "2026-01-01"}
    found["organizations"] = "/v1/organizations", {}
    found["audit"] = "/v1/audit/entries", {"from": 0, "to": 1000}
    return found


def ask(server: Server, mill: Workshop, smith: Workshop) -> Answers:
    """All answers; what is refused is told with its status."""
    found: Answers = {}
    with httpx.Client(base_url=server.url, timeout=120) as client:
        for name, (path, parameters) in questions(mill, smith).items():
            answer = client.get(path, params=parameters)
            found[name] = answer.json() if answer.status_code == 200 else (answer.status_code, answer.text)
    return found


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with prepared_home() as home, Server(home) as first, Server(home) as second:
        mill, smith = Workshop("mill"), Workshop("smith")
        first.post([mill.enrolment(first), smith.enrolment(first)])
        opening = [(mill.party, replace(one, names={"en": SECRET})) for _, one in mill.opening()]
        said = [Evidence(digest="ab" * 32, media_type="text/plain", kind=SECRET)]
        a = mill.make({"a": "100"}, ore="100", supplies=[priced("paint", "3")], activity=Make(co2="50"), evidence=said)
        b = mill.make({"b": "60"}, {"a": "60"}, supplies=[priced("gas", "2")], activity=Make(co2="7"), evidence=said)
        party, sent = mill.send("b", "30", smith, "sent")
        sending = party, replace(sent, transport=[priced("road", "1")])
        first.post([*opening, *smith.opening(), a, b, sending])
        made = smith.signed(Transformation(**{
            name: getattr(smith.make({"d": "20"}, {}, ore="1")[1], name) for name in Transformation.__struct_fields__
        } | {"inputs": [replace(one, lot=mill.name("sent")) for one in mill.make({"x": "1"}, {"b": "20"})[1].inputs],
             "supplies": []}))
        first.post([made])
        erased = [*opening, a, b, sending]
        before = ask(second, mill, smith)
        first.post([(first.registrar, Erasure(
            issuer=first.registrar.id, nonce=mill.nonce(), record=digest_of(one), legal_basis="GDPR Art. 17"))
            for one in erased])
        asyncio.run(carry_out(attach(home).app_url))
        yield Chain((first, second), mill, smith, erased, before, (ask(first, mill, smith), ask(second, mill, smith)))
        for server in (first, second):
            report = audited(server)
            assert (report.ok, report.erased) == (True, len(erased)), report.findings


def test_words_were_told_before(chain: Chain) -> None:
    """Or the other tests would see nothing."""
    assert [name for name, answer in chain.before.items() if SECRET in str(answer)]


@pytest.mark.parametrize("which", [0, 1], ids=["where it was posted", "at the other server"])
def test_no_answer_tells_a_word(chain: Chain, which: int) -> None:
    assert {name for name, answer in chain.after[which].items() if SECRET in str(answer)} == set()


@pytest.mark.parametrize("which", [0, 1], ids=["where it was posted", "at the other server"])
def test_no_question_fails(chain: Chain, which: int) -> None:
    failed = {name: answer for name, answer in chain.after[which].items() if isinstance(answer, tuple)}
    assert failed == {name: answer for name, answer in chain.before.items() if isinstance(answer, tuple)}


def test_figures_are_as_they_were(chain: Chain) -> None:
    for name, answer in chain.before.items():
        if name.startswith(("footprint", "lots", "product", "AR5")):
            after = chain.after[0][name]
            for field in ("burdens", "footprint", "footprintPerUnit", "contents", "quantity", "remaining"):
                if isinstance(answer, dict) and field in answer:
                    assert after[field] == answer[field], (name, field)


def test_lists_stay_as_they_were(chain: Chain) -> None:
    """An erased record keeps its facility, process, times and lots. The list says that it is erased."""
    for name, answer in chain.before.items():
        if name.startswith(("lots held", "received", "delivered")):
            assert chain.after[0][name] == answer
    before, after = (answers[f"coverage of {chain.smith.id}"] for answers in (chain.before, chain.after[0]))
    for field in ("lots", "footprint", "titles", "oldestData"):
        assert after[field] == before[field]
    before, after = (answers[f"records of {chain.mill.id}"]["records"] for answers in (chain.before, chain.after[0]))
    assert [row["state"] for row in after] == ["erased"] * len(chain.erased)
    assert [row | {"state": "erased"} for row in before] == after


def test_both_say_that_they_are_gone(chain: Chain) -> None:
    for server in chain.servers:
        for one in chain.erased:
            assert httpx.get(f"{server.url}/v1/records/{digest_of(one)}", timeout=60).status_code == 410


WORDS: Final = "Mrs Li of the third floor"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Audited after the module: from zero, and continued from the state of that audit."""
    with prepared_home() as home, Server(home) as serving:
        yield serving
        state = tmp_path_factory.mktemp("state") / "audit.state"
        for _ in range(2):
            report = audited_twice(serving, state)
            assert report.ok, report.findings


def audited_twice(server: Server, state: Path) -> AuditReport:
    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, installed(), AuditOptions(vkey=server.vkey, state=state, compare_only=True))

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
        purpose=WORDS, scope=GrantScope(lot=mill.name("pot"))))
    named = mill.signed(OrganizationNames(issuer=mill.id, nonce=mill.nonce(), names={"en": WORDS}))
    shown = mill.publish(lot=mill.name("pot"))
    server.post([given, named, shown])
    erase(server, mill, given, named, shown)
    for record in (given, named, shown):
        answer = httpx.get(f"{server.url}/v1/records/{digest_of(record)}", timeout=60)
        assert answer.status_code == 410
        assert WORDS not in answer.text
    listed = httpx.get(f"{server.url}/v1/grants", params={"organization": smith.id}, timeout=60).json()["grants"]
    assert [(one["purpose"], one["state"], one["lot"]) for one in listed] == [("erased", "inForce", mill.name("pot"))]
    assert httpx.get(f"{server.url}/v1/passport", params={"lot": mill.name("pot")}, timeout=60).status_code == 200
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])
    listed = httpx.get(f"{server.url}/v1/grants", params={"organization": smith.id}, timeout=60).json()["grants"]
    assert [one["state"] for one in listed] == ["revoked"]


def test_the_name_of_a_sole_trader_is_in_no_public_answer(server: Server) -> None:
    trader = Workshop("trader")
    server.post([trader.enrolment(server), trader.signed(OrganizationNames(
        issuer=trader.id, nonce=trader.nonce(), names={"en": WORDS}))])
    for path in ("/v1/organizations", "/v1/readers", "/log/checkpoint"):
        assert WORDS not in httpx.get(f"{server.url}{path}", timeout=60).text
