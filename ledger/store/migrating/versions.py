"""The schema's version, and which programs run with it.

Replicas of two versions of the program run side by side on one database. So a migration first expands the schema, and a
later one contracts it. Each migration says in its header which older programs run with it:

    -- compatible-from: 17    programs that need version 17 or later run with this migration too
    -- online                 it only builds indexes, while servers append; programs run without it, but slower

The comment of the table `schema_version` holds the result. So a program learns about migrations that it does not know.
"""

import re
from collections.abc import Sequence
from typing import Final

from ledger.errors import ConfigurationError
from ledger.store.sql import Migration

_COMMENT: Final = re.compile(r"version (\d+), compatible from (\d+)")


def check_version(stored: int, comment: str | None, known: Sequence[Migration]) -> None:
    """Raises ConfigurationError if a program that knows these migrations cannot run with version `stored`. `comment`:
    the comment of the table `schema_version`."""
    needed, newest = needed_version(known), known[-1].number
    if stored < needed:
        raise ConfigurationError(f"the schema has version {stored}, this program needs {needed}: run init")
    if stored > newest and not _is_compatible(stored, comment, newest):
        raise ConfigurationError(
            f"the schema has version {stored}, this program needs {newest}: a later version of this program has "
            "migrated it, use that one"
        )


def _is_compatible(stored: int, comment: str | None, newest: int) -> bool:
    """Whether the comment speaks of the stored version, and a program that knows `newest` runs with that version."""
    stated = _COMMENT.fullmatch(comment or "")
    return stated is not None and int(stated[1]) == stored and int(stated[2]) <= newest


def needed_version(known: Sequence[Migration]) -> int:
    """The oldest version of the schema with which a program runs that knows these migrations."""
    return max([migration.number for migration in known if not migration.online], default=0)


def comment_of(applied: Sequence[Migration]) -> str:
    """The comment of the table `schema_version` after these migrations."""
    oldest = max([migration.compatible_from for migration in applied])
    return f"version {applied[-1].number}, compatible from {oldest}"
