"""The gate before each query: evaluates the declarations of a route for the parameters of a request.

Unknown and forbidden things run the same statements and get the same answer, so nobody can test whether a thing exists.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from asyncpg import Record

from ledger.access.accesses import AskedName
from ledger.access.caller import Caller
from ledger.access.declared import (
    Declaration,
    Declared,
    OfLot,
    OfOrganization,
    OfRecord,
    OfThing,
)
from ledger.access.policy import Level, LotConcerns, lot_level, organization_level, record_level
from ledger.access.rights import Rights
from ledger.core.record.kinds import PUBLIC_TYPES
from ledger.errors import NotFound
from ledger.service.access.facts import (
    NO_LOTS,
    NamedLots,
    asked_lot,
    asked_record,
    digest_at,
    figured_lots,
    lot_keys,
    named_lots,
    organizations_of,
    record_facts,
)
from ledger.service.access.granted import GrantedRecords
from ledger.service.access.leaves import revises_seen
from ledger.service.access.rights import AskingCaller
from ledger.service.access.sight import Sight
from ledger.service.access.walk import hidden_parts, visible_upstream
from ledger.service.queries.footprint.row import figure_key, figure_statement
from ledger.service.queries.records import digest_from
from ledger.service.queries.tree_size import EVER, NOW
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Values = Mapping[str, Sequence[str]]
"""The values of a request's parameters, of its path and its query."""

_RULE: Final = "the name of something that you may see"
REVISED: Final = "revised"
"""The parameter that names a record which the asked record revises: whoever sees the revised one sees its new leaf."""
AT: Final = "at"
"""The parameter that names a tree size."""
ITEM: Final = "item"
"""The parameter that names an item; others name a lot."""
_DIGITS: Final = 15
_NO_ROWS: Final[Mapping[str, Record]] = {}


class _NamedThings(NamedTuple):
    """The lots that a request names; for the access log, the names in it and the organisations whose non-public data
    they name."""

    lots: Mapping[str, NamedLots]
    owners: set[str]
    asked: list[AskedName]


class _LotNames(NamedTuple):
    """The names of lots in a request. `more`: they may be of items and pools. `figures`: the answer is the stored
    figure of each."""

    names: list[str]
    more: bool
    figures: bool


class Gate:
    """Admits requests, or refuses them. `is_open`: everybody sees everything on this ledger, and the gate is not
    asked."""

    def __init__(self, pool: DatabasePool, *, is_open: bool) -> None:
        self._pool, self.is_open = pool, is_open

    async def admit(self, asking: AskingCaller, declared: Declared, values: Values) -> Sight | None:
        """The sight that a caller has of the named things; None if the caller's token has ended. Raises NotFound if the
        ledger has no such thing, or if the caller sees nothing of it. Raises Denied if the answer needs a chain without
        hidden parts."""
        rights, lots_named, rows = await self._read(asking, declared, values)
        if rights is None:
            return None
        reading = _NamedThings(lots_named, set(), [])
        level = Level.FULL
        lots: list[LotConcerns] = []
        for declaration in declared:
            seen, named = await self._seen(rights, declaration, values, reading)
            level = min(level, seen)
            lots += named
        return Sight(rights, level, tuple(lots), frozenset(reading.owners), tuple(reading.asked), None, rows)

    async def _read(
        self, asking: AskingCaller, declared: Declared, values: Values
    ) -> tuple[Rights | None, Mapping[str, NamedLots], Mapping[str, Record]]:
        """The caller's rights and the lots that the request names, in one turn; and the rows of their figures, if the
        answer needs these and the caller is a party to the lots. The row of another lot takes longer than no row, so it
        is read once the caller is known to see the lot: the time would tell which lots exist."""
        of_caller = queries("access")["rights"]
        named = _names_of_lots(declared, values)
        keys = lot_keys(named.names, more=named.more, size=_size(values))
        if AT in values or not named.figures or asking.reader is None:
            rights, lots = await self._pool.fetch_together((of_caller, queries("sight")["lots"]), asking.keys, keys)
            return asking.rights(rights), named_lots(lots), _NO_ROWS
        figures = [figure_key(name, NOW, asking.reader) for name in named.names]
        rights, figured = await self._pool.fetch_together((of_caller, figure_statement()), asking.keys, figures)
        rows = {row["id"]: row for each in figured for row in each}
        held = asking.rights(rights)
        if held is not None and (held.has_period or not rows.keys() >= set(named.names)):
            return held, named_lots(await self._pool.fetch_each(queries("sight")["lots"], keys)), rows
        return held, figured_lots(rows.values()), rows

    async def _seen(
        self, rights: Rights, declaration: Declaration, values: Values, reading: _NamedThings
    ) -> tuple[Level, list[LotConcerns]]:
        """Adds the organisations whose non-public data are named and the looked-up names to `reading`."""
        match declaration:
            case OfLot():
                return await self._lots(rights, declaration, values, reading)
            case OfRecord():
                return await self._record(rights, declaration.parameter, values, reading), []
            case OfOrganization():
                given = _given(declaration.parameters, values) or _given(declaration.otherwise, values)
                return (await self._organizations(rights, given, reading) if given else Level.FULL), []
            case OfThing():
                return await self._thing(rights, declaration.parameter, values, reading)
        return Level.FULL, []

    async def _lots(
        self, rights: Rights, declaration: OfLot, values: Values, reading: _NamedThings
    ) -> tuple[Level, list[LotConcerns]]:
        given = _given(declaration.parameters, values)
        if not given:
            return Level.FULL, []
        levels: list[Level] = []
        lots: list[LotConcerns] = []
        for parameter, name in given:
            named = reading.lots.get(name, NO_LOTS)
            meant = named.item if parameter == ITEM else [
                named.at_start(_last(values, "direction"), _size(values)) if declaration.pools else named.lot]
            seen = [(each, lot_level(rights, each)) for each in meant if each is not None]
            seen = [(each, level) for each, level in seen if level >= declaration.at_least]
            if not seen:
                raise _unseen(rights.caller, parameter, name)
            levels += [level for _, level in seen]
            reading.asked.append(asked_lot(name, [each for each, _ in seen]))
            lots += [each for each, _ in seen]
        reading.owners.update([each.record.issuer for each in lots])
        if declaration.whole:
            reading.owners.update(await self._whole_chain(rights, [each.number for each in lots], given[0]))
        return min(levels), lots

    async def _whole_chain(self, rights: Rights, lots: Sequence[int], given: tuple[str, str]) -> Collection[str]:
        """The issuers of all records upstream of lots, whose data the answer tells. Raises Denied if parts are
        hidden."""
        if rights.everything:
            rows = await self._pool.fetch(queries("sight")["issuers"], list(lots), NOW.version)
            return [row["issuer"] for row in rows]
        visible = await visible_upstream(self._pool, rights, lots, NOW)
        if visible.hidden:
            raise hidden_parts(*given)
        return visible.owners

    async def _record(self, rights: Rights, parameter: str, values: Values, reading: _NamedThings) -> Level:
        level = Level.FULL
        for _, text in _given((parameter,), values):
            digest = digest_from(text)
            facts = (await record_facts(self._pool, [digest])).get(text)
            seen = Level.NOTHING if facts is None else record_level(rights, facts)
            if seen < Level.FULL:
                granted = GrantedRecords(self._pool, rights)
                await granted.read_all()
                if facts is not None and await granted.covers(facts.log_index, facts.type, facts.issuer):
                    seen = Level.FULL
            for number in values.get(REVISED, ()) if seen == Level.NOTHING else ():
                revising = -1 if facts is None else facts.log_index
                if await revises_seen(self._pool, rights, revising, _index(number)):
                    seen = Level.TOTALS
            if facts is None or seen == Level.NOTHING:
                raise _unseen(rights.caller, parameter, text)
            reading.asked.append(asked_record(text, [facts]))
            if facts.type not in PUBLIC_TYPES:
                reading.owners.add(facts.issuer)
            level = min(level, seen)
        return level

    async def _organizations(
        self, rights: Rights, given: Sequence[tuple[str, str]], reading: _NamedThings
    ) -> Level:
        named = await organizations_of(self._pool, [name for _, name in given])
        for parameter, name in given:
            if name not in named or organization_level(rights, named[name]) < Level.FULL:
                raise _unseen(rights.caller, parameter, name)
            reading.asked.append(AskedName(name, frozenset({named[name]})))
            reading.owners.add(named[name])
        return Level.FULL

    async def _thing(
        self, rights: Rights, parameter: str, values: Values, reading: _NamedThings
    ) -> tuple[Level, list[LotConcerns]]:
        """A record, lot, item, organisation, facility, product or pool; all kinds are looked up for every name."""
        given = _given((parameter,), values)
        if not given:
            return Level.FULL, []
        name = given[0][1]
        lots = reading.lots.get(name, NO_LOTS).all()
        organizations = await organizations_of(self._pool, [name])
        by_index = await digest_at(self._pool, _index(name))
        records = await record_facts(self._pool, [_digest_or_none(name), by_index])
        levels = {each.number: lot_level(rights, each) for each in lots}
        seen = [*levels.values(), *[record_level(rights, each) for each in records.values()]]
        if name in organizations:
            # Organisations are public; their facilities and products are not.
            is_public = organizations[name] == name
            seen.append(Level.FULL if is_public else organization_level(rights, organizations[name]))
        # A name may stand for several things, and the answer may be about any of those that the caller sees.
        level = min([level for level in seen if level > Level.NOTHING], default=Level.NOTHING)
        if level == Level.NOTHING:
            raise _unseen(rights.caller, parameter, name)
        reading.asked.extend([
            asked_lot(name, lots), asked_record(name, records.values()),
            AskedName(name, frozenset({organizations[name]} if name in organizations else ()))])
        reading.owners.update([each.record.issuer for each in lots if levels[each.number] > Level.NOTHING])
        reading.owners.update([each.issuer for each in records.values() if each.type not in PUBLIC_TYPES])
        reading.owners.update({organizations[name]} - {name} if name in organizations else ())
        return level, [each for each in lots if levels[each.number] > Level.NOTHING]


def _names_of_lots(declared: Declared, values: Values) -> _LotNames:
    names: list[str] = []
    more, figures = False, True
    for declaration in declared:
        if isinstance(declaration, OfLot):
            given = _given(declaration.parameters, values)
            more = more or declaration.pools or (ITEM in values and ITEM in declaration.parameters)
            figures = figures and declaration.figure
        elif isinstance(declaration, OfThing):
            given = _given((declaration.parameter,), values)
            more, figures = True, False
        else:
            continue
        names += [name for _, name in given]
    return _LotNames(names, more, figures)


def _given(parameters: Sequence[str], values: Values) -> list[tuple[str, str]]:
    """The named parameters that a request has, with their values."""
    return [(parameter, value) for parameter in parameters for value in values.get(parameter, ())]


def _index(text: str) -> int:
    """A log index; -1 for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else -1


def _last(values: Values, parameter: str) -> str:
    """The value of a parameter that a request has once; empty without it."""
    return (values.get(parameter) or ("",))[-1]


def _size(values: Values) -> int:
    """The tree size of which a request asks."""
    size = _index(_last(values, AT))
    return EVER if size < 0 else size


def _digest_or_none(name: str) -> bytes:
    is_digest = len(name) == 64 and not name.strip("0123456789abcdef")
    return bytes.fromhex(name) if is_digest else b""


def _unseen(caller: Caller, parameter: str, name: str) -> NotFound:
    return NotFound(f"{name!r} is not on the ledger, or is not visible to you", field=parameter, value=name,
                    rule=f"{_RULE}; {_asking(caller)}")


def _asking(caller: Caller) -> str:
    """Who asks, in words for the caller."""
    if caller.client is None:
        return ("you ask as nobody: `carbon-ledger login --key KEY` proves who you are, in HTTP the header "
                "`Authorization: Bearer` with a token of POST /auth/token")
    name = caller.organization or "the holder of a link"
    return f"you ask as {name}" + ("" if "read" in caller.scopes else ", with a token without the scope read")
