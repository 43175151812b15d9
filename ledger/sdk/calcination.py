"""CO2 that carbonates give off when they are burnt: clinker and quicklime by what calcium oxide they hold."""

from decimal import Decimal
from typing import Final

from ledger.errors import PluginError

CAO_PER_CACO3: Final = Decimal("0.5603")
"""kg of CaO that a kg of CaCO3 leaves."""

CO2_PER_CACO3: Final = Decimal("0.43971")
"""kg of CO2 that a kg of CaCO3 gives off."""

_ONE: Final = Decimal(1)


def calcination(calcium_oxide: Decimal, from_carbonate: Decimal = _ONE, dust: Decimal = _ONE) -> Decimal:
    """Kg CO2 per kg of clinker: CaO * part of it that came as carbonate / 0.5603 * 0.43971 * dust.

    `calcium_oxide` and `from_carbonate` are mass fractions, `dust` the correction for kiln dust that does not return
    (1.02 where nothing better is known). IPCC 2006 Guidelines for National Greenhouse Gas Inventories, volume 3, 2.2,
    Tier 2; the ratios of masses as in the data of amee and in bonsai_ipcc. Raises PluginError for a fraction outside
    0..1 and a correction below 1.
    """
    for field, value in (("calcium_oxide", calcium_oxide), ("from_carbonate", from_carbonate)):
        if not 0 <= value <= 1:
            raise PluginError(f"{field} is {value}", code="invalid-fraction", field=field, value=value,
                              rule="a mass fraction from 0 to 1")
    if not dust >= 1:
        raise PluginError(f"dust is {dust}", code="invalid-fraction", field="dust", value=dust, rule="at least 1")
    return calcium_oxide * from_carbonate / CAO_PER_CACO3 * CO2_PER_CACO3 * dust
