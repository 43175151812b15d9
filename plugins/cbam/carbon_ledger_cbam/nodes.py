"""Processes of installations: the records of a facility and year, added up by goods category and route.

A product outside annex I that other processes use (power, heat, lime) has a process of its own, by product. Amounts are
kg CO2e unless stated otherwise, weighted by the part of each record that belongs to the process.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from carbon_ledger_cbam.attribution import Attributed, attribute, is_power, megawatt_hours
from carbon_ledger_cbam.boundary import judge
from carbon_ledger_cbam.defaults import Defaults
from carbon_ledger_cbam.electricity import count_supply
from carbon_ledger_cbam.goods import Good
from ledger.sdk import CARRYING_ROLES, EmissionLine, InstallationYear, Production, TakenLot


class Key(NamedTuple):
    """A process: `category` and `route` if it makes goods of annex I, else its `product`."""

    facility: str
    year: int
    category: str | None
    route: str
    product: str | None = None


class LineKey(NamedTuple):
    """The fields that identify a line of an answer."""

    source: str
    kind: str
    gas: str
    burden: str
    inside: bool
    reason: str
    factor: str | None
    recalled: bool


class TakeKey(NamedTuple):
    """The fields that identify a precursor, or another input, of an answer."""

    product: str
    cn: str | None
    role: str
    unit: str
    facility: str | None
    country: str | None
    process: str | None
    year: int | None
    attested: str | None
    declared: str | None
    evidence: str | None

    @property
    def route(self) -> str:
        """The route of the maker's process."""
        return (self.process or "").partition(".")[2]


class PowerKey(NamedTuple):
    way: str
    factor: str
    status: str


class Line:
    """Kg CO2e as the ledger counts it, and as the regulation does."""

    def __init__(self) -> None:
        self.footprint = self.embedded = 0.0


class Power(Line):
    """Supplied electricity, MWh."""

    def __init__(self) -> None:
        super().__init__()
        self.megawatt_hours = 0.0


class Take:
    """`quantity` in its unit, `tonnes`; kg CO2e `carried`, the part of `electricity`, and `made`, the burden when it
    left its maker; MWh used upstream. `energy`: MWh of a lot of electricity."""

    def __init__(self) -> None:
        self.quantity = self.tonnes = self.carried = self.electricity = self.made = self.megawatt_hours = 0.0
        self.energy = 0.0
        self.weighed = True


class Node:
    """A process. `level`: its production, t of goods, else the quantity in `unit`. `attributed`: direct emissions.
    `allocation`: the ledger's shares and assigned amounts less the regulation's."""

    def __init__(self, key: Key, good: Good | None, unit: str) -> None:
        self.key, self.good, self.unit = key, good, unit
        self.level = self.footprint = self.attributed = self.allocation = self.megawatt_hours = 0.0
        self.provisional = False
        self.lines: dict[LineKey, Line] = {}
        self.power: dict[PowerKey, Power] = {}
        self.takes: dict[TakeKey, Take] = {}
        self.products: dict[tuple[str, str | None], float] = {}

    def add(self, production: Production, part: Attributed, installation: InstallationYear, defaults: Defaults) -> None:
        """Adds the part of a record that belongs to this process."""
        amount = part.made.quantity if self.good is None else part.made.tonnes or 0.0
        product = (part.made.product, part.made.cn)
        self.products[product] = self.products.get(product, 0.0) + amount
        self.level += amount
        self.footprint += part.made.footprint
        self.provisional = self.provisional or production.provisional
        self.attributed += part.own - part.share * part.relieved
        whole = -part.relieved
        for line in production.lines:
            whole += line.carbon_dioxide
            self._add_line(line, part.share)
        for use in production.power:
            counted = count_supply(use, installation, defaults)
            power = self.power.setdefault(PowerKey(counted.way, counted.factor, counted.status), Power())
            power.footprint += part.share * use.carbon_dioxide
            power.embedded += part.share * counted.embedded
            power.megawatt_hours += part.share * use.kilowatt_hours / 1000
            self.megawatt_hours += part.share * use.kilowatt_hours / 1000
        for taken in production.taken:
            whole += taken.carried
            self._add_taken(taken, part.share)
        self.allocation += part.made.footprint - (part.share * whole + part.own)

    def _add_line(self, line: EmissionLine, share: float) -> None:
        judged = judge(line, self.good)
        key = LineKey(line.source, line.kind, line.gas, line.burden, judged.inside, judged.reason, line.factor,
                      line.recalled)
        amounts = self.lines.setdefault(key, Line())
        amounts.footprint += share * line.carbon_dioxide
        amounts.embedded += share * judged.embedded
        self.attributed += share * judged.embedded

    def _add_taken(self, taken: TakenLot, share: float) -> None:
        key = TakeKey(taken.product, taken.cn, taken.role, taken.unit, taken.facility, taken.country, taken.process,
                      taken.year, taken.attested, taken.declared, taken.evidence)
        take = self.takes.setdefault(key, Take())
        take.quantity += share * taken.quantity
        take.tonnes += share * (taken.tonnes or 0.0)
        take.weighed = take.weighed and taken.tonnes is not None
        take.carried += share * taken.carried
        take.electricity += share * taken.electricity
        take.made += share * taken.made
        take.megawatt_hours += share * taken.kilowatt_hours / 1000
        if is_power(taken.unit) and taken.role in CARRYING_ROLES:
            take.energy += share * megawatt_hours(taken.quantity, taken.unit)
            self.megawatt_hours += share * megawatt_hours(taken.quantity, taken.unit)

    @property
    def direct(self) -> float:
        """Own direct emissions: never below zero (annex III, point A)."""
        return max(0.0, self.attributed)

    @property
    def indirect(self) -> float:
        """Emissions of supplied electricity, without lots of electricity."""
        return sum((one.embedded for one in self.power.values()), 0.0)


def nodes_of(installations: Iterable[InstallationYear], defaults: Defaults) -> dict[Key, Node]:
    """All processes, in the order of their first production. Raises InvalidInput for goods without mass, and power
    without a factor."""
    nodes: dict[Key, Node] = {}
    for installation in installations:
        for production in installation.productions:
            for key, part in _keyed(installation, production):
                node = nodes.setdefault(key, Node(key, part.good, part.made.unit))
                node.add(production, part, installation, defaults)
    return nodes


def _keyed(installation: InstallationYear, production: Production) -> Iterator[tuple[Key, Attributed]]:
    for part in attribute(production):
        if part.good is None:
            yield Key(installation.facility, installation.year, None, "", part.made.product), part
        else:
            yield Key(installation.facility, installation.year, part.good.category, production.route), part
