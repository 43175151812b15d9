"""The sector's front page: routes, indicators, and what they are called."""

from collections.abc import Mapping
from typing import Final

from carbon_ledger_logistics import hub, transport
from ledger.sdk import Indicator, Route, Sector

INDICATORS: Final[Mapping[str, Indicator]] = {
    "transportActivity": Indicator(unit="TKM", en="Transport activity", zh="货物周转量"),
    "energyPerTonneKilometre": Indicator(unit="3B/TKM", en="Energy per tonne kilometre", zh="单位周转量能耗"),
    "loadFactor": Indicator(unit="TKM/TKM", en="Load factor by mass", zh="载重利用率"),
    "emptyRunning": Indicator(unit="KMT/KMT", en="Empty running", zh="空驶率"),
    "freightHandled": Indicator(unit="TNE", en="Freight handled", zh="货物吞吐量"),
    "energyPerTonneHandled": Indicator(unit="3B/TNE", en="Energy per tonne handled", zh="单位吞吐量能耗"),
}


def plugin() -> Sector:
    """The sector `logistics`. Its outputs are services without mass and elements, so both tolerances are 0."""
    return Sector(
        name="logistics", version="0.1.0", en="Logistics", zh="物流", indicators=INDICATORS,
        routes={
            "transport": Route(
                activity=transport.Transport, assess=transport.assess, en="Freight transport", zh="货物运输",
            ),
            "hub": Route(activity=hub.Hub, assess=hub.assess, en="Logistics hub", zh="物流枢纽"),
        },
    )
