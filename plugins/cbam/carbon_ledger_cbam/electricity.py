"""Electricity by its way of supply (grid, direct line or contract), and the factor that counts.

Implementing Regulation (EU) 2025/2547, articles 8 and 9, and annex II, point D: the actual factor of a generator counts
only if a direct line or a power purchase agreement is proved; certificates and market-based figures do not count. All
other power counts with the grid's average: from the user's file (CN 2716), else from the record's own line, else from
the ledger's table for the place and year. A missing factor is an error; nothing is estimated.
"""

from typing import NamedTuple

from carbon_ledger_cbam.defaults import ELECTRICITY, Defaults
from ledger.sdk import InstallationYear, PluginError, PowerUse, grid_electricity, invalid_field

_KG_PER_T, _KWH_PER_MWH = 1000.0, 1000.0


class Counted(NamedTuple):
    """Kg CO2e of electricity and its source: `way` is grid, contract or directLine, `factor` names the source;
    `status` is given (by the user's file), read or recalled (of a table), or ledger."""

    way: str
    factor: str
    status: str
    embedded: float


class GridFactor(NamedTuple):
    """T CO2 per MWh."""

    value: float
    source: str
    status: str


def count_supply(use: PowerUse, installation: InstallationYear, defaults: Defaults) -> Counted:
    """Supplied electricity, which is no lot of the ledger."""
    if use.way == "contract" and use.evidence is not None:
        return Counted(way_of(use.evidence), "the record's own factor, with evidence", "ledger", use.carbon_dioxide)
    given = _given(installation, defaults)
    if use.way == "grid" and given is None and (use.carbon_dioxide or not use.kilowatt_hours):
        return Counted("grid", "the record's own line", "ledger", use.carbon_dioxide)
    return count_grid(use.kilowatt_hours, installation, defaults)


def count_grid(kilowatt_hours: float, installation: InstallationYear, defaults: Defaults) -> Counted:
    """Electricity without evidence of its generator."""
    factor = grid_factor(installation, defaults)
    return Counted("grid", factor.source, factor.status, kilowatt_hours / _KWH_PER_MWH * factor.value * _KG_PER_T)


def way_of(evidence: str) -> str:
    """`directLine`, or `contract` for an agreement."""
    return "directLine" if evidence == "directLine" else "contract"


def grid_factor(installation: InstallationYear, defaults: Defaults) -> GridFactor:
    """The grid's average at an installation. Raises InvalidInput if there is no factor."""
    given = _given(installation, defaults)
    if given is not None:
        return given
    try:
        factor = grid_electricity().find("electricity", installation.places, installation.year)
    except PluginError:
        raise invalid_field(
            "defaults", f"without a row for electricity (CN 2716) of {installation.country} in {installation.year}",
            f"a grid factor for {installation.facility}, in t CO2e per MWh", code="no-grid-factor",
        ) from None
    return GridFactor(float(factor.value), f"{factor.name} ({factor.resolution})", factor.status)


def _given(installation: InstallationYear, defaults: Defaults) -> GridFactor | None:
    row = defaults.find(ELECTRICITY, installation.country, installation.year)
    return None if row is None else GridFactor(float(row.direct), row.source, "given")
