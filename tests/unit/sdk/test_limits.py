"""Limits: both ends belong to what is possible, and to what is usual."""

from decimal import Decimal

import pytest

from ledger.sdk import Draft, judge
from ledger.sdk.testing import context


@pytest.mark.parametrize(("value", "found"), [
    ("0", {"heat-impossible": True}), ("1", {"heat-unusual": False}), ("2", {}), ("3", {}),
    ("4", {"heat-unusual": False}), ("4.1", {"heat-impossible": True}),
])
def test_a_finding_by_limits(value: str, found: dict[str, bool]) -> None:
    draft = Draft(context("works.make"))
    judge(draft, "heat", "GJ per t", Decimal(value), usual=(Decimal(2), Decimal(3)), possible=(Decimal(1), Decimal(4)))
    assert {one.code: one.refuses for one in draft.assessment().findings} == found
