"""Chains that cross sectors, through the ledger and by hand: sunlight into aluminium into a gearbox; slag into cement;
swarf into steel into swarf."""

from collections.abc import Iterator

import httpx
import pytest
from support.cross_sectors import Park, slag_into_cement, sunlight_into_a_gearbox, swarf_into_steel
from support.server import Server, prepared_home

GRID = 0.5849
"""Shanghai's grid, kg CO2 per kWh: the latest year that there is, 2022."""


@pytest.fixture(scope="module")
def park() -> Iterator[Park]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield Park(server, client)
        done = server.audit()
        assert done.returncode == 0, done.stdout


def test_sunlight_into_aluminium_into_a_gearbox(park: Park) -> None:
    """100 MWh of one's own roof, over the lines of the microgrid, with their attributes -> 7.4 t of liquid aluminium ->
    7.2 t of castings -> gearboxes.

    Sunlight: 100,000 kWh * 0.0545 = 5,450 kg. Electrolysis: anodes 7.4 * 0.42 * (1 - 0.02 - 0.004) * 44/12 * 1000;
    PFC 7.4 * (0.034 * 7,380 + 0.0034 * 12,400). Casting: 1,000 kWh of the grid. 1,440 kg of castings go into the
    gearboxes, a fifth of all, with 200 kWh of the grid.
    """
    sunlight_into_a_gearbox(park)
    liquid = 5_450 + 7.4 * 420 * 0.976 * 44 / 12 + 7.4 * (0.034 * 7_380 + 0.0034 * 12_400)
    castings = liquid + 1_000 * GRID
    gearboxes = castings / 5 + 200 * GRID
    for lot, expected in (("liquid", liquid), ("castings", castings), ("gearboxes", gearboxes)):
        assert park.figure(lot)["footprint"] == pytest.approx(expected, rel=1e-9), lot
    # All of its power is the sun's with its attribute: nothing of it in the market-based figure.
    assert park.figure("liquid")["burdens"].get("electricityMarket", 0.0) == pytest.approx(0.0, abs=1e-9)


def test_slag_into_cement(park: Park) -> None:
    """Slag leaves the furnace without burden; the cement has that of its clinker and of the power of the mill.

    700 kg of clinker at 0.85 kg CO2e per kg, 300 kg of slag, 40 kWh: 595 + 40 * grid.
    """
    slag_into_cement(park)
    assert park.figure("furnace-slag")["footprint"] == 0.0
    cement = park.figure("cement-1")
    assert cement["footprint"] == pytest.approx(595 + 40 * GRID, rel=1e-9)
    # Slag of one's own is no recycled content without a document about it (ISO 14021, 7.8.1.1).
    assert cement["contents"]["questioned:recycledPreConsumer:slag"] == pytest.approx(300, rel=1e-9)


def test_swarf_into_steel_and_round_again(park: Park) -> None:
    """Swarf of the machining goes back to the furnace of the same site as waste, and carries nothing of its first life.

    First heat out of bought scrap, its swarf and 1 t more of scrap into the second: the burden of each heat is its own.
    """
    swarf_into_steel(park)
    # The standard's factor of scrap, 15 kg CO2 per t, less 15.4 kg per t that stay in the steel.
    first = 2_000 * GRID + 5.5 * 15 - 5 * 15.4
    second = 1_000 * GRID + 2 * 15 - 1.9 * 15.4
    for lot, expected in (("first", first), ("parts", first + 300 * GRID), ("swarf-1", 0.0), ("second", second)):
        assert park.figure(lot)["footprint"] == pytest.approx(expected, rel=1e-9), lot
    contents = park.figure("second")["contents"]
    # The swarf is of old scrap, and stays so: to be swarf adds no recycled content.
    assert contents["recycledPostConsumer:steel"] == pytest.approx(1900, rel=1e-9)
    assert "recycledPreConsumer:steel" not in contents
