"""Waste gas and slag that leave with an assigned amount instead of a share: by system expansion, or zero (cut-off)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_steel.carbon import all_factors
from ledger.sdk import (
    KG_PER_T,
    POWER_UNITS,
    ZERO,
    Context,
    Draft,
    Name,
    OutputFacts,
    Part,
    convert,
    invalid_activity,
    is_energy,
    standard_fuels,
)

Gas = Literal["blastFurnaceGas", "cokeOvenGas", "converterGas", "otherGas", "offGas"]

WASTE_GAS_CORRECTION: Final = Decimal("0.667")
"""Waste gas is used less efficiently than natural gas of the same heating value: Regulation (EU) 2025/2547, annex
II."""

_UNBURDENED: Final = ("waste", "core", "credit")
_ROLE: Final = "an output that is a byProduct, or a coProduct that names its materials"
_MOST_OTHER: Final = Decimal("0.3")
"""Of the mass of a slag or a gas: slag holds drops of metal and flux, and gas holds steam and dust."""
_SLAGS: Final = ("slag", "silicate", "oxide", "mineral")
_GASES: Final = ("gas", "hydrogen", "carbonMonoxide", "carbonDioxide", "methane", "nitrogen", "argon", "steam", "water")
"""Parts of the names of materials that are slag, or gas."""


class WasteGas(Part, frozen=True, kw_only=True):
    """An output `lot` that is gas for others.

    `naturalGasEquivalent`: all CO2 of its carbon stays in this record, and the gas carries the emissions of natural gas
    of the same heating value, times 0.667. The gas is counted in energy (GJ), so its user books heat alone.
    `carbonOut`: its carbon leaves with it and is emitted where it burns; it carries nothing else. The output states its
    mass and its fossil carbon.
    """

    lot: Name
    gas: Gas
    treatment: Literal["naturalGasEquivalent", "carbonOut"] = "naturalGasEquivalent"


class Slag(Part, frozen=True, kw_only=True):
    """An output `lot` that is slag; slag that is not named here shares by the record's allocation (mass, value).

    `substitution`: granulated, for cement; it carries the emissions of the clinker that it replaces.
    `cutOff`: it carries nothing.
    """

    lot: Name
    treatment: Literal["substitution", "cutOff"]


def gas_megajoules(context: Context, gases: Sequence[WasteGas]) -> Decimal:
    """MJ of the gases whose carbon stays here."""
    return sum((_energy(context, i, gas) for i, gas in _staying(gases)), ZERO)


def gas_carbon(context: Context, gases: Sequence[WasteGas]) -> Decimal:
    """Kg of carbon in the gases whose carbon stays here: MJ * the default carbon content of their kind."""
    fuels = standard_fuels()
    return sum(
        (_energy(context, i, gas) * fuels[gas.gas].carbon_content for i, gas in _staying(gases) if gas.gas in fuels),
        ZERO,
    )


def _staying(gases: Sequence[WasteGas]) -> list[tuple[int, WasteGas]]:
    return [(i, gas) for i, gas in enumerate(gases) if gas.treatment == "naturalGasEquivalent"]


def assign_named(
    draft: Draft, context: Context, gases: Sequence[WasteGas], slags: Sequence[Slag], *, granulated: bool = True
) -> None:
    """Assigns to each named output its amount, kg CO2e, and takes it out of all shares.

    gas: MJ / 1000 * 56.1 * 0.667 (Regulation (EU) 2025/2547, annex II, waste gas export). slag: t * 550 (World Steel
    Association). `granulated`: whether the process makes slag that can replace clinker. Raises PluginError for an
    unknown output, an output that is named twice, one of other materials (for rules that ask questions), and a
    treatment that does not fit the output.
    """
    if context.questions:
        for i, gas in enumerate(gases):
            _check_kind(context, gas.lot, f"wasteGases[{i}].lot", "gas", _GASES)
        for i, slag in enumerate(slags):
            _check_kind(context, slag.lot, f"slags[{i}].lot", "slag", _SLAGS)
    places = {output.lot: i for i, output in enumerate(context.outputs)}
    named = [*(gas.lot for gas in gases), *(slag.lot for slag in slags)]
    if len(set(named)) != len(named):
        raise invalid_activity("wasteGases", sorted(named), "lots that are each named once")
    equivalent = all_factors().find("naturalGasEquivalent").value * WASTE_GAS_CORRECTION
    for i, gas in enumerate(gases):
        place = places[_checked(context, gas.lot, f"wasteGases[{i}].lot").lot]
        if gas.treatment == "naturalGasEquivalent":
            draft.assign(place, "fossilGhgEmissions", _energy(context, i, gas) / 1000 * equivalent)
        else:
            _check_carbon(context.outputs[place], i)
    clinker = all_factors().find("slagToCement")
    for i, slag in enumerate(slags):
        output = _checked(context, slag.lot, f"slags[{i}].lot")
        if slag.treatment == "substitution":
            if not granulated or not output.mass:
                raise invalid_activity(
                    f"slags[{i}].treatment", slag.treatment,
                    "cutOff; substitution is for blast furnace slag with a mass",
                )
            draft.assign(places[slag.lot], "fossilGhgEmissions", output.mass / KG_PER_T * clinker.value)
            draft.find(
                "slag-credit-recalled", f"the slag's amount rests on {clinker.name}, which was not checked",
            )
    if named:
        _weigh(draft, context, frozenset(named))


def _checked(context: Context, lot: str, field: str) -> OutputFacts:
    for output in context.outputs:
        separable = output.role == "byProduct" or (output.role == "coProduct" and output.materials)
        if output.lot == lot and separable:
            return output
    raise invalid_activity(field, lot, _ROLE)


def _check_kind(context: Context, lot: str, field: str, kind: str, names: Sequence[str]) -> None:
    """Refuses metal, coke and other goods that are named as slag or gas, which carry no burden."""
    materials = _checked(context, lot, field).materials
    other = sum((
        part for material, part in materials.items() if not any(name.lower() in material.lower() for name in names)
    ), ZERO)
    if other > _MOST_OTHER:
        raise invalid_activity(field, lot, f"{kind}: at most {_MOST_OTHER} of its mass is other materials")


def _energy(context: Context, index: int, gas: WasteGas) -> Decimal:
    output = _checked(context, gas.lot, f"wasteGases[{index}].lot")
    if not is_energy(output.quantity) or output.quantity.unit in POWER_UNITS:
        raise invalid_activity(f"wasteGases[{index}].lot", output.quantity, "an output in MJ, GJ or TJ")
    if output.fossil_carbon > 0:
        raise invalid_activity(
            f"wasteGases[{index}].lot", gas.lot, "an output that states no carbon: this record counts it",
        )
    return convert(output.quantity.amount, output.quantity.unit, "3B")


def _check_carbon(output: OutputFacts, index: int) -> None:
    if not output.mass or output.fossil_carbon == 0:
        raise invalid_activity(
            f"wasteGases[{index}].lot", output.lot, "an output with a mass and a fossil carbon content",
        )


def _weigh(draft: Draft, context: Context, named: frozenset[str]) -> None:
    """Weights of the other outputs alone, by each key that all of them have."""
    fields: dict[str, Callable[[OutputFacts], Decimal | None]] = {
        "mass": lambda output: output.mass, "value": lambda output: output.value,
        "energy": lambda output: output.heating_value, "moles": lambda output: output.moles,
    }
    for key, field in fields.items():
        weights: list[Decimal | None] = [
            ZERO if output.lot in named or output.role in _UNBURDENED else field(output) for output in context.outputs
        ]
        stated = [weight for weight in weights if weight is not None]
        if len(stated) == len(weights) and any(stated):
            draft.weigh(key, stated)
