"""The greenhouse gas report of one site in the layout of China's enterprise standards: activity data times factor.

GB/T 32150 and the parts of GB/T 32151: E = combustion + process + purchased electricity + purchased heat
- exported electricity - exported heat - recovered. Energy from another site of the same organisation counts as
purchased, since the boundary is the site.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.footprint.derived.inventory.scopes import (
    Booked,
    Emission,
    TakenGoods,
    carrier_of,
    emissions_of,
    is_energy,
    megajoules,
)

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "combustion": ("Fuel combustion", "化石燃料燃烧排放"),
    "process": ("Industrial process", "过程排放"),
    "electricity": ("Purchased electricity", "购入电力对应的排放"),
    "heat": ("Purchased heat", "购入热力对应的排放"),
    "exportedElectricity": ("Exported electricity", "输出电力对应的排放"),
    "exportedHeat": ("Exported heat", "输出热力对应的排放"),
    "capture": ("Captured carbon dioxide", "二氧化碳回收利用"),
}
"""Sections of the report in their order; exported and captured amounts are negative."""

_SECTION: Final = {"mobileCombustion": "combustion"}
_SHOWN: Final = {"mass": ("TNE", 1000.0), "normal volume": ("NM3", 1.0), "volume": ("MTQ", 1.0)}
_MJ_PER_KWH, _MJ_PER_GJ = 3.6, 1000.0


class SiteActivity(NamedTuple):
    """Activity data of a row. A row has no activity data if no supply has its name, or if supplies differ in
    dimension."""

    quantity: float
    unit: str


class SiteRow(NamedTuple):
    """One row of the report: kg CO2e of a source. `energy` in MJ."""

    section: str
    source: str
    gas: str
    location: float
    market: float
    activity: SiteActivity | None
    energy: float | None
    factors: tuple[str, ...]
    recalled: tuple[str, ...]
    primary: bool
    provisional: bool


class _ReportLine:
    """The sums of one row."""

    def __init__(self) -> None:
        self.location = 0.0
        self.market = 0.0
        self.factors: set[str] = set()
        self.recalled: set[str] = set()
        self.primary = True
        self.provisional = False

    def add(self, emission: Emission) -> None:
        self.location += emission.location
        self.market += emission.market
        if emission.factor is not None:
            (self.recalled if emission.recalled else self.factors).add(emission.factor)
        self.primary = self.primary and emission.primary == emission.absolute
        self.provisional = self.provisional or emission.provisional


class _Export:
    """Lots of an energy carrier: MJ that the site made and used itself; kg CO2e that they carry (`carried`), the part
    in its own use (`carried_used`), and the part that is in the report (`inside`)."""

    def __init__(self) -> None:
        self.made = self.used = 0.0
        self.carried = self.carried_used = self.inside = 0.0

    @property
    def left(self) -> float:
        """Kg CO2e of the report that left the site with exported lots."""
        return (self.carried - self.carried_used) * self.inside / self.carried if self.carried else 0.0


class SiteReport:
    """Adds up the records of `site`, one by one."""

    def __init__(self, site: str) -> None:
        self.records = 0
        self._site = site
        self._lines: dict[tuple[str, str, str], _ReportLine] = {}
        self._activities: dict[tuple[str, str], dict[str, float]] = {}
        self._energy: dict[str, float] = {}
        self._exports: dict[str, _Export] = {}

    def add(self, booked: Booked) -> None:
        """Adds a record; ignores records of other sites and records without a site."""
        if booked.site != self._site:
            return
        self.records += 1
        bought = [one for one in booked.taken if is_energy(one) and one.facility != self._site]
        emissions = [one for one in emissions_of(booked._replace(taken=())) if one.scope in ("1", "2")]
        if isinstance(booked.record, Transformation):
            emissions += [_drawn(self._site, one) for one in bought]
        sections: dict[str, str] = {}
        for emission in emissions:
            section = _SECTION.get(emission.category, emission.category)
            sections[emission.source] = section
            self._lines.setdefault((section, emission.source, emission.gas), _ReportLine()).add(emission)
        self._add_activities(booked, sections)
        self._add_drawn(bought, sections)
        self._add_exported(booked, sum(one.location for one in emissions))

    def _add_activities(self, booked: Booked, sections: Mapping[str, str]) -> None:
        for supply in _supplies(booked):
            section = sections.get(supply.material)
            if section is not None and supply.quantity.unit in UNITS:
                unit, amount = _shown(supply, section)
                sums = self._activities.setdefault((section, supply.material), {})
                sums[unit] = sums.get(unit, 0.0) + amount
        for use in booked.assessment.energy:
            self._energy[use.carrier] = self._energy.get(use.carrier, 0.0) + float(use.amount)

    def _add_drawn(self, bought: Iterable[TakenGoods], sections: Mapping[str, str]) -> None:
        for goods in bought:
            if goods.product in sections:
                unit, amount = _energy_shown(megajoules(goods.quantity, goods.unit), carrier_of(goods.unit))
                sums = self._activities.setdefault((sections[goods.product], goods.product), {})
                sums[unit] = sums.get(unit, 0.0) + amount

    def _add_exported(self, booked: Booked, inside: float) -> None:
        """Adds exports: the lots made minus the site's own use of them. `inside`: kg CO2e of the record in the report.
        An export subtracts only these, not the upstream burdens that the lots also carry."""
        whole = sum(made.footprint for made in booked.made)
        for made in booked.made:
            if is_energy(made):
                export = self._exports.setdefault(carrier_of(made.unit), _Export())
                export.made += megajoules(made.quantity, made.unit)
                export.carried += made.footprint
                export.inside += made.footprint * min(1.0, inside / whole) if whole else 0.0
        for goods in booked.taken:
            if is_energy(goods) and goods.facility == self._site:
                export = self._exports.setdefault(carrier_of(goods.unit), _Export())
                export.used += megajoules(goods.quantity, goods.unit)
                export.carried_used += goods.footprint

    def rows(self) -> Iterator[SiteRow]:
        """All rows, section by section, the largest row of each section first."""
        for section in SECTIONS:
            lines = [(key, line) for key, line in self._lines.items() if key[0] == section]
            for (_, source, gas), line in sorted(lines, key=lambda one: (-abs(one[1].location), one[0])):
                yield SiteRow(section, source, gas, line.location, line.market, self._activity(section, source),
                              self._energy.get(source), tuple(sorted(line.factors)), tuple(sorted(line.recalled)),
                              line.primary, line.provisional)
            yield from self._exported(section)

    def _activity(self, section: str, source: str) -> SiteActivity | None:
        sums = self._activities.get((section, source), {})
        if len(sums) != 1:
            return None
        ((unit, quantity),) = sums.items()
        return SiteActivity(quantity, unit)

    def _exported(self, section: str) -> Iterator[SiteRow]:
        carrier = {"exportedElectricity": "electricity", "exportedHeat": "heat"}.get(section)
        export = self._exports.get(carrier or "", _Export())
        amount = export.made - export.used
        if carrier is not None and amount > 0.0:
            unit, shown = _energy_shown(amount, carrier)
            yield SiteRow(section, carrier, "CO2e", -export.left, -export.left, SiteActivity(shown, unit), amount,
                          (), (), primary=False, provisional=False)


def _drawn(site: str, goods: TakenGoods) -> Emission:
    """The emission of electricity or heat from outside the site, with all burdens that it carries."""
    inside = goods.facility is not None
    location, market = (goods.footprint, goods.market) if inside else (goods.carried.bought, goods.carried.market)
    absolute = abs(location)
    primary = absolute if goods.carried.absolute and goods.carried.primary == goods.carried.absolute else 0.0
    return Emission(site, "2", carrier_of(goods.unit), goods.product, "CO2e", location, market, absolute, primary)


def _supplies(booked: Booked) -> list[Supply]:
    match booked.record:
        case Transformation():
            return [*booked.record.supplies, *booked.record.overheads]
        case Closing(spread_overheads=None, overheads=overheads):
            return list(overheads)
        case _:
            return []


def _shown(supply: Supply, section: str) -> tuple[str, float]:
    """Activity data in the units that the standards use: t, Nm3, kWh of electricity, GJ."""
    unit = UNITS[supply.quantity.unit]
    if unit.dimension == "energy":
        carrier = "electricity" if section == "electricity" else "heat"
        return _energy_shown(megajoules(supply.quantity.amount, unit.code), carrier)
    code, scale = _SHOWN.get(unit.dimension, (unit.code, float(unit.scale)))
    return code, float(supply.quantity.amount * unit.scale) / scale


def _energy_shown(amount: float, carrier: str) -> tuple[str, float]:
    """MJ as kWh of electricity, or GJ of heat."""
    return ("KWH", amount / _MJ_PER_KWH) if carrier == "electricity" else ("GV", amount / _MJ_PER_GJ)
