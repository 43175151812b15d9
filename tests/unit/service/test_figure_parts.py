"""Figures in answers: recycled content by origin, and what a quantity of a credit would avoid."""

from decimal import Decimal

import pytest
from support.containing import Containing

from ledger.core.record.values import Factor
from ledger.service.queries.footprint.claims import avoided
from ledger.service.queries.footprint.read import recycled_content


def test_shares_by_origin() -> None:
    contents = {
        "mass": 100.0, "material:steel": 80.0, "material:zinc": 20.0,
        "recycledPreConsumer:steel": 8.0, "recycledPostConsumer:steel": 16.0,
        "questioned:recycledPreConsumer:steel": 4.0, "questioned:recycledPostConsumer:steel": 12.0,
        "questioned:recycledPostConsumer:zinc": 5.0,
    }
    shares = recycled_content(contents)
    assert shares == Containing({
        "steel": pytest.approx({"preConsumer": 0.1, "postConsumer": 0.2, "questioned": 0.2}),
        "zinc": pytest.approx({"questioned": 0.25}),
    })


def test_recycled_content_without_its_material_has_no_share() -> None:
    assert recycled_content({"mass": 1.0, "recycledPreConsumer:steel": 1.0}) == {}


# What a quantity of a credit would avoid, by the credit's own factor.


@pytest.mark.parametrize(("quantity", "unit", "value", "per", "gas", "expected"), [
    ("2", "KGM", "1.5", "KGM", None, 3.0),
    ("2", "TNE", "1.5", "KGM", None, 3000.0),
    ("500", "KGM", "1500", "TNE", "CO2e", 750.0),
    # A millionth of a gram in kilotonnes is below what a quantity could say, and no error here.
    ("0.000000001", "GRM", "1000000", "KTN", None, 1e-12),
    # AR6: 1 kg of methane is 29.8 kg CO2e.
    ("10", "KGM", "0.1", "KGM", "CH4", 29.8),
    ("2", "KGM", "0", "KGM", None, 0.0),
    # Recycling that emits more than what it replaces.
    ("2", "KGM", "-0.5", "KGM", None, -1.0),
    ("2", "KGM", "1.5", "KGM", "phlogiston", None),
])
def test_avoided(quantity: str, unit: str, value: str, per: str, gas: str | None, expected: float | None) -> None:
    factor = Factor(value=value, unit=per, source="a table", year=2024, boundary="cradleToGate", gas=gas)
    found = avoided(Decimal(quantity), unit, factor)
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-15))
