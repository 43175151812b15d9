"""The part of the ledger's state that a batch needs: immutable facts, and values that change with each record."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.activations import PluginState
from ledger.admission.checks.times import overlaps
from ledger.admission.facts import LOT_SLOTS, Facts, LotFacts, StandingFacts
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.signing import VerifyingKey


class KeyState(NamedTuple):
    """A key that was enrolled at some time; `active` until it is revoked. `compromised_since`: the log index from which
    on its signatures are in doubt, if a record reports that."""

    key: VerifyingKey
    organization: str
    active: bool = True
    compromised_since: int | None = None


DAY: Final = 24 * 3600 * 1000
"""Milliseconds."""
CONFIRMING_DAYS: Final = 7
"""How many entries, each at least a day after the one before, confirm that a week has passed."""


class Recovery(NamedTuple):
    """A registrar's waiting request: `digest` (hex) of its record, `time` in ms of its entry, and the keys that its
    completion makes active. Entries have confirmed `days` days, the last one at `counted`, in ms."""

    digest: str
    time: int
    keys: tuple[VerifyingKey, ...]
    days: int
    counted: int

    def after(self, time: int) -> "Recovery":
        """The request after an entry at `time`. The entry confirms a day if it comes at least a day after the last
        counted one; it confirms only one day, however late it comes."""
        if self.days >= CONFIRMING_DAYS or time - self.counted < DAY:
            return self
        return self._replace(days=self.days + 1, counted=time)


class KeyEffect(NamedTuple):
    """The effect of a key change: keys that it enters, revokes, and reports as compromised."""

    entered: tuple[VerifyingKey, ...] = ()
    revoked: tuple[bytes, ...] = ()
    compromised: tuple[bytes, ...] = ()


class ClosedPeriod(NamedTuple):
    """A period that takes no new transformation of `processes`, or of any process if the tuple is empty."""

    start: str
    end: str
    processes: tuple[str, ...]

    def holds(self, start: str, end: str, processes: Sequence[str]) -> bool:
        """Whether it overlaps in time and processes with a period of `processes`."""
        shared = not self.processes or not processes or not set(self.processes).isdisjoint(processes)
        return shared and overlaps(self.start, self.end, start, end)


class State(Facts):
    """Everything that the rules read, for the records of a batch or for the whole log.

    `size` is the number of entries so far, `time` the time of the next entry in ms. `remaining` is the remaining
    quantity by lot id; `used` maps ids of lots whose facts are not loaded to their holders; `holding` has the lots of
    an item that have a balance. `prefixes` maps an enrolled prefix to its organisation; `taken` maps names of other
    things whose facts are not loaded to their kind; `enrolled` are organisations of which only the id is loaded;
    `nonces` are pairs of an issuer and a nonce that it used. `closed` has the closed periods of a facility by the
    digest of their closing, `frozen` the lots in dispute, `openings` facility and product of opening stock, `reports`
    the reported periods of a facility or an organisation, `recoveries` the waiting request by organisation. `erased`
    are the records whose erasure is on the log, `amendments` the amendments that changed fields of a record, both by
    digest. `accepted` are the transfers that their receiver has accepted; of these, `presumed` has the transfers that
    only a standing acceptance has accepted, with its tolerance. `standing` has the newest standing acceptances by
    receiver and sender, then by product.

    Only `ledger.admission.apply` and a revision change the state; the caller that appends sets `time`. """

    def __init__(self, origin: str, size: int = 0) -> None:
        super().__init__()
        self.origin = origin
        self.size = size
        self.time = 0
        self.recoveries: dict[str, Recovery] = {}
        self.keys: dict[bytes, KeyState] = {}
        self.remaining: dict[str, Decimal] = {}
        self.used: dict[str, str] = {}
        self.holding: dict[str, set[str]] = {}
        self.accepted: set[str] = set()
        self.presumed: dict[str, Decimal] = {}
        self.standing: dict[tuple[str, str], dict[str, StandingFacts]] = {}
        self.prefixes: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self.enrolled: set[str] = set()
        self.nonces: set[tuple[str, str]] = set()
        self.digests: set[bytes] = set()
        self.closed: dict[str, dict[str, ClosedPeriod]] = {}
        self.frozen: set[str] = set()
        self.openings: set[tuple[str, str]] = set()
        self.pool_ids: set[str] = set()
        self.reports: dict[str, set[tuple[str, str]]] = {}
        self.erased: set[str] = set()
        self.amendments: dict[str, set[str]] = {}

    @property
    def plugins(self) -> Mapping[str, PluginState]:
        """The plugins in force for the next record, without the rules."""
        return self.activations.plugins

    def left(self, lot: str) -> Decimal | None:
        return self.remaining.get(lot)

    def pass_time(self) -> None:
        """Counts the day that an entry at `time` confirms for each waiting recovery."""
        for name, waiting in self.recoveries.items():
            self.recoveries[name] = waiting.after(self.time)


def numbered(lot: LotFacts, index: int, position: int) -> LotFacts:
    """A planned lot with its number: output `position` of the record at `index`."""
    return replace(lot, number=index * LOT_SLOTS + position)


def next_generation(pool: str, line: Sequence[str]) -> str:
    """The id of the lot that the next addition to a pool makes, after the newest of `line`."""
    return f"{pool}:{generation(line[-1]) + 1 if line else 1}"


def generation(lot: str) -> int:
    """The generation of a pool's lot, from 1."""
    return int(lot.rpartition(":")[2])


def type_of(record: AnyRecord) -> str:
    """The record's `type` on the wire."""
    return str(type(record).__struct_config__.tag)
