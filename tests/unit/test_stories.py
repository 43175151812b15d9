"""Demo, foundry, plants, CBAM cases and worked examples have the figures of `tests/vectors/stories.json`, bit for bit.

Where a change of figures is meant, run `tests/vectors/build_stories.py` and explain each difference in the commit.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from acceptance.test_foundry_month import Month
from support.differences import differences
from vectors.build_stories import FILE, FOUNDRY_STAGES, encoded, stories


@pytest.fixture(scope="module")
def told() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def test_every_figure_is_the_one_of_before(told: Mapping[str, Any]) -> None:
    found = dict(stories())
    changed = list(differences(told, found))
    assert not changed, "\n".join([f"{len(changed)} figures differ:", *changed])
    assert encoded(found) == FILE.read_text(encoding="utf-8")


def test_a_difference_names_story_record_lot_and_figure() -> None:
    before = {"demo": {"transfer 1": {"lots": {"urn:a": {"burdens": {"fossilGhgEmissions": "1.0", "absGhg": "1.0"}}}}}}
    after = {"demo": {"transfer 1": {"lots": {"urn:a": {"burdens": {"fossilGhgEmissions": "1.1"}}}}}, "border": {}}
    assert list(differences(before, after)) == [
        'demo: transfer 1: lots: urn:a: burdens: fossilGhgEmissions: "1.0" -> "1.1"',
        'demo: transfer 1: lots: urn:a: burdens: absGhg: "1.0" -> absent', "border: absent -> {}",
    ]


@pytest.mark.parametrize(("stage", "day"), FOUNDRY_STAGES.items())
def test_the_foundry_in_memory_is_the_foundry_of_the_files(told: Mapping[str, Any], stage: str, day: str) -> None:
    """In exact fractions, apart from the ledger."""
    lots = {name: lot for record in told[f"foundry, {stage}"].values() for name, lot in record.get("lots", {}).items()}
    month = Month(day).lots
    compared = {name for name in lots if name in month}
    for name in compared:
        carried = float(lots[name]["burdens"].get("fossilGhgEmissions", "0"))
        assert carried == pytest.approx(float(month[name].carried[0]), rel=1e-9), name
    assert len(compared) > 60
