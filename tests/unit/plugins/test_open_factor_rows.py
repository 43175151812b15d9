"""The rows of the open factor set keep the rules of its README: licences, proxies, ranges, unverified sources."""

from collections import Counter
from decimal import Decimal
from typing import Final

import pytest
from support.sectors import open_set

from ledger.sdk import FactorSource, SetFactor
from ledger.sdk.sets.lookup import amount_of

SET: Final = open_set().newest
MOST_ROWS: Final = 40
SINGLE_VALUES: Final = "single values are cited as facts"
POTENTIALS: Final = {"ipcc-ar4", "ipcc-ar5", "ipcc-ar6"}
NO_OPEN_LICENCE: Final = {
    "aib-2024", "cpcd", "gb51366", "iai", "kbob-6", "oekobaudat-2024", "tgo-2022", "worldsteel",
}
LARGEST_SHARE_UNVERIFIED: Final = Decimal("0.1")
REASONS: Final = ("low", "high", "proxy", "cut-off", "most", "by-product", "range", "arc furnace", "forming")


def _licence(factor: SetFactor) -> str:
    return SET.sources[factor.source].licence


def _by_ratio(factor: SetFactor) -> float | None:
    """Where a default lies in its range on a logarithmic scale: 0 at the low end, 1 at the high end."""
    if factor.low is None or factor.high is None or not factor.low or "CO2e" not in dict(factor.gases):
        return None
    return float((dict(factor.gases)["CO2e"] / factor.low).ln() / (factor.high / factor.low).ln())


def test_a_source_of_single_values_gives_at_most_forty_rows() -> None:
    counts = Counter(one.source for one in SET if SINGLE_VALUES in _licence(one))
    assert set(counts) >= NO_OPEN_LICENCE
    assert {source: count for source, count in counts.items() if count > MOST_ROWS} == {}


def test_rows_whose_source_was_seen_in_part_are_unverified() -> None:
    rows = [one for one in SET if one.key in ("malt", "hops", "beer", "crownCap", "aluminiumCan")]
    assert (len(rows), [one.key for one in rows if not one.recalled]) == (5, [])
    assert "year is assumed" in next(one.note for one in rows if one.source == "magb")


def test_a_source_of_single_values_gives_no_copy_of_its_row_for_the_world() -> None:
    world = {(one.key, one.boundary, one.source, one.locator) for one in SET if one.place == "*"}
    copies = [
        one.row for one in SET if one.place != "*" and SINGLE_VALUES in _licence(one)
        and (one.key, one.boundary, one.source, one.locator) in world
    ]
    assert copies == []


def test_each_source_is_used_and_states_its_licence() -> None:
    used = {one.source for one in SET} | POTENTIALS
    assert set(SET.sources) == used
    bare: list[FactorSource] = [one for one in SET.sources.values() if len(one.licence) < len("CC BY 4.0")]
    assert bare == []


def test_a_proxy_has_the_pedigree_of_one() -> None:
    proxies = [one for one in SET if "proxy" in one.note.lower() and one.pedigree is not None]
    assert proxies
    assert [one.row for one in proxies if one.pedigree is not None and one.pedigree[-1] < 4] == []


def test_a_default_in_the_lowest_third_of_its_range_has_a_reason() -> None:
    lowest = [one for one in SET if (at := _by_ratio(one)) is not None and at < 1 / 3]
    assert lowest
    assert [one.row for one in lowest if not any(word in one.note.lower() for word in REASONS)] == []


def test_few_rows_rest_on_an_unverified_source() -> None:
    rows = list(SET)
    assert sum(one.recalled for one in rows) < LARGEST_SHARE_UNVERIFIED * len(rows)


def test_gases_of_steelworks_convert_by_the_heating_values_of_the_ipcc() -> None:
    """IPCC 2006, volume 2, table 1.2, TJ per Gg; table 1.4, kg of CO2 per GJ."""
    for gas, heat, carbon_dioxide in (("cokeOvenGas", 38.7, 44.4), ("blastFurnaceGas", 2.47, 260),
                                      ("converterGas", 7.06, 182)):
        entry, burnt = SET.supplies[gas], SET.rows[f"{gas}/combustion/*/2006"]
        volume = amount_of(entry, Decimal(1000), "KGM", Decimal(1000))
        assert volume is not None
        assert entry.heating_value is not None
        assert float(volume * entry.heating_value) == pytest.approx(1000 * heat, rel=1e-4)
        assert float(volume * dict(burnt.gases)["CO2"]) == pytest.approx(heat * carbon_dioxide, rel=1e-3)


def test_every_gas_that_burns_has_a_density() -> None:
    """A lot of it may state its mass."""
    burning = [SET.supplies[one.key] for one in SET if one.boundary == "combustion"]
    assert [one.key for one in burning if one.unit == "NM3" and one.density is None] == []


def test_raw_materials_burn_with_all_of_their_carbon() -> None:
    """Kg of CO2 per kg, by formula; by table 1.4 of IPCC for bitumen."""
    burnt = {one.key: float(dict(one.gases)["CO2"]) for one in SET
             if one.boundary == "combustion" and SET.supplies[one.key].kind == "material" and "CO2" in dict(one.gases)}
    assert burnt == pytest.approx({"methanol": 44.01 / 32.04, "ethane": 88.02 / 30.07, "acetylene": 88.02 / 26.04,
                                   "bitumen": 40.2 * 0.0807}, rel=1e-3)
