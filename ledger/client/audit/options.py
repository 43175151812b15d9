"""The options of an audit, and the state from which it starts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ledger.client.audit.source.interface import AuditScope
from ledger.client.audit.state.memory import LOTS_IN_MEMORY
from ledger.client.audit.state.progress import AuditState, Pinned, pinned_by, read_state
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.policy import Policy
from ledger.host.clock import now


def _quiet(_: int, __: int) -> None:
    """Reports no progress."""


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """The options that audits with and without bodies share.

    The auditor pins `vkey` and `registrar` (hex keyid of entry 0's key). `policy` lists the witnesses whose quorum must
    have cosigned the checkpoint. An audit without findings writes `state`, all of it or nothing, and a later audit goes
    on from there. From a state on, an audit with bodies compares only the balances of touched lots, but all balances
    with `full_balances`. `organization`: who the auditor is, whatever the source says. With `require_full`, an entry
    whose body the source does not show is a finding. `compare_only`: an audit of the whole log may take stored
    assessments as they are if their plugins are not at hand. `progress` gets the number of entries that are done and
    their total. `clock` is the auditor's clock, in ms since 1970.
    """

    vkey: str | None = None
    registrar: str | None = None
    organization: str | None = None
    require_full: bool = False
    compare_only: bool = False
    policy: Policy | None = None
    state: Path | None = None
    full_balances: bool = False
    progress: Callable[[int, int], None] = _quiet
    lots_in_memory: int = LOTS_IN_MEMORY
    clock: Callable[[], int] = now


class AuditStart(NamedTuple):
    """The start of an audit: its options, its audit store and the state that an earlier audit left there, and the keys
    that the auditor or that state pins. `scope`: the part of the log that the source shows, None if all of it.
    `dropped`: the state of an earlier audit that could read another part, so that this audit starts from zero."""

    options: AuditOptions
    store: AuditStore | None
    earlier: AuditState | None
    pinned: Pinned
    scope: AuditScope | None = None
    dropped: AuditState | None = None


@contextmanager
def start_of(options: AuditOptions, *, public: bool, scope: AuditScope | None = None) -> Iterator[AuditStart]:
    """Opens the audit store until the audit ends. Raises ConfigurationError if the state belongs to another log, or to
    the other kind of audit: `public` audits read no bodies of private records."""
    store = None if options.state is None else AuditStore(options.state)
    try:
        earlier = None if store is None else read_state(store, public=public)
        pinned = pinned_by(earlier, Pinned(options.vkey, options.registrar))
        if store is not None and earlier is not None and earlier.scope != scope:
            store.clear()
            yield AuditStart(options, store, None, pinned, scope, earlier)
        else:
            yield AuditStart(options, store, earlier, pinned, scope)
    finally:
        if store is not None:
            store.close()
