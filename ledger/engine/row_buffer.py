"""The rows that one batch writes, by table, in the order in which the tables refer to each other."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from ledger.admission.facts import LotFacts
from ledger.admission.lots import Taken
from ledger.admission.state import type_of
from ledger.core.record.kinds import (
    Addition,
    AnyRecord,
    Closing,
    Consumption,
    Declaration,
    Report,
    Transfer,
    Transformation,
)
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.figures import LotFigures

_TIMED: Final = (Transformation, Transfer, Consumption, Addition, Declaration, Report, Closing)
"""Records that grants of a period can cover."""
_WORKING: Final = (Transformation, Addition, Consumption)
"""Records that the owners of their goods see in part."""
TABLES: Final = {
    "entry": ("index", "data", "leaf_hash"),
    "record": ("index", "digest", "type", "issuer", "body", "seed", "outcome", "starts", "ends", "owners"),
    "organization": ("id", "record", "parent"),
    "prefix": ("prefix", "organization"),
    "parent_end": ("record", "organization", "announced"),
    "signing_key": ("keyid", "spki", "organization", "record"),
    "revocation": ("keyid", "record"),
    "compromise": ("keyid", "record", "since"),
    "key_change": ("record", "organization", "recovery"),
    "facility": ("id", "operator", "record"),
    "product": ("id", "owner", "record"),
    "product_completion": ("product", "record"),
    "activation": ("record", "plugin", "version", "digest", "retired", "precedence"),
    "erasure": ("record", "subject", "legal_basis"),
    "transfer": ("record", "receiver", "new_lot"),
    "acceptance": ("transfer", "record"),
    "standing_acceptance": ("record", "receiver", "sender", "product"),
    "arrival": ("transfer", "rule"),
    "lot": ("number", "id", "product", "holder", "role", "origin", "quantity", "unit", "mass", "item", "composition",
            "facility", "process", "previous_life", "owner", "sender", "pool", "credit", "expires", "made",
            "since", "place", "carried"),
    "figure": ("lot", "version", "method", "plugin", "share", "burdens", "content", "amount"),
    "flow": ("record", "position", "lot", "quantity", "version"),
    "balance": ("lot", "remaining", "quantity"),
    "pool": ("id", "holder", "facility", "product", "averaging", "is_default", "record"),
    "closing": ("record", "facility", "starts", "ends", "processes"),
    "reopening": ("closing", "record"),
    "provisional": ("record", "facility", "process", "starts", "ends"),
    "dispute": ("lot", "record", "frozen"),
    "opening": ("facility", "product", "record"),
    "group_goods": ("organization", "subject", "kilograms", "record"),
    "attestation": ("record", "kind", "subject"),
    "claim": ("record", "lot"),
    "report": ("record", "subject", "starts", "ends"),
    "access_grant": ("record", "grantor", "grantee", "link", "depth", "lot", "product", "declaration", "starts", "ends",
                     "expires", "publish"),
    "grant_revocation": ("record", "subject"),
    "reader": ("record", "organization", "expires"),
    "reader_revocation": ("record", "subject"),
    "published": ("record", "organization", "lot", "product", "declaration"),
    "publication_end": ("record", "subject"),
    "revision": ("version", "record"),
    "revised": ("record", "version", "own", "body", "leaf", "outcome"),
    "lot_version": ("number", "version", "quantity", "mass", "composition", "facility", "process", "withdrawn",
                    "place", "carried"),
    "tile": ("level", "index", "hashes", "root"),
}


class RowBuffer:
    """Rows of a batch by table. The tables are in the order in which they refer to each other."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}

    def add_entry(self, index: int, data: bytes, leaf_hash: bytes) -> None:
        self._rows["entry"].append((index, data, leaf_hash))

    def add_tile(self, level: int, index: int, hashes: bytes, root: bytes) -> None:
        self._rows["tile"].append((level, index, hashes, root))

    def add_record(
        self, index: int, digest: bytes, record: AnyRecord, body: bytes, outcome: tuple[bytes, bytes | None],
        lots: Iterable[LotFacts] = (),
    ) -> None:
        """`outcome`: the seed of its salts, and its leaf 0. Leaves of lots are not stored: readers rebuild them from
        the rows of the lots. `lots`: all that the record takes or makes."""
        self._rows["record"].append((
            index, digest, type_of(record), record.issuer, body, *outcome, *stated_times(record),
            other_owners(record, lots)))

    def add_flows(self, index: int, taken: Sequence[Taken], version: int = 0) -> None:
        self._rows["flow"].extend(
            [(index, position, one.lot.number, one.quantity, version) for position, one in enumerate(taken)]
        )

    def add_lot(self, lot: LotFacts, figures: LotFigures, share: float, plugin: str | None) -> None:
        facility, process = lot.maker or (None, None)
        self._rows["lot"].append((
            lot.number, lot.id, lot.product, lot.holder, lot.role, lot.origin, lot.quantity, lot.unit, lot.mass,
            lot.item, _composition(lot), facility, process, lot.previous_life, lot.owner, lot.sender, lot.pool,
            lot.credit, lot.expires, lot.made, lot.since, lot.place, lot.carried,
        ))
        self.add_figure(lot.number, 0, figures, share, plugin)

    def add_figure(self, lot: int, version: int, figures: LotFigures, share: float, plugin: str | None) -> None:
        """A lot's figures as of a revision. Version 0 holds the figures from the lot's own record."""
        self._rows["figure"].append((
            lot, version, METHOD, plugin, share, figures.burdens, list(figures.contents),
            list(figures.contents.values()),
        ))

    def add_lot_version(self, lot: LotFacts, version: int, *, withdrawn: bool) -> None:
        facility, process = lot.maker or (None, None)
        self._rows["lot_version"].append(
            (lot.number, version, lot.quantity, lot.mass, _composition(lot), facility, process, withdrawn, lot.place,
             lot.carried)
        )

    def add_revision(self, version: int, index: int) -> None:
        self._rows["revision"].append((version, index))

    def add_revised(
        self, index: int, version: int, *, own: bool, body: bytes | None, leaf: bytes | None, outcome: bytes
    ) -> None:
        """The new version of the record at `index` after a revision. `own` without `body`: the record is withdrawn."""
        self._rows["revised"].append((index, version, own, body, leaf, outcome))

    def add_balance(self, lot: LotFacts, remaining: Decimal) -> None:
        self._rows["balance"].append((lot.number, remaining, lot.quantity))

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        """Adds a row with its values in the order of the table's columns."""
        self._rows[table].append(row)

    def add_provisional(self, index: int, record: Transformation) -> None:
        self._rows["provisional"].append((index, record.facility, record.process, record.start, record.end))

    def of(self, table: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Columns and rows of one table."""
        return TABLES[table], self._rows[table]


def stated_times(record: AnyRecord) -> tuple[str | None, str | None]:
    """The earliest and the latest time that a record states, by which grants of a period cover it; None for records
    that are in no period. Instants are RFC 3339 in UTC, so their order is the order of their texts."""
    if not isinstance(record, _TIMED):
        return None, None
    stated = [time for name in ("start", "end", "time") if (time := getattr(record, name, None)) is not None]
    return min(stated), max(stated)


def other_owners(record: AnyRecord, lots: Iterable[LotFacts]) -> list[str] | None:
    """The organisations on whose goods the issuer of a record works, if any, in order. `lots`: all that it takes or
    makes."""
    if not isinstance(record, _WORKING):
        return None
    return sorted({lot.owner for lot in lots if lot.owner is not None and lot.owner != record.issuer}) or None


def _composition(lot: LotFacts) -> str | None:
    return msgspec.json.encode(lot.composition).decode() if lot.composition is not None else None
