"""Honest plants of public literature are admitted as written, and have its figure: see `support.honest_plants`."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Final

import pytest
from support.activity_records import SECTORS
from support.honest_plants import Result, literature_of, plants, result_of, sector_of

PLANTS: Final = plants()
TOLERANCE: Final = 0.15
"""By which the literature's range is widened on both sides: a plant of its size buys power and materials elsewhere, and
older studies count methane by older potentials."""
MOST_DOCUMENTS: Final = 2
LESSER_TITLES: Final[Mapping[str, str]] = {
    "facing-bricks-bedfordshire": "No set knows manganese dioxide and barium carbonate.",
    "lead-recycler-missouri": "Iron scrap, the reducing agent, was bought without a delivery note.",
}
"""Plants whose title is not *footprint*, and why."""
SECOND_ROUND: Final = 24
"""Plants that note their first try."""


@cache
def result(name: str) -> Result:
    return result_of(PLANTS[name])


def test_all_sectors_occur() -> None:
    counts = Counter(map(sector_of, PLANTS.values()))
    assert set(counts) == set(SECTORS)
    assert len(PLANTS) >= 24
    assert len(PLANTS) - len(LESSER_TITLES) >= 20


def test_each_states_its_literature() -> None:
    for name, plant in PLANTS.items():
        literature = literature_of(plant)
        assert plant["id"] == name
        assert plant["plant"].endswith(".")
        assert 0 < literature.low < literature.high, name


def test_the_second_round_notes_its_first_tries() -> None:
    tries = [str(plant["firstTry"]) for plant in PLANTS.values() if "firstTry" in plant]
    assert len(tries) == SECOND_ROUND
    assert sum(one.partition(",")[0] == "footprint" for one in tries) == 15


@pytest.mark.parametrize("name", PLANTS)
def test_its_figure_is_that_of_the_literature(name: str) -> None:
    literature = literature_of(PLANTS[name])
    assert literature.low * (1 - TOLERANCE) <= result(name).figure <= literature.high * (1 + TOLERANCE)


@pytest.mark.parametrize("name", PLANTS)
def test_it_has_a_footprint(name: str) -> None:
    assert (result(name).title == "footprint") == (name not in LESSER_TITLES), result(name).title


@pytest.mark.parametrize("name", PLANTS)
def test_it_needs_few_documents(name: str) -> None:
    assert result(name).documents <= MOST_DOCUMENTS
