"""Refrigerants and blowing agents that escape while appliances are filled and foamed.

    lost = supplied - charged - recovered, or supplied * loss (IPCC 2006 Guidelines, volume 3, 7.5, equation 7.12 for
    filling; 7.4, equation 7.7 for the first year of closed-cell foam)

HFC-134a is weighed as a gas by the ledger's own potentials; what those do not hold is made CO2e by `factors.csv`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from carbon_ledger_consumer_goods.common import PACKAGE, factors
from ledger.sdk import (
    ZERO,
    Context,
    Draft,
    Fraction,
    Key,
    Part,
    Quantity,
    SupplyFacts,
    invalid_activity,
    kilograms,
    omit_upstream,
    rows,
)

Gas = Literal[
    "HFC134a", "HFC32", "HFC125", "HFC143a", "HFC152a", "HFC227ea", "HFC245fa", "HFC365mfc", "R404A", "R407C", "R410A",
    "hydrocarbon",
]
BLENDS: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "R404A": {"HFC125": Decimal("0.44"), "HFC143a": Decimal("0.52"), "HFC134a": Decimal("0.04")},
    "R407C": {"HFC32": Decimal("0.23"), "HFC125": Decimal("0.25"), "HFC134a": Decimal("0.52")},
    "R410A": {"HFC32": Decimal("0.5"), "HFC125": Decimal("0.5")},
}
"""Mass fractions (ISO 817)."""

NAMES: Final = (
    "refrigerant", "blowingAgent", "HFC134a", "HFC32", "HFC125", "HFC143a", "HFC152a", "HFC227ea", "HFC245fa",
    "HFC365mfc", "R404A", "R407C", "R410A",
)
"""Supplies that are such gases, whether the activity says more of them or not."""


class FilledGas(Part, frozen=True, kw_only=True):
    """A gas that appliances were filled or foamed with.

    `supply`: its material. `gas`: what it is; hydrocarbons (isobutane, propane, cyclopentane) warm next to nothing.
    `use`: refrigerant or foam. `charged`: what went into the appliances that left, a mass, and `recovered`: what was
    caught; or `loss`: the share that escaped. With neither the default of `losses.csv`.
    """

    supply: Key
    gas: Gas
    use: Literal["refrigerant", "foam"] = "refrigerant"
    charged: Quantity | None = None
    recovered: Quantity | None = None
    loss: Fraction | None = None


class _Share(NamedTuple):
    """The part of what was supplied that escaped; the name of a default."""

    value: Decimal
    default: str | None = None
    recalled: bool = False


@cache
def _losses() -> Mapping[str, Mapping[str, str]]:
    return {row["use"]: row for row in rows(PACKAGE, "losses.csv")}


def lose_gases(draft: Draft, context: Context, gases: Sequence[FilledGas]) -> None:
    """Lines of what escaped, and the gap where nobody says what a gas is. Raises PluginError for a gas that is not
    supplied or told twice, and for more charged than supplied."""
    told: set[str] = set()
    for i, one in enumerate(gases):
        supplies = context.supplied(one.supply)
        if not supplies:
            raise invalid_activity(f"gases[{i}].supply", one.supply, "the material of a supply of this record")
        if one.supply in told:
            raise invalid_activity(f"gases[{i}].supply", one.supply, "told once in a record")
        told.add(one.supply)
        share = _lost_share(i, one, sum((supply.amount("KGM") for supply in supplies), ZERO))
        for supply in supplies:
            _lose(draft, one, supply, share)
    for supply in context.supplied(*NAMES):
        if supply.material not in told:
            draft.omit(f"{supply.material} lost in filling")
            draft.omit(f"{supply.material} upstream")


def _lost_share(index: int, one: FilledGas, supplied: Decimal) -> _Share:
    if one.charged is None:
        if one.recovered is not None:
            raise invalid_activity(f"gases[{index}].recovered", one.recovered, "given together with charged")
        if one.loss is not None:
            return _Share(Decimal(one.loss))
        row = _losses()[one.use]
        return _Share(Decimal(row["share"]), f"losses:{one.use}", row["status"] == "recalled")
    if one.loss is not None:
        raise invalid_activity(f"gases[{index}].loss", one.loss, "left out where charged is given")
    kept = kilograms(one.charged, f"gases[{index}].charged")
    if one.recovered is not None:
        kept += kilograms(one.recovered, f"gases[{index}].recovered")
    if kept > supplied:
        raise invalid_activity(f"gases[{index}].charged", one.charged,
                               f"with what was recovered at most the {supplied:f} kg supplied")
    return _Share((supplied - kept) / supplied)


def _lose(draft: Draft, one: FilledGas, supply: SupplyFacts, share: _Share) -> None:
    lost = supply.amount("KGM") * share.value
    components = {} if one.gas == "hydrocarbon" else BLENDS.get(one.gas, {one.gas: Decimal(1)})
    for gas, part in components.items():
        if gas == "HFC134a":
            draft.carbon(
                supply.material, lost * part, gas=gas, supply=supply, primary=share.default is None,
                ratings=(1, 1, 1) if share.default is None else (2, 2, 2), factor=share.default,
                recalled=share.recalled,
            )
        else:
            draft.price(supply.material, lost * part, factors().find(gas), kind="onSite", supply=supply)
    omit_upstream(draft, supply)
