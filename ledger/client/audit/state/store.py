"""The audit store: a file with the audit's knowledge of a log, so that it needs little memory, and a later audit can
continue.

It is an SQLite file, with one transaction from opening to `commit`. So the file holds a whole state, whichever process
was killed at any time.
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

VERSION = 4
"""The version of the schema, in SQLite's own `user_version`."""
_APPLICATION = 0x63626C61
_UNSWEPT = "unswept"
_CACHE_KIB = 16_384
_PAGE = 1_000


class KeptLot(NamedTuple):
    """A lot with its remaining quantity."""

    facts: LotFacts
    figures: LotFigures
    remaining: Decimal
    withdrawn: bool


class KeptTransfer(Struct, frozen=True, array_like=True):
    """A transfer, and whether it was accepted. `presumed`: the tolerance of the standing acceptance, if only this has
    accepted it."""

    facts: TransferFacts
    accepted: bool
    presumed: Decimal | None = None


class KeptSite(Struct, frozen=True, array_like=True):
    """The facility that a record has entered."""

    id: str


class _StoredData(Struct, frozen=True, array_like=True):
    """The data of a lot. `burdens` holds the burdens that are not zero, by their place in the list."""

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
    """The store in the file at `path`, or in a nameless file that ends when it is closed. Raises ConfigurationError if
    the file is something else, another version made it, or another audit uses it."""

    def __init__(self, path: Path | None) -> None:
        self._sql = audit_store_queries()
        self._path = path
        self._marked = False
        # With an empty name, SQLite makes a temporary file, and deletes it when it is closed.
        self._connection = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False, timeout=0)
        try:
            self._begin()
        except sqlite3.Error as error:
            self.close()
            raise ConfigurationError(
                f"{path} cannot be used as the state of an audit: {error}", field="state", value=path,
                rule="a file that an audit has written, or a new file; one audit at a time",
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
                f"{self._path} is not the state of an audit of this version", field="state", value=self._path,
                rule="a file that an audit of this version has written, or a new file",
            )
        elif self.fact(_UNSWEPT) is not None:
            connection.execute("COMMIT")
            self._sweep()
            connection.execute("BEGIN EXCLUSIVE")

    def mark(self) -> None:
        """Ends the state: `commit` leaves out everything that is written after the mark, which only this audit
        needs."""
        self._connection.execute(self._sql["mark"])
        self._marked = True

    def commit(self) -> None:
        """Makes everything durable that was written, up to the mark if there is one. Raises ConfigurationError if the
        file may still hold erased data."""
        if self._marked:
            self._connection.execute(self._sql["back"])
            self._marked = False
        self._connection.execute("COMMIT")
        if self.fact(_UNSWEPT) is not None:
            try:
                self._sweep()
            except sqlite3.Error as error:
                raise ConfigurationError(
                    f"{self._path} may still hold erased data, in unused parts of pages: {error}", field="state",
                    value=self._path, rule="disk space for a second copy of the file; the next audit tries again",
                ) from error
        self._connection.execute("BEGIN EXCLUSIVE")

    def forget(self) -> None:
        """Asks `commit` to remove all overwritten data from the file: also the data that SQLite has moved within pages,
        which `secure_delete` does not reach."""
        self.write_fact(_UNSWEPT, b"")

    def _sweep(self) -> None:
        """Rewrites the file, outside of any transaction. If this is interrupted, the next opening does it."""
        self._connection.execute("VACUUM")
        self._connection.execute(self._sql["delete_fact"], (_UNSWEPT,))

    def clear(self) -> None:
        """Empties the store, so that an audit starts from zero. The file keeps its state until `commit`."""
        for name, statement in self._sql.items():
            if name.startswith("clear_"):
                self._connection.execute(statement)

    def close(self) -> None:
        """Closes the file, and drops everything that was not committed."""
        self._connection.close()

    # Single facts

    def fact(self, key: str) -> bytes | None:
        """The value under a key, None if the key is missing."""
        row = self._connection.execute(self._sql["read_fact"], (key,)).fetchone()
        return None if row is None else row[0]

    def write_fact(self, key: str, value: bytes) -> None:
        self._connection.execute(self._sql["write_fact"], (key, value))

    # Lots

    def lots(self, ids: Iterable[str]) -> Iterator[KeptLot]:
        """The lots with these ids, without missing lots."""
        for _, remaining, data in self.rows("read_lots", array(ids)):
            stored = _data.decode(data)
            burdens = tuple([stored.burdens.get(i, 0.0) for i in range(len(BURDENS))])
            yield KeptLot(stored.facts, LotFigures(burdens, stored.contents), Decimal(remaining), stored.withdrawn)

    def write_lots(self, lots: Iterable[KeptLot]) -> None:
        self.write("write_lots", (
            (facts.number, facts.id, facts.item, facts.pool, bool(remaining), str(remaining), str(facts.quantity),
             _encoder.encode(_StoredData(
                 facts, {i: amount for i, amount in enumerate(figures.burdens) if amount}, dict(figures.contents),
                 withdrawn)))
            for facts, figures, remaining, withdrawn in lots
        ))

    def items(self, items: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Item and lot of each lot of these items that has a balance."""
        return self.rows("read_items", array(items))

    def balances(self) -> Iterator[tuple[int, str, Decimal, Decimal]]:
        """Number, id, remaining and whole quantity of every lot, in order of number."""
        after = -1
        while page := list(self.rows("balances", after, _PAGE)):
            for number, lot, remaining, quantity in page:
                yield number, lot, Decimal(remaining), Decimal(quantity)
            after = page[-1][0]

    # Records, and the facts that they enter

    def records(self, digests: Iterable[str]) -> Iterator[tuple[str, RecordFacts]]:
        """The records with these digests, without records that are not on the log."""
        for digest, position, type_, issuer in self.rows("read_records", array(digests)):
            yield digest, RecordFacts(position, type_, issuer)

    def write_records(self, records: Iterable[tuple[str, RecordFacts]]) -> None:
        self.write("write_records", ((digest, facts.index, facts.type, facts.issuer) for digest, facts in records))

    def seeds(self, seeds: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        """Issuer and seed of each of these salt seeds that a record uses."""
        for seed, issuer in self.rows("read_seeds", array([seed.hex() for seed in seeds])):
            yield issuer, bytes.fromhex(seed)

    def write_seeds(self, seeds: Iterable[tuple[bytes, str]]) -> None:
        self.write("write_seeds", ((seed.hex(), issuer) for seed, issuer in seeds))

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
            record = _record.decode(data)
            if isinstance(record, Declaration):
                yield name, record

    def write_named(self, kind: str, named: Iterable[tuple[str, Struct]]) -> None:
        """Writes facts by name. A declaration is written as its own JSON."""
        encode = msgspec.json.encode if kind == "declaration" else _encoder.encode
        self.write("write_named", ((kind, name, encode(facts)) for name, facts in named))

    def outcomes(self, indexes: Iterable[int]) -> Iterator[bytes]:
        """The outcome roots of the entries at these indexes."""
        return (data for _, data in self.rows("read_named", "outcome", array([str(index) for index in indexes])))

    def write_outcomes(self, roots: Iterable[tuple[int, bytes]]) -> None:
        self.write("write_named", (("outcome", str(index), root) for index, root in roots))

    # By the names of queries

    def rows(self, query: str, *values: str | int) -> Iterator[Any]:
        return iter(self._connection.execute(self._sql[query], values).fetchall())

    def write(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Writes rows. An iterator makes them one by one: all rows of a full memory would be as large as the memory."""
        self._connection.executemany(self._sql[query], rows)


def array(values: Iterable[str] | Iterable[int]) -> str:
    """Values as one parameter, which a query splits."""
    return msgspec.json.encode(list(values)).decode()
