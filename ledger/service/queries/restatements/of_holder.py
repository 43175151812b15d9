"""The restatements of a holder's lots: the footprint before and after each revision, page by page."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.stored import ChangeAnswer, ChangesAnswer, Next
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.errors import NotFound
from ledger.footprint.derived.findings import about, findings_in
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.tree_size import EVER
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_QUESTIONED = SLOT[QUESTIONED]
LOOKED_AT = 5_000
"""The most revised records that a query examines for a page, whoever holds their lots."""


class ChangesPage(NamedTuple):
    """The start of a page: the revision at log index `since`, after the lot with number `after`; and its length."""

    since: int = 0
    after: int = -1
    limit: int = 1_000


class _Reason(Struct):
    reason: str | None = None


_reason = msgspec.json.Decoder(_Reason)


async def read_changes(
    pool: DatabasePool, holder: str, page: ChangesPage, looked_at: int = LOOKED_AT, sight: Sight = EVERYTHING,
) -> ChangesAnswer:
    """The lots that `holder` holds or held and whose figures or quantity were revised. Of a revising record that the
    caller does not see, the answer has the index only; of findings about a hidden record, the codes.

    The answer is in the order of
    the revising records and, within each, of the lots. Raises NotFound if `holder` is not an organisation
    on the ledger.
    """
    sql, (since, after, limit) = queries("read"), page
    async with pool.acquire() as connection:
        if not await connection.fetchval(sql["is_organization"], holder):
            raise NotFound(f"organisation {holder!r} is not on the ledger", field="holder", value=holder,
                           rule="the id of an organisation")
        until = await connection.fetchrow(sql["looked_until"], since, (after + 1) // LOT_SLOTS, looked_at - 1)
        end = (EVER, EVER) if until is None else (until["index"], until["record"])
        rows = await connection.fetch(sql["changes"], holder, since, after, *end, limit + 1)
        shown = rows[:limit]
        revising = await connection.fetch(sql["revising"], list({row["index"] for row in shown}))
    following = None
    if len(rows) > limit:
        following = Next(since=shown[-1]["index"], after=shown[-1]["number"])
    elif until is not None:
        following = Next(since=until["index"], after=until["record"] * LOT_SLOTS + LOT_SLOTS - 1)
    visible = await sight.in_full(pool, {row[name] for row in shown for name in ("index", "record")})
    changes = _answers(shown, {row["index"]: row for row in revising})
    return ChangesAnswer(
        changes=[_seen(change, row["record"], visible) for change, row in zip(changes, shown, strict=True)],
        next=following)


def _seen(change: ChangeAnswer, record: int, visible: Collection[int]) -> ChangeAnswer:
    """The change as a caller sees it. `record` made the lot."""
    if change.index not in visible:
        change = replace(change, record="", type="", reason=None)
    if record not in visible:
        change = replace(change, findings=[replace(finding, amount=None) for finding in change.findings])
    return change


def _answers(rows: Sequence[Record], revising: Mapping[int, Record]) -> list[ChangeAnswer]:
    reasons = {index: _reason.decode(row["body"]).reason for index, row in revising.items()}
    return [_answer(row, revising[row["index"]], reasons[row["index"]]) for row in rows]


def _answer(row: Record, by: Record, reason: str | None) -> ChangeAnswer:
    before, now = footprint(row["burdens_before"]), footprint(row["burdens"])
    quantity, earlier = (
        Quantity(value=plain(row[name]), unit=row["unit"]) for name in ("quantity", "quantity_before")
    )
    earlier_burdens, burdens = tuple(row["burdens_before"]), tuple(row["burdens"])
    stated = [] if row["leaf"] is None else findings_in(row["record"], row["leaf"]).findings
    return ChangeAnswer(
        questioned_before=earlier_burdens[_QUESTIONED], questioned=burdens[_QUESTIONED],
        findings=about(stated, row["number"] % LOT_SLOTS),
        index=row["index"], record=by["digest"], type=by["type"], lot=row["id"], product=row["product"],
        quantity=quantity, quantity_before=None if earlier == quantity else earlier, footprint_before=before,
        footprint=now, difference=now - before, withdrawn=row["withdrawn"], reason=reason,
    )
