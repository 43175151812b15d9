"""Keys of mixed order and nonces that are used twice are refused."""

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
    facility,
    key_change,
    organization,
    output,
    public,
    signing_key,
    transformation,
)

from ledger.core.record.kinds import AnyRecord
from ledger.engine.batch import LoadedRecord

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
