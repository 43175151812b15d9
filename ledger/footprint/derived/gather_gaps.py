"""Gathers the gaps of a lot from the records upstream of it, one record at a time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, Line
from ledger.core.record.kinds import AnyRecord, Declaration, Transformation
from ledger.core.record.values import UNBURDENED, Evidence, Supply
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.gaps import WEAK, Gap, GapGroup, GapHead, ask_for, rank
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.supplies import supplies_of

_DECLARED: Final = "declaration:"
_ADDITIVE: Final = frozenset(ADDITIVE)


class _Named:
    """A declaration that figures rest on. Kg CO2e in the lot: `total`, of which `secondary` are no primary data, and
    `founded` are and wait for no closing. `weight`: the parts of the records that name it. `head`: of data that are not
    primary, should nothing else be wrong with it."""

    def __init__(self, head: GapHead) -> None:
        self.head = head
        self.weight = 0.0
        self.total = 0.0
        self.secondary = 0.0
        self.founded = 0.0
        self._last = ""

    def by(self, one: Upstream) -> None:
        """A record names it; once counts."""
        if self._last != one.digest:
            self._last = one.digest
            self.weight += one.weight

    def gap(self, digest: str, head: GapHead, kilograms: float, absolute: float, evidence: Sequence[Evidence]) -> Gap:
        group = GapGroup()
        group.add(digest, self.weight, kilograms)
        return group.gap(head, absolute, ask_for(head), evidence)


class GapGathering:
    """Takes all records upstream, then the declarations whose digests are in `declarations`.

    Lines count by their |kg CO2e|, as in absGhg: `explained` is all of it, `provisional` that of records that wait for
    a closing.
    """

    def __init__(self) -> None:
        self.explained = 0.0
        self.provisional = 0.0
        self._founded = 0.0
        self._groups: dict[GapHead, GapGroup] = {}
        self._named: dict[str, _Named] = {}

    @property
    def declarations(self) -> list[str]:
        return list(self._named)

    def add(self, one: Upstream) -> None:
        """Takes a record; one of which the lot carries nothing has no gap for it."""
        if not one.weight:
            return
        supplies = supplies_of(one.record)
        self._name(one, supplies)
        self._add_omissions(one, supplies)
        waits = isinstance(one.record, Transformation) and one.record.basis == "provisional"
        whole = 0.0
        for line in one.assessment.lines:
            if line.burden in _ADDITIVE:
                kilograms = one.weight * abs(line_co2e(line))
                whole += kilograms
                self._add_line(one, line, kilograms, supplies, waits=waits)
        self.explained += whole
        if waits:
            self._add_provisional(one, whole)
        self._add_core(one)

    def finish(self, declarations: Mapping[str, Declaration], absolute: float) -> tuple[list[Gap], float]:
        """All gaps, most weighty first, and the kg CO2e that have none. `declarations` by digest as they read now;
        `absolute` is the lot's absGhg."""
        gaps = [group.gap(head, absolute, ask_for(head)) for head, group in self._groups.items()]
        founded = self._founded
        for digest, named in self._named.items():
            record = declarations.get(digest)
            if record is not None and _rests_on_little(record, named.total):
                gaps.append(named.gap(digest, _declared_head(record), named.total, absolute, record.evidence))
                continue
            founded += named.founded
            if named.secondary:
                gaps.append(named.gap(digest, _secondary_head(record, named.head), named.secondary, absolute, ()))
        return sorted(gaps, key=rank), founded

    def _group(self, head: GapHead) -> GapGroup:
        found = self._groups.get(head)
        if found is None:
            found = self._groups[head] = GapGroup()
        return found

    def _name(self, one: Upstream, supplies: Sequence[Supply]) -> None:
        """Declarations that declare nothing have no line, and may be gaps all the same."""
        for supply in supplies:
            if supply.declaration is not None:
                self._declared(supply.declaration, one, supply.material)
        if isinstance(one.record, Declaration) and one.record.lot is not None:
            self._declared(one.digest, one, one.record.lot.product)

    def _declared(self, digest: str, one: Upstream, source: str) -> _Named:
        found = self._named.get(digest)
        if found is None:
            head = GapHead("data", source, one.record.issuer, facility=_facility(one.record), factor=_DECLARED + digest)
            found = self._named[digest] = _Named(head)
        found.by(one)
        return found

    def _add_omissions(self, one: Upstream, supplies: Sequence[Supply]) -> None:
        for omission in one.assessment.omissions:
            what, estimate = omission.what, omission.estimate
            left_out = [supply for supply in supplies if _concerns(what, supply)]
            head = GapHead("omission", what, one.record.issuer, _supplier(left_out), _facility(one.record),
                           estimated=estimate is not None)
            amount = 1.0 if estimate is None else float(estimate)
            self._group(head).add(one.digest, one.weight, one.weight * amount, left_out)

    def _add_line(
        self, one: Upstream, line: Line, kilograms: float, supplies: Sequence[Supply], *, waits: bool
    ) -> None:
        factor = line.factor or ""
        if factor.startswith(_DECLARED):
            named = self._declared(factor.removeprefix(_DECLARED), one, line.source)
            named.total += kilograms
            if not line.primary:
                named.secondary += kilograms
            elif not waits:
                named.founded += kilograms
        elif not line.primary or line.recalled:
            bought = _bought(line, supplies)
            head = GapHead("data", line.source, one.record.issuer, _supplier(bought), _facility(
                one.record
            ), line.factor,
                           primary=line.primary, recalled=line.recalled)
            self._group(head).add(one.digest, one.weight, kilograms, bought)
        elif not waits:
            self._founded += kilograms

    def _add_provisional(self, one: Upstream, kilograms: float) -> None:
        record = one.record
        if isinstance(record, Transformation):
            self.provisional += kilograms
            group = self._group(GapHead("provisional", record.process, record.issuer, facility=record.facility))
            group.add(one.digest, one.weight, kilograms)
            group.last(record.start, record.end)

    def _add_core(self, one: Upstream) -> None:
        record = one.record
        if not isinstance(record, Declaration) or record.lot is None or record.lot.role != "core":
            return
        life = record.lot.previous_life
        if life is None or life.record is None:
            age = "unknown" if life is None else f"estimated at {life.estimated_years} years"
            head = GapHead("firstLife", f"{record.lot.product}, age {age}", record.issuer,
                           f"the collector {record.collector}" if record.collector else None, record.facility)
            self._group(head).add(one.digest, one.weight, 0.0)


def _concerns(what: str, supply: Supply) -> bool:
    """Whether an omission is of this supply."""
    whole = supply.origin == "nature" or (supply.factor is not None and supply.factor.boundary == "cradleToGate")
    return not whole and (what == supply.material or what.startswith(f"{supply.material} "))


def _bought(line: Line, supplies: Sequence[Supply]) -> list[Supply]:
    """The supplies whose upstream a line is: those with its factor, else those that the sector has priced."""
    same = [supply for supply in supplies if supply.material == line.source and line.kind != "onSite"]
    priced = [
        supply for supply in same
        if supply.factor is not None and f"{supply.factor.source}/{supply.factor.year}"[:255] == line.factor
    ]
    return priced or [supply for supply in same if supply.factor is None and supply.declaration is None]


def _supplier(supplies: Sequence[Supply]) -> str | None:
    """Who could know more than the record's issuer: nobody on the ledger, or the issuer would have named a lot."""
    return f"the supplier of {supplies[0].product or supplies[0].material}" if supplies else None


def _facility(record: AnyRecord) -> str | None:
    return record.facility if isinstance(record, Transformation | Declaration) else None


def _rests_on_little(record: Declaration, kilograms: float) -> bool:
    """Nothing is missing of waste and cores, which enter without burden by cut-off."""
    if not kilograms and record.lot is not None and record.lot.role in UNBURDENED:
        return False
    return record.basis in WEAK or (kilograms > 0.0 and not Decimal(record.primary_share or 0))


def _declared_head(record: Declaration) -> GapHead:
    what = record.lot.product if record.lot is not None else f"figures per {record.per}"
    behind = f"the author of the {record.basis}" if record.basis in ("statement", "study") else None
    return GapHead("declaration", what, record.issuer, behind, record.facility, basis=record.basis)


def _secondary_head(record: Declaration | None, head: GapHead) -> GapHead:
    """Who declared it knows more than who used it."""
    if record is None:
        return head
    return head._replace(whom=record.issuer, facility=record.facility, basis=record.basis)
