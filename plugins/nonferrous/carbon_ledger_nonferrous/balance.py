"""Balance of one element over a record: lots and supplies that bring it, outputs that hold it, and its recovery.

The element that a lot or an output states comes first, then its materials by the grades of the activity or typical
grades. A lot without elements and materials counts as metal.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from ledger.sdk import (
    CARRYING_ROLES,
    PRODUCT_ROLES,
    ZERO,
    Context,
    Draft,
    Fraction,
    InputFacts,
    Key,
    OutputFacts,
    invalid_activity,
    is_energy,
)

ONE: Final = Decimal(1)
# Anodes and bullion are less pure, cathodes and refined lead purer.
REFINED: Final = Decimal("0.995")
Source = Literal["ore", "metal", "scrap", "returns"]


class Grade(NamedTuple):
    """Mass fraction of the element in a material: the typical one, and the largest that its chemistry allows."""

    typical: Decimal
    most: Decimal


def grade(typical: str, most: str | None = None) -> Grade:
    """A grade of decimal strings; for a pure compound both are equal."""
    return Grade(Decimal(typical), Decimal(most or typical))


class Metal(NamedTuple):
    """`symbol`: the element, or None if the melt as a whole is balanced. `names`: materials that are this metal, by
    which recycled content is traced. `carriers`: all materials that hold it; `refined`: carriers that another record
    made, which counts them as produced."""

    symbol: str | None
    names: tuple[str, ...]
    carriers: Mapping[str, Grade]
    refined: tuple[str, ...]


class Entered(NamedTuple):
    """Kg of the element in one input or supply: as known, and at most. `source`: `metal` was refined before, `returns`
    are this process's own, `scrap` is waste, used products, or a recycler's product of them."""

    known: Decimal
    most: Decimal
    source: Source
    lot: bool


def check_contents(contents: Mapping[Key, Fraction], metal: Metal) -> None:
    """Raises PluginError for a material that does not hold this metal, and for a content above its chemistry's
    limit."""
    for material, stated in contents.items():
        if material not in metal.carriers:
            raise invalid_activity(f"contents.{material}", stated, "for one of " + ", ".join(sorted(metal.carriers)))
        most = metal.carriers[material].most
        if Decimal(stated) > most:
            raise invalid_activity(f"contents.{material}", stated, f"at most {most}")


def entering(
    context: Context, metal: Metal, contents: Mapping[Key, Fraction], unstated: Decimal = ONE
) -> tuple[Entered, ...]:
    """Kg of the metal in inputs with a mass and in supplies. `unstated`: for a lot without materials, the metal's part
    of the mass that its stated elements leave open. Raises InvalidQuantity for a supply without a mass."""
    check_contents(contents, metal)
    grades = {
        name: grade(contents[name]) if name in contents else usual for name, usual in metal.carriers.items()
    }
    lots = (taken for taken in context.inputs if taken.mass and not is_energy(taken.quantity))
    entered = [_lot(taken, metal, grades, unstated) for taken in lots]
    for supply in context.supplies:
        name = supply.name_in(grades)
        if name is None and not (supply.raw and metal.symbol is None):
            continue
        # A raw material of a melt that is balanced as a whole melts wholly.
        content = grade("1") if name is None else grades[name]
        source: Source = "metal" if name is None or name in metal.refined else "ore"
        mass = supply.amount("KGM")
        entered.append(Entered(mass * content.typical, mass * content.most, source, lot=False))
    return tuple(entered)


def _lot(taken: InputFacts, metal: Metal, grades: Mapping[str, Grade], unstated: Decimal) -> Entered:
    mass, source = taken.mass or ZERO, _source(taken, metal)
    if metal.symbol is not None and metal.symbol in taken.elements:
        held = mass * taken.elements[metal.symbol]
        return Entered(held, held, source, lot=True)
    if not taken.materials:
        rest = mass if metal.symbol is None else mass * (1 - sum(taken.elements.values(), ZERO)) * unstated
        return Entered(rest, rest, source, lot=True)
    typical, most = ZERO, ZERO
    for material, share in taken.materials.items():
        if material in grades:
            typical += mass * share * grades[material].typical
            most += mass * share * grades[material].most
    return Entered(typical, most, source, lot=True)


def _source(taken: InputFacts, metal: Metal) -> Source:
    if taken.same_maker:
        return "returns"
    if taken.role in ("waste", "core") or taken.sector == "circular":
        return "scrap"
    if taken.materials:
        return "metal" if any(name in metal.refined for name in taken.materials) else "ore"
    return "metal" if taken.elements.get(metal.symbol or "", ONE) >= REFINED else "ore"


def held_by(output: OutputFacts, metal: Metal, purity: Decimal = ONE) -> Decimal:
    """Kg of the element in an output; without elements and materials a product holds `purity`, other outputs 0."""
    mass = output.mass or ZERO
    if metal.symbol is not None and metal.symbol in output.elements:
        return mass * output.elements[metal.symbol]
    if output.materials:
        return sum((mass * share * metal.carriers[name].typical for name, share in output.materials.items()
                    if name in metal.carriers), ZERO)
    return mass * purity if output.role == "product" else ZERO


def total(entered: Sequence[Entered]) -> Decimal:
    """Kg of the element as known."""
    return sum((one.known for one in entered), ZERO)


def made_of(context: Context, held: Sequence[Decimal], *roles: str) -> Decimal:
    """Kg that outputs with these roles hold; without roles, products and co-products."""
    counted = roles or PRODUCT_ROLES
    return sum((amount for amount, output in zip(held, context.outputs, strict=True) if output.role in counted), ZERO)


def check_recovery(
    draft: Draft, context: Context, entered: Sequence[Entered], held: Sequence[Decimal], least: Decimal
) -> Decimal:
    """Recovery = kg in products, co-products and by-products / kg in. More out than in refuses, less than `least`
    warns."""
    came, most = total(entered), sum((one.most for one in entered), ZERO)
    out, made = sum(held, ZERO), made_of(context, held, *CARRYING_ROLES)
    if out == 0:
        draft.find("no-metal-out", "no output holds the metal", refuses=True)
    if most == 0:
        draft.find("no-metal-in", "no input or supply brings the metal", refuses=True)
        return ZERO
    if out > most:
        draft.find("metal-recovery", f"{out:f} kg of metal out of at most {most:f} kg", refuses=True)
    elif out > came:
        draft.find("metal-recovery", f"{out:f} kg of metal out of {came:f} kg at typical grades: say contents")
    elif made < came * least:
        draft.find("metal-recovery", f"only {made:f} kg of metal out of {came:f} kg")
    return made / came if came else ZERO


def indicate_metal(draft: Draft, entered: Sequence[Entered], made: Decimal, recycled_name: str) -> None:
    """Tonnes of metal made here, and the recycled part of it, so that shares can be taken over many records.

    Metal that was refined before counts where it was refined; the process's own returns have the mix of the rest.
    metalProduced = made * (in - refined before) / in, recycledMetalProduced = made * scrap / in, both without returns.
    """
    came = sum((one.known for one in entered if one.source != "returns"), ZERO)
    refined = sum((one.known for one in entered if one.source == "metal"), ZERO)
    scrap = sum((one.known for one in entered if one.source == "scrap"), ZERO)
    if came > 0:
        draft.indicate("metalProduced", made / 1000 * (came - refined) / came)
        draft.indicate("recycledMetalProduced", made / 1000 * scrap / came)
        draft.indicate(recycled_name, made / 1000 * scrap / came)
