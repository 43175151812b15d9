"""Where an audit reads from: a ledger's database, or its HTTP API. Nothing that comes from it is believed."""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from ledger.admission.facts import Composition
from ledger.client.audit.source.decoding import Intake
from ledger.core.log.tiles import Tile


class EntryRow(Struct, frozen=True, omit_defaults=True, gc=False):
    """An entry with what is stored of it; `body`, `seed` and `leaf` (leaf 0 of its outcome) are None if they are
    missing, or where the source does not show them.

    `lots` are the rows of the lots that it created, each as JSON (see `StoredLot`); `flows` what it is stored to have
    taken, as lot number and quantity; `revised` what it is stored to have revised: log index, digest and new outcome
    root of each record. `erased`: `body` is its residue. `malformed`: columns that could not be read, and what they
    should be; whoever reads the row finds them (see `pages`).
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


class StoredLot(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A lot's row with that of its figures, as JSON an array in this order. JSON has no word for a number that is
    infinite: it comes as a string."""

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
    burdens: list[float | str]
    content: list[str]
    amount: list[float | str]
    method: str
    plugin: str | None
    share: float


class RevisedRow(Struct, frozen=True):
    """What a revision is stored to have made of the record at `index`: new leaves, and where the record itself was
    changed (`own`) its body now (None: withdrawn) and what it takes. `quantities` are of its lots, `blank` says that
    all their figures are zero. `lots` are the rows of its lots as in a `Row`, `withdrawn` says whether each is stored
    to be: None if the source, a server of an earlier version, does not show them."""

    index: int
    own: bool
    outcome: bytes
    body: bytes | None = None
    leaves: Sequence[bytes] = ()
    flows: Sequence[tuple[int, Decimal]] = ()
    shares: Sequence[float] = ()
    quantities: Sequence[Decimal] = ()
    blank: bool = True
    lots: Sequence[str] | None = None
    withdrawn: Sequence[bool] | None = None


class StoredVersion(Struct, frozen=True):
    """How many rows a revision is stored to have: of revised records, of lots' figures, of flows, of changed lots.
    `record` is the log index of the one that revises, None if no such record is stored."""

    version: int
    record: int | None
    revised: int
    figures: int
    flows: int
    lots: int


class Revisions(Struct, frozen=True):
    """All revisions that are stored, in order, and how many there are by the log's head."""

    counted: int
    versions: Sequence[StoredVersion]


class BatchRow(Struct, frozen=True):
    """Where a batch ends, and the root there."""

    size: int
    root: bytes


class StoredBalance(Struct, frozen=True):
    """What is stored to be left of a lot, and how much it is."""

    number: int
    lot: str
    remaining: Decimal
    quantity: Decimal


class TreeSource(Protocol):
    """The public log: its keys, a checkpoint and its tiles."""

    async def vkey(self) -> str:
        """The log's verifier key as the source tells it; an auditor pins its own."""
        ...

    async def rotations(self) -> Sequence[str]:
        """How the log's key was rotated: the notes, in order; none where the source has none."""
        ...

    async def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        ...

    async def policy(self) -> bytes | None:
        """The text of the policy by which heads are published, as the source tells it; None if it tells none."""
        ...

    async def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of that width. Raises a LedgerError where there is none."""
        ...

    def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        """All entries from `start`, below `size`, in order, in pages (see `pages`) of bounded length. An empty page is
        the last: there are no more, whatever the size."""
        ...

    def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Size and root of every batch that ends after `start` and not after `size`, in order, in bounded lists."""
        ...


class AuditSource(TreeSource, Protocol):
    """Every method reads as of now; an audit reads the checkpoint first and looks at no entry beyond it. A row that is
    none is left out and stays in the `intake`, where a method gives rows; the others raise Malformed."""

    intake: Intake

    async def revisions(self) -> Revisions:
        """What there is of revisions. Where there is nothing, an audit need not keep what could be revised."""
        ...

    def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        """What the record at `index` revised, in log order, in lists of bounded length."""
        ...

    def balances(self) -> AsyncIterator[list[StoredBalance]]:
        """Of every lot, in order of number."""
        ...

    async def balances_of(self, numbers: Sequence[int]) -> list[StoredBalance]:
        """Of these lots, in order of number; what has none is left out."""
        ...
