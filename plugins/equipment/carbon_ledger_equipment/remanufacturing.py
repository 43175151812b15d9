"""Remanufacturing: used products (cores) are taken apart, cleaned, restored, fitted with new parts and tested.

A core comes without burden (cut-off), so the product carries the new parts and the work, and not its first life. The
core itself names the item of its first life.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import (
    SCRAP,
    WEIGHING,
    Work,
    begin,
    check_named,
    check_test_power,
    indicate_energy,
    pieces,
)
from carbon_ledger_equipment.comparison import NewProduct, check_new, check_use, compare
from carbon_ledger_equipment.parts import Machine, ReplacedPart, ReusedPart, indicate_parts, replaced_mass, reused_mass
from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    InputFacts,
    Key,
    Quantity,
    follow_composition,
    invalid_activity,
    is_energy,
    kilograms,
    matter_in,
    warn_unaccounted,
)

# Unfitted new parts go back to stock; a record should not take more of them than this.
UNFITTED: Final = Decimal("0.05")
# Dirt, oil and swarf leave with the washing water; worn parts do not.
LOSS: Final = Decimal("0.1")

Restoration = Literal[
    "machining", "grinding", "welding", "laserCladding", "thermalSpraying", "brushPlating", "plating", "straightening",
    "balancing",
]


class Remanufacturing(Work, frozen=True, kw_only=True):
    """How cores became products; every field may be left out.

    Inputs: cores, counted in pieces; new parts as lots. Outputs: products in pieces; worn parts as waste with the
    origin postConsumer. Supplies: `electricity`, standard fuels, `heat`, `steam`, `carbonDioxide`, `acetylene`; new
    parts with a mass under any other material, cleaning media, `weldingWire`, `claddingPowder` are left to the core.
    `replaced`: new parts fitted. `reused`: mass of the cores that stays in the products; products minus replaced if
    absent. `cleaning`: its means; `cleaning_medium`: material of the medium's supply. `test_electricity`: of the test
    bench, part of the record's. `restoration`: of worn surfaces, in order. `scrapped_cores`: cores that could not be
    restored. `machine`: its kind. `reused_parts`: by kind; their mass is `reused` if that is absent. `compared_to`: the
    new product, with its declared figure and evidence.
    `efficiency`: of the remanufactured machine, as tested.
    """

    replaced: tuple[ReplacedPart, ...] = ()
    reused: Quantity | None = None
    cleaning: Literal["water", "detergent", "solvent", "dryIce", "blasting", "thermal", "ultrasonic"] | None = None
    cleaning_medium: Key | None = None
    restoration: tuple[Restoration, ...] = ()
    test_electricity: Quantity | None = None
    scrapped_cores: int | None = None
    machine: Machine | None = None
    reused_parts: tuple[ReusedPart, ...] = ()
    compared_to: NewProduct | None = None
    efficiency: Fraction | None = None


def assess(context: Context, activity: Remanufacturing) -> Assessment:
    """Energy of the work; the flow of reused and new material; rates of reuse.

    Reuse rate by mass = reused / products. Material saved = reused mass, which needs no new material.
    """
    replaced = replaced_mass(activity.replaced)
    named_mass, restored = reused_mass(activity.reused_parts)
    check_new(activity.compared_to, activity.efficiency)
    if activity.scrapped_cores is not None and activity.scrapped_cores < 0:
        raise invalid_activity("scrappedCores", activity.scrapped_cores, "a number of cores, zero or more")
    check_named(context, "cleaningMedium", activity.cleaning_medium)
    draft, power = begin(context, activity)
    check_test_power(activity.test_electricity, power, draft)
    follow_composition(draft, context)
    cores = [taken for taken in context.inputs if taken.role == "core"]
    if not cores:
        draft.find("no-core", "no input is a core: remanufacturing takes at least one", refuses=True)
        return draft.assessment()
    units = _check_pieces(draft, context, activity, cores)
    made = context.mass_out(*PRODUCT_ROLES)
    _check_replaced(draft, context, activity, replaced)
    _check_reused(draft, context, activity, cores, replaced, named_mass)
    draft.indicate("replacedMass", replaced)
    indicate_parts(draft, activity.machine, activity.reused_parts, activity.replaced, restored)
    indicate_energy(draft, made, power)
    if activity.compared_to is not None and units > 0:
        saved = compare(draft, context, activity.compared_to, units, made, activity.replaced)
        check_use(draft, context, activity.machine, activity.compared_to, activity.efficiency, saved)
    return draft.assessment()


def _check_pieces(draft: Draft, context: Context, activity: Remanufacturing, cores: Sequence[InputFacts]) -> Decimal:
    """Checks that cores and products are counted, and that each product has a core. Returns the number of products."""
    taken = [pieces(core.quantity) for core in cores]
    made = [pieces(output.quantity) for output in context.outputs if output.role == "product"]
    if not made:
        draft.find("no-product", "no output is a product", refuses=True)
        return ZERO
    if None in taken or None in made:
        draft.find("not-pieces", "cores and remanufactured products are counted in pieces", refuses=True)
        return ZERO
    in_all, out = (sum((count or ZERO for count in counts), ZERO) for counts in (taken, made))
    scrapped = activity.scrapped_cores or 0
    if scrapped > in_all:
        raise invalid_activity("scrappedCores", scrapped, f"at most {in_all:f}, the cores taken")
    if out > in_all - scrapped:
        # Only a warning: one core may give several products when it is an assembly.
        draft.find("more-products-than-cores", f"{out:f} products from {in_all - scrapped:f} cores")
    draft.indicate("coresPerProduct", in_all / out)
    draft.indicate("remanufacturedUnits", out)
    return out


def _check_replaced(draft: Draft, context: Context, activity: Remanufacturing, replaced: Decimal) -> None:
    """Refuses fitted parts that did not come in; warns of new parts that came as lots and were not fitted."""
    lots = sum(
        (taken.mass or ZERO for taken in context.inputs if taken.role != "core" and not is_energy(taken.quantity)), ZERO
    )
    cores = context.mass_taken("core")
    media = (supply.mass or ZERO for supply in context.supplied(activity.cleaning_medium or ""))
    supplies = matter_in(context) - cores - lots - sum(media, ZERO)
    if replaced > (lots + supplies) * (1 + WEIGHING):
        message = f"{replaced:f} kg of new parts fitted, {lots + supplies:f} kg came in"
        draft.find("replaced-not-supplied", message, refuses=True)
    if lots > replaced * (1 + UNFITTED):
        draft.find("parts-not-fitted", f"{lots:f} kg of new parts came in, {replaced:f} kg were fitted")


def _check_reused(
    draft: Draft, context: Context, activity: Remanufacturing, cores: Sequence[InputFacts], replaced: Decimal,
    named_mass: Decimal,
) -> None:
    """Products consist of reused and new parts; the rest of the cores is waste or another output. `named_mass`: kg of
    the parts that are named as reused."""
    made = context.mass_out(*PRODUCT_ROLES)
    core_mass = sum((core.mass or ZERO for core in cores), ZERO)
    if made == 0 or core_mass == 0:
        draft.find("mass-unknown", "cores or products have no mass: no rate of reuse")
        return
    reused = _stated(activity, named_mass)
    if reused is None:
        reused = made - replaced
    else:
        if named_mass > reused * (1 + WEIGHING):
            draft.find("reuse-balance", f"{named_mass:f} kg of parts are named as reused, {reused:f} kg in all")
        if reused + replaced < made * (1 - UNFITTED) or reused > made * (1 + WEIGHING):
            draft.find("reuse-balance", f"{reused:f} kg reused and {replaced:f} kg new in {made:f} kg of products")
    if reused <= 0:
        draft.find("nothing-reused", f"{replaced:f} kg of new parts in {made:f} kg of products", refuses=True)
        return
    if reused > core_mass * (1 + WEIGHING):
        draft.find("reused-above-cores", f"{reused:f} kg reused, but only {core_mass:f} kg of cores", refuses=True)
    worn = core_mass - reused
    left = context.mass_out() - made
    if worn - left > core_mass * LOSS:
        warn_unaccounted(
            draft, worn - left, f"{worn:f} kg of the cores were not reused, {left:f} kg are in other outputs",
            SCRAP,
        )
    draft.indicate("reuseRate", min(reused / made, Decimal(1)))
    draft.indicate("materialSaved", reused)
    draft.indicate("massReused", reused)


def _stated(activity: Remanufacturing, named_mass: Decimal) -> Decimal | None:
    """Kg of the cores that stayed in the products, as the activity states; None if it does not."""
    if activity.reused is not None:
        return kilograms(activity.reused, "reused")
    return named_mass or None
