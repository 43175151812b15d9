"""An audit's own file: what it keeps of a log, so that it needs little memory, and can go on where it ended.

SQLite, one transaction from opening to `commit`: a file that is there holds a whole state, whatever was killed when.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ledger.admission.facts import LotFacts, ProductFacts, RecordFacts, SiteFacts, TransferFacts
from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import AnyRecord, Declaration
from ledger.errors import ConfigurationError
from ledger.footprint.stored.figures import LotFigures
from ledger.store.sql import audit_store_queries, audit_store_schema

VERSION = 3
"""Of the schema, in SQLite's own `user_version`."""
_APPLICATION = 0x63626C61
_UNSWEPT = "unswept"
_CACHE_KIB = 65_536
_PAGE = 1_000


class KeptLot(NamedTuple):
    """A lot with what is left of it."""

    facts: LotFacts
    figures: LotFigures
    remaining: Decimal
    withdrawn: bool


class KeptTransfer(Struct, frozen=True, array_like=True):
    """A transfer, and whether it was accepted."""

    facts: TransferFacts
    accepted: bool


class KeptSite(Struct, frozen=True, array_like=True):
    """The facility that a record has entered."""

    id: str


class _StoredData(Struct, frozen=True, array_like=True):
    """`burdens` that are not zero, by their place in the list."""

    facts: LotFacts
    burdens: dict[int, float]
    contents: dict[str, float]
    withdrawn: bool


_encoder = msgspec.msgpack.Encoder()
_data = msgspec.msgpack.Decoder(_StoredData)
_facility = msgspec.msgpack.Decoder(SiteFacts)
_product = msgspec.msgpack.Decoder(ProductFacts)
_transfer = msgspec.msgpack.Decoder(KeptTransfer)
_site = msgspec.msgpack.Decoder(KeptSite)
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class AuditStore:
    """The file at `path`, or a nameless one that is gone when it is closed. Raises ConfigurationError if the file is
    something else, was made by another version, or is in use."""

    def __init__(self, path: Path | None) -> None:
        self._sql = audit_store_queries()
        self._path = path
        self._marked = False
        # An empty name is a file that SQLite makes, and deletes when it is closed.
        self._connection = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False, timeout=0)
        try:
            self._begin()
        except sqlite3.Error as error:
            self.close()
            raise ConfigurationError(
                f"{path} cannot be used as the state of an audit: {error}", field="state", value=path,
                rule="a file that an audit has written, or none yet; one audit at a time",
            ) from error
        except ConfigurationError:
            self.close()
            raise

    def _begin(self) -> None:
        connection = self._connection
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA synchronous = FULL" if self._path else "PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN EXCLUSIVE")
        (version,), (application,) = [
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")
        ]
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            for statement in audit_store_schema().split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        elif (version, application) != (VERSION, _APPLICATION):
            raise ConfigurationError(
                f"{self._path} is no state of this version's audit", field="state", value=self._path,
                rule="a file that an audit of this version has written, or none yet",
            )
        elif self.fact(_UNSWEPT) is not None:
            connection.execute("COMMIT")
            self._sweep()
            connection.execute("BEGIN EXCLUSIVE")

    def mark(self) -> None:
        """What is written from here on is for this audit alone: `commit` leaves it out."""
        self._connection.execute(self._sql["mark"])
        self._marked = True

    def commit(self) -> None:
        """All that was written, up to the mark if there is one, is durable from here on. Raises ConfigurationError
        where what was to be forgotten may be in the file still."""
        if self._marked:
            self._connection.execute(self._sql["back"])
            self._marked = False
        self._connection.execute("COMMIT")
        if self.fact(_UNSWEPT) is not None:
            try:
                self._sweep()
            except sqlite3.Error as error:
                raise ConfigurationError(
                    f"{self._path} may still hold what was erased, in unused parts of pages: {error}", field="state",
                    value=self._path, rule="room for a second copy of the file; the next audit tries again",
                ) from error
        self._connection.execute("BEGIN EXCLUSIVE")

    def forget(self) -> None:
        """What was written over stays nowhere in the file, once it is committed: not where a page has moved it either,
        which `secure_delete` does not reach."""
        self.write_fact(_UNSWEPT, b"")

    def _sweep(self) -> None:
        """Outside of any transaction. Cut off, it is done when the file is opened again."""
        self._connection.execute("VACUUM")
        self._connection.execute(self._sql["delete_fact"], (_UNSWEPT,))

    def close(self) -> None:
        """What was not committed is gone."""
        self._connection.close()

    # Single facts

    def fact(self, key: str) -> bytes | None:
        """What was written under a key."""
        row = self._connection.execute(self._sql["read_fact"], (key,)).fetchone()
        return None if row is None else row[0]

    def write_fact(self, key: str, value: bytes) -> None:
        self._connection.execute(self._sql["write_fact"], (key, value))

    # Lots

    def lots(self, ids: Iterable[str]) -> Iterator[KeptLot]:
        """Those of the lots that are here."""
        for _, remaining, data in self.rows("read_lots", array(ids)):
            found = _data.decode(data)
            burdens = tuple([found.burdens.get(i, 0.0) for i in range(len(BURDENS))])
            yield KeptLot(found.facts, LotFigures(burdens, found.contents), Decimal(remaining), found.withdrawn)

    def write_lots(self, lots: Iterable[KeptLot]) -> None:
        self.write("write_lots", [
            (facts.number, facts.id, facts.item, facts.pool, bool(remaining), str(remaining), str(facts.quantity),
             _encoder.encode(_StoredData(
                 facts, {i: amount for i, amount in enumerate(figures.burdens) if amount}, dict(figures.contents),
                 withdrawn)))
            for facts, figures, remaining, withdrawn in lots
        ])

    def items(self, items: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Item and lot of those lots of the items that have a balance."""
        return self.rows("read_items", array(items))

    def balances(self) -> Iterator[tuple[int, str, Decimal, Decimal]]:
        """Number, id, what is left and how much it is of every lot, in order of number."""
        after = -1
        while found := list(self.rows("balances", after, _PAGE)):
            for number, lot, remaining, quantity in found:
                yield number, lot, Decimal(remaining), Decimal(quantity)
            after = found[-1][0]

    # Records, and what they enter

    def records(self, digests: Iterable[str]) -> Iterator[tuple[str, RecordFacts]]:
        """Those of the records that are on the log, by digest."""
        for digest, position, type_, issuer in self.rows("read_records", array(digests)):
            yield digest, RecordFacts(position, type_, issuer)

    def write_records(self, records: Iterable[tuple[str, RecordFacts]]) -> None:
        self.write("write_records", [
            (digest, facts.index, facts.type, facts.issuer) for digest, facts in records
        ])

    def seeds(self, seeds: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        """Issuer and seed of those seeds of salts that a record has."""
        for seed, issuer in self.rows("read_seeds", array([seed.hex() for seed in seeds])):
            yield issuer, bytes.fromhex(seed)

    def write_seeds(self, seeds: Iterable[tuple[bytes, str]]) -> None:
        self.write("write_seeds", [(seed.hex(), issuer) for seed, issuer in seeds])

    def facilities(self, ids: Iterable[str]) -> Iterator[SiteFacts]:
        return (_facility.decode(data) for _, data in self.rows("read_named", "facility", array(ids)))

    def sites(self, digests: Iterable[str]) -> Iterator[str]:
        """The facilities that these records have entered."""
        return (_site.decode(data).id for _, data in self.rows("read_named", "site", array(digests)))

    def products(self, ids: Iterable[str]) -> Iterator[ProductFacts]:
        return (_product.decode(data) for _, data in self.rows("read_named", "product", array(ids)))

    def transfers(self, digests: Iterable[str]) -> Iterator[tuple[str, KeptTransfer]]:
        return ((name, _transfer.decode(data)) for name, data in self.rows("read_named", "transfer", array(digests)))

    def declarations(self, digests: Iterable[str]) -> Iterator[tuple[str, Declaration]]:
        for name, data in self.rows("read_named", "declaration", array(digests)):
            found = _record.decode(data)
            if isinstance(found, Declaration):
                yield name, found

    def write_named(self, kind: str, named: Iterable[tuple[str, Struct]]) -> None:
        """Facts by name; a declaration as its own JSON."""
        encode = msgspec.json.encode if kind == "declaration" else _encoder.encode
        self.write("write_named", [(kind, name, encode(found)) for name, found in named])

    # By the names of queries

    def rows(self, query: str, *values: str | int) -> Iterator[Any]:
        return iter(self._connection.execute(self._sql[query], values).fetchall())

    def write(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(self._sql[query], rows)


def array(values: Iterable[str] | Iterable[int]) -> str:
    """Values as a parameter that a query takes apart."""
    return msgspec.json.encode(list(values)).decode()
