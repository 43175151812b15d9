"""A record's direct burdens: its assessment's lines, energy, omissions and findings as a vector, ordered as BURDENS."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import (
    ADDITIVE,
    BIOGENIC_CO2,
    BURDENS,
    DOCUMENTED,
    ENERGY,
    OF_WHICH,
    OVER_LOCATION,
    QUESTIONED,
    REMOVALS,
    Assessment,
    Line,
)
from ledger.core.record.amounts import CONTEXT
from ledger.footprint.stored.gwp import AR6, potential

METHOD: Final = "cut-off/1"
"""Cut-off by recycled content (ISO 14067, PACT 3), GWP100 of IPCC AR6: the method of every stored figure."""

Vector = tuple[float, ...]
SLOT: Final = {name: i for i, name in enumerate(BURDENS)}
ZERO: Final[Vector] = (0.0,) * len(BURDENS)

_ADDITIVE: Final = frozenset(ADDITIVE)
LINE_BURDENS: Final = frozenset((*ADDITIVE, *OF_WHICH, *ENERGY, OVER_LOCATION, BIOGENIC_CO2))
"""The burdens that a line may name."""

_ABS, _PRIMARY, _TECHNOLOGY, _TIME, _GEOGRAPHY = (
    SLOT[name] for name in ("absGhg", "primaryAbs", "technologyAbs", "timeAbs", "geographyAbs")
)
_OMITTED, _UNESTIMATED, _PROVISIONAL = SLOT["omittedAbs"], SLOT["unestimated"], SLOT["provisionalAbs"]
_KWH, _MJ, _RENEWABLE = SLOT["electricityKwh"], SLOT["energyMj"], SLOT["renewableEnergyMj"]
_LOCATION, _MARKET = SLOT["electricityLocation"], SLOT["electricityMarket"]
_OVER: Final = SLOT[OVER_LOCATION]
_QUESTIONED, _DOCUMENTED = SLOT[QUESTIONED], SLOT[DOCUMENTED]
_FOSSIL, _LAND_FOSSIL = SLOT["fossilGhgEmissions"], SLOT["landManagementFossilGhgEmissions"]
_BY_KIND: Final = {
    "transport": (SLOT["transportGhgEmissions"],),
    "airTransport": (SLOT["transportGhgEmissions"], SLOT["aircraftGhgEmissions"]),
    "packaging": (SLOT["packagingGhgEmissions"],),
}
_MJ_PER_KWH: Final = Decimal("3.6")


def direct(assessment: Assessment, gases: Mapping[str, Decimal] = AR6, *, provisional: bool = False) -> Vector:
    """The burdens that arise in the record itself. Units follow from the burdens' names; kg CO2e by default. For a
    `provisional` record, all of them are provisional until its period is closed.

    Raises PluginError for a gas without a global warming potential.
    """
    vector = [0.0] * len(BURDENS)
    for line in assessment.lines:
        _add_line(vector, line, gases)
    for use in assessment.energy:
        amount = float(use.amount)
        vector[_MJ] += amount
        if use.renewable:
            vector[_RENEWABLE] += amount
        if use.carrier == "electricity":
            vector[_KWH] += float(CONTEXT.divide(use.amount, _MJ_PER_KWH))
    for omission in assessment.omissions:
        if omission.estimate is None:
            vector[_UNESTIMATED] += 1.0
        else:
            vector[_OMITTED] += float(omission.estimate)
    for finding in assessment.findings:
        if finding.amount is not None:
            vector[_QUESTIONED] += float(finding.amount)
    if assessment.documented is not None:
        vector[_DOCUMENTED] = float(assessment.documented)
    if provisional:
        vector[_PROVISIONAL] = vector[_ABS]
        if not vector[_ABS]:
            # The record states nothing yet: its future burdens are an omission without an estimate.
            vector[_UNESTIMATED] += 1.0
    return tuple(vector)


def line_co2e(line: Line, gases: Mapping[str, Decimal] = AR6) -> float:
    """A line's amount in the unit of the vector: kg CO2e, or the burden's own unit for an energy burden."""
    return float(line_kilograms(line, gases))


def line_kilograms(line: Line, gases: Mapping[str, Decimal] = AR6) -> Decimal:
    """The same before it is rounded to binary64."""
    if line.gas == "CO2e" or line.gas == "CO2":
        return line.amount
    return CONTEXT.multiply(line.amount, potential(gases, line.gas))


def _add_line(vector: list[float], line: Line, gases: Mapping[str, Decimal]) -> None:
    amount = line_co2e(line, gases)
    vector[SLOT[line.burden]] += amount
    if line.burden not in _ADDITIVE:
        return
    weight = abs(amount)
    technology, time, geography = line.ratings
    vector[_ABS] += weight
    if line.primary:
        vector[_PRIMARY] += weight
    vector[_TECHNOLOGY] += technology * weight
    vector[_TIME] += time * weight
    vector[_GEOGRAPHY] += geography * weight
    for slot in _BY_KIND.get(line.kind, ()):
        vector[slot] += amount
    if line.kind == "electricity":
        vector[_LOCATION] += amount
        vector[_MARKET] += amount if line.market is None else float(line.market)


def footprint(vector: Sequence[float]) -> float:
    """Kg CO2e excluding biogenic uptake: the sum of the additive burdens, in their order."""
    total = 0.0
    for slot in range(len(ADDITIVE)):
        total += vector[slot]
    return total


def fossil_emissions(vector: Sequence[float]) -> float:
    """Kg CO2e of all fossil emissions, as PACT states them: fossil emissions of land management are a part."""
    return vector[_FOSSIL] + vector[_LAND_FOSSIL]


def location_based(vector: Sequence[float]) -> float:
    """Kg CO2e with location-based electricity: the footprint less `electricityOverLocation` (GHG Protocol, Scope 2
    Guidance; ISO 14067, 6.4.9.4)."""
    return footprint(vector) - vector[_OVER]


def market_based(vector: Sequence[float]) -> float:
    """Kg CO2e with market-based electricity: contracts and attributes that are used up, else the residual mix, else the
    grid. Same boundary and losses as the location-based total."""
    return location_based(vector) - vector[_LOCATION] + vector[_MARKET]


def named(vector: Sequence[float]) -> dict[str, float]:
    """A vector as a mapping from burden to amount."""
    return dict(zip(BURDENS, vector, strict=True))


def vector_of(figures: Mapping[str, float]) -> Vector:
    """The inverse of `named`; absent burdens are zero."""
    return tuple(figures.get(name, 0.0) for name in BURDENS)


def sign_of(burden: str) -> int:
    """-1 for a removal, which is never positive; 1 for every other burden."""
    return -1 if burden in REMOVALS else 1
