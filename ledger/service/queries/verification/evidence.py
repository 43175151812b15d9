"""The evidence that a chain names: documents of its records, and of the declarations that price their supplies."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record
from msgspec import Struct

from ledger.core.record.values import Evidence
from ledger.store.database import DatabasePool
from ledger.store.facts import is_digest
from ledger.store.sql import queries

MAX_RECORDS: Final = 10_000
"""The most records upstream that a query examines for evidence."""


class _DeclaredSupply(Struct):
    """The field of a supply that names a declaration."""

    declaration: str | None = None


class _Documented(Struct):
    """The fields of a record that name evidence."""

    evidence: list[Evidence] = []
    supplies: list[_DeclaredSupply] = []


class NamedEvidence(NamedTuple):
    """A document, and the log index of the newest record that names it."""

    evidence: Evidence
    log_index: int


class ChainEvidence(NamedTuple):
    """Documents by their SHA-256. `more`: there are records that were not examined."""

    documents: dict[str, NamedEvidence]
    more: bool


_documented = msgspec.json.Decoder(_Documented)


async def read_evidence(pool: DatabasePool, indexes: Iterable[int], most: int = MAX_RECORDS) -> ChainEvidence:
    """The evidence of records and of the records upstream of them, as posted or as revised."""
    rows = await pool.fetch(queries("verification")["evidence"], list(indexes), most + 1)
    documents: dict[str, NamedEvidence] = {}
    named = _note(rows, documents)
    more = any((row["looked"] or 0) > most for row in rows)
    if named:
        _note(await pool.fetch(queries("facts")["bodies_by_digest"], [bytes.fromhex(one) for one in named]), documents)
    return ChainEvidence(documents, more)


def _note(rows: Iterable[Record], documents: dict[str, NamedEvidence]) -> set[str]:
    """Adds the documents of rows. Returns the digests of the declarations that supplies name."""
    named: set[str] = set()
    for row in rows:
        if row["body"] is None:
            continue
        record = _documented.decode(row["body"])
        for evidence in record.evidence:
            known = documents.get(evidence.digest)
            if known is None or known.log_index < row["index"]:
                documents[evidence.digest] = NamedEvidence(evidence, row["index"])
        named.update([one.declaration for one in record.supplies if one.declaration and is_digest(one.declaration)])
    return named
