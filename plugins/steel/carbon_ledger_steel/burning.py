"""Lots that burn in a process without melting or reduction: gas of the works, coal that another record made."""

from decimal import Decimal

from carbon_ledger_steel.charge import ferrous_share
from carbon_ledger_steel.entering import entering
from ledger.sdk import CO2_PER_C, ZERO, Context, Draft, InputFacts, is_energy


def metal_in(lot: InputFacts) -> Decimal:
    """Kg of iron and steel in a lot; a lot with a mass and without materials is metal throughout."""
    mass = lot.mass or ZERO
    if lot.materials:
        return mass * ferrous_share(lot)
    return ZERO if is_energy(lot.quantity) or lot.quantity.unit == "NM3" else mass


def burn_lots(draft: Draft, context: Context) -> tuple[Decimal, Decimal]:
    """Lots without metal: their carbon becomes CO2, their heat is booked. Returns kg CO2, fossil and biogenic."""
    fossil = biogenic = ZERO
    for lot in context.inputs:
        if is_energy(lot.quantity) or metal_in(lot) > 0:
            continue
        for entered in entering(_of(context, lot)):
            draft.carbon(
                entered.source, entered.fossil * CO2_PER_C, primary=entered.primary, factor=entered.factor,
                recalled=entered.recalled, ratings=(1, 1, 1) if entered.primary else (2, 2, 2),
            )
            if context.sets:
                draft.release_biogenic(
                    entered.source, entered.biogenic * CO2_PER_C, primary=entered.primary, factor=entered.factor,
                    recalled=entered.recalled,
                )
            draft.energy(entered.source, entered.megajoules)
            fossil += entered.fossil * CO2_PER_C
            biogenic += entered.biogenic * CO2_PER_C
    return fossil, biogenic


def _of(context: Context, lot: InputFacts) -> Context:
    facts = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**{**facts, "inputs": (lot,), "supplies": ()})
