"""A yearly inventory after the GHG Protocol: what records emitted, by scope, category and site. Pure arithmetic.

Scope 1 are lines on site, and vehicle fuels that the record itself burns; scope 2 electricity and heat, by location and
by market; scope 3 upstream, transport, packaging, treatment, and what bought lots carry. (GHG Protocol: Corporate
Standard, chapter 4; Scope 2 Guidance, chapter 6; Scope 3 Standard, chapter 5.) Biogenic CO2 and removals stand apart
from the scopes (Corporate Standard, chapter 9). These are answers and never stored.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, Assessment, Line
from ledger.core.record.kinds import AnyRecord, Closing, Consumption, Transfer, Transformation
from ledger.core.record.units import UNITS
from ledger.footprint.stored.burdens import line_co2e

Scope = Literal["1", "2", "3", "apart"]

PURCHASED, ENERGY_RELATED, TRANSPORT, WASTE = "1", "3", "4", "5"
"""Categories of scope 3 by their number in the Scope 3 Standard."""

APART: Final = (
    "landManagementBiogenicCO2Emissions", "landManagementBiogenicCO2Removals", "technologicalCO2Removals",
)
"""Burdens that no scope holds."""

GOODS: Final = ("product", "coProduct", "byProduct")
"""Roles of what is made to be used."""

USED, RETIRED = "attributes used", "attributes retired"
"""Sources of what green attributes take off the market-based figure: with a record's power, and beside it."""

ATTRIBUTE: Final = "attribute"
"""The role of lots that stand for a renewable origin of power."""

_ADDITIVE: Final = frozenset(ADDITIVE)
_CAPTURE: Final = "ccsTechnologicalCO2Capture"
_WATT_HOURS: Final = ("KWH", "MWH", "GWH")


class Emission(NamedTuple):
    """Kg CO2e of one source: by location and by market, which differ for electricity alone. `absolute` counts removals
    as positive, `primary` is the part of it that rests on primary data."""

    site: str | None
    scope: Scope
    category: str
    source: str
    gas: str
    location: float
    market: float
    absolute: float
    primary: float
    provisional: bool = False
    factor: str | None = None
    recalled: bool = False


class CarriedBurden(NamedTuple):
    """Kg CO2e in what is taken of a lot, by where it came from: `bought` from outside the boundary, with the part
    of its absolute amounts that is primary; `opening` stock. The rest was made inside and is counted there.
    `market` is `bought` with electricity by market, `own` the part of the quantity that was made inside."""

    bought: float = 0.0
    market: float = 0.0
    absolute: float = 0.0
    primary: float = 0.0
    opening: float = 0.0
    own: float = 0.0

    def times(self, part: float) -> "CarriedBurden":
        """What a part of it carries."""
        return CarriedBurden(part * self.bought, part * self.market, part * self.absolute, part * self.primary,
                             part * self.opening, self.own)


class TakenGoods(NamedTuple):
    """What a record takes of a lot. `mass` is kg; `footprint` kg CO2e of it all, whoever made it, and `market` the same
    with electricity by market; `facility` is where it was made, none of a pool."""

    product: str
    unit: str
    role: str
    quantity: Decimal
    mass: float | None
    footprint: float
    carried: CarriedBurden
    market: float = 0.0
    facility: str | None = None


class MadeGoods(NamedTuple):
    """A lot that a record makes."""

    product: str
    unit: str
    role: str
    quantity: Decimal
    mass: float | None
    footprint: float


class Booked(NamedTuple):
    """A record as it reads at the moment asked for, with all that its inventory is made of. `covered`: kg CO2e, at
    most zero, that green attributes take off the market-based figure of the electricity lots that it uses."""

    record: AnyRecord
    assessment: Assessment
    taken: tuple[TakenGoods, ...] = ()
    made: tuple[MadeGoods, ...] = ()
    covered: float = 0.0

    @property
    def site(self) -> str | None:
        """The facility whose record it is; transfers, and consumptions that name none, are the organisation's."""
        return self.record.facility if isinstance(self.record, Transformation | Closing | Consumption) else None


def is_energy(one: TakenGoods | MadeGoods) -> bool:
    """Whether a lot is electricity or heat; a green attribute, which is counted in kWh too, is none."""
    return one.role in GOODS and one.unit in UNITS and UNITS[one.unit].dimension == "energy"


def megajoules(quantity: Decimal, unit: str) -> float:
    """MJ of a quantity in an energy unit."""
    return float(quantity * UNITS[unit].scale)


def carrier_of(unit: str) -> str:
    """Lots of watt hours are electricity, of joules heat, as for `ledger.sdk.book_energy`."""
    return "electricity" if unit in _WATT_HOURS else "heat"


def emissions_of(booked: Booked) -> Iterator[Emission]:
    """The emissions of a record, by scope and category."""
    site, record = booked.site, booked.record
    provisional = isinstance(record, Transformation) and record.basis == "provisional"
    carriers = frozenset(use.carrier for use in booked.assessment.energy)
    for line in booked.assessment.lines:
        if line.burden in _ADDITIVE:
            yield _of_line(line, site, carriers, provisional)
    if _uses_up(booked):
        yield from _of_taken(booked, site, provisional)


def _of_line(line: Line, site: str | None, carriers: frozenset[str], provisional: bool) -> Emission:
    amount = line_co2e(line)
    scope, category = scope_of(line, carriers)
    market = amount if line.market is None or scope != "2" else float(line.market)
    absolute = abs(amount)
    return Emission(
        site, scope, category, line.source, line.gas, amount, market, absolute, absolute if line.primary else 0.0,
        provisional, line.factor, line.recalled,
    )


def scope_of(line: Line, carriers: frozenset[str]) -> tuple[Scope, str]:
    """Scope and category of a line of a record that burns or uses `carriers`."""
    if line.burden in APART:
        return "apart", line.burden
    own = line.source in carriers
    match line.kind:
        case "onSite":
            if line.burden == _CAPTURE:
                return "1", "capture"
            return "1", "combustion" if own else "process"
        case "electricity" | "heat":
            return "2", line.kind
        case "transport" | "airTransport":
            return ("1", "mobileCombustion") if own else ("3", TRANSPORT)
        case "treatment":
            return "3", WASTE
        case "upstream":
            return "3", ENERGY_RELATED if own else PURCHASED
        case _:
            return "3", PURCHASED


def _uses_up(booked: Booked) -> bool:
    """Whether what a record takes is gone for the organisation: bought goods count when they are used, sold or lost.
    Custody and returns leave the owner what it has, additions to pools only move it, and what is claimed or retired
    carries nothing."""
    match booked.record:
        case Transformation():
            return True
        case Transfer(purpose=purpose):
            return purpose == "sale"
        case Consumption(purpose=why):
            return why not in ("claim", "retired")
        case _:
            return False


def _of_taken(booked: Booked, site: str | None, provisional: bool) -> Iterator[Emission]:
    used, power = isinstance(booked.record, Transformation), 0.0
    for one in booked.taken:
        carried = one.carried
        if not carried.bought and not carried.absolute and not carried.market:
            continue
        scope: Scope = "3"
        category = PURCHASED
        if is_energy(one):
            # Energy that is sold on is of category 3; what is used here is of scope 2.
            scope, category = ("2", carrier_of(one.unit)) if used else ("3", ENERGY_RELATED)
        market = carried.market if scope == "2" else carried.bought
        power += market if scope == "2" else 0.0
        yield Emission(
            site, scope, category, one.product, "CO2e", carried.bought, market, carried.absolute, carried.primary,
            provisional,
        )
    if booked.covered < 0.0 < power:
        # Attributes also cover power of the organisation's own, which is in no scope 2.
        yield Emission(site, "2", "electricity", USED, "CO2e", 0.0, max(booked.covered, -power), 0.0, 0.0)


def retired(booked: Booked) -> float:
    """MJ of power whose green attributes a record uses up by itself: a closing, or a consumption. Those that go into a
    transformation are in its own market-based lines."""
    if not isinstance(booked.record, Closing | Consumption):
        return 0.0
    return math.fsum(
        megajoules(one.quantity, one.unit) for one in booked.taken
        if one.role == ATTRIBUTE and one.unit in UNITS and UNITS[one.unit].dimension == "energy"
    )


def relief(site: str | None, market: float, power: float, attributes: float) -> Emission | None:
    """What retired attributes take off a site's market-based figure of electricity: they stand for `attributes` MJ of
    the `power` MJ that it used as not renewable (Scope 2 Guidance, 6.4)."""
    if attributes <= 0.0 or power <= 0.0 or not market:
        return None
    return Emission(
        site, "2", "electricity", RETIRED, "CO2e", 0.0, -market * min(1.0, attributes / power), 0.0, 0.0,
    )


class Energy(NamedTuple):
    """MJ of a site: what its processes used by carrier, renewable or not; what it made as lots, and drew from
    nature to make it (wind, sun); what it used of its own lots."""

    used: Mapping[tuple[str, bool], float]
    made: Mapping[str, float]
    nature: float
    own: Mapping[str, float]

    @property
    def comprehensive(self) -> float:
        """Net energy, each MJ once (GB/T 2589): what was used and drawn from nature, less what was made of it, which
        whoever uses it counts again, and what was sold is not the site's."""
        return math.fsum([*self.used.values(), self.nature, *(-amount for amount in self.made.values())])


class EnergySums:
    """Adds up the energy of records."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, bool], float] = {}
        self._made: dict[str, float] = {}
        self._own: dict[str, float] = {}
        self._nature = 0.0

    def add(self, booked: Booked, weight: float = 1.0) -> None:
        if not isinstance(booked.record, Transformation):
            return
        entered = 0.0
        for use in booked.assessment.energy:
            amount = float(use.amount)
            entered += amount
            key = (use.carrier, use.renewable)
            self._used[key] = self._used.get(key, 0.0) + weight * amount
        made = 0.0
        for one in booked.made:
            if is_energy(one):
                amount, carrier = megajoules(one.quantity, one.unit), carrier_of(one.unit)
                made += amount
                self._made[carrier] = self._made.get(carrier, 0.0) + weight * amount
        self._nature += weight * max(0.0, made - entered)
        for taken in booked.taken:
            if is_energy(taken) and taken.carried.own:
                amount, carrier = taken.carried.own * megajoules(taken.quantity, taken.unit), carrier_of(taken.unit)
                self._own[carrier] = self._own.get(carrier, 0.0) + weight * amount

    def result(self) -> Energy:
        return Energy(dict(sorted(self._used.items())), dict(sorted(self._made.items())), self._nature,
                      dict(sorted(self._own.items())))


class Sum(NamedTuple):
    """Kg CO2e; `provisional` is the part of `absolute` that waits for a closing."""

    location: float = 0.0
    market: float = 0.0
    absolute: float = 0.0
    primary: float = 0.0
    provisional: float = 0.0

    @property
    def primary_share(self) -> float | None:
        return self.primary / self.absolute if self.absolute else None


def total(emissions: Iterable[Emission]) -> Sum:
    """Emissions as one, each sum rounded once."""
    rows = [
        (one.location, one.market, one.absolute, one.primary, one.absolute if one.provisional else 0.0)
        for one in emissions
    ]
    return Sum(*[math.fsum(column) for column in zip(*rows, strict=True)]) if rows else Sum()
