"""A ledger that has at least two rows in every table that only grows."""

from typing import Final

import msgspec

from ledger.core.record.kinds import (
    Acceptance,
    AppointedReader,
    Attestation,
    Consumption,
    Declaration,
    Erasure,
    Grant,
    GrantRevocation,
    GrantScope,
    KeyChange,
    OrganizationNames,
    ParentEnd,
    PassportPublication,
    ProductCompletion,
    PublicationEnd,
    ReaderRevocation,
    Report,
    StandingAcceptance,
    Subject,
)
from ledger.core.record.values import Claim, Credit, Flow, Money, Output
from ledger.core.signatures.signing import public_key
from support.parties import party
from support.revising import add, amend, change, close, digest_of, gas, pool, reopen
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms

LATER = ("2025-04-01T00:00:00Z", "2025-04-02T00:00:00Z")


def fill_every_table(server: Server) -> None:
    """Posts it, a mill's, a smith's and an auditor's records."""
    mill, smith, auditor = [Workshop(name) for name in ("mill", "smith", "auditor")]
    registrar, enrolled = auditor.enrolment(server)
    server.post([
        mill.enrolment(server), smith.enrolment(server),
        (registrar, msgspec.structs.replace(enrolled, roles=["auditor"])),
        *mill.opening(), *smith.opening(), mill.mine("pot", "1000"), mill.mine("ore", "500", co2="7"),
    ])
    for posted in (_delivered(mill, smith), _stocked(mill, smith), _recycled(mill), _stated(mill, auditor)):
        server.post(posted)
    server.post(_revised(mill))
    used = [mill.use({"pot": "1"}) for _ in range(2)]
    server.post(used)
    server.post([_erased(server, mill, posted) for posted in used])
    given = _granted(server, mill, smith, auditor)
    server.post(given)
    server.post(_ended(server, mill, given))
    server.post(_left(server, mill))
    server.post([_changed_key(server, mill, 20), _changed_key(server, smith, 30)])


def _delivered(mill: Workshop, smith: Workshop) -> list[Posted]:
    sent = [mill.send("pot", str(5 + i), smith, f"sent-{i}") for i in range(3)]
    disputed = [_accept(smith, one, disputed=True, reason="wet") for one in sent[:2]]
    rules = [smith.signed(StandingAcceptance(
        issuer=smith.id, nonce=smith.nonce(), sender=mill.id, product=product, valid_from=START, tolerance="0.02",
    )) for product in (None, mill.name("part"))]
    arriving = [mill.send("pot", "2", smith, f"arriving-{i}") for i in range(2)]
    return [*sent, *disputed, *[_accept(smith, one) for one in sent[1:]], rules[0], arriving[0], rules[1], arriving[1]]


def _accept(smith: Workshop, sent: Posted, **fields: bool | str) -> Posted:
    return smith.signed(msgspec.convert({
        "type": "acceptance", "issuer": smith.id, "nonce": smith.nonce(), "transfer": digest_of(sent), **fields,
    }, Acceptance))


def _stocked(mill: Workshop, smith: Workshop) -> list[Posted]:
    return [
        pool(mill, "heap"), pool(mill, "bin", averaging="period"), add(mill, "heap", {"pot": "10"}),
        add(mill, "heap", {"ore": "10"}), mill.make({"of-heap": "5"}, {"heap": "5"}),
        *[shop.signed(Declaration(
            issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="opening", boundary="none",
            facility=shop.name("site"), lot=Output(
                lot=shop.name("old"), product=shop.name("part"), quantity=kilograms("5"), role="product"),
        )) for shop in (mill, smith)],
    ]


def _recycled(mill: Workshop) -> list[Posted]:
    """Worn parts become parts again, with credits, which are claimed for what is made of them."""
    found: list[Posted] = []
    for i in range(2):
        scrap = Output(lot=mill.name(f"scrap-{i}"), product=mill.name("part"), quantity=kilograms("10"), role="waste",
                       origin="postConsumer")
        outputs = [
            Output(lot=mill.name(f"again-{i}"), product=mill.name("part"), quantity=kilograms("10"), role="product"),
            Output(lot=mill.name(f"credit-{i}"), product=mill.name("part"), quantity=kilograms("10"), role="credit",
                   credit=Credit(material="steel")),
        ]
        worn, recycled = mill.use({"pot": "10"})[1], mill.make({}, {f"scrap-{i}": "10"})[1]
        claim = Consumption(
            issuer=mill.id, nonce=mill.nonce(), time=END, purpose="claim",
            inputs=[Flow(lot=mill.name(f"credit-{i}"), quantity=kilograms("10"))],
            claim=Claim(method="moduleD", lot=mill.name(f"again-{i}")),
        )
        found += [mill.signed(one) for one in (
            msgspec.structs.replace(worn, outputs=[scrap]), msgspec.structs.replace(recycled, outputs=outputs), claim,
        )]
    return found


def _stated(mill: Workshop, auditor: Workshop) -> list[Posted]:
    subjects = [Subject(kind="lot", id=mill.name("pot")), Subject(kind="facility", id=mill.name("site"))]
    return [
        *[auditor.signed(Attestation(
            issuer=auditor.id, nonce=auditor.nonce(), subject=subject, standard="any", level="limited",
            opinion="unmodified", start=START, end=END, valid_until="2030-01-01T00:00:00Z",
        )) for subject in subjects],
        *[mill.signed(Report(
            issuer=mill.id, nonce=mill.nonce(), facility=mill.name("site"), start=f"{year}-01-01T00:00:00Z",
            end=f"{year + 1}-01-01T00:00:00Z", value_added=Money(value="1000", currency="CNY"),
        )) for year in (2024, 2025)],
    ]


UNTIL: Final = "2034-12-31T00:00:00Z"


def _granted(server: Server, mill: Workshop, smith: Workshop, auditor: Workshop) -> list[Posted]:
    """Three grants, three readers, three publications, a name, and two completed products."""
    scopes = (GrantScope(lot=mill.name("pot")), GrantScope(product=mill.name("part"), start=START, end=END), None)
    published = ({"lot": mill.name("pot")}, {"product": mill.name("part")}, {"lot": mill.name("ore")})
    return [
        *[mill.signed(Grant(
            issuer=mill.id, nonce=mill.nonce(), grantee=smith.id, depth="totals", until=UNTIL, purpose="purchase",
            scope=scope)) for scope in scopes],
        *[(server.registrar, AppointedReader(
            issuer=server.registrar.id, nonce=mill.nonce(), organization=organization, purpose="audit", until=UNTIL,
        )) for organization in (smith.id, auditor.id, mill.id)],
        *[mill.signed(PassportPublication(issuer=mill.id, nonce=mill.nonce(), **thing)) for thing in published],
        mill.signed(OrganizationNames(issuer=mill.id, nonce=mill.nonce(), names={"en": "A mill"})),
        *[one.signed(ProductCompletion(
            issuer=one.id, nonce=one.nonce(), product=one.name("part"), reason="an analysis",
            elements={"Fe": "0.97"})) for one in (mill, smith)],
    ]


def _ended(server: Server, mill: Workshop, given: list[Posted]) -> list[Posted]:
    """Two of each end."""
    named = [digest_of(posted) for posted in given]
    return [
        *[mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=one)) for one in named[:2]],
        *[(server.registrar, ReaderRevocation(issuer=server.registrar.id, nonce=mill.nonce(), reader=one))
          for one in named[3:5]],
        *[mill.signed(PublicationEnd(issuer=mill.id, nonce=mill.nonce(), publication=one)) for one in named[6:8]],
    ]


def _left(server: Server, mill: Workshop) -> list[Posted]:
    """Two daughters of the mill: the registrar announces that one leaves it, the mill ends it with both."""
    daughters = [Workshop(name) for name in ("daughter", "sister")]
    registrar = server.registrar
    return [
        *[daughter.enrolment(server, mill.id) for daughter in daughters],
        (registrar, ParentEnd(issuer=registrar.id, nonce=mill.nonce(), organization=daughters[0].id, announced=True)),
        *[mill.signed(ParentEnd(issuer=mill.id, nonce=mill.nonce(), organization=one.id)) for one in daughters],
    ]


def _revised(mill: Workshop) -> list[Posted]:
    """Two periods are closed, opened again, and one record is moved to another one, back, and there again; two lots
    change, one is gone."""
    made = [mill.make({f"made-{i}": "10"}, {"pot": "10"}, basis="provisional") for i in range(3)]
    made[1] = mill.signed(msgspec.structs.replace(made[1][1], end="2025-03-01T12:00:00Z"))
    used = mill.make({"used": "5"}, {"made-0": "5"})
    first = close(mill, gas("40"))
    second = close(mill, gas("80"), processes=["works.make"])
    plain = [mill.make({f"plain-{i}": "10"}, {"pot": "10"}) for i in range(2)]
    return [
        *made, used, *plain, first, reopen(mill, first), second, reopen(mill, second),
        *[amend(mill, change(made[2], start=start, end=end)) for start, end in (LATER, (START, END), LATER)],
        amend(mill, change(plain[0], activity=Make(co2="9"))),
        amend(mill, change(used, outputs=[
            Output(lot=mill.name("used"), product=mill.name("part"), quantity=kilograms("4"), role="product")])),
        amend(mill, change(plain[1])),
    ]


def _erased(server: Server, mill: Workshop, posted: Posted) -> Posted:
    return server.registrar, Erasure(
        issuer=server.registrar.id, nonce=mill.nonce(), record=digest_of(posted), legal_basis="GDPR Art. 17",
    )


def _changed_key(server: Server, of: Workshop, since: int) -> Posted:
    new = party(1, f"{of.id}/second").key
    return of.signed(KeyChange(
        issuer=of.id, nonce=of.nonce(), organization=of.id, added=[public_key(new, server.origin, of.id)],
        revoked=[of.party.key.keyid.hex()], compromised_since=since,
    ))
