"""The SQL files: named queries and the schema. In `sql/named`, `-- name:` begins a query, and `-- purpose:` and
`-- parameters:` explain it."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

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
