"""The tables of composite indicators and of targets: complete, consistent, and of what sectors really state."""

import pytest
from support.sectors import shipped

from ledger.service.queries.indicators.catalogue import (
    ANY,
    INDUSTRY,
    OUTPUT_MASS,
    Composite,
    Target,
    catalogued,
    composites,
    composites_of,
    targets,
    targets_of,
)

THIS = "Carbon Peak Action Plan for Industrial Sectors"
UNITS = {"%", "TNE", "H87", "3B", "KGM", "3B/TNE", "KGM/TNE"}


def named(sector: str, name: str) -> list[Composite]:
    return [one for one in composites_of(sector) if one.name == name]


def target(name: str) -> Target:
    (found,) = [one for one in targets() if one.id == name]
    return found


def test_a_sector_has_one_indicator_of_a_name() -> None:
    for sector in catalogued():
        names = [one.name for one in composites_of(sector)]
        assert len(names) == len(set(names)), sector


@pytest.mark.parametrize("one", composites(), ids=lambda one: f"{one.sector}.{one.name}")
def test_composites_are_complete(one: Composite) -> None:
    assert one.en
    assert one.zh
    assert one.numerator
    assert one.unit in UNITS
    assert bool(one.weight) == (one.kind in ("mean", "change"))
    assert bool(one.denominators) == (one.kind in ("ratio", "perValueAdded", "perValueAddedChange"))
    assert one.kind in ("sum", "ratio", "mean", "change", "perValueAdded", "perValueAddedChange")
    if one.kind in ("change", "perValueAddedChange"):
        assert one.unit == "%"


def test_composites_are_of_what_sectors_state() -> None:
    """Whatever the names of a catalogue say, an indicator that no route states would stay empty for ever."""
    checked = 0
    for name, sector in shipped().sectors.items():
        stated = sector.sector.indicators
        for one in composites():
            if one.sector == name:
                wanted = {one.numerator, *one.denominators, *([one.weight] if one.weight else [])} - {OUTPUT_MASS}
                assert wanted <= stated.keys(), (name, one.name, wanted - stated.keys())
                assert set(one.routes) <= sector.sector.routes.keys(), (name, one.name)
                checked += 1
    assert checked


@pytest.mark.parametrize("one", targets(), ids=lambda one: one.id)
def test_targets_are_complete(one: Target) -> None:
    assert one.title
    assert one.plan
    assert one.source
    assert one.status in ("read", "recalled")
    assert one.extent in ("relative", "national")
    assert one.comparison in (">", ">=", "<", "<=", "about")
    assert one.year is None or 2020 <= one.year <= 2035
    assert one.year is not None or one.status == "recalled"
    # Amounts are of a whole country, shares and changes are not.
    assert (one.unit == "%") == (one.extent == "relative")


def test_targets_have_their_own_names() -> None:
    names = [one.id for one in targets()]
    assert len(names) == len(set(names))


def test_targets_compare_like_with_like() -> None:
    """Where there is an indicator of a target, it has the target's unit."""
    compared = 0
    for one in targets():
        for composite in named(one.sector, one.indicator):
            assert composite.unit == one.unit, one.id
            compared += 1
    assert compared >= 30


def test_the_plans_of_others_are_named_as_such() -> None:
    assert {one.plan for one in targets() if one.id.startswith("plan-")} == {
        f"{THIS} (MIIT, NDRC, MEE 2022-88)"}
    assert not any(one.plan.startswith(THIS) for one in targets() if not one.id.startswith("plan-"))


@pytest.mark.parametrize(("name", "comparison", "value", "unit", "year"), [
    ("plan-energy-2025", "<=", -13.5, "%", 2025), ("plan-scrap-2025", ">", 180e6, "TNE", 2025),
    ("plan-arc-2025", ">", 15, "%", 2025), ("plan-arc-2030", ">", 20, "%", 2030),
    ("plan-clinker-2025", "<=", -3, "%", 2025), ("plan-alloying-2025", ">", 90, "%", 2025),
    ("plan-recycled-aluminium-2025", ">=", 11.5e6, "TNE", 2025), ("plan-recycled-metal-2025", ">", 24, "%", 2025),
    ("nonferrous-renewable-2030", ">", 30, "%", 2030), ("plan-vehicles-2030", "about", 40, "%", 2030),
    ("guideline-resources-2030", ">=", 510e6, "TNE", 2030), ("miit-waste-2025", ">=", 57, "%", 2025),
])
def test_targets_that_were_read(name: str, comparison: str, value: float, unit: str, year: int) -> None:
    one = target(name)
    assert (one.comparison, one.value, one.unit, one.year, one.status) == (comparison, value, unit, year, "read")


@pytest.mark.parametrize(("name", "actual", "met"), [
    ("plan-arc-2025", 15.0, False), ("plan-arc-2025", 15.1, True), ("plan-clinker-2025", -3.0, True),
    ("plan-clinker-2025", -2.9, False), ("miit-waste-2025", 57.0, True), ("plan-refined-2025", 40.0, False),
    ("plan-refined-2025", 39.9, True), ("plan-vehicles-2030", 40.0, None), ("plan-scrap-2025", 1e12, None),
])
def test_when_a_target_is_met(name: str, actual: float, met: bool | None) -> None:
    assert target(name).met(actual) is met


def test_every_sector_with_targets_is_known() -> None:
    assert {one.sector for one in targets()} <= catalogued()
    assert INDUSTRY in catalogued()
    assert ANY not in catalogued()
    assert targets_of("alchemy") == []
