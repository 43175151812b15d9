"""The titles of many lots, as each lot's footprint has it, from the columns of a list."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.title_limit import stated_limit
from ledger.core.outcome.assessment import QUESTIONED, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.footprint.derived.completeness import WITHDRAWN, doubtful_of, referenced
from ledger.footprint.stored.burdens import SLOT, Vector
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class TitleLimits(NamedTuple):
    """The settings of the limit of titles, in log order: index and share."""

    settings: Sequence[tuple[int, str | None]]

    def at(self, index: int) -> float:
        """The limit in force for the record of a log index."""
        return stated_limit(next((share for record, share in reversed(self.settings) if record < index), None))


async def read_title_limits(pool: DatabasePool, size: int) -> TitleLimits:
    rows = await pool.fetch(queries("lists")["title_limits"], size)
    return TitleLimits([(row["record"], row["share"]) for row in rows])


def title_of(row: Record, limits: TitleLimits) -> str:
    """The title of a lot from its row of the query `lots`."""
    if row["withdrawn"]:
        return WITHDRAWN
    known = True
    if row["outcome"] is not None:
        assessment = _assessment.decode(_leaf.decode(row["outcome"]).assessment)
        known = referenced(assessment, row["number"] % LOT_SLOTS)
    return doubtful_of(tuple(row["burdens"]), limits.at(row["index"]), referenced=known).title


class WeakParts(NamedTuple):
    """The weak parts of a figure, in kg CO2e, the number of omissions without an estimate, and the part of primary
    data; None if there is no amount."""

    questioned: float
    omitted: float
    provisional: float
    unestimated: float
    primary_share: float | None


def weak_parts(burdens: Vector) -> WeakParts:
    absolute = burdens[SLOT["absGhg"]]
    return WeakParts(
        burdens[SLOT[QUESTIONED]], burdens[SLOT["omittedAbs"]], burdens[SLOT["provisionalAbs"]],
        burdens[SLOT["unestimated"]], burdens[SLOT["primaryAbs"]] / absolute if absolute else None,
    )
