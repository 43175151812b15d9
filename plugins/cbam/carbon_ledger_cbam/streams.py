"""Emissions of source streams and of anode effects, t CO2e (Implementing Regulation (EU) 2025/2547, annex II)."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from carbon_ledger_cbam.case import Perfluorocarbons, SourceStream

CO2_PER_C: Final = Fraction(3664, 1000)
"""The regulation's 3.664 t CO2 per t C, not 44/12."""

GWP_N2O: Final = Fraction(265)
GWP_CF4: Final = Fraction(6630)
GWP_C2F6: Final = Fraction(11100)
"""Annex II, table 6: global warming potentials of the regulation, from AR5."""


def stream_emissions(stream: SourceStream) -> Fraction:
    """T CO2 by method: combustion activity x NCV x factor x (1 - biomass) x oxidation; process activity x factor x
    (1 - biomass) x conversion; mass balance 3.664 x activity x carbon x (1 - biomass)."""
    fossil = Fraction(stream.activity) * (1 - Fraction(stream.biomass_percent) / 100)
    if stream.method == "massBalance":
        return CO2_PER_C * fossil * _given(stream.carbon_content)
    if stream.method == "process":
        return fossil * _given(stream.emission_factor) * Fraction(stream.conversion_percent) / 100
    energy = Fraction(1) if stream.emission_factor_unit == "tCO2/t" else _given(stream.ncv) / 1000
    return fossil * energy * _given(stream.emission_factor) * Fraction(stream.oxidation_percent) / 100


def pfc_emissions(effects: Perfluorocarbons) -> Fraction:
    """Slope method: CF4 = effects x minutes x slope / 1000 x t of aluminium; C2F6 is a fraction of it."""
    cf4 = (
        Fraction(effects.anode_effects_per_cell_day) * Fraction(effects.minutes_per_anode_effect)
        * Fraction(effects.slope_emission_factor) / 1000 * Fraction(effects.production_tonnes)
    )
    per_cf4 = GWP_CF4 + GWP_C2F6 * Fraction(effects.c2f6_weight_fraction)
    return cf4 * per_cf4 / Fraction(effects.collection_efficiency)


def _given(value: Decimal | None) -> Fraction:
    """The value; zero if it is absent, since `case.check` demands every value that the method needs."""
    return Fraction(0 if value is None else value)
