"""Where an audit reads from: a ledger's database, or its HTTP API. Nothing that comes from it is believed."""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from msgspec import Struct

from ledger.admission.facts import LotFacts
from ledger.core.tiles import Tile


class Row(Struct, frozen=True):
    """An entry with its body (None where it is missing), the stored leaves of its outcome, what it is stored to have
    taken (lot number and quantity) and the shares of its lots.

    `lots` are the stored rows of the lots that it created; None where the source does not show them. A leaf without
    bytes, and None for a lot, stand for a row that cannot be read.
    """

    index: int
    entry: bytes
    body: bytes | None
    leaves: Sequence[bytes]
    flows: Sequence[tuple[int, Decimal]] = ()
    shares: Sequence[float] = ()
    lots: Sequence[LotFacts | None] | None = None


class RevisedRow(Struct, frozen=True):
    """What a revision is stored to have made of the record at `index`: new leaves, and where the record itself was
    changed (`own`) its body now (None: withdrawn) and what it takes. `quantities` are of its lots, `blank` says that
    all their figures are zero, `lots` are their rows, None where the source does not show them."""

    index: int
    own: bool
    body: bytes | None
    leaves: Sequence[bytes]
    outcome: bytes
    flows: Sequence[tuple[int, Decimal]] = ()
    shares: Sequence[float] = ()
    quantities: Sequence[Decimal] = ()
    blank: bool = True
    lots: Sequence[LotFacts | None] | None = None


class Version(Struct, frozen=True):
    """How many rows a revision is stored to have: of revised records, of lots' figures, of flows, of changed lots.
    `record` is the log index of the one that revises, None where no such record is stored."""

    version: int
    record: int | None
    revised: int
    figures: int
    flows: int
    lots: int


class Revisions(Struct, frozen=True):
    """All revisions that are stored, in order, and how many there are by the log's head."""

    counted: int
    versions: Sequence[Version]


class Balance(NamedTuple):
    """What is stored to be left of a lot, and how much it is."""

    number: int
    lot: str
    remaining: Decimal
    quantity: Decimal


class Source(Protocol):
    """Every method reads as of now; an audit reads the checkpoint first and looks at no entry beyond it."""

    async def vkey(self) -> str:
        """The log's verifier key as the source tells it; an auditor pins its own."""
        ...

    async def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        ...

    def rows(self, size: int, start: int = 0) -> AsyncIterator[list[Row]]:
        """All entries from `start`, below `size`, in order, in lists of bounded length."""
        ...

    async def revisions(self) -> Revisions:
        """What there is of revisions. Where there is nothing, an audit need not keep what could be revised."""
        ...

    def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        """What the record at `index` revised, in log order, in lists of bounded length."""
        ...

    async def batches(self, size: int) -> list[tuple[int, bytes]]:
        """Size and root of every batch up to `size`, in order."""
        ...

    async def tile(self, tile: Tile) -> bytes:
        """The bytes of a full tile."""
        ...

    def balances(self) -> AsyncIterator[list[Balance]]:
        """Of every lot, in order of number."""
        ...
