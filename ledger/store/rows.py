"""What one batch writes: rows by table, appended with COPY, so that the number of statements does not grow with it."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from ledger.admission.facts import LotFacts
from ledger.admission.lots import Taken
from ledger.admission.state import KeyEffect, type_of
from ledger.core.records import (
    Acceptance,
    Activation,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Organization,
    Pool,
    Product,
    Reopening,
    Report,
    Transfer,
    Transformation,
)
from ledger.core.signing import VerifyingKey
from ledger.footprint.burdens import METHOD
from ledger.footprint.figures import LotFigures
from ledger.store.copying import COLUMNS as FIGURE_COLUMNS
from ledger.store.copying import copy_figures
from ledger.store.database import Connection

_TABLES: Final = {
    "entry": ("index", "data", "leaf_hash"),
    "record": ("index", "digest", "type", "issuer", "body", "seed", "outcome"),
    "organization": ("id", "record", "parent"),
    "prefix": ("prefix", "organization"),
    "signing_key": ("keyid", "spki", "organization", "record"),
    "revocation": ("keyid", "record"),
    "compromise": ("keyid", "record", "since"),
    "key_change": ("record", "organization", "recovery"),
    "facility": ("id", "operator", "record"),
    "product": ("id", "owner", "record"),
    "activation": ("record", "plugin", "version", "digest", "retired"),
    "erasure": ("record", "subject", "legal_basis"),
    "transfer": ("record", "receiver", "new_lot"),
    "acceptance": ("transfer", "record"),
    "lot": ("number", "id", "product", "holder", "role", "origin", "quantity", "unit", "mass", "item", "composition",
            "facility", "process", "previous_life", "owner", "sender", "pool", "credit", "expires"),
    "figure": FIGURE_COLUMNS,
    "flow": ("record", "position", "lot", "quantity", "version"),
    "balance": ("lot", "remaining", "quantity"),
    "pool": ("id", "holder", "facility", "product", "averaging", "is_default", "record"),
    "closing": ("record", "facility", "starts", "ends", "processes"),
    "reopening": ("closing", "record"),
    "provisional": ("record", "facility", "process", "starts", "ends"),
    "dispute": ("lot", "record", "frozen"),
    "opening": ("facility", "product", "record"),
    "attestation": ("record", "kind", "subject"),
    "claim": ("record", "lot"),
    "report": ("record", "subject", "starts", "ends"),
    "revision": ("version", "record"),
    "revised": ("record", "version", "own", "body", "leaf", "outcome"),
    "lot_version": ("number", "version", "quantity", "mass", "composition", "facility", "process", "withdrawn"),
    "tile": ("level", "index", "hashes", "root"),
}
_ROWS_AT_ONCE: Final = 5_000


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
        self._rows["record"].append((index, digest, type_of(record), record.issuer, body, seed, leaf))

    def add_flows(self, index: int, taken: Sequence[Taken], version: int = 0) -> None:
        self._rows["flow"].extend(
            [(index, position, one.lot.number, one.quantity, version) for position, one in enumerate(taken)]
        )

    def add_lot(self, lot: LotFacts, figures: LotFigures, share: float, plugin: str | None) -> None:
        facility, process = lot.maker or (None, None)
        self._rows["lot"].append((
            lot.number, lot.id, lot.product, lot.holder, lot.role, lot.origin, lot.quantity, lot.unit, lot.mass,
            lot.item, _composition(lot), facility, process, lot.previous_life, lot.owner, lot.sender, lot.pool,
            lot.credit, lot.expires,
        ))
        self.add_figure(lot.number, 0, figures, share, plugin)

    def add_figure(self, lot: int, version: int, figures: LotFigures, share: float, plugin: str | None) -> None:
        """A lot's figures as of a revision; version 0 is that of its own record."""
        self._rows["figure"].append((
            lot, version, METHOD, plugin, share, figures.burdens, list(figures.contents),
            list(figures.contents.values()),
        ))

    def add_lot_version(self, lot: LotFacts, version: int, *, withdrawn: bool) -> None:
        facility, process = lot.maker or (None, None)
        self._rows["lot_version"].append(
            (lot.number, version, lot.quantity, lot.mass, _composition(lot), facility, process, withdrawn)
        )

    def add_revision(self, version: int, index: int) -> None:
        self._rows["revision"].append((version, index))

    def add_revised(
        self, index: int, version: int, *, own: bool, body: bytes | None, leaf: bytes | None, outcome: bytes
    ) -> None:
        """What a revision made of the record at `index`; no `body` of an `own` one: it is withdrawn."""
        self._rows["revised"].append((index, version, own, body, leaf, outcome))

    def add_balance(self, lot: LotFacts, remaining: Decimal) -> None:
        self._rows["balance"].append((lot.number, remaining, lot.quantity))

    def add_named(
        self, index: int, record: AnyRecord, keys: Sequence[VerifyingKey], meant: int | None
    ) -> None:
        """The rows by which later records find what this one entered. `meant`: of an acceptance the transfer's index,
        of a reopening the closing's, of an erasure that of the record whose body goes."""
        match record:
            case Transformation():
                if record.basis == "provisional":
                    self.add_provisional(index, record)
            case Organization():
                self._rows["organization"].append((record.id, index, record.parent))
                self._rows["prefix"].extend([(prefix, record.id) for prefix in record.prefixes])
                self._add_keys(index, record.id, keys)
            case Facility():
                self._rows["facility"].append((record.id, record.issuer, index))
            case Product():
                self._rows["product"].append((record.id, record.issuer, index))
            case Activation():
                self._rows["activation"].append((index, record.plugin, record.version, record.digest, record.retired))
            case Erasure():
                self._rows["erasure"].append((index, meant, record.legal_basis))
            case Transfer():
                self._rows["transfer"].append((index, record.to, record.new_lot))
            case Acceptance():
                if not record.disputed:
                    self._rows["acceptance"].append((meant, index))
            case Pool():
                self._rows["pool"].append((
                    record.id, record.issuer, record.facility, record.product, record.averaging, record.default, index
                ))
            case Closing():
                self._rows["closing"].append(
                    (index, record.facility, record.start, record.end, list(record.processes))
                )
            case Reopening():
                self._rows["reopening"].append((meant, index))
            case Attestation():
                self._rows["attestation"].append((index, record.subject.kind, record.subject.id))
            case Declaration():
                if record.basis == "opening" and record.lot is not None:
                    self._rows["opening"].append((record.facility, record.lot.product, index))
            case Report():
                self._rows["report"].append((index, record.subject, record.start, record.end))
            case Consumption():
                if record.claim is not None:
                    self._rows["claim"].append((index, record.claim.lot))
            case _:
                pass

    def add_provisional(self, index: int, record: Transformation) -> None:
        self._rows["provisional"].append((index, record.facility, record.process, record.start, record.end))

    def add_key_change(self, index: int, record: KeyChange, effect: KeyEffect) -> None:
        self._rows["key_change"].append((index, record.organization, record.recovery))
        self._add_keys(index, record.organization, effect.entered)
        self._rows["revocation"].extend([(keyid, index) for keyid in effect.revoked])
        self._rows["compromise"].extend([(keyid, index, record.compromised_since) for keyid in effect.compromised])

    def add_dispute(self, lot: int, index: int, *, frozen: bool) -> None:
        self._rows["dispute"].append((lot, index, frozen))

    def _add_keys(self, index: int, organization: str, keys: Sequence[VerifyingKey]) -> None:
        self._rows["signing_key"].extend([(key.keyid, key.spki, organization, index) for key in keys])

    def of(self, table: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Columns and rows of one table."""
        return _TABLES[table], self._rows[table]

    async def write(self, connection: Connection) -> None:
        """Appends all rows; nothing is durable before the transaction is committed."""
        for table, columns in _TABLES.items():
            rows = self._rows[table]
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                part = rows[start : start + _ROWS_AT_ONCE]
                if table == "figure":
                    await copy_figures(connection, part)
                else:
                    await connection.copy_records_to_table(table, records=part, columns=columns)
                # Writing rows out holds up everything else that this process does.
                await asyncio.sleep(0)


def _composition(lot: LotFacts) -> str | None:
    return msgspec.json.encode(lot.composition).decode() if lot.composition is not None else None
