"""The memory of a log replay. If the log is larger than the limit, the whole memory is in an audit store, and only its
newest part in the ledger's state.

The state holds everything that the next records name. `recall` reads missing facts from the store. `keep` notes the
changes by a record. `spill` writes the changes into the store and empties the state.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import LotFacts, SiteFacts, facility_facts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import State, generation, next_generation
from ledger.client.audit.state.registers import pools_named
from ledger.client.audit.state.store import AuditStore, KeptLot, KeptSite, KeptTransfer
from ledger.core.outcome.leaves import salt_seed
from ledger.core.record.kinds import AnyRecord, Declaration, Facility, Product, ProductCompletion, Transfer
from ledger.core.record.redacted import NONCE, is_residue, residue
from ledger.footprint.stored.figures import LotFigures

LOTS_IN_MEMORY: Final = 30_000
"""The limit: a lot takes some 2.5 KB."""

_RECORDS_A_LOT: Final = 4
"""The facts of this many records take as much memory as a lot."""

LET_GO = frozenset({
    "accepted", "declarations", "digests", "facilities", "holding", "lots", "nonces", "presumed", "products",
    "records", "remaining", "returned", "transfers", "withdrawn",
})
"""The attributes of a state that `Memory` empties, and reads again when a record names their contents. `used`,
`pool_ids`, `taken` and `enrolled` are views of other attributes."""


class Memory:
    """The memory of one replay over `state` and `figures` (by lot id). `store` holds the memory of an earlier audit."""

    def __init__(
        self, state: State, figures: dict[str, LotFigures], store: AuditStore | None = None, *,
        limit: int = LOTS_IN_MEMORY,
    ) -> None:
        self._state = state
        self._figures = figures
        self._store = store
        self._own: AuditStore | None = None
        """A nameless store that lasts as long as this memory."""
        self._limit = limit
        self._complete = state.size == 0
        """Whether the state holds the whole log."""
        self.times_let_go = 0
        self._lots: set[str] = set()
        self._records: list[str] = []
        self._nonces: list[tuple[str, str]] = []
        self._facilities: list[str] = []
        self._sites: dict[str, str] = {}
        """Facilities by the digest of the record that entered them."""
        self._products: list[str] = []
        self._transfers: set[str] = set()
        self._declarations: list[str] = []

    def recall(self, records: Iterable[tuple[AnyRecord | None, bytes]]) -> None:
        """Reads everything into the state that these records, with their digests, name. They were not replayed yet."""
        if self._complete or self._store is None:
            return
        names, digests, nonces = Names(), [], set[str]()
        for record, digest in records:
            digests.append(digest.hex())
            if record is not None:
                add_names(record, names)
                nonces.add(record.nonce)
        self._recall(self._store, names, digests)
        self._recall_nonces(self._store, nonces)

    def learn(self, names: Names) -> None:
        """Reads everything into the state that is named, as a revision needs it: all lots with a balance of the named
        items, and the named generations of pools. The store must hold all changes."""
        if self._complete or self._store is None:
            return
        self._recall(self._store, names, ())
        state = self._state
        items = {lot.item for name in names.lots if (lot := state.lots.get(name)) is not None and lot.item is not None}
        carriers = Names()
        carriers.lots.update([lot for item in items for lot in state.holding.get(item, ()) if lot not in state.lots])
        self._recall(self._store, carriers, ())
        for name in names.lots:
            lot = state.lots.get(name)
            if lot is not None and lot.pool is not None and name not in state.lines.get(lot.pool, ()):
                state.lines[lot.pool] = tuple(sorted((*state.lines.get(lot.pool, ()), name), key=generation))

    def _recall(self, store: AuditStore, names: Names, digests: Sequence[str]) -> None:
        state = self._state
        for digest, facts in store.records({*digests, *names.records} - state.records.keys()):
            state.records[digest] = facts
            state.digests.add(bytes.fromhex(digest))
        state.declarations.update(store.declarations(names.declarations - state.declarations.keys()))
        for digest, transfer in store.transfers(names.transfers - state.transfers.keys()):
            state.transfers[digest] = transfer.facts
            if transfer.accepted:
                state.accepted.add(digest)
            if transfer.presumed is not None:
                state.presumed[digest] = transfer.presumed
        lots = self._recall_lots(store, names)
        new = names.new_lots | names.new_names | names.items
        products = names.products | names.lots | new | {pool.product for pool in state.pools.values()}
        products.update([state.lots[lot].product for lot in lots if lot in state.lots])
        state.products.update({one.id: one for one in store.products(products - state.products.keys())})
        facilities = names.facilities | new | {pool.facility for pool in state.pools.values()}
        facilities.update([place for lot in lots if lot in state.lots and (place := state.lots[lot].starting_place)])
        state.facilities.update({one.id: one for one in store.facilities(facilities - state.facilities.keys())})

    def _recall_nonces(self, store: AuditStore, nonces: Iterable[str]) -> None:
        """Reads the issuers that have used these nonces. The store holds the seeds, since erased records lose their
        nonce."""
        seeds = {salt_seed(nonce): nonce for nonce in nonces}
        self._state.nonces.update([(issuer, seeds[seed]) for issuer, seed in store.seeds(seeds)])

    def _recall_lots(self, store: AuditStore, names: Names) -> set[str]:
        """Reads the named lots, and the holders of the items among them. Returns the names that it looked for."""
        state = self._state
        wanted = names.lots | names.new_lots | names.new_names
        wanted.update([state.transfers[one].new_lot for one in names.transfers if one in state.transfers])
        for pool in pools_named(state, names.lots):
            line = state.lines.get(pool, ())
            wanted.update([*line[-1:], next_generation(pool, line)])
        items = set(names.items)
        for facts, figures, remaining, withdrawn in store.lots(wanted - state.lots.keys()):
            state.lots[facts.id] = facts
            state.remaining[facts.id] = remaining
            self._figures[facts.id] = figures
            if withdrawn:
                state.withdrawn.add(facts.id)
            if facts.item is not None:
                items.add(facts.item)
        missing = items - state.holding.keys()
        for item, lot in store.items(missing):
            state.holding.setdefault(item, set()).add(lot)
        return wanted

    def keep(self, record: AnyRecord | None, digest: bytes, touched: Iterable[str]) -> None:
        """Notes the facts that a replayed record has entered, and the lots whose balance it has changed. `record` is
        None if its body is not shown: then only its existence is noted."""
        name = digest.hex()
        self._lots.update(touched)
        self._records.append(name)
        if record is not None and not is_residue(record):
            self._nonces.append((record.issuer, record.nonce))
        match record:
            case Facility():
                self._facilities.append(record.id)
                self._sites[name] = record.id
            case Product():
                self._products.append(record.id)
            case ProductCompletion():
                self._products.append(record.product)
            case Transfer():
                self._transfers.add(name)
            case Declaration() if record.per is not None:
                self._declarations.append(name)
            case _:
                transfer: str | None = getattr(record, "transfer", None)
                if transfer is not None:
                    self._transfers.add(transfer)

    def erase(self, digest: str) -> None:
        """Redacts the declaration or the facility that the record with this digest has entered. Other facts hold no
        texts."""
        store, state, names = self.store(), self._state, Names()
        names.declarations.add(digest)
        names.facilities.update([self._sites[digest]] if digest in self._sites else store.sites([digest]))
        self._recall(store, names, ())
        redacted = residue(state.declarations[digest]) if digest in state.declarations else None
        if isinstance(redacted, Declaration):
            state.declarations[digest] = redacted
            self._declarations.append(digest)
        for site in names.facilities & state.facilities.keys():
            state.facilities[site] = _redacted(state.facilities[site])
            self._facilities.append(site)

    def touched(self, lots: Iterable[str]) -> None:
        """Notes lots that have changed."""
        self._lots.update(lots)

    def store(self) -> AuditStore:
        """The store that this memory writes to, made on first use."""
        if self._store is None:
            self._store = self._own = AuditStore(None)
        return self._store

    def spill(self) -> None:
        """Empties the state if it is larger than the limit. To be called between two pages."""
        if len(self._state.lots) + len(self._state.records) // _RECORDS_A_LOT > self._limit:
            self.let_go()

    def let_go(self) -> None:
        """Writes the changes into the store and empties the state, except for the registers."""
        self.write(self.store())
        for name in LET_GO:
            getattr(self._state, name).clear()
        self._state.lines = {pool: line[-1:] for pool, line in self._state.lines.items()}
        self._figures.clear()
        self._complete = False
        self.times_let_go += 1

    def write(self, store: AuditStore) -> None:
        """Writes the changes since the last call into a store."""
        state, figures = self._state, self._figures
        store.write_lots(
            KeptLot(state.lots[lot], figures[lot], state.remaining[lot], lot in state.withdrawn) for lot in self._lots
        )
        store.write_records((digest, state.records[digest]) for digest in self._records)
        store.write_seeds((salt_seed(nonce), issuer) for issuer, nonce in self._nonces)
        store.write_named("facility", ((one, state.facilities[one]) for one in self._facilities))
        store.write_named("site", ((digest, KeptSite(one)) for digest, one in self._sites.items()))
        store.write_named("product", ((one, state.products[one]) for one in self._products))
        store.write_named("declaration", ((one, state.declarations[one]) for one in self._declarations))
        store.write_named("transfer", (
            (one, KeptTransfer(state.transfers[one], one in state.accepted, state.presumed.get(one)))
            for one in self._transfers
        ))
        for changes in (
            self._lots, self._records, self._nonces, self._facilities, self._sites, self._products, self._declarations,
            self._transfers,
        ):
            changes.clear()

    def close(self) -> None:
        """Ends the memory: nothing can be recalled after this."""
        if self._own is not None:
            self._own.close()

    def balances_of(self, lots: Collection[str]) -> list[tuple[int, str, Decimal, Decimal]]:
        """Number, id, remaining and whole quantity of these lots, in order of number."""
        state = self._state
        here = [(state.lots[lot].number, lot, state.remaining[lot], state.lots[lot].quantity) for lot in lots
                if lot in state.lots]
        if self._store is not None and len(here) < len(lots):
            # The store holds the lots that are not in the state.
            here.extend([(lot.number, lot.id, remaining, lot.quantity) for lot, _, remaining, _ in self._store.lots(
                set(lots) - state.lots.keys())])
        return sorted(here)

    def facts(self, lots: Collection[str]) -> dict[str, LotFacts]:
        """The facts of these lots, wherever they are."""
        here = {lot: self._state.lots[lot] for lot in lots if lot in self._state.lots}
        if self._store is not None and len(here) < len(lots):
            here.update({kept.facts.id: kept.facts for kept in self._store.lots(set(lots) - here.keys())})
        return here

    def balances(self) -> Iterator[tuple[int, str, Decimal, Decimal]]:
        """Number, id, remaining and whole quantity of every lot, in order of number."""
        if self._complete or self._store is None:
            state = self._state
            for lot in sorted(state.lots.values(), key=lambda one: one.number):
                yield lot.number, lot.id, state.remaining[lot.id], lot.quantity
        else:
            self.write(self._store)
            yield from self._store.balances()


def _redacted(site: SiteFacts) -> SiteFacts:
    """The facts that remain of a facility whose record was erased."""
    redacted = residue(Facility(
        issuer=site.operator, nonce=NONCE, id=site.id, country=site.country, subdivision=site.subdivision,
        industry=site.industry,
    ))
    return facility_facts(redacted) if isinstance(redacted, Facility) else site
