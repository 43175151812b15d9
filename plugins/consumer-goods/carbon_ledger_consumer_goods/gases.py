"""Refrigerants and blowing agents that escape when appliances are filled and foamed.

    lost = supplied - charged - recovered, or supplied * loss (IPCC 2006 Guidelines, volume 3, 7.5, equation 7.12 for
    filling; 7.4, equation 7.7 for the first year of closed-cell foam)

HFC-134a is a line of its gas, with the ledger's potentials; `factors.csv` converts gases without a potential to CO2e.
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
    gas_of,
    invalid_activity,
    is_fuel,
    kilograms,
    leak_gas,
    omit_upstream,
    rows,
)

Gas = Literal[
    "HFC134a", "HFC32", "HFC125", "HFC143a", "HFC152a", "HFC227ea", "HFC245fa", "HFC365mfc", "R404A", "R407C", "R410A",
    "R507A", "hydrocarbon",
]
BLENDS: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "R404A": {"HFC125": Decimal("0.44"), "HFC143a": Decimal("0.52"), "HFC134a": Decimal("0.04")},
    "R407C": {"HFC32": Decimal("0.23"), "HFC125": Decimal("0.25"), "HFC134a": Decimal("0.52")},
    "R410A": {"HFC32": Decimal("0.5"), "HFC125": Decimal("0.5")},
    "R507A": {"HFC125": Decimal("0.5"), "HFC143a": Decimal("0.5")},
}
"""Mass fractions (ISO 817)."""

NAMES: Final = (
    "refrigerant", "blowingAgent", "HFC134a", "HFC32", "HFC125", "HFC143a", "HFC152a", "HFC227ea", "HFC245fa",
    "HFC365mfc", "R404A", "R407C", "R410A", "R507A",
)
"""Supplies that are such gases, with or without an entry in the activity."""


_HYDROCARBONS: Final = ("hydrocarbon", "isobutane", "propane", "cyclopentane", "butane", "R600a", "R290")
NAMED_GASES: Final[Mapping[str, str]] = {
    **{name: name for name in NAMES if name not in ("refrigerant", "blowingAgent")},
    **dict.fromkeys(_HYDROCARBONS, "hydrocarbon"),
    "R134a": "HFC134a", "R32": "HFC32", "R125": "HFC125", "R143a": "HFC143a", "R152a": "HFC152a",
    "R227ea": "HFC227ea", "R245fa": "HFC245fa", "R365mfc": "HFC365mfc",
}
"""Supplies whose name says which gas they are."""


WITHOUT_POTENTIAL: Final = ("refrigerant", "R22", "R448A", "R449A", "R452A", "R454C", "R513A")
"""Refrigerants of which the sector has no potential."""


class FilledGas(Part, frozen=True, kw_only=True):
    """A gas that appliances were filled or foamed with.

    `supply`: its material. `gas`: its kind; hydrocarbons (isobutane, propane, cyclopentane) have almost no warming
    potential. `use`: refrigerant or foam. `charged`: mass in the appliances that left, and `recovered`: mass that was
    collected; or `loss`: the share that escaped. If all are absent, the default of `losses.csv` applies.
    """

    supply: Key
    gas: Gas
    use: Literal["refrigerant", "foam"] = "refrigerant"
    charged: Quantity | None = None
    recovered: Quantity | None = None
    loss: Fraction | None = None


class _Share(NamedTuple):
    """The part of the supply that escaped; the name of a default."""

    value: Decimal
    default: str | None = None
    recalled: bool = False


@cache
def _losses() -> Mapping[str, Mapping[str, str]]:
    return {row["use"]: row for row in rows(PACKAGE, "losses.csv")}


def is_coolant(material: str) -> bool:
    """Whether a name is one of a refrigerant, a hydrocarbon or carbon dioxide."""
    return material in (*NAMES, *NAMED_GASES, *WITHOUT_POTENTIAL, "carbonDioxide", "R744", "ammonia") or (
        gas_of(material) is not None)


def usual_loss() -> Decimal:
    """The part of a refrigerant that escapes in filling."""
    return Decimal(_losses()["refrigerant"]["share"])


def lose_gases(draft: Draft, context: Context, gases: Sequence[FilledGas]) -> None:
    """Lines of escaped gas, and omissions for gases without an entry. Raises PluginError for a gas that is not supplied
    or has two entries, and for more gas charged than supplied."""
    stated: set[str] = set()
    described: set[str] = set()
    for i, filled in enumerate(gases):
        supplies = context.supplied(filled.supply)
        if not supplies:
            raise invalid_activity(f"gases[{i}].supply", filled.supply, "the material of a supply of this record")
        if filled.supply in stated:
            raise invalid_activity(f"gases[{i}].supply", filled.supply, "a supply without another entry")
        stated.add(filled.supply)
        named = _named(context, filled.supply)
        if context.questions and named not in (None, filled.gas):
            raise invalid_activity(f"gases[{i}].gas", filled.gas, f"{named}, as the supply {filled.supply} is named")
        share = _lost_share(i, filled, sum((supply.amount("KGM") for supply in supplies), ZERO))
        described.update([supply.material for supply in supplies])
        for supply in supplies:
            _lose(draft, filled, supply, share)
            if context.questions and not share.value and filled.gas != "hydrocarbon":
                draft.omit(f"{supply.material} lost in filling")
    for supply in context.supplied(*NAMES):
        if supply.material not in described:
            draft.omit(f"{supply.material} lost in filling")
            draft.omit(f"{supply.material} upstream")


def leak_refrigerants(draft: Draft, context: Context) -> None:
    """Lines of refrigerants that refill the plant's own cooling: as much as is supplied has leaked (IPCC 2006
    Guidelines, volume 3, 7.5). A refrigerant without a potential is an omission."""
    for supply in context.supplies:
        gas = _named(context, supply.material)
        if gas in NAMED_GASES.values() and not is_fuel(supply):
            filled = FilledGas(supply=supply.material, gas=gas)  # type: ignore[arg-type]
            _lose(draft, filled, supply, _Share(Decimal(1)))
        elif context.questions and gas is not None and not is_fuel(supply):
            leak_gas(draft, supply, gas)
        elif supply.material in WITHOUT_POTENTIAL:
            draft.omit(f"{supply.material} lost in cooling")
            omit_upstream(draft, supply)


def _named(context: Context, material: str) -> str | None:
    """The gas that a material's name says."""
    return NAMED_GASES.get(material) or (gas_of(material) if context.questions else None)


def _lost_share(index: int, filled: FilledGas, supplied: Decimal) -> _Share:
    if filled.charged is None:
        if filled.recovered is not None:
            raise invalid_activity(f"gases[{index}].recovered", filled.recovered, "stated together with charged")
        if filled.loss is not None:
            return _Share(Decimal(filled.loss))
        row = _losses()[filled.use]
        return _Share(Decimal(row["share"]), f"losses:{filled.use}", row["status"] == "recalled")
    if filled.loss is not None:
        raise invalid_activity(f"gases[{index}].loss", filled.loss, "absent if charged is stated")
    accounted = kilograms(filled.charged, f"gases[{index}].charged")
    if filled.recovered is not None:
        accounted += kilograms(filled.recovered, f"gases[{index}].recovered")
    if accounted > supplied:
        raise invalid_activity(f"gases[{index}].charged", filled.charged,
                               f"together with recovered at most {supplied:f} kg, the mass supplied")
    return _Share((supplied - accounted) / supplied)


def _lose(draft: Draft, filled: FilledGas, supply: SupplyFacts, share: _Share) -> None:
    lost = supply.amount("KGM") * share.value
    components = {} if filled.gas == "hydrocarbon" else BLENDS.get(filled.gas, {filled.gas: Decimal(1)})
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
