"""The greenhouse gases of one site as China's enterprise standards lay them out: activity data times factor.

GB/T 32150 and the parts of GB/T 32151: E = combustion + process + purchased electricity + purchased heat
- exported electricity - exported heat - recovered. What is drawn from another site of the same organisation is
purchased here, since the border is the site's.
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
"""In the order in which they are added; exported and captured amounts are negative."""

_SECTION: Final = {"mobileCombustion": "combustion"}
_SHOWN: Final = {"mass": ("TNE", 1000.0), "normal volume": ("NM3", 1.0), "volume": ("MTQ", 1.0)}
_MJ_PER_KWH, _MJ_PER_GJ = 3.6, 1000.0


class SiteActivity(NamedTuple):
    """`quantity` in `unit`; none where no supply of that name went in, or in several dimensions."""

    quantity: float
    unit: str


class SiteRow(NamedTuple):
    """One line of the report: kg CO2e of a source. `energy` is MJ."""

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
    """What adds up in one line."""

    def __init__(self) -> None:
        self.location = 0.0
        self.market = 0.0
        self.factors: set[str] = set()
        self.recalled: set[str] = set()
        self.primary = True
        self.provisional = False

    def add(self, one: Emission) -> None:
        self.location += one.location
        self.market += one.market
        if one.factor is not None:
            (self.recalled if one.recalled else self.factors).add(one.factor)
        self.primary = self.primary and one.primary == one.absolute
        self.provisional = self.provisional or one.provisional


class _Export:
    """Lots of a carrier that the site made, MJ, and what it used of them; kg CO2e that they carry, and of that what is
    in the report."""

    def __init__(self) -> None:
        self.made = self.used = 0.0
        self.carried = self.carried_used = self.inside = 0.0

    @property
    def left(self) -> float:
        """Kg CO2e of the report that left the site."""
        return (self.carried - self.carried_used) * self.inside / self.carried if self.carried else 0.0


class SiteReport:
    """Takes the records of `site` one by one."""

    def __init__(self, site: str) -> None:
        self.records = 0
        self._site = site
        self._lines: dict[tuple[str, str, str], _ReportLine] = {}
        self._activities: dict[tuple[str, str], dict[str, float]] = {}
        self._energy: dict[str, float] = {}
        self._exports: dict[str, _Export] = {}

    def add(self, booked: Booked) -> None:
        """Records of other sites, and of none, are passed over."""
        if booked.site != self._site:
            return
        self.records += 1
        bought = [one for one in booked.taken if is_energy(one) and one.facility != self._site]
        found = [one for one in emissions_of(booked._replace(taken=())) if one.scope in ("1", "2")]
        if isinstance(booked.record, Transformation):
            found += [_drawn(self._site, one) for one in bought]
        sections: dict[str, str] = {}
        for one in found:
            section = _SECTION.get(one.category, one.category)
            sections[one.source] = section
            self._lines.setdefault((section, one.source, one.gas), _ReportLine()).add(one)
        self._add_activities(booked, sections)
        self._add_drawn(bought, sections)
        self._add_exported(booked, sum(one.location for one in found))

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
        for one in bought:
            if one.product in sections:
                unit, amount = _energy_shown(megajoules(one.quantity, one.unit), carrier_of(one.unit))
                sums = self._activities.setdefault((sections[one.product], one.product), {})
                sums[unit] = sums.get(unit, 0.0) + amount

    def _add_exported(self, booked: Booked, inside: float) -> None:
        """What was made as lots, less what the site itself used of it. `inside` is what of the record is in the
        report: of the upstream that its lots carry too, nothing is taken off."""
        whole = sum(made.footprint for made in booked.made)
        for made in booked.made:
            if is_energy(made):
                export = self._exports.setdefault(carrier_of(made.unit), _Export())
                export.made += megajoules(made.quantity, made.unit)
                export.carried += made.footprint
                export.inside += made.footprint * min(1.0, inside / whole) if whole else 0.0
        for one in booked.taken:
            if is_energy(one) and one.facility == self._site:
                export = self._exports.setdefault(carrier_of(one.unit), _Export())
                export.used += megajoules(one.quantity, one.unit)
                export.carried_used += one.footprint

    def rows(self) -> Iterator[SiteRow]:
        """All lines, section by section, the largest of each first."""
        for section in SECTIONS:
            of = [(key, line) for key, line in self._lines.items() if key[0] == section]
            for (_, source, gas), line in sorted(of, key=lambda one: (-abs(one[1].location), one[0])):
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
            yield SiteRow(section, carrier, "CO2e", -export.left, -export.left, SiteActivity(
                shown, unit
            ), amount, (), (),
                          primary=False, provisional=False)


def _drawn(site: str, one: TakenGoods) -> Emission:
    """Electricity or heat of another site, with all that it carries."""
    inside = one.facility is not None
    location, market = (one.footprint, one.market) if inside else (one.carried.bought, one.carried.market)
    absolute = abs(location)
    primary = absolute if one.carried.absolute and one.carried.primary == one.carried.absolute else 0.0
    return Emission(site, "2", carrier_of(one.unit), one.product, "CO2e", location, market, absolute, primary)


def _supplies(booked: Booked) -> list[Supply]:
    match booked.record:
        case Transformation(supplies=supplies) | Closing(overheads=supplies):
            return list(supplies)
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
