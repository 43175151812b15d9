"""Names that could be taken for another's: admitted by the first rules, refused from the activation of later ones."""

from collections.abc import Callable

import pytest
from unit.admission.test_admission_names import pool
from unit.admission.world import (
    AUDITOR,
    FORGE,
    MILL,
    STRANGER,
    Party,
    World,
    attestation,
    burdened,
    declaration,
    facility,
    organization,
    output,
    product,
    signing_key,
    transfer,
    transformation,
)

from ledger.core.record.kinds import AnyRecord


def enrolled(identifier: str, *prefixes: str, **fields: object) -> AnyRecord:
    """An organisation of a key of its own."""
    who = Party(identifier, signing_key(identifier))
    return organization(who, prefixes=list(prefixes), **fields)


LATE: dict[str, tuple[Callable[[], AnyRecord], str, str]] = {
    "organisation as another's lot": (lambda: enrolled(MILL.name("steel-1")), "name-taken", "id"),
    "organisation as another's facility": (lambda: enrolled(MILL.name("site")), "name-taken", "id"),
    "organisation as another's product": (lambda: enrolled(MILL.name("steel")), "name-taken", "id"),
    "organisation under another's prefix": (lambda: enrolled(MILL.name("new")), "name-claimed", "id"),
    "organisation as another's prefix": (lambda: enrolled(f"{MILL.id}:"), "name-claimed", "id"),
    "organisation under another": (lambda: enrolled(f"{MILL.id}/works"), "name-claimed", "id"),
    "organisation over another": (lambda: enrolled("urn:example:group"), "name-claimed", "id"),
    "organisation over all": (lambda: enrolled("urn:example:"), "name-shared", "id"),
    "prefix under another": (lambda: enrolled(STRANGER.id, f"{MILL.id}/"), "name-claimed", "prefixes[0]"),
    "prefix over another": (lambda: enrolled(STRANGER.id, "urn:example:group:"), "name-claimed", "prefixes[0]"),
    "prefix of a namespace": (lambda: enrolled(STRANGER.id, "urn:epc:id:sgln:"), "name-shared", "prefixes[0]"),
    "prefix of all GLNs": (lambda: enrolled(STRANGER.id, "https://id.gs1.org/414/"), "name-shared", "prefixes[0]"),
    "prefix of ledgers": (lambda: enrolled(STRANGER.id, "urn:carbon-ledger:x:"), "name-shared", "prefixes[0]"),
    "organisation as a registrar": (lambda: enrolled("urn:carbon-ledger:x:registrar"), "name-shared", "id"),
    "prefix that is a program": (lambda: enrolled(STRANGER.id, "javascript:x/"), "name-scheme", "prefixes[0]"),
    "organisation that is a program": (lambda: enrolled("javascript:alert(1)"), "name-scheme", "id"),
    "organisation with a blank": (lambda: enrolled(f"{STRANGER.id}%20"), "name-invisible", "id"),
    "prefix with a blank": (lambda: enrolled(STRANGER.id, f"{STRANGER.id}%C2%A0:"), "name-invisible", "prefixes[0]"),
    "lot as a facility": (lambda: transformation([output("site", "1")]), "name-taken", "outputs[0].lot"),
    "delivery as a product": (lambda: transfer("steel-1", "1", "oil"), "name-taken", "newLot"),
    "declared lot as a facility": (lambda: burdened(output("site"), "1"), "name-taken", "lot.lot"),
    "product as a delivery": (lambda: product("sent"), "name-taken", "id"),
    "facility as a lot": (lambda: facility("steel-1"), "name-taken", "id"),
    "facility as a product": (lambda: facility("steel"), "name-taken", "id"),
    "facility as a pool's lot": (lambda: facility("heap:7"), "name-taken", "id"),
    "product as a pool": (lambda: product("heap"), "name-taken", "id"),
    "pool as a product": (lambda: pool("steel"), "name-taken", "id"),
    "item as a product": (lambda: transformation([output("g", "1 H87", product="gear", item=MILL.name("gear"))]),
                          "name-taken", "outputs[0].item"),
    "lot with a blank": (lambda: transformation([output("a%20", "1")]), "name-invisible", "outputs[0].lot"),
    "delivery with a blank": (lambda: transfer("steel-1", "1", "a%0A"), "name-invisible", "newLot"),
    "item with a blank": (lambda: transformation([output("g", "1 H87", product="gear", item=MILL.name("%E3%80%80"))]),
                          "name-invisible", "outputs[0].item"),
    "facility with a blank": (lambda: facility("%E2%80%8B"), "name-invisible", "id"),
    "park that is a program": (lambda: facility("new", park="javascript:alert(1)"), "name-scheme", "park"),
    "collector that is a program": (lambda: declaration(lot=output("x"), collector="data:text/html,x"), "name-scheme",
                                    "collector"),
    "foreign facility with a blank": (lambda: declaration(lot=output("x"), facility="urn:example:x%20"),
                                      "name-invisible", "facility"),
    "statement that is a program": (lambda: attestation("statement", "vbscript:x"), "name-scheme",
                                    "subject.id"),
    "organisation with a wrong LEI": (lambda: enrolled("urn:lei:5493001KJTIIGC8Y1R13"), "check-digit", "id"),
    "prefix with a wrong credit code": (lambda: enrolled(STRANGER.id, "urn:uscc:91350211M000100Y47:"), "check-digit",
                                        "prefixes[0]"),
    "prefix with a wrong GLN": (lambda: enrolled(STRANGER.id, "https://id.gs1.org/414/9506000134351/"), "check-digit",
                                "prefixes[0]"),
    "park with a wrong GLN": (lambda: facility("new", park="https://id.gs1.org/414/9506000134351"), "check-digit",
                              "park"),
}


@pytest.fixture
def world(world: World) -> World:
    """An organisation without prefixes, a pool and a delivery."""
    world.admit(enrolled("urn:example:group:part"), pool("heap"), transfer("steel-1", "1", "sent"),
                organization(AUDITOR, roles=["auditor"]))
    return world


@pytest.mark.parametrize("kind", LATE)
def test_refused_names(world: World, kind: str) -> None:
    make, code, field = LATE[kind]
    world.refuse(make(), code, field)


def test_two_records_of_one_batch(world: World) -> None:
    verdicts, _ = world.run(
        transformation([output("x", "1")]), facility("x"), facility("y"), transformation([output("y", "1")]),
        enrolled("urn:example:new"), enrolled("urn:example:new/part"),
        enrolled("urn:example:other", "urn:example:new:"),
    )
    codes = [getattr(one, "code", None) for one in verdicts]
    assert codes == [None, "name-taken", None, "name-taken", None, "name-claimed", "name-claimed"]


def test_no_lot_is_called_like_a_product(world: World) -> None:
    """An input names a lot, a pool or a product, and a lot comes first: it would keep its buyer from their pool."""
    world.refuse(transfer("steel-1", "1", "gear"), "name-taken", "newLot", MILL.name("gear"))


def test_what_is_one_s_own_stays_free(world: World) -> None:
    """A lot or an item called as one's own product or lot, ids beside and below one's own, a part of a group under its
    parent, EPC URNs."""
    epc = "urn:epc:id:sgln:0614141."
    world.admit(
        transformation([output("serial-1", "1 H87", product="gear", item=MILL.name("serial-1"))]),
        transformation([output("oil", "1")]), product("steel-1"),
        enrolled("urn:example:mill-two", "urn:example:mill-two:"),
        enrolled(f"{FORGE.id}/north", f"{FORGE.id}/north:", parent=FORGE.id),
        enrolled(STRANGER.id, epc, "https://id.gs1.org/414/9506000134352/", f"{STRANGER.id}:"),
    )


def test_a_part_of_a_group_is_not_under_the_prefix_of_its_parent(world: World) -> None:
    world.refuse(enrolled(f"{FORGE.id}:north", parent=FORGE.id), "name-claimed", "id", says=f"{FORGE.id}:")
