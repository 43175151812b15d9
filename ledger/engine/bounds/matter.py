"""Matter of outputs comes out of inputs that hold it.

Mass: outputs weigh at most as much as the matter that comes in. Freight and treatment are no matter. Water and air are
free, so they explain the mass of outputs only up to a maximum of the route (`nature.csv` of its sector, else of the
ledger). Waste water is explained by all water that came in.

Content: a metal comes out of inputs that can hold it, by `holders.csv`: steel out of steel, scrap, ore, scale and
alloys, not out of sand and coal. Other materials are made of almost anything that has their carbon, and have their
bound in the carbon balance. A lot or supply that nobody knows may consist of the metal.

Whatever no input explains is priced at its default: somebody made it, and that is missing in the figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Composition
from ledger.core.outcome.assessment import Finding, Span
from ledger.engine.bounds.leaving import OutputHeld
from ledger.engine.bounds.nature import AIR, WATER, most_of
from ledger.engine.bounds.prices import default_of, default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, short
from ledger.engine.bounds.profiles import Profile, materials_of, profile_of
from ledger.sdk.sets.lookup import entry_of_code

MASS: Final = "mass-unexplained"
CONTENT: Final = "material-unexplained"
TOLERANCE: Final = Decimal("0.1")
"""Stated compositions leave out coatings, carbon and minor alloying elements."""
_NOTHING: Final = Composition()


class Portion(NamedTuple):
    """`mass` kg of an input with the profile of a kilogram of it."""

    profile: Profile
    mass: Decimal


class Content(NamedTuple):
    """`mass` kg of a metal in the output at `place`."""

    material: str
    mass: Decimal
    place: int


def check_matter(process: Process, outputs: Sequence[OutputHeld]) -> list[Finding]:
    """The findings on content and on mass."""
    came = list(_entering(process))
    content = _check_contents(process, outputs, came)
    asked = sum((unexplained for _, unexplained in content), ZERO)
    return [*[finding for finding, _ in content], *_check_mass(process, outputs, came, asked)]


def _entering(process: Process) -> Iterator[Portion]:
    sets, facts = process.sets, process.facts
    for lot, _, mass in process.lots:
        if mass:
            yield Portion(profile_of(sets, materials_of(facts.composition(lot))), mass)
    for supply, mass in process.supplied:
        if mass:
            product = facts.products.get(supply.product or "")
            composition = _NOTHING if product is None else product.composition
            yield Portion(profile_of(sets, materials_of(composition, supply.material)), mass)


def _contents(process: Process, outputs: Sequence[OutputHeld]) -> Mapping[str, list[Content]]:
    """The metals in outputs by their class: by the materials or else by the code of the product."""
    contents: dict[str, list[Content]] = {}
    for output in outputs:
        lot = output.made.facts
        if not lot.mass:
            continue
        metals = output.profile.metals
        product = process.facts.products.get(lot.product)
        if not output.composition.materials and product is not None and product.codes:
            entry = entry_of_code(process.sets, product.codes)
            metals = () if entry is None else profile_of(process.sets, ((entry.key, "1"),)).metals
        for group, material, share in metals:
            contents.setdefault(group, []).append(Content(material, lot.mass * share, output.place))
    return contents


def _check_contents(
    process: Process, outputs: Sequence[OutputHeld], came: Sequence[Portion]
) -> list[tuple[Finding, Decimal]]:
    """A finding for each class of metals with kg that nothing explains, and these kg."""
    findings = []
    for group, contents in _contents(process, outputs).items():
        mass = sum((content.mass for content in contents), ZERO)
        held = ZERO
        for profile, amount in came:
            held += amount * profile.holds[group]
        unexplained = mass - held * (ONE + TOLERANCE)
        if unexplained > ZERO:
            finding = _unexplained(process, group, contents, (mass, held, unexplained))
            findings += [] if finding is None else [(finding, unexplained)]
    return findings


def _unexplained(
    process: Process, group: str, contents: Sequence[Content], masses: tuple[Decimal, Decimal, Decimal]
) -> Finding | None:
    """`masses`: kg in outputs, kg that inputs can hold, kg without explanation. None if no set has a default."""
    mass, held, unexplained = masses
    defaults = [(default_of(process.sets, process.around, one.material), one.mass) for one in contents]
    priced = [(default, part) for default, part in defaults if default is not None]
    if not priced:
        return None
    price = sum((default[0] * part for default, part in priced), ZERO) / sum((part for _, part in priced), ZERO)
    return Finding(
        code=CONTENT, value=short(mass), unit="KGM", possible=Span(low=ZERO, high=short(held)),
        amount=short(price * unexplained), factor=priced[0][0][1],
        output=contents[0].place if len(contents) == 1 else None,
        message=f"outputs hold {short(mass):f} kg of {group}, but inputs and supplies hold at most "
                f"{short(held):f} kg of it",
    )


def _check_mass(
    process: Process, outputs: Sequence[OutputHeld], came: Sequence[Portion], asked: Decimal
) -> list[Finding]:
    """Mass of outputs that only water, air or services could explain. `asked`: kg in question already."""
    mass = explained = water = air = drained = ZERO
    for output in outputs:
        weight = output.made.facts.mass or ZERO
        mass += weight
        if output.made.facts.role == "waste":
            drained += weight * output.profile.water
    for profile, amount in came:
        explained += amount * profile.matter
        water += amount * profile.water
        air += amount * profile.air
    drained = min(drained, water)
    held = mass - drained
    explained += drained + min(water - drained, held * most_of(WATER, process.nature))
    explained += min(air, held * most_of(AIR, process.nature))
    unexplained = mass - explained * (ONE + process.tolerance) - asked
    if not mass or unexplained <= ZERO:
        return []
    made = [output for output in outputs if output.made.facts.mass]
    prices = [default_of_lot(process, output.made.facts) for output in made]
    price = sum((price for price, _ in prices), ZERO)
    return [Finding(
        code=MASS, value=short(mass), unit="KGM", possible=Span(low=ZERO, high=short(explained)),
        amount=short(price * unexplained / mass), output=made[0].place if len(made) == 1 else None,
        factor=next((row for _, row in prices if row is not None), None),
        message=f"outputs weigh {short(mass):f} kg, but matter that comes in explains {short(explained):f} kg: water "
                "and air count up to the route's maximum, services not at all",
    )]
