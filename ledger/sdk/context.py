"""What a plugin sees of a record: the facility, the inputs' static facts, supplies and outputs. Never figures.

Quantities are Decimals in the unit named beside them; masses are kg, or None where the thing has no mass (energy,
services) or no mass is known.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from ledger.core.units import convert
from ledger.core.values import Quantity


class FacilityFacts(Struct, frozen=True, kw_only=True):
    """`places`: from the narrowest to the widest, such as ("CN-JS", "CN"): where to look for a factor."""

    id: str
    country: str
    subdivision: str | None = None
    industry: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        return (self.subdivision, self.country) if self.subdivision else (self.country,)


class InputFacts(Struct, frozen=True, kw_only=True):
    """A quantity taken from a lot. `materials` and `elements` are the lot's mass fractions; `mass` is of what is taken.

    `same_maker`: the lot was made by this facility and process (its own scrap coming back).
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


class SupplyFacts(Struct, frozen=True, kw_only=True):
    """A supply. `priced`: its upstream comes from the supplier's declaration or factor, so the plugin adds none."""

    index: int
    material: str
    quantity: Quantity
    mass: Decimal | None
    nature: bool
    priced: bool

    def amount(self, unit: str) -> Decimal:
        """The quantity in `unit`; raises InvalidQuantity that names this supply where it has another dimension."""
        return convert(self.quantity.amount, self.quantity.unit, unit, f"supplies[{self.index}].quantity")


class OutputFacts(Struct, frozen=True, kw_only=True):
    """A new lot. `heating_value` is MJ of the whole lot, `value` is money in the currency that all outputs share."""

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


class Context(Struct, frozen=True, kw_only=True):
    """One record, as a plugin sees it. `year` is the year in which it ended."""

    process: str
    route: str
    year: int
    hours: Decimal
    allocation: str
    facility: FacilityFacts
    inputs: tuple[InputFacts, ...]
    supplies: tuple[SupplyFacts, ...]
    outputs: tuple[OutputFacts, ...]

    def supplied(self, *materials: str) -> tuple[SupplyFacts, ...]:
        """The supplies of these materials, in record order."""
        return tuple(supply for supply in self.supplies if supply.material in materials)

    @property
    def mass_in(self) -> Decimal:
        """Kg of inputs and supplies together."""
        total = Decimal(0)
        for taken in self.inputs:
            total += taken.mass or 0
        for supply in self.supplies:
            total += supply.mass or 0
        return total

    def mass_out(self, *roles: str) -> Decimal:
        """Kg of the outputs with these roles; of all without any."""
        total = Decimal(0)
        for output in self.outputs:
            if not roles or output.role in roles:
                total += output.mass or 0
        return total
