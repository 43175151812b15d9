"""What one batch writes: rows by table, appended with COPY, so that the number of statements does not grow with it."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from ledger.admission.facts import LotFacts
from ledger.admission.lots import Taken
from ledger.core.records import (
    Acceptance,
    Activation,
    AnyRecord,
    Facility,
    KeyChange,
    Organization,
    Product,
    Transfer,
)
from ledger.core.signing import VerifyingKey
from ledger.footprint.burdens import METHOD
from ledger.footprint.figures import LotFigures
from ledger.store.database import Connection

_TABLES: Final = {
    "entry": ("index", "data", "leaf_hash"),
    "record": ("index", "digest", "type", "issuer", "body", "seed", "outcome"),
    "organization": ("id", "record"),
    "prefix": ("prefix", "organization"),
    "signing_key": ("keyid", "spki", "organization", "record"),
    "revocation": ("keyid", "record"),
    "facility": ("id", "operator", "record"),
    "product": ("id", "owner", "record"),
    "activation": ("record", "plugin", "version", "digest", "retired"),
    "transfer": ("record", "receiver", "new_lot"),
    "acceptance": ("transfer", "record"),
    "lot": ("number", "id", "product", "holder", "role", "origin", "quantity", "unit", "mass", "item", "composition",
            "facility", "process", "previous_life"),
    "figure": ("lot", "from_index", "method", "plugin", "share", "burdens", "content", "amount"),
    "flow": ("record", "position", "lot", "quantity"),
    "balance": ("lot", "remaining", "quantity"),
    "tile": ("level", "index", "hashes", "root"),
}


class BatchRows:
    """Rows of a batch in the order in which their tables refer to each other."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}

    def add_entry(self, index: int, data: bytes, leaf_hash: bytes) -> None:
        self._rows["entry"].append((index, data, leaf_hash))

    def add_tile(self, level: int, index: int, hashes: bytes, root: bytes) -> None:
        self._rows["tile"].append((level, index, hashes, root))

    def add_record(
        self, index: int, digest: bytes, record: AnyRecord, body: bytes, seed: bytes, leaf: bytes | None
    ) -> None:
        """`leaf`: leaf 0 of the outcome; the leaves of lots are made of their own rows again."""
        self._rows["record"].append((index, digest, tag_of(record), record.issuer, body, seed, leaf))

    def add_flows(self, index: int, taken: Sequence[Taken]) -> None:
        self._rows["flow"].extend(
            [(index, position, one.lot.number, one.quantity) for position, one in enumerate(taken)]
        )

    def add_lot(self, index: int, lot: LotFacts, figures: LotFigures, share: float, plugin: str | None) -> None:
        facility, process = lot.maker or (None, None)
        composition = msgspec.json.encode(lot.composition).decode() if lot.composition is not None else None
        self._rows["lot"].append((
            lot.number, lot.id, lot.product, lot.holder, lot.role, lot.origin, lot.quantity, lot.unit, lot.mass,
            lot.item, composition, facility, process, lot.previous_life,
        ))
        self._rows["figure"].append((
            lot.number, index, METHOD, plugin, share, figures.burdens, list(figures.contents),
            list(figures.contents.values()),
        ))

    def add_balance(self, lot: LotFacts, remaining: Decimal) -> None:
        self._rows["balance"].append((lot.number, remaining, lot.quantity))

    def add_named(
        self, index: int, record: AnyRecord, keys: Sequence[VerifyingKey], accepted: int | None
    ) -> None:
        """The rows by which later records find what this one entered. `accepted`: index of the transfer."""
        match record:
            case Organization():
                self._rows["organization"].append((record.id, index))
                self._rows["prefix"].extend([(prefix, record.id) for prefix in record.prefixes])
                self._add_keys(index, record.id, keys)
            case KeyChange():
                self._add_keys(index, record.organization, keys)
                self._rows["revocation"].extend([(bytes.fromhex(keyid), index) for keyid in record.revoked])
            case Facility():
                self._rows["facility"].append((record.id, record.issuer, index))
            case Product():
                self._rows["product"].append((record.id, record.issuer, index))
            case Activation():
                self._rows["activation"].append((index, record.plugin, record.version, record.digest, record.retired))
            case Transfer():
                self._rows["transfer"].append((index, record.to, record.new_lot))
            case Acceptance():
                self._rows["acceptance"].append((accepted, index))
            case _:
                pass

    def _add_keys(self, index: int, organization: str, keys: Sequence[VerifyingKey]) -> None:
        self._rows["signing_key"].extend([(key.keyid, key.spki, organization, index) for key in keys])

    async def write(self, connection: Connection) -> None:
        """Appends all rows; nothing is durable before the transaction is committed."""
        for table, columns in _TABLES.items():
            rows = self._rows[table]
            if rows:
                await connection.copy_records_to_table(table, records=rows, columns=columns)
                await asyncio.sleep(0)


def tag_of(record: AnyRecord) -> str:
    """The record's `type`."""
    tag = type(record).__struct_config__.tag
    return str(tag)
