"""An amount of a mixture: of energy a share of the energy, of all else a share of the mass."""

from decimal import Decimal

import pytest

from ledger.engine.pricing.material_amount import MaterialAmount


@pytest.mark.parametrize(("unit", "mass", "share", "part"), [
    ("KGM", "100", "0.25", ("25.00", "KGM", "25.00")), ("NM3", "75", "0.2", ("15.0", "KGM", "15.0")),
    ("NM3", None, "0.2", ("0", "KGM", "0")), ("NM3", "75", "1", ("100", "NM3", "75")),
    ("MWH", None, "0.2", ("20.0", "MWH", None)), ("3B", "75", "0.2", ("20.0", "3B", None)),
])
def test_a_part(unit: str, mass: str | None, share: str, part: tuple[str, str, str | None]) -> None:
    whole = MaterialAmount(Decimal(100), unit, None if mass is None else Decimal(mass))
    value, of, own = part
    assert whole.part(Decimal(share)) == (Decimal(value), of, None if own is None else Decimal(own))
