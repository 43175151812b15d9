"""Energy that a battery delivers over its life, the functional unit of its footprint.

    delivered = capacity * depth of discharge * cycles * (1 + capacity at the end of life) / 2

Regulation (EU) 2023/1542, Annex II: one kWh of the total energy that the battery provides over its service life. The
Commission's draft of April 2024 for vehicle batteries takes capacity * full cycles a year * years, with 60 cycles a
year for cars and vans, 20 for light vehicles, 250 for lorries and buses, and the years of the warranty. Capacity that
fades evenly delivers the mean of its beginning and its end (PEFCR for rechargeable batteries).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from ledger.sdk import Draft, Fraction, Part, Positive, invalid_activity

CYCLES_A_YEAR: Final[Mapping[str, Decimal]] = {"car": Decimal(60), "light": Decimal(20), "heavy": Decimal(250)}
# Cells of stationary storage are sold with 10,000 cycles; no warranty goes beyond thirty years.
USUAL_CYCLES: Final = Decimal(15000)
USUAL_YEARS: Final = Decimal(30)


class ServiceLife(Part, frozen=True, kw_only=True):
    """Service life of a battery: either `cycles`, the total of full equivalent cycles, or `years` with `cycles_a_year`
    or with a `vehicle` that selects their number. `depth_of_discharge`: part of the capacity that a cycle uses.
    `end_capacity`: part of the capacity at the end of life; 1 if fading is not counted."""

    cycles: Positive | None = None
    years: Positive | None = None
    cycles_a_year: Positive | None = None
    vehicle: Literal["car", "light", "heavy"] | None = None
    depth_of_discharge: Fraction = "1"
    end_capacity: Fraction = "1"


def delivered(draft: Draft, life: ServiceLife, capacity: Decimal) -> Decimal:
    """KWh over the life of `capacity` kWh; raises PluginError for a life that is not stated, or stated twice."""
    cycles = _cycles(draft, life)
    if Decimal(life.depth_of_discharge) == 0:
        raise invalid_activity("serviceLife.depthOfDischarge", life.depth_of_discharge, "above zero")
    if cycles > USUAL_CYCLES:
        draft.find("service-life-unusual", f"{cycles:f} cycles")
    return capacity * Decimal(life.depth_of_discharge) * cycles * (1 + Decimal(life.end_capacity)) / 2


def _cycles(draft: Draft, life: ServiceLife) -> Decimal:
    field, yearly = "serviceLife.cycles", life.cycles_a_year is not None or life.vehicle is not None
    if life.cycles is not None:
        if life.years is not None or yearly:
            raise invalid_activity(field, life.cycles, "absent if years, cyclesAYear or vehicle is stated")
        return Decimal(life.cycles)
    if life.years is None or not yearly or (life.cycles_a_year is not None and life.vehicle is not None):
        raise invalid_activity(field, None, "stated, or years with either cyclesAYear or vehicle")
    if Decimal(life.years) > USUAL_YEARS:
        draft.find("service-life-unusual", f"{life.years} years")
    a_year = Decimal(life.cycles_a_year) if life.cycles_a_year is not None else CYCLES_A_YEAR[life.vehicle or ""]
    return a_year * Decimal(life.years)
