"""First and frequent steps of an assessment: a draft with all energy booked, and the omission of an unpriced supply."""

from decimal import Decimal
from typing import Protocol

from ledger.footprint.stored.gwp import AR6
from ledger.sdk.context import Context, SupplyFacts
from ledger.sdk.energy import book_energy
from ledger.sdk.pricing import Draft
from ledger.sdk.sets.gases import gas_of, potential_of


class EnergyActivity(Protocol):
    """An activity that states the renewable share of its lots of electricity, and may have fuel analyses."""

    @property
    def renewable_share(self) -> str: ...


def draft_with_energy(context: Context, activity: EnergyActivity) -> tuple[Draft, Decimal]:
    """A new draft with all energy priced and booked, and the electricity in kWh: `book_energy` with the
    `renewable_share` and, if the activity has such a field, the `analyses` of the activity.

    Raises InvalidQuantity and PluginError as `book_energy` does.
    """
    draft = Draft(context)
    power = book_energy(
        draft, context, renewable_share=Decimal(activity.renewable_share), analyses=getattr(activity, "analyses", ()),
    )
    return draft, power


def omit_upstream(draft: Draft, supply: SupplyFacts, *, skip_nature: bool = False) -> None:
    """Names the upstream of a supply as an omission, unless the record prices the supply.

    A line for a reaction (CO2 of limestone) does not say how the material was made. `skip_nature`: a supply of origin
    `nature` has no upstream.
    """
    if not supply.priced and not (skip_nature and supply.nature):
        draft.omit(f"{supply.material} upstream")


def leak_gases(draft: Draft, context: Context) -> None:
    """Lines of sulphur hexafluoride, refrigerants and other greenhouse gases that top up the plant's own equipment: as
    much as is supplied has leaked (IPCC 2006 Guidelines, volume 3, 7.5 and 8.2). Under rules that question amounts."""
    for supply in context.supplies if context.questions else ():
        gas = gas_of(supply.material)
        if gas is not None and not supply.nature:
            leak_gas(draft, supply, gas)


def leak_gas(draft: Draft, supply: SupplyFacts, gas: str) -> None:
    """A line of a supply that escapes, by the `gas` that `gas_of` gives: of CO2e for a blend, since the ledger has
    potentials of its parts alone."""
    mass, known = supply.amount("KGM"), gas in AR6
    draft.carbon(
        supply.material, mass if known else mass * potential_of(gas), gas=gas if known else "CO2e", supply=supply)
