"""The rows of an audit for a caller who does not see everything.

Records that the caller sees in full are as in the whole log. A party's record has its body and the leaves of the
party's own lots; the seed, from which the salts of all leaves follow, is left out. Of every other entry there are the
bytes that the public log shows. Lots of hidden records that visible records take come with the leaf that commits to
them, so that the caller can recompute the visible records.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.access.policy import Level, record_level
from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS, ProductFacts, product_facts
from ledger.client.audit.checks.stored_lots import read_lot, stored_leaf
from ledger.client.audit.source.interface import EntryRow, GivenLot, ProvenPlace
from ledger.client.audit.source.pages import ENTRIES
from ledger.core.log.merkle import all_paths, inclusion_path, leaf_hash
from ledger.core.record.kinds import Product, ProductCompletion
from ledger.service.access.facts import concerned, organizations_of
from ledger.service.access.granted import GrantedRecords
from ledger.service.audit_source.rows import (
    LOTS,
    Raw,
    balance_rows_of,
    entry_rows,
    revised_rows,
    stored_leaves,
)
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_MOST_PROVED: Final = 65_536
"""The paths of so many leaves take some 10 MB."""
_product: msgspec.json.Decoder[Product] = msgspec.json.Decoder(Product)
_completion: msgspec.json.Decoder[ProductCompletion] = msgspec.json.Decoder(ProductCompletion)


class _Shown(NamedTuple):
    """Log indexes: of records that the caller sees in full, and of records that it sees as a party."""

    full: frozenset[int]
    party: frozenset[int]


class _Leaves(NamedTuple):
    """The leaves of a record, and the rows of its lots; `revision` proves them if a later record has changed them."""

    leaves: Sequence[bytes]
    lots: Sequence[str]
    revision: ProvenPlace | None = None


class SelectedRows:
    """The rows of one ledger for one caller, who does not see everything."""

    def __init__(self, pool: DatabasePool, rights: Rights) -> None:
        self._pool, self._rights = pool, rights
        self._readable = sorted(rights.own | rights.whole_grantors)
        self._granted = GrantedRecords(pool, rights)

    async def entries(self, start: int, end: int) -> list[EntryRow]:
        """As `entry_rows`, with the columns that the caller may read."""
        rows = await entry_rows(self._pool, start, end)
        shown = await self._shown([row.index for row in rows])
        wanted = {row.index: _own_lots(row, self._rights.own) for row in rows if row.index in shown.party}
        taken = {row.index: [lot for lot, _ in row.flows] for row in rows if row.index in shown.full}
        makers = {lot // LOT_SLOTS for lots in taken.values() for lot in lots}
        outside = (await self._shown(sorted(makers - {row.index for row in rows}))).full
        for index, lots in taken.items():
            wanted[index] = [lot for lot in dict.fromkeys(lots) if lot // LOT_SLOTS not in shown.full | outside]
        given = await self._given({index: lots for index, lots in wanted.items() if lots})
        hidden = await self._hidden_sites([row for row in rows if row.index in shown.full])
        return [_without_sites(_selected(row, shown, given.get(row.index, [])), hidden) for row in rows]

    async def _hidden_sites(self, rows: Sequence[EntryRow]) -> frozenset[str]:
        """Facilities of hidden organisations that the lots of visible records have from their inputs."""
        lots = [lot for row in rows for lot in map(read_lot, row.lots)]
        sites = {site for lot in lots for site in (lot.facility, lot.place) if site is not None}
        operators = await organizations_of(self._pool, sorted(sites)) if sites else {}
        known = {*self._readable, *[grant.grantor for grant in self._rights.grants if grant.depth == "full"]}
        return frozenset([site for site in sites if operators.get(site) not in known])

    async def revisions(self, size: int) -> tuple[Raw, set[str]]:
        """The records that revise records that the caller sees in full, and the issuers of the revised records. Their
        counts would count hidden records."""
        partly = {grant.grantor for grant in self._rights.grants if grant.depth == "full"}.difference(self._readable)
        rows = await self._pool.fetch(queries("sight")["revisers"], [*self._readable, *partly], size, sorted(partly))
        asked = sorted(
            {index for row in rows if row["records"] is not None for index in (row["reviser"], *row["records"])})
        seen = set[int]()
        for start in range(0, len(asked), ENTRIES):
            seen |= (await self._shown(asked[start:start + ENTRIES])).full
        shown = [row for row in rows
                 if row["records"] is None or not seen.isdisjoint((row["reviser"], *row["records"]))]
        counts = {"revised": 0, "figures": 0, "flows": 0, "lots": 0}
        revisers = sorted({row["reviser"] for row in shown})
        return {"counted": len(revisers), "versions": [
            {"version": number, "record": reviser, **counts} for number, reviser in enumerate(revisers, start=1)
        ]}, {row["issuer"] for row in shown}

    async def revised(self, index: int, after: int, limit: int) -> list[Raw]:
        """As `revised_rows`, of records that the caller sees in full."""
        while rows := await revised_rows(self._pool, index, after, limit):
            shown = (await self._shown([row["index"] for row in rows])).full
            visible = [row for row in rows if row["index"] in shown]
            if visible:
                return await self._with_proofs(index, visible)
            after = rows[-1]["index"]
        return []

    async def _with_proofs(self, index: int, revised: list[Raw]) -> list[Raw]:
        """Rows of revised records with the leaves of the revising record, unless that is visible itself."""
        if index in (await self._shown([index])).full:
            return revised
        (entry,) = await entry_rows(self._pool, index, index + 1)
        if len(entry.revised) > _MOST_PROVED:
            return revised
        leaves = stored_leaves(entry)
        paths = all_paths([leaf_hash(leaf) for leaf in leaves])
        positions = {revised_index: i for i, (revised_index, _, _) in enumerate(entry.revised, start=1)}
        return [{**row, "revision": {
            "index": index, "leaf": leaves[position], "position": position, "size": len(leaves),
            "path": paths[position],
        }} for row in revised for position in [positions[row["index"]]]]

    async def balances(self, after: int, size: int) -> list[Raw]:
        """The balances of lots whose holder the caller may read as a whole: other balances would tell of uses by hidden
        records."""
        rows = await self._pool.fetch(queries("sight")["readable_lots"], after, LOTS, size, self._readable)
        return await balance_rows_of(self._pool, [row["lot"] for row in rows], size)

    async def balances_of(self, numbers: Sequence[int], size: int) -> list[Raw]:
        rows = await self._pool.fetch(queries("sight")["readable_among"], list(numbers), self._readable)
        return await balance_rows_of(self._pool, [row["lot"] for row in rows], size)

    async def scope(self) -> Raw:
        """The caller's rights: see `AuditScope`."""
        rights = self._rights
        rows = await self._pool.fetch(queries("sight")["digests"], [grant.record for grant in rights.grants])
        digests = {row["index"]: row["digest"] for row in rows}
        return {
            "everything": False, "organization": rights.caller.organization, "own": sorted(rights.own),
            "grants": [{
                "record": grant.record, "digest": digests[grant.record], "grantor": grant.grantor,
                "depth": grant.depth, "lot": grant.lot, "product": grant.product, "start": grant.since,
                "end": grant.until,
            } for grant in rights.grants],
        }

    async def _shown(self, indexes: Sequence[int]) -> _Shown:
        if not indexes:
            return _Shown(frozenset(), frozenset())
        full, party = set[int](), set[int]()
        for facts in await concerned(self._pool, indexes, self._readable):
            in_full = facts.issuer in self._readable or record_level(self._rights, facts) == Level.FULL
            if in_full or await self._granted.covers(facts.log_index, facts.type, facts.issuer):
                full.add(facts.log_index)
            elif facts.parties & self._rights.own:
                party.add(facts.log_index)
        return _Shown(frozenset(full), frozenset(party))

    async def _given(self, wanted: Mapping[int, Sequence[int]]) -> Mapping[int, list[GivenLot]]:
        """Lots by the index of the record that takes them, each as that record has found it."""
        makers = sorted({lot // LOT_SLOTS for lots in wanted.values() for lot in lots})
        if not makers:
            return {}
        first = await self._first_outcomes(makers)
        revisers: dict[int, list[int]] = defaultdict(list)
        for row in await self._pool.fetch(queries("log")["audit_revisions_of"], makers):
            revisers[row["record"]].append(row["reviser"])
        outcomes: dict[tuple[int, int], _Leaves | None] = {(maker, -1): first.get(maker) for maker in makers}
        proven: list[tuple[int, int, _Leaves]] = []
        for index, lots in wanted.items():
            for lot in lots:
                maker = lot // LOT_SLOTS
                reviser = max([one for one in revisers[maker] if one < index], default=-1)
                if (maker, reviser) not in outcomes:
                    outcomes[maker, reviser] = await self._revised_outcome(maker, reviser)
                outcome = outcomes[maker, reviser]
                if outcome is not None:
                    proven.append((index, lot, outcome))
        products = await self._products({read_lot(text).product for _, _, one in proven for text in one.lots})
        given: dict[int, list[GivenLot]] = defaultdict(list)
        for index, lot, outcome in proven:
            given[index] += _proven(lot, outcome, {
                name: replace(product, editions=tuple([one for one in product.editions if one.index < index]))
                for name, product in products.items()
            })
        return given

    async def _first_outcomes(self, makers: Sequence[int]) -> Mapping[int, _Leaves]:
        sql = queries("log")
        lots: dict[int, list[str]] = defaultdict(list)
        for row in await self._pool.fetch(sql["audit_made"], list(makers)):
            lots[row["record"]].append(row["lot"])
        outcomes = {}
        for row in await self._pool.fetch(sql["audit_makers"], list(makers)):
            texts = lots[row["index"]]
            if row["seed"] is not None and row["outcome"] is not None:
                leaves = [stored_leaf(row["seed"], i, text) for i, text in enumerate(texts, start=1)]
                outcomes[row["index"]] = _Leaves([row["outcome"], *leaves], texts)
        return outcomes

    async def _revised_outcome(self, maker: int, reviser: int) -> _Leaves | None:
        """The outcome that the record at `reviser` gave to the one at `maker`; None if it withdrew that."""
        rows = await revised_rows(self._pool, reviser, maker - 1, 1)
        if not rows or rows[0]["index"] != maker or not rows[0]["leaves"]:
            return None
        (entry,) = await entry_rows(self._pool, reviser, reviser + 1)
        position = 1 + [index for index, _, _ in entry.revised].index(maker)
        return _Leaves(rows[0]["leaves"], rows[0]["lots"], _place(reviser, position, stored_leaves(entry)))

    async def _products(self, names: Iterable[str]) -> Mapping[str, ProductFacts]:
        sql = queries("facts")
        rows = await self._pool.fetch(sql["product_bodies"], list(names))
        products = {record.id: product_facts(record) for record in [_product.decode(row["body"]) for row in rows]}
        for row in await self._pool.fetch(sql["completions"], list(products)):
            record = _completion.decode(row["body"])
            products[record.product] = products[record.product].completed(record, row["digest"], row["index"])
        return products


def _own_lots(row: EntryRow, own: frozenset[str]) -> list[int]:
    lots = [read_lot(text) for text in row.lots]
    return [lot.number for lot in lots if lot.holder in own or lot.owner in own]


def _selected(row: EntryRow, shown: _Shown, given: list[GivenLot]) -> EntryRow:
    if row.index in shown.full:
        return replace(row, given=given)
    if row.index in shown.party:
        return EntryRow(row.index, row.entry, row.body, erased=row.erased, given=given)
    return EntryRow(row.index, row.entry)


def _without_sites(row: EntryRow, hidden: frozenset[str]) -> EntryRow:
    """The row without these facilities, and the processes there."""
    return replace(row, lots=[_without_site(text, hidden) for text in row.lots]) if hidden else row


def _without_site(text: str, hidden: frozenset[str]) -> str:
    lot: Any = read_lot(text)
    shown = replace(lot, facility=None, process=None) if lot.facility in hidden else lot
    shown = replace(shown, place=None) if lot.place in hidden else shown
    return text if shown is lot else msgspec.json.encode(shown).decode()


def _proven(lot: int, outcome: _Leaves, products: Mapping[str, ProductFacts]) -> list[GivenLot]:
    """A lot of an outcome with its proof; nothing if its leaf cannot be read."""
    for position, text in enumerate(outcome.lots, start=1):
        row = read_lot(text)
        if row.number == lot:
            place = _place(lot // LOT_SLOTS, position, outcome.leaves)
            known: Any = replace(row, facility=None, process=None, place=None, share=0.0)
            return [GivenLot(msgspec.json.encode(known).decode(), place, products.get(row.product), outcome.revision)]
    return []


def _place(index: int, position: int, leaves: Sequence[bytes]) -> ProvenPlace:
    path = inclusion_path([leaf_hash(leaf) for leaf in leaves], position)
    return ProvenPlace(index, leaves[position], position, len(leaves), path)
