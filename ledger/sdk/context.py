"""A plugin's view of a record: the facility, the inputs' static facts, supplies and outputs. It contains no figures.

Quantities are Decimals with their unit. Masses are kg, or None if the item has no mass (energy, services) or its mass
is unknown.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import convert, plain
from ledger.core.record.units import unit as unit_of
from ledger.core.record.values import Pedigree, Quantity, singular
from ledger.errors import InvalidQuantity
from ledger.sdk.sets.gases import gas_of, gases_in

ZERO: Final = Decimal(0)
ENERGY: Final = "energy"
"""The dimension of energy."""

PRODUCT_ROLES: Final = ("product", "coProduct")
"""Roles of outputs for which the process is run."""

CARRYING_ROLES: Final = ("product", "coProduct", "byProduct")
"""Roles of outputs that carry a share of the burden."""


class FacilityFacts(Struct, frozen=True, kw_only=True):
    """`places`: the places in which to look for a factor, from the narrowest to the widest, such as ("CN-JS", "CN")."""

    id: str
    country: str
    subdivision: str | None = None
    industry: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        return (self.subdivision, self.country) if self.subdivision else (self.country,)


class InputFacts(Struct, frozen=True, kw_only=True):
    """A quantity taken from a lot. `materials` and `elements` are the lot's mass fractions. `mass` is the taken mass.

    `same_maker`: this facility and process made the lot (home scrap). `generated`: power that a record of this ledger
    generated. Its green attribute is a separate lot (see `AttributeFacts`). `classes`: mass fractions of the materials
    by their class in the factor sets, of materials that no set knows by the words in their names. `known_classes`: of
    the materials that a set knows, alone.
    """

    lot: str
    product: str
    sector: str
    quantity: Quantity
    role: str
    mass: Decimal | None = None
    origin: str | None = None
    item: str | None = None
    materials: Mapping[str, Decimal] = {}
    elements: Mapping[str, Decimal] = {}
    fossil_carbon: Decimal = Decimal(0)
    biogenic_carbon: Decimal = Decimal(0)
    same_maker: bool = False
    generated: bool = False
    classes: Mapping[str, Decimal] = {}
    known_classes: Mapping[str, Decimal] = {}


class AttributeFacts(Struct, frozen=True, kw_only=True):
    """A green attribute that the record takes. It represents `amount` kWh of power from a renewable source, and covers
    that amount of the electricity that the record uses."""

    lot: str
    technology: str
    amount: Decimal


class HeatingValue(Struct, frozen=True, kw_only=True):
    """MJ per `unit` (KGM, TNE or NM3) of a fuel, net."""

    unit: str
    megajoules: Decimal

    def amount_of(self, energy: Quantity, unit: str) -> Decimal:
        """The fuel that gives this energy, in `unit`, which has the dimension of the fuel's own unit."""
        net = CONTEXT.multiply(energy.amount, unit_of(energy.unit).scale)
        own = CONTEXT.divide(net, self.megajoules)
        return own if unit == self.unit else CONTEXT.divide(
            CONTEXT.multiply(own, unit_of(self.unit).scale), unit_of(unit).scale)


class FuelFacts(Struct, frozen=True, kw_only=True):
    """How a fuel burns, by a row `name` of a factor set: `heating_value` in MJ (net) and `gases` in kg, per `unit`
    (KGM or NM3)."""

    name: str
    unit: str
    heating_value: Decimal
    gases: Mapping[str, Decimal]
    recalled: bool = False
    ratings: tuple[int, int, int] = (2, 3, 3)
    deviation: Decimal | None = None
    pedigree: tuple[int, ...] | None = None


class SupplyFacts(Struct, frozen=True, kw_only=True):
    """A supply. `priced`: its upstream comes from the supplier's declaration or factor, or from a factor set, so the
    plugin must not add it. `upstream`: kg CO2e of that upstream, if the core makes its lines. `fuel`: how it burns, by
    the factor sets in force. `heating`: of a fuel whose quantity is energy, and of nothing else: by the record's own
    analysis, else by `fuel`, else by the table of standard fuels.

    `combustion`: kg of CO2 (or CO2e) from burning it, if the supply brings a factor for its combustion. The core makes
    this line, so the plugin must not. `deviation` and `pedigree` state the uncertainty of the quantity. `lot`: of a lot
    that burns as a supply does (see `Sector.burns_lots`); its index is below 0.

    `material` is the record's word. `synonyms`: other words by which the sector may know it, the nearest first; look
    it up with `name_in`. `group`: its class in the factor sets; an empty string without one. `raw`: the route takes it
    as raw material (see `Sector.raw_materials`). `density`: of its entry in the factor sets, with the unit of volume
    (MTQ or NM3) of which it has the mass in kg.
    """

    index: int
    material: str
    quantity: Quantity
    mass: Decimal | None
    nature: bool
    priced: bool
    combustion: Decimal | None = None
    deviation: Decimal | None = None
    pedigree: Pedigree | None = None
    upstream: Decimal | None = None
    fuel: FuelFacts | None = None
    heating: HeatingValue | None = None
    lot: str | None = None
    synonyms: tuple[str, ...] = ()
    group: str = ""
    raw: bool = False
    density: tuple[str, Decimal] | None = None

    def name_in(self, known: Container[str]) -> str | None:
        """The word of `known` for this supply: the record's own word, else the nearest synonym; None without one."""
        return next((name for name in (self.material, *self.synonyms) if name in known), None)

    def amount(self, unit: str, heating: HeatingValue | None = None) -> Decimal:
        """The quantity in `unit`. If `unit` is a mass and the quantity is not, the supply's mass. If `unit` is a volume
        and the quantity is a mass: by the density. A fuel in a unit of energy, which is net: divided by the heating
        value `heating`, by default the supply's own.

        Raises InvalidQuantity, which names this supply, if neither quantity nor mass has the dimension of `unit`.
        """
        if self.mass is not None and unit_of(unit).dimension == "mass" != unit_of(self.quantity.unit).dimension:
            return convert(self.mass, "KGM", unit, f"supplies[{self.index}].mass")
        volume = self._volume(unit)
        if volume is not None:
            return volume
        net = None if self.heating is None else heating or self.heating
        if net is not None and unit_of(net.unit).dimension == unit_of(unit).dimension:
            return net.amount_of(self.quantity, unit)
        try:
            return convert(self.quantity.amount, self.quantity.unit, unit, f"supplies[{self.index}].quantity")
        except InvalidQuantity as error:
            if heating is not None and error.code == "wrong-dimension":
                error.rule = f"{error.rule}, or to KWH or GV: its energy, net"
            raise

    def _volume(self, unit: str) -> Decimal | None:
        if self.mass is None or self.density is None or unit_of(self.quantity.unit).dimension != "mass":
            return None
        measured, dense = self.density
        if unit_of(measured).dimension != unit_of(unit).dimension:
            return None
        return CONTEXT.divide(CONTEXT.multiply(CONTEXT.divide(self.mass, dense), unit_of(measured).scale),
                              unit_of(unit).scale)


class OutputFacts(Struct, frozen=True, kw_only=True):
    """A new lot. `heating_value` is MJ of the whole lot, `value` is money in the currency that all outputs share.
    `technology`: for a green attribute, how the power was generated. `known_classes`: as of an input."""

    lot: str
    product: str
    role: str
    quantity: Quantity
    mass: Decimal | None = None
    origin: str | None = None
    item: str | None = None
    value: Decimal | None = None
    heating_value: Decimal | None = None
    moles: Decimal | None = None
    materials: Mapping[str, Decimal] = {}
    elements: Mapping[str, Decimal] = {}
    fossil_carbon: Decimal = Decimal(0)
    biogenic_carbon: Decimal = Decimal(0)
    technology: str | None = None
    known_classes: Mapping[str, Decimal] = {}


class Context(Struct, frozen=True, kw_only=True):
    """A plugin's view of one record. `year` is the year in which the record ended. The green attributes that it takes
    are not in `inputs`, because they are neither matter nor power. `sets`: the core prices power, heat and the upstream
    of supplies from factor sets, so the plugin must not. `questions`: findings state values, ranges and amounts in
    question. `evidence`: the kinds of the record's documents, such as `meterReading` or `meterReading:heat`."""

    process: str
    route: str
    year: int
    hours: Decimal
    allocation: str
    facility: FacilityFacts
    inputs: tuple[InputFacts, ...]
    supplies: tuple[SupplyFacts, ...]
    outputs: tuple[OutputFacts, ...]
    attributes: tuple[AttributeFacts, ...] = ()
    sets: bool = False
    questions: bool = False
    evidence: tuple[str, ...] = ()

    def shows(self, *kinds: str) -> bool:
        """Whether the record has a document of one of these kinds, whatever it is about: `meterReading` or
        `meterReadings`."""
        wanted = {singular(kind) for kind in kinds}
        return any(singular(kind.partition(":")[0]) in wanted for kind in self.evidence)

    @property
    def green_power(self) -> Decimal:
        """The kWh of electricity for which the record takes green attributes."""
        return sum((one.amount for one in self.attributes), ZERO)

    def supplied(self, *materials: str) -> tuple[SupplyFacts, ...]:
        """The supplies of these materials by whatever word, in record order. A greenhouse gas is found by all its names
        and, after the supplies, in lots that consist of it."""
        gases = {gas_of(material) for material in materials} - {None} if self.questions else ()
        bought = tuple(supply for supply in self.supplies
                       if supply.name_in(materials) or (gases and gas_of(supply.material) in gases))
        return (*bought, *self._gases(materials)) if gases else bought

    @property
    def raw_materials(self) -> tuple[SupplyFacts, ...]:
        """The supplies that become the product."""
        return tuple(supply for supply in self.supplies if supply.raw)

    def _gases(self, materials: Sequence[str]) -> Iterator[SupplyFacts]:
        """The lots of these gases as supplies, by the name that `materials` has for the gas. Their burdens come with
        the lots."""
        names = {gas_of(material): material for material in materials}
        for taken in self.inputs:
            for gas, mass in gases_in(taken.materials, taken.mass).items():
                if gas in names:
                    yield _of_lot(taken, names[gas], mass)

    def in_lots(self, *materials: str) -> Iterator[SupplyFacts]:
        """These materials in lots, by their compositions, as supplies. Their burdens come with the lots."""
        for taken in self.inputs:
            for material in materials:
                mass = (taken.mass or ZERO) * taken.materials.get(material, ZERO)
                if mass:
                    yield _of_lot(taken, material, mass)

    @property
    def mass_in(self) -> Decimal:
        """Kg of inputs and supplies together."""
        total = self.mass_taken()
        for supply in self.supplies:
            total += supply.mass or ZERO
        return total

    def mass_taken(self, *roles: str) -> Decimal:
        """Kg of the inputs with these roles; of all inputs if no role is given. Supplies are not counted."""
        total = ZERO
        for taken in self.inputs:
            if not roles or taken.role in roles:
                total += taken.mass or ZERO
        return total

    def mass_out(self, *roles: str) -> Decimal:
        """Kg of the outputs with these roles; of all outputs if no role is given."""
        total = ZERO
        for output in self.outputs:
            if not roles or output.role in roles:
                total += output.mass or ZERO
        return total


def _of_lot(taken: InputFacts, material: str, mass: Decimal) -> SupplyFacts:
    return SupplyFacts(
        index=-1, material=material, quantity=Quantity(value=plain(mass), unit="KGM"), mass=mass, nature=False,
        priced=True, upstream=ZERO, lot=taken.lot,
    )
