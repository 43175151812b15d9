"""Reductants that iron ore needs, and whether a furnace had them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.charge import Charged
from carbon_ledger_steel.entering import Entering
from ledger.sdk import ZERO, Draft

# Fe3O4 + 2 C -> 3 Fe + 2 CO2: 24 kg of carbon for 167.55 kg of iron, less than any real furnace needs.
REDUCING_CARBON: Final = Decimal(24) / Decimal("167.55")
# Fe3O4 + 4 H2 -> 3 Fe + 4 H2O: 8.064 kg of hydrogen, 48 kg per t of iron; hematite takes 54.
REDUCING_HYDROGEN: Final = Decimal("8.064") / Decimal("167.55")

# Free and bound hydrogen, as kg of H2 per Nm3: coke oven gas has 58 % H2, 25 % CH4 and some C2H4, natural gas is CH4.
_HYDROGEN_IN_GAS: Final = {"cokeOvenGas": Decimal("0.101"), "naturalGas": Decimal("0.18")}
_MJ_PER_NM3: Final = {"cokeOvenGas": Decimal("17.3854"), "naturalGas": Decimal("38.931")}
_HYDROGEN_MJ: Final = Decimal(120)


def hydrogen_of(came: Sequence[Entering], materials: Sequence[str]) -> Decimal:
    """Kg of hydrogen, as such and in gases, among these materials."""
    total = ZERO
    for entered in came:
        if entered.material not in materials:
            continue
        if entered.material == "hydrogen":
            total += entered.megajoules / _HYDROGEN_MJ
        elif entered.material in _HYDROGEN_IN_GAS:
            total += entered.megajoules / _MJ_PER_NM3[entered.material] * _HYDROGEN_IN_GAS[entered.material]
    return total


def check_iron(draft: Draft, iron: Decimal, charged: Sequence[Charged]) -> bool:
    """Whether the charge can have brought the kg of `iron` in the products; indicates the yield. An unusual yield
    warns: ores without a stated content count at typical grades, and no furnace loses a sixth of its iron."""
    came = sum((part.metal for part in charged), ZERO)
    most = sum((part.most for part in charged), ZERO)
    if iron == 0 or iron > most:
        draft.find("metallic-yield", f"{iron:f} kg of iron made, at most {most:f} kg came in", refuses=True)
        return False
    if iron > came:
        draft.find("metallic-yield", f"{iron:f} kg of iron out of {came:f} kg at typical ore grades: say ironContent")
    elif iron < came * Decimal("0.85"):
        draft.find("metallic-yield", f"only {iron:f} kg of iron out of {came:f} kg")
    draft.indicate("metallicYield", iron / came)
    return True


def check_reduction(draft: Draft, iron: Decimal, carbon: Decimal, hydrogen: Decimal) -> None:
    """Refuses more kg of `iron` from ore than these kg of carbon and hydrogen can reduce, even from magnetite."""
    if iron > 0 and carbon / REDUCING_CARBON + hydrogen / REDUCING_HYDROGEN < iron:
        draft.find(
            "reductant-missing",
            f"{carbon:.0f} kg of carbon and {hydrogen:.1f} kg of hydrogen cannot reduce {iron:.0f} kg of iron",
            refuses=True,
        )
