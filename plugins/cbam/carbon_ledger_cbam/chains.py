"""Embedded emissions over several installations and years: the same linear system as within one, process by process.

For one unit of the product of a process n that takes amounts m(n, k) of the products of processes k:

    direct      d(n) = own + bought + sum m d(k)                       over goods, heat and other products taken
    electricity u(n) = own + sum m u(k) over products outside annex I + sum m (d(k) + u(k)) over power
    indirect    i(n) = bought + [goods] u(n) + sum m i(k)              with precursors
    counted     c(n) = bought + [goods that are not of annex II] u(n) + sum m c(k)

since indirect emissions of goods of annex II never count, and indirect emissions of a precursor outside annex II count
in every good made from it (Implementing Regulation (EU) 2025/2547, annex I, point 3.1). Power that an installation
generates is indirect for its users, whatever its energy source.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from carbon_ledger_cbam.nodes import Key, Node, TakeKey
from carbon_ledger_cbam.solving import solved
from carbon_ledger_cbam.uses import Around, Use, use_of

POWER_WAYS: Final = ("directLine", "contract")


class Embedded(NamedTuple):
    """For one unit of a process's product, kg CO2e: `direct` with precursors; `own` direct emissions and `power` of the
    process and of processes that supply it with products outside annex I; `indirect`, and its `counted` part; the part
    of direct and indirect that comes from default values (`defaulted`). MWh."""

    direct: float
    own: float
    power: float
    indirect: float
    counted: float
    defaulted: float
    megawatt_hours: float


class Chain(NamedTuple):
    """Processes with their inputs and their embedded emissions."""

    nodes: Mapping[Key, Node]
    uses: Mapping[Key, Mapping[TakeKey, Use]]
    embedded: Mapping[Key, Embedded]

    def counts(self, use: Use) -> Embedded:
        """Kg CO2e and MWh of an input of a process."""
        if use.link is None:
            defaulted = use.direct + use.indirect if use.default is not None else 0.0
            return Embedded(use.direct, use.direct, 0.0, use.indirect, use.counted, defaulted, use.megawatt_hours)
        embedded, amount = self.embedded[use.link], use.amount
        if use.way in POWER_WAYS:
            return Embedded(0.0, 0.0, 0.0, amount * (embedded.direct + embedded.power), 0.0, 0.0, 0.0)
        power = 0.0 if self.nodes[use.link].good is not None else amount * embedded.power
        return Embedded(amount * embedded.direct, amount * embedded.own, power, amount * embedded.indirect + power,
                        amount * embedded.counted, amount * embedded.defaulted, amount * embedded.megawatt_hours)


def chain(around: Around) -> Chain:
    """The solved processes. Raises InvalidInput if processes take more of each other's goods than they make, and as
    `use_of` does."""
    nodes = around.nodes
    uses = {key: {take_key: use_of(node, take_key, take, around) for take_key, take in node.takes.items()}
            for key, node in nodes.items()}
    system = _System(nodes, uses)
    return Chain(nodes, uses, {key: system.embedded(i) for i, key in enumerate(nodes)})


class _System:
    """The equations, in the order of `nodes`; each is solved before the next one that needs it."""

    def __init__(self, nodes: Mapping[Key, Node], uses: Mapping[Key, Mapping[TakeKey, Use]]) -> None:
        self._nodes = list(nodes.values())
        self._place = {key: i for i, key in enumerate(nodes)}
        self._uses = [list(uses[key].values()) for key in nodes]
        everything = self._takes(lambda use, _: use.way not in POWER_WAYS)
        things = self._takes(lambda use, made: use.way not in POWER_WAYS and made.good is None)
        own = self._takes(lambda _, made: made.good is None)
        self._direct, self._hours, self._defaulted = self._solve(everything, [
            [self._per_unit(i, node.direct + self._bought(i, "direct")),
             self._per_unit(i, node.megawatt_hours + self._bought(i, "megawatt_hours")),
             self._per_unit(i, self._by_default(i))]
            for i, node in enumerate(self._nodes)
        ])
        (self._own,) = self._solve(things, [
            [self._per_unit(i, node.direct + self._bought_heat(i))] for i, node in enumerate(self._nodes)
        ])
        (power,) = self._solve(own, [[self._own_power(i)] for i in range(len(self._nodes))])
        self._power = power
        self._indirect, self._counted = self._solve(everything, [
            [self._per_unit(i, self._bought(i, "indirect", grid=False)) + (power[i] if node.good is not None else 0),
             self._per_unit(i, self._bought(i, "counted")) + (power[i] if _counts(node) else 0)]
            for i, node in enumerate(self._nodes)
        ])

    def embedded(self, i: int) -> Embedded:
        columns = (self._direct, self._own, self._power, self._indirect, self._counted, self._defaulted, self._hours)
        return Embedded(*[float(column[i]) for column in columns])

    def _takes(self, wanted: Callable[[Use, Node], bool]) -> list[dict[int, Fraction]]:
        """Amounts taken of other processes' products for one unit."""
        rows: list[dict[int, Fraction]] = [{} for _ in self._nodes]
        for i, uses in enumerate(self._uses):
            for use in uses:
                if use.link is None:
                    continue
                made = self._place[use.link]
                if wanted(use, self._nodes[made]):
                    rows[i][made] = rows[i].get(made, Fraction(0)) + self._per_unit(i, use.amount)
        return rows

    def _solve(
        self, takes: Sequence[Mapping[int, Fraction]], right: Sequence[Sequence[Fraction]]
    ) -> list[list[Fraction]]:
        return [list(column) for column in zip(*solved(takes, right), strict=True)]

    def _own_power(self, i: int) -> Fraction:
        """Supplied electricity, and the emissions of generating lots of electricity."""
        total = self._per_unit(i, self._nodes[i].indirect + self._bought(i, "indirect", grid=True))
        for use in self._uses[i]:
            if use.link is not None and use.way in POWER_WAYS:
                total += self._per_unit(i, use.amount) * self._direct[self._place[use.link]]
        return total

    def _bought(self, i: int, field: str, grid: bool | None = None) -> float:
        """Sum over inputs without a process here; `grid`: only electricity (True), or without electricity (False)."""
        total = 0.0
        for use in self._uses[i]:
            power = use.way in (*POWER_WAYS, "grid")
            if use.link is None and (grid is None or grid == power):
                total += float(getattr(use, field))
        return total

    def _bought_heat(self, i: int) -> float:
        return sum((use.direct for use in self._uses[i] if use.link is None and use.way == "heat"), 0.0)

    def _by_default(self, i: int) -> float:
        return sum((use.direct + use.indirect for use in self._uses[i] if use.default is not None), 0.0)

    def _per_unit(self, i: int, amount: float) -> Fraction:
        return Fraction(amount) / Fraction(self._nodes[i].level)


def _counts(node: Node) -> bool:
    return node.good is not None and not node.good.direct_only
