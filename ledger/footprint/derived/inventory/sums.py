"""The inventory of an organisation or a group: emissions, energy and goods of its records, added up by site."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.closings.final_records import ON_FINAL
from ledger.core.record.kinds import Closing, Transformation
from ledger.footprint.derived.finding_sums import FindingSums
from ledger.footprint.derived.inventory.left_out import LeftOut
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
    """The quantity of a product that was made, and the part that records inside the boundary used; masses in kg."""

    unit: str
    made: Decimal
    used: Decimal
    mass_made: float
    mass_used: float

    @property
    def net(self) -> float:
        """Kg that were made and not used inside."""
        return self.mass_made - self.mass_used


class Inventory:
    """Adds up records one by one, each with a `weight` (an equity share). `opening`: kg CO2e in opening stock that was
    used up. They come from earlier years and are in no scope. Without weights: `left_out`, `findings`, and by site the
    kg CO2e in question, `questioned_at`."""

    def __init__(self) -> None:
        self.records = 0
        self.opening = 0.0
        self.left_out = LeftOut()
        self.findings = FindingSums()
        self.questioned_at: dict[str | None, float] = {}
        self._rows: dict[_Key, list[float]] = {}
        self._energy: dict[str | None, EnergySums] = {}
        self._attributes: dict[str | None, float] = {}
        self._goods: dict[str, Goods] = {}

    def add(self, booked: Booked, weight: float = 1.0) -> None:
        self.records += 1
        for emission in emissions_of(booked):
            row = self._rows.setdefault(_key(emission), [0.0, 0.0, 0.0, 0.0])
            for i, amount in enumerate((emission.location, emission.market, emission.absolute, emission.primary)):
                row[i] += weight * amount
        self.left_out.add(booked)
        site = booked.site
        self._add_findings(booked)
        self._energy.setdefault(site, EnergySums()).add(booked, weight)
        self._attributes[site] = self._attributes.get(site, 0.0) + weight * retired(booked)
        for taken in booked.taken:
            self.opening += weight * taken.carried.opening
        if isinstance(booked.record, Transformation):
            self._add_goods(booked)

    def _add_findings(self, booked: Booked) -> None:
        before, findings = self.findings.total, booked.findings
        if findings is not None and isinstance(booked.record, Closing):
            # The scopes hold the parts that stay with a closing; only products' figures are too low.
            stays = sum(finding.amount or 0.0 for finding in findings.findings if finding.code == ON_FINAL)
            findings = findings._replace(entering=findings.entering - stays)
        self.findings.add(findings, sum(taken.carried.questioned for taken in booked.taken))
        self.questioned_at[booked.site] = self.questioned_at.get(booked.site, 0.0) + self.findings.total - before

    def _add_goods(self, booked: Booked) -> None:
        for made in booked.made:
            if made.role in GOODS and not is_energy(made):
                goods = self._goods.get(made.product, Goods(made.unit, Decimal(0), Decimal(0), 0.0, 0.0))
                self._goods[made.product] = goods._replace(
                    made=goods.made + made.quantity, mass_made=goods.mass_made + (made.mass or 0.0)
                )
        for taken in booked.taken:
            if taken.carried.own and taken.role in GOODS and not is_energy(taken):
                self._use(taken)

    def _use(self, taken: TakenGoods) -> None:
        """Adds the use of goods made inside, possibly in an earlier year."""
        own = taken.carried.own
        goods = self._goods.get(taken.product, Goods(taken.unit, Decimal(0), Decimal(0), 0.0, 0.0))
        quantity = taken.quantity if own == 1.0 else taken.quantity * Decimal(own)
        self._goods[taken.product] = goods._replace(
            used=goods.used + quantity, mass_used=goods.mass_used + own * (taken.mass or 0.0)
        )

    @property
    def sites(self) -> list[str]:
        return sorted(site for site in self._energy if site is not None)

    @property
    def goods(self) -> Mapping[str, Goods]:
        """Goods by product, heaviest first."""
        return dict(sorted(self._goods.items(), key=lambda one: (-one[1].mass_made, one[0])))

    @property
    def tonnes(self) -> float:
        """Tonnes that were made and not used inside. Of goods made in several steps this counts the last step only."""
        return sum(one.net for one in self._goods.values()) / 1000

    def emissions(self) -> list[Emission]:
        """One row per site, scope, category, source and gas, and the relief by retired attributes."""
        emissions = [
            Emission(
                site, scope, category, source, gas, location, market, absolute, primary, provisional, factor, recalled
            )
            for (site, scope, category, source, gas, provisional, factor, recalled),
                (location, market, absolute, primary) in self._rows.items()
        ]
        for site, attributes in self._attributes.items():
            power = [one for one in emissions if one.site == site and (one.scope, one.category) == ("2", "electricity")]
            energy = self.energy(site)
            used = energy.used.get(_POWER, 0.0) - energy.own.get("electricity", 0.0)
            taken_off = relief(site, total(power).market, used, attributes)
            emissions += [taken_off] if taken_off is not None else []
        return emissions

    def energy(self, site: str | None) -> Energy:
        """The energy of one site; None: of records without a site."""
        return self._energy.get(site, EnergySums()).result()

    def all_energy(self) -> Energy:
        return merged(sums.result() for sums in self._energy.values())

    def attributes(self) -> float:
        """MJ of power whose attributes closings and consumptions retired."""
        return sum(self._attributes.values())


def _key(emission: Emission) -> _Key:
    return (
        emission.site, emission.scope, emission.category, emission.source, emission.gas, emission.provisional,
        emission.factor, emission.recalled,
    )


def merged(energies: Iterable[Energy]) -> Energy:
    """The sum over several sites."""
    used: dict[tuple[str, bool], float] = {}
    made: dict[str, float] = {}
    own: dict[str, float] = {}
    nature = 0.0
    for energy in energies:
        for key, amount in energy.used.items():
            used[key] = used.get(key, 0.0) + amount
        for sums, amounts in ((made, energy.made), (own, energy.own)):
            for carrier, amount in amounts.items():
                sums[carrier] = sums.get(carrier, 0.0) + amount
        nature += energy.nature
    return Energy(dict(sorted(used.items())), dict(sorted(made.items())), nature, dict(sorted(own.items())))
