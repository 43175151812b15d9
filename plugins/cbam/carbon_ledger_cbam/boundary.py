"""The boundary of annex I: lines of the ledger inside and outside, with the reason.

Implementing Regulation (EU) 2025/2547: annex I, point 3.1 (direct emissions of all processes linked to production,
indirect ones of electricity, embedded ones of precursors; no infrastructure), annex II, point B.1 (no mobile
machinery), point B.3.3 (biomass zero-rated) and table 6 (potentials). Heat counts where it is used (annex III, A).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from carbon_ledger_cbam.goods import Good
from carbon_ledger_cbam.streams import GWP_C2F6, GWP_CF4, GWP_N2O
from ledger.sdk import EmissionLine

POTENTIALS: Final[Mapping[str, tuple[str, float]]] = {
    "CO2": ("CO2", 1.0), "CO2e": ("CO2", 1.0), "N2O": ("N2O", float(GWP_N2O)), "CF4": ("PFC", float(GWP_CF4)),
    "C2F6": ("PFC", float(GWP_C2F6)),
}
"""Gas of the ledger: gas of the regulation, kg CO2e per kg. CO2e of the ledger counts as CO2."""

REASONS: Final[Mapping[str, str]] = {
    "onSite": "direct emissions of the process",
    "heat": "heat that the process uses",
    "indirect": "electricity that the process uses: indirect emissions, by its way of supply",
    "upstream": "upstream of supplies that are no precursors",
    "transport": "transport and mobile machinery",
    "packaging": "packaging",
    "treatment": "treatment of waste elsewhere",
    "biogenic": "carbon dioxide of biomass, zero-rated",
    "landUse": "land use and its change",
    "removal": "capture and removals, which count only if storage is proved under the regulation",
    "gas": "a gas that does not count for these goods",
}
"""Reasons why a line is inside (the first three) or outside."""

_INSIDE: Final = ("onSite", "heat")
_OUTSIDE: Final = {"airTransport": "transport"}
_BURDENS: Final = {
    "landUseChangeGhgEmissions": "landUse", "landManagementFossilGhgEmissions": "landUse",
    "landManagementBiogenicCO2Emissions": "biogenic", "landManagementBiogenicCO2Removals": "removal",
    "biogenicNonCO2Emissions": "gas", "technologicalCO2Removals": "removal", "ccsTechnologicalCO2Capture": "removal",
    "biogenicCO2Emissions": "biogenic",
}
ALL_GASES: Final = frozenset(("CO2", "N2O", "PFC"))


class Judged(NamedTuple):
    """`embedded`: kg CO2e with the regulation's potentials, 0 outside; also 0 for electricity, which counts
    separately."""

    inside: bool
    reason: str
    embedded: float


def judge(line: EmissionLine, good: Good | None) -> Judged:
    """The boundary of a line of a record that makes `good`; None for a product that other processes use."""
    if line.kind == "electricity":
        return Judged(True, "indirect", 0.0)
    if line.kind not in _INSIDE:
        return Judged(False, _OUTSIDE.get(line.kind, line.kind), 0.0)
    if line.burden in _BURDENS:
        return Judged(False, _BURDENS[line.burden], 0.0)
    gas, potential = POTENTIALS.get(line.gas, ("", 0.0))
    if gas not in (ALL_GASES if good is None else good.gases):
        return Judged(False, "gas", 0.0)
    return Judged(True, line.kind, line.amount * potential)
