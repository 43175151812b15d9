"""That a record's names are all that its rules need: a batch loads these and no more."""

import pytest
from unit.admission.world import (
    FORGE,
    MILL,
    STRANGER,
    World,
    acceptance,
    activation,
    consumption,
    declaration,
    digest_of,
    facility,
    flow,
    key_change,
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

from ledger.admission.facts import Facts
from ledger.admission.names import Names, entered_by, mentioned_by
from ledger.admission.plan import plan
from ledger.core.records import AnyRecord
from ledger.errors import Refused

SENT = transfer("steel-1", "1", "sent")
PRICE = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})
RECORDS: dict[str, AnyRecord] = {
    "organization": organization(STRANGER, parent=MILL.id),
    "keyChange": key_change(MILL, added=[public(signing_key("spare"), MILL.id)]),
    "activation": activation("works"),
    "facility": facility("new"),
    "product": product("new"),
    "transformation": transformation(
        [output("a"), output("b", "1 H87", product="gear")], [flow("steel-1", "1"), flow("gear-1", "1 H87")],
        [ore("1", declaration=digest_of(PRICE)), ore("1", product=FORGE.name("steel"))],
    ),
    "transfer": transfer("steel-1", "1", "x", transport=[ore("1", declaration=digest_of(PRICE))],
                         packaging=[ore("1", product=FORGE.name("steel"))]),
    "acceptance": acceptance(SENT),
    "consumption": consumption([flow("steel-1", "1")], [output("w", "1", "waste")], on_behalf_of=FORGE.id),
    "declared lot": declaration(lot=output("x"), facility=MILL.name("site")),
    "declared figures": PRICE,
}


@pytest.fixture
def prepared(world: World) -> World:
    """Something of each kind that records may name."""
    world.admit(SENT, PRICE)
    return world


def only(names: Names, world: World) -> Facts:
    """What a batch would have loaded for these names."""
    known, found = world.state, Facts()
    found.organizations = {name: known.organizations[name] for name in names.organizations & known.organizations.keys()}
    found.facilities = {name: known.facilities[name] for name in names.facilities & known.facilities.keys()}
    found.products = {name: known.products[name] for name in names.products & known.products.keys()}
    found.lots = {name: known.lots[name] for name in names.lots & known.lots.keys()}
    found.declarations = {name: known.declarations[name] for name in names.declarations & known.declarations.keys()}
    found.transfers = {name: known.transfers[name] for name in names.transfers & known.transfers.keys()}
    return found


def names_of(*records: AnyRecord) -> Names:
    names = Names()
    for record in records:
        names.add(record)
    return names


@pytest.mark.parametrize("kind", RECORDS)
def test_the_names_of_a_record_are_all_that_its_plan_needs(prepared: World, kind: str) -> None:
    record = RECORDS[kind]
    assert plan(record, only(names_of(record), prepared)) == plan(record, prepared.state)


@pytest.mark.parametrize("kind", RECORDS)
def test_what_a_plan_rests_on_is_mentioned(prepared: World, kind: str) -> None:
    """Without any one of the things mentioned, the record is refused or planned as before; none else is needed."""
    record = RECORDS[kind]
    names = names_of(record)
    mentioned = set(mentioned_by(record))
    for part in (names.organizations, names.facilities, names.products, names.lots, names.declarations,
                 names.transfers):
        part &= mentioned
    assert plan(record, only(names, prepared)) == plan(record, prepared.state)


@pytest.mark.parametrize("kind", ["transformation", "transfer", "acceptance", "consumption", "declared lot", "product"])
def test_nothing_is_mentioned_in_vain(prepared: World, kind: str) -> None:
    record = RECORDS[kind]
    for name in mentioned_by(record):
        names = names_of(record)
        for part in (names.organizations, names.facilities, names.products, names.lots, names.declarations,
                     names.transfers):
            part.discard(name)
        if kind == "acceptance" and name == record.issuer:
            continue
        with pytest.raises(Refused, match=name):
            plan(record, only(names, prepared))


def test_names_by_kind() -> None:
    names = names_of(*RECORDS.values())
    assert names.lots == {MILL.name("steel-1"), MILL.name("gear-1")}
    assert names.new_lots == {MILL.name(lot) for lot in ("a", "b", "x", "w")}
    assert names.products == {MILL.name("steel"), MILL.name("gear"), MILL.name("new"), FORGE.name("steel")}
    assert names.facilities == {MILL.name("site"), MILL.name("new")}
    assert names.declarations == {digest_of(PRICE)}
    assert names.transfers == {digest_of(SENT)}
    assert names.prefixes == {f"{STRANGER.id}:"}
    assert names.keys_of == {MILL.id}
    assert {MILL.id, FORGE.id, STRANGER.id} <= names.organizations


def test_items_are_named() -> None:
    item = MILL.name("no-1")
    assert names_of(transformation([output("a", "1 H87", product="gear", item=item)])).items == {item}
    assert names_of(declaration(lot=output("a", item=item))).items == {item}


def test_names_are_merged() -> None:
    one, other = names_of(RECORDS["transformation"]), names_of(RECORDS["consumption"], RECORDS["keyChange"])
    merged = Names()
    merged.merge(one)
    merged.merge(other)
    together = names_of(RECORDS["transformation"], RECORDS["consumption"], RECORDS["keyChange"])
    assert vars(merged) == vars(together)
    assert vars(one) == vars(names_of(RECORDS["transformation"]))


def test_what_a_record_enters_by_name() -> None:
    digest = bytes(range(32))
    for kind, name in (("organization", STRANGER.id), ("facility", MILL.name("new")), ("product", MILL.name("new")),
                       ("transfer", digest.hex()), ("declared figures", digest.hex())):
        assert entered_by(RECORDS[kind], digest) == name
    for kind in ("keyChange", "activation", "transformation", "acceptance", "consumption"):
        assert entered_by(RECORDS[kind], digest) is None


def test_facts_are_learnt(prepared: World) -> None:
    found = Facts()
    found.learn(prepared.state)
    for kind in vars(found):
        assert getattr(found, kind) == getattr(prepared.state, kind)
        assert getattr(found, kind)
