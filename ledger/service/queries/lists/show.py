"""One page about one named thing: its kind, its data, and the questions to ask next."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from asyncpg import Record
from msgspec import UNSET, Raw, UnsetType, structs

from ledger.access.policy import Level, record_level
from ledger.admission.facts import LOT_SLOTS
from ledger.answers.lists import ListedRecordAnswer, NextQuestion, ShownAnswer
from ledger.engine.findings import answers_to
from ledger.errors import NotFound
from ledger.service.access.facts import digest_at, made_facts
from ledger.service.access.leaves import leaf_sight
from ledger.service.access.show_lots import show_lots
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.findings import read_stated
from ledger.service.queries.lists.lots import read_listed_lots
from ledger.service.queries.lists.records import read_listed_records
from ledger.service.queries.product.completions import read_completions
from ledger.service.queries.records import read_organizations
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_DIGITS: Final = 15
"""The most digits of a log index."""
_RULE: Final = ("the id of a lot, item, organization, facility, product or pool, or the digest or the log index of a "
                "record; ids distinguish upper and lower case")
_QUESTIONS: Final = {
    "lot": (
        ("the footprint, with its quality", "footprint {id}", "/v1/footprint?lot={id}"),
        ("the origin of each kilogram", "contributions {id}", "/v1/contributions?lot={id}"),
        ("the data gaps, and whom to ask", "gaps {id}", "/v1/gaps?lot={id}"),
        ("the chain of lots upstream", "trace {id} --direction up", "/v1/chain?lot={id}&direction=upstream"),
        ("the record that made it", "show {record}", "/v1/records/{record}"),
    ),
    "item": (
        ("all lots in the life of the item", "show {lot}", "/v1/lots?item={id}"),
    ),
    "organization": (
        ("its stock", "lots --holder {id} --in-stock", "/v1/lot-list?holder={id}&stock=true"),
        ("goods that it received", "received --organization {id}", "/v1/received?organization={id}"),
        ("goods that it delivered", "delivered --organization {id}", "/v1/delivered?organization={id}"),
        ("its records", "records --issuer {id}", "/v1/record-list?issuer={id}"),
        ("the coverage of its purchases", "coverage --organization {id}", "/v1/coverage?organization={id}"),
        ("its restated lots", "changes {id}", "/v1/changes?holder={id}"),
    ),
    "facility": (
        ("lots that it made", "lots --facility {id}", "/v1/lot-list?facility={id}"),
        ("records about it", "records --facility {id}", "/v1/record-list?facility={id}"),
        ("its operator", "show {issuer}", "/v1/show?name={issuer}"),
    ),
    "product": (
        ("its footprint, weighted by production", "footprint --product {id}", "/v1/footprint/product?product={id}"),
        ("lots of it", "lots --product {id}", "/v1/lot-list?product={id}"),
        ("who entered it", "show {issuer}", "/v1/show?name={issuer}"),
    ),
    "pool": (
        ("the chain of lots upstream", "trace {id} --direction up", "/v1/chain?lot={id}&direction=upstream"),
        ("its holder", "show {issuer}", "/v1/show?name={issuer}"),
    ),
    "record": (
        ("the record with its body and findings", "show {record} --json", "/v1/records/{record}"),
        ("its receipt", "export bundle {record}", "/v1/records/{record}/proof"),
        ("its issuer", "show {issuer}", "/v1/show?name={issuer}"),
    ),
}
"""By kind of a thing: the question, the arguments of the command, and the route."""
_OF_OWNER: Final = {"organization": 6, "facility": 2, "product": 2}
"""By kind: the number of questions, from the first, that are answered to the owner of the thing alone."""


class NamedThing(NamedTuple):
    """A thing of a kind: the record that entered it, and the number of the lot, of lots and items. `full`: the caller
    sees the record, `body`: its body."""

    kind: str
    record: int
    number: int | None
    full: bool = True
    body: bool = True


async def read_shown(
    pool: DatabasePool, name: str, at: int | None = None, sight: Sight = EVERYTHING
) -> ShownAnswer:
    """The page about a thing. Raises NotFound if the ledger has nothing of that name, InvalidInput for an invalid tree
    size."""
    as_of = await as_of_size(pool, at)
    rows = [NamedThing(row["kind"], row["record"], row["number"]) for row in await _named(pool, name, as_of)]
    rows = rows if sight.whole else await _visible(pool, sight, name, rows, as_of)
    if not rows:
        raise NotFound(f"nothing is named {name!r} on the ledger", field="name", value=name, rule=_RULE)
    first, kind = rows[0], rows[0].kind
    (entered,) = await read_listed_records(pool, [first.record], as_of)
    if not first.full:
        entered = structs.replace(entered, facility=None, process=None, lots=0)
    lots = [] if first.number is None else await show_lots(
        pool, sight, await read_listed_lots(pool, [first.number], as_of), at)
    shown = [first.record] if kind == "record" and first.full else []
    findings = list((await read_stated(pool, shown, as_of)).get(first.record, ())) if shown else []
    completions = await read_completions(pool, name, as_of) if kind == "product" else []
    organization = None
    if kind == "organization":
        (organization,) = await read_organizations(pool, first.record - 1, 1)
    owner = name if kind == "organization" else entered.issuer
    names = {"id": name, "record": entered.record, "issuer": entered.issuer, "lot": lots[0].lot if lots else ""}
    return ShownAnswer(
        id=name, kind=kind, entered=entered, also=[row.kind for row in rows[1:]], lot=lots[0] if lots else None,
        organization=organization, body=UNSET if lots or not first.body else await _body(pool, entered, as_of),
        findings=findings, to_answer=answers_to([one.code for one in findings]),
        completions=completions, sight=None if first.full else "totals",
        questions=[
            NextQuestion(question=question, command=command.format(**names),
                         route=route.format(**{key: quote(text, safe="") for key, text in names.items()}))
            for question, command, route in _questions(kind, sight.of_own(owner))
        ],
    )


def _questions(kind: str, is_own: bool) -> Sequence[tuple[str, str, str]]:
    """The questions that the caller gets an answer to. `is_own`: whether it sees everything of the owner."""
    return _QUESTIONS[kind] if is_own else _QUESTIONS[kind][_OF_OWNER.get(kind, 0):]


async def _visible(
    pool: DatabasePool, sight: Sight, name: str, things: Sequence[NamedThing], as_of: AsOf
) -> list[NamedThing]:
    """The things that the caller sees. An item is its newest lot among those that the caller sees."""
    records = {one.log_index: one for one in await made_facts(pool, {thing.record for thing in things})}
    named = [lot for lot in sight.named if lot.number < as_of.size * LOT_SLOTS]
    lots = {lot.number for lot in named}
    of_item = [lot.number for lot in named if lot.item == name]
    visible = []
    for thing in things:
        if thing.kind == "item" and of_item:
            thing = thing._replace(number=max(of_item), record=max(of_item) // LOT_SLOTS)
        full = thing.record in records and record_level(sight.rights, records[thing.record]) == Level.FULL
        is_seen = thing.number in lots if thing.number is not None else full
        body = full
        if thing.kind == "record" and not full:
            # The gate has admitted the record: as one of a party, or by a grant.
            is_seen, body = True, (await leaf_sight(pool, sight.rights, await digest_at(pool, thing.record))).party
        if is_seen:
            visible.append(thing._replace(full=full, body=body))
    return visible


async def _named(pool: DatabasePool, name: str, as_of: AsOf) -> Sequence[Record]:
    """The things of a name, each with its kind, its record and its lot number."""
    sql = queries("lists")
    rows: Sequence[Record] = await pool.fetch(sql["named"], name, as_of.size)
    if not rows and len(name) == 64 and not name.strip("0123456789abcdef"):
        rows = await pool.fetch(sql["record_of_digest"], bytes.fromhex(name), as_of.size)
    elif not rows and name.isascii() and name.isdecimal() and len(name) <= _DIGITS:
        rows = await pool.fetch(sql["record_of_index"], int(name), as_of.size)
    return rows


async def _body(pool: DatabasePool, entered: ListedRecordAnswer, as_of: AsOf) -> Raw | UnsetType:
    body = None if entered.state == "erased" else await pool.fetchval(
        queries("lists")["body"], entered.index, as_of.version)
    return UNSET if body is None else Raw(bytes(body))
