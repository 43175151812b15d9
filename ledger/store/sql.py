"""The SQL files: named queries, the schema, and its migrations. In `sql/named`, `-- name:` begins a query, and
`-- purpose:` and `-- parameters:` explain it."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_HEADER = re.compile(r"(?:--.*\n)*")
_COMPATIBLE = re.compile(r"^-- compatible-from: (\d+)$", re.M)
_ONLINE = re.compile(r"^-- online$", re.M)
_NAME = re.compile(r"^-- name: ([a-z_0-9]+)\n", re.M)


@cache
def queries(group: str) -> Mapping[str, str]:
    """The queries of `sql/named/GROUP.sql` by name, each as one statement without its comments."""
    return _named(files("ledger._sql").joinpath("named", f"{group}.sql").read_text(encoding="utf-8"))


@cache
def audit_store_queries() -> Mapping[str, str]:
    """The queries of an audit store, which is an SQLite file, by name."""
    return _named(files("ledger._sql").joinpath("audit_store.sql").read_text(encoding="utf-8"))


def _named(text: str) -> Mapping[str, str]:
    parts = _NAME.split(text)[1:]
    return {name: _statement(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _statement(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return "\n".join(lines).strip().removesuffix(";")


def schema() -> str:
    """The whole schema for an empty database: its tables, then the functions with which it verifies itself."""
    return "\n".join([
        files("ledger._sql").joinpath(name).read_text(encoding="utf-8") for name in ("schema.sql", "verify_log.sql")
    ])


def audit_store_schema() -> str:
    """The schema of an audit store."""
    return files("ledger._sql").joinpath("audit_store_schema.sql").read_text(encoding="utf-8")


class Migration(NamedTuple):
    """A change of the schema. Programs that know version `compatible_from` run with it too. `online`: it only builds
    indexes, outside a transaction."""

    number: int
    script: str
    compatible_from: int
    online: bool

    @property
    def statements(self) -> list[str]:
        """The statements of an online migration: a line that ends with a semicolon ends one."""
        return [statement.strip() for statement in f"{self.script}\n".split(";\n") if statement.strip()]


def migration_of(number: int, script: str) -> Migration:
    """Reads the header of a migration's script. Without `compatible-from`, no older program runs with it."""
    header = (_HEADER.match(script) or [""])[0]
    compatible = _COMPATIBLE.search(header)
    return Migration(number, script, int(compatible[1]) if compatible else number, _ONLINE.search(header) is not None)


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration, in order."""
    folder = files("ledger._sql").joinpath("migrations")
    return tuple(sorted([migration_of(int(file.name[:4]), file.read_text(encoding="utf-8"))
                         for file in folder.iterdir() if file.name.endswith(".sql")]))
