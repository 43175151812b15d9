"""The inventory of an organisation or a group: adds up what its records emitted, used and made, by site."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.inventory.scopes import (
    GOODS,
    Booked,
    Emission,
    Energy,
    EnergySums,
    Scope,
    TakenGoods,
    emissions_of,
    is_energy,
    relief,
    retired,
    total,
)

_Key = tuple[str | None, Scope, str, str, str, bool, str | None, bool]
_POWER: Final = ("electricity", False)


class Goods(NamedTuple):
    """What was made of a product, and how much of it went into records inside; quantities in its unit, masses in kg."""

    unit: str
    made: Decimal
    used: Decimal
    mass_made: float
    mass_used: float

    @property
    def net(self) -> float:
        """Kg that did not stay inside."""
        return self.mass_made - self.mass_used


class Inventory:
    """Takes records one by one, each with the `weight` that it counts with (an equity share). `opening` are kg CO2e in
    opening stock that was used up: of years before, and in no scope."""

    def __init__(self) -> None:
        self.records = 0
        self.opening = 0.0
        self._rows: dict[_Key, list[float]] = {}
        self._energy: dict[str | None, EnergySums] = {}
        self._attributes: dict[str | None, float] = {}
        self._goods: dict[str, Goods] = {}

    def add(self, booked: Booked, weight: float = 1.0) -> None:
        self.records += 1
        for one in emissions_of(booked):
            row = self._rows.setdefault(_key(one), [0.0, 0.0, 0.0, 0.0])
            for i, amount in enumerate((one.location, one.market, one.absolute, one.primary)):
                row[i] += weight * amount
        site = booked.site
        self._energy.setdefault(site, EnergySums()).add(booked, weight)
        self._attributes[site] = self._attributes.get(site, 0.0) + weight * retired(booked)
        for taken in booked.taken:
            self.opening += weight * taken.carried.opening
        if isinstance(booked.record, Transformation):
            self._add_goods(booked)

    def _add_goods(self, booked: Booked) -> None:
        for made in booked.made:
            if made.role in GOODS and not is_energy(made):
                known = self._goods.get(made.product, Goods(made.unit, Decimal(0), Decimal(0), 0.0, 0.0))
                self._goods[made.product] = known._replace(
                    made=known.made + made.quantity, mass_made=known.mass_made + (made.mass or 0.0)
                )
        for taken in booked.taken:
            if taken.carried.own and taken.role in GOODS and not is_energy(taken):
                self._use(taken)

    def _use(self, taken: TakenGoods) -> None:
        """Of what was made inside; it may have been made before."""
        own = taken.carried.own
        known = self._goods.get(taken.product, Goods(taken.unit, Decimal(0), Decimal(0), 0.0, 0.0))
        quantity = taken.quantity if own == 1.0 else taken.quantity * Decimal(own)
        self._goods[taken.product] = known._replace(
            used=known.used + quantity, mass_used=known.mass_used + own * (taken.mass or 0.0)
        )

    @property
    def sites(self) -> list[str]:
        return sorted(site for site in self._energy if site is not None)

    @property
    def goods(self) -> Mapping[str, Goods]:
        """By product, the heaviest first."""
        return dict(sorted(self._goods.items(), key=lambda one: (-one[1].mass_made, one[0])))

    @property
    def tonnes(self) -> float:
        """Tonnes that were made and did not go into other records inside: of what is made in steps, the last one."""
        return sum(one.net for one in self._goods.values()) / 1000

    def emissions(self) -> list[Emission]:
        """One row a site, scope, category, source and gas, with what retired attributes take off."""
        found = [
            Emission(
                site, scope, category, source, gas, location, market, absolute, primary, provisional, factor, recalled
            )
            for (site, scope, category, source, gas, provisional, factor, recalled),
                (location, market, absolute, primary) in self._rows.items()
        ]
        for site, attributes in self._attributes.items():
            power = [one for one in found if one.site == site and (one.scope, one.category) == ("2", "electricity")]
            energy = self.energy(site)
            used = energy.used.get(_POWER, 0.0) - energy.own.get("electricity", 0.0)
            taken_off = relief(site, total(power).market, used, attributes)
            found += [taken_off] if taken_off is not None else []
        return found

    def energy(self, site: str | None) -> Energy:
        """Of one site; None is what is no site's."""
        return self._energy.get(site, EnergySums()).result()

    def all_energy(self) -> Energy:
        return merged(sums.result() for sums in self._energy.values())

    def attributes(self) -> float:
        """MJ of power whose attributes were retired by closings and consumptions."""
        return sum(self._attributes.values())


def _key(one: Emission) -> _Key:
    return (one.site, one.scope, one.category, one.source, one.gas, one.provisional, one.factor, one.recalled)


def merged(energies: Iterable[Energy]) -> Energy:
    """Several sites as one."""
    used: dict[tuple[str, bool], float] = {}
    made: dict[str, float] = {}
    own: dict[str, float] = {}
    nature = 0.0
    for energy in energies:
        for key, amount in energy.used.items():
            used[key] = used.get(key, 0.0) + amount
        for sums, more in ((made, energy.made), (own, energy.own)):
            for carrier, amount in more.items():
                sums[carrier] = sums.get(carrier, 0.0) + amount
        nature += energy.nature
    return Energy(dict(sorted(used.items())), dict(sorted(made.items())), nature, dict(sorted(own.items())))
