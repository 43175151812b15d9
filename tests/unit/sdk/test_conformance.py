"""The conformance kit catches planted faults by name, each in a sector that is sound but for it."""

import hashlib
import io
import sys
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from planted import sectors as planted
from planted.sectors import bricks
from support.raising import raised
from support.sectors import works

from ledger.errors import PluginError
from ledger.sdk import Activity, Draft, FactorRow, Indicator, NaturalInput, Need, Route, Sector, judge
from ledger.sdk.testing import conformance, context, lot, output, replay, run, supply
from ledger.sdk.testing.conformance import Case, assert_conforms, check
from ledger.sdk.testing.sources import faults_of_row

TESTS = Path(__file__).parents[1] / "plugins"
FOLDERS = sorted(path.parent for path in (Path(__file__).parents[3] / "plugins").glob("*/pyproject.toml"))
GIVEN = context(
    "bricks.kiln", supplies=(supply("clay", "1 TNE"), supply("electricity", "50 KWH"), supply("naturalGas", "9 NM3")),
    outputs=(output("850 KGM"), output("50 KGM", "waste", origin="preConsumer")),
)
ACTIVITY = {"carbonate": "12", "lost": "0.05", "fired": {"value": "900", "unit": "KGM"}, "kilns": 2}
CASE = Case(context=GIVEN, activity=ACTIVITY)
BRICKS = context(GIVEN.process, supplies=GIVEN.supplies,
                 outputs=(output("850 KGM", materials={"fired": "1"}), GIVEN.outputs[1]))


NEED = Need(any_of=("fuel",), priced_as="naturalGas", usual=Decimal("0.1"), unit="NM3", source="BREF CER 2007")


def route(assess: Callable[..., Any], activity: Any = Activity) -> dict[str, Route]:
    return {"kiln": Route(activity=activity, assess=assess, en="Firing in a kiln", zh="窑烧")}


def codes(sector: Sector, case: Case = CASE) -> set[str]:
    return {fault.code for fault in check(sector, [case])}


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computes here what `check` asks of two other processes, for faults that are the same in each."""
    def digests(calls: list[replay.ReplayCall], _: int) -> list[str]:
        told = io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(msgspec.json.encode(calls))))
        monkeypatch.setattr(sys, "stdout", told)
        replay.main()
        return told.getvalue().splitlines()

    monkeypatch.setattr(conformance, "digests", digests)


def test_a_sound_sector_conforms() -> None:
    assert check(bricks(), [CASE]) == []
    assert_conforms(bricks(), [CASE])


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("changed", "expected"), [
    ({"zh": "Bricks"}, "names"),
    ({"en": "砖瓦"}, "names"),
    ({"name": "Bricks"}, "name"),
    ({"version": "one"}, "version"),
    ({"mass_tolerance": Decimal(2)}, "tolerance"),
    ({"indicators": {}}, "undeclared-indicator"),
    ({"indicators": {"claySupplied": Indicator(unit="catty", en="Clay", zh="粘土")}}, "indicator-unit"),
    ({"routes": {**route(planted.sound, planted.Firing),
                 "oven": Route(activity=Activity, assess=planted.takes_anything, en="Oven", zh="炉")}}, "no-case"),
])
def test_faults_of_the_front_page(changed: dict[str, Any], expected: str) -> None:
    assert codes(bricks(**changed)) == {expected}


@pytest.mark.usefixtures("one_process")
def test_a_sound_need_conforms() -> None:
    assert codes(bricks(needs={"kiln": (NEED,)})) == set()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("name", "changed", "message"), [
    ("oven", {}, "no such route; one of kiln"),
    ("kiln", {"usual": Decimal(0)}, "usual is 0: it must be above 0"),
    ("kiln", {"usual": Decimal("NaN")}, "usual is NaN: it must be above 0"),
    ("kiln", {"unit": "catty"}, "unit is 'catty': it must be a Rec 20 code"),
    ("kiln", {"per": "dan"}, "per is 'dan': it must be a Rec 20 code"),
    ("kiln", {"any_of": ()}, "any_of is empty or has an empty name"),
    ("kiln", {"any_of": ("fuel", "")}, "any_of is empty or has an empty name"),
    ("kiln", {"source": ""}, "source is empty or has an empty name"),
])
def test_faults_of_a_need(name: str, changed: dict[str, Any], message: str) -> None:
    faults = check(bricks(needs={name: (replace(NEED, **changed),)}), [CASE])
    assert [(fault.code, fault.where, fault.message) for fault in faults] == [("need", f"bricks.{name}", message)]


def natural(group: str = "stone", most: str | None = None, source: str = "the pit beside the kiln") -> NaturalInput:
    return NaturalInput(group=group, most=None if most is None else Decimal(most), source=source)


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("taken", [natural(), natural("water", "0.3"), natural("ambientHeat", "4")])
def test_a_sound_natural_input_conforms(taken: NaturalInput) -> None:
    assert codes(bricks(nature={"kiln": (taken,)})) == set()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("name", "taken", "message"), [
    ("oven", natural(), "no such route; one of kiln"),
    ("kiln", natural("steel"), "no group 'steel'; one of water air sun"),
    ("kiln", natural("stone", "0.5"), "most of stone is 0.5: only water, air, ambientHeat have one"),
    ("kiln", natural("water", "0"), "most of water is 0: only water, air, ambientHeat have one, and it must be above"),
    ("kiln", natural("air", "NaN"), "most of air is NaN: only water, air, ambientHeat have one, and it must be above"),
    ("kiln", natural(source=""), "stone has no source"),
])
def test_faults_of_a_natural_input(name: str, taken: NaturalInput, message: str) -> None:
    faults = check(bricks(nature={name: (taken,)}), [CASE])
    assert [(fault.code, fault.where) for fault in faults] == [("nature", f"bricks.{name}")]
    assert faults[0].message.startswith(message)


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("assess", "expected"), [
    (planted.changes_what_it_gets, {"changes-context"}),
    (planted.sets_the_arithmetic, {"changes-arithmetic"}),
    (planted.adds_no_number, {"not-finite", "round-trip"}),
    (planted.emits_phlogiston, {"unknown-gas", "round-trip"}),
    (planted.removes_upwards, {"positive-removal"}),
    (planted.burdens_waste, {"burden-on-waste"}),
    (planted.sends_matter_twice, {"matter"}),
    (planted.hides_a_gap, {"silent-gap"}),
    (planted.prices_all, {"unknown-supply", "priced-twice"}),
    (planted.prices_the_priced, {"priced-twice"}),
    (planted.grows_with_the_square, {"scale"}),
    (planted.breaks, {"refuses-case"}),
    (planted.hands_back_nothing, {"returns"}),
])
def test_faults_of_an_assessment(assess: Callable[..., Any], expected: set[str]) -> None:
    assert codes(bricks(routes=route(assess), indicators={}), Case(context=BRICKS)) == expected


@pytest.mark.parametrize(("assess", "expected"), [
    (planted.counts_calls, {"not-deterministic", "scale"}), (planted.follows_a_set, {"not-deterministic"}),
])
def test_faults_that_other_processes_show(assess: Callable[..., Any], expected: set[str]) -> None:
    assert codes(bricks(routes=route(assess), indicators={}), Case(context=BRICKS)) == expected


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("activity", "stated", "expected"), [
    (planted.Loose, {"lost": "0.1"}, {"negative"}),
    (planted.Open, {}, {"unknown-field"}),
    (planted.Binary, {}, {"number-field"}),
    (planted.Bare, {}, {"activity-described"}),
    (planted.Firing, {}, {"negative"}),  # takes kilns of -1, which only `sound` refuses
])
def test_faults_of_an_activity(activity: Any, stated: dict[str, Any], expected: set[str]) -> None:
    sector = bricks(routes=route(planted.takes_anything, activity), indicators={})
    assert codes(sector, Case(context=GIVEN, activity=stated)) == expected


@pytest.mark.usefixtures("one_process")
def test_an_activity_that_is_no_activity() -> None:
    sector = bricks(routes=route(planted.takes_anything, dict), indicators={})
    assert codes(sector, Case(context=GIVEN)) == {"activity"}


@pytest.mark.usefixtures("one_process")
def test_a_field_that_may_be_negative() -> None:
    sector = bricks(routes=route(planted.takes_anything, planted.Loose), indicators={})
    assert codes(sector, Case(context=GIVEN, activity={"lost": "0.1"}, signed=("lost",))) == set()


@pytest.mark.usefixtures("one_process")
def test_a_case_that_cannot_scale_says_so() -> None:
    sector = bricks(routes=route(planted.grows_with_the_square), indicators={})
    assert codes(sector, Case(context=GIVEN, scales=False)) == set()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Sector]]:
    """Makes a plugin of one module, with a table of factors, and gives its sector."""
    made: list[str] = []

    def make(source: str, table: str) -> Sector:
        name = f"planted_{hashlib.sha256((source + table).encode()).hexdigest()}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text(source, encoding="utf-8")
        (folder / "factors.csv").write_text(table, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        made.append(name)
        sector: Sector = import_module(name).plugin()
        return sector

    yield make
    for name in made:
        sys.modules.pop(name, None)


PLUGIN = '''\
"""Bricks."""

from datetime import UTC, datetime

from ledger.sdk import Activity, Assessment, Context, Draft, Route, Sector, book_energy, read_factors
{imported}

def kiln(given: Context, activity: Activity) -> Assessment:
    draft = Draft(given)
    book_energy(draft, given)
    {done}
    return draft.assessment()


def plugin() -> Sector:
    return Sector(name="bricks", version="0.1.0", en="Bricks", zh="砖瓦",
                  routes={{"kiln": Route(activity=Activity, assess=kiln, en="Firing", zh="窑烧")}})
'''
HEAD = "key,place,year,value,unit,gas,boundary,status,source\n"
ROW = "clay,*,2020,0.1,KGM,CO2,process,read,GB/T 32151.9 table B.1\n"


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(("imported", "done", "table", "expected"), [
    ("", "", HEAD + ROW, set()),
    ("import ledger.core.record.units", "", HEAD + ROW, {"imports"}),
    ("import numpy", "", HEAD + ROW, {"imports"}),
    ("import random", "", HEAD + ROW, {"impure"}),
    ("", "datetime.now(UTC)", HEAD + ROW, {"impure"}),
    ("import io", "io.FileIO(__file__).close()", HEAD + ROW, {"impure"}),
    ("", "", HEAD + ROW.replace("KGM", "catty"), {"factor"}),
    ("", "", HEAD + ROW + ROW, {"factor"}),
    ("", "", HEAD + ROW.replace("read", "guessed"), {"factor"}),
    ("", "", HEAD + ROW.replace(",process", ","), {"factor"}),
])
def test_faults_of_files(
    package: Callable[[str, str], Sector], imported: str, done: str, table: str, expected: set[str]
) -> None:
    assert codes(package(PLUGIN.format(imported=imported, done=done), table), Case(context=GIVEN)) == expected


@pytest.mark.parametrize(("changed", "said"), [
    ({}, []),
    ({"unit": "XYZ"}, ["unknown unit 'XYZ': it must be a Rec 20 code"]),
    ({"gas": "air"}, ["gas 'air' has no global warming potential"]),
    ({"value": Decimal("NaN")}, ["value NaN is not a finite number"]),
    ({"year": 1989}, ["year 1989 is not from 1990 to now"]),
    ({"year": 2999}, ["year 2999 is not from 1990 to now"]),
    ({"source": "MEE"}, ["source 'MEE' is too vague"]),
    ({"source": "Intergovernmentals"}, ["source 'Intergovernmentals' is too vague"]),
    ({"place": "CN-QQ"}, ["CN-QQ is not a province of China"]),
])
def test_faults_of_a_factor(changed: dict[str, Any], said: list[str]) -> None:
    row = FactorRow(**{
        "table": "t", "key": "k", "place": "CN-SH", "year": 2020, "value": Decimal(1), "unit": "KGM", "gas": "CO2",
        "boundary": "process", "status": "read", "source": "GB/T 32151.9 table B.1", **changed,
    })
    found = list(faults_of_row(row))
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_every_sector_of_the_tree_goes_through_the_kit(folder: Path) -> None:
    """Each by cases of its own, in its own tests; the kit asks for one of every route."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if "carbon_ledger.plugins" in project["entry-points"]:
        tests = TESTS.glob(f"test_{folder.name.replace('-', '_')}*.py")
        assert any("assert_conforms(plugin(), " in path.read_text(encoding="utf-8") for path in tests)


@pytest.mark.usefixtures("one_process")
def test_all_faults_are_told_at_once() -> None:
    expected = "2 faults of sector bricks:\nbricks: version: 'x' is not a semantic version"
    with pytest.raises(AssertionError, match=expected):
        assert_conforms(bricks(version="x", zh="Bricks"), [CASE])


# The kit for plugin tests runs a record as the ledger does.

def test_a_record_by_hand() -> None:
    """100 kg CO2 over 60 and 40 kg; 80 kg of post-consumer scrap among 100 kg of steel: recycled 0.8 of each."""
    given = context(
        "works.make", inputs=(lot("80 KGM", "waste", materials={"steel": "1"}),),
        supplies=(supply("ore", "0.02 TNE", nature=True),),
        outputs=(output("60 KGM", materials={"steel": "1"}), output("40 KGM", "coProduct", materials={"steel": "1"})),
    )
    assert ([one.index for one in given.supplies], given.supplies[0].mass) == ([0], Decimal(20))
    found = run(works(), given, {"co2": "100"})
    assert (found.footprint, [one["fossilGhgEmissions"] for one in found.outputs]) == (100.0, [60.0, 40.0])
    held = [one["recycledPostConsumer:steel"] for one in found.contents.outputs]
    assert (held, found.findings) == (pytest.approx([48.0, 32.0], rel=1e-12), {})


def test_what_is_wrong_raises_as_on_the_ledger() -> None:
    given = context("works.make", outputs=(output("1 KGM"),))
    assert "unknown" in str(raised(msgspec.ValidationError, run, works(), given, {"unknown": "1"}))
    assert "no route 'melt'" in str(raised(PluginError, run, works(), context("works.melt")))
    assert "phlogiston" in str(raised(
        PluginError, run, works(), context("works.wrong", outputs=(output("1 KGM"),)), {"how": "gas"}
    ))


# Limits: both ends belong to what is possible, and to what is usual.

@pytest.mark.parametrize(("value", "found"), [
    ("0", {"heat-impossible": True}), ("1", {"heat-unusual": False}), ("2", {}), ("3", {}),
    ("4", {"heat-unusual": False}), ("4.1", {"heat-impossible": True}),
])
def test_a_finding_by_limits(value: str, found: dict[str, bool]) -> None:
    draft = Draft(context("works.make"))
    judge(draft, "heat", "GJ per t", Decimal(value), usual=(Decimal(2), Decimal(3)), possible=(Decimal(1), Decimal(4)))
    assert {one.code: one.refuses for one in draft.assessment().findings} == found
