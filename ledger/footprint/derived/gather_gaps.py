"""Gathers the gaps of a lot from the records upstream of it, one record at a time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, Line
from ledger.core.record.kinds import AnyRecord, Declaration, Transformation
from ledger.core.record.values import UNBURDENED, Evidence, Supply
from ledger.footprint.derived.chain.boundary import HiddenAmounts
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.gaps import WEAK, Gap, GapGroup, GapHead, Kind, ask_for, rank
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.supplies import omitted_supplies, supplies_of

_DECLARED: Final = "declaration:"
_OTHER_HIDDEN: Final = "other hidden parts of the chain"
_SUPPLIERS: Final = "the suppliers of the visible part"
_ADDITIVE: Final = frozenset(ADDITIVE)


class _Named:
    """A declaration that gives figures to records. Kg CO2e in the lot: `total`, of which `secondary` are not primary
    data, and `founded` are primary and not provisional. `weight`: the sum of the parts of the records that name it.
    `head`: the head of the gap for its secondary data, used if the declaration itself is not weak."""

    def __init__(self, head: GapHead) -> None:
        self.head = head
        self.weight = 0.0
        self.total = 0.0
        self.secondary = 0.0
        self.founded = 0.0
        self._last = ""

    def by(self, upstream: Upstream) -> None:
        """Adds the weight of a record that names the declaration, once per record."""
        if self._last != upstream.digest:
            self._last = upstream.digest
            self.weight += upstream.weight

    def gap(self, digest: str, head: GapHead, kilograms: float, absolute: float, evidence: Sequence[Evidence]) -> Gap:
        group = GapGroup()
        group.add(digest, self.weight, kilograms)
        return group.gap(head, absolute, ask_for(head), evidence)


class GapGathering:
    """Collects gaps: `add` takes the upstream records one by one, then `finish` takes the declarations whose digests
    are in `declarations`.

    Lines count by their |kg CO2e|, as in absGhg: `explained` is the sum, `provisional` the part from provisional
    records.
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

    def names_for(self, organizations: frozenset[str]) -> frozenset[str]:
        """The declarations that records of these organisations name first."""
        return frozenset([digest for digest, named in self._named.items() if named.head.whom in organizations])

    def add_hidden(self, hidden: HiddenAmounts, omitted: HiddenAmounts, makers: Sequence[str] = ()) -> None:
        """Adds the hidden parts of the chain: their absolute kg CO2e, and their omissions by estimate. The caller
        cannot judge them, so nothing of them is well founded. `makers`: of the lots without an amount of their own,
        if the caller may know them. These lots have one amount together, so that nobody learns the amount of one."""
        self.explained += hidden.total
        kinds: tuple[tuple[Kind, HiddenAmounts], ...] = (("hidden", hidden), ("omission", omitted))
        for kind, amounts in kinds:
            for lot, kilograms in amounts.received:
                if lot.received is not None and kilograms:
                    what = f"{lot.received.product}, lot {lot.received.lot}"
                    self._group(GapHead(kind, what, lot.received.supplier)).total += kilograms
            if amounts.remainder:
                self._group(GapHead(kind, _OTHER_HIDDEN, ", ".join(makers) or _SUPPLIERS)).total += amounts.remainder

    def add(self, upstream: Upstream) -> None:
        """Adds a record. A record of which the lot carries nothing adds no gap."""
        if not upstream.weight:
            return
        supplies = supplies_of(upstream.record)
        self._name(upstream, supplies)
        self._add_omissions(upstream, supplies)
        waits = isinstance(upstream.record, Transformation) and upstream.record.basis == "provisional"
        whole = 0.0
        for line in upstream.assessment.lines:
            if line.burden in _ADDITIVE:
                kilograms = upstream.weight * abs(line_co2e(line))
                whole += kilograms
                self._add_line(upstream, line, kilograms, supplies, waits=waits)
        self.explained += whole
        if waits:
            self._add_provisional(upstream, whole)
        self._add_core(upstream)

    def finish(self, declarations: Mapping[str, Declaration], absolute: float) -> tuple[list[Gap], float]:
        """All gaps, largest first, and the kg CO2e without a gap. `declarations`: the current version of each, by
        digest; `absolute` is the lot's absGhg."""
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
        group = self._groups.get(head)
        if group is None:
            group = self._groups[head] = GapGroup()
        return group

    def _name(self, upstream: Upstream, supplies: Sequence[Supply]) -> None:
        """Registers the declarations that a record names. A declaration of zero burdens gives no line, but may still
        be a gap."""
        for supply in supplies:
            if supply.declaration is not None:
                self._declared(supply.declaration, upstream, supply.material)
        if isinstance(upstream.record, Declaration) and upstream.record.lot is not None:
            self._declared(upstream.digest, upstream, upstream.record.lot.product)

    def _declared(self, digest: str, upstream: Upstream, source: str) -> _Named:
        named = self._named.get(digest)
        if named is None:
            record = upstream.record
            head = GapHead("data", source, record.issuer, facility=_facility(record), factor=_DECLARED + digest)
            named = self._named[digest] = _Named(head)
        named.by(upstream)
        return named

    def _add_omissions(self, upstream: Upstream, supplies: Sequence[Supply]) -> None:
        for omission in upstream.assessment.omissions:
            subject, estimate = omission.what, omission.estimate
            left_out = omitted_supplies(omission, supplies)
            head = GapHead("omission", subject, upstream.record.issuer, _supplier(left_out), _facility(upstream.record),
                           estimated=estimate is not None)
            amount = 1.0 if estimate is None else float(estimate)
            self._group(head).add(upstream.digest, upstream.weight, upstream.weight * amount, left_out)

    def _add_line(
        self, upstream: Upstream, line: Line, kilograms: float, supplies: Sequence[Supply], *, waits: bool
    ) -> None:
        factor = line.factor or ""
        if factor.startswith(_DECLARED):
            named = self._declared(factor.removeprefix(_DECLARED), upstream, line.source)
            named.total += kilograms
            if not line.primary:
                named.secondary += kilograms
            elif not waits:
                named.founded += kilograms
        elif not line.primary or line.recalled:
            bought = _bought(line, supplies)
            head = GapHead("data", line.source, upstream.record.issuer, _supplier(bought), _facility(upstream.record),
                           line.factor, primary=line.primary, recalled=line.recalled,
                           stated=line.supply is not None and line.basis != "estimated",
                           power=line.kind == "electricity")
            self._group(head).add(upstream.digest, upstream.weight, kilograms, bought)
        elif not waits:
            self._founded += kilograms

    def _add_provisional(self, upstream: Upstream, kilograms: float) -> None:
        record = upstream.record
        if isinstance(record, Transformation):
            self.provisional += kilograms
            group = self._group(GapHead("provisional", record.process, record.issuer, facility=record.facility))
            group.add(upstream.digest, upstream.weight, kilograms)
            group.last(record.start, record.end)

    def _add_core(self, upstream: Upstream) -> None:
        record = upstream.record
        if not isinstance(record, Declaration) or record.lot is None or record.lot.role != "core":
            return
        life = record.lot.previous_life
        if life is None or life.record is None:
            age = "unknown" if life is None else f"estimated at {life.estimated_years} years"
            head = GapHead("firstLife", f"{record.lot.product}, age {age}", record.issuer,
                           f"the collector {record.collector}" if record.collector else None, record.facility)
            self._group(head).add(upstream.digest, upstream.weight, 0.0)


def _bought(line: Line, supplies: Sequence[Supply]) -> list[Supply]:
    """The supplies whose upstream a line gives: those with the line's factor, else those that the sector has priced."""
    same = [supply for supply in supplies if supply.material == line.source and line.kind != "onSite"]
    priced = [
        supply for supply in same
        if supply.factor is not None and f"{supply.factor.source}/{supply.factor.year}"[:255] == line.factor
    ]
    return priced or [supply for supply in same if supply.factor is None and supply.declaration is None]


def _supplier(supplies: Sequence[Supply]) -> str | None:
    """The party that may know more than the record's issuer. It is not on the ledger, since the issuer would have named
    a lot then."""
    return f"the supplier of {supplies[0].product or supplies[0].material}" if supplies else None


def _facility(record: AnyRecord) -> str | None:
    return record.facility if isinstance(record, Transformation | Declaration) else None


def _rests_on_little(record: Declaration, kilograms: float) -> bool:
    """Whether a declaration is weak. Waste and cores enter without burden by cut-off, so nothing is missing there."""
    if not kilograms and record.lot is not None and record.lot.role in UNBURDENED:
        return False
    return record.basis in WEAK or (kilograms > 0.0 and not Decimal(record.primary_share or 0))


def _declared_head(record: Declaration) -> GapHead:
    subject = record.lot.product if record.lot is not None else f"figures per {record.per}"
    behind = f"the author of the {record.basis}" if record.basis in ("statement", "study") else None
    return GapHead("declaration", subject, record.issuer, behind, record.facility, basis=record.basis)


def _secondary_head(record: Declaration | None, head: GapHead) -> GapHead:
    """The head that asks the issuer of the declaration, who knows more than its user."""
    if record is None:
        return head
    return head._replace(whom=record.issuer, facility=record.facility, basis=record.basis)
