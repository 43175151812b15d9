"""Names, keys and nonces on a real ledger: what is refused, and how audits see a server that let it pass."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx
import msgspec
import pytest
from support.cli import run
from support.edwards import MixedKey
from support.inside import Inside, inside
from support.parties import Party, enrolment, party
from support.server import Posted, Server, prepared_home
from support.witness import registry
from support.workshop import Workshop, workshop

from ledger.admission import admit
from ledger.admission import identifiers as naming
from ledger.admission import plan as planning
from ledger.answers.stored import FootprintAnswer, LotAnswer, OrganizationAnswer
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.record.kinds import AnyRecord, Facility, Product
from ledger.errors import LedgerError
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.queries.resemblances import SHOWN

Answer = TypeVar("Answer")
USED = "used-used-used-used-AA"


class Attack(NamedTuple):
    """A record, and the code by which a ledger refuses it."""

    posted: Posted
    code: str


@pytest.fixture
def opened() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


def shops(ledger: Inside) -> tuple[Workshop, Workshop]:
    mill, forge = Workshop("mill"), Workshop("forge")
    ledger.post([
        mill.enrolment(ledger), forge.enrolment(ledger), *mill.opening(), *forge.opening(),
        mill.make({"lot-1": "10"}, ore="10"), mill.send("lot-1", "2", forge, "sent"),
    ])
    return mill, forge


def enrolled(ledger: Inside, who: Party, nonce: str, *prefixes: str) -> Posted:
    return ledger.registrar, enrolment(who, ledger.registrar, ledger.origin, nonce, prefixes=prefixes)


def named(shop: Workshop, record: AnyRecord, nonce: str) -> Posted:
    return shop.signed(msgspec.structs.replace(record, nonce=nonce))


def attacks(ledger: Inside, mill: Workshop, mark: str) -> list[Attack]:
    """Of each kind one, with names and nonces that `mark` tells apart."""
    def called(name: str) -> Party:
        return Party(name, party(1, f"{name}/{mark}").key)

    def site(name: str) -> AnyRecord:
        return Facility(issuer=mill.id, nonce=mill.nonce(), id=mill.name(name), country="CN")

    mixed = Party(f"urn:example:mixed-{mark}", MixedKey(hashlib.sha256(mark.encode()).digest()))
    twice = f"{mark}-twice-twice-twice-AA"
    lot = f"as-lot-{mark}"
    ledger.post([mill.make({lot: "1", f"{lot}-2": "1"}, ore="2"), named(mill, site(f"first-{mark}"), twice)])
    return [
        Attack(enrolled(ledger, called(mill.name(lot)), mill.nonce()), "name-taken"),
        Attack(enrolled(ledger, called(mill.name(f"new-{mark}")), mill.nonce()), "name-claimed"),
        Attack(enrolled(ledger, called(f"{mill.id}/{mark}"), mill.nonce()), "name-claimed"),
        Attack(enrolled(ledger, called(f"urn:example:x{mark}"), mill.nonce(), f"{mill.id}#{mark}:"), "name-claimed"),
        Attack(enrolled(ledger, called(f"urn:example:y{mark}"), mill.nonce(), f"urn:{mark}-example:"), "name-shared"),
        Attack(enrolled(ledger, called(f"urn:example:z{mark}"), mill.nonce(), f"javascript:{mark}/"), "name-scheme"),
        Attack(enrolled(ledger, called(f"urn:example:%20{mark}"), mill.nonce()), "name-invisible"),
        Attack(mill.signed(site(f"{lot}-2")), "name-taken"),
        Attack(mill.make({f"first-{mark}": "1"}, ore="1"), "name-taken"),
        Attack(enrolled(ledger, mixed, mill.nonce()), "mixed-order"),
        Attack(named(mill, site(f"second-{mark}"), twice), "nonce-used"),
    ]


def codes(ledger: Inside, posted: list[Posted]) -> list[str | None]:
    return [one.code if isinstance(one, LedgerError) else None for one in ledger.run(ledger.submit(posted))]


def report(ledger: Inside, state: Path | None = None, lots_in_memory: int = 60_000) -> AuditReport:
    source = DatabaseSource(ledger.ledger.pool, ledger.ledger.identity)
    return ledger.run(audit(
        source, registry(), AuditOptions(vkey=ledger.vkey, state=state, lots_in_memory=lots_in_memory),
    ))


def test_attacks_are_refused(opened: Inside, tmp_path: Path) -> None:
    """Record by record, and in one request at a replica; the log audits as a whole, from a state, and with next to
    nothing in memory."""
    mill, _ = shops(opened)
    assert report(opened, tmp_path / "state").ok
    late = attacks(opened, mill, "b")
    assert [codes(opened, [one.posted])[0] for one in late] == [one.code for one in late]
    with inside(opened.ledger.settings.home) as replica:
        late = attacks(opened, mill, "c")
        assert codes(replica, [one.posted for one in late]) == [one.code for one in late]
    usual = [mill.make({"usual": "1"}, ore="1"), enrolled(opened, party(1, "newcomer"), mill.nonce(), "urn:example:n:")]
    assert codes(opened, usual) == [None, None]
    for found in (report(opened), report(opened, lots_in_memory=0), report(opened, tmp_path / "state"),
                  report(opened, tmp_path / "state", lots_in_memory=0)):
        assert found.ok, found.findings


def test_two_of_one_batch_are_one_too_many(opened: Inside) -> None:
    """A product may be called as a lot that its owner has, not as one that another holds, in whatever order."""
    mill, forge = shops(opened)

    def part(name: str) -> AnyRecord:
        return Product(issuer=mill.id, nonce=mill.nonce(), id=mill.name(name), sector="works", unit="KGM")

    theirs = forge.signed(Facility(issuer=forge.id, nonce=USED, id=forge.name("second"), country="CN"))
    posted = [
        named(mill, part("p"), USED), named(mill, part("q"), USED), theirs, mill.signed(part("r")),
        mill.make({"r": "3"}, ore="3"), mill.send("r", "1", forge, "p"), mill.send("r", "1", forge, "s"),
        mill.signed(part("s")), enrolled(opened, party(1, "smith"), mill.nonce()),
        enrolled(opened, party(1, "smith/two"), mill.nonce()),
    ]
    expected = [None, "nonce-used", None, None, None, "name-taken", None, "name-taken", None, "name-claimed"]
    assert codes(opened, posted) == expected
    assert codes(opened, [*posted[:1], mill.signed(part("lot-1")), mill.signed(part("sent"))]) == [
        None, None, "name-taken"]


@pytest.mark.parametrize("in_memory", [60_000, 0], ids=["in memory", "from its book"])
def test_an_audit_names_what_a_server_let_pass(
    opened: Inside, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """A server that leaves these rules out."""
    mill, _ = shops(opened)
    late = attacks(opened, mill, "b")
    with monkeypatch.context() as lax:
        for module, name in ((admit, "check_distinct_names"), (admit, "_check_nonce"),
                             (planning, "check_plain_names"), (planning, "check_prime_order_keys")):
            lax.setattr(module, name, lambda *_: None)
        first = opened.run(opened.ledger.pool.fetchval("SELECT size FROM head"))
        assert codes(opened, [one.posted for one in late]) == [None] * len(late)
    found = report(opened, lots_in_memory=in_memory)
    named_by = {one.index: one.message for one in found.findings if one.rule == "admission"}
    for i, one in enumerate(late):
        assert named_by[first + i].startswith(f"{one.code}:"), (i, named_by)
    assert naming.minted(late[7].posted[1], admit.Plan())[0][0] == mill.name("as-lot-b-2")


class Look(NamedTuple):
    server: Server
    mill: Workshop


@pytest.fixture(scope="module")
def look() -> Iterator[Look]:
    """A server on which one organisation could be taken for another."""
    with prepared_home() as home, Server(home) as server:
        yield Look(server, workshop(server, "mill", bar="10"))


def look_alike(server: Server, identifier: str, nonce: str, **names: str) -> None:
    record = enrolment(party(1, identifier), server.registrar, server.origin, nonce)
    server.post([(server.registrar, msgspec.structs.replace(record, names=names))])


def asked(server: Server, path: str, kind: type[Answer], **query: str) -> Answer:
    answer = httpx.get(server.url + path, params=query, timeout=30)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=kind)


def test_confusable_organisations_are_shown_as_such(look: Look) -> None:
    """In the answers on organisations, lots and footprints, on the command line, and to the registrar who enrols."""
    server, mill = look
    look_alike(server, "rnill", mill.nonce())
    look_alike(server, "smith", mill.nonce(), en="M\u0456ll\u202e Works")
    look_alike(server, "smelter", mill.nonce(), en="Mill Works")
    found = {one.id: one for one in asked(server, "/v1/organizations", list[OrganizationAnswer])}
    assert (found[mill.id].resembles, found["urn:example:rnill"].resembles) == (["urn:example:rnill"], [mill.id])
    assert found["urn:example:smith"].resembles == ["urn:example:smelter"]
    assert found["urn:example:smith"].oddities == ["direction characters", "Latin and Cyrillic in one word"]
    assert found["urn:example:smelter"].oddities == []
    (lot,) = asked(server, "/v1/lots", list[LotAnswer], lot=mill.name("bar"))
    assert lot.resembles == {mill.id: ["urn:example:rnill"]}
    assert asked(server, "/v1/footprint", FootprintAnswer, lot=mill.name("bar")).lot == lot
    shown = run("footprint", mill.name("bar"), "--url", server.url)
    assert f"{mill.id} resembles: urn:example:rnill" in shown.out


def test_many_of_one_name_hide_no_look_alike(look: Look) -> None:
    """Anybody may share a name; of one's id there are few who look so, and these come first."""
    server, mill = look
    for i in range(SHOWN + 1):
        look_alike(server, f"part{i}", mill.nonce(), en="A")
    look_alike(server, "works", mill.nonce(), en="B")
    look_alike(server, "w0rks", mill.nonce(), en="A")
    (found,) = [one for one in asked(server, "/v1/organizations", list[OrganizationAnswer])
                if one.id == "urn:example:w0rks"]
    assert found.resembles == ["urn:example:works", *[f"urn:example:part{i}" for i in range(SHOWN - 1)]]


def test_who_enrols_is_told(look: Look, tmp_path: Path) -> None:
    server, _ = look
    key = tmp_path / "key.pem"
    assert run("key", "new", key).code == 0
    done = run("enrol", "--id", "urn:example:forge", "--name-en", "F\u043erge", "--key", key, "--home", server.home,
               "--url", server.url)
    assert (done.code, done.err) == (0, "")
    assert "its names contain Latin and Cyrillic in one word" in done.out
    assert run("key", "new", tmp_path / "other.pem").code == 0
    done = run("enrol", "--id", "urn:example:f0rge", "--key", tmp_path / "other.pem", "--home", server.home, "--url",
               server.url, "--json")
    assert json.loads(done.out)["resembles"] == ["urn:example:forge"]
