"""CO2 from burning carbonates: computed from their mass, or from the oxides in clinker and lime."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.errors import PluginError
from ledger.sdk.context import ZERO

CAO_PER_CACO3: Final = Decimal("0.5603")
"""kg of CaO that remain from a kg of CaCO3."""

CO2_PER_CACO3: Final = Decimal("0.43971")
"""kg of CO2 that a kg of CaCO3 releases."""

CARBONATES: Final[Mapping[str, Decimal]] = {
    "calcite": CO2_PER_CACO3,
    "magnesite": Decimal("0.52197"),
    "dolomite": Decimal("0.47732"),
    "siderite": Decimal("0.37987"),
    "rhodochrosite": Decimal("0.38286"),
    "sodaAsh": Decimal("0.41492"),
    "witherite": Decimal("0.22301"),
    "strontianite": Decimal("0.29811"),
    "lithiumCarbonate": Decimal("0.59563"),
    "potash": Decimal("0.31843"),
    "sodiumBicarbonate": Decimal("0.52388"),
}
"""Kg of CO2 per kg of the pure mineral if it releases all of its CO2: the ratio of molar masses (IPCC 2006 Guidelines,
volume 3, table 2.1 for the minerals that it lists). Sodium bicarbonate releases all of its carbon if it reacts with
acid or silica."""

CO2_PER_CAO: Final = Decimal(44) / Decimal(56)
CO2_PER_MGO: Final = Decimal(44) / Decimal(40)
"""Kg of CO2 released per kg of oxide that remains, with the integer molar masses of GB/T 32151.8."""

_ONE: Final = Decimal(1)


def calcination(calcium_oxide: Decimal, from_carbonate: Decimal = _ONE, dust: Decimal = _ONE) -> Decimal:
    """Kg CO2 per kg of clinker: CaO * fraction of it that came from carbonate / 0.5603 * 0.43971 * dust.

    `calcium_oxide` and `from_carbonate` are mass fractions. `dust` is the correction for kiln dust that does not return
    to the kiln (use 1.02 without a better value). IPCC 2006 Guidelines for National Greenhouse Gas Inventories, volume
    3, 2.2, Tier 2; the mass ratios are those in the data of amee and in bonsai_ipcc. Raises PluginError for a fraction
    outside 0..1 and for a correction below 1.
    """
    _check_fraction("calcium_oxide", calcium_oxide)
    _check_fraction("from_carbonate", from_carbonate)
    if not dust >= 1:
        raise PluginError(f"dust is {dust}", code="invalid-fraction", field="dust", value=dust, rule="at least 1")
    return calcium_oxide * from_carbonate / CAO_PER_CACO3 * CO2_PER_CACO3 * dust


def carbonate(mineral: str, purity: Decimal = _ONE, calcined: Decimal = _ONE) -> Decimal:
    """Kg CO2 per kg of a raw material: the mineral's ratio * its mass fraction * the calcined fraction.

    IPCC 2006 Guidelines, volume 3, equations 2.3 and 2.15 (Tier 3), GB/T 32150. Raises PluginError for a mineral that
    is not in `CARBONATES` and for a fraction outside 0..1.
    """
    if mineral not in CARBONATES:
        raise PluginError(f"unknown carbonate {mineral!r}", code="no-factor", field="mineral", value=mineral,
                          rule="one of " + ", ".join(CARBONATES))
    _check_fraction("purity", purity)
    _check_fraction("calcined", calcined)
    return CARBONATES[mineral] * purity * calcined


def from_oxides(
    calcium_oxide: Decimal, magnesium_oxide: Decimal, other_calcium_oxide: Decimal = ZERO,
    other_magnesium_oxide: Decimal = ZERO,
) -> Decimal:
    """Kg CO2 per kg of clinker or lime: (CaO - CaO that never was carbonate) * 44/56 + (MgO - same) * 44/40.

    All four are mass fractions of the product. The `other_...` fractions came in as slag, fly ash or other oxides and
    silicates. GB/T 32151.8 (cement), clinker by CaO and MgO. Raises PluginError for fractions outside 0..1, and if an
    `other_...` fraction exceeds the oxide's whole fraction.
    """
    for field, value, other in (
        ("calcium_oxide", calcium_oxide, other_calcium_oxide),
        ("magnesium_oxide", magnesium_oxide, other_magnesium_oxide),
    ):
        _check_fraction(field, value)
        if not 0 <= other <= value:
            raise PluginError(f"other_{field} is {other}", code="invalid-fraction", field=f"other_{field}", value=other,
                              rule=f"from 0 to the {field} of {value}")
    return (calcium_oxide - other_calcium_oxide) * CO2_PER_CAO + (magnesium_oxide - other_magnesium_oxide) * CO2_PER_MGO


def _check_fraction(field: str, value: Decimal) -> None:
    if not 0 <= value <= 1:
        raise PluginError(f"{field} is {value}", code="invalid-fraction", field=field, value=value,
                          rule="a mass fraction from 0 to 1")
