"""The names that organisations, facilities and products state, for pages that show names instead of ids."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from ledger.service.access.sight import Sight
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Names = Mapping[str, Mapping[str, str]]
"""By id: the names by language, such as `en` and `zh`."""


class _NamingRecord(Struct):
    """The part of a record that this module reads."""

    type: str
    names: dict[str, str] = {}


_named = msgspec.json.Decoder(_NamingRecord)
_ORGANIZATION = "organization"


async def read_names(pool: DatabasePool, sight: Sight, ids: Collection[str]) -> Names:
    """The names of the things with these `ids`; a thing without names is left out. Names of facilities and products are
    for callers who see everything of their organisation; organisations are public."""
    rows = await pool.fetch(queries("pages")["names"], sorted(ids))
    named = {}
    for row in rows:
        if row["body"] is not None:
            record = _named.decode(row["body"])
            if record.names and (record.type == _ORGANIZATION or sight.of_own(row["owner"])):
                named[row["id"]] = record.names
    return named
