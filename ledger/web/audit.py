"""The source of an audit: entries with bodies and results, batch roots and balances, in pages. A log with witnesses
shows only entries below its newest published head, and balances as of that head.
"""

import base64
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, Request, Response, get
from litestar.params import Parameter

from ledger.access.declared import Selected
from ledger.client.audit.source.interface import EntryRow
from ledger.client.audit.source.pages import ENTRIES, MEDIA_TYPE, write_page
from ledger.core.record.units import plain
from ledger.service.access.facts import holders_of, made_facts
from ledger.service.access.sight import Sight
from ledger.service.access_log.noting import owners_of
from ledger.service.audit_source.rows import (
    LOTS,
    balance_rows,
    balance_rows_of,
    batch_rows,
    entry_rows,
    revised_issuers,
    revised_rows,
    version_rows,
)
from ledger.service.audit_source.selected import SelectedRows
from ledger.service.ledger import Ledger
from ledger.service.queries.tree_size import EVER

AUDITED: Final = Selected("hashes and public bodies; bodies and results that the caller may read")

Start = Annotated[int, Parameter(query="from", ge=0)]
End = Annotated[int, Parameter(query="to", ge=0)]
After = Annotated[int, Parameter(ge=-1)]
Lots = Annotated[str | None, Parameter(pattern=r"^[0-9]{1,18}(,[0-9]{1,18}){0,999}$")]


class AuditController(Controller):
    path = "/v1/audit"
    tags = ("audit",)

    @get("/entries", access=AUDITED,
         summary="At most 1,000 entries with their bodies and stored results, as JSON or MessagePack")
    async def entries(
        self, ledger: Ledger, sight: Sight, request: Request[Any, Any, Any], start: Start, end: End
    ) -> Response[bytes]:
        end = min(end, start + ENTRIES, await _published(ledger))
        selected = _selected(ledger, sight)
        rows = await (entry_rows(ledger.pool, start, end) if selected is None else selected.entries(start, end))
        await sight.note(owners_of(rows))
        if MEDIA_TYPE in request.headers.get("Accept", ""):
            return Response(write_page(rows), media_type=MEDIA_TYPE)
        return Response(msgspec.json.encode([_row(row) for row in rows]), media_type="application/json")

    @get("/batches", access=AUDITED, summary="Size and root of at most 10,000 batches")
    async def batches(self, ledger: Ledger, after: After = 0) -> list[dict[str, Any]]:
        return _answers(await batch_rows(ledger.pool, after, LOTS, await _published(ledger)))

    @get("/revisions", access=AUDITED, summary="Records that revise others, each with its number of revised rows")
    async def revisions(self, ledger: Ledger, sight: Sight) -> dict[str, Any]:
        selected, size = _selected(ledger, sight), await _published(ledger)
        if selected is None:
            if sight.noter is not None:
                await sight.note(await revised_issuers(ledger.pool, size))
            return await version_rows(ledger.pool, size)
        rows, issuers = await selected.revisions(size)
        await sight.note(issuers)
        return rows

    @get("/revised", access=AUDITED,
         summary="At most 1,000 results that the record at an index gave to the records that it revises")
    async def revised(
        self, ledger: Ledger, sight: Sight, index: Annotated[int, Parameter(ge=0)], after: After = -1
    ) -> list[dict[str, Any]]:
        if index >= await _published(ledger):
            return []
        selected = _selected(ledger, sight)
        rows = await (revised_rows(ledger.pool, index, after, ENTRIES) if selected is None
                      else selected.revised(index, after, ENTRIES))
        await sight.note({one.issuer for one in await made_facts(ledger.pool, [row["index"] for row in rows])})
        return _answers(rows)

    @get("/balances", access=AUDITED,
         summary="Balances of at most 10,000 lots in order of number: of all, or of those in `lots`")
    async def balances(
        self, ledger: Ledger, sight: Sight, after: After = -1, lots: Lots = None
    ) -> list[dict[str, Any]]:
        size, pool, selected = await _published(ledger), ledger.pool, _selected(ledger, sight)
        numbers = [int(number) for number in (lots or "").split(",") if number]
        if selected is not None:
            rows = selected.balances(after, size) if lots is None else selected.balances_of(numbers, size)
        else:
            rows = balance_rows(pool, after, LOTS, size) if lots is None else balance_rows_of(pool, numbers, size)
        balances = await rows
        await sight.note(await holders_of(pool, [row["number"] for row in balances]))
        return _answers(balances)

    @get("/scope", access=AUDITED, summary="The part of the log that the caller may audit with bodies and results")
    async def scope(self, ledger: Ledger, sight: Sight) -> dict[str, Any]:
        selected = _selected(ledger, sight)
        return {"everything": True} if selected is None else await selected.scope()


def _selected(ledger: Ledger, sight: Sight) -> SelectedRows | None:
    """The rows of a caller who does not see everything; None for one who does."""
    return None if sight.whole else SelectedRows(ledger.pool, sight.rights)


async def _published(ledger: Ledger) -> int:
    """The tree size up to which entries are public."""
    async with ledger.pool.acquire() as connection:
        limit = await ledger.publication.limit(connection)
    return EVER if limit is None else limit


def _answers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as JSON values: bytes as base64, quantities as strings. Columns with NULL are omitted."""
    return [{name: _answer(value) for name, value in row.items() if value is not None} for row in rows]


def _answer(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return plain(value)
        case list() | tuple():
            return [_answer(one) for one in value]
        case dict():
            return {name: _answer(part) for name, part in value.items()}
        case _:
            return value


def _row(row: EntryRow) -> dict[str, Any]:
    return msgspec.structs.asdict(row) | {"lots": [msgspec.Raw(lot.encode()) for lot in row.lots]}
