"""That a record's names are all that its rules need: a batch loads these and no more."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from msgspec import Raw
from unit.admission.world import (
    AUDITOR,
    DEALER,
    END,
    FORGE,
    MILL,
    ORIGIN,
    REGISTRAR,
    START,
    STRANGER,
    Party,
    World,
    acceptance,
    activation,
    consumption,
    declaration,
    digest_of,
    erasure,
    facility,
    flow,
    key_change,
    nonce,
    ore,
    organization,
    output,
    product,
    public,
    quantity,
    signing_key,
    transfer,
    transformation,
)

from ledger.admission.apply import apply
from ledger.admission.facts import Facts
from ledger.admission.lookups import add_names, entered_by, flows_named, mentioned_by
from ledger.admission.names import Names
from ledger.admission.plan import plan
from ledger.admission.state import State
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    Amendment,
    AnyRecord,
    AppointedReader,
    Attestation,
    Closing,
    Grant,
    GrantRevocation,
    GrantScope,
    ParentEnd,
    PassportPublication,
    Pool,
    PublicationEnd,
    ReaderRevocation,
    Reopening,
    Report,
    StandingAcceptance,
    Subject,
)
from ledger.core.record.revisions import Change
from ledger.core.record.values import Claim, Credit, Flow, Money
from ledger.errors import Refused

Value = TypeVar("Value")
RECYCLED = "recycledPostConsumer:steel"


def pool(name: str, **fields: Any) -> Pool:
    return Pool(issuer=MILL.id, nonce=nonce(), **{
        "id": MILL.name(name), "facility": MILL.name("site"), "product": MILL.name("steel"), **fields,
    })


def addition(to: str, inputs: list[Flow], **fields: Any) -> Addition:
    return Addition(issuer=MILL.id, nonce=nonce(), pool=MILL.name(to), inputs=inputs, time=END, **fields)


def closing(**fields: Any) -> Closing:
    return Closing(issuer=MILL.id, nonce=nonce(), facility=MILL.name("site"), start=START, end=END, **fields)


def attestation(kind: Any, subject: str, *, by: Party = AUDITOR) -> Attestation:
    return Attestation(
        issuer=by.id, nonce=nonce(), subject=Subject(kind=kind, id=subject), standard="ISO 14064-3", level="limited",
        opinion="unmodified", start=START, end=END, valid_until="2025-02-01T00:00:00Z",
    )


def short(of: AnyRecord, received: str, return_lot: str) -> Acceptance:
    return Acceptance(issuer=FORGE.id, nonce=nonce(), transfer=digest_of(of), received=quantity(received),
                      return_lot=FORGE.name(return_lot))


SENT = transfer("steel-1", "1", "sent")
PRICE = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})
MADE = transformation([output("scrap", "1", "waste")], process="loose.make")
RECYCLED_AGAIN = transformation(
    [output("bar", "1"), output("credit-1", "1", "credit", credit=Credit(material="steel"))], [flow("scrap", "1")],
)
TOLLED = transfer("steel-1", "1", "tolled", purpose="custody")
HEAP = pool("heap", default=True)


def granted(scope: GrantScope | None) -> Grant:
    return Grant(issuer=MILL.id, nonce=nonce(), grantee=FORGE.id, depth="totals", until="2034-01-01T00:00:00Z",
                 purpose="purchase", scope=scope)


GRANTED = granted(None)
DISCLOSED = {"lot": MILL.name("steel-1"), "product": MILL.name("steel"), "declaration": digest_of(PRICE)}
SHOWN = PassportPublication(issuer=MILL.id, nonce=nonce(), product=MILL.name("steel"))
OTHERS = PassportPublication(issuer=FORGE.id, nonce=nonce(), product=FORGE.name("steel"))
APPOINTED = AppointedReader(issuer=REGISTRAR.id, nonce=nonce(), organization=FORGE.id, purpose="audit")
BOOKED = pool("booked", custody="massBalance", attribute=RECYCLED, balance_months=3)
FILLED = addition("heap", [flow("steel-1", "2")])
CLOSED = closing()
RECORDS: dict[str, AnyRecord] = {
    "organization": organization(STRANGER, parent=MILL.id),
    "keyChange": key_change(MILL, added=[public(signing_key("spare"), MILL.id)]),
    "activation": activation("works"),
    "erasure": erasure(PRICE),
    "facility": facility("new"),
    "product": product("new"),
    "transformation": transformation(
        [output("a"), output("b", "1 H87", product="gear")], [flow("steel-1", "1"), flow("gear-1", "1 H87")],
        [ore("1", declaration=digest_of(PRICE)), ore("1", product=FORGE.name("steel"))],
    ),
    "transfer": transfer("steel-1", "1", "x", transport=[ore("1", declaration=digest_of(PRICE))],
                         packaging=[ore("1", product=FORGE.name("steel"))]),
    "acceptance": acceptance(SENT),
    "standing acceptance": StandingAcceptance(
        issuer=FORGE.id, nonce=nonce(), sender=MILL.id, product=MILL.name("gear"), valid_from=START, tolerance="0.1"),
    "consumption": consumption([flow("steel-1", "1")], [output("w", "1", "waste")], on_behalf_of=FORGE.id),
    "declared lot": declaration(lot=output("x"), facility=MILL.name("site")),
    "declared figures": PRICE,
}
STOCK: dict[str, AnyRecord] = {
    "pool": pool("bin", product=FORGE.name("steel")),
    "addition": addition("heap", [flow("steel-1", "1"), flow("bar", "0.5")]),
    "addition with credits": addition("booked", [flow("steel-1", "1")], credit_lot=MILL.name("credit-2"),
                                      credits=quantity("10 KGM")),
    "transformation of a pool": transformation([output("a", "1 H87", product="gear")], [flow("heap", "1")]),
    "consumption of a default pool": consumption([flow("steel", "1")]),
    "tolling": transformation([output("a", of=FORGE, owner=MILL.id)], [flow("tolled", "1")], by=FORGE),
    "short acceptance": short(SENT, "0.5", "back"),
    "opening": declaration(basis="opening", lot=output("old"), facility=MILL.name("site")),
    "sold outside": consumption([flow("steel-1", "1")], purpose="soldOutside"),
    "claim": consumption([flow("credit-1", "0.5")], purpose="claim",
                         claim=Claim(method="moduleD", lot=MILL.name("bar"))),
    "amendment": Amendment(issuer=MILL.id, nonce=nonce(), reason="late", changes=[
        Change(record=digest_of(MADE), fields={"basis": Raw(b'"provisional"')}),
        Change(record=digest_of(SENT), withdrawn=True),
    ]),
    "closing": closing(
        retired=[flow("steel-1", "1"), flow("gear-1", "1 H87")],
        measured=[ore("1", declaration=digest_of(PRICE))], overheads=[ore("1", product=FORGE.name("steel"))],
    ),
    "reopening": Reopening(issuer=MILL.id, nonce=nonce(), closing=digest_of(CLOSED), reason="late"),
    "attested record": attestation("record", digest_of(SENT)),
    "attested lot": attestation("lot", MILL.name("steel-1")),
    "attested product": attestation("product", MILL.name("steel")),
    "attested facility": attestation("facility", MILL.name("site")),
    "attested statement": attestation("statement", "urn:example:statement:7"),
    "reported site": Report(
        issuer=MILL.id, nonce=nonce(), facility=MILL.name("site"), start=START, end=END,
        value_added=Money(value="1", currency="CNY"),
    ),
    **{f"grant of a {kind}": granted(GrantScope(**{kind: name})) for kind, name in DISCLOSED.items()},
    "grant of everything": granted(None),
    **{f"publication of a {kind}": PassportPublication(issuer=MILL.id, nonce=nonce(), **{kind: name})
       for kind, name in DISCLOSED.items()},
    "end of a grant": GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest_of(GRANTED)),
    "end of a publication": PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(SHOWN)),
    "reader": APPOINTED,
    "end of a parent": ParentEnd(issuer=MILL.id, nonce=nonce(), organization=DEALER.id),
    "end of a reader": ReaderRevocation(issuer=REGISTRAR.id, nonce=nonce(), reader=digest_of(APPOINTED)),
}
ALL = {**RECORDS, **STOCK}
REVISING = ("amendment", "closing")
"""What revises others is prepared under the lock alone, when all that it may name is loaded."""
NO_ISSUER = ("acceptance", "short acceptance", "standing acceptance", "addition", "claim", "sold outside", "reopening",
             "attested record", "attested lot", "attested product", "attested facility", "reported site",
             *[name for name in STOCK if name.startswith(("grant of", "publication of", "end of", "reader"))])
"""Whose plan asks nothing of the issuer's organisation."""


@pytest.fixture
def prepared(world: World) -> World:
    """Something of each kind that records may name."""
    world.admit(SENT, PRICE, MADE, RECYCLED_AGAIN, TOLLED, HEAP, BOOKED, FILLED)
    world.admit(organization(AUDITOR, roles=["auditor"]), organization(DEALER, parent=MILL.id))
    for record in (GRANTED, SHOWN, APPOINTED, OTHERS):
        apply(world.state, record, bytes.fromhex(digest_of(record)), plan(record, world.state))
    apply(world.state, CLOSED, bytes.fromhex(digest_of(CLOSED)), plan(CLOSED, world.state))
    return world


def part(known: Mapping[str, Value], names: Collection[str]) -> dict[str, Value]:
    return {name: known[name] for name in known.keys() & set(names)}


def only(names: Names, world: World) -> State:
    """What a batch would have loaded for these names: a transfer brings its lot, and a lot that is none may be a pool
    or the product of a default pool of somebody named, which brings its newest generation."""
    known, found = world.state, State(ORIGIN)
    found.organizations = part(known.organizations, names.organizations)
    found.facilities = part(known.facilities, names.facilities)
    found.declarations = part(known.declarations, names.declarations)
    found.transfers = part(known.transfers, names.transfers)
    found.records = part(known.records, names.records)
    lots = names.lots | {one.new_lot for one in found.transfers.values()}
    pooled = lots - known.lots.keys()
    for one in known.pools.values():
        if one.id in pooled or (one.default and one.product in pooled and one.holder in names.organizations):
            found.pools[one.id] = one
            found.lines[one.id] = known.lines.get(one.id, ())[-1:]
            if one.default:
                found.default_pools[one.holder, one.product] = one.id
    lots = lots.union(*found.lines.values())
    found.products = part(known.products, {*names.products, *pooled, *[one.product for one in found.pools.values()]})
    found.seen = {one for one in known.seen if (MILL.id, one[0]) in names.uses}
    found.lots = part(known.lots, lots)
    found.products |= part(known.products, [found.lots[lot].product for _, lot in names.published if lot in found.lots])
    found.remaining = part(known.remaining, lots)
    return found


def names_of(*records: AnyRecord) -> Names:
    names = Names()
    for record in records:
        add_names(record, names)
    return names


def by_name(names: Names) -> tuple[set[str], ...]:
    """The kinds of names that bring facts."""
    return (names.organizations, names.facilities, names.products, names.lots, names.declarations, names.transfers,
            names.records)


@pytest.mark.parametrize("kind", ALL)
def test_the_names_of_a_record_are_all_that_its_plan_needs(prepared: World, kind: str) -> None:
    record = ALL[kind]
    assert plan(record, only(names_of(record), prepared)) == plan(record, prepared.state)


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in REVISING])
def test_what_a_plan_rests_on_is_mentioned(prepared: World, kind: str) -> None:
    """Without any one of the things mentioned, the record is refused or planned as before; none else is needed."""
    record = ALL[kind]
    names = names_of(record)
    mentioned = set(mentioned_by(record))
    for found in by_name(names):
        found &= mentioned
    assert plan(record, only(names, prepared)) == plan(record, prepared.state)


@pytest.mark.parametrize("kind", [
    "transformation", "transfer", "acceptance", "standing acceptance", "consumption", "declared lot", "product",
    *[kind for kind in STOCK if kind not in (*REVISING, "attested statement")],
])
def test_nothing_is_mentioned_in_vain(prepared: World, kind: str) -> None:
    """The place of a declared lot decides its references, and not its plan."""
    record = ALL[kind]
    place = MILL.name("site") if kind == "declared lot" else None
    missed = [name for name in mentioned_by(record) if name != record.issuer or kind not in NO_ISSUER]
    assert place is None or place in missed
    missed = [name for name in missed if name != place]
    assert missed
    for name in missed:
        names = names_of(record)
        for found in by_name(names):
            found.discard(name)
        with pytest.raises(Refused, match=name):
            plan(record, only(names, prepared))


def test_names_by_kind() -> None:
    names = names_of(*RECORDS.values())
    assert names.lots == {MILL.name("steel-1"), MILL.name("gear-1")}
    assert names.new_lots == {MILL.name(lot) for lot in ("a", "b", "x", "w")}
    assert names.products == {MILL.name("steel"), MILL.name("gear"), MILL.name("new"), FORGE.name("steel")}
    assert (names.facilities, names.declarations) == ({MILL.name("site"), MILL.name("new")}, {digest_of(PRICE)})
    assert (names.transfers, names.prefixes, names.keys_of) == ({digest_of(SENT)}, {f"{STRANGER.id}:"}, {MILL.id})
    assert names.relations == {(FORGE.id, MILL.id, MILL.name("steel-1")), (FORGE.id, MILL.id, "")}
    assert (names.new_names, names.enrolled) == ({STRANGER.id, MILL.name("new")}, {STRANGER.id})
    assert {MILL.id, FORGE.id, STRANGER.id} <= names.organizations


def named(record: AnyRecord) -> dict[str, set[Any]]:
    """What a record names, by kind, its issuer left out; kinds without names are absent."""
    names = names_of(record)
    names.organizations.discard(record.issuer)
    return {kind: found for kind, found in vars(names).items() if found}


SITE, STEEL = MILL.name("site"), MILL.name("steel")


@pytest.mark.parametrize(("kind", "names"), [
    ("pool", {"facilities": {SITE}, "products": {FORGE.name("steel")},
              "new_lots": {MILL.name("bin"), MILL.name("bin:1")},
              "pools": {(MILL.id, FORGE.name("steel"))}, "uses": {(MILL.id, FORGE.name("steel"))}}),
    ("addition", {"lots": {MILL.name("heap"), MILL.name("steel-1"), MILL.name("bar")}}),
    ("addition with credits", {"lots": {MILL.name("booked"), MILL.name("steel-1")},
                               "new_lots": {MILL.name("credit-2")}}),
    ("transformation of a pool", {"facilities": {SITE}, "lots": {MILL.name("heap")},
                                  "products": {MILL.name("gear")}, "new_lots": {MILL.name("a")},
                                  "sold": {(MILL.id, MILL.name("heap"))}}),
    ("consumption of a default pool", {"lots": {STEEL}, "sold": {(MILL.id, STEEL)}}),
    ("tolling", {"organizations": {MILL.id}, "facilities": {FORGE.name("site")}, "lots": {MILL.name("tolled")},
                 "products": {FORGE.name("steel")}, "new_lots": {FORGE.name("a")},
                 "sold": {(FORGE.id, MILL.name("tolled")), (MILL.id, FORGE.name("a"))}}),
    ("short acceptance", {"transfers": {digest_of(SENT)}, "new_lots": {FORGE.name("back")}}),
    ("opening", {"facilities": {SITE}, "products": {STEEL}, "new_lots": {MILL.name("old")},
                 "openings": {(SITE, STEEL)}, "declared": {(MILL.id, STEEL)}}),
    ("sold outside", {"lots": {MILL.name("steel-1")}, "sold": {(MILL.id, MILL.name("steel-1"))}}),
    ("claim", {"lots": {MILL.name("credit-1"), MILL.name("bar")}}),
    ("amendment", {"records": {digest_of(MADE), digest_of(SENT)}}),
    ("closing", {"facilities": {SITE}, "lots": {MILL.name("steel-1"), MILL.name("gear-1")},
                 "declarations": {digest_of(PRICE)}, "products": {FORGE.name("steel")},
                 "uses": {(MILL.id, FORGE.name("steel"))}}),
    ("reopening", {"records": {digest_of(CLOSED)}}),
    ("attested record", {"records": {digest_of(SENT)}}),
    ("attested lot", {"lots": {MILL.name("steel-1")}}),
    ("attested product", {"products": {STEEL}}),
    ("attested facility", {"facilities": {SITE}}),
    ("attested statement", {}),
])
def test_names_of_stock_periods_and_credits(kind: str, names: dict[str, set[Any]]) -> None:
    """Each record's, whole: nothing is named besides."""
    assert named(STOCK[kind]) == names


def test_a_declared_lot_takes_no_opening() -> None:
    """Nor does opening stock whose facility is not said: it is refused."""
    assert "openings" not in named(RECORDS["declared lot"])
    assert "openings" not in named(declaration(basis="opening", lot=output("old")))


def test_flows_in_order() -> None:
    """As they are named, pools and products included."""
    expected = {
        "transformation": ["steel-1", "gear-1"], "transfer": ["steel-1"], "consumption": ["steel-1"],
        "addition": ["steel-1", "bar"], "addition with credits": ["steel-1"], "transformation of a pool": ["heap"],
        "consumption of a default pool": ["steel"], "tolling": ["tolled"], "claim": ["credit-1"],
        "sold outside": ["steel-1"],
        "closing": ["steel-1", "gear-1"],
    }
    for kind, record in ALL.items():
        assert list(flows_named(record)) == [MILL.name(name) for name in expected.get(kind, [])], kind


def test_items_are_named() -> None:
    item = MILL.name("no-1")
    assert names_of(transformation([output("a", "1 H87", product="gear", item=item)])).items == {item}
    assert names_of(declaration(lot=output("a", item=item))).items == {item}


def test_names_are_merged() -> None:
    one, other = names_of(RECORDS["transformation"]), names_of(*ALL.values())
    merged = Names()
    merged.merge(one)
    merged.merge(other)
    together = names_of(RECORDS["transformation"], *ALL.values())
    assert vars(merged) == vars(together)
    assert vars(merged).keys() - {"items"} == {kind for kind, found in vars(merged).items() if found}
    assert vars(one) == vars(names_of(RECORDS["transformation"]))


def test_what_a_record_enters_by_name() -> None:
    digest = bytes(range(32))
    for kind, name in (("organization", STRANGER.id), ("facility", MILL.name("new")), ("product", MILL.name("new")),
                       ("transfer", digest.hex()), ("declared figures", digest.hex()), ("opening", digest.hex()),
                       ("pool", MILL.name("bin"))):
        assert entered_by(ALL[kind], digest) == name
    for kind in ("keyChange", "activation", "erasure", "transformation", "acceptance", "consumption", "addition",
                 "claim", "amendment", "closing", "reopening", "attested lot"):
        assert entered_by(ALL[kind], digest) is None


def test_facts_are_learnt(prepared: World) -> None:
    found = Facts()
    prepared.state.withdrawn.add(MILL.name("gone"))
    prepared.state.group_goods[MILL.id, "code:7214"] = Decimal(5)
    prepared.state.unshown.add(MILL.id)
    prepared.state.given.add((digest_of(PRICE), FORGE.id))
    prepared.state.returned[MILL.name("back")] = (Decimal(5), None)
    found.learn(prepared.state)
    for kind in vars(found):
        assert getattr(found, kind) == getattr(prepared.state, kind)
        assert getattr(found, kind)
