"""Fuels: China's default values by kind, and a site's own measurements.

CO2 of a fuel = NCV * carbon content * oxidised share * 44/12 (GB/T 32150, and the sectors' parts of GB/T 32151).
If the sites of a route analyse their fuels, its activity has a field `analyses: tuple[FuelAnalysis, ...] = ()`. The
route hands the field to `book_energy`, or a single analysis to `Draft.burn`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Final

from msgspec import Struct

from ledger.core.record.units import unit as unit_of
from ledger.core.record.values import Fraction, Key, Part, Positive
from ledger.errors import PluginError
from ledger.sdk.context import ZERO, FuelFacts, HeatingValue, SupplyFacts
from ledger.sdk.factors import CO2_PER_C
from ledger.sdk.tables import rows

_ONE: Final = Decimal(1)
_OTHER: Final = "biomass"
_BIOGENIC_METHANE: Final = "CH4biogenic"
_NM3_PER_TABLE_UNIT: Final = 10_000
_RICHEST: Final = {"TNE": Decimal(120), "NM3": Decimal(150)}
"""Upper limits of heating values, MJ per kg and per Nm3: hydrogen has 120 per kg, vapour of pentane 146 per Nm3."""
_MOST_CARBON: Final = {"TNE": Decimal(1), "NM3": Decimal(3)}
"""Upper limits of carbon, kg per kg and per Nm3: vapour of pentane has 2.7 per Nm3."""


class Fuel(Struct, frozen=True, kw_only=True):
    """Net calorific value in GJ per `unit` (TNE, or NM3 in GJ per 10^4), carbon in t per GJ, oxidised share 0..1.

    `biogenic` is the biogenic fraction of its carbon. `grown`: kg of biogenic CO2 per MJ of biomass whose row states no
    carbon. `status` is `measured` if a site's analysis determines all of its
    carbon; a line from such a fuel is primary data. `row` names the row of a factor set that describes it.
    """

    key: str
    unit: str
    heating_value: Decimal
    carbon_content: Decimal
    oxidation: Decimal
    status: str
    source: str
    biogenic: Decimal = ZERO
    grown: Decimal = ZERO
    row: str | None = None

    @property
    def name(self) -> str:
        """The factor name in lines that are computed with this fuel."""
        return self.row or f"{'analysis' if self.measured else 'fuels-china'}:{self.key}"

    @property
    def recalled(self) -> bool:
        return self.status == "recalled"

    @property
    def measured(self) -> bool:
        return self.status == "measured"

    @property
    def megajoules(self) -> Decimal:
        """MJ of one `unit`."""
        return self.heating_value * 1000 / (_NM3_PER_TABLE_UNIT if self.unit == "NM3" else 1)

    @property
    def heating(self) -> HeatingValue:
        """`megajoules` with its unit."""
        return HeatingValue(unit=self.unit, megajoules=self.megajoules)

    def amount_of(self, supply: SupplyFacts) -> Decimal:
        """A supply of this fuel in `unit`. The quantity of a fuel in a unit of energy is net, so it is divided by
        `megajoules`. Raises InvalidQuantity as `SupplyFacts.amount` does."""
        return supply.amount(self.unit, self.heating)


class FuelAnalysis(Part, frozen=True, kw_only=True):
    """A site's measurements of a fuel that it burns. The default of `material` applies to each value that is missing.

    `material`: the supply's material. It may be a fuel without defaults (`industrialWaste`, `sewageSludge`): then
    heating value and carbon are required, and by default all carbon oxidises (IPCC 2006, volume 2, 1.4.2.1).
    `heating_value`: net, as received, MJ per kg (GJ per t); for gases MJ per Nm3.
    `carbon`: kg per kg as received; for gases kg per Nm3. Alternatively, `carbon_content`: t per GJ. Not both.
    `oxidation`: the fraction of the carbon that burns, above 0 and at most 1.
    `biogenic_share`: the biogenic fraction of the carbon. Its CO2 is not counted (the plant took it up), and its energy
    is renewable.
    """

    material: Key
    heating_value: Positive | None = None
    carbon: Positive | None = None
    carbon_content: Positive | None = None
    oxidation: Fraction | None = None
    biogenic_share: Fraction = "0"


def standard_fuels() -> Mapping[str, Fuel]:
    """The default fuels of China's enterprise accounting guidelines, by key."""
    return _fuels()


@cache
def _fuels() -> Mapping[str, Fuel]:
    return {
        row["key"]: Fuel(
            key=row["key"], unit=row["unit"], heating_value=Decimal(row["heating_value_gj"]),
            carbon_content=Decimal(row["carbon_t_per_gj"]), oxidation=Decimal(row["oxidation"]),
            status=row["status"], source=row["source"],
        )
        for row in rows("ledger.sdk.data", "fuels-china.csv")
    }


@cache
def _grown() -> Mapping[str, Decimal]:
    """Kg of biogenic CO2 per MJ, net, by the key of a factor set."""
    return {row["key"]: Decimal(row["value"]) / 1000 for row in rows("ledger.sdk.data", "biomass.csv")}


def carbon_dioxide_of(fuel: Fuel) -> Decimal:
    """Kg CO2 per `fuel.unit` from all its carbon: NCV * carbon content * oxidised share * 44/12 (GB/T 32150)."""
    per_unit = fuel.heating_value * fuel.carbon_content * fuel.oxidation * CO2_PER_C * 1000
    return per_unit / _NM3_PER_TABLE_UNIT if fuel.unit == "NM3" else per_unit


def analysis_of(material: str, analyses: Iterable[FuelAnalysis]) -> FuelAnalysis | None:
    """The analysis of a material; None without one. Raises PluginError if there are two."""
    matching = [one for one in analyses if one.material == material]
    if len(matching) > 1:
        raise _wrong("material", material, "analysed once in a record")
    return matching[0] if matching else None


def fuel_of(supply: SupplyFacts, analysis: FuelAnalysis | None = None) -> Fuel:
    """The fuel of a supply: the default values of its material, replaced by the values of the analysis.

    Raises PluginError for a material that neither a table nor the analysis describes, and for impossible values.
    """
    usual = _of_set(supply) or standard_fuels().get(supply.name_in(standard_fuels()) or "")
    if analysis is None:
        if usual is None:
            raise PluginError(
                f"{supply.material} is not a fuel with default values", code="no-factor",
                field=f"supplies[{supply.index}].material", value=supply.material,
                rule="one of " + ", ".join(standard_fuels()) + ", or a fuel with an analysis",
            )
        return usual
    _check(supply, analysis, usual)
    unit = usual.unit if usual is not None else _unit_of(supply)
    megajoules = _chosen(analysis.heating_value, None if usual is None else _per_small_unit(usual))
    content = _content(analysis, usual, megajoules)
    carbon = megajoules * content
    if megajoules > _RICHEST[unit]:
        raise _wrong("heatingValue", megajoules, f"at most {_RICHEST[unit]} MJ per {_SMALL[unit]}")
    if carbon > _MOST_CARBON[unit]:
        raise _wrong("carbon", carbon, f"at most {_MOST_CARBON[unit]} kg per {_SMALL[unit]}")
    measured = analysis.carbon is not None or None not in (analysis.heating_value, analysis.carbon_content)
    return Fuel(
        key=supply.material, unit=unit, heating_value=megajoules * (10 if unit == "NM3" else 1), carbon_content=content,
        oxidation=_chosen(analysis.oxidation, _ONE if usual is None else usual.oxidation),
        status="measured" if measured or usual is None else usual.status,
        source="analysis of the site" if measured or usual is None else usual.source,
        biogenic=_share(analysis, usual), grown=ZERO if states_carbon(analysis) or usual is None else usual.grown,
    )


def states_carbon(analysis: FuelAnalysis) -> bool:
    """Whether a site measured the carbon of its fuel."""
    return analysis.carbon is not None or analysis.carbon_content is not None


def _share(analysis: FuelAnalysis, usual: Fuel | None) -> Decimal:
    """The biogenic share of the analysis if it is above 0, else the usual one: a heating value does not turn biomass
    into fossil fuel."""
    stated = Decimal(analysis.biogenic_share)
    return stated if stated > 0 or usual is None else usual.biogenic


def _of_set(supply: SupplyFacts) -> Fuel | None:
    """The fuel by the factor sets in force. A row without fossil CO2 is biomass."""
    facts = supply.fuel
    if facts is None:
        return None
    carbon = facts.gases.get("CO2", ZERO) / CO2_PER_C
    gas = facts.unit == "NM3"
    return Fuel(
        key=supply.material, unit="NM3" if gas else "TNE", heating_value=facts.heating_value * (10 if gas else 1),
        carbon_content=carbon / facts.heating_value, oxidation=_ONE, status="recalled" if facts.recalled else "read",
        source=facts.name, biogenic=ZERO if carbon else _ONE, grown=ZERO if carbon else _grown_of(facts),
        row=facts.name,
    )


def _grown_of(facts: FuelFacts) -> Decimal:
    """Kg of biogenic CO2 per MJ of a fuel without fossil CO2; zero for a fuel without carbon, such as hydrogen."""
    key = facts.name.partition(":")[2].partition("/")[0]
    other = _grown()[_OTHER] if _BIOGENIC_METHANE in facts.gases else ZERO
    return _grown().get(key, other)


_SMALL: Final = {"TNE": "kg", "NM3": "Nm3"}


def _check(supply: SupplyFacts, analysis: FuelAnalysis, usual: Fuel | None) -> None:
    if analysis.material != supply.material:
        raise _wrong("material", analysis.material, f"{supply.material}, the supply that is burnt")
    if analysis.carbon is not None and analysis.carbon_content is not None:
        raise _wrong("carbonContent", analysis.carbon_content, "left out if carbon is given")
    if analysis.oxidation is not None and Decimal(analysis.oxidation) == 0:
        raise _wrong("oxidation", analysis.oxidation, "above 0 and at most 1")
    if usual is None and (analysis.heating_value is None or not states_carbon(analysis)):
        raise _wrong("material", supply.material, "a fuel with default values, or have heatingValue and carbon")


def _content(analysis: FuelAnalysis, usual: Fuel | None, megajoules: Decimal) -> Decimal:
    """Carbon per heat, t per GJ (kg per MJ)."""
    if analysis.carbon is not None:
        return Decimal(analysis.carbon) / megajoules
    return _chosen(analysis.carbon_content, None if usual is None else usual.carbon_content)


def _chosen(stated: str | None, otherwise: Decimal | None) -> Decimal:
    return Decimal(stated) if stated is not None else otherwise if otherwise is not None else ZERO


def _per_small_unit(fuel: Fuel) -> Decimal:
    """MJ per kg, or per Nm3."""
    return fuel.heating_value / (10 if fuel.unit == "NM3" else 1)


def _unit_of(supply: SupplyFacts) -> str:
    return "NM3" if unit_of(supply.quantity.unit).dimension == "normal volume" else "TNE"


def _wrong(field: str, value: object, rule: str) -> PluginError:
    return PluginError(
        f"the fuel's {field} is {value}: it must be {rule}", code="invalid-fuel", field=f"analyses.{field}",
        value=value, rule=rule,
    )
