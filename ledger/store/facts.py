"""Loads immutable facts: lots with their figures; organisations, sites and products through a bounded cache."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec
from asyncpg import Record
from msgspec.structs import replace

from ledger.admission.activations import Activations, PluginActivation, PluginState
from ledger.admission.facts import (
    Composition,
    Facts,
    LotFacts,
    OrganizationFacts,
    ProductFacts,
    RecordFacts,
    SiteFacts,
    facility_facts,
    organization_facts,
    pool_facts,
    product_facts,
    transfer_facts,
)
from ledger.admission.names import Names
from ledger.admission.parents import LeftParent, LeftParents
from ledger.admission.rules import Rules
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import (
    AnyRecord,
    Declaration,
    Facility,
    Organization,
    Pool,
    Product,
    ProductCompletion,
    Transfer,
)
from ledger.core.signatures.signing import VerifyingKey, load_spki
from ledger.footprint.stored.figures import LotFigures
from ledger.store.database import Connection
from ledger.store.sql import queries

_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_composition = msgspec.json.Decoder(Composition)
_LOTS_AT_ONCE = 5_000
_ACTIVATION = ("plugin", "version", "digest", "retired", "precedence")
Value = TypeVar("Value")


class Cache(Generic[Value]):
    """The facts added last, at most `limit`. They are immutable, so the cache is never stale."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._values: OrderedDict[str, Value] = OrderedDict()

    def fill(self, wanted: Iterable[str], into: dict[str, Value]) -> list[str]:
        """Copies the cached facts into `into`, and returns the names that are not in the cache."""
        missing = []
        for name in wanted:
            value = self._values.get(name)
            if value is None:
                missing.append(name)
            else:
                into[name] = value
        return missing

    def keep(self, name: str, value: Value) -> None:
        self._values[name] = value
        if len(self._values) > self._limit:
            self._values.popitem(last=False)


class InForce(NamedTuple):
    """All activations, all ends of parents, the number of revisions, and the number of log entries. `completed`: the
    log index of the newest completion of a product, None without one."""

    activations: Activations
    parents: LeftParents
    revisions: int
    size: int
    completed: int | None = None

    @property
    def plugins(self) -> Mapping[str, PluginState]:
        return self.activations.plugins

    @property
    def rules(self) -> Rules:
        return self.activations.rules


class EnrolledKey(NamedTuple):
    """A key that is on the log, with its organisation."""

    key: VerifyingKey
    organization: str


class FactLoader:
    """Loads the facts that records name. A process needs only one loader; its methods take the session to read with."""

    def __init__(self) -> None:
        self._sql = queries("facts")
        self._organizations: Cache[OrganizationFacts] = Cache()
        self._facilities: Cache[SiteFacts] = Cache()
        self._products: Cache[ProductFacts] = Cache()
        self._activations = Activations()
        self._parents = LeftParents()

    async def load(
        self, connection: Connection, names: Names, facts: Facts, figures: dict[str, LotFigures]
    ) -> None:
        """Loads everything in `names` that is on the ledger into `facts` and `figures` (by lot id)."""
        digests = names.declarations | names.transfers
        if digests:
            await self._by_digest(connection, digests, facts)
        if names.declarations:
            await self._given(connection, names, facts)
        received = {facts.transfers[one].new_lot for one in names.transfers if one in facts.transfers}
        named = names.lots | received
        await self._lots(connection, named, facts, figures)
        missing = named - facts.lots.keys()
        if missing:
            # A name that is not a lot may be a pool, or a product for which the issuer has a default pool.
            await self._pools(connection, missing, names.organizations, facts, figures)
        if names.records:
            await self._named_records(connection, names.records, facts)
        products = names.products | missing | {lot.product for lot in facts.lots.values()} | {
            pool.product for pool in facts.pools.values()}
        # A record that takes from lots also depends on the places where they were made, and on the sites of pools.
        started = [place for lot in facts.lots.values() if (place := lot.starting_place) is not None]
        sites = names.facilities.union(started, [pool.facility for pool in facts.pools.values()])
        await self._bodies(connection, "facility", sites, self._facilities, facts.facilities, _facility)
        await self._bodies(connection, "product", products, self._products, facts.products, _product)
        await self._groups(connection, names, facts)
        if names.uses:
            await self._seen(connection, names, facts)
        if names.published:
            await self._publishing(connection, names, facts)

    async def _groups(self, connection: Connection, names: Names, facts: Facts) -> None:
        """Loads the named organisations, the owners of products, the issuers of declarations and transfers, and the
        operators of facilities, with all that control them."""
        wanted = names.organizations.union(
            [product.owner for product in facts.products.values()],
            [declared.issuer for declared in facts.declarations.values()],
            [transfer.issuer for transfer in facts.transfers.values()],
            [site.operator for site in facts.facilities.values()])
        while wanted:
            await self._bodies(
                connection, "organization", wanted, self._organizations, facts.organizations, _organization)
            known = [facts.organizations[name] for name in wanted if name in facts.organizations]
            wanted = {one.parent for one in known if one.parent is not None} - facts.organizations.keys()

    async def _lots(
        self, connection: Connection, names: Iterable[str], facts: Facts, figures: dict[str, LotFigures]
    ) -> None:
        wanted = list(set(names) - facts.lots.keys())
        for start in range(0, len(wanted), _LOTS_AT_ONCE):
            # Decoding rows blocks the event loop, so read them in parts.
            for row in await connection.fetch(self._sql["lots_by_id"], wanted[start : start + _LOTS_AT_ONCE]):
                facts.lots[row["id"]] = lot_of(row)
                figures[row["id"]] = figures_of(row)
                if row["withdrawn"]:
                    facts.withdrawn.add(row["id"])

    async def _pools(
        self, connection: Connection, names: Iterable[str], holders: Iterable[str], facts: Facts,
        figures: dict[str, LotFigures],
    ) -> None:
        newest = []
        for row in await connection.fetch(self._sql["pools_named"], list(names), list(holders)):
            record = _expect(_record.decode(row["body"]), Pool)
            facts.pools[record.id] = pool_facts(record)
            if record.default:
                facts.default_pools[record.issuer, record.product] = record.id
            if row["newest"] is not None:
                facts.lines[record.id] = (row["newest"],)
                newest.append(row["newest"])
        await self._lots(connection, newest, facts, figures)

    async def _named_records(self, connection: Connection, digests: Iterable[str], facts: Facts) -> None:
        wanted = [bytes.fromhex(digest) for digest in digests if is_digest(digest)]
        for row in await connection.fetch(self._sql["records_named"], wanted):
            facts.records[row["digest"]] = RecordFacts(row["index"], row["type"], row["issuer"])

    async def _bodies(
        self, connection: Connection, kind: str, wanted: Iterable[str], cache: Cache[Value], into: dict[str, Value],
        parse: Callable[[AnyRecord], tuple[str, Value]],
    ) -> None:
        missing = cache.fill([name for name in wanted if name not in into], into)
        if not missing:
            return
        for row in await connection.fetch(self._sql[f"{kind}_bodies"], missing):
            name, value = parse(_record.decode(row["body"]))
            into[name] = value
            cache.keep(name, value)

    async def _by_digest(self, connection: Connection, digests: set[str], facts: Facts) -> None:
        wanted = [bytes.fromhex(digest) for digest in digests]
        for row in await connection.fetch(self._sql["bodies_by_digest"], wanted):
            record = _record.decode(row["body"])
            if isinstance(record, Declaration):
                facts.declarations[row["digest"].hex()] = record
            elif isinstance(record, Transfer):
                facts.transfers[row["digest"].hex()] = transfer_facts(record, row["index"])

    async def _given(self, connection: Connection, names: Names, facts: Facts) -> None:
        wanted = [bytes.fromhex(digest) for digest in names.declarations]
        for row in await connection.fetch(self._sql["given"], wanted, list(names.organizations)):
            facts.given.add((row["digest"], row["grantee"]))

    async def _seen(self, connection: Connection, names: Names, facts: Facts) -> None:
        """Loads which of the products of others an organisation was shown."""
        wanted = [(issuer, product, facts.products[product].owner) for issuer, product in names.uses
                  if product in facts.products and facts.products[product].owner != issuer]
        if wanted:
            columns = [list(column) for column in zip(*wanted, strict=True)]
            for row in await connection.fetch(self._sql["seen"], *columns):
                facts.seen.add((row["product"], row["organization"]))

    async def _publishing(self, connection: Connection, names: Names, facts: Facts) -> None:
        """Loads which products of others an organisation was let publish, of the lots that it publishes."""
        wanted = [(issuer, product.id, product.owner) for issuer, name in names.published
                  if (lot := facts.lots.get(name)) is not None
                  and (product := facts.product_of(lot)) is not None and product.owner != issuer]
        if wanted:
            columns = [list(column) for column in zip(*wanted, strict=True)]
            for row in await connection.fetch(self._sql["publishing"], *columns):
                facts.given.add((row["product"], row["organization"]))

    async def complete(self, connection: Connection, completed: int | None, facts: Facts) -> None:
        """Adds the completions of all products in `facts`. They grow, so no cache holds them; `completed` is the newest
        one on the log, and without one there is nothing to read."""
        if completed is None:
            return
        facts.completed = completed
        editions = {name: replace(product, editions=()) for name, product in facts.products.items()}
        for row in await connection.fetch(self._sql["completions"], list(facts.products)):
            record = _expect(_record.decode(row["body"]), ProductCompletion)
            editions[record.product] = editions[record.product].completed(record, row["digest"], row["index"])
        facts.products.update(editions)

    async def in_force(self, connection: Connection) -> InForce:
        """The plugin versions and rules that are in force, in one round trip, or two after the end of a parent."""
        entries: list[PluginActivation] = []
        revisions = size = 0
        parents = completed = None
        for row in await connection.fetch(self._sql["in_force"]):
            revisions, size = row["revisions"], row["size"]
            parents, completed = row["parents"], row["completed"]
            if row["plugin"] is not None:
                entries.append(PluginActivation(row["record"], *[row[name] for name in _ACTIVATION]))
        return InForce(
            self.activations_of(tuple(entries)), await self.parents_upto(connection, parents), revisions, size,
            completed)

    def activations_of(self, entries: tuple[PluginActivation, ...]) -> Activations:
        """The same object as long as the log gains no activation: it remembers the versions that it has collected."""
        if self._activations.entries != entries:
            self._activations = Activations(entries)
        return self._activations

    async def parents_upto(self, connection: Connection, newest: int | None) -> LeftParents:
        """The ends of parents up to the entry `newest`; of all entries so far that is the newest one, or None. Ends are
        few, so a process keeps them all and reads only those that came since."""
        if newest is None:
            return LeftParents()
        known = self._parents
        if newest > known.newest:
            rows = await connection.fetch(self._sql["left_parents"], known.newest, newest)
            self._parents = known = LeftParents((*known.entries, *[
                LeftParent(row["record"], row["organization"], parse_entry(bytes(row["data"])).time, row["announced"])
                for row in rows
            ]))
        return known if newest == known.newest else LeftParents([one for one in known.entries if one.index <= newest])


class KeyLoader:
    """Loads public keys by keyid, whether or not they are still active. The check that a key is active takes place
    under the lock."""

    def __init__(self) -> None:
        self._cache: Cache[EnrolledKey] = Cache()

    async def load(
        self, connection: Connection, wanted: Iterable[bytes], into: dict[bytes, EnrolledKey]
    ) -> None:
        enrolled: dict[str, EnrolledKey] = {}
        missing = self._cache.fill([keyid.hex() for keyid in wanted if keyid not in into], enrolled)
        if missing:
            keyids = [bytes.fromhex(keyid) for keyid in missing]
            for row in await connection.fetch(queries("facts")["keys"], keyids):
                key = load_spki(bytes(row["spki"]))
                enrolled[key.keyid.hex()] = EnrolledKey(key, row["organization"])
                self._cache.keep(key.keyid.hex(), enrolled[key.keyid.hex()])
        into.update({one.key.keyid: one for one in enrolled.values()})


def lot_of(row: Record) -> LotFacts:
    """A lot's static facts from a row of the table `lot`. Answers that admit nothing may leave out its times
    and its carriage."""
    facility, process = row["facility"], row["process"]
    return LotFacts(
        id=row["id"], number=row["number"], product=row["product"], holder=row["holder"], role=row["role"],
        quantity=row["quantity"], unit=row["unit"], mass=row["mass"], origin=row["origin"], item=row["item"],
        composition=_composition.decode(row["composition"]) if row["composition"] is not None else None,
        maker=(facility, process) if facility is not None else None, previous_life=row["previous_life"],
        owner=row["owner"], sender=row["sender"], pool=row["pool"], credit=row["credit"], expires=row["expires"],
        made=row.get("made"), since=row.get("since"), place=row.get("place"), carried=row.get("carried"),
    )


def is_digest(text: str) -> bool:
    """Whether a text is 64 lower-case hexadecimal digits."""
    return len(text) == 64 and not text.strip("0123456789abcdef")


def figures_of(row: Record) -> LotFigures:
    """A lot's figures from a row of the table `figure`."""
    contents: Sequence[str] = row["content"]
    return LotFigures(tuple(row["burdens"]), dict(zip(contents, row["amount"], strict=True)))


def _organization(record: AnyRecord) -> tuple[str, OrganizationFacts]:
    return _expect(record, Organization).id, organization_facts(_expect(record, Organization))


def _facility(record: AnyRecord) -> tuple[str, SiteFacts]:
    return _expect(record, Facility).id, facility_facts(_expect(record, Facility))


def _product(record: AnyRecord) -> tuple[str, ProductFacts]:
    return _expect(record, Product).id, product_facts(_expect(record, Product))


Kind = TypeVar("Kind")


def _expect(record: object, kind: type[Kind]) -> Kind:
    if not isinstance(record, kind):
        raise TypeError(f"the database has a {type(record).__name__} in place of a {kind.__name__}")
    return record
