"""Who may act: the first record, keys, organisations and their prefixes, sites, products, plugin activations."""

import base64

import pytest
from msgspec.structs import replace
from support.raising import raised
from unit.admission.world import (
    FORGE,
    MILL,
    ORIGIN,
    PLUGIN_DIGEST,
    REGISTRAR,
    STRANGER,
    Party,
    World,
    activation,
    declaration,
    facility,
    first_record,
    key_change,
    nonce,
    organization,
    output,
    party,
    product,
    public,
    quantity,
    signing_key,
    submission,
    transformation,
)

from ledger.core.record.kinds import AnyRecord, Organization
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import LoadedRecord, Sequenced
from ledger.errors import InvalidBody, InvalidInput, InvalidKey, Refused

SPARE = signing_key("spare")
NEWCOMER = party("newcomer")

# The first record


def test_the_log_begins_with_its_registrar() -> None:
    world = World()
    (entry,) = world.admit(first_record())
    assert (entry.index, entry.leaves, world.state.organizations[REGISTRAR.id].roles) == (0, (), ("registrar",))
    assert world.state.keys[REGISTRAR.key.keyid].active


def test_the_registrar_may_begin_with_several_keys_and_sign_with_any() -> None:
    keys = [public(REGISTRAR.key, REGISTRAR.id), public(SPARE, REGISTRAR.id)]
    world = World()
    world.admit(first_record(keys=keys), key=SPARE)
    assert world.state.keys.keys() == {REGISTRAR.key.keyid, SPARE.keyid}


@pytest.mark.parametrize(
    "record",
    [
        activation("works"),
        key_change(REGISTRAR, added=[public(REGISTRAR.key, REGISTRAR.id)]),
        first_record(roles=[]),
        first_record(roles=["auditor"]),
        replace(first_record(), issuer=MILL.id),
        organization(MILL, roles=["registrar"]),
    ],
    ids=["activation", "key change", "no role", "auditor", "other issuer", "other organisation"],
)
def test_nothing_else_comes_first(record: AnyRecord) -> None:
    error = World().refuse(record, "registrar-first", "type", key=REGISTRAR.key)
    assert isinstance(error, Refused)
    assert "registrar" in error.message
    assert "entry 0" in (error.rule or "")


@pytest.mark.parametrize("record", [facility(), product("steel"), transformation([output("x")])])
def test_records_that_rest_on_others_do_not_come_first_either(record: AnyRecord) -> None:
    world = World()
    before = world.snapshot()
    (error,), _ = world.run(record)
    assert isinstance(error, Refused)
    assert error.code in ("unknown-organization", "unknown-facility")
    assert world.snapshot() == before


def test_the_first_record_is_signed_by_a_key_that_it_enrols() -> None:
    World().refuse(first_record(), "registrar-first", "keys", key=SPARE, says="does not enrol")


def test_the_first_record_proves_possession_of_every_key() -> None:
    stolen = public(STRANGER.key, STRANGER.id)
    record = first_record(keys=[public(REGISTRAR.key, REGISTRAR.id), stolen])
    assert isinstance(World().refuse(record, "no-possession", "keys[1].proof", STRANGER.key.keyid.hex()), InvalidKey)


def test_the_first_record_names_no_parent_that_is_not_there() -> None:
    World().refuse(first_record(parent=MILL.id), "unknown-organization", "parent", MILL.id, says=repr(MILL.id))


def test_the_first_record_keeps_its_prefixes_apart() -> None:
    World().refuse(first_record(prefixes=["urn:example:r:", "urn:example:r:s:"]), "prefix-overlap", "prefixes[1]",
                   "urn:example:r:s:")


# Keys


def test_an_unknown_key(world: World) -> None:
    error = world.refuse(facility("new"), "unknown-key", "key", SPARE.keyid.hex(), key=SPARE, says="not enrolled")
    assert SPARE.keyid.hex() in error.message


def test_a_revoked_key(world: World) -> None:
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILL.key.keyid.hex()]))
    error = world.refuse(facility("new"), "revoked-key", "key", MILL.key.keyid.hex(), says="is revoked")
    assert MILL.key.keyid.hex() in error.message
    world.admit(facility("new"), key=SPARE)


def test_a_key_is_in_force_from_the_next_record_on(world: World) -> None:
    """Order decides, not batches: within one batch a new key signs, and a revoked one does not."""
    change = key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILL.key.keyid.hex()])
    verdicts, _ = world.run(change, facility("new"))
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "revoked-key"


@pytest.mark.parametrize("issuer", [FORGE, REGISTRAR, STRANGER])
def test_the_issuer_is_whose_key_signs(world: World, issuer: Party) -> None:
    record = activation("works") if issuer is not FORGE else product("new", by=FORGE)
    record = replace(record, issuer=issuer.id)
    world.refuse(record, "wrong-issuer", "issuer", issuer.id, says=MILL.id, key=MILL.key)


@pytest.mark.parametrize(
    ("record", "what"),
    [(organization(NEWCOMER, by=MILL), "enrol organisations"), (activation("works", by=MILL), "activate plugins"),
     (activation("works", by=MILL, retired=True), "activate plugins")],
)
def test_acts_of_the_registrar(world: World, record: AnyRecord, what: str) -> None:
    world.refuse(record, "not-registrar", "issuer", MILL.id, says=f"{MILL.id} may not {what}")


def test_an_auditor_is_no_registrar(world: World) -> None:
    world.admit(organization(STRANGER, roles=["auditor"]))
    world.refuse(organization(NEWCOMER, by=STRANGER), "not-registrar", "issuer", STRANGER.id)


def test_a_second_registrar_may_enrol_too(world: World) -> None:
    world.admit(organization(STRANGER, roles=["registrar"]))
    world.admit(organization(NEWCOMER, by=STRANGER))


POSSESSION = {
    "another organisation": public(NEWCOMER.key, MILL.id),
    "another ledger": public(NEWCOMER.key, NEWCOMER.id, "other.example/log"),
    "another key": PublicKey(spki=public(NEWCOMER.key, NEWCOMER.id).spki, proof=public(SPARE, NEWCOMER.id).proof),
    "nothing": PublicKey(spki=public(NEWCOMER.key, NEWCOMER.id).spki, proof=""),
    "zeros": PublicKey(spki=public(NEWCOMER.key, NEWCOMER.id).spki, proof=base64.b64encode(bytes(64)).decode()),
}


@pytest.mark.parametrize("fault", POSSESSION)
def test_a_key_without_proof_of_possession(world: World, fault: str) -> None:
    keyid = NEWCOMER.key.keyid.hex()
    world.refuse(organization(NEWCOMER, keys=[POSSESSION[fault]]), "no-possession", "keys[0].proof", keyid)
    world.refuse(organization(NEWCOMER, keys=[public(SPARE, NEWCOMER.id), POSSESSION[fault]]), "no-possession",
                 "keys[1].proof", keyid)


def test_an_added_key_proves_possession_too(world: World) -> None:
    world.refuse(key_change(MILL, added=[public(SPARE, FORGE.id)]), "no-possession", "added[0].proof",
                 SPARE.keyid.hex())


def _spki(key: bytes) -> PublicKey:
    return PublicKey(spki=base64.b64encode(bytes.fromhex("302a300506032b6570032100") + key).decode(), proof="AAAA")


@pytest.mark.parametrize(
    ("key", "code"),
    [(_spki(bytes(32)), "weak-key"), (_spki(b"\1" + bytes(31)), "weak-key"),
     (_spki(b"\xee" + b"\xff" * 30 + b"\x7f"), "weak-key"),
     (PublicKey(spki="AAAA", proof="AAAA"), "invalid-key"), (PublicKey(spki="", proof=""), "invalid-key")],
)
def test_keys_that_must_not_be_used(world: World, key: PublicKey, code: str) -> None:
    world.refuse(organization(NEWCOMER, keys=[key]), code, "keys[0].spki")
    world.refuse(key_change(MILL, added=[key]), code, "added[0].spki")


def test_a_key_is_enrolled_once(world: World) -> None:
    taken = public(MILL.key, NEWCOMER.id)
    world.refuse(organization(NEWCOMER, keys=[public(NEWCOMER.key, NEWCOMER.id), taken]), "key-taken", "keys[1]",
                 MILL.key.keyid.hex(), says="already enrolled")
    world.refuse(key_change(FORGE, added=[public(MILL.key, FORGE.id)]), "key-taken", "added[0]", MILL.key.keyid.hex())
    world.refuse(key_change(MILL, added=[public(MILL.key, MILL.id)]), "key-taken", "added[0]", MILL.key.keyid.hex())


def test_a_revoked_key_does_not_come_back(world: World) -> None:
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)]))
    world.admit(key_change(MILL, revoked=[SPARE.keyid.hex()]))
    world.refuse(key_change(MILL, added=[public(SPARE, MILL.id)]), "key-taken", "added[0]", SPARE.keyid.hex())
    world.refuse(organization(NEWCOMER, keys=[public(SPARE, NEWCOMER.id)]), "key-taken", "keys[0]")


def test_a_key_is_named_once_in_a_record(world: World) -> None:
    twice = [public(NEWCOMER.key, NEWCOMER.id)] * 2
    world.refuse(organization(NEWCOMER, keys=twice), "duplicate-key", "keys", says="keys names a key twice")
    world.refuse(key_change(MILL, added=[public(SPARE, MILL.id)] * 2), "duplicate-key", "added")
    world.refuse(key_change(MILL, revoked=[MILL.key.keyid.hex()] * 2), "duplicate-key", "revoked")


def test_a_key_has_no_second_spelling(world: World) -> None:
    """44 bytes leave two bits of base64 unused: with those set, the same key would pass for another one."""
    one = public(NEWCOMER.key, NEWCOMER.id)
    last = one.spki[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = replace(one, spki=f"{one.spki[:-2]}{alphabet[alphabet.index(last) + 1]}=")
    assert base64.b64decode(other.spki) == base64.b64decode(one.spki)
    error = raised(InvalidBody, submission, organization(NEWCOMER, keys=[one, other]), REGISTRAR.key)
    assert (error.code, error.field) == ("invalid-field", "$.keys[1].spki")


# Key changes


def test_an_organisation_changes_its_own_keys(world: World) -> None:
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)]))
    world.admit(facility("new"), key=SPARE)
    world.admit(key_change(MILL, revoked=[MILL.key.keyid.hex()]), key=SPARE)
    assert not world.state.keys[MILL.key.keyid].active


def test_a_key_may_revoke_itself(world: World) -> None:
    world.admit(key_change(MILL, revoked=[MILL.key.keyid.hex()]))
    world.refuse(facility("new"), "revoked-key", "key")


@pytest.mark.parametrize("by", [REGISTRAR, FORGE])
def test_nobody_else_changes_keys_while_one_is_active(world: World, by: Party) -> None:
    for change in (key_change(MILL, by=by, added=[public(SPARE, MILL.id)]),
                   key_change(MILL, by=by, revoked=[MILL.key.keyid.hex()])):
        world.refuse(change, "not-own-key", "issuer", by.id, says="active key of the organisation itself")


def test_the_registrar_helps_where_no_key_is_active(world: World) -> None:
    world.admit(key_change(MILL, revoked=[MILL.key.keyid.hex()]))
    world.refuse(key_change(MILL, by=FORGE, added=[public(SPARE, MILL.id)]), "not-registrar", "issuer", FORGE.id)
    world.admit(key_change(MILL, by=REGISTRAR, added=[public(SPARE, MILL.id)]))
    world.admit(facility("new"), key=SPARE)


def test_only_active_keys_of_the_organisation_are_revoked(world: World) -> None:
    keyid = FORGE.key.keyid.hex()
    world.refuse(key_change(MILL, revoked=[keyid]), "unknown-key", "revoked[0]", keyid, says=MILL.id)
    world.refuse(key_change(MILL, revoked=[SPARE.keyid.hex()]), "unknown-key", "revoked[0]", SPARE.keyid.hex())
    both = key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILL.key.keyid.hex(), SPARE.keyid.hex()])
    world.refuse(both, "unknown-key", "revoked[1]", SPARE.keyid.hex())
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILL.key.keyid.hex()]))
    again = key_change(MILL, revoked=[MILL.key.keyid.hex()])
    world.refuse(again, "unknown-key", "revoked[0]", MILL.key.keyid.hex(), key=SPARE)


def test_a_key_change_changes_something(world: World) -> None:
    world.refuse(key_change(MILL), "no-change", "added", says="names no keys")


def test_a_key_change_of_nobody(world: World) -> None:
    world.refuse(key_change(STRANGER, by=MILL, added=[public(SPARE, STRANGER.id)]), "unknown-organization",
                 "organization", STRANGER.id, says=repr(STRANGER.id))


# Organisations and prefixes


def test_an_organisation_enters(world: World) -> None:
    world.admit(organization(NEWCOMER, parent=MILL.id, parent_share="0.5"))
    assert world.state.prefixes["urn:example:newcomer:"] == NEWCOMER.id


def test_an_organisation_enters_once(world: World) -> None:
    again = organization(MILL, keys=[public(SPARE, MILL.id)], prefixes=[])
    world.refuse(again, "organization-taken", "id", MILL.id, says=repr(MILL.id))
    itself = organization(REGISTRAR, keys=[public(SPARE, REGISTRAR.id)], prefixes=[])
    world.refuse(itself, "organization-taken", "id", REGISTRAR.id)


def test_twice_in_one_batch(world: World) -> None:
    one, other = organization(NEWCOMER), organization(NEWCOMER, keys=[public(SPARE, NEWCOMER.id)], prefixes=[])
    verdicts, _ = world.run(one, other)
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "organization-taken"


@pytest.mark.parametrize("identifier", ["urn:Example:x", "x", "urn:example:%7e", "https://example.org"])
def test_the_identifier_is_normal(world: World, identifier: str) -> None:
    record = organization(NEWCOMER, id=identifier, keys=[public(NEWCOMER.key, identifier)])
    assert isinstance(world.refuse(record, "invalid-identifier", "id", identifier), InvalidInput)


@pytest.mark.parametrize("prefix", ["urn:example:mill:", "urn:example:mill:deep:", "urn:example:mill:x/"])
def test_prefixes_of_organisations_do_not_overlap(world: World, prefix: str) -> None:
    world.refuse(organization(NEWCOMER, prefixes=["urn:example:newcomer:", prefix]), "prefix-overlap",
                 "prefixes[1]", prefix, says=repr(prefix))


def test_a_prefix_over_others_overlaps_with_them(world: World) -> None:
    world.admit(organization(STRANGER, prefixes=["urn:example:group:part:"]))
    prefix = "urn:example:group:"
    world.refuse(organization(NEWCOMER, prefixes=[prefix]), "prefix-overlap", "prefixes[0]", prefix)


def test_the_owner_of_the_other_prefix_is_named(world: World) -> None:
    world.refuse(organization(NEWCOMER, prefixes=["urn:example:mill:x:"]), "prefix-overlap", "prefixes[0]",
                 says=f"'urn:example:mill:' of {MILL.id}")


@pytest.mark.parametrize("prefixes", [["urn:x1:a:", "urn:x1:a:"], ["urn:x1:a:", "urn:x1:b:", "urn:x1:a:b:"],
                                      ["urn:x1:a:b:", "urn:x1:a:"]])
def test_prefixes_of_one_record_do_not_overlap(world: World, prefixes: list[str]) -> None:
    last = len(prefixes) - 1
    world.refuse(organization(NEWCOMER, prefixes=prefixes), "prefix-overlap", f"prefixes[{last}]", prefixes[last])


def test_a_prefix_ends_at_a_delimiter(world: World) -> None:
    world.refuse(organization(NEWCOMER, prefixes=["urn:example:newcomer"]), "invalid-identifier", "prefixes[0]",
                 "urn:example:newcomer", says="ends with one of")


def test_neighbours_whose_names_begin_alike(world: World) -> None:
    world.admit(organization(NEWCOMER, prefixes=["urn:example:mill-two:"]))


def test_a_parent_is_another_organisation_on_the_ledger(world: World) -> None:
    world.refuse(organization(NEWCOMER, parent=STRANGER.id), "unknown-organization", "parent", STRANGER.id)
    world.refuse(organization(NEWCOMER, parent=NEWCOMER.id), "parent", "parent", NEWCOMER.id)
    world.refuse(organization(NEWCOMER, parent_share="0.5"), "parent", "parentShare", "0.5")


# Sites and products


@pytest.mark.parametrize("make", [facility, lambda name, **fields: product(name, **fields)])
@pytest.mark.parametrize(
    "identifier",
    ["urn:example:mill", "urn:example:mill:", "urn:example:mill-two:x", "urn:example:millet", "urn:example:forge:x",
     "urn:example:forge:site", "urn:example:forge:steel", "urn:example:x"],
)
def test_outside_the_prefix(world: World, make: object, identifier: str) -> None:
    """The forge's site exists, `x` does not: the answer is the same."""
    assert callable(make)
    error = world.refuse(make("any", id=identifier), "outside-prefix", "id", identifier)
    assert error.message == f"id: {identifier!r} is not under a prefix of {MILL.id}"
    assert "urn:example:mill:" in (error.rule or "")


def test_an_organisation_without_prefixes_mints_nothing(world: World) -> None:
    world.admit(organization(STRANGER, prefixes=[]))
    assert "no prefix" in (world.refuse(facility(by=STRANGER), "outside-prefix", "id").rule or "")


def test_identifiers_are_entered_once(world: World) -> None:
    world.refuse(facility(), "facility-taken", "id", MILL.name("site"), says="already on the ledger")
    world.refuse(product("steel"), "product-taken", "id", MILL.name("steel"), says="already on the ledger")
    verdicts, _ = world.run(product("new"), product("new"))
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "product-taken"


@pytest.mark.parametrize("identifier", ["urn:example:mill:%7E", "urn:example:mill:%2f", "urn:example:mill:a#b#c",
                                        "urn:example:mill:a/../b"])
def test_ids_that_are_not_normal(world: World, identifier: str) -> None:
    world.refuse(facility(id=identifier), "invalid-identifier", "id", identifier)
    world.refuse(product("any", id=identifier), "invalid-identifier", "id", identifier)


def test_a_subdivision_is_of_the_country(world: World) -> None:
    world.refuse(facility("new", subdivision="DE-BY"), "subdivision", "subdivision", "DE-BY", says="not in CN")
    world.admit(facility("new", subdivision="CN-JS"))
    assert world.state.facilities[MILL.name("new")].subdivision == "CN-JS"


def test_a_capacity_has_a_known_unit_and_whole_pieces(world: World) -> None:
    world.refuse(facility("new", capacity=quantity("1 XYZ")), "unknown-unit", "capacity", "XYZ")
    world.refuse(facility("new", capacity=quantity("0.5 H87")), "fraction-of-a-piece", "capacity", "0.5 H87")


def test_a_park_is_an_identifier(world: World) -> None:
    world.refuse(facility("new", park="Park"), "invalid-identifier", "park", "Park")
    world.admit(facility("new", park="urn:example:park"))


@pytest.mark.parametrize(
    ("fields", "code", "field", "value"),
    [
        ({"unit": "XYZ"}, "unknown-unit", "unit", "XYZ"),
        ({"mass_per_unit": quantity("1 LTR"), "unit": "H87"}, "wrong-dimension", "massPerUnit", "1 LTR"),
        ({"mass_per_unit": quantity("999 KGM")}, "two-masses", "massPerUnit", "999 KGM"),
        ({"mass_per_unit": quantity("0.000000001 MGM"), "unit": "H87"}, "inexact-conversion", "massPerUnit",
         "0.000000001 MGM"),
        ({"materials": {"iron": "0.9", "carbon": "0.100000001"}}, "contents-above-100", "materials", "1.000000001"),
        ({"elements": {"Fe": "1", "C": "0.000000001"}}, "contents-above-100", "elements", "1.000000001"),
        ({"fossil_carbon": "0.6", "biogenic_carbon": "0.5"}, "contents-above-100", "carbon contents", "1.1"),
    ],
)
def test_products_that_cannot_be(world: World, fields: dict[str, object], code: str, field: str, value: str) -> None:
    world.refuse(product("new", **{"unit": "TNE", **fields}), code, field, value)


def test_products_that_can_be(world: World) -> None:
    world.admit(
        product("a", mass_per_unit=quantity("1000 KGM")),
        product("b", materials={"iron": "0.9", "carbon": "0.1"}, elements={"Fe": "1"}, fossil_carbon="0.5",
                biogenic_carbon="0.5"),
        product("c", "TKM"),
    )


# Plugins


def test_activation_and_retirement(world: World) -> None:
    world.admit(activation("works", version="2.0.0", digest="1" * 64))
    assert world.state.plugins["works"] == ("2.0.0", "1" * 64, None)
    world.admit(activation("works", retired=True))
    assert "works" not in world.state.plugins
    world.refuse(activation("works", retired=True), "unknown-plugin", "plugin", "works", says="'works' is not active")
    world.refuse(activation("never", retired=True), "unknown-plugin", "plugin", "never")


def test_a_record_of_a_retired_sector(world: World) -> None:
    world.admit(activation("works", retired=True))
    record = transformation([output("x")])
    error = world.refuse(record, "unknown-sector", "process", "works.make", says="no plugin 'works' is active")
    assert "active plugin" in (error.rule or "")
    world.admit(activation("works"), record)


def test_a_sector_that_was_never_activated(world: World) -> None:
    world.refuse(transformation([output("x")], process="other.make"), "unknown-sector", "process", "other.make")


def test_retirement_is_in_force_from_the_next_record_on(world: World) -> None:
    verdicts, _ = world.run(activation("works", retired=True), transformation([output("x")]))
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "unknown-sector"


@pytest.mark.parametrize("name", ["Steel", "2steel", "-steel", "steel_x", "steel.x", "stéel", "steel x", "steel\n",
                                  "钢"])
def test_the_name_of_a_plugin_can_begin_a_process(world: World, name: str) -> None:
    world.refuse(activation(name), "plugin-name", "plugin", name, says=repr(name))


@pytest.mark.parametrize("version", ["1 0", "1.0\x00", "版本", " ", "1.0\n"])
def test_the_version_of_a_plugin_is_one_word(world: World, version: str) -> None:
    world.refuse(activation("waste-use2", version=version), "plugin-version", "version", version)
    world.admit(activation("waste-use2", version="1.0.0+local-2"))


# Reposts


def test_a_known_record_is_known(world: World) -> None:
    record = facility("new")
    (entry,) = world.admit(record)
    before = world.snapshot()
    (verdict,), batch = world.run(record)
    assert (verdict, world.snapshot(), batch.leaf_hashes) == (LoadedRecord(entry.digest), before, [])


def test_the_same_record_many_times_in_one_batch(world: World) -> None:
    size = world.state.size
    verdicts, batch = world.run(*[facility("new")] * 64)
    assert [type(verdict) for verdict in verdicts] == [Sequenced, *[LoadedRecord] * 63]
    assert (world.state.size, len(batch.leaf_hashes)) == (size + 1, 1)


@pytest.mark.parametrize("key", [FORGE.key, REGISTRAR.key, SPARE])
def test_a_repost_by_a_foreign_key(world: World, key: SigningKey) -> None:
    record = facility("new")
    world.admit(record)
    error = world.refuse(record, "wrong-issuer", "key", key.keyid.hex(), key=key)
    assert isinstance(error, Refused)
    assert "this key does not belong to its issuer" in error.message


def test_a_repost_by_another_key_of_the_issuer_even_one_revoked_since(world: World) -> None:
    record = facility("new")
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)]), record)
    world.admit(key_change(MILL, revoked=[MILL.key.keyid.hex()]), key=SPARE)
    for key in (MILL.key, SPARE):
        (verdict,), _ = world.run(record, key=key)
        assert isinstance(verdict, LoadedRecord)
    world.refuse(facility("newer"), "revoked-key", "key")


def test_a_refused_record_may_come_again(world: World) -> None:
    """What was refused is not known: it is admitted once its reason is gone."""
    record = product("new", by=STRANGER)
    world.refuse(record, "unknown-organization", "issuer", STRANGER.id)
    world.admit(organization(STRANGER), record)


def test_the_same_wish_with_another_nonce_is_another_record(world: World) -> None:
    one = declaration(lot=output("a"))
    world.admit(one)
    world.refuse(replace(one, nonce=nonce()), "lot-taken", "lot.lot", MILL.name("a"))


def test_the_world_in_this_file(world: World) -> None:
    assert (world.state.origin, world.state.plugins.keys()) == (ORIGIN, {"works", "loose"})
    assert world.state.plugins["works"].digest == PLUGIN_DIGEST
    assert isinstance(organization(NEWCOMER), Organization)
