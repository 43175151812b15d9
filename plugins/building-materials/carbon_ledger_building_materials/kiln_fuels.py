"""Fuels of a kiln: standard ones, alternative ones with their biogenic part, as supplies and as lots of waste.

    CO2 = mass * heating value * carbon content * oxidised share * 44/12, of which (1 - biogenic share) is a burden

GB/T 32151.8 (fossil fuels; alternative fuels by their share of non-biogenic carbon); Regulation (EU) 2025/2547, Annex
II. Analyses of the site replace the defaults of `fuels.csv` and `factors.csv`.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from carbon_ledger_building_materials.common import factors
from ledger.sdk import (
    CO2_PER_C,
    KG_PER_T,
    Context,
    Draft,
    Fuel,
    FuelAnalysis,
    Key,
    Name,
    Part,
    Quantity,
    SupplyFacts,
    analysis_of,
    fuel_of,
    invalid_activity,
    rows,
    standard_fuels,
)


class FuelLot(Part, frozen=True, kw_only=True):
    """An input lot that is burnt. `kind`: its fuel, by the name of a supply of this fuel (`tyres`)."""

    lot: Name
    kind: Key


class AlternativeFuel(Fuel, frozen=True, kw_only=True):
    """A fuel of this sector's own table."""

    factor: str

    @property
    def name(self) -> str:
        return self.factor


class Burnt(NamedTuple):
    """A supply that is burnt in the kiln, and its fuel. `alternative`: no standard fuel."""

    supply: SupplyFacts
    fuel: Fuel
    alternative: bool

    @property
    def heat(self) -> Decimal:
        """MJ."""
        return self.fuel.amount_of(self.supply) * self.fuel.megajoules


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    return {row["key"]: row for row in rows("carbon_ledger_building_materials", "fuels.csv")}


def kiln_fuels(
    context: Context, analyses: Sequence[FuelAnalysis], lots: Sequence[FuelLot], elsewhere: Sequence[str]
) -> tuple[Burnt, ...]:
    """Fuels among the supplies except fuels burnt `elsewhere` on the site, then the lots that are burnt.

    Raises PluginError for a lot or an analysed material that the record does not have, and for a fuel without heating
    value or carbon.
    """
    supplies = [
        supply for supply in context.supplies
        if supply.material not in elsewhere and is_kiln_fuel(supply.material, analyses)
    ]
    burnt = {supply.lot for supply in context.supplies}
    supplies += [_as_supply(context, lot) for lot in lots if lot.lot not in burnt]
    materials = {supply.material for supply in supplies} | {supply.material for supply in context.supplies}
    for analysis in analyses:
        if analysis.material not in materials:
            raise invalid_activity(
                "analyses", analysis.material, "the material of a supply, or the kind of a lot burnt",
            )
    return tuple(
        Burnt(supply, _fuel(supply, analysis_of(supply.material, analyses)), supply.material not in standard_fuels())
        for supply in supplies
    )


def is_kiln_fuel(material: str, analyses: Iterable[FuelAnalysis]) -> bool:
    """Whether a supply of this material is burnt: a standard fuel, a fuel of the table, or an analysed one."""
    return material in standard_fuels() or material in _table() or any(one.material == material for one in analyses)


def _as_supply(context: Context, burnt: FuelLot) -> SupplyFacts:
    """A lot of fuel as a priced supply: it brings its own burden (waste has no burden), so its upstream is no
    omission."""
    for taken in context.inputs:
        if taken.lot == burnt.lot and taken.mass is not None:
            kilograms = Quantity(value=f"{taken.mass.normalize():f}", unit="KGM")
            return SupplyFacts(
                index=-1, material=burnt.kind, quantity=kilograms, mass=taken.mass, nature=False, priced=True,
            )
    raise invalid_activity("fuelLots", burnt.lot, "an input lot of this record with a mass")


def _fuel(supply: SupplyFacts, analysis: FuelAnalysis | None) -> Fuel:
    row = _table().get(supply.material)
    carbon_known = analysis is not None and (analysis.carbon is not None or analysis.carbon_content is not None)
    if row is None or (carbon_known and analysis is not None and analysis.heating_value is not None):
        return fuel_of(supply, analysis)
    heating_value = analysis.heating_value if analysis is not None else None
    if carbon_known or not (heating_value or row["heating_value_gj"]):
        rule = "analysed with a heatingValue: it varies too much for a default"
        raise invalid_activity("analyses", supply.material, rule)
    factor = factors().find(supply.material)
    return AlternativeFuel(
        key=supply.material, unit="TNE", heating_value=Decimal(heating_value or row["heating_value_gj"]),
        carbon_content=factor.value / CO2_PER_C / KG_PER_T, oxidation=_oxidation(analysis), status=factor.status,
        source=factor.source, biogenic=_biogenic(analysis, row), factor=factor.name,
    )


def _oxidation(analysis: FuelAnalysis | None) -> Decimal:
    stated = analysis.oxidation if analysis is not None else None
    return Decimal(1) if stated is None else Decimal(stated)


def _biogenic(analysis: FuelAnalysis | None, row: Mapping[str, str]) -> Decimal:
    """The biogenic share of the analysis if it is above 0, else the table's."""
    share = Decimal(analysis.biogenic_share) if analysis is not None else Decimal(0)
    return share if share > 0 else Decimal(row["biogenic"])


def burn(draft: Draft, burnt: Iterable[Burnt]) -> None:
    """Lines of fossil CO2, energy with its renewable part, and the omission of an unpriced upstream."""
    for part in burnt:
        draft.burn(part.supply, part.fuel)


def without_fuels(context: Context, analyses: Sequence[FuelAnalysis], elsewhere: Sequence[str]) -> Context:
    """The record without the supplies that the kiln burns, for the rest of its energy."""
    others = tuple(
        supply for supply in context.supplies
        if supply.material in elsewhere or not is_kiln_fuel(supply.material, analyses)
    )
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**(fields | {"supplies": others}))
