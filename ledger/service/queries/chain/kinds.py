"""The kg CO2e that the records of a chain add, by kind: for drawings of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.drawings.sankey.kinds import kinds_of
from ledger.drawings.sankey.model import Kind
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MOST_DIVIDED: Final = 2_000
"""The most records of a chain whose amounts are divided by kind."""
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


async def read_kinds(pool: DatabasePool, records: Sequence[int], as_of: AsOf) -> dict[str, Mapping[Kind, float]]:
    """Kg CO2e that whole records add, by digest and kind. `records`: by log index, such as the caller sees in full.
    Empty for more than MOST_DIVIDED records."""
    if len(records) > MOST_DIVIDED:
        return {}
    divided: dict[str, Mapping[Kind, float]] = {}
    for row in await pool.fetch(queries("chain")["details"], list(records), as_of.version):
        if row["leaf"] is not None:
            leaf = _leaf.decode(row["leaf"])
            divided[row["digest"]] = kinds_of(_assessment.decode(leaf.assessment), read(leaf.covered))
    return divided
