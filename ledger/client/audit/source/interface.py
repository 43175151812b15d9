"""The source of an audit: a ledger's database, or its HTTP API. Its answers are not trusted."""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from msgspec import Struct

from ledger.admission.facts import Composition, ProductFacts
from ledger.client.audit.source.decoding import Intake
from ledger.core.log.tiles import Tile


class ProvenPlace(Struct, frozen=True, omit_defaults=True):
    """A leaf of the outcome of the record at `index`, and its path in the tree of `size` leaves."""

    index: int
    leaf: bytes
    position: int
    size: int
    path: list[bytes] = []


class GivenLot(Struct, frozen=True, omit_defaults=True):
    """A lot of a record that the source does not show in full, but that a visible record takes or that belongs to the
    caller. `lot`: its row as in an `EntryRow`, without the site and the share. `place`: the leaf that commits to it.
    If its record was revised before, `revision` is the leaf of the revising record that names the new outcome."""

    lot: str
    place: ProvenPlace
    product: ProductFacts | None = None
    revision: ProvenPlace | None = None


class EntryRow(Struct, frozen=True, omit_defaults=True, gc=False):
    """An entry with its stored data. `body`, `seed` and `leaf` (leaf 0 of its outcome) are None if they are missing, or
    if the source does not show them.

    `lots` are the stored rows of the lots that it created, each as JSON (see `StoredLot`). `flows` are its stored
    inputs, as lot number and quantity. `revised` are the stored records that it revised: log index, digest and new
    outcome root of each. `erased` says that `body` is the redacted record. `malformed` lists the unreadable columns
    with the expected types; the reader of the row adds them (see `pages`). `given` are lots of other records: see
    `GivenLot`.
    """

    index: int
    entry: bytes
    body: bytes | None = None
    seed: bytes | None = None
    leaf: bytes | None = None
    lots: list[str] = []
    flows: list[tuple[int, Decimal]] = []
    revised: list[tuple[int, bytes, bytes]] = []
    erased: bool = False
    malformed: list[tuple[str, str]] = []
    given: list[GivenLot] = []


class StoredLot(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A lot's row with the row of its figures. In JSON it is an array in this order. An infinite number is a string,
    since JSON has no infinite numbers."""

    number: int
    id: str
    product: str
    holder: str
    role: str
    origin: str | None
    quantity: Decimal
    unit: str
    mass: Decimal | None
    item: str | None
    composition: Composition | None
    facility: str | None
    process: str | None
    previous_life: str | None
    owner: str | None
    sender: str | None
    pool: str | None
    credit: str | None
    expires: str | None
    made: str | None
    since: str | None
    place: str | None
    carried: int | None
    burdens: list[float | str]
    content: list[str]
    amount: list[float | str]
    method: str
    plugin: str | None
    share: float


class RevisedRow(Struct, frozen=True):
    """The stored result of revising the record at `index`: its new leaves and, if the record itself was changed
    (`own`), its current body (None: withdrawn) and its inputs. `lots` are the rows of its lots as in an `EntryRow`, and
    `withdrawn` says of each lot whether it is stored as withdrawn. `revision` is the leaf of the revising record that
    names the new outcome, if that record is hidden."""

    index: int
    own: bool
    outcome: bytes
    body: bytes | None = None
    leaves: Sequence[bytes] = ()
    flows: Sequence[tuple[int, Decimal]] = ()
    lots: Sequence[str] = ()
    withdrawn: Sequence[bool] = ()
    revision: ProvenPlace | None = None


class StoredVersion(Struct, frozen=True):
    """The stored number of rows of a revision: revised records, lots' figures, flows, changed lots. `record` is the log
    index of the revising record, None if no such record is stored."""

    version: int
    record: int | None
    revised: int
    figures: int
    flows: int
    lots: int


class Revisions(Struct, frozen=True):
    """All stored revisions, in order, and their number by the log's head."""

    counted: int
    versions: Sequence[StoredVersion]


class ScopeGrant(Struct, frozen=True, omit_defaults=True):
    """A grant in force by which the caller reads: log index and digest of its record, grantor, depth and scope. `lot`
    is a number. It covers the whole grantor if it has no lot, product and period."""

    record: int
    digest: str
    grantor: str
    depth: str
    lot: int | None = None
    product: str | None = None
    start: str | None = None
    end: str | None = None

    @property
    def whole(self) -> bool:
        return self.depth == "full" and (self.lot, self.product, self.start, self.end) == (None,) * 4


class AuditScope(Struct, frozen=True, omit_defaults=True):
    """The part of the log that the source shows to the caller: everything, or the records of `own` organisations, and
    records that `grants` cover. `organization` is the caller's own."""

    everything: bool
    organization: str | None = None
    own: list[str] = []
    grants: list[ScopeGrant] = []

    @property
    def readable(self) -> frozenset[str]:
        """The organisations whose records are all visible."""
        return frozenset([*self.own, *[grant.grantor for grant in self.grants if grant.whole]])


class BatchRow(Struct, frozen=True):
    """The size at which a batch ends, and its root."""

    size: int
    root: bytes


class StoredBalance(Struct, frozen=True):
    """The stored remaining and whole quantity of a lot."""

    number: int
    lot: str
    remaining: Decimal
    quantity: Decimal


class TreeSource(Protocol):
    """The public log: its keys, a checkpoint and its tiles."""

    async def vkey(self) -> str:
        """The log's verifier key as the source states it. Auditors pin their own."""
        ...

    async def rotations(self) -> Sequence[str]:
        """The rotation notes of the log's key, in order; empty if the source has no such notes."""
        ...

    async def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        ...

    async def policy(self) -> bytes | None:
        """The text of the policy by which the log publishes heads, as the source states it; None if it states no
        policy."""
        ...

    async def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of that width. Raises a LedgerError if the source does not have it."""
        ...

    def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        """All entries from `start`, below `size`, in order, in pages (see `pages`) of bounded length. An empty page is
        the last page, whatever the size."""
        ...

    def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Size and root of every batch that ends after `start` and at most at `size`, in order, in bounded lists."""
        ...


@runtime_checkable
class ShowsScope(Protocol):
    """A source that may show only a part of the log to the caller."""

    async def scope(self) -> AuditScope:
        """The part of the log that the source shows with bodies and results."""
        ...


@runtime_checkable
class GivesArchives(Protocol):
    """A source that has archives of plugins."""

    async def archive(self, digest: str) -> bytes | None:
        """The archive of the version with this digest; None if the source does not give it."""
        ...


class AuditSource(TreeSource, Protocol):
    """Every method reads the current data. An audit reads the checkpoint first and ignores entries beyond it. Methods
    that return rows leave out malformed rows, whose errors stay in the `intake`; other methods raise Malformed."""

    intake: Intake

    async def revisions(self) -> Revisions:
        """The stored revisions. If there are no revisions, an audit need not keep the data that a revision needs."""
        ...

    def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        """The records that the record at `index` revised, in log order, in lists of bounded length."""
        ...

    def balances(self) -> AsyncIterator[list[StoredBalance]]:
        """The balance of every lot, in order of number."""
        ...

    async def balances_of(self, numbers: Sequence[int]) -> list[StoredBalance]:
        """The balances of these lots, in order of number, without lots that have no balance."""
        ...
