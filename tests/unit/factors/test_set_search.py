"""The search finds supplies by English, Chinese, synonyms, aliases and HS codes, the nearest first."""

import pytest
from support.factor_tables import factor, group, supply, version

from ledger.sdk.sets.search import search
from ledger.sdk.sets.summary import default_of, short

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
    default = default_of(SET, SET.supplies["cement"])
    assert default is not None
    assert default.row == "cement/cradleToGate/*/2022"
    assert default_of(SET, SET.supplies["steel"]) is None


def test_short_values() -> None:
    gases = version([supply("a")], [factor("a", gases="CO2 1234567.891"), factor("a", "CN", gases="CO2 0.00000123"),
                                    factor("a", "DE", gases="CO2 12500")])
    assert [short(one.gases[0][1]) for one in gases] == ["1234570", "0.00000123", "12500"]
