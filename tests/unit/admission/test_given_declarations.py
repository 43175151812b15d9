"""Supplies are priced by declarations that the issuer was given; all others count as unknown, in the same words."""

from typing import Any, Final

import msgspec
import pytest
from unit.admission.world import (
    FORGE,
    MILL,
    TREATER,
    Party,
    World,
    declaration,
    digest_of,
    nonce,
    ore,
    output,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.admission.plan import faults_of
from ledger.core.record.kinds import (
    AnyRecord,
    Closing,
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    PublicationEnd,
)
from ledger.core.record.values import Supply

NEVER: Final = "0" * 64
"""The digest of no record."""


def priced(*, by: Party = MILL) -> AnyRecord:
    return declaration(by=by, per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})


def grant(record: AnyRecord, to: Party = FORGE, **fields: Any) -> Grant:
    return Grant(issuer=record.issuer, nonce=nonce(), **{
        "depth": "totals", "until": "2031-01-01T00:00:00Z", "purpose": "purchase", "grantee": to.id,
        "scope": GrantScope(declaration=digest_of(record)), **fields})


def named(digest: str, lot: str = "x", amount: str = "1", **fields: Any) -> AnyRecord:
    """A transformation of the forge with ore at the declaration's price."""
    return transformation([output(lot, of=FORGE)], [], [ore(amount, declaration=digest)], by=FORGE, **fields)


@pytest.fixture
def world() -> World:
    return trading()


def refused(world: World, record: AnyRecord, digest: str, field: str = "supplies[0].declaration") -> str:
    error = world.refuse(record, "unknown-declaration", field, digest)
    return repr([error.message, error.rule, error.stage, error.allowed, error.mend]).replace(digest, "DIGEST")


def test_another_s_declaration_is_refused_like_an_unknown_one(world: World) -> None:
    """To the last word, also where the record has further faults: its digest is in the public log."""
    price = priced()
    world.admit(price)
    for fields in ({}, {"amount": "7 LTR"}, {"process": "works.nothing"}):
        texts = {repr((refused(world, named(digest, **fields), digest),
                       [str(fault).replace(digest, "DIGEST") for fault in faults_of(
                           named(digest, **fields), world.state)])) for digest in (digest_of(price), NEVER)}
        assert len(texts) == 1, texts


def test_a_grant_of_the_declaration_gives_it(world: World) -> None:
    price = priced()
    world.admit(price)
    refused(world, named(digest_of(price)), digest_of(price))
    world.admit(grant(price), named(digest_of(price)))
    assert world.fossil("x", FORGE) > 0


def test_the_right_to_name_it_stays(world: World) -> None:
    """The grantee has seen the figures: a revocation cannot take them back, and revisions need them."""
    price = priced()
    given = grant(price)
    world.admit(price, given, GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest_of(given)))
    world.admit(named(digest_of(price)))


@pytest.mark.parametrize("fields", [
    {"grantee": TREATER.id}, {"scope": None}, {"scope": GrantScope(product=MILL.name("steel"))},
    {"scope": None, "depth": "full"}, {"grantee": None, "link": "ab" * 32},
])
def test_another_grant_does_not(world: World, fields: dict[str, Any]) -> None:
    """Not one to somebody else, and not one to read: a declaration is named only if its issuer says so."""
    price = priced()
    world.admit(price, grant(price, **fields))
    refused(world, named(digest_of(price)), digest_of(price))


def test_a_lot_of_the_declarer_gives_none_of_its_declarations(world: World) -> None:
    price = priced()
    world.admit(price, transfer("cast", "1", "sent"))
    refused(world, named(digest_of(price)), digest_of(price))


def test_a_publication_gives_it_to_all(world: World) -> None:
    price = priced()
    shown = PassportPublication(issuer=MILL.id, nonce=nonce(), declaration=digest_of(price))
    world.admit(price, shown, named(digest_of(price)))
    world.admit(PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(shown)),
                named(digest_of(price), "y"))


def test_the_issuer_and_who_controls_it_may_name_it(world: World) -> None:
    own = priced(by=FORGE)
    world.admit(own, named(digest_of(own)))
    world.state.organizations[MILL.id] = msgspec.structs.replace(world.state.organizations[MILL.id], parent=FORGE.id)
    price = priced()
    world.admit(price, named(digest_of(price), "y"))
    back = transformation([output("z")], [], [ore("1", declaration=digest_of(own))])
    refused(world, back, digest_of(own))


def test_every_field_with_supplies_is_checked(world: World) -> None:
    price = priced()
    world.admit(price, transformation([output("own", of=FORGE)], [], [ore("1")], by=FORGE))
    supply = Supply(material="ore", quantity=quantity("1 TNE"), declaration=digest_of(price))
    sent = msgspec.structs.replace(transfer("own", "1", "sent"), issuer=FORGE.id, lot=FORGE.name("own"), to=MILL.id,
                                   new_lot=FORGE.name("sent"))
    closing = Closing(issuer=FORGE.id, nonce=nonce(), facility=FORGE.name("site"), start="2024-02-01T00:00:00Z",
                      end="2024-03-01T00:00:00Z")
    for record, field in ((sent, "transport"), (sent, "packaging"), (closing, "measured"), (closing, "overheads")):
        refused(world, msgspec.structs.replace(record, **{field: [supply]}), digest_of(price),
                f"{field}[0].declaration")
