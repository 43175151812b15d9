"""A yearly inventory after the GHG Protocol: emissions of records by scope, category and site. Pure arithmetic.

Scope 1 has lines on site, and vehicle fuels that the record itself burns. Scope 2 has electricity and heat, by location
and by market. Scope 3 has upstream, transport, packaging, treatment, and the burdens of bought lots. (GHG Protocol:
Corporate Standard, chapter 4; Scope 2 Guidance, chapter 6; Scope 3 Standard, chapter 5.) Biogenic CO2 and removals are
reported apart from the scopes (Corporate Standard, chapter 9). The results are answers and never stored.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, BIOGENIC_CO2, Assessment, Line
from ledger.core.record.kinds import AnyRecord, Closing, Consumption, Transfer, Transformation
from ledger.core.record.units import UNITS
from ledger.footprint.derived.findings import FindingRecord
from ledger.footprint.stored.burdens import line_co2e

Scope = Literal["1", "2", "3", "apart"]

PURCHASED, ENERGY_RELATED, TRANSPORT, WASTE = "1", "3", "4", "5"
"""Categories of scope 3 by their number in the Scope 3 Standard."""

APART: Final = (
    "landManagementBiogenicCO2Emissions", "landManagementBiogenicCO2Removals", "technologicalCO2Removals", BIOGENIC_CO2,
)
"""Burdens that are reported outside the scopes."""

GOODS: Final = ("product", "coProduct", "byProduct")
"""Roles of lots that are made to be used."""

USED, RETIRED = "attributes used", "attributes retired"
"""Source names of emissions by which green attributes reduce the market-based figure: attributes that a record takes
with its power, and attributes that are retired separately."""

ATTRIBUTE: Final = "attribute"
"""The role of lots that stand for a renewable origin of power."""

_ADDITIVE: Final = frozenset(ADDITIVE)
_CAPTURE: Final = "ccsTechnologicalCO2Capture"
_WATT_HOURS: Final = ("KWH", "MWH", "GWH")


class Emission(NamedTuple):
    """Kg CO2e of one source, location-based and market-based; the two differ for electricity only. `absolute` counts
    removals as positive; `primary` is the part of it from primary data."""

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
    """Kg CO2e in a part of a lot, by origin. `bought`: from outside the boundary; `market`: the same with market-based
    electricity; `absolute` and `primary`: its absolute amounts, and their part from primary data. `opening`: from
    opening stock. The rest was made inside and is counted there; `own`: the part of the quantity made inside.
    `questioned`: kg CO2e in question in the bought part."""

    bought: float = 0.0
    market: float = 0.0
    absolute: float = 0.0
    primary: float = 0.0
    opening: float = 0.0
    own: float = 0.0
    questioned: float = 0.0

    def times(self, part: float) -> "CarriedBurden":
        """The burden of a part of it. `own` is a share already and stays the same."""
        return CarriedBurden(part * self.bought, part * self.market, part * self.absolute, part * self.primary,
                             part * self.opening, self.own, part * self.questioned)


class TakenGoods(NamedTuple):
    """The part of a lot that a record takes. `mass` in kg; `footprint` in kg CO2e, of any origin; `market`: the same
    with market-based electricity; `facility`: the place of production, None for a pool."""

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
    """A record in its version as of the requested tree size, with all inputs of the inventory. `covered`: kg CO2e, at
    most zero, by which green attributes change the market-based figure of the electricity lots that it uses.
    `findings`: the findings of the record, if it has any."""

    record: AnyRecord
    assessment: Assessment
    taken: tuple[TakenGoods, ...] = ()
    made: tuple[MadeGoods, ...] = ()
    covered: float = 0.0
    findings: FindingRecord | None = None

    @property
    def site(self) -> str | None:
        """The facility of the record. None: it belongs to the organisation, as transfers do, and consumptions without a
        facility."""
        return self.record.facility if isinstance(self.record, Transformation | Closing | Consumption) else None


def is_energy(goods: TakenGoods | MadeGoods) -> bool:
    """Whether a lot is electricity or heat. A green attribute is not, although its unit is kWh too."""
    return goods.role in GOODS and goods.unit in UNITS and UNITS[goods.unit].dimension == "energy"


def megajoules(quantity: Decimal, unit: str) -> float:
    """MJ of a quantity in an energy unit."""
    return float(quantity * UNITS[unit].scale)


def carrier_of(unit: str) -> str:
    """The energy carrier of a lot: electricity if its unit is a watt hour, heat if it is a joule, as in
    `ledger.sdk.book_energy`."""
    return "electricity" if unit in _WATT_HOURS else "heat"


def emissions_of(booked: Booked) -> Iterator[Emission]:
    """The emissions of a record, by scope and category."""
    site, record = booked.site, booked.record
    provisional = isinstance(record, Transformation) and record.basis == "provisional"
    carriers = frozenset(use.carrier for use in booked.assessment.energy)
    for line in booked.assessment.lines:
        if line.burden in _ADDITIVE or line.burden == BIOGENIC_CO2:
            yield from _of_line(line, site, carriers, provisional)
    if _uses_up(booked):
        yield from _of_taken(booked, site, provisional)


def _of_line(line: Line, site: str | None, carriers: frozenset[str], provisional: bool) -> Iterator[Emission]:
    """The emission of a line. Grid power whose line knows the generation apart gives two: the generation in scope 2,
    the rest of its life cycle (upstream, losses) in category 3 of scope 3 (Scope 2 Guidance, 5.5)."""
    amount = line_co2e(line)
    scope, category = scope_of(line, carriers)
    market = amount if line.market is None or scope != "2" else float(line.market)
    absolute = abs(amount)
    emission = Emission(
        site, scope, category, line.source, line.gas, amount, market, absolute, absolute if line.primary else 0.0,
        provisional, line.factor, line.recalled,
    )
    if line.generation is None or scope != "2":
        yield emission
        return
    rest = max(amount - float(line.generation), 0.0)
    direct = amount - rest
    part = direct / amount if amount else 0.0
    yield emission._replace(
        location=direct, market=max(market - rest, 0.0), absolute=absolute * part, primary=emission.primary * part)
    if rest:
        yield emission._replace(
            scope="3", category=ENERGY_RELATED, location=rest, market=rest, absolute=absolute * (1.0 - part),
            primary=emission.primary * (1.0 - part))


def scope_of(line: Line, carriers: frozenset[str]) -> tuple[Scope, str]:
    """Scope and category of a line. `carriers`: the energy carriers that its record uses."""
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
    """Whether a record uses up its inputs, so that bought goods count: they count when they are used, sold or lost.
    Transfers for custody or return do not change the owner, additions to pools only move goods, and claimed or retired
    attributes carry no burden."""
    match booked.record:
        case Transformation():
            return True
        case Transfer(purpose=purpose):
            return purpose == "sale"
        case Consumption(purpose=reason):
            return reason not in ("claim", "retired")
        case _:
            return False


def _of_taken(booked: Booked, site: str | None, provisional: bool) -> Iterator[Emission]:
    used, power = isinstance(booked.record, Transformation), 0.0
    for goods in booked.taken:
        carried = goods.carried
        if not carried.bought and not carried.absolute and not carried.market:
            continue
        scope: Scope = "3"
        category = PURCHASED
        if is_energy(goods):
            # Energy that is sold on is in category 3 of scope 3; energy that is used here is in scope 2.
            scope, category = ("2", carrier_of(goods.unit)) if used else ("3", ENERGY_RELATED)
        market = carried.market if scope == "2" else carried.bought
        power += market if scope == "2" else 0.0
        yield Emission(
            site, scope, category, goods.product, "CO2e", carried.bought, market, carried.absolute, carried.primary,
            provisional,
        )
    if booked.covered < 0.0 < power:
        # Attributes also cover self-generated power, which is not in scope 2. So the relief is at most `power`.
        yield Emission(site, "2", "electricity", USED, "CO2e", 0.0, max(booked.covered, -power), 0.0, 0.0)


def retired(booked: Booked) -> float:
    """MJ of power whose green attributes a closing or a consumption retires. Attributes that a transformation takes are
    in its own market-based lines already."""
    if not isinstance(booked.record, Closing | Consumption):
        return 0.0
    return math.fsum(
        megajoules(one.quantity, one.unit) for one in booked.taken
        if one.role == ATTRIBUTE and one.unit in UNITS and UNITS[one.unit].dimension == "energy"
    )


def relief(site: str | None, market: float, power: float, attributes: float) -> Emission | None:
    """The reduction of a site's market-based figure of electricity by retired attributes. They cover `attributes` MJ of
    the `power` MJ that the site used as not renewable (Scope 2 Guidance, 6.4)."""
    if attributes <= 0.0 or power <= 0.0 or not market:
        return None
    return Emission(
        site, "2", "electricity", RETIRED, "CO2e", 0.0, -market * min(1.0, attributes / power), 0.0, 0.0,
    )


class Energy(NamedTuple):
    """MJ of a site. `used`: by its processes, by carrier and whether renewable. `made`: as lots. `nature`: drawn from
    nature to make these (wind, sun). `own`: used from its own lots."""

    used: Mapping[tuple[str, bool], float]
    made: Mapping[str, float]
    nature: float
    own: Mapping[str, float]

    @property
    def comprehensive(self) -> float:
        """Net energy, each MJ counted once (GB/T 2589): used energy plus energy from nature minus energy made as lots.
        The user of these lots counts them again; lots that were sold are not the site's consumption."""
        return math.fsum([*self.used.values(), self.nature, *(-amount for amount in self.made.values())])


class EnergySums:
    """Adds up the energy of records."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, bool], float] = {}
        self._made: dict[str, float] = {}
        self._own: dict[str, float] = {}
        self._nature = 0.0

    def add(self, booked: Booked, weight: float = 1.0) -> None:
        if not isinstance(booked.record, Transformation | Closing):
            return
        entered = 0.0
        for use in booked.assessment.energy:
            amount = float(use.amount)
            entered += amount
            key = (use.carrier, use.renewable)
            self._used[key] = self._used.get(key, 0.0) + weight * amount
        made = 0.0
        for product in booked.made:
            if is_energy(product):
                amount, carrier = megajoules(product.quantity, product.unit), carrier_of(product.unit)
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
    """Kg CO2e; `provisional` is the part of `absolute` from provisional records."""

    location: float = 0.0
    market: float = 0.0
    absolute: float = 0.0
    primary: float = 0.0
    provisional: float = 0.0

    @property
    def primary_share(self) -> float | None:
        return self.primary / self.absolute if self.absolute else None


def total(emissions: Iterable[Emission]) -> Sum:
    """The sum of emissions; each column is rounded once."""
    rows = [
        (one.location, one.market, one.absolute, one.primary, one.absolute if one.provisional else 0.0)
        for one in emissions
    ]
    return Sum(*[math.fsum(column) for column in zip(*rows, strict=True)]) if rows else Sum()
