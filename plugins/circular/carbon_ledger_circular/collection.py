"""Collection of used goods and waste by vehicles of the collector."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import check_accounted, check_carried
from ledger.sdk import (
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    Key,
    Quantity,
    Reading,
    amount_in,
    book_energy,
    invalid_activity,
)

# A full 30 t lorry burns about 0.01 kg per t and km, a van with half a tonne 0.2; more means empty driving.
USUAL_FUEL: Final = Decimal("0.3")
# Collected lots are passed on: only drying and spills are lost.
LOSS: Final = Decimal("0.05")
VEHICLE_FUELS: Final = ("diesel", "gasoline", "naturalGas", "lng", "lpg")

Source = Literal[
    "household", "commercial", "industrial", "construction", "agriculture", "endOfLifeVehicles", "electronics",
    "machinery",
]
Vehicle = Literal["lorry", "van", "electricVehicle", "train", "ship", "handcart"]


class Collection(Activity, frozen=True, kw_only=True):
    """How a collection round ran; every field may be left out.

    Supplies: vehicle fuels `diesel`, `gasoline`, `naturalGas`, `lng`, `lpg` (lines of transport), `electricity`, other
    standard fuels, `heat`, `steam`; bought freight is left to the core.
    `source`: of the waste or goods; `stream`: a name for them, such as `scrapSteel`; `vehicle`: its kind.
    `distance`: driven in total, a length. `trips` and `collection_points`: numbers above zero. `renewable_share`: of
    the electricity that comes as lots.
    """

    source: Source | None = None
    stream: Key | None = None
    vehicle: Vehicle | None = None
    distance: Quantity | None = None
    trips: int | None = None
    collection_points: int | None = None
    renewable_share: Fraction = "0"


def assess(context: Context, activity: Collection) -> Assessment:
    """Fuel and power of the round; collected lots keep their composition, by mass."""
    for field, number in (("trips", activity.trips), ("collectionPoints", activity.collection_points)):
        if number is not None and number < 1:
            raise invalid_activity(field, number, "a number above zero")
    draft = Draft(context)
    book_energy(
        draft, context, renewable_share=Decimal(activity.renewable_share), vehicle_fuels=VEHICLE_FUELS,
    )
    collected = context.mass_taken()
    if collected == 0:
        draft.find("nothing-collected", "no input lot has a mass", refuses=True)
        return draft.assessment()
    check_accounted(draft, context, ZERO, LOSS)
    check_carried(draft, context)
    draft.indicate("massCollected", collected / 1000)
    draft.indicate("transportPerTonne", draft.emitted("transport") / collected * 1000)
    if activity.distance is not None:
        _check_distance(draft, context, activity.distance, collected)
    return draft.assessment()


def _check_distance(draft: Draft, context: Context, quantity: Quantity, collected: Decimal) -> None:
    kilometres = amount_in(quantity, "KMT", "distance")
    liquids = context.supplied("diesel", "gasoline", "lng", "lpg")
    fuel = sum((supply.mass or ZERO for supply in liquids), ZERO)
    per_tonne_kilometre = fuel / (collected / 1000 * kilometres)
    if per_tonne_kilometre > USUAL_FUEL:
        draft.warn("fuel-unusual", f"{per_tonne_kilometre:.3f} kg of fuel per t collected and km driven",
                   Reading(per_tonne_kilometre, "kg/tkm", (ZERO, USUAL_FUEL)))
    draft.indicate("distancePerTonne", kilometres / collected * 1000)
