"""Grants, readers and publications: each term to its edge, and who may not sign them.

`cast` is a lot of the mill, which the world's time of 2030 lets it grant until 2040.
"""

from typing import Any, Final

import pytest
from unit.admission.world import (
    AUDITOR,
    END,
    FORGE,
    MILL,
    REGISTRAR,
    TREATER,
    Party,
    World,
    consumption,
    declaration,
    digest_of,
    flow,
    nonce,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.core.record.kinds import (
    Addition,
    AnyRecord,
    AppointedReader,
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    Pool,
    PublicationEnd,
    ReaderRevocation,
)
from ledger.core.record.values import Flow
from ledger.engine.batch import Sequenced

UNTIL: Final = "2031-01-01T00:00:00Z"
LINK: Final = "ab" * 32


def grant(*, by: Party = MILL, **fields: Any) -> Grant:
    """Of everything of the mill, to the forge."""
    fields = {"depth": "totals", "until": UNTIL, "purpose": "purchase", "grantee": FORGE.id, **fields}
    return Grant(issuer=by.id, nonce=nonce(), **fields)


def reader(*, by: Party = REGISTRAR, **fields: Any) -> AppointedReader:
    return AppointedReader(issuer=by.id, nonce=nonce(), **{"organization": FORGE.id, "purpose": "audit", **fields})


def publication(*, by: Party = MILL, **fields: Any) -> PassportPublication:
    return PassportPublication(issuer=by.id, nonce=nonce(), **fields)


def price(*, by: Party = MILL) -> AnyRecord:
    return declaration(by=by, per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})


@pytest.fixture
def world() -> World:
    return trading()


def rows_of(world: World, record: AnyRecord, table: str) -> list[tuple[Any, ...]]:
    """The lookup rows of an admitted record, without its index."""
    verdicts, batch = world.run(record)
    assert isinstance(verdicts[0], Sequenced), verdicts
    rows = batch.rows.of(table)[1]
    assert [row[0] for row in rows] == [verdicts[0].index]
    return [row[1:] for row in rows]


# What is granted


def test_a_grant_of_everything(world: World) -> None:
    assert rows_of(world, grant(), "access_grant") == [
        (MILL.id, FORGE.id, None, "totals", None, None, None, None, None, UNTIL, False)]


def test_a_grant_of_a_lot_names_its_number(world: World) -> None:
    lot = world.state.lots[MILL.name("cast")]
    scope = GrantScope(lot=lot.id, start="2024-01-01T00:00:00Z", end=UNTIL)
    assert rows_of(world, grant(scope=scope, depth="full"), "access_grant") == [
        (MILL.id, FORGE.id, None, "full", lot.number, None, None, "2024-01-01T00:00:00Z", UNTIL, UNTIL, False)]


def test_a_grant_of_a_product_to_a_link(world: World) -> None:
    given = grant(grantee=None, link=LINK, scope=GrantScope(product=MILL.name("steel")))
    assert rows_of(world, given, "access_grant") == [
        (MILL.id, None, LINK, "totals", None, MILL.name("steel"), None, None, None, UNTIL, False)]


def test_a_grant_of_a_declaration_names_its_record(world: World) -> None:
    stated = price()
    (entry,) = world.admit(stated)
    assert rows_of(world, grant(scope=GrantScope(declaration=digest_of(stated))), "access_grant") == [
        (MILL.id, FORGE.id, None, "totals", None, None, entry.index, None, None, UNTIL, False)]


def test_the_receiver_of_a_lot_grants_it_and_the_sender_does_not(world: World) -> None:
    world.admit(transfer("cast", "1", "sent"))
    scope = GrantScope(lot=MILL.name("sent"))
    world.admit(grant(by=FORGE, grantee=AUDITOR.id, scope=scope))
    world.refuse(grant(scope=scope), "unknown-lot", "scope.lot", MILL.name("sent"))


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"grantee": None}, "grant-form", "grantee"), ({"link": LINK}, "grant-form", "grantee"),
    ({"grantee": MILL.id}, "unknown-organization", "grantee"),
    ({"grantee": "urn:example:nobody"}, "unknown-organization", "grantee"),
    ({"until": "2030-02-30T00:00:00Z"}, "instant", "until"),
    ({"until": "2030-01-01T00:00:00Z"}, "expired", "until"),
    ({"until": "2040-01-01T00:00:01Z"}, "grant-length", "until"),
    ({"scope": GrantScope()}, "grant-form", "scope"),
    ({"scope": GrantScope(lot=MILL.name("cast"), product=MILL.name("steel"))}, "grant-form", "scope"),
    ({"scope": GrantScope(lot=MILL.name("none"))}, "unknown-lot", "scope.lot"),
    ({"scope": GrantScope(product=FORGE.name("steel"))}, "unknown-product", "scope.product"),
    ({"scope": GrantScope(product=MILL.name("none"))}, "unknown-product", "scope.product"),
    ({"scope": GrantScope(declaration="0" * 64)}, "unknown-record", "scope.declaration"),
    ({"scope": GrantScope(start=UNTIL, end=UNTIL)}, "period", "scope.end"),
    ({"scope": GrantScope(start="2030-02-30T00:00:00Z")}, "instant", "scope.start"),
    ({"publish": True, "scope": GrantScope(lot=MILL.name("cast"))}, "grant-form", "publish"),
    ({"publish": True, "scope": GrantScope(product=MILL.name("steel"), end=UNTIL)}, "grant-form", "publish"),
    ({"publish": True, "grantee": None, "link": LINK}, "grant-form", "publish"),
])
def test_a_grant_is_refused(world: World, fields: dict[str, Any], code: str, field: str) -> None:
    assert world.refuse(grant(**fields), code, field, ...) is not None


def test_the_last_instants_of_a_grant(world: World) -> None:
    world.admit(grant(until="2030-01-01T00:00:01Z"), grant(until="2040-01-01T00:00:00Z"))


def test_a_declaration_of_another_cannot_be_granted_and_has_no_period(world: World) -> None:
    own, other = price(), price(by=FORGE)
    world.admit(own, other)
    world.refuse(grant(scope=GrantScope(declaration=digest_of(other))), "unknown-record", "scope.declaration",
                 digest_of(other))
    world.refuse(grant(scope=GrantScope(declaration=digest_of(own), start=UNTIL)), "grant-form", "scope", None)


def test_another_thing_and_an_unknown_thing_are_refused_in_the_same_words(world: World) -> None:
    """Nobody finds out by a grant whether a lot or a product of another exists."""
    for kind, name, unknown in (("lot", "cast", "cost"), ("product", "steel", "steal")):
        texts = [
            str(world.refuse(grant(by=FORGE, grantee=MILL.id, scope=GrantScope(**{kind: MILL.name(tried)})),
                             f"unknown-{kind}", f"scope.{kind}", MILL.name(tried))).replace(tried, "?")
            for tried in (name, unknown)]
        assert texts[0] == texts[1]


# What ends


def test_only_the_grantor_revokes(world: World) -> None:
    given = grant()
    (entry,) = world.admit(given)
    named = digest_of(given)
    world.refuse(GrantRevocation(issuer=FORGE.id, nonce=nonce(), grant=named), "unknown-record", "grant", named)
    ended = GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=named)
    assert rows_of(world, ended, "grant_revocation") == [(entry.index,)]


@pytest.mark.parametrize("ended", [
    GrantRevocation(issuer=MILL.id, nonce=nonce(), grant="0" * 64),
    PublicationEnd(issuer=MILL.id, nonce=nonce(), publication="0" * 64),
    ReaderRevocation(issuer=REGISTRAR.id, nonce=nonce(), reader="0" * 64),
])
def test_an_unknown_record_cannot_be_ended(world: World, ended: AnyRecord) -> None:
    field = {"grantRevocation": "grant", "publicationEnd": "publication"}.get(
        str(type(ended).__struct_config__.tag), "reader")
    world.refuse(ended, "unknown-record", field, "0" * 64)


def test_a_record_of_another_kind_cannot_be_ended(world: World) -> None:
    given, shown = grant(), publication(product=MILL.name("steel"))
    world.admit(given, shown)
    world.refuse(GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest_of(shown)), "unknown-record", "grant",
                 digest_of(shown))
    world.refuse(PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(given)), "unknown-record",
                 "publication", digest_of(given))
    world.refuse(ReaderRevocation(issuer=REGISTRAR.id, nonce=nonce(), reader=digest_of(given)), "unknown-record",
                 "reader", digest_of(given))


# Readers


def test_the_registrar_appoints_and_ends_readers(world: World) -> None:
    appointed = reader(until=UNTIL)
    verdicts, batch = world.run(appointed)
    assert isinstance(verdicts[0], Sequenced)
    assert batch.rows.of("reader")[1] == [(verdicts[0].index, FORGE.id, UNTIL)]
    stranger = ReaderRevocation(issuer=MILL.id, nonce=nonce(), reader=digest_of(appointed))
    world.refuse(stranger, "not-registrar", "issuer", MILL.id)
    ended = ReaderRevocation(issuer=REGISTRAR.id, nonce=nonce(), reader=digest_of(appointed))
    assert rows_of(world, ended, "reader_revocation") == [(verdicts[0].index,)]


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"by": MILL}, "not-registrar", "issuer"), ({"organization": "urn:example:nobody"}, "unknown-organization",
                                                "organization"),
    ({"until": "2030-01-01T00:00:00Z"}, "expired", "until"), ({"until": "2031-02-30T00:00:00Z"}, "instant", "until"),
])
def test_a_reader_is_refused(world: World, fields: dict[str, Any], code: str, field: str) -> None:
    world.refuse(reader(**fields), code, field, ...)


def test_a_reader_may_have_no_end(world: World) -> None:
    assert rows_of(world, reader(until="2199-01-01T00:00:00Z"), "reader")[0][1] == "2199-01-01T00:00:00Z"
    assert rows_of(world, reader(), "reader")[0][1] is None


# Publications


def test_the_owner_publishes_a_lot_a_product_and_a_declaration(world: World) -> None:
    stated, lot = price(), world.state.lots[MILL.name("cast")]
    (entry,) = world.admit(stated)
    shown = publication(lot=lot.id)
    verdicts, batch = world.run(shown)
    assert isinstance(verdicts[0], Sequenced)
    assert batch.rows.of("published")[1] == [(verdicts[0].index, MILL.id, lot.number, None, None)]
    assert rows_of(world, publication(product=MILL.name("steel")), "published") == [
        (MILL.id, None, MILL.name("steel"), None)]
    assert rows_of(world, publication(declaration=digest_of(stated)), "published") == [
        (MILL.id, None, None, entry.index)]
    ended = PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(shown))
    assert rows_of(world, ended, "publication_end") == [(verdicts[0].index,)]
    world.refuse(PublicationEnd(issuer=FORGE.id, nonce=nonce(), publication=digest_of(shown)), "unknown-record",
                 "publication", digest_of(shown))


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({}, "publication-form", "lot"),
    ({"lot": MILL.name("cast"), "product": MILL.name("steel")}, "publication-form", "lot"),
    ({"lot": MILL.name("none")}, "unknown-lot", "lot"), ({"by": FORGE, "lot": MILL.name("cast")}, "unknown-lot", "lot"),
    ({"by": FORGE, "product": MILL.name("steel")}, "unknown-product", "product"),
    ({"declaration": "0" * 64}, "unknown-record", "declaration"),
])
def test_a_publication_is_refused(world: World, fields: dict[str, Any], code: str, field: str) -> None:
    world.refuse(publication(**fields), code, field, ...)


def test_a_processor_does_not_publish_the_lots_of_its_customer(world: World) -> None:
    """The forge holds the lot in custody; the mill owns it still."""
    world.admit(transfer("cast", "1", "tolled", purpose="custody"))
    world.refuse(publication(by=FORGE, lot=MILL.name("tolled")), "unknown-lot", "lot", MILL.name("tolled"))
    world.admit(publication(lot=MILL.name("tolled")),
                grant(by=FORGE, grantee=MILL.id, scope=GrantScope(lot=MILL.name("tolled"))))


HEAP = FORGE.name("heap:1")
PACKED = FORGE.name("packed")


def handed_over(world: World) -> list[str]:
    """Lots of the mill's product that the forge owns: received, returned by a treater, and of a pool."""
    world.admit(
        transfer("cast", "5", "sold"),
        transfer("sold", "1", "treating", by=FORGE, of=MILL, to=TREATER, purpose="custody"),
        transfer("treating", "1", "back", by=TREATER, of=FORGE, to=FORGE, purpose="return"),
        Pool(issuer=FORGE.id, nonce=nonce(), id=FORGE.name("heap"), facility=FORGE.name("site"),
             product=MILL.name("steel")),
        Addition(issuer=FORGE.id, nonce=nonce(), pool=FORGE.name("heap"), time=END, inputs=[flow("sold", "1")]))
    return [MILL.name("sold"), TREATER.name("back"), HEAP]


def test_a_receiver_does_not_publish_the_lots_of_its_supplier(world: World) -> None:
    """No delivery, return or pool makes it their maker; the supplier itself goes on."""
    for lot in handed_over(world):
        world.refuse(publication(by=FORGE, lot=lot), "unknown-maker", "lot", lot)
    world.admit(publication(lot=MILL.name("cast")))


@pytest.mark.parametrize("scope", [None, GrantScope(product=MILL.name("steel"))], ids=str)
def test_the_maker_lets_a_receiver_publish(world: World, scope: GrantScope | None) -> None:
    """Only whom it names, and only if it says so."""
    lots = handed_over(world)
    world.admit(grant(scope=scope, depth="full"), grant(scope=scope, publish=True, grantee=TREATER.id))
    for lot in lots:
        world.refuse(publication(by=FORGE, lot=lot), "unknown-maker", "lot", lot)
    assert rows_of(world, grant(scope=scope, publish=True), "access_grant")[0][-1] is True
    world.admit(*[publication(by=FORGE, lot=lot) for lot in lots])


def test_a_grant_of_another_product_lets_nobody_publish(world: World) -> None:
    lot = handed_over(world)[0]
    world.admit(grant(scope=GrantScope(product=MILL.name("gear")), publish=True))
    world.refuse(publication(by=FORGE, lot=lot), "unknown-maker", "lot", lot)


def test_the_owner_of_tolled_goods_publishes_if_the_toller_lets_it(world: World) -> None:
    """The toller made them, of the owner's material."""
    world.admit(transfer("cast", "1", "given", purpose="custody"), transformation(
        [output("plate", of=FORGE, owner=MILL.id)], [flow("given", "1")], [], by=FORGE))
    plate = FORGE.name("plate")
    world.refuse(publication(lot=plate), "unknown-maker", "lot", plate)
    world.refuse(publication(by=FORGE, lot=plate), "unknown-lot", "lot", plate)
    world.admit(grant(by=FORGE, grantee=MILL.id, publish=True), publication(lot=plate))


def test_no_core_has_a_maker_once_it_was_handed_over(world: World) -> None:
    """It keeps the product of its first life."""
    gear = {"product": "gear", "item": MILL.name("gear-no-1")}
    world.admit(consumption([flow("gear-1", "1 H87")], [output("worn", "1 H87", "core", **gear)]))
    world.admit(publication(lot=MILL.name("worn")), transfer("worn", "1 H87", "taken-back"))
    world.admit(grant(publish=True))
    taken = MILL.name("taken-back")
    world.refuse(publication(by=FORGE, lot=taken), "unknown-maker", "lot", taken)


def packed(world: World, own: dict[str, str], *taken: Flow) -> None:
    """The forge takes a beam of the mill's, and makes goods of a product with these customs codes."""
    world.admit(
        product("beam", classifications={"hs": "721610"}), transformation([output("beam", "5", product="beam")]),
        product("packed", by=FORGE, classifications=own), publication(by=FORGE, product=PACKED),
        transfer("beam", "5", "sold"))
    made = output("packed", "1", of=FORGE, product="packed")
    world.admit(transformation([made], [flow("sold", "1"), *taken], by=FORGE))


@pytest.mark.parametrize("own", [{"hs": "7216.10"}, {"cn": "72161099"}], ids=str)
def test_goods_of_others_that_are_handed_on_under_an_own_name_have_no_maker(world: World, own: dict[str, str]) -> None:
    """They are packed or cut, in the same subheading of the Harmonized System; and so again under another name."""
    packed(world, own)
    world.admit(
        product("again", by=FORGE, classifications=own),
        transformation([output("again", "1", of=FORGE, product="again")], [flow("packed", "1", of=FORGE)], by=FORGE))
    for name in (PACKED, FORGE.name("again")):
        for thing in ({"lot": name}, {"product": name}):
            world.refuse(publication(by=FORGE, **thing), "unknown-maker", *thing, name)


@pytest.mark.parametrize("own", [{"hs": "848340"}, {"hs": "7216"}, {"cpc": "721610"}, {}], ids=str)
def test_a_process_makes_its_issuer_the_maker(world: World, own: dict[str, str]) -> None:
    packed(world, own)
    world.admit(publication(by=FORGE, lot=PACKED), publication(by=FORGE, product=PACKED))


def test_goods_of_another_kind_beside_them_are_a_process_too(world: World) -> None:
    world.admit(transfer("cast", "5", "cast-sold"))
    packed(world, {"hs": "721610"}, flow("cast-sold", "1"))
    world.admit(publication(by=FORGE, lot=PACKED))


def test_the_auditor_reads_nothing_by_its_role(world: World) -> None:
    """Nothing but a record of the registrar makes a reader."""
    assert world.run(grant(grantee=AUDITOR.id))[1].rows.of("reader")[1] == []
