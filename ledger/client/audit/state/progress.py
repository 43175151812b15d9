"""How far an audit has come, as its store says: all that the next one needs to go on from there."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.client.audit.checks.doubts import Doubt
from ledger.client.audit.checks.entries import TreeProgress
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.source.interface import StoredVersion
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.key_rotation import LogKeys, check_continues
from ledger.errors import ConfigurationError

_KEY = "audit"


class AuditState(Struct, frozen=True, kw_only=True):
    """A log that was audited up to `size` and held. `rotations`: how its key was rotated until then, as notes.
    `registrar` is the keyid (hex) that entry 0 is signed with; `counts`, `records`, `versions`, `erasures` and `doubts`
    are of all that was audited so far. `public`: without what bodies of private records say."""

    origin: str
    vkey: str
    registrar: str
    size: int
    root: bytes
    progress: TreeProgress
    counts: dict[str, int]
    records: dict[str, int]
    doubts: dict[bytes, Doubt]
    not_recomputed: dict[str, int] = {}
    versions: list[StoredVersion] = []
    erasures: Erasures | None = None
    rotations: list[str] = []
    public: bool = False


class Pinned(NamedTuple):
    """What an auditor knows beforehand; what is None is taken from the source."""

    vkey: str | None
    registrar: str | None


def read_state(store: AuditStore, *, public: bool) -> AuditState | None:
    """What an earlier audit has left; None in a new file. Raises ConfigurationError if that was one with bodies, and
    this one is `public`, or the other way round."""
    data = store.fact(_KEY)
    kept = None if data is None else msgspec.msgpack.decode(data, type=AuditState)
    if kept is not None and kept.public != public:
        raise ConfigurationError(
            f"the state is of an audit {'without' if kept.public else 'with'} bodies of private records", field="state",
            rule="an audit of the public log has a state of its own",
        )
    return kept


def write_state(store: AuditStore, kept: AuditState) -> None:
    store.write_fact(_KEY, msgspec.msgpack.encode(kept))


def pinned_by(kept: AuditState | None, pinned: Pinned) -> Pinned:
    """With a state, its keys are pinned where nothing else is. Raises ConfigurationError for another registrar; whether
    another vkey is the same log's, `keys_from` says."""
    if kept is None:
        return pinned
    if pinned.registrar is not None and pinned.registrar != kept.registrar:
        raise _another("registrar", kept.registrar, pinned.registrar)
    return Pinned(pinned.vkey or kept.vkey, kept.registrar)


def keys_from(kept: AuditState | None, vkey: str, shown: Sequence[str]) -> LogKeys:
    """The log's keys for who pinned `vkey`, by the rotations that it shows. With a state these go on from its own, and
    its key is on the same line.

    Raises ConfigurationError if `vkey` is not on the line of the state's key, InvalidNote or VerificationError where
    the rotations do not hold.
    """
    if kept is None:
        return LogKeys(vkey, shown)
    check_continues(kept.rotations, shown)
    if vkey not in [span.vkey for span in LogKeys(kept.vkey, shown).spans]:
        raise _another("vkey", kept.vkey, vkey, ", and no rotation leads from it to the one that is asked for")
    return LogKeys(vkey, shown)


def _another(name: str, own: str, asked: str, why: str = "") -> ConfigurationError:
    return ConfigurationError(
        f"the state is of a log whose {name} is {own}{why}", field=name, value=asked,
        rule="each log has its own state file",
    )
