"""What in a lot's figure is missing or rests on little: what to ask of whom, most weighty first.

Five kinds of gap: omissions; declarations that rest on little; data that are not primary, or whose factor could not be
checked; records that wait for a closing; cores whose first life is not on the ledger. Omissions are not in the figure,
nor by cut-off are first lives; the other three are, and the same kg may be in several of them. What is in none of them
is well founded.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from typing import Final, Literal, NamedTuple

from msgspec import Struct, field

from ledger.core.record.values import Evidence, Supply

Kind = Literal["omission", "declaration", "data", "provisional", "firstLife"]

WEAK: Final[Mapping[str, str]] = {
    "factor": "a figure of its own making, in place of a factor",
    "study": "a verified declaration or primary data, in place of a study",
    "statement": "a verified declaration or signed records, in place of a statement",
    "opening": "where the opening stock came from, and its figure",
}
"""Bases of declarations that rest on little, with what to ask for."""

_NO_PRIMARY: Final = "the primary data behind the declaration, which states none"
_SHOWN: Final = 5


class Gap(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`kgCo2e`: how much it is in the lot, or beside it for an omission, absent where that is not known; `percent`: of
    the lot's absGhg. `weight`: the parts of the records that the lot carries, added up; for omissions of unknown size
    their number, so counted.

    `ask` is asked of `whom`, who may have to pass it on to `behind`. `records`: digests, most weighty first, at most
    five of `count`. `amount` and `unit`: how much of the supply stands behind the lot. `start` and `end`: of records
    that wait for a closing, the whole time.
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
    """The gaps of a lot; `leftOff` more are not in `items`. Amounts in kg CO2e.

    `absolute` is the lot's absGhg and `explained` what the `records` upstream bring together, the same to 1e-9;
    `wellFounded` is the part of it without a gap. `omitted` and `unestimated` (a number) are beside it, `provisional`
    is in it. `assigned` (system expansion, in the footprint alone) and `averaged` (pools averaged over a period) came
    to the lot, or left it, by no line of a record. Where anything is averaged, percents are of what the records bring
    rather than of `absolute`.
    """

    lot: str
    records: int
    footprint: float
    absolute: float
    explained: float
    well_founded: float
    completeness: str
    well_founded_percent: float | None = None
    omitted: float = 0.0
    unestimated: float = 0.0
    provisional: float = 0.0
    assigned: float = 0.0
    averaged: float = 0.0
    items: list[Gap] = []
    left_off: int = 0


class GapHead(NamedTuple):
    """What gaps of several records have in common. `estimated`: an omission has a figure; `primary` and `recalled`:
    of data."""

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


class GapGroup:
    """Gaps with one head. `total`: kg CO2e in the lot, or for an omission that nobody estimated, how many."""

    def __init__(self) -> None:
        self.total = 0.0
        self.weight = 0.0
        self.start: str | None = None
        self.end: str | None = None
        self._by_record: dict[str, float] = {}
        self._amounts: dict[str, float] = {}

    def add(self, digest: str, weight: float, total: float, supplies: Iterable[Supply] = ()) -> None:
        """`weight` of the record with that digest is in the lot, and `total` by this gap of it."""
        if digest not in self._by_record:
            self.weight += weight
            for supply in supplies:
                unit = supply.quantity.unit
                self._amounts[unit] = self._amounts.get(unit, 0.0) + weight * float(supply.quantity.value)
        self.total += total
        self._by_record[digest] = self._by_record.get(digest, 0.0) + total

    def last(self, start: str, end: str) -> None:
        """Widens the time that the records took."""
        self.start = start if self.start is None else min(self.start, start)
        self.end = end if self.end is None else max(self.end, end)

    def gap(self, head: GapHead, absolute: float, ask: str, evidence: Iterable[Evidence] = ()) -> Gap:
        """The gap as it is told; `absolute` is the lot's absGhg."""
        known = self.total if head.estimated else None
        units = list(self._amounts)
        return Gap(
            kind=head.kind, what=head.what, ask=ask, whom=head.whom, behind=head.behind, facility=head.facility,
            factor=head.factor, basis=head.basis, weight=self.total if known is None else self.weight,
            count=len(self._by_record),
            records=nlargest(_SHOWN, self._by_record, key=self._by_record.__getitem__), evidence=list(evidence),
            kg_co2e=known, percent=100.0 * known / absolute if known is not None and absolute else None,
            # Amounts in several units do not add up.
            unit=units[0] if len(units) == 1 else None, amount=self._amounts[units[0]] if len(units) == 1 else None,
            start=self.start, end=self.end,
        )


def ask_for(head: GapHead) -> str:
    """What to ask, in words."""
    match head.kind:
        case "omission":
            return f"a figure from cradle to gate for {head.what}, which is left out"
        case "declaration":
            return WEAK.get(head.basis or "", _NO_PRIMARY)
        case "provisional":
            return "the closing of the period"
        case "firstLife":
            return "which record ended its first life, or when that was"
        case "data":
            wanted = [] if head.primary else [f"measured data on {head.what}"]
            if head.recalled:
                wanted.append(f"where the factor {head.factor or ''} is from, which could not be checked")
            return "; ".join(wanted)


def rank(gap: Gap) -> tuple[int, float, float, str, str, str]:
    """Sorts gaps: by kg CO2e, then those of unknown size by weight, then those without any kg."""
    first = 1 if gap.kg_co2e is None else 0 if gap.kg_co2e else 2
    return (first, -(gap.kg_co2e or 0.0), -gap.weight, gap.kind, gap.what, gap.whom)
