"""Shared steps of assessments: energy of an activity, omissions, amounts, usual ranges, indicators."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from support.draft_page import UNITS, methods, numbers, page
from support.raising import raised

from ledger.errors import InvalidQuantity
from ledger.sdk import (
    Activity,
    Draft,
    Fraction,
    FuelAnalysis,
    Indicator,
    Quantity,
    amount_in,
    draft_with_energy,
    kilograms,
    omit_upstream,
    read_indicators,
    warn_outside,
)
from ledger.sdk.testing import context, lot, supply

COAL = FuelAnalysis(material="peat", heating_value="10", carbon="0.3")


class Plain(Activity, frozen=True, kw_only=True):
    """`renewable_share`: of the electricity that comes as lots."""

    renewable_share: Fraction = "0"


class Analysed(Plain, frozen=True, kw_only=True):
    """`analyses`: of fuels."""

    analyses: tuple[FuelAnalysis, ...] = ()


def test_all_energy_is_booked_with_the_share_of_the_activity() -> None:
    given = context("works.make", inputs=(lot("100 KWH"),), supplies=(supply("electricity", "50 KWH"),))
    draft, power = draft_with_energy(given, Plain(renewable_share="0.5"))
    uses = {(use.carrier, use.renewable): use.amount for use in draft.assessment().energy}
    assert power == Decimal(150)
    # 50 of the 100 kWh of the lot are renewable: 50 * 3.6; the grid's 50 kWh come first
    assert (uses[("electricity", True)], draft.megajoules) == (Decimal(180), Decimal(540))


def test_analyses_count_if_the_activity_has_them() -> None:
    given = context("works.make", supplies=(supply("peat", "2 KGM"),))
    assert draft_with_energy(given, Plain())[0].megajoules == 0
    draft, _ = draft_with_energy(given, Analysed(analyses=(COAL,)))
    # 2 kg * 10 MJ, 2 kg * 0.3 * 44/12
    assert (draft.megajoules, float(draft.emitted("onSite"))) == (Decimal(20), pytest.approx(2.2))


@pytest.mark.parametrize(("facts", "skip_nature", "omitted"), [
    ({}, False, ["lime upstream"]), ({}, True, ["lime upstream"]), ({"priced": True}, False, []),
    ({"nature": True}, False, ["lime upstream"]), ({"nature": True}, True, []),
])
def test_the_upstream_of_an_unpriced_supply_is_omitted(
    facts: dict[str, bool], skip_nature: bool, omitted: list[str],
) -> None:
    draft = Draft(context("works.make"))
    omit_upstream(draft, supply("lime", "1 KGM", **facts), skip_nature=skip_nature)
    assert [omission.what for omission in draft.assessment().omissions] == omitted


def test_amounts_of_an_activity_name_their_field() -> None:
    assert kilograms(Quantity(value="2", unit="TNE"), "charged") == Decimal(2000)
    assert amount_in(Quantity(value="2", unit="MWH"), "KWH", "capacity") == Decimal(2000)
    assert raised(
        InvalidQuantity, kilograms, Quantity(value="2", unit="KWH"), "gases[0].held"
    ).field == "activity.gases[0].held"


@pytest.mark.parametrize(("value", "codes"), [("1", ["heat"]), ("2", []), ("3", []), ("3.1", ["heat"])])
def test_a_value_outside_its_usual_range_warns(value: str, codes: list[str]) -> None:
    draft = Draft(context("works.make"))
    warn_outside(draft, "heat", f"{value} GJ per t", Decimal(value), (Decimal(2), Decimal(3)))
    findings = draft.assessment().findings
    assert [finding.code for finding in findings] == codes
    assert all(finding.message.endswith("usual are 2 to 3") and not finding.refuses for finding in findings)


def test_indicators_are_read_in_the_order_of_their_table() -> None:
    indicators = read_indicators("carbon_ledger_logistics")
    assert next(iter(indicators)) == "transportActivity"
    assert indicators["transportActivity"] == Indicator(unit="TKM", en="Transport activity", zh="货物周转量")


# The reference page of `Draft` is the one that its docstrings make, and it is complete.


PAGE = Path(__file__).parents[3] / "plugins" / "DRAFT.md"


def test_the_page_is_made_from_the_docstrings() -> None:
    message = "PYTHONPATH=.:tests python -m support.draft_page > plugins/DRAFT.md"
    assert PAGE.read_text(encoding="utf-8") == page(), message


def test_every_public_method_has_a_docstring() -> None:
    assert [method.name for method in methods() if not ast.get_docstring(method)] == []


def test_every_number_has_a_unit_and_every_unit_a_number() -> None:
    assert {key for method in methods() for key in numbers(method)} == set(UNITS)


def test_the_guide_for_authors_links_the_page() -> None:
    assert "(DRAFT.md)" in (PAGE.parent / "README.md").read_text(encoding="utf-8")
