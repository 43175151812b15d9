"""The open factor set: the conformance kit, unverified sources, agreement of sources, and licences that limit the
number of values."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Final

import pytest
from carbon_ledger_factors_open import factor_set
from support.factor_tables import Cells, factor, files, source, supply

from ledger.sdk import FactorSetVersion, SetFactor
from ledger.sdk.sets.checks import MOST_RECALLED
from ledger.sdk.sets.reading import co2e_of, parse_version
from ledger.sdk.testing import check_factor_set

NEWEST: Final = factor_set().newest
AGREE: Final = Decimal("1.5")
"""Two sources for one supply, boundary and place, of years at most three apart, differ by less than this factor."""
AGREE_ELSEWHERE: Final = Decimal(2)
"""The same for two places. Grids and power plants of two countries do differ: they are left out."""
YEARS_APART: Final = 3
DERIVATIONS: Final = re.compile(
    r"Generation mix [^()]*\(World Factbook, \d+\)\.|Range from [^.]*\.|\b[A-Z][a-z]+( States)? value\.|"
    r"value of [^;,.]*, taken for the world|At the plant\.|Add electricityTransmission[^.]*\.|As repeated by CPCD\."
)
"""Parts of a note that tell how a value was made, and explain no difference."""
SINGLE_VALUES: Final = (
    "cpcd", "gb51366", "kbob-6", "tgo-2022", "worldsteel", "iai", "gcca", "fert-eu", "oekobaudat-2024", "aib-2024",
    "istrate-2024",
)
"""Sources that do not allow copies of the whole: the set cites single values that it needs."""
MOST_VALUES: Final = 40
NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
                  "ten": 10, "eleven": 11, "twelve": 12}


def test_it_conforms() -> None:
    """All faults, not only the first ones."""
    assert [str(fault) for fault in check_factor_set(factor_set())] == []


@pytest.mark.parametrize("version", factor_set().versions, ids=lambda version: version.tag)
def test_unverified_sources_are_few(version: FactorSetVersion, capsys: pytest.CaptureFixture[str]) -> None:
    recalled = sum(one.recalled for one in version)
    share = Decimal(recalled) / len(version.rows)
    with capsys.disabled():
        print(f"\n{version.tag}: {recalled} of {len(version.rows)} rows are `recalled` ({share:.1%})")
    assert share < MOST_RECALLED


@pytest.mark.parametrize(("word", "key"), [
    ("AdBlue", "dieselExhaustFluid"), ("Diesel", "diesel"), ("heatTransferFluid", "fluorinatedGas"),
    ("muriaticAcid", "hydrochloricAcid"), ("metal", None), ("grain", None), ("windPower", None), ("Erdgas", None),
])
def test_capitals_and_joined_names_are_keys(word: str, key: str | None) -> None:
    """Single words that the search knows are too common, and names of energy make claims."""
    entry = NEWEST.entry(word)
    assert (None if entry is None else entry.key) == key


def test_each_joined_name_denotes_one_supply() -> None:
    for entry in NEWEST.supplies.values():
        for name in (entry.key, *entry.aliases):
            assert NEWEST.entry(name) is NEWEST.entry(name.upper()) is entry


def reason(row: SetFactor) -> str:
    """The part of a note that may explain a difference."""
    return DERIVATIONS.sub("", row.note).strip(" .;")


def ratio(row: SetFactor, other: SetFactor) -> Decimal:
    low, high = sorted((co2e_of(row.gases), co2e_of(other.gases)))
    return high / low if low else Decimal("Infinity") if high else Decimal(1)


def disagreements(version: FactorSetVersion) -> Iterator[tuple[SetFactor, SetFactor]]:
    """Pairs of rows of two sources that differ more than the agreed factor."""
    groups: dict[tuple[str, str], list[SetFactor]] = defaultdict(list)
    for row in version:
        groups[row.key, row.boundary].append(row)
    for (key, _), rows in groups.items():
        power = version.supplies[key].kind == "electricity"
        for one, other in combinations(rows, 2):
            same = one.place == other.place
            compared = abs(one.year - other.year) <= YEARS_APART if same else not power
            if one.source != other.source and compared and ratio(one, other) > (AGREE if same else AGREE_ELSEWHERE):
                yield one, other


def test_sources_agree_or_a_note_says_why() -> None:
    pairs = list(disagreements(NEWEST))
    assert pairs, "no pair disagrees: the comparison has no effect"
    assert [f"{one.row} ({one.source}) and {other.row} ({other.source}): factor {ratio(one, other):.3g}" for one,
            other in pairs if not reason(one) and not reason(other)] == []


@pytest.mark.parametrize(("rows", "count"), [
    ([factor("a"), factor("a", year=2023, gases="CO2e 1.51", source="t")], 1),
    ([factor("a"), factor("a", year=2023, gases="CO2e 1.5", source="t")], 0),
    ([factor("a"), factor("a", year=2024, gases="CO2e 9", source="t")], 0),
    ([factor("a"), factor("a", year=2023, gases="CO2e 9")], 0),
    ([factor("a"), factor("a", "DE", 1999, gases="CO2e 2.01", source="t")], 1),
    ([factor("a"), factor("a", "DE", 1999, gases="CO2e 2", source="t")], 0),
    ([factor("a"), factor("a", boundary="generation", gases="CO2e 9", source="t")], 0),
    ([factor("power"), factor("power", "DE", gases="CO2e 9", source="t")], 0),
    ([factor("power"), factor("power", year=2022, gases="CO2e 9", source="t")], 1),
])
def test_which_rows_disagree(rows: list[Cells], count: int) -> None:
    supplies = [supply("a"), supply("power", kind="electricity", unit="KWH")]
    version = parse_version("tests", "1", files(supplies, rows, [source("s"), source("t")]))
    assert len(list(disagreements(version))) == count


@pytest.mark.parametrize(("note", "text"), [
    ("British value. Range from ADEME, DESNZ.", ""), ("value of France, taken for the world", ""), ("", ""),
    ("Coal route. British value.", "Coal route"),
    ("Generation mix 0.47 kg per kWh, divided by 1 less the grid losses of 7.05 % (World Factbook, 2023).", ""),
])
def test_a_derivation_is_no_reason(note: str, text: str) -> None:
    row = parse_version("tests", "1", files([supply("a")], [factor("a", note=note)])).rows["a/cradleToGate/*/2020"]
    assert reason(row) == text


def test_values_of_materials_are_within_all_ranges_of_their_rows() -> None:
    """A reference range holds every country's and route's value that the set has for the material."""
    outside = []
    for key, entry in NEWEST.supplies.items():
        rows = list(NEWEST.factors(key, "cradleToGate")) if entry.kind == "material" else []
        for one in rows:
            for other in rows:
                if other.low is not None and other.high is not None \
                        and not other.low <= co2e_of(one.gases) <= other.high:
                    outside.append(f"{one.row}: {co2e_of(one.gases)} is not within {other.low} to {other.high} of "
                                   f"{other.row}")
    assert outside == []


def values_of(name: str) -> int:
    """A value that two rows repeat, for a country and for the world, counts once."""
    return len({(one.key, one.gases) for one in NEWEST if one.source == name})


@pytest.mark.parametrize("name", SINGLE_VALUES)
def test_sources_of_single_values_are_not_copied(name: str) -> None:
    assert values_of(name) <= MOST_VALUES


def test_licences_state_no_wrong_number() -> None:
    """`Three single values cited as facts` must stay true when rows are added."""
    wrong = []
    for cited in NEWEST.sources.values():
        stated = re.match(r"(\w+) single values?\b", cited.licence, re.I)
        number = None if stated is None else NUMBERS.get(stated[1].lower())
        if number is not None and values_of(cited.id) > number:
            wrong.append(f"{cited.id}: {cited.licence}: the set has {values_of(cited.id)} values")
    assert wrong == []
