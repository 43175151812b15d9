"""Which factor is found for a place and a year, and what the line that is made of it says of that."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.assessing import assessment_of
from support.containing import Containing
from support.raising import raised

from ledger.admission.facts import Facts, ProductFacts
from ledger.admission.facts import OrganizationFacts as Party
from ledger.admission.facts import SiteFacts as Site
from ledger.admission.plan import plan
from ledger.core.outcome.assessment import Line
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Factor, Output, Quantity, Supply
from ledger.errors import PluginError
from ledger.footprint.stored.burdens import direct, named
from ledger.sdk import (
    CONTEXT,
    Activity,
    Assessment,
    Context,
    Draft,
    FactorRow,
    FactorTable,
    NaturalInput,
    Route,
    Sector,
    book_energy,
    grid_electricity,
    purchased_heat,
    residual_mix,
    standard_fuels,
    wider_places,
)
from ledger.sdk.factors import Boundary
from ledger.sdk.testing import context, supply


def row(place: str, year: int, boundary: Boundary = "generation") -> FactorRow:
    return FactorRow(table="t", key="k", place=place, year=year, value=Decimal(1), unit="KGM", gas="CO2",
                     boundary=boundary, status="read", source="somewhere, table 1")


TABLE = FactorTable("t", [
    row("CN-JS", 2021), row("CN-JS", 2022), row("East", 2022), row("East", 2024), row("CN", 2020), row("CN", 2024),
    row("*", 2015), row("CN-ZJ", 2025),
])


@pytest.mark.parametrize(("places", "year", "found", "ratings", "resolution"), [
    (("CN-JS", "CN"), 2022, ("CN-JS", 2022), (2, 1, 1), "as asked"),
    (("CN-JS", "CN"), 2024, ("CN-JS", 2022), (2, 2, 1), "CN-JS/2022 for CN-JS/2024"),    # before its region's own year
    (("CN-JS", "CN"), 2027, ("CN-JS", 2022), (2, 3, 1), "CN-JS/2022 for CN-JS/2027"),    # 5 years are not less than 5
    (("CN-ZJ", "CN"), 2024, ("East", 2024), (2, 1, 2), "East/2024 for CN-ZJ/2024"),      # its own is later
    (("CN-AH", "CN"), 2023, ("East", 2022), (2, 2, 2), "East/2022 for CN-AH/2023"),
    (("CN-AH", "CN"), 2021, ("CN", 2020), (2, 2, 2), "CN/2020 for CN-AH/2021"),          # the region's are later
    (("CN",), 2024, ("CN", 2024), (2, 1, 1), "as asked"),
    (("CN-AH", "CN"), 2019, ("*", 2015), (2, 2, 3), "*/2015 for CN-AH/2019"),
    (("DE-BY", "DE"), 2030, ("*", 2015), (2, 3, 3), "*/2015 for DE-BY/2030"),
    ((), 2015, ("*", 2015), (2, 1, 2), "as asked"),
    (("CN-JS", "CN"), None, ("CN-JS", 2022), (2, 2, 1), "as asked"),
    ((), None, ("*", 2015), (2, 2, 2), "as asked"),
])
def test_place_and_year(
    places: Sequence[str], year: int | None, found: tuple[str, int], ratings: tuple[int, int, int], resolution: str,
) -> None:
    factor = TABLE.find("k", places, year)
    assert (factor.place, factor.year) == found
    assert (factor.ratings, factor.resolution, factor.name) == (ratings, resolution, f"t:k/{found[0]}/{found[1]}")


def test_a_reaction_is_the_same_everywhere() -> None:
    table = FactorTable("t", [row("*", 2015, boundary="process")])
    assert table.find("k", ("CN-JS", "CN"), 2025).ratings == (2, 2, 2)


@pytest.mark.parametrize(("key", "places", "year", "code", "field", "value"), [
    ("other", ("CN-JS", "CN"), 2024, "no-factor", "other", "other"),
    ("k", ("CN-JS", "CN"), 2014, "no-factor-for-year", "end", "2014"),
    ("k", ("CN-XX", "CN"), 2024, "unknown-place", "facility.subdivision", "CN-XX"),
])
def test_no_other_row_is_taken_silently(
    key: str, places: Sequence[str], year: int, code: str, field: str, value: str
) -> None:
    error = raised(PluginError, TABLE.find, key, places, year)
    assert (error.code, error.field, error.value) == (code, field, value)
    assert error.rule
    assert "no factor for 'k' in DE" in str(raised(
        PluginError, lambda: FactorTable("t", [row("CN", 2020)]).find("k", ("DE",), 2024)
    ))


def test_grids_apart_have_nothing_wider() -> None:
    assert (wider_places(("CN-XZ", "CN")), wider_places(("CN-HK", "CN"))) == (("CN-XZ", "Southwest", "CN"), ("CN-HK",))
    assert wider_places(("DE-BY", "DE")) == ("DE-BY", "DE")
    assert not grid_electricity().covers("electricity", ("CN-HK", "CN"))


def test_every_province_has_power_from_2021_on() -> None:
    for province in [place for place in _provinces() if place not in ("CN-HK", "CN-MO", "CN-TW")]:
        assert grid_electricity().find("electricity", (province, "CN"), 2025).value > 0
    assert len(_provinces()) == 34


def _provinces() -> list[str]:
    return str(raised(PluginError, wider_places, ("CN-XX",)).rule).partition(": ")[2].split(", ")


def power(place: str, year: int, market: Decimal | None = None, *, priced: bool = False) -> tuple[Line, ...]:
    """Lines of 1000 kWh."""
    given = context("test.make", supplies=(supply("electricity", "1 MWH", priced=priced),), place=place, year=year)
    with localcontext(CONTEXT):
        draft = Draft(given)
        assert draft.buy_power(given.supplies[0], market=market) == 1000
        return draft.assessment().lines


@pytest.mark.parametrize(("place", "year", "factor", "amount", "market", "ratings"), [
    ("CN-SH", 2022, "CN-SH/2022", "584.9", "585.6", (2, 1, 1)),
    ("CN-SH", 2026, "CN-SH/2022", "584.9", "609.6", (2, 2, 1)),
    ("CN-XZ", 2023, "Southwest/2023", "247.2", "609.6", (2, 1, 2)),
    ("CN-XZ", 2028, "Southwest/2023", "247.2", "609.6", (2, 3, 2)),
    ("CN", 2023, "CN/2023", "530.6", "609.6", (2, 1, 1)),
])
def test_a_line_of_grid_power(
    place: str, year: int, factor: str, amount: str, market: str, ratings: tuple[int, int, int]
) -> None:
    (line,) = power(place, year)
    assert (line.factor, line.amount) == (f"electricity-china:electricity/{factor}", Decimal(amount))
    assert (line.market, line.ratings) == (Decimal(market), ratings)


def test_power_whose_attribute_is_used_up() -> None:
    """Location-based 584.9 kg, market-based none."""
    (line,) = power("CN-SH", 2022, Decimal(0))
    figures = named(direct(Assessment(lines=(line,))))
    assert (figures["fossilGhgEmissions"], figures["electricityLocation"], figures["electricityMarket"]) == (
        584.9, 584.9, 0.0,
    )


def test_a_record_of_a_year_or_place_without_a_factor() -> None:
    assert "no factor for 'electricity' in 2020: its first factor is for 2021" in str(raised(
        PluginError, power, "CN-SH", 2020
    ))
    assert "CN-QQ is not a province of China" in str(raised(PluginError, power, "CN-QQ", 2022))
    assert (power("CN-SH", 2020, priced=True), power("CN-QQ", 2022, priced=True), power("CN-HK", 2022)) == ((), (), ())


def test_power_that_the_record_prices() -> None:
    """1000 kWh by a contract of 0.02: 20 kg, and 584.9 kg by the grid of Shanghai."""
    found = recorded(2022, Supply(material="electricity", quantity=Quantity(value="1", unit="MWH"), factor=Factor(
        value="0.02", unit="KWH", source="contract", year=2022, boundary="generation",
    )))
    figures = named(direct(found))
    assert figures == Containing({
        "fossilGhgEmissions": 20.0, "electricityMarket": 20.0, "electricityLocation": pytest.approx(584.9, rel=1e-15),
        "absGhg": 20.0,
    })
    assert [one.what for one in found.omissions] == ["electricity upstream"]


def _assess(given: Context, _: Activity) -> Assessment:
    draft = Draft(given)
    book_energy(draft, given)
    return draft.assessment()


SECTOR = Sector(name="test", version="0.1.0", en="t", zh="测",
                routes={"make": Route(activity=Activity, assess=_assess, en="m", zh="造")},
                nature={"make": (NaturalInput(group="ore", source="tests"),)})


def recorded(year: int, bought: Supply, *kinds: str) -> Assessment:
    """What a record with one supply comes to, the plugin's part and the core's, with evidence of these kinds."""
    facts = Facts()
    facts.organizations["urn:example:a"] = Party("urn:example:a", ("urn:example:a:",))
    facts.facilities["urn:example:a:site"] = Site("urn:example:a:site", "urn:example:a", "CN", "CN-SH")
    facts.products["urn:example:a:p"] = ProductFacts("urn:example:a:p", "urn:example:a", "test", "KGM")
    record = Transformation(
        issuer="urn:example:a", nonce="A" * 22, facility="urn:example:a:site", start=f"{year}-01-01T00:00:00Z",
        end=f"{year}-01-02T00:00:00Z", process="test.make", activity=Raw(b"{}"),
        supplies=[bought, Supply(material="ore", quantity=Quantity(value="1", unit="KGM"), origin="nature")],
        outputs=[Output(lot="urn:example:a:l", product="urn:example:a:p", quantity=Quantity(value="1", unit="KGM"),
                        role="product")],
        evidence=[Evidence(digest="7" * 64, media_type="application/pdf", kind=kind) for kind in kinds],
    )
    return assessment_of(record, plan(record, facts), facts, SECTOR)


@pytest.mark.parametrize(("year", "kinds", "primary", "ratings"), [
    (2022, (), False, (3, 3, 3)),
    (2022, ("weighbridge", "supplierFactor:coke"), False, (3, 3, 3)),
    (2022, ("weighbridge", "supplierFactor"), True, (1, 1, 1)),
    (2024, ("productFootprint:slag",), True, (1, 2, 1)),
    (2021, ("environmentalProductDeclaration",), True, (1, 2, 1)),
    (2027, ("supplierFactor:slag",), True, (1, 3, 1)),
])
def test_the_suppliers_own_factor(
    year: int, kinds: Sequence[str], primary: bool, ratings: tuple[int, int, int]
) -> None:
    """Comes first, and is primary where its evidence is on the record."""
    slag = Supply(material="slag", quantity=Quantity(value="10", unit="KGM"), factor=Factor(
        value="0.5", unit="KGM", source="the supplier", year=2022, boundary="cradleToGate",
    ))
    (line,) = recorded(year, slag, *kinds).lines
    assert (line.amount, line.factor) == (Decimal("5.0"), "the supplier/2022")
    assert (line.primary, line.ratings) == (primary, ratings)


def test_tables_of_the_sdk_are_whole() -> None:
    for table in (grid_electricity(), purchased_heat(), residual_mix()):
        for factor in table:
            assert factor.unit in UNITS, factor.name
            assert 1990 <= factor.year <= 2026, factor.name
            assert len(factor.source) > 20, factor.name
            assert factor.value > 0, factor.name
    for fuel in standard_fuels().values():
        assert fuel.unit in ("TNE", "NM3")
        assert 0 < fuel.oxidation <= 1


def test_a_row_twice() -> None:
    assert "t:k/CN/2020 appears twice" in str(raised(
        PluginError, FactorTable, "t", [row("CN", 2020), replace(row("CN", 2020), value=Decimal(3))]
    ))
