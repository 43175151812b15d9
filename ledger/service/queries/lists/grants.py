"""Grants of an organisation, and readers, with their state now."""

import msgspec
from asyncpg import Record

from ledger.answers.granted import GrantAnswer, GrantListAnswer, ReaderAnswer, ReaderListAnswer, RightState
from ledger.core.record.kinds import AppointedReader, Grant
from ledger.service.access.sight import Sight
from ledger.service.queries.lists.lots import PageRequest
from ledger.service.queries.lists.parties import check_enrolled
from ledger.service.queries.tree_size import as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_grant = msgspec.json.Decoder(Grant)
_reader = msgspec.json.Decoder(AppointedReader)


async def read_grant_list(
    pool: DatabasePool, organization: str, page: PageRequest, sight: Sight
) -> GrantListAnswer:
    """A page of grants, of which the caller sees the grantor or is the grantee. Raises NotFound for an organisation
    that is not on the ledger."""
    as_of = await as_of_size(pool, None)
    await check_enrolled(pool, organization, "organization", as_of)
    rows = await pool.fetch(queries("access")["grants"], organization, page.below(as_of.size), page.limit + 1)
    shown = rows[: page.limit]
    grants = [_granted(row) for row in shown if sight.of_own(row["grantor"]) or row["grantee"] in sight.rights.own]
    return GrantListAnswer(organization=organization, grants=grants,
                           next=shown[-1]["index"] if len(rows) > page.limit else None)


async def read_reader_list(pool: DatabasePool, page: PageRequest) -> ReaderListAnswer:
    """A page of readers."""
    as_of = await as_of_size(pool, None)
    rows = await pool.fetch(queries("access")["readers"], page.below(as_of.size), page.limit + 1)
    readers = [_appointed(row) for row in rows[: page.limit]]
    return ReaderListAnswer(readers=readers, next=readers[-1].index if len(rows) > page.limit else None)


def _granted(row: Record) -> GrantAnswer:
    return GrantAnswer(
        index=row["index"], record=row["digest"], grantor=row["grantor"], depth=row["depth"], until=row["expires"],
        purpose=_grant.decode(row["body"]).purpose, state=_state(row), grantee=row["grantee"],
        link=row["link"] is not None, lot=row["lot"], product=row["product"], declaration=row["declaration"],
        start=row["starts"], end=row["ends"], publish=row["publish"], revoked=row["revoked"],
        compromised=row["compromised"],
    )


def _appointed(row: Record) -> ReaderAnswer:
    return ReaderAnswer(
        index=row["index"], record=row["digest"], organization=row["organization"],
        purpose=_reader.decode(row["body"]).purpose, state=_state(row), until=row["expires"], revoked=row["revoked"],
        compromised=row["compromised"],
    )


def _state(row: Record) -> RightState:
    if row["revoked"] is not None:
        return "revoked"
    if row["compromised"] is not None:
        return "compromised"
    return "expired" if row["expired"] else "inForce"
