"""The progress of an audit in its store: everything that the next audit needs to continue."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from ledger.client.audit.checks.doubtful import DoubtfulFigure
from ledger.client.audit.checks.doubts import Doubt
from ledger.client.audit.checks.entries import TreeProgress
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.source.interface import AuditScope, StoredVersion
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.key_rotation import LogKeys, check_continues
from ledger.errors import ConfigurationError

_KEY = "audit"


class HeldRight(Struct, frozen=True, array_like=True):
    """A grant to the auditor, or its appointment as a reader (`grantor` is empty), by the record at `index`. `until`:
    its end, if it has one."""

    index: int
    grantor: str
    until: str | None
    revoked: bool = False


class AuditState(Struct, frozen=True, kw_only=True):
    """The state of a log that was audited up to `size` without findings. `rotations` are the rotation notes of its key
    until then. `scope`: the part of the log that the audit could read, None if all of it; `held` are the grants to the
    auditor on the log, as far as it saw them. `registrar` is the keyid (hex) that signed entry 0. `counts`, `records`,
    `versions`, `erasures`, `doubts` and `doubtful` cover all audits so far. `public` says that the audit read no bodies
    of private records."""

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
    doubtful: dict[int, DoubtfulFigure] = {}
    scope: AuditScope | None = None
    held: dict[str, HeldRight] = {}


class Pinned(NamedTuple):
    """The keys that an auditor pins. If a key is None, the audit takes it from the source."""

    vkey: str | None
    registrar: str | None

    def notes(self) -> Iterator[str]:
        """A note for each key that nobody pinned."""
        if self.vkey is None:
            yield "the log's key was not pinned: the source named the key"
        if self.registrar is None:
            yield "the registrar's key was not pinned"


def read_state(store: AuditStore, *, public: bool) -> AuditState | None:
    """The state that an earlier audit left; None in a new file. Raises ConfigurationError if that audit was one with
    bodies and this one is `public`, or the other way round."""
    data = store.fact(_KEY)
    state = None if data is None else msgspec.msgpack.decode(data, type=AuditState)
    if state is not None and state.public != public:
        raise ConfigurationError(
            f"the state belongs to an audit {'without' if state.public else 'with'} bodies of private records",
            field="state", rule="an audit of the public log needs its own state file",
        )
    return state


def write_state(store: AuditStore, state: AuditState) -> None:
    store.write_fact(_KEY, msgspec.msgpack.encode(state))


def pinned_by(earlier: AuditState | None, pinned: Pinned) -> Pinned:
    """The keys that the auditor pins, or else the state's keys. Raises ConfigurationError if the auditor pins another
    registrar; `keys_from` checks whether the pinned vkey belongs to the same log."""
    if earlier is None:
        return pinned
    if pinned.registrar is not None and pinned.registrar != earlier.registrar:
        raise _another("registrar", earlier.registrar, pinned.registrar)
    return Pinned(pinned.vkey or earlier.vkey, earlier.registrar)


def keys_from(earlier: AuditState | None, vkey: str, shown: Sequence[str]) -> LogKeys:
    """The log's keys for an auditor who pinned `vkey`, by the rotations that the log shows. These must continue the
    rotations of the state, and the state's key must be in the same chain.

    Raises ConfigurationError if `vkey` is not in the chain of the state's key, InvalidNote or VerificationError if the
    rotations do not hold.
    """
    if earlier is None:
        return LogKeys(vkey, shown)
    check_continues(earlier.rotations, shown)
    if vkey not in [span.vkey for span in LogKeys(earlier.vkey, shown).spans]:
        raise _another("vkey", earlier.vkey, vkey, ", and no rotation leads from it to the given vkey")
    return LogKeys(vkey, shown)


def _another(name: str, own: str, asked: str, why: str = "") -> ConfigurationError:
    return ConfigurationError(
        f"the state belongs to a log whose {name} is {own}{why}", field=name, value=asked,
        rule="each log needs its own state file",
    )
