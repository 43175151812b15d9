"""The schema of this program, the statement of a database about its own, and whether the two fit.

A database states the digest of the script that made it, and the version to which migrations have brought it since. A
program runs on databases of its own digest alone. Replicas of two versions of the program run side by side on one
database. So a migration first expands the schema, and a later one contracts it. Each migration says in its header which
older programs run with it:

    -- compatible-from: 32    programs that need version 32 or later run with this migration too
    -- online                 it only builds indexes, while servers append; programs run without it, but slower

The row of the table `schema_version` holds the result. So a program learns about migrations that it does not know.
"""

import re
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

from ledger.errors import ConfigurationError
from ledger.store.sql import schema

BASELINE: Final = 31
"""The version of the schema without migrations. Programs up to 0.2, whose newest schema is version 30 and whose
databases state no digest, refuse it as a later one."""
CODE: Final = "wrong-schema"
"""The code of the error for a database whose schema does not fit this program."""

_HEADER = re.compile(r"(?:--.*\n)*")
_COMPATIBLE = re.compile(r"^-- compatible-from: (\d+)$", re.M)
_ONLINE = re.compile(r"^-- online$", re.M)


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


class Schema(NamedTuple):
    """`script` makes the schema in an empty database, and `migrations` change it, in order."""

    script: str
    migrations: tuple[Migration, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the script, without lines of comment."""
        lines = [line for line in self.script.splitlines() if not line.startswith("--")]
        return sha256("\n".join(lines).encode()).hexdigest()

    @property
    def newest(self) -> int:
        return max([migration.number for migration in self.migrations], default=BASELINE)

    @property
    def needed(self) -> int:
        """The oldest version with which a program of this schema runs."""
        return max([migration.number for migration in self.migrations if not migration.online], default=BASELINE)


@cache
def program_schema() -> Schema:
    """The schema of this program. Until version 1.0.0 it has no migrations: its script changes instead."""
    return Schema(schema())


class StoredSchema(NamedTuple):
    """The statement of a database about its schema. `digest`: None if a program up to 0.2 made it. Programs that know
    version `compatible_from` run with it."""

    version: int
    digest: str | None
    compatible_from: int


def require_digest(stored: StoredSchema, known: Schema) -> None:
    """Raises ConfigurationError if a database was not made by the script of the schema `known`."""
    if stored.digest == known.digest:
        return
    made = (f"version {stored.version} of the schema, from carbon-ledger 0.2 or earlier" if stored.digest is None else
            f"a schema with digest {stored.digest}")
    raise ConfigurationError(
        f"the database has {made}; this program needs the schema with digest {known.digest}", code=CODE,
        field="database", rule="run the program that made this database; until 1.0.0 no database is converted, so a "
        "new ledger needs a new home, and an empty database",
    )


def require_schema(stored: StoredSchema | None, known: Schema) -> StoredSchema:
    """Returns `stored`, the statement of a database, which is None if it holds no ledger. Raises ConfigurationError if
    a program with the schema `known` cannot run on it."""
    if stored is None:
        raise ConfigurationError("the database holds no ledger: run init", code=CODE)
    require_digest(stored, known)
    if stored.version < known.needed:
        raise ConfigurationError(
            f"the schema has version {stored.version}, this program needs {known.needed}: run init", code=CODE)
    if stored.version > known.newest and stored.compatible_from > known.newest:
        raise ConfigurationError(
            f"the schema has version {stored.version}, this program needs {known.newest}: a later version of this "
            "program has migrated it, use that one", code=CODE,
        )
    return stored
