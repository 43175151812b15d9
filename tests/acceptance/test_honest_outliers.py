"""23 honest plants and traders whose figures are unusual: none is refused, and none is questioned above 5 %.

Each case states whole records with the evidence that its user has, and why the figure is true. The first twenty were
written before any reference range was in use, so a range that questions one of them is too narrow: correct the range
and not the case.
Arithmetic uses rows of the open set and stoichiometry; other publications are cited from memory and need a reader.
"""

from collections.abc import Callable, Iterator

import pytest
from acceptance.outliers import chemicals, energy, goods, metals, minerals
from acceptance.outliers.outlier import Outlier
from support.market import Market, trading_server
from support.server import Server

CASES: tuple[Callable[[Market], Outlier], ...] = (
    metals.hydro_aluminium, metals.hydrogen_iron, metals.gold_beside_copper, metals.wind_powered_scrap,
    metals.trial_heats, metals.provisional_month,
    chemicals.sulphuric_acid, chemicals.green_ammonia, chemicals.slaked_lime, chemicals.regrind, chemicals.sawn_timber,
    minerals.fly_ash_cement, minerals.calcined_clay_cement, minerals.waste_heat_to_a_neighbour,
    energy.biogas_heat, energy.sunlight_sold, energy.power_of_the_owner,
    goods.remanufactured_gearbox, goods.leased_machines, goods.trader,
    goods.importer, goods.sister_across_the_sea, goods.trader_between_countries,
)
MOST_QUESTIONED = 0.05


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Audited from zero after the module."""
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr


WITH_A_TITLE: tuple[Callable[[Market], Outlier], ...] = (
    goods.importer, goods.sister_across_the_sea, goods.trader_between_countries,
)
"""Nothing of these is left out either."""


def test_there_are_twenty_three() -> None:
    assert len({case.__name__ for case in CASES}) == len(CASES) == 23


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_believed(case: Callable[[Market], Outlier], server: Server) -> None:
    """The ledger admits each record, computes the figure that a hand computes, and questions next to nothing of it."""
    market = Market(server, case.__name__.replace("_", "-"))
    for lot, kilograms in case(market).lots:
        answer = market.footprint(lot)
        assert answer["footprint"] == pytest.approx(kilograms, rel=0.01), lot
        assert "unusuallyHigh" not in answer
        questioned = answer["burdens"].get("questionedAbs", 0)
        most = MOST_QUESTIONED * (abs(answer["footprint"]) + questioned)
        assert questioned <= most, (lot, answer["title"], questioned)
        assert case not in WITH_A_TITLE or answer["title"] == "footprint", (lot, answer["title"])
