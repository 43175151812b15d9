"""Records of an organisation, by kind, facility and period."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, get_args

from asyncpg import Record
from msgspec.structs import replace

from ledger.answers.lists import ListedRecordAnswer, RecordListAnswer, RecordState
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import AnyRecord
from ledger.engine.findings import answers_to
from ledger.errors import InvalidInput
from ledger.service.queries.findings import read_stated
from ledger.service.queries.lists.lots import PageRequest
from ledger.service.queries.lists.pages import read_keys
from ledger.service.queries.lists.parties import check_enrolled, operator_of
from ledger.service.queries.periods import Period, period_of
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

KINDS: Final = tuple(sorted([str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)]))
_ALWAYS: Final = Period(None, None)


class RecordQuery(NamedTuple):
    """Records of an `issuer`, or of the operator of a `facility` about the facility; of one `kind`, or of any; that
    ended, or happened, in a period: after `since`, until `until`. `findings`: only those with findings, each with
    them."""

    issuer: str | None = None
    kind: str | None = None
    facility: str | None = None
    since: str | None = None
    until: str | None = None
    at: int | None = None
    findings: bool = False


async def read_record_list(pool: DatabasePool, query: RecordQuery, page: PageRequest) -> RecordListAnswer:
    """A page of records. Raises InvalidInput for a question without issuer and facility, for an empty period and for a
    malformed day or instant; NotFound for an unknown issuer or facility."""
    as_of = await as_of_size(pool, query.at)
    period = period_of(query.since, query.until)
    if query.kind is not None and query.kind not in KINDS:
        raise InvalidInput(f"kind: unknown kind of records {query.kind!r}", code="unknown-kind", field="kind",
                           value=query.kind, rule=f"one of: {' '.join(KINDS)}")
    issuer = await _issuer(pool, query, as_of)
    narrow = query.facility is not None or period != _ALWAYS

    async def candidates(below: int, count: int) -> Sequence[Record]:
        return await pool.fetch(queries("lists")["issued"], issuer, below, count)

    async def matching(rows: Sequence[Record]) -> list[int]:
        indexes = [row["index"] for row in rows if query.kind in (None, row["type"])]
        if query.findings:
            doubted = await read_stated(pool, indexes, as_of)
            indexes = [index for index in indexes if index in doubted]
        if not indexes or not narrow:
            return indexes
        stated = await pool.fetch(queries("lists")["stated"], indexes, as_of.version)
        return [row["index"] for row in stated if query.facility in (None, row["facility"])
                and (period == _ALWAYS or row["ended"] in period)]

    keys = await read_keys(candidates, matching, page.limit, page.below(as_of.size))
    records = await read_listed_records(pool, keys.keys, as_of)
    stated = await read_stated(pool, keys.keys, as_of) if query.findings else {}
    return RecordListAnswer(
        organization=issuer, next=keys.next,
        records=[replace(one, findings=list(stated[one.index])) for one in records] if stated else records,
        to_answer=answers_to([finding.code for findings in stated.values() for finding in findings]),
    )


async def read_listed_records(
    pool: DatabasePool, indexes: Sequence[int], as_of: AsOf
) -> list[ListedRecordAnswer]:
    """Records by log index, newest first."""
    if not indexes:
        return []
    return [_listed(row) for row in await pool.fetch(queries("lists")["records"], indexes, as_of.version)]


async def _issuer(pool: DatabasePool, query: RecordQuery, as_of: AsOf) -> str:
    if query.issuer is not None:
        await check_enrolled(pool, query.issuer, "issuer", as_of)
        return query.issuer
    if query.facility is not None:
        return await operator_of(pool, query.facility, as_of)
    raise InvalidInput("the list has no subject", field="issuer",
                       rule="at least one of the parameters issuer and facility")


def _listed(row: Record) -> ListedRecordAnswer:
    time = datetime.fromtimestamp(parse_entry(bytes(row["data"])).time / 1000, UTC)
    return ListedRecordAnswer(
        index=row["index"], record=row["digest"], type=row["type"], issuer=row["issuer"],
        time=f"{time:%Y-%m-%dT%H:%M:%SZ}", state=_state(row), lots=row["lots"], facility=row["facility"],
        process=row["process"], start=row["started"], end=row["ended"],
    )


def _state(row: Record) -> RecordState:
    if row["erased"]:
        return "erased"
    if row["withdrawn"]:
        return "withdrawn"
    return "amended" if row["amended"] else "inForce"
