"""Replays the visible records of a log of which other records are hidden."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.apply import note, note_seen
from ledger.admission.checks.goods import GOODS
from ledger.admission.facts import LotFacts, ProductFacts, RecordFacts
from ledger.admission.lookups import add_names
from ledger.admission.names import Names
from ledger.admission.state import type_of
from ledger.client.audit.checks.stored_lots import facts_of, figures_of, read_lot, stored_leaf
from ledger.client.audit.findings import Difference
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult, Report, read_assessment
from ledger.client.audit.source.decoding import RULE, Malformed
from ledger.client.audit.source.interface import RevisedRow, StoredLot
from ledger.core.outcome.leaves import outcome_root, salt_seed
from ledger.core.record.kinds import Acceptance, Addition, AnyRecord, Transfer, Transformation
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import UNITS
from ledger.engine.inventory.moved import names_elsewhere
from ledger.engine.prepared import REVISING
from ledger.engine.record_outcome import revision_leaves

_REFUSED: Final = "admission"
_HIDDEN: Final = "unknown-"
"""The codes of refusals that name things which the log lacks; here these can be hidden."""
_BY_MAKER: Final = frozenset({"waste", "core", "credit", "attribute"})
"""Roles of lots whose treatment depends on the site that made them, which the source does not tell."""
_ENERGY: Final = "energy"
"""So does the treatment of energy: it may be of another grid."""
_PASSING: Final = (Transfer, Acceptance, Addition)
"""Records whose lots keep the site of the lots that they take."""


class ScopedReplayer(Replayer):
    """A replayer that takes the results of a record as committed, after proving them, if it cannot recompute them."""

    revised = False
    """Whether revisions have changed balances in a way that cannot be followed."""

    def replay_visible(self, replayed: ReplayedRecord, report: Report) -> tuple[ReplayResult, bool]:
        """Replays a record of which every column is visible. The second value says whether its results were recomputed,
        and not only proved."""
        record = replayed.record
        if record is None or isinstance(record, REVISING) or self._needs_makers(replayed, record):
            return self.adopt(replayed, report), False
        differences: list[Difference] = []
        size = self.state.size
        try:
            result = self.replay(replayed, (), differences.append)
        except KeyError:
            # A rule has looked up a fact of a hidden thing.
            return self.adopt(replayed, report), False
        refused = [one for one in differences if one.rule == _REFUSED]
        hidden = [one for one in refused if self.revised or one.message.startswith(_HIDDEN)]
        if result.made is None and hidden:
            self.state.size = size
            return self.adopt(replayed, report), False
        for difference in differences:
            report(difference)
        return result, True

    def adopt(self, replayed: ReplayedRecord, report: Report) -> ReplayResult:
        """Takes the results of a record from its row, if its entry commits to them."""
        row, record, entry = replayed.row, replayed.record, replayed.entry
        if record is None or entry is None:
            self.state.size += 1
            return ReplayResult()
        seed = (row.seed or b"") if row.erased else salt_seed(record.nonce)
        leaves = [] if row.leaf is None else [row.leaf]
        leaves += [*revision_leaves(seed, row.revised),
                   *[stored_leaf(seed, i, text) for i, text in enumerate(row.lots, start=1)]]
        if outcome_root(leaves) != entry.outcome:
            report(Difference("outcome", "the entry commits to other results than those that are stored", "entry.data"))
        if row.erased:
            self.erasures.redacted(row.index)
        touched = self._take(record, row.flows)
        lots = readable_rows(row.lots, report)
        self.state.time = entry.time
        self.enter(lots)
        if isinstance(record, Transformation):
            self.state.made_goods.update([lot.product for lot in lots if lot.role in GOODS])
        self.note(record, entry.digest)
        touched.update([lot.id for lot in lots])
        return ReplayResult(len(lots), touched=touched, made=len(lots), leaf=row.leaf)

    def enter(self, lots: Sequence[StoredLot], product: ProductFacts | None = None) -> None:
        """Enters lots with the figures of their rows. A lot that is known keeps its uses."""
        state = self.state
        for lot in lots:
            facts, known = facts_of(lot), state.lots.get(lot.id)
            used = Decimal(0) if known is None else known.quantity - state.remaining[lot.id]
            if known is not None and facts.maker is None:
                facts = replace(facts, maker=known.maker)
            if known is not None and facts.place is None:
                facts = replace(facts, place=known.place)
            state.lots[lot.id] = facts
            state.remaining[lot.id] = facts.quantity - used
            self._figures[lot.id] = figures_of(lot)
            note_seen(state, facts)
            if facts.item is not None:
                state.holding.setdefault(facts.item, set()).add(lot.id)
            if facts.pool is not None and lot.id not in state.lines.get(facts.pool, ()):
                state.lines[facts.pool] = (*state.lines.get(facts.pool, ()), lot.id)
        if product is not None:
            shown = state.products.get(product.id)
            if shown is None or len(shown.editions) < len(product.editions):
                state.products[product.id] = product

    def note(self, record: AnyRecord, digest: bytes) -> bool:
        """Enters everything besides lots that the record at index `size` adds. False if that needs hidden facts."""
        state = self.state
        try:
            note(state, record, digest)
        except KeyError:
            state.records[digest.hex()] = RecordFacts(state.size, type_of(record), record.issuer)
            if not is_residue(record):
                state.nonces.add((record.issuer, record.nonce))
            return False
        finally:
            state.digests.add(digest)
            state.size += 1
        return True

    def enter_revised(self, row: RevisedRow, root: bytes | None, report: Report) -> int:
        """Takes the results of revising a visible record. `root`: the new outcome to which the revising record commits,
        None if that record is hidden. Returns the number of figures."""
        self.revised = True
        if row.leaves and outcome_root(row.leaves) != row.outcome:
            report(Difference("outcome", f"the results of revising entry {row.index} do not give its new outcome"))
        if root is not None and root != row.outcome:
            report(Difference("outcome", f"the record commits to another new outcome of entry {row.index}"))
        lots = readable_rows(row.lots, report)
        self.enter(lots)
        for lot, withdrawn in zip(lots, row.withdrawn, strict=False):
            if withdrawn:
                self.state.withdrawn.add(lot.id)
        return len(lots)

    def unknown_lots(self, record: AnyRecord, numbers: Sequence[int]) -> list[int]:
        """The numbers of the taken lots that neither the state nor the source has given."""
        known = {lot.number for lot in self._named(record)}
        return [number for number in numbers if number not in known]

    def _needs_makers(self, replayed: ReplayedRecord, record: AnyRecord) -> bool:
        """Whether the results depend on the site of a lot of a hidden record. Where the record hands the lot on, its
        own row tells the site."""
        taken = {lot for lot, _ in replayed.row.flows}
        unmade = [lot for lot in self._named(record) if lot.number in taken and lot.maker is None]
        if isinstance(record, _PASSING):
            made = readable_rows(replayed.row.lots)
            sites = [(lot.facility, lot.process or "") for lot in made if lot.facility is not None]
            for lot in unmade:
                for facility, process in sites[:1]:
                    self.state.lots[lot.id] = replace(lot, maker=(facility, process))
            # A pool begins where its parts began.
            return isinstance(record, Addition) and any(
                self.state.lots[lot.id].starting_place is None for lot in unmade)
        if unmade and _names_sites(replayed.row.leaf):
            return True
        return any((lot.role in _BY_MAKER and lot.pool is None) or UNITS[lot.unit].dimension == _ENERGY
                   for lot in unmade)

    def _take(self, record: AnyRecord, flows: Sequence[tuple[int, Decimal]]) -> set[str]:
        lots = {lot.number: lot.id for lot in self._named(record)}
        touched = set()
        for number, quantity in flows:
            if number in lots:
                self.state.remaining[lots[number]] -= quantity
                touched.add(lots[number])
        return touched

    def _named(self, record: AnyRecord) -> list[LotFacts]:
        """The lots in the state that a record can take by the names in it."""
        state, names = self.state, Names()
        add_names(record, names)
        lots = set(names.lots)
        lots.update([state.transfers[one].new_lot for one in names.transfers if one in state.transfers])
        pools = [*names.lots, *[pool for (_, product), pool in state.default_pools.items() if product in names.lots]]
        for pool in [*pools, *([record.pool] if isinstance(record, Addition) else [])]:
            lots.update(state.lines.get(pool, ()))
        return [state.lots[lot] for lot in lots if lot in state.lots]


def _names_sites(leaf: bytes | None) -> bool:
    """Whether a stored leaf 0 has findings or omissions that rest on other sites."""
    if leaf is None:
        return False
    try:
        return names_elsewhere(read_assessment(leaf)[1])
    except Malformed:
        return False


def readable_rows(texts: Sequence[str], report: Report | None = None) -> list[StoredLot]:
    """The lots whose rows can be read. Reports the others."""
    lots = []
    for text in texts:
        try:
            lots.append(read_lot(text))
        except Malformed as error:
            if report is not None:
                report(Difference(RULE, error.message, error.column))
    return lots
