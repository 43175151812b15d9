"""What the owner of a database could do to any column or row of any table: values that are changed by a little, taken
away, or of a sort that the ledger never writes; rows that are gone, are there twice, or have exchanged a value.

All of it is made of the live catalogue, so that a new column is tampered with as well.
"""

import json
import math
import random
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, NamedTuple

import asyncpg

from support.databases import Database

Value = Any
Rows = list[dict[str, Value]]


class Column(NamedTuple):
    """A column of the catalogue; `type` is PostgreSQL's short name, of an array with an underscore before it."""

    table: str
    name: str
    type: str


class Deed(NamedTuple):
    """What is done to a column, or to a row where `column` is None. `number` makes its choices, and always the same."""

    kind: str
    table: str
    column: str | None
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.table}{'.' + self.column if self.column else ''} #{self.number}"


class Refused(Exception):
    """The database's own constraints do not let it happen."""


class Nothing(Exception):
    """There is no row, or no value, that this could be done to."""


def catalogue(database: Database) -> dict[str, list[Column]]:
    """All columns by table, as they are."""
    found: dict[str, list[Column]] = {}
    for row in database.fetch(
        "SELECT c.table_name, c.column_name, c.udt_name FROM information_schema.columns c "
        "JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
    ):
        found.setdefault(row["table_name"], []).append(Column(*row))
    return found


def deeds(columns: Mapping[str, Sequence[Column]], number: int = 0) -> list[Deed]:
    """One of each kind for each column and table."""
    found = []
    for table, own in columns.items():
        for column in own:
            kinds = (*_VALUES, "swap") if column.type in ("float8", "_float8") else ("null", "bit", "odd", "swap")
            found += [Deed(kind, table, column.name, number) for kind in kinds]
        found += [Deed(kind, table, None, number) for kind in ("delete", "duplicate")]
    return found


def without_constraints(database: Database) -> None:
    """Drops all of them, as the owner may: keys, references, checks, and what must not be NULL."""
    tables = ", ".join([f"'{table}'::regclass" for table in catalogue(database)])
    for row in database.fetch(
        f"SELECT conrelid::regclass::text AS name, quote_ident(conname) AS rule FROM pg_constraint "
        f"WHERE conrelid IN ({tables}) AND contype <> 'n' ORDER BY contype IN ('p', 'u')"
    ):
        database.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['rule']}")
    for row in database.fetch(
        f"SELECT attrelid::regclass::text AS name, attname AS field FROM pg_attribute "
        f"WHERE attrelid IN ({tables}) AND attnum > 0 AND attnotnull"
    ):
        database.execute(f"ALTER TABLE {row['name']} ALTER COLUMN {row['field']} DROP NOT NULL")


class Tampering:
    """Of one database, whose rows it puts back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.columns = catalogue(database)
        self._before = {table: self._rows(table) for table in self.columns}
        self._unique = _unique(database)
        self._digests = self._digest_all()

    @contextmanager
    def done(self, deed: Deed) -> Iterator[None]:
        """While it is done. Raises Refused or Nothing where it cannot be."""
        before = self._before[deed.table]
        after = self._after(deed, [dict(row) for row in before])
        if sorted(map(str, after)) == sorted(map(str, before)):
            # Two rows may be equal in all else than what they exchange.
            raise Nothing
        try:
            self._fill(deed.table, after)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Refused(str(error)) from error
        try:
            yield
        finally:
            self._put_back()

    def _put_back(self) -> None:
        """Every table that has changed: a server that was started meanwhile may have written into others too."""
        for table, digest in self._digest_all().items():
            if digest != self._digests[table]:
                self._fill(table, self._before[table])

    def _digest_all(self) -> dict[str, str]:
        """A digest of all rows of each table."""
        rows = self.database.fetch(" UNION ALL ".join([
            f"SELECT '{table}' AS name, md5(string_agg(t::text, ' ' ORDER BY t::text)) AS digest FROM {table} t"
            for table in self.columns
        ]))
        return {row["name"]: row["digest"] for row in rows}

    def _rows(self, table: str) -> Rows:
        return [dict(row) for row in self.database.fetch(f"SELECT * FROM {table} ORDER BY ctid")]

    def _fill(self, table: str, rows: Rows) -> None:
        names = [column.name for column in self.columns[table]]
        self.database.replace(table, names, [[row[name] for name in names] for row in rows])

    def _after(self, deed: Deed, rows: Rows) -> Rows:
        draw = random.Random(str(deed))
        if not rows:
            raise Nothing
        place = draw.randrange(len(rows))
        match deed.kind:
            case "delete":
                del rows[place]
            case "duplicate":
                rows.append(self._twin(deed.table, rows[place], draw))
            case "swap":
                self._swap(deed, rows, place, draw)
            case _:
                column = self._column(deed)
                rows[place][column.name] = _VALUES[deed.kind](rows[place][column.name], column.type, draw)
        return rows

    def _column(self, deed: Deed) -> Column:
        return next(column for column in self.columns[deed.table] if column.name == deed.column)

    def _swap(self, deed: Deed, rows: Rows, place: int, draw: random.Random) -> None:
        """Two rows exchange the value of a column."""
        name = self._column(deed).name
        others = [i for i, row in enumerate(rows) if row[name] != rows[place][name]]
        if not others:
            raise Nothing
        other = draw.choice(others)
        rows[place][name], rows[other][name] = rows[other][name], rows[place][name]

    def _twin(self, table: str, row: dict[str, Value], draw: random.Random) -> dict[str, Value]:
        """The row once more, with other values where there may be no equal ones: in all columns of each constraint, or
        in the last column of each."""
        found = dict(row)
        types = {column.name: column.type for column in self.columns[table]}
        for names in self._unique.get(table, ()):
            for name in draw.choice((names, names[-1:])):
                found[name] = flipped(row[name], types[name], draw)
        return found


def _unique(database: Database) -> dict[str, list[Sequence[str]]]:
    """The columns of each unique index, by table."""
    found: dict[str, list[Sequence[str]]] = {}
    for row in database.fetch(
        "SELECT i.indrelid::regclass::text AS name, array_agg(a.attname::text ORDER BY k.place) AS columns "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "CROSS JOIN unnest(i.indkey) WITH ORDINALITY k (number, place) "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number "
        "WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace "
        "GROUP BY i.indexrelid, 1 ORDER BY 1, i.indexrelid"
    ):
        found.setdefault(row["name"], []).append(row["columns"])
    return found


def flipped(value: Value, kind: str, draw: random.Random) -> Value:
    """A value that differs as little as one bit, or character, or digit."""
    if kind.startswith("_"):
        place = draw.randrange(len(value)) if value else 0
        return [*value[:place], flipped(value[place] if value else None, kind[1:], draw), *value[place + 1 :]]
    return _FLIPS[kind](_SOME[kind] if value is None else value, draw)


def _bit(value: int, draw: random.Random, width: int) -> int:
    # The low bits twice as often: an index that is a little off is the harder one to find.
    return value ^ 1 << draw.choice((draw.randrange(4), draw.randrange(width)))


def _bytes(value: bytes, draw: random.Random) -> bytes:
    if not value:
        return b"\0"
    place = draw.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << draw.randrange(8)]) + value[place + 1 :]


def _text(value: str, draw: random.Random) -> str:
    if not value:
        return "x"
    place = draw.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ 1 << draw.randrange(5)) + value[place + 1 :]


def _digit(value: Decimal, _: random.Random) -> Decimal:
    exponent = value.as_tuple().exponent
    return value + Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)


def _float(value: float, draw: random.Random) -> float:
    (bits,) = struct.unpack(">q", struct.pack(">d", value))
    (found,) = struct.unpack(">d", struct.pack(">q", _bit(bits, draw, 63)))
    return float(found)


def _json(value: str, draw: random.Random) -> str:
    found = json.loads(value)
    words = [place for place, character in enumerate(value) if character.isalnum()]
    if not isinstance(found, dict) or not words:
        return '{"materials": {"steel": "1"}}'
    place = draw.choice(words)
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]


_FLIPS: Final[Mapping[str, Callable[[Any, random.Random], Value]]] = {
    "bool": lambda value, _: not value,
    "int2": lambda value, draw: _bit(value, draw, 14),
    "int4": lambda value, draw: _bit(value, draw, 30),
    "int8": lambda value, draw: _bit(value, draw, 62),
    "bytea": _bytes, "text": _text, "numeric": _digit, "float8": _float, "jsonb": _json,
    "timestamptz": lambda value, draw: value.replace(microsecond=value.microsecond ^ 1 << draw.randrange(4)),
}
_SOME: Final[Mapping[str, Value]] = {
    "bool": False, "int2": 1, "int4": 1, "int8": 1, "bytea": b"x", "text": "x", "numeric": Decimal(1), "float8": 1.0,
    "jsonb": "{}",
}
_ODD: Final[Mapping[str, Sequence[Value]]] = {
    "int2": (-1, 32767), "int4": (-1, 2**31 - 1), "int8": (-1, 2**63 - 1, 0),
    "bytea": (b"", b"\xff\x00", b"{}", b"[" * 2000), "text": ("", "\x01\x1b[2J\u202e", "x" * 5000, "-1", "\u00e9\n"),
    "numeric": (Decimal("NaN"), Decimal("Infinity"), Decimal(-1), Decimal("1e400"), Decimal("1e-400"), Decimal(0)),
    "float8": (math.nan, math.inf, -math.inf, -1.0, 1e308, 5e-324),
    "jsonb": ("null", "[]", "{}", '"x"', '{"materials": 1}', '{"materials": {"steel": "x"}}', '{"other": 1}'),
}


def _odd(value: Value, kind: str, draw: random.Random) -> Value:
    """A value of the type that the ledger would never write here."""
    if kind.startswith("_"):
        place = draw.randrange(len(value)) if value else 0
        other = draw.choice(([], [None], [draw.choice(_ODD[kind[1:]])], []))
        changed = [*value[:place], *other, *value[place + 1 :]]
        # A vector that ends before a burden of zero is one of an earlier version, and reads the same.
        ends_early = bool(value) and changed == value[:-1] and value[-1] == 0
        return [*value[:place], None] if ends_early or changed == value else changed
    return draw.choice(_ODD[kind]) if kind in _ODD else flipped(value, kind, draw)


def _ulp(value: Value, kind: str, draw: random.Random) -> Value:
    """The next larger or smaller binary64."""
    if not kind.startswith("_"):
        return math.nextafter(value, draw.choice((-math.inf, math.inf)))
    if not value:
        raise Nothing
    place = draw.randrange(len(value))
    return [*value[:place], _ulp(value[place], kind[1:], draw), *value[place + 1 :]]


_VALUES: Final[Mapping[str, Callable[[Value, str, random.Random], Value]]] = {
    "null": lambda _, __, ___: None, "bit": flipped, "odd": _odd, "ulp": _ulp,
}
KINDS: Final = (*_VALUES, "swap", "delete", "duplicate")
