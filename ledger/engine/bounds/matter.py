"""Matter of outputs comes out of inputs that hold it.

Mass: outputs weigh at most as much as the matter that comes in. Freight and treatment are no matter. Water and air are
free, so they explain the mass of outputs only up to a maximum of the route (`nature.csv` of its sector, else of the
ledger). Waste water is explained by all water that came in.

Content: a metal comes out of inputs that can hold it, by `holders.csv`: steel out of steel, scrap, ore, scale and
alloys, not out of sand and coal. Metals that only alloy it explain a part beside it, by `alloys.csv`. Other materials
are made of almost anything that has their carbon, and have their bound in the carbon balance. A lot or supply that
nobody knows may consist of the metal.

Density: the mass of a gas or a liquid is near its volume times its density. Otherwise a supply that is priced by its
volume could be used by its mass, and goods could be sold by their volume that are made by their mass.

Water carries no burden either: `water_in_outputs` says how much of the outputs is water.

Whatever no input explains is priced at its default: somebody made it, and that is missing in the figure.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import Composition, Facts, LotFacts
from ledger.admission.lots import Plan, Supplied, Taken
from ledger.core.outcome.assessment import Finding, Span
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import UNBURDENED, Quantity, Supply
from ledger.engine.bounds.leaving import OutputHeld
from ledger.engine.bounds.nature import AIR, WATER, most_of
from ledger.engine.bounds.prices import default_of, default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, short
from ledger.engine.bounds.profiles import Profile, alloying, materials_of, profile_of
from ledger.engine.bounds.substances import substance_of
from ledger.sdk import PRODUCT_ROLES, FactorSetVersion, NaturalInput, SupplyEntry
from ledger.sdk.sets.lookup import entry_of, entry_of_code

MASS: Final = "mass-unexplained"
CONTENT: Final = "material-unexplained"
DENSITY: Final = "mass-contradicts-volume"
TOLERANCE: Final = Decimal("0.1")
"""Stated compositions leave out coatings, carbon and minor alloying elements."""
_NOTHING: Final = Composition()
_BESIDE: Final = ("coProduct", "byProduct")
_SCALES: Final = Decimal("1.05")
"""Two scales agree to a few per cent."""
_FLUIDS: Final = ("food", "fuel", "gas", "inorganicChemical", "oil", "organicChemical", "specialChemical", "water")
"""Classes of gases and liquids; other goods may be measured as a heap."""
_DENSEST_GAS: Final = Decimal(20)
"""Kg per m3."""
VOLUMES: Final = ("volume", "normal volume")
_TWICE: Final = Decimal(2)
_DIGITS: Final = Context(prec=12)
_LONGEST: Final = 255


class Portion(NamedTuple):
    """`mass` kg of an input with the profile of a kilogram of it."""

    profile: Profile
    mass: Decimal


class KnownMatter(NamedTuple):
    """The factor sets in force, by precedence, and the natural inputs of a record's route."""

    sets: tuple[FactorSetVersion, ...]
    nature: Sequence[NaturalInput] = ()


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


def water_in_outputs(plan: Plan, facts: Facts, goods: KnownMatter) -> list[Decimal]:
    """Kg of water in each output that is matter: the water in its materials and, if water came in, the mass that
    nothing else explains. Nobody says where that is: waste is wet first, then by-products and co-products. No output
    counts as wet in a route whose products may consist of water."""
    held = [ZERO for _ in plan.created]
    if any(one.group == WATER and one.most is not None and one.most >= ONE for one in goods.nature):
        return held
    masses = [made.facts.mass or ZERO for made in plan.created]
    for i, made in enumerate(plan.created):
        if masses[i]:
            held[i] = masses[i] * profile_of(goods.sets, materials_of(facts.composition(made.facts))).water
    water = dry = ZERO
    for profile, mass in _came(plan.taken, (*plan.supplied, *plan.overheads), facts, goods.sets):
        water += profile.water * mass
        dry += (profile.matter + profile.air) * mass
    hidden = min(water, sum(masses, ZERO) - dry * _SCALES) - sum(held, ZERO)
    for roles in (UNBURDENED, _BESIDE):
        wet = [i for i, made in enumerate(plan.created) if made.facts.role in roles]
        room = sum((masses[i] - held[i] for i in wet), ZERO)
        if room > ZERO and hidden > ZERO:
            part = min(ONE, hidden / room)
            hidden -= min(hidden, room)
            for i in wet:
                held[i] += (masses[i] - held[i]) * part
    return held


def explained_metals(plan: Plan, facts: Facts, goods: KnownMatter, contents: Collection[str]) -> list[Decimal]:
    """The part of each output that inputs and supplies can hold, by its metals of `contents`: of gold that no input
    holds nothing was sold."""
    parts = [ONE for _ in plan.created]
    metals = [profile_of(goods.sets, materials_of(facts.composition(made.facts))).metals for made in plan.created]
    for content in {one.group for held in metals for one in held if one.group in contents}:
        mine = [sum((one.share for one in held if one.group == content), ZERO) * (made.facts.mass or ZERO)
                for held, made in zip(metals, plan.created, strict=True)]
        came = sum((profile.holds[content] * mass for profile, mass in _came(
            plan.taken, (*plan.supplied, *plan.overheads), facts, goods.sets)), ZERO) * (ONE + TOLERANCE)
        made_of_it = sum(mine, ZERO)
        if made_of_it > came:
            parts = [part * came / made_of_it if one else part for part, one in zip(parts, mine, strict=True)]
    return parts


def _entering(process: Process) -> Iterator[Portion]:
    return _came(tuple(process.lots), process.supplied, process.facts, process.sets)


def _came(
    taken: Sequence[Taken], supplied: Sequence[Supplied], facts: Facts, sets: tuple[FactorSetVersion, ...]
) -> Iterator[Portion]:
    for lot, _, mass in taken:
        if mass:
            yield Portion(_profile_of_lot(facts, sets, lot), mass)
    for supply, mass in supplied:
        if mass:
            product = facts.product_named(supply.product)
            composition = _NOTHING if product is None else product.composition
            yield Portion(profile_of(sets, materials_of(composition, supply.material)), mass)


def _profile_of_lot(facts: Facts, sets: tuple[FactorSetVersion, ...], lot: LotFacts) -> Profile:
    """A good of other matter than its product may be the product: its own range asks for that already."""
    own = profile_of(sets, materials_of(facts.composition(lot)))
    product = facts.product_of(lot)
    if lot.composition is None or product is None or lot.role not in PRODUCT_ROLES or not product.composition.materials:
        return own
    usual = profile_of(sets, materials_of(product.composition))
    return own._replace(holds={metal: max(most, usual.holds[metal]) for metal, most in own.holds.items()})


def _contents(process: Process, outputs: Sequence[OutputHeld]) -> Mapping[str, list[Content]]:
    """The metals in outputs by their class: by the materials or else by the code of the product."""
    contents: dict[str, list[Content]] = {}
    for output in outputs:
        lot = output.made.facts
        if not lot.mass:
            continue
        metals = output.profile.metals
        product = process.facts.product_of(lot)
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
        held = alloys = ZERO
        for profile, amount in came:
            held += amount * profile.holds[group]
            alloys += amount * profile.alloys[group]
        most = max(alloying().get(group, {}).values(), default=ZERO)
        held -= max(alloys - most * (held - alloys), ZERO)
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


def check_densities(process: Process) -> Iterator[Finding]:
    """The findings on gases and liquids whose mass contradicts their volume: outputs that weigh less than half of it,
    and supplies of less than half or more than twice of it. The dearer of both counts."""
    for place, made in process.outputs:
        lot = made.facts
        if UNITS[lot.unit].dimension not in VOLUMES:
            continue
        materials = process.facts.composition(lot).materials
        whole = sum((_price_of_mass(process, name, lot.quantity * Decimal(share), lot.unit, lot.mass, Decimal(share))
                     for name, share in materials.items()), ZERO) if lot.mass else ZERO
        if whole > ZERO:
            yield replace(_denser(lot.id, lot.mass, whole), output=place)
    for place, (supply, mass) in enumerate(process.supplied):
        amount = _price_of_supply(process, supply, mass) if mass else ZERO
        if amount > ZERO:
            yield replace(_denser(supply.material, mass, amount), supply=place)


def _denser(name: str, mass: Decimal | None, amount: Decimal) -> Finding:
    kilograms = short(mass or ZERO)
    message = f"{name} weighs {kilograms:f} kg, which contradicts its volume"
    return Finding(code=DENSITY, message=message[:_LONGEST], value=kilograms, unit="KGM", amount=short(amount))


def weight_of_volume(
    sets: tuple[FactorSetVersion, ...], material: str, value: Decimal, unit: str
) -> tuple[Decimal, SupplyEntry] | None:
    """Kg of a volume of a gas or a liquid that the sets know; None for other goods, and for gas under pressure."""
    entry = substance_of(sets, material).entry
    if entry is None or entry.density is None or entry.group not in _FLUIDS:
        return None
    wanted = "normal volume" if entry.density < _DENSEST_GAS else "volume"
    have = UNITS[unit]
    return None if have.dimension != wanted else (value * have.scale * entry.density, entry)


def mass_of_volume(sets: tuple[FactorSetVersion, ...], material: str, quantity: Quantity) -> Quantity | None:
    """The kg of a volume by the density that a set has: of a fluid, or of a service that the set itself counts by
    volume, such as the treatment of waste water. None for other units and materials."""
    have = UNITS.get(quantity.unit)
    if have is None or have.dimension not in VOLUMES:
        return None
    weight = weight_of_volume(sets, material, quantity.amount, quantity.unit)
    if weight is not None:
        return _weighed(weight[0])
    known = entry_of(sets, material)
    if known is None or known[1].density is None or UNITS[known[1].unit].dimension != have.dimension:
        return None
    return _weighed(quantity.amount * have.scale * known[1].density)


def _weighed(kilograms: Decimal) -> Quantity:
    return Quantity(value=plain(_DIGITS.plus(kilograms)), unit="KGM")


def _price_of_mass(
    process: Process, material: str, value: Decimal, unit: str, mass: Decimal, share: Decimal
) -> Decimal:
    """Kg CO2e of the kg that a volume lacks."""
    known = weight_of_volume(process.sets, material, value, unit)
    if known is None or mass * share * _TWICE >= known[0]:
        return ZERO
    return _priced(process, known[1], known[0] - mass * share)


def _price_of_supply(process: Process, supply: Supply, mass: Decimal) -> Decimal:
    """Kg CO2e by which mass and volume of a supply differ, if the smaller one is priced."""
    known = weight_of_volume(process.sets, supply.material, supply.quantity.amount, supply.quantity.unit)
    if known is None or supply.origin == "nature" or known[0] <= mass * _TWICE <= known[0] * _TWICE * _TWICE:
        return ZERO
    is_by_mass = UNITS[known[1].unit].dimension == "mass"
    return max(_priced(process, known[1], known[0] - mass if is_by_mass else mass - known[0]), ZERO)


def _priced(process: Process, entry: SupplyEntry, mass: Decimal) -> Decimal:
    """Kg CO2e of a mass by default."""
    dimension = UNITS[entry.unit].dimension
    price = default_of(process.sets, process.around, entry.key, dimension)
    if price is None or entry.density is None:
        return ZERO
    return price[0] * (mass if dimension == "mass" else mass / entry.density)
