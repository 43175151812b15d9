"""Matter of outputs comes out of inputs that hold it.

Mass: outputs weigh at most as much as the matter that comes in. Freight and treatment are no matter. Water and air are
free, so they explain the mass of outputs only up to a maximum of the route (`nature.csv` of its sector, else of the
ledger).

Content: a metal comes out of inputs that can hold it, by `holders.csv`: steel out of steel, scrap, ore, scale and
alloys, not out of sand and coal. Other materials are made of almost anything that has their carbon, and have their
bound in the carbon balance. A lot or supply that nobody knows may consist of the metal.

Whatever no input explains is priced at its default: somebody made it, and that is missing in the figure.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.admission.facts import Composition, LotFacts
from ledger.core.outcome.assessment import Finding, Span
from ledger.engine.bounds.nature import AIR, WATER, group_of, most_of
from ledger.engine.bounds.prices import default_of, default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import Substance, substance_of
from ledger.engine.references import entry_of_code
from ledger.sdk import rows

MASS: Final = "mass-unexplained"
CONTENT: Final = "material-unexplained"
TOLERANCE: Final = Decimal("0.1")
"""Stated compositions leave out coatings, carbon and minor alloying elements."""
_CLASS: Final = "class:"
_WATER_CLASS: Final = "water"


class Portion(NamedTuple):
    """`mass` kg of a material; of an unknown one if `material` is empty."""

    material: str
    mass: Decimal


class Content(NamedTuple):
    """`mass` kg of a class of metals in an output, `price` kg CO2e of it by default, and the row behind that."""

    group: str
    mass: Decimal
    price: Decimal
    row: str
    place: int


def check_matter(process: Process) -> list[Finding]:
    """The findings on content and on mass."""
    came = list(_entering(process))
    content = _check_contents(process, came)
    asked = sum((unexplained for _, unexplained in content), ZERO)
    return [*[finding for finding, _ in content], *_check_mass(process, came, asked)]


def _entering(process: Process) -> Iterator[Portion]:
    for lot, _, mass in process.lots:
        if mass:
            yield from _portions(process.facts.composition(lot), "", mass)
    for supply, mass in process.supplied:
        if mass:
            product = process.facts.products.get(supply.product or "")
            composition = Composition() if product is None else product.composition
            yield from _portions(composition, supply.material, mass)


def _portions(composition: Composition, name: str, mass: Decimal) -> Iterator[Portion]:
    """The materials of an input; `name`: of one whose composition is not stated."""
    if not composition.materials:
        yield Portion(name, mass)
        return
    rest = ONE
    for material, share in composition.materials.items():
        rest -= Decimal(share)
        yield Portion(material, mass * Decimal(share))
    if rest > ZERO:
        yield Portion("", mass * rest)


@cache
def _holders() -> Mapping[str, Mapping[str, Decimal]]:
    """The most of a class of metals in a kg of a material or class, by class."""
    table: dict[str, dict[str, Decimal]] = {}
    for row in rows("ledger.sdk.data", "holders.csv"):
        table.setdefault(row["content"].removeprefix(_CLASS), {})[row["holder"]] = Decimal(row["most"])
    return table


def _held(process: Process, group: str, portion: Portion) -> Decimal:
    """Kg of a class of metals that a portion can hold."""
    if not portion.material:
        return portion.mass
    substance = substance_of(process.sets, portion.material)
    if not substance.known and group_of(portion.material) not in (WATER, AIR):
        return portion.mass
    holders = _holders()[group]
    keys = (portion.material, "" if substance.entry is None else substance.entry.key, f"{_CLASS}{substance.group}")
    share = next((holders[key] for key in keys if key in holders), ZERO)
    return portion.mass * share


def _contents(process: Process) -> Iterator[Content]:
    """The metals in outputs, by the materials or else by the code of their product."""
    for place, (lot, _) in process.outputs:
        if not lot.mass:
            continue
        for material, mass in _materials(process, lot):
            group = substance_of(process.sets, material).group
            price = default_of(process.sets, process.around, material)
            if group in _holders() and price is not None:
                yield Content(group, mass, mass * price[0], price[1], place)


def _materials(process: Process, lot: LotFacts) -> list[tuple[str, Decimal]]:
    stated = process.facts.composition(lot).materials
    mass = lot.mass or ZERO
    if stated:
        return [(name, mass * Decimal(share)) for name, share in stated.items()]
    product = process.facts.products.get(lot.product)
    entry = entry_of_code(process.sets, product.codes if product is not None else ())
    return [] if entry is None else [(entry.key, mass)]


def _check_contents(process: Process, came: list[Portion]) -> list[tuple[Finding, Decimal]]:
    """A finding for each class of metals with kg that nothing explains, and these kg."""
    made: dict[str, list[Content]] = {}
    for content in _contents(process):
        made.setdefault(content.group, []).append(content)
    findings = []
    for group, contents in made.items():
        mass = sum((content.mass for content in contents), ZERO)
        held = sum((_held(process, group, portion) for portion in came), ZERO)
        unexplained = mass - held * (ONE + TOLERANCE)
        if unexplained <= ZERO:
            continue
        price = sum((content.price for content in contents), ZERO)
        findings.append((Finding(
            code=CONTENT, value=short(mass), unit="KGM", possible=Span(low=ZERO, high=short(held)),
            amount=short(price * unexplained / mass), factor=contents[0].row,
            output=contents[0].place if len(contents) == 1 else None,
            message=f"outputs hold {short(mass):f} kg of {group}, but inputs and supplies hold at most "
                    f"{short(held):f} kg of it",
        ), unexplained))
    return findings


def _check_mass(process: Process, came: list[Portion], asked: Decimal) -> list[Finding]:
    """Mass of outputs that only water, air or services could explain. `asked`: kg in question already."""
    made = [(place, lot) for place, (lot, _) in process.outputs if lot.mass and not is_energy(lot.unit)]
    mass = sum((lot.mass or ZERO for _, lot in made), ZERO)
    explained, free = ZERO, {WATER: ZERO, AIR: ZERO}
    for portion in came:
        group = _free_group(process, portion.material)
        if group is not None:
            free[group] += portion.mass
        elif not portion.material or substance_of(process.sets, portion.material).is_matter:
            explained += portion.mass
    explained += sum((min(amount, mass * most_of(group, process.nature)) for group, amount in free.items()), ZERO)
    unexplained = mass - explained * (ONE + process.tolerance) - asked
    if not mass or unexplained <= ZERO:
        return []
    prices = [default_of_lot(process, lot) for _, lot in made]
    price = sum((price for price, _ in prices), ZERO)
    return [Finding(
        code=MASS, value=short(mass), unit="KGM", possible=Span(low=ZERO, high=short(explained)),
        amount=short(price * unexplained / mass), output=made[0][0] if len(made) == 1 else None,
        factor=next((row for _, row in prices if row is not None), None),
        message=f"outputs weigh {short(mass):f} kg, but matter that comes in explains {short(explained):f} kg: water "
                "and air count up to the route's maximum, services not at all",
    )]


def _free_group(process: Process, material: str) -> str | None:
    """Whether a material is water or air."""
    group = group_of(material)
    if group in (WATER, AIR):
        return group
    return WATER if material and _is_water(substance_of(process.sets, material)) else None


def _is_water(substance: Substance) -> bool:
    return substance.group == _WATER_CLASS
