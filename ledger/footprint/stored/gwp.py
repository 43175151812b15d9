"""Global warming potentials over 100 years, kg CO2e per kg of gas.

AR6: IPCC 2021, Climate Change 2021: The Physical Science Basis, chapter 7, table 7.15 and supplement 7.SM.7.
AR5: IPCC 2013, chapter 8, table 8.A.1, without climate-carbon feedbacks.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.errors import PluginError


def _set(**values: str) -> Mapping[str, Decimal]:
    return {gas: Decimal(value) for gas, value in values.items()}


AR6: Final = _set(
    CO2e="1", CO2="1", CH4="29.8", CH4biogenic="27", N2O="273", SF6="24300", NF3="17400", CF4="7380", C2F6="12400",
    C3F8="9290", CHF3="14600", HFC134a="1530",
)
AR5: Final = _set(
    CO2e="1", CO2="1", CH4="30", CH4biogenic="28", N2O="265", SF6="23500", NF3="16100", CF4="6630", C2F6="11100",
    C3F8="8900", CHF3="12400", HFC134a="1300",
)
SETS: Final[Mapping[str, Mapping[str, Decimal]]] = {"AR6": AR6, "AR5": AR5}


def potential(gases: Mapping[str, Decimal], gas: str) -> Decimal:
    """Kg CO2e per 1 kg of the gas. Raises PluginError if the set does not hold the gas."""
    value = gases.get(gas)
    if value is None:
        raise PluginError(
            f"gas {gas!r} has no global warming potential", code="unknown-gas", field="gas", value=gas,
            rule="one of " + " ".join(sorted(gases)),
        )
    return value
