"""Keys that are compromised, and organisations that have lost theirs: what may follow what, by index and by time."""

import base64
import hashlib
from typing import Any

import msgspec
import pytest
from support.edwards import MixedKey
from unit.admission.world import (
    FORGE,
    MILL,
    REGISTRAR,
    STRANGER,
    World,
    digest_of,
    facility,
    key_change,
    organization,
    output,
    product,
    public,
    signing_key,
    transformation,
)

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.admission.state import CONFIRMING_DAYS, DAY
from ledger.core.record.kinds import AnyRecord, KeyChange
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import LoadedRecord, Sequenced
from ledger.errors import Refused

SPARE, OTHER = signing_key("spare"), SigningKey.from_seed(b"\3" * 32, "p256")
MILLS, SPARES = MILL.key.keyid.hex(), SPARE.keyid.hex()


def since(world: World, key: SigningKey) -> int | None:
    return world.state.keys[key.keyid].compromised_since


def request(key: SigningKey = SPARE, **fields: Any) -> KeyChange:
    return key_change(MILL, **{"by": REGISTRAR, "recovery": "request", "added": [public(key, MILL.id)], **fields})


def complete(of: KeyChange, **fields: Any) -> KeyChange:
    return key_change(MILL, **{"by": REGISTRAR, "recovery": "complete", "request": digest_of(of), **fields})


def object_to(of: KeyChange, **fields: Any) -> KeyChange:
    return key_change(MILL, **{"recovery": "objection", "request": digest_of(of), **fields})


# Compromised keys


def test_a_revoked_key_is_reported_compromised_from_an_earlier_index_on(world: World) -> None:
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILLS], compromised_since=7))
    key = world.state.keys[MILL.key.keyid]
    assert (key.active, key.compromised_since, since(world, SPARE)) == (False, 7, None)


def test_the_change_s_own_index_is_the_latest(world: World) -> None:
    size = world.state.size
    late = key_change(MILL, revoked=[MILLS], compromised_since=size + 1)
    world.refuse(late, "compromised-later", "compromisedSince", size + 1, says=f"entry {size}")
    world.admit(key_change(MILL, revoked=[MILLS], compromised_since=size))
    assert since(world, MILL.key) == size


def test_in_a_batch_the_index_is_that_of_the_record_itself(world: World) -> None:
    """The second record of a batch may name the first one's index, the first may not name the second's."""
    size = world.state.size
    first = key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILLS], compromised_since=size + 1)
    second = key_change(FORGE, revoked=[FORGE.key.keyid.hex()], compromised_since=size + 1)
    verdicts, _ = world.run(facility("new"), second)
    assert all(isinstance(verdict, Sequenced) for verdict in verdicts)
    assert world.state.size == size + 2
    world.refuse(key_change(MILL, revoked=[MILLS], compromised_since=size + 3), "compromised-later", "compromisedSince")
    world.admit(first)


def test_it_is_said_of_revoked_keys_alone(world: World) -> None:
    world.refuse(key_change(MILL, added=[public(SPARE, MILL.id)], compromised_since=0), "no-change", "compromisedSince")


def test_that_it_was_compromised_may_turn_out_later_and_earlier(world: World) -> None:
    """A key that is revoked already is named again, with an index below what is known; not with another one."""
    world.admit(key_change(MILL, added=[public(SPARE, MILL.id)], revoked=[MILLS]))
    world.refuse(key_change(MILL, revoked=[MILLS]), "unknown-key", "revoked[0]", MILLS, key=SPARE)
    world.admit(key_change(MILL, revoked=[MILLS], compromised_since=9), key=SPARE)
    for later in (9, 10):
        world.refuse(key_change(MILL, revoked=[MILLS], compromised_since=later), "compromise-known", "revoked[0]",
                     MILLS, key=SPARE, says="since entry 9")
    world.admit(key_change(MILL, revoked=[MILLS], compromised_since=8), key=SPARE)
    assert since(world, MILL.key) == 8


def test_nobody_reports_a_key_of_another(world: World) -> None:
    keyid = FORGE.key.keyid.hex()
    world.refuse(key_change(MILL, revoked=[keyid], compromised_since=1), "unknown-key", "revoked[0]", keyid)
    world.refuse(key_change(MILL, by=REGISTRAR, revoked=[MILLS], compromised_since=1), "not-own-key", "issuer")


def test_the_registrar_reports_where_no_key_is_active(world: World) -> None:
    world.admit(key_change(MILL, revoked=[MILLS]))
    world.admit(key_change(MILL, by=REGISTRAR, revoked=[MILLS], compromised_since=5))
    assert since(world, MILL.key) == 5


def test_naming_a_revoked_key_again_does_not_count_as_one_less(world: World) -> None:
    """The registrar's last active key stays, whatever is said of keys that were revoked before."""
    world.admit(key_change(REGISTRAR, added=[public(SPARE, REGISTRAR.id)]))
    keyid = REGISTRAR.key.keyid.hex()
    world.admit(key_change(REGISTRAR, revoked=[keyid]), key=SPARE)
    world.admit(key_change(REGISTRAR, revoked=[keyid], compromised_since=3), key=SPARE)
    world.refuse(key_change(REGISTRAR, revoked=[keyid, SPARES], compromised_since=2), "last-key", "revoked", key=SPARE)


# Delayed recovery


def pass_week(world: World) -> None:
    """An entry on each of seven days."""
    for _ in range(CONFIRMING_DAYS):
        world.time += DAY
        world.admit(product(f"thing-{world.state.size}", by=FORGE))


def test_a_recovery_takes_its_delay(world: World) -> None:
    asked = request()
    world.admit(asked)
    world.refuse(product("early"), "unknown-key", "key", SPARES, key=SPARE)
    for day in range(CONFIRMING_DAYS):
        world.refuse(complete(asked), "recovery-early", "recovery", day)
        world.time += DAY
        world.admit(product(f"meanwhile-{day}"))
    world.admit(complete(asked))
    world.refuse(product("late"), "revoked-key", "key", MILLS)
    world.admit(product("recovered"), key=SPARE)
    assert world.state.recoveries == {}


def test_the_delay_is_a_week() -> None:
    assert RECOVERY_DELAY == 604_800_000


def test_a_completion_revokes_all_keys_and_may_report_them(world: World) -> None:
    second = signing_key("second")
    world.admit(key_change(MILL, added=[public(second, MILL.id)]))
    asked = request(OTHER)
    world.admit(asked)
    pass_week(world)
    world.admit(complete(asked, compromised_since=4))
    found = [world.state.keys[key.keyid] for key in (MILL.key, second, OTHER)]
    assert [(one.active, one.compromised_since) for one in found] == [(False, 4), (False, 4), (True, None)]
    world.admit(product("recovered"), key=OTHER)


def test_a_request_and_its_completion_in_one_batch(world: World) -> None:
    asked = request()
    verdicts, _ = world.run(asked, complete(asked))
    assert isinstance(verdicts[0], Sequenced)
    assert isinstance(verdicts[1], Refused)
    assert verdicts[1].code == "recovery-early"


def test_any_change_by_the_organisation_ends_it(world: World) -> None:
    asked = request()
    world.admit(asked, key_change(MILL, added=[public(OTHER, MILL.id)]))
    world.time += RECOVERY_DELAY
    world.refuse(complete(asked), "no-recovery", "request", digest_of(asked))


def test_an_objection_ends_it_and_changes_no_key(world: World) -> None:
    asked = request()
    world.admit(asked)
    before = dict(world.state.keys)
    world.admit(object_to(asked))
    assert world.state.keys == before
    world.time += RECOVERY_DELAY
    world.refuse(complete(asked), "no-recovery", "request")
    world.refuse(object_to(asked), "no-recovery", "request")
    # Asked again, the week begins anew.
    again = request()
    world.admit(again)
    world.refuse(complete(again), "recovery-early", "recovery")
    pass_week(world)
    world.admit(complete(again))


def test_a_completion_and_an_objection_in_one_batch_go_by_their_order(world: World) -> None:
    asked = request()
    world.admit(asked)
    world.time += RECOVERY_DELAY
    verdicts, _ = world.run(object_to(asked), complete(asked))
    assert [getattr(verdict, "code", None) for verdict in verdicts] == [None, "no-recovery"]
    again = request()
    world.admit(again)
    pass_week(world)
    verdicts, _ = world.run(complete(again), object_to(again), product("after", by=FORGE))
    assert [getattr(verdict, "code", None) for verdict in verdicts] == [None, "revoked-key", None]


def test_a_newer_request_takes_the_place_of_the_older(world: World) -> None:
    first, second = request(), request(OTHER)
    world.admit(first)
    world.time += RECOVERY_DELAY - 1
    world.admit(second)
    world.time += 1
    world.refuse(complete(first), "no-recovery", "request", digest_of(first))
    world.refuse(complete(second), "recovery-early", "recovery")


def test_a_clock_that_went_back_shortens_nothing(world: World) -> None:
    """Times of entries never decrease, and the rule compares those: here is what it would do if they did."""
    asked = request()
    world.time = RECOVERY_DELAY
    world.admit(asked)
    world.time = 1
    world.refuse(complete(asked), "recovery-early", "recovery")


@pytest.mark.parametrize("by", [FORGE, STRANGER])
def test_only_the_registrar_recovers(world: World, by: Any) -> None:
    if by is STRANGER:
        world.admit(organization(STRANGER, roles=["auditor"]))
    world.refuse(request(by=by), "not-registrar", "issuer", by.id)
    asked = request()
    world.admit(asked)
    world.time += RECOVERY_DELAY
    world.refuse(complete(asked, by=by), "not-registrar", "issuer", by.id)


def test_only_the_organisation_objects(world: World) -> None:
    asked = request()
    world.admit(asked)
    for by in (FORGE, REGISTRAR):
        world.refuse(object_to(asked, by=by), "not-own-key", "issuer", by.id)


def test_who_has_keys_or_none_at_all_needs_no_recovery(world: World) -> None:
    world.refuse(request(by=MILL), "recovery-needless", "recovery", "request")
    world.admit(key_change(MILL, revoked=[MILLS]))
    world.refuse(request(), "recovery-needless", "recovery", "request", says=MILL.id)
    world.admit(key_change(MILL, by=REGISTRAR, added=[public(SPARE, MILL.id)]))


def test_a_registrar_is_recovered_by_another(world: World) -> None:
    own = key_change(REGISTRAR, recovery="request", added=[public(SPARE, REGISTRAR.id)])
    world.refuse(own, "recovery-needless", "recovery")
    world.admit(organization(STRANGER, roles=["registrar"]))
    asked = key_change(REGISTRAR, by=STRANGER, recovery="request", added=[public(SPARE, REGISTRAR.id)])
    world.admit(asked)
    pass_week(world)
    world.admit(key_change(REGISTRAR, by=STRANGER, recovery="complete", request=digest_of(asked)))
    world.admit(organization(FORGE._replace(id="urn:example:late", key=OTHER)), key=SPARE)


def test_keys_of_a_request(world: World) -> None:
    """They prove possession and are free, at the request and again at its completion."""
    world.refuse(request(added=[public(SPARE, FORGE.id)]), "no-possession", "added[0].proof", SPARES)
    world.refuse(request(added=[public(FORGE.key, MILL.id)]), "key-taken", "added[0]", FORGE.key.keyid.hex())
    world.refuse(request(added=[public(SPARE, MILL.id)] * 2), "duplicate-key", "added")
    asked = request()
    world.admit(asked, key_change(FORGE, added=[public(SPARE, FORGE.id)]))
    world.time += RECOVERY_DELAY
    world.refuse(complete(asked), "key-taken", "added[0]", SPARES)


REQUEST = "0" * 64
MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "a request that revokes": ({"recovery": "request", "added": [public(SPARE, MILL.id)], "revoked": [MILLS]},
                               "revoked"),
    "a request without keys": ({"recovery": "request"}, "added"),
    "a request of a request": ({"recovery": "request", "added": [public(SPARE, MILL.id)], "request": REQUEST},
                               "request"),
    "a request that reports": ({"recovery": "request", "added": [public(SPARE, MILL.id)], "compromised_since": 1},
                               "compromisedSince"),
    "a completion of nothing": ({"recovery": "complete"}, "request"),
    "a completion with keys": ({"recovery": "complete", "request": REQUEST, "added": [public(SPARE, MILL.id)]},
                               "added"),
    "a completion that names what it revokes": ({"recovery": "complete", "request": REQUEST, "revoked": [MILLS]},
                                                "revoked"),
    "an objection to nothing": ({"recovery": "objection"}, "request"),
    "an objection with keys": ({"recovery": "objection", "request": REQUEST, "revoked": [MILLS]}, "revoked"),
    "a plain change with a request": ({"revoked": [MILLS], "request": REQUEST}, "request"),
}


@pytest.mark.parametrize("fault", MISFITS)
def test_every_step_says_what_it_takes(world: World, fault: str) -> None:
    fields, field = MISFITS[fault]
    world.refuse(key_change(MILL, **fields), "recovery-fields", field)


def test_a_recovery_of_nobody(world: World) -> None:
    key = public(SPARE, STRANGER.id)
    assert base64.b64decode(key.spki) == SPARE.spki
    world.refuse(key_change(STRANGER, by=REGISTRAR, recovery="request", added=[key]), "unknown-organization",
                 "organization", STRANGER.id)


# Keys of mixed order and nonces that are used twice are refused.


MIXED = MixedKey(hashlib.sha256(b"mixed").digest())
CHANGED_OTHER = MixedKey(hashlib.sha256(b"other").digest())
USED = "used-used-used-used-AA"


def entering() -> dict[str, tuple[AnyRecord, str]]:
    spare = public(signing_key("spare"), MILL.id)
    return {
        "organization": (organization(STRANGER, keys=[public(MIXED, STRANGER.id)]), "keys[0].spki"),
        "keyChange": (key_change(MILL, added=[spare, public(MIXED, MILL.id)]), "added[1].spki"),
        "recovery": (key_change(MILL, by=REGISTRAR, added=[public(MIXED, MILL.id)], recovery="request"),
                     "added[0].spki"),
    }


@pytest.mark.parametrize("kind", entering())
def test_mixed_order_keys_are_refused(world: World, kind: str) -> None:
    record, field = entering()[kind]
    world.refuse(record, "mixed-order", field, MIXED.spki.hex(), says="mixed order")


def twice(name: str, nonce: str = USED, **fields: Any) -> AnyRecord:
    """A record with this nonce."""
    return msgspec.structs.replace(transformation([output(name, "1")], **fields), nonce=nonce)


def test_a_nonce_is_used_once_by_an_issuer(world: World) -> None:
    """In one batch and in two; who else uses it is somebody else."""
    world.admit(twice("a"))
    world.refuse(twice("d"), "nonce-used", "nonce", USED)
    verdicts, _ = world.run(twice("e", "new1-new1-new1-new1-AA"), twice("f", "new1-new1-new1-new1-AA"))
    assert [getattr(one, "code", None) for one in verdicts] == [None, "nonce-used"]
    world.admit(msgspec.structs.replace(facility("second", by=FORGE), nonce=USED))


def test_the_same_record_again_is_known_and_not_refused(world: World) -> None:
    record = twice("a")
    world.admit(record)
    (verdict,), _ = world.run(record)
    assert isinstance(verdict, LoadedRecord)


def test_a_refused_record_uses_no_nonce(world: World) -> None:
    world.refuse(twice("a", process="none.make"), "unknown-sector", "process")
    world.admit(twice("a"))
