"""One page about one named thing: its kind, its data, and the questions to ask next."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from asyncpg import Record
from msgspec import UNSET, Raw, UnsetType

from ledger.answers.lists import ListedRecordAnswer, NextQuestion, ShownAnswer
from ledger.errors import NotFound
from ledger.service.queries.lists.lots import read_listed_lots
from ledger.service.queries.lists.records import read_listed_records
from ledger.service.queries.records import read_organizations
from ledger.service.queries.tree_size import Moment, moment_at
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
        ("the record with its entry, leaves and findings", "show {record} --json", "/v1/records/{record}"),
        ("its receipt", "export bundle {record}", "/v1/records/{record}/proof"),
        ("its issuer", "show {issuer}", "/v1/show?name={issuer}"),
    ),
}
"""By kind of a thing: the question, the arguments of the command, and the route."""


async def read_shown(pool: DatabasePool, name: str, at: int | None = None) -> ShownAnswer:
    """The page about a thing. Raises NotFound if the ledger has nothing of that name, InvalidInput for an invalid tree
    size."""
    moment = await moment_at(pool, at)
    rows = await _named(pool, name, moment)
    if not rows:
        raise NotFound(f"nothing is named {name!r} on the ledger", field="name", value=name, rule=_RULE)
    first, kind = rows[0], rows[0]["kind"]
    (entered,) = await read_listed_records(pool, [first["record"]], moment)
    lots = [] if first["number"] is None else await read_listed_lots(pool, [first["number"]], moment)
    organization = None
    if kind == "organization":
        (organization,) = await read_organizations(pool, first["record"] - 1, 1)
    names = {"id": name, "record": entered.record, "issuer": entered.issuer, "lot": lots[0].lot if lots else ""}
    return ShownAnswer(
        id=name, kind=kind, entered=entered, also=[row["kind"] for row in rows[1:]], lot=lots[0] if lots else None,
        organization=organization, body=UNSET if lots else await _body(pool, entered, moment),
        questions=[
            NextQuestion(question=question, command=command.format(**names),
                         route=route.format(**{key: quote(text, safe="") for key, text in names.items()}))
            for question, command, route in _QUESTIONS[kind]
        ],
    )


async def _named(pool: DatabasePool, name: str, moment: Moment) -> Sequence[Record]:
    """The things of a name, each with its kind, its record and its lot number."""
    sql = queries("lists")
    rows: Sequence[Record] = await pool.fetch(sql["named"], name, moment.size)
    if not rows and len(name) == 64 and not name.strip("0123456789abcdef"):
        rows = await pool.fetch(sql["record_of_digest"], bytes.fromhex(name), moment.size)
    elif not rows and name.isascii() and name.isdecimal() and len(name) <= _DIGITS:
        rows = await pool.fetch(sql["record_of_index"], int(name), moment.size)
    return rows


async def _body(pool: DatabasePool, entered: ListedRecordAnswer, moment: Moment) -> Raw | UnsetType:
    body = None if entered.state == "erased" else await pool.fetchval(
        queries("lists")["body"], entered.index, moment.version)
    return UNSET if body is None else Raw(bytes(body))
