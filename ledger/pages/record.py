"""The page of a record: its body, its findings and how to answer them, its lots, its place in the log."""

from typing import Any, Final

import msgspec
from litestar import Controller, Response, get
from msgspec import UNSET, structs

from ledger.access.declared import OfRecord
from ledger.access.policy import Level
from ledger.engine.findings import answers_to, finding_codes
from ledger.pages.foreign import escaped
from ledger.pages.names import names_of
from ledger.pages.reading import listed
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords
from ledger.service.access.leaves import leaf_sight
from ledger.service.access.show_lots import show_lots
from ledger.service.access.show_records import show_record
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.lots import read_listed_lots
from ledger.service.queries.lists.records import read_listed_records
from ledger.service.queries.newest import read_lots_of_record
from ledger.service.queries.records import digest_from, read_record
from ledger.service.queries.tree_size import NOW

LOTS: Final = 50


class RecordPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("record/{digest:str}"), access=OfRecord(), media_type="text/html")
    async def record(self, request: AnyRequest, digest: str, ledger: Ledger, sight: Sight) -> Response[str]:
        answer = await read_record(ledger.pool, digest)
        full = sight.level == Level.FULL
        seen = await leaf_sight(ledger.pool, sight.rights, digest_from(digest), full=full)
        record = await show_record(ledger.pool, sight.rights, answer, seen)
        numbers = await read_lots_of_record(ledger.pool, record.index, LOTS) if full else []
        made = await show_lots(ledger.pool, sight, await read_listed_lots(ledger.pool, numbers, NOW), None)
        lots = await listed(ledger, sight, made)
        (entered,) = await read_listed_records(ledger.pool, [record.index], NOW)
        if not full:
            entered = structs.replace(entered, facility=None, process=None)
        visit = visit_of(request, ledger, None, sight.rights.caller.organization)
        words = PageWords(visit.language)
        names = await names_of(ledger, sight, words, [
            record.issuer, entered.facility, *[one for lot in lots for one in (lot.product, lot.holder)]])
        return page(
            "record.html", visit, record=record, listed=entered, lots=lots, names=names, full=full,
            body=None if record.body is UNSET else _indented(bytes(record.body)), codes=finding_codes(),
            answers=answers_to([one.code for one in record.findings]), title_of=lambda title: title_in(words, title))


def _indented(body: bytes) -> str:
    """The body, a field a line, for reading; the signed bytes have no spaces."""
    value: Any = msgspec.json.decode(body)
    return escaped(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
