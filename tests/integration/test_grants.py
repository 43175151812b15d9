"""Grants, readers and publications on a real database: the rights that follow at once, and audits of such logs."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from support.inside import Inside, inside
from support.parties import enrolment, party
from support.revising import amend, change, digest_of
from support.server import Posted, prepared_home
from support.witness import registry
from support.workshop import END, START, Workshop, kilograms

from ledger.access.caller import NOBODY, Caller
from ledger.access.rights import HeldGrant, Rights
from ledger.answers.problems import problem_of
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.core.record.kinds import (
    AppointedReader,
    Declaration,
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    PublicationEnd,
    ReaderRevocation,
)
from ledger.core.record.values import Supply
from ledger.errors import LedgerError
from ledger.service.access.rights import AskingCaller, read_link, read_rights
from ledger.service.audit_source.database import DatabaseSource

UNTIL: Final = "2034-12-31T00:00:00Z"


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    """Audited after the module: in memory, and with one lot in memory at a time."""
    with prepared_home() as home, inside(home) as opened:
        yield opened
        source = DatabaseSource(opened.ledger.pool, opened.ledger.identity)
        for options in ({}, {"lots_in_memory": 1}):
            report = opened.run(audit(source, registry(), AuditOptions(vkey=opened.vkey, **options)))
            assert report.ok, report.findings


def shop(ledger: Inside, name: str) -> Workshop:
    """An organisation with a lot `pot`."""
    opened = Workshop(name)
    ledger.post([opened.enrolment(ledger), *opened.opening(), opened.mine("pot", "10")])
    return opened


def grant(mill: Workshop, **fields: Any) -> Posted:
    return mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), **{
        "depth": "totals", "until": UNTIL, "purpose": "purchase", **fields}))


def revoked(mill: Workshop, given: Posted) -> Posted:
    return mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))


def declared(mill: Workshop) -> Posted:
    """Figures per kilogram, which supplies may name."""
    return mill.signed(Declaration(
        issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "2"}, per=kilograms("1")))


def seconds_later(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def rights(ledger: Inside, **caller: Any) -> Rights:
    asking = AskingCaller(Caller(**{"scopes": frozenset({"read"}), **caller}))
    return ledger.run(read_rights(ledger.ledger.pool, asking))


def test_nobody_has_no_rights(ledger: Inside) -> None:
    assert rights(ledger, scopes=frozenset()) == Rights(NOBODY)
    unknown = Caller("urn:example:unknown", frozenset({"read"}))
    assert rights(ledger, organization="urn:example:unknown") == Rights(unknown)


def test_a_token_without_the_scope_read_gives_no_right(ledger: Inside) -> None:
    smith = shop(ledger, "administered")
    assert rights(ledger, organization=smith.id).own == {smith.id}
    assert rights(ledger, organization=smith.id, scopes=frozenset({"post", "admin"})).own == frozenset()


def test_a_grant_and_its_revocation_act_at_once(ledger: Inside) -> None:
    mill, smith = shop(ledger, "mill"), shop(ledger, "smith")
    given = grant(mill, grantee=smith.id, scope=GrantScope(lot=mill.name("pot"), start="2025-01-01T00:00:00Z"))
    whole = grant(mill, grantee=smith.id, depth="full")
    first, second = [receipt.index for receipt in ledger.post([given, whole])]
    lot = ledger.run(ledger.ledger.pool.fetchval("SELECT number FROM lot WHERE id = $1", mill.name("pot")))
    held = rights(ledger, organization=smith.id)
    assert (held.own, held.everything) == ({smith.id}, False)
    assert held.grants == (
        HeldGrant(first, mill.id, "totals", lot, None, "2025-01-01T00:00:00Z"), HeldGrant(second, mill.id, "full"))
    assert held.whole_grantors == {mill.id}
    ledger.post([revoked(mill, whole)])
    assert [one.record for one in rights(ledger, organization=smith.id).grants] == [first]
    ledger.post([revoked(mill, given)])
    assert (rights(ledger, organization=smith.id).grants, rights(ledger, organization=mill.id).grants) == ((), ())


def test_a_grant_expires_by_the_clock_of_the_database(ledger: Inside) -> None:
    mill, smith = shop(ledger, "brief"), shop(ledger, "visitor")
    ledger.post([grant(mill, grantee=smith.id, until=seconds_later(3))])
    assert len(rights(ledger, organization=smith.id).grants) == 1
    ledger.run(asyncio.sleep(3.5))
    assert rights(ledger, organization=smith.id).grants == ()


def test_a_link_holds_one_grant(ledger: Inside) -> None:
    """The secret of a link is known by its digest alone; a grant to an organisation is no link."""
    mill, smith = shop(ledger, "linker"), shop(ledger, "linked")
    secret = hashlib.sha256(b"a secret of the test").hexdigest()
    given, other = grant(mill, link=secret, depth="stages"), grant(mill, grantee=smith.id)
    index = ledger.post([given, other])[0].index
    assert rights(ledger, link=digest_of(given)).grants == (HeldGrant(index, mill.id, "stages"),)
    assert rights(ledger, link=digest_of(given)).own == frozenset()
    assert rights(ledger, link=digest_of(other)).grants == ()
    links = [ledger.run(read_link(ledger.ledger.pool, digest)) for digest in (digest_of(given), digest_of(other))]
    assert links == [secret, None]
    ledger.post([revoked(mill, given)])
    assert rights(ledger, link=digest_of(given)).grants == ()
    assert ledger.run(read_link(ledger.ledger.pool, digest_of(given))) is None


def test_a_grant_of_a_declaration_is_no_right_to_read(ledger: Inside) -> None:
    """Otherwise the grant without lot and product would read as one of the whole organisation."""
    mill, smith = shop(ledger, "declarer"), shop(ledger, "pricer")
    stated = declared(mill)
    ledger.post([stated, grant(mill, grantee=smith.id, scope=GrantScope(declaration=digest_of(stated)))])
    assert rights(ledger, organization=smith.id).grants == ()


def test_a_reader_reads_everything_until_it_is_ended(ledger: Inside) -> None:
    reader, registrar = shop(ledger, "office"), ledger.registrar
    appointed = [(registrar, AppointedReader(
        issuer=registrar.id, nonce=reader.nonce(), organization=reader.id, purpose="law", until=until))
        for until in (None, UNTIL)]
    for record in appointed:
        ledger.post([record])
    assert rights(ledger, organization=reader.id).everything
    for record, still in zip(appointed, (True, False), strict=True):
        ledger.post([(registrar, ReaderRevocation(
            issuer=registrar.id, nonce=reader.nonce(), reader=digest_of(record)))])
        assert rights(ledger, organization=reader.id).everything == still


def test_an_organisation_owns_those_that_it_controls(ledger: Inside) -> None:
    """Down to any depth, but not by half of the shares or less."""
    head = shop(ledger, "head")
    shares = (("daughter", head.id, None), ("granddaughter", "urn:example:daughter", "0.51"),
              ("venture", head.id, "0.5"), ("below-venture", "urn:example:venture", None))
    for name, parent, share in shares:
        ledger.post([(ledger.registrar, enrolment(
            party(1, name), ledger.registrar, ledger.origin, head.nonce(), parent=parent, share=share))])
    assert rights(ledger, organization=head.id).own == {head.id, "urn:example:daughter", "urn:example:granddaughter"}
    assert rights(ledger, organization="urn:example:venture").own == {
        "urn:example:venture", "urn:example:below-venture"}


def test_publications_are_audited_too(ledger: Inside) -> None:
    mill = shop(ledger, "publisher")
    stated = declared(mill)
    ledger.post([stated])
    things = ({"lot": mill.name("pot")}, {"product": mill.name("part")}, {"declaration": digest_of(stated)})
    shown = [mill.signed(PassportPublication(issuer=mill.id, nonce=mill.nonce(), **thing)) for thing in things]
    ledger.post(shown)
    ledger.post([mill.signed(PublicationEnd(issuer=mill.id, nonce=mill.nonce(), publication=digest_of(shown[0])))])
    assert ledger.audited().ok


def named(smith: Workshop, declaration: Posted | str, lot: str) -> Posted:
    digest = declaration if isinstance(declaration, str) else digest_of(declaration)
    return smith.make({lot: "5"}, {"pot": "1"}, supplies=[
        Supply(material="alloy", quantity=kilograms("4"), declaration=digest)])


def refusals(ledger: Inside, *posted: Posted) -> list[str | None]:
    """The code and the words of each refusal, without digests."""
    answers = ledger.run(ledger.submit(posted))
    return [f"{one.code}: {re.sub('[0-9a-f]{64}', 'DIGEST', repr(problem_of(one)))}"
            if isinstance(one, LedgerError) else None for one in answers]


def test_a_declaration_is_named_by_those_to_whom_it_was_given(ledger: Inside) -> None:
    """A grant in the same request counts; guessing a digest gives the same answer as a digest of nothing."""
    mill, smith = shop(ledger, "namer-of-prices"), shop(ledger, "user-of-prices")
    price, other = declared(mill), declared(mill)
    ledger.post([price, other])
    texts = refusals(ledger, named(smith, price, "a"), named(smith, "0" * 64, "a"))
    assert texts[0] == texts[1]
    assert str(texts[0]).startswith("unknown-declaration")
    given = grant(mill, grantee=smith.id, scope=GrantScope(declaration=digest_of(price)))
    assert refusals(ledger, given, named(smith, price, "a")) == [None, None]
    assert refusals(ledger, named(smith, other, "b"))[0] == texts[0]
    shown = mill.signed(PassportPublication(issuer=mill.id, nonce=mill.nonce(), declaration=digest_of(other)))
    assert refusals(ledger, shown, named(smith, other, "b")) == [None, None]


def test_an_amendment_names_only_what_its_issuer_was_given(ledger: Inside) -> None:
    """And a record keeps the names that it has, also when the grant has ended and other fields change."""
    mill, smith = shop(ledger, "amended-prices"), shop(ledger, "amender")
    price, other = declared(mill), declared(mill)
    given = grant(mill, grantee=smith.id, scope=GrantScope(declaration=digest_of(price)))
    made = named(smith, price, "made")
    ledger.post([price, other, given, made, revoked(mill, given)])

    def supplied(digest: str) -> Posted:
        return amend(smith, change(made, supplies=[
            Supply(material="alloy", quantity=kilograms("6"), declaration=digest)]))

    texts = refusals(ledger, supplied(digest_of(other)), supplied("0" * 64))
    assert texts[0] == texts[1]
    assert "changes[0].fields.supplies[0].declaration" in str(texts[0])
    assert refusals(ledger, supplied(digest_of(price))) == [None]


def test_a_parent_names_the_declarations_of_its_subsidiary(ledger: Inside) -> None:
    head = shop(ledger, "owner-of-pricer")
    daughter = Workshop("owned-pricer")
    ledger.post([daughter.enrolment(ledger, head.id)])
    price, own = declared(daughter), declared(head)
    ledger.post([*daughter.opening(), daughter.mine("pot", "10"), price, own])
    assert refusals(ledger, named(head, price, "a")) == [None]
    assert str(refusals(ledger, named(daughter, own, "a"))[0]).startswith("unknown-declaration")
