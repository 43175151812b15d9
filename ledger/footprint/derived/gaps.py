"""Data gaps in a lot's figure: missing or weak data, with the question to ask and whom to ask, largest gap first.

Six kinds of gap: omissions; declarations with a weak basis; data that are not primary, or whose factor could not be
checked; provisional records, which wait for a closing; cores whose first life is not on the ledger; parts of the chain
that are hidden from the caller. The figure does not include omissions, nor (by cut-off) first lives. It includes the
others, and the same kg may be in several of them. The part of the figure without any gap is well founded.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from ledger.core.record.values import Evidence, Supply
from ledger.footprint.derived.chain.boundary import HiddenParts
from ledger.footprint.derived.findings import WeighedFinding

Kind = Literal["omission", "declaration", "data", "provisional", "firstLife", "hidden"]

WEAK: Final[Mapping[str, str]] = {
    "factor": "a figure for its actual production, instead of a factor",
    "study": "a verified declaration or primary data, instead of a study",
    "statement": "a verified declaration or signed records, instead of a statement",
    "opening": "the origin of the opening stock, and its figure",
}
"""Weak bases of declarations, with the data to ask for."""

_NO_PRIMARY: Final = "primary data for the declaration, which states no primary share"
_SHOWN: Final = 5


class Gap(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A data gap. `kgCo2e`: its size in the lot (for an omission: in addition to the lot), absent if unknown;
    `percent`: the same in percent of the lot's absGhg. `weight`: the sum of the parts that the lot carries of the
    gap's records; for omissions of unknown size, their number weighted by these parts.

    `ask`: the question to put to `whom`, who may have to pass it on to `behind`. `records`: digests of at most five of
    the `count` records, largest first. `amount` and `unit`: the amount of the supply that the lot carries. `start` and
    `end`: the time span of provisional records.
    """

    kind: Kind
    what: str
    ask: str
    whom: str
    weight: float
    count: int
    records: list[str]
    kg_co2e: float | None = field(default=None, name="kgCo2e")
    percent: float | None = None
    behind: str | None = None
    facility: str | None = None
    factor: str | None = None
    basis: str | None = None
    evidence: list[Evidence] = []
    amount: float | None = None
    unit: str | None = None
    start: str | None = None
    end: str | None = None


class LotGaps(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The gaps of a lot; `leftOff`: the number of gaps that are not in `items`. Amounts in kg CO2e.

    `absolute`: the lot's absGhg. `explained`: the sum over the `records` upstream, equal to `absolute` within 1e-9.
    `wellFounded`: the part of it without a gap. It includes `provisional`, but not `omitted` and `unestimated` (a
    number). `assigned` (system expansion, in the footprint only) and `averaged` (pools averaged over a period) entered
    or left the lot without a line of a record. If anything is averaged, percentages refer to `explained` instead of
    `absolute`. `questioned` and `findings` are as in the footprint.

    `hidden`: the parts that are hidden from the caller; absent if nothing is. Their amounts are in `explained`, but not
    in `wellFounded`.
    """

    lot: str
    records: int
    footprint: float
    absolute: float
    explained: float
    well_founded: float
    completeness: str
    questioned: float
    findings: list[WeighedFinding] = []
    findings_left_off: int = 0
    findings_note: str | None = None
    well_founded_percent: float | None = None
    omitted: float = 0.0
    unestimated: float = 0.0
    provisional: float = 0.0
    assigned: float = 0.0
    averaged: float = 0.0
    items: list[Gap] = []
    left_off: int = 0
    hidden: HiddenParts | None = None


class GapHead(NamedTuple):
    """The fields that gaps of several records share. `estimated`: an omission has an estimate. `primary`, `recalled`:
    flags of a gap in data. `stated`: the record states the amount, so only its factor is secondary; of `power`, it is
    the grid's."""

    kind: Kind
    what: str
    whom: str
    behind: str | None = None
    facility: str | None = None
    factor: str | None = None
    basis: str | None = None
    estimated: bool = True
    primary: bool = False
    recalled: bool = False
    stated: bool = False
    power: bool = False


class GapGroup:
    """Gaps with one head. `total`: kg CO2e in the lot; for omissions without an estimate, their number."""

    def __init__(self) -> None:
        self.total = 0.0
        self.weight = 0.0
        self.start: str | None = None
        self.end: str | None = None
        self._by_record: dict[str, float] = {}
        self._amounts: dict[str, float] = {}

    def add(self, digest: str, weight: float, total: float, supplies: Iterable[Supply] = ()) -> None:
        """Adds a record. `weight`: the part of it in the lot; `total`: the size of this gap in that part."""
        if digest not in self._by_record:
            self.weight += weight
            for supply in supplies:
                unit = supply.quantity.unit
                self._amounts[unit] = self._amounts.get(unit, 0.0) + weight * float(supply.quantity.value)
        self.total += total
        self._by_record[digest] = self._by_record.get(digest, 0.0) + total

    def last(self, start: str, end: str) -> None:
        """Extends the time span of the records."""
        self.start = start if self.start is None else min(self.start, start)
        self.end = end if self.end is None else max(self.end, end)

    def gap(self, head: GapHead, absolute: float, ask: str, evidence: Iterable[Evidence] = ()) -> Gap:
        """The gap for the answer; `absolute` is the lot's absGhg."""
        kilograms = self.total if head.estimated else None
        units = list(self._amounts)
        return Gap(
            kind=head.kind, what=head.what, ask=ask, whom=head.whom, behind=head.behind, facility=head.facility,
            factor=head.factor, basis=head.basis, weight=self.total if kilograms is None else self.weight,
            count=len(self._by_record),
            records=nlargest(_SHOWN, self._by_record, key=self._by_record.__getitem__), evidence=list(evidence),
            kg_co2e=kilograms, percent=100.0 * kilograms / absolute if kilograms is not None and absolute else None,
            # Amounts in several units do not add up.
            unit=units[0] if len(units) == 1 else None, amount=self._amounts[units[0]] if len(units) == 1 else None,
            start=self.start, end=self.end,
        )


def ask_for(head: GapHead) -> str:
    """The question to ask, in words."""
    match head.kind:
        case "omission":
            return f"a cradle-to-gate figure for {head.what}, which the footprint omits"
        case "declaration":
            return WEAK.get(head.basis or "", _NO_PRIMARY)
        case "provisional":
            return "the closing of the period"
        case "firstLife":
            return "the record that ended its first life, or the date"
        case "hidden":
            return "the data behind the lot, or a grant to read them"
        case "data":
            questions = [] if head.primary else [_primary(head)]
            if head.recalled:
                questions.append(f"the source of the factor {head.factor or ''}, which could not be checked")
            return "; ".join(questions)


def _primary(head: GapHead) -> str:
    """The request for data that would be primary."""
    if not head.stated:
        return f"measured data on {head.what}"
    if head.power:
        return (f"nothing on the amount of {head.what}, which the record states: the factor of the grid is secondary; "
                "power as a lot of its producer, over a direct line, would be primary")
    return (f"the supplier's own figure for {head.what}: the record states the amount, and the default factor is "
            "secondary")


def rank(gap: Gap) -> tuple[int, float, float, str, str, str]:
    """Sort key of gaps: by kg CO2e, then gaps of unknown size by weight, then gaps of 0 kg."""
    first = 1 if gap.kg_co2e is None else 0 if gap.kg_co2e else 2
    return (first, -(gap.kg_co2e or 0.0), -gap.weight, gap.kind, gap.what, gap.whom)
