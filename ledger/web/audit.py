"""What an auditor takes: entries with bodies and results, batch roots, balances; in pages."""

import base64
from typing import Annotated, Any

from litestar import Controller, get
from litestar.params import Parameter

from ledger.core.units import plain
from ledger.service.audit.rows import ENTRIES, LOTS, balance_rows, entry_rows, revised_rows, version_rows
from ledger.service.audit.source import RevisedRow, Revisions, Row
from ledger.service.ledger import Ledger
from ledger.store.sql import queries

Start = Annotated[int, Parameter(query="from", ge=0)]
End = Annotated[int, Parameter(query="to", ge=0)]
After = Annotated[int, Parameter(ge=-1)]


class AuditController(Controller):
    path = "/v1/audit"
    tags = ("audit",)

    @get("/entries", summary="Entries with bodies, leaves of their outcomes, flows and shares, at most 1,000")
    async def entries(self, ledger: Ledger, start: Start, end: End) -> list[dict[str, Any]]:
        rows = await entry_rows(ledger.pool, start, min(end, start + ENTRIES))
        return [_row(row) for row in rows]

    @get("/batches", summary="Size and root of every batch, at most 10,000")
    async def batches(self, ledger: Ledger, after: After = 0) -> list[dict[str, Any]]:
        rows = await ledger.pool.fetch(queries("log")["batches"], after, LOTS)
        return [{"size": row["size"], "root": base64.b64encode(row["root"]).decode()} for row in rows]

    @get("/revisions", summary="Records that revise others, with how many rows each has")
    async def revisions(self, ledger: Ledger) -> Revisions:
        return await version_rows(ledger.pool)

    @get("/revised", summary="What the record at an index made of others, at most 1,000")
    async def revised(
        self, ledger: Ledger, index: Annotated[int, Parameter(ge=0)], after: After = -1
    ) -> list[dict[str, Any]]:
        return [_revised(row) for row in await revised_rows(ledger.pool, index, after, ENTRIES)]

    @get("/balances", summary="What is left of each lot, in order of number, at most 10,000")
    async def balances(self, ledger: Ledger, after: After = -1) -> list[dict[str, Any]]:
        found = await balance_rows(ledger.pool, after, LOTS)
        return [
            {"number": one.number, "lot": one.lot, "remaining": plain(one.remaining), "quantity": plain(one.quantity)}
            for one in found
        ]


def _revised(row: RevisedRow) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "index": row.index, "own": row.own, "leaves": [base64.b64encode(leaf).decode() for leaf in row.leaves],
        "outcome": base64.b64encode(row.outcome).decode(), "shares": row.shares,
        "flows": [(number, plain(quantity)) for number, quantity in row.flows],
        "blank": row.blank, "quantities": [plain(quantity) for quantity in row.quantities],
    }
    if row.body is not None:
        answer["body"] = base64.b64encode(row.body).decode()
    return answer


def _row(row: Row) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "index": row.index, "entry": base64.b64encode(row.entry).decode(),
        "leaves": [base64.b64encode(leaf).decode() for leaf in row.leaves],
        "flows": [(number, plain(quantity)) for number, quantity in row.flows], "shares": row.shares,
    }
    if row.body is not None:
        answer["body"] = base64.b64encode(row.body).decode()
    return answer
