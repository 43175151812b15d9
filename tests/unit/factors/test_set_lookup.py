"""The look-up by hand: places from narrow to wide, years, precedence, conversions, and the estimate for a class."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from support.factor_tables import factor, group, supply, version

from ledger.errors import PluginError
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.explained import explain, facility_places
from ledger.sdk.sets.lookup import (
    MATTER,
    amount_of,
    choose,
    conservative,
    entry_of,
    is_power,
    other_class,
    places_around,
    same_supply,
    supply_kinds,
)
from ledger.sdk.sets.search import search
from ledger.sdk.sets.summary import default_of, short

JIANGSU = ("CN-JS", "CN-GRID-East", "CN", "ASI", "*")
BAVARIA = ("DE-BY", "DE", "EU", "EUR", "*")


@pytest.mark.parametrize(("places", "around"), [
    (("CN-JS", "CN"), JIANGSU),
    (("CN-XZ", "CN"), ("CN-XZ", "CN-GRID-Southwest", "CN", "ASI", "*")),
    (("CN",), ("CN", "ASI", "*")),
    (("DE-BY", "DE"), BAVARIA),
    (("NO",), ("NO", "EUR", "*")),          # in Europe, not in the EU
    (("GB",), ("GB", "EUR", "*")),
    (("US-CA", "US"), ("US-CA", "US", "NAM", "*")),
    (("AU",), ("AU", "OCE", "*")),
    (("BR",), ("BR", "SAM", "*")),
    (("ZA",), ("ZA", "AFR", "*")),
    (("HK",), ("HK", "ASI", "*")),
    (("TW",), ("TW", "ASI", "*")),
    (("CN-HK", "CN"), ("CN-HK", "*")),      # the mainland's average excludes its grid
    (("CN-TW", "CN"), ("CN-TW", "*")),
    ((), ("*",)),
])
def test_places_around(places: Sequence[str], around: Sequence[str]) -> None:
    assert places_around(places) == around


def test_an_unknown_province_is_refused() -> None:
    with pytest.raises(PluginError, match="CN-XX is not a province of China") as caught:
        places_around(("CN-XX", "CN"))
    assert caught.value.value == "CN-XX"


def sand(*rows: tuple[str, int], name: str = "tests") -> FactorSetVersion:
    """A set with factors of these places and years."""
    return version([supply("sand", aliases="grit")], [factor(place=place, year=year) for place, year in rows], name)


@pytest.mark.parametrize(("rows", "places", "year", "row"), [
    # The narrowest place first, whichever year is nearer.
    ([("CN-JS", 2015), ("CN", 2024)], JIANGSU, 2024, "CN-JS/2015"),
    ([("CN-GRID-East", 2020), ("CN", 2024), ("*", 2024)], JIANGSU, 2024, "CN-GRID-East/2020"),
    ([("CN", 2020), ("ASI", 2024)], JIANGSU, 2024, "CN/2020"),
    ([("ASI", 2020), ("*", 2024), ("EU", 2024)], JIANGSU, 2024, "ASI/2020"),
    ([("EU", 2020), ("EUR", 2024)], BAVARIA, 2024, "EU/2020"),
    ([("EU", 2024), ("EUR", 2020)], ("NO", "EUR", "*"), 2024, "EUR/2020"),
    ([("*", 2020), ("US", 2024)], BAVARIA, 2024, "*/2020"),
    # The year, else the latest earlier one, not the nearest.
    ([("DE", 2019), ("DE", 2022), ("DE", 2023)], BAVARIA, 2022, "DE/2022"),
    ([("DE", 2010), ("DE", 2012), ("DE", 2016)], BAVARIA, 2015, "DE/2012"),
    # A wider place with an earlier year comes before a narrower one with later years only.
    ([("DE", 2023), ("*", 2001)], BAVARIA, 2022, "*/2001"),
    # Only later years: the earliest of the narrowest place.
    ([("DE", 2026), ("DE", 2024), ("EU", 2023), ("*", 2023)], BAVARIA, 2022, "DE/2024"),
    ([("*", 2026), ("EUR", 2025), ("US", 2020)], BAVARIA, 2022, "EUR/2025"),
    # None for the place.
    ([("US", 2020)], BAVARIA, 2022, None),
])
def test_place_then_year(
    rows: Sequence[tuple[str, int]], places: Sequence[str], year: int, row: str | None
) -> None:
    choice = choose([sand(*rows)], "sand", "cradleToGate", places, year)
    assert (None if choice is None else choice.name) == (None if row is None else f"tests@1:sand/cradleToGate/{row}")


def test_precedence_settles_ties_only() -> None:
    first, second = sand(("DE", 2020), ("CN", 2020), name="first"), sand(("DE", 2020), ("CN", 2022), ("DE-BY", 2001),
                                                                         name="second")
    for sets, tag in (([first, second], "first@1"), ([second, first], "second@1")):
        choice = choose(sets, "sand", "cradleToGate", ("DE", "*"), 2024)
        assert choice.tag == tag
    # The nearer year or the narrower place of the second set comes before precedence.
    for places, row in ((("CN", "*"), "CN/2022"), (BAVARIA, "DE-BY/2001")):
        choice = choose([first, second], "sand", "cradleToGate", places, 2024)
        assert choice.name == f"second@1:sand/cradleToGate/{row}"


def test_boundaries_are_never_mixed() -> None:
    power = version([supply("electricity", kind="electricity", unit="KWH")],
                    [factor("electricity", "CN", boundary="generation"), factor("electricity", "*", gases="CO2e 2")])
    assert choose([power], "electricity", "cradleToGate", JIANGSU, 2024).factor.place == "*"
    assert choose([power], "electricity", "residual", JIANGSU, 2024) is None


def test_an_alias_is_the_supply_itself() -> None:
    one = sand(("*", 2020))
    assert choose([one], "grit", "cradleToGate", ("*",), 2020).name == "tests@1:sand/cradleToGate/*/2020"
    found = entry_of([sand(name="empty"), one], "grit")
    assert (found[0].name, found[1].key) == ("empty", "sand")
    assert entry_of([one], "Sand") == entry_of([one], "sand")
    assert entry_of([one], "sands") is None


COKE = {"kind": "fuel", "density": "800", "heating_value": "28.8"}
GAS = {"kind": "fuel", "unit": "NM3", "density": "0.72", "heating_value": "36"}


@pytest.mark.parametrize(("cells", "amount", "unit", "mass", "expected"), [
    ({}, "2", "TNE", None, "2000"),
    ({}, "250", "GRM", None, "0.25"),
    ({"unit": "TNE"}, "1500", "KGM", None, "1.5"),
    # By the mass that the record states.
    ({}, "12", "H87", "30", "30"),
    ({"unit": "TNE"}, "3", "MTQ", "4500", "4.5"),
    # Litres by density: 0.1 m3 of 830 kg per m3; no mass, no density: no amount.
    ({"density": "830"}, "100", "LTR", None, "83"),
    ({"density": "830"}, "100", "LTR", "84", "84"),
    ({}, "100", "LTR", None, None),
    ({}, "12", "H87", None, None),
    # A fuel by energy: 1 MWh = 3600 MJ, 28.8 MJ per kg; 36 MJ per Nm3.
    (COKE, "1", "MWH", None, "125"),
    (COKE, "2.88", "GV", None, "100"),
    (GAS, "1000", "KWH", None, "100"),
    (GAS, "72", "KGM", None, "100"),
    (GAS, "72", "KGM", "72", "100"),
    (GAS, "5", "H87", "7.2", "10"),
    (GAS, "100", "NM3", "71", "100"),
    # Kilowatt hours in megajoules, and no conversion of kilograms to energy without a way.
    ({"kind": "heat", "unit": "3B"}, "1", "KWH", None, "3.6"),
    ({"kind": "electricity", "unit": "KWH"}, "36", "3B", None, "10"),
    ({"kind": "heat", "unit": "3B"}, "1", "TNE", "1000", None),
    ({"kind": "transport", "unit": "TKM"}, "7", "TKM", "3", "7"),
    ({"kind": "transport", "unit": "TKM"}, "7", "KGM", "7", None),
])
def test_amounts_in_the_unit_of_the_factor(
    cells: dict[str, str], amount: str, unit: str, mass: str | None, expected: str | None
) -> None:
    entry = version([supply("thing", **cells)], [factor("thing")]).supplies["thing"]
    converted = amount_of(entry, Decimal(amount), unit, None if mass is None else Decimal(mass))
    assert converted == (None if expected is None else Decimal(expected))


def classed() -> FactorSetVersion:
    """Ten steels of 1 to 10 kg CO2e per kg in the world, a stone of 0.1, a steel of 99 only in China, and power."""
    steels = [f"steel{chr(ord('A') + i)}" for i in range(10)]
    supplies = [
        *[supply(key, **{"class": "steel"}) for key in steels], supply("granite", **{"class": "stone"}),
        supply("power", kind="electricity", unit="KWH", **{"class": "stone"}),
    ]
    factors = [
        *[factor(key, gases=f"CO2e {i}") for i, key in enumerate(steels, start=1)],
        *[factor(key, place="CN", gases="CO2e 50") for key in steels], factor("granite", gases="CO2e 0.1"),
        factor("power", gases="CO2e 7.2"),
    ]
    return version(supplies, factors, classes=[group("steel", "steel;iron"), group("stone", "stone;ironstone")])


@pytest.mark.parametrize(("material", "unit", "value"), [
    # The 9th of ten values (nearest rank of 90 %), by the world's rows alone.
    ("dieSteel", "KGM", "9"),
    ("steelstrap", "TNE", "9"),
    ("castIron", "KGM", "9"),
    # The longer word decides.
    ("ironstone", "KGM", "0.1"),
    # No class: all eleven of this dimension, rank ceil(9.9) = 10 of 0.1, 1 to 10.
    ("marmalade", "KGM", "9"),
    # Power: 7.2 kg per kWh are 2 kg per MJ; a class without that dimension falls back to all of it.
    ("stonePower", "KWH", "2"),
    ("steelPower", "KWH", "2"),
    ("steelParts", "H87", None),
])
def test_the_estimate_for_an_unknown_material(material: str, unit: str, value: str | None) -> None:
    assert conservative([classed()], material, unit) == (None if value is None else Decimal(value))


def test_a_class_without_world_rows_counts_with_its_highest() -> None:
    one = version([supply("steelX", **{"class": "steel"})],
                  [factor("steelX", "CN", gases="CO2e 3"), factor("steelX", "DE", gases="CO2 1;CH4 0.1")],
                  classes=[group("steel", "steel")])
    # 1 + 0.1 * 29.8 = 3.98
    assert conservative([one], "someSteel", "KGM") == Decimal("3.98")


@pytest.mark.parametrize(("place", "boundary", "places"), [
    ("CN-JS", "cradleToGate", JIANGSU), ("CN-JS", "residual", ("CN",)), ("DE", "residual", ("DE",)),
    ("CN-HK", "residual", ()), ("*", "cradleToGate", ("*",)), ("*", "residual", ()),
])
def test_places_of_a_facility(place: str, boundary: str, places: Sequence[str]) -> None:
    assert facility_places(place, boundary) == places


def test_an_explanation_names_the_steps_and_the_reason() -> None:
    first, second = sand(("CN", 2020), ("CN", 2022), name="first"), sand(("CN", 2022), ("*", 2024), name="second")
    answer = explain([first, second], "grit", "cradleToGate", "CN-JS", 2023)
    assert answer.choice.name == "first@1:sand/cradleToGate/CN/2022"
    assert [tuple(step) for step in answer.steps] == [
        ("CN-JS", "first@1", ()), ("CN-JS", "second@1", ()), ("CN-GRID-East", "first@1", ()),
        ("CN-GRID-East", "second@1", ()), ("CN", "first@1", (2020, 2022)), ("CN", "second@1", (2022,)),
    ]
    assert answer.reason == ("CN is the narrowest place with a factor up to 2023, and 2022 is its latest year; first@1 "
                             "has precedence over second@1")
    assert explain([first], "sand", "cradleToGate", "CN", 2022).reason == (
        "CN is the narrowest place with a factor of 2022"
    )
    assert explain([first], "sand", "cradleToGate", "CN", 2019).reason == (
        "all factors are later than 2019: CN is the narrowest place that has one, and 2020 is its earliest year"
    )
    missing = explain([first], "sand", "cradleToGate", "DE", 2022)
    assert (missing.choice, missing.reason) == (None, "no factor in DE, EU, EUR, *")


ENERGY = version(
    [supply("electricity", kind="electricity", unit="KWH", **{"class": "power"}),
     supply("lines", kind="service", unit="KWH", **{"class": "power"}),
     supply("heat", kind="heat", unit="3B", **{"class": "warmth"}), supply("diesel", kind="fuel", **{"class": "fuels"}),
     supply("argon", kind="gas"), supply("truck", kind="transport", unit="TKM"), supply("sand", aliases="grit"),
     supply("gravel", **{"class": "bulk"}), supply("copper", **{"class": "metals"})],
    [factor("sand")],
    classes=[group("power", "power;electricity"), group("warmth", "heat;steam"), group("fuels", "coal"),
             group("bulk", "gravel;stone"), group("metals", "copper;alloy")],
)


@pytest.mark.parametrize(("material", "unit", "kinds"), [
    ("electricity", "KWH", ("electricity",)), ("electricity", "3B", ("electricity",)), ("heat", "KWH", ("heat",)),
    ("diesel", "KWH", MATTER), ("diesel", "KGM", MATTER), ("argon", "NM3", MATTER), ("grit", "KGM", MATTER),
    ("lines", "KWH", ("service",)), ("truck", "TKM", ("transport",)),
    # Names that the set does not know.
    ("wind", "KWH", ("heat", "fuel")), ("wind", "GWH", ("heat", "fuel")), ("wind", "3B", ("heat", "fuel")),
    ("windPower", "KWH", ("electricity",)), ("electricityOfOurs", "MWH", ("electricity",)),
    ("windPower", "3B", ("electricity",)), ("GreenElectricity", "GV", ("electricity",)),
    ("cityHeating", "KWH", ("heat", "fuel")), ("cityHeating", "GV", ("heat", "fuel")),
    ("coalGas", "MWH", ("heat", "fuel")), ("hauler", "TKM", ("transport",)),
    ("powerCable", "KGM", (*MATTER, "treatment", "service")), ("cleaning", "HUR", (*MATTER, "treatment", "service")),
])
def test_the_kinds_of_a_supply(material: str, unit: str, kinds: tuple[str, ...]) -> None:
    assert supply_kinds([sand(("*", 2020)), ENERGY], material, unit) == kinds
    assert is_power([ENERGY], material, unit) == (kinds == ("electricity",))


def test_one_entry_has_several_names() -> None:
    sets = [sand(("*", 2020)), ENERGY]
    assert same_supply(sets, "sand", "sand")
    assert same_supply(sets, "grit", "sand")
    assert not same_supply(sets, "gravel", "sand")
    assert not same_supply(sets, "unheardOf", "unheardOf")


@pytest.mark.parametrize(("material", "key", "other"), [
    ("copperAlloy", "copper", False), ("alloy-7", "gravel", True), ("alloy-7", "copper", False),
    ("stoneDust", "copper", True),
    ("brand", "copper", False),      # no class to compare
    ("alloy-7", "sand", False),      # the row has no class
    ("coalDust", "diesel", False), ("coalDust", "gravel", True),
])
def test_classes_of_names(material: str, key: str, other: bool) -> None:
    assert other_class(ENERGY, material, ENERGY.supplies[key]) == other


# The search finds supplies by English, Chinese, synonyms, aliases and HS codes, the nearest first.


SET = version(
    [
        supply("hotRolledCoil", en="hot rolled coil", zh="热轧卷板", synonyms="HRC;hot strip", aliases="hotStrip",
               hs="7208", **{"class": "steel"}),
        supply("coldRolledCoil", en="cold rolled coil", zh="冷轧卷板", hs="7209;7211", **{"class": "steel"}),
        supply("steelScrap", en="steel scrap", zh="废钢", synonyms="ferrous scrap;废铁", hs="7204",
               **{"class": "steel"}),
        supply("steel", en="steel, kind unknown", zh="钢材", hs="72", **{"class": "steel"}),
        supply("recyclingSteel", kind="treatment", en="recycling of steel scrap", zh="废钢回收"),
        supply("cement", en="cement, kind unknown", zh="水泥", synonyms="OPC", hs="2523"),
        supply("clinker", en="cement clinker", zh="水泥熟料", hs="252310"),
        supply("aluminium", en="aluminium, primary", zh="原铝", synonyms="电解铝;P1020", aliases="aluminum"),
        supply("bauxite", en="bauxite ore", zh="铝矿"), supply("power", en="mains", zh="电"),
        supply("batteryCell", en="battery cells", zh="电芯"),
    ],
    [factor("cement", "CN", 2020), factor("cement", "*", 2019, "CO2e 0.7"), factor("cement", "*", 2022, "CO2e 0.8")],
    classes=[{**group("steel", "steel"), "en": "steel"}],
)


@pytest.mark.parametrize(("words", "keys"), [
    # Whole names, keys and aliases first.
    ("steel scrap", ["steelScrap", "recyclingSteel"]),
    ("Steel Scrap", ["steelScrap", "recyclingSteel"]),
    ("scrap steel", ["steelScrap", "recyclingSteel"]),
    ("cement", ["cement", "clinker"]),
    ("hotRolledCoil", ["hotRolledCoil"]),
    ("hotStrip", ["hotRolledCoil"]),
    ("aluminum", ["aluminium"]),
    # Parts of words, plurals, synonyms.
    ("coils rolled", ["hotRolledCoil", "coldRolledCoil"]),
    ("hot coil", ["hotRolledCoil"]),
    ("hrc", ["hotRolledCoil"]),
    ("clink", ["clinker"]),
    ("batteries", ["batteryCell"]),
    ("battery cell", ["batteryCell"]),
    ("P1020", ["aluminium"]),
    # Chinese: whole names, parts, synonyms, and longer words than the name.
    ("水泥", ["cement", "clinker"]),
    ("废钢", ["steelScrap", "recyclingSteel"]),
    # The thing is at the end of a name: 原铝 is aluminium, 铝矿 is an ore.
    ("铝", ["aluminium", "bauxite"]),
    ("电路板", []),
    ("卷板", ["hotRolledCoil", "coldRolledCoil"]),
    ("电解铝", ["aluminium"]),
    ("热轧钢卷板", ["hotRolledCoil"]),
    # HS codes: a longer code finds its prefix, a prefix its codes; the longest common part first.
    ("7208.51", ["hotRolledCoil", "steel"]),
    ("7208 51", ["hotRolledCoil", "steel"]),
    ("7211", ["coldRolledCoil", "steel"]),
    ("2523", ["cement", "clinker"]),
    ("252310", ["clinker", "cement"]),
    ("9999", []),
    # All words must match.
    ("steel cement", []),
    ("xyz", []),
    ("", []),
    ("-- ;", []),
])
def test_the_nearest_first(words: str, keys: list[str]) -> None:
    found = [hit.entry.key for hit in search([SET], words)]
    assert (found[:len(keys)], bool(found)) == (keys, bool(keys))


def test_a_class_finds_its_supplies_last() -> None:
    """Even if the class has exactly the name that is searched."""
    found = [hit.entry.key for hit in search([SET], "steel")]
    assert (found[:2], found[2]) == (["steel", "steelScrap"], "recyclingSteel")
    assert set(found[3:]) == {"hotRolledCoil", "coldRolledCoil"}


def test_each_set_has_its_own_hit() -> None:
    other = version([supply("cement", en="cement", zh="水泥")], [], "other")
    assert [(hit.version.name, hit.entry.key) for hit in search([SET, other], "cement")][:2] == [
        ("other", "cement"), ("tests", "cement"),
    ]


def test_a_hit_says_by_which_name() -> None:
    assert [search([SET], words)[0].matched for words in ("HRC", "热轧", "7208", "aluminum")] == [
        "HRC", "热轧卷板", "HS 7208", "aluminum",
    ]


def test_the_default_is_the_newest_world_row() -> None:
    assert default_of(SET, SET.supplies["cement"]).row == "cement/cradleToGate/*/2022"
    assert default_of(SET, SET.supplies["steel"]) is None


def test_short_values() -> None:
    gases = version([supply("a")], [factor("a", gases="CO2 1234567.891"), factor("a", "CN", gases="CO2 0.00000123"),
                                    factor("a", "DE", gases="CO2 12500")])
    assert [short(one.gases[0][1]) for one in gases] == ["1234570", "0.00000123", "12500"]
