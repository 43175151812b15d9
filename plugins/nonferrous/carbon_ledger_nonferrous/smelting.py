"""Copper and lead smelting: a charge of concentrate, scrap or both is smelted and refined; sulphur leaves as acid.

Emissions after the MEE accounting guideline for other non-ferrous smelting (basis of GB/T 32151 for this branch): fuels
and reductants by the fuel formula, carbonates by stoichiometry, power, heat. Sulphur dioxide is no greenhouse gas, but
its balance shows whether weights and analyses are right.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_nonferrous.balance import Metal, check_recovery, entering, held_by, indicate_metal, made_of, total
from carbon_ledger_nonferrous.common import Work, begin, burn_charge, indicate_energy
from carbon_ledger_nonferrous.matter import Melt, follow_melt
from carbon_ledger_nonferrous.metals import SULPHUR
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Key,
    OutputFacts,
    Positive,
    Shortfall,
    invalid_activity,
    warn_outside,
)

ACID: Final = "sulphuricAcid"
# Acid costs a hundredth of the metal, so a larger share of the burden by mass would hide the metal's footprint.
ACID_SHARE: Final = Decimal("0.1")


class Smelting(Work, frozen=True, kw_only=True):
    """Fields of routes with sulphur in their charge.

    `sulphur_contents`: mass fraction of sulphur in materials, typical ones if absent. `acid_burden`: kg CO2e per t
    of pure acid, assigned to the acid by system expansion; all other outputs share the rest.
    """

    sulphur_contents: Mapping[Key, Fraction] = {}
    acid_burden: Positive | None = None


class Limits(NamedTuple):
    """`purity`: metal in a product without elements and materials. `least_recovery`, `energy` (MJ per t of metal):
    usual values. `refined`: whether the product is metal that counts as produced. `stays`: whether elements stay in it.
    `least_sulphur`: part of the sulphur that outputs usually hold, or None if slag is not analysed for it."""

    purity: Decimal
    least_recovery: Decimal
    energy: tuple[Decimal, Decimal]
    refined: bool
    stays: bool = False
    least_sulphur: Decimal | None = None


def smelt(context: Context, activity: Work, metal: Metal, limits: Limits, names: tuple[str, str]) -> Assessment:
    """Energy, reagents, carbon of the charge, balances of the metal and of sulphur; `names`: the indicators of
    metal produced and of metal recycled. Raises PluginError for an impossible activity."""
    draft, power = begin(context, activity)
    entered = entering(context, metal, activity.contents)
    held = [held_by(output, metal, limits.purity) for output in context.outputs]
    made = made_of(context, held)
    draft.indicate("metalRecovery", check_recovery(draft, context, entered, held, limits.least_recovery))
    sulphur = [held_by(output, SULPHUR, ZERO) for output in context.outputs]
    follow_melt(draft, context, Melt(metal, total(entered), held, limits.stays, sulphur))
    burn_charge(draft, context)
    if isinstance(activity, Smelting):
        _balance_sulphur(draft, context, activity, made, limits.least_sulphur)
    if made > 0:
        energy = draft.megajoules / made * KG_PER_T
        warn_outside(
            draft, "energy-unusual", f"{energy:.0f} MJ per t of metal", energy, limits.energy, with_range=False,
            unit="MJ/t", lacks=Shortfall("naturalGas", "3B", made / KG_PER_T),
        )
        indicate_energy(draft, made, power)
        if limits.refined:
            draft.indicate(names[0], made / KG_PER_T)
            indicate_metal(draft, entered, made, names[1])
    return draft.assessment()


def _balance_sulphur(
    draft: Draft, context: Context, activity: Smelting, made: Decimal, least: Decimal | None
) -> None:
    """Sulphur in outputs / sulphur in: more sulphur out than in refuses."""
    entered = entering(context, SULPHUR, activity.sulphur_contents, unstated=ZERO)
    came, most = total(entered), sum((one.most for one in entered), ZERO)
    out = sum((held_by(output, SULPHUR, ZERO) for output in context.outputs), ZERO)
    if out > most:
        draft.find("sulphur-balance", f"{out:f} kg of sulphur out of at most {most:f} kg", refuses=True)
    elif out > came:
        draft.find("sulphur-balance", f"{out:f} kg of sulphur out of {came:f} kg at typical grades")
    elif least is not None and out < came * least:
        draft.find("sulphur-balance", f"outputs hold {out:f} kg of {came:f} kg of sulphur: the rest went to the air")
    if came > 0:
        draft.indicate("sulphurCapture", out / came)
    acid = sum((_acid(output) for output in context.outputs), ZERO)
    if acid > 0 and made > 0:
        draft.indicate("acidPerTonne", acid / made * KG_PER_T)
    _allocate_acid(draft, context, activity.acid_burden)


def _acid(output: OutputFacts) -> Decimal:
    """Kg of pure sulphuric acid in an output."""
    return (output.mass or ZERO) * output.materials.get(ACID, ZERO)


def _allocate_acid(draft: Draft, context: Context, per_tonne: str | None) -> None:
    """Assigns acid its own burden and takes it out of the allocation; without `acid_burden`, warns of sharing by
    mass."""
    goods = [output for output in context.outputs if output.role not in ("waste", "core", "credit")]
    acids = [output for output in goods if _acid(output) > 0]
    if per_tonne is None:
        mass, whole = sum((one.mass or ZERO for one in acids), ZERO), sum((one.mass or ZERO for one in goods), ZERO)
        if context.allocation == "mass" and mass > whole * ACID_SHARE:
            draft.find("acid-by-mass", f"acid carries {mass / whole:.0%}: value or acidBurden is customary")
        return
    if not acids or len(acids) == len(goods):
        raise invalid_activity("acidBurden", per_tonne, "absent unless acid and another product come out")
    if context.allocation not in ("mass", "value"):
        raise invalid_activity("acidBurden", per_tonne, "used with an allocation by mass or value")
    for i, output in enumerate(context.outputs):
        if output in acids:
            draft.assign(i, "fossilGhgEmissions", _acid(output) / KG_PER_T * Decimal(per_tonne))
    shared = [output if output in goods and output not in acids else None for output in context.outputs]
    draft.weigh("mass", [one.mass or ZERO if one is not None else ZERO for one in shared])
    draft.weigh("value", [one.value or ZERO if one is not None else ZERO for one in shared])
