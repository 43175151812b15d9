"""Keys of mixed order, and nonces that are used twice: admitted by the first rules, refused by the later ones."""

import hashlib
from typing import Any

import msgspec
import pytest
from support.edwards import MixedKey
from unit.admission.test_rules import rules
from unit.admission.world import (
    FORGE,
    MILL,
    REGISTRAR,
    STRANGER,
    World,
    facility,
    key_change,
    organization,
    output,
    public,
    signing_key,
    transformation,
)

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.core.record.kinds import AnyRecord
from ledger.engine.batch import LoadedRecord, Sequenced

MIXED = MixedKey(hashlib.sha256(b"mixed").digest())
OTHER = MixedKey(hashlib.sha256(b"other").digest())
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
def test_mixed_order_keys_are_refused_from_the_activation_on(world: World, kind: str) -> None:
    record, field = entering()[kind]
    world.admit(rules())
    world.refuse(record, "mixed-order", field, MIXED.spki.hex(), says="mixed order")


@pytest.mark.parametrize("kind", entering())
def test_before_it_they_enter_and_stay(world: World, kind: str) -> None:
    record, _ = entering()[kind]
    world.admit(record, rules())
    if kind == "keyChange":
        world.admit(transformation([output("x", "1")]), key=MIXED)


def test_a_recovery_that_was_requested_before_is_not_completed_after(world: World) -> None:
    (request,) = world.admit(key_change(MILL, by=REGISTRAR, added=[public(MIXED, MILL.id)], recovery="request"))
    world.admit(rules())
    world.time += RECOVERY_DELAY
    done = key_change(MILL, by=REGISTRAR, recovery="complete", request=request.digest.hex())
    world.refuse(done, "mixed-order", "request", MIXED.spki.hex())


def twice(name: str, nonce: str = USED, **fields: Any) -> AnyRecord:
    """A record with this nonce."""
    return msgspec.structs.replace(transformation([output(name, "1")], **fields), nonce=nonce)


def test_a_nonce_is_used_once_by_an_issuer(world: World) -> None:
    """Before and after the activation, in one batch and in two; who else uses it is somebody else."""
    verdicts, _ = world.run(twice("a"), twice("b"), rules(), twice("c"))
    assert [isinstance(one, Sequenced) for one in verdicts] == [True, True, True, False]
    assert getattr(verdicts[3], "code", None) == "nonce-used"
    world.refuse(twice("d"), "nonce-used", "nonce", USED)
    verdicts, _ = world.run(twice("e", "new1-new1-new1-new1-AA"), twice("f", "new1-new1-new1-new1-AA"))
    assert [getattr(one, "code", None) for one in verdicts] == [None, "nonce-used"]
    world.admit(msgspec.structs.replace(facility("second", by=FORGE), nonce=USED))


def test_the_same_record_again_is_known_and_not_refused(world: World) -> None:
    world.admit(rules())
    record = twice("a")
    world.admit(record)
    (verdict,), _ = world.run(record)
    assert isinstance(verdict, LoadedRecord)


def test_a_refused_record_uses_no_nonce(world: World) -> None:
    world.admit(rules())
    world.refuse(twice("a", process="none.make"), "unknown-sector", "process")
    world.admit(twice("a"))
