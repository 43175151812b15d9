"""What a quantity of a credit would avoid, by the credit's own factor."""

from decimal import Decimal

import pytest

from ledger.core.record.values import Factor
from ledger.service.queries.footprint.claims import avoided


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
