"""The part of the log that a revision works on: the records that it may change, their lots, and the takers of each
lot."""

from collections.abc import Sequence

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.prepared import Prepared
from ledger.errors import Refused
from ledger.footprint.stored.figures import LotFigures


class History:
    """A part of the log that is closed downstream: if it contains a record that could change, it also contains all
    records that take from that record's lots.

    `state` holds the facts and balances of all lots concerned, `figures` their figures by lot id. `prepared` are the
    records by log index as they read now; a withdrawn record is absent. `takers` are the indexes of the records that
    take from a lot. `made` are the lots of a record, withdrawn or not.
    """

    def __init__(self, state: State, figures: dict[str, LotFigures]) -> None:
        self.state = state
        self.figures = figures
        self.prepared: dict[int, Prepared] = {}
        self.takers: dict[str, set[int]] = {}
        self.made: dict[int, tuple[str, ...]] = {}
        self.provisional: dict[int, set[tuple[str, str]]] = {}
        """Records that were posted as provisional, even if a closing has made them final since; with the periods (start
        and end) by which a closing finds them."""
        self.stated: dict[int, Transformation] = {}
        """The same records as their issuer stated them in the posting and in amendments: without the amounts that a
        closing spread over them."""
        self.following: dict[str, int] = {}
        """For a pool's generation, the index of the addition that made the next generation."""
        self.preceding: dict[int, str] = {}
        """For an addition, the generation whose remainder it takes, even if the remainder is zero: the inverse of
        `following`."""
        self.erased: set[int] = set()
        """Records whose body the log has erased, and records changed by such a record. Their assessments never change
        again."""

    def add(self, index: int, prepared: Prepared, lots: Sequence[str]) -> None:
        """Adds the record at `index`, with the lots that it made."""
        self.prepared[index] = prepared
        self.made[index] = tuple(lots)
        for taken in prepared.plan.taken:
            self.takers.setdefault(taken.lot.id, set()).add(index)
        for lot in lots:
            facts = self.state.lots.get(lot)
            if facts is not None and facts.pool is not None:
                self._follow(facts.pool, lot, index)

    def _follow(self, pool: str, lot: str, index: int) -> None:
        number = int(lot.rpartition(":")[2])
        if number > 1:
            before = f"{pool}:{number - 1}"
            self.following[before] = index
            self.preceding[index] = before

    def index_of(self, digest: str, field: str) -> int:
        """The log index of a record that may be revised. Raises Refused if the record is withdrawn."""
        index = self.state.records[digest].index
        if index not in self.prepared:
            raise Refused(
                f"{field}: record {digest} is withdrawn, or is not a record of flows", code="not-amendable",
                field=field, value=digest, rule="a record of flows that is in force",
            )
        return index

    def reads(self, index: int) -> AnyRecord | None:
        """A record as it reads now; None if it is withdrawn."""
        prepared = self.prepared.get(index)
        return None if prepared is None else prepared.submission.record

    def lots_of(self, index: int) -> list[LotFacts]:
        return [self.state.lots[lot] for lot in self.made[index]]

    def replace(self, index: int, prepared: Prepared | None) -> None:
        """Replaces a record by its new version; None withdraws it."""
        old = self.prepared.pop(index, None)
        for taken in old.plan.taken if old is not None else ():
            takers = self.takers.get(taken.lot.id, set())
            takers.discard(index)
            if not takers:
                self.takers.pop(taken.lot.id, None)
        if prepared is not None:
            self.add(index, prepared, self.made[index])


def base(index: int) -> int:
    """The limit of lot numbers for the record at `index`: lots from earlier records have numbers below it."""
    return index * LOT_SLOTS
