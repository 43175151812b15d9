"""What the ledger knows of organisations, sites, products and lots. All immutable once logged."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from ledger.core.records import Declaration

LOT_SLOTS = 1024
"""A lot's number is index * LOT_SLOTS + position: unique, in log order, and known before anything is written."""


class OrganizationFacts(Struct, frozen=True, gc=False):
    """An enrolled organisation, the prefixes that it may mint identifiers under, and its roles."""

    id: str
    prefixes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class FacilityFacts(Struct, frozen=True, gc=False):
    id: str
    operator: str
    country: str
    subdivision: str | None = None
    industry: str | None = None


class Composition(Struct, frozen=True, gc=False):
    """Mass fractions. `materials`, where given, list all that the thing holds."""

    materials: Mapping[str, str] = {}
    elements: Mapping[str, str] = {}
    fossil_carbon: str | None = None
    biogenic_carbon: str | None = None


class ProductFacts(Struct, frozen=True, gc=False):
    """`mass_per_unit`: kg of one `unit`, where known."""

    id: str
    owner: str
    sector: str
    unit: str
    mass_per_unit: Decimal | None = None
    composition: Composition = Composition()


class LotFacts(Struct, frozen=True, gc=False):
    """A lot as created. `quantity` is in the product's unit, `mass` is kg of the whole lot.

    `composition` only where it differs from the product's. `maker`: facility and process that made it.
    `previous_life`: digest of the record that ended it, or an estimate in years, of a core.
    """

    id: str
    number: int
    product: str
    holder: str
    role: str
    quantity: Decimal
    unit: str
    mass: Decimal | None = None
    origin: str | None = None
    item: str | None = None
    composition: Composition | None = None
    maker: tuple[str, str] | None = None
    previous_life: str | None = None

    @property
    def index(self) -> int:
        """The log index of the record that created it."""
        return self.number // LOT_SLOTS


class TransferFacts(Struct, frozen=True, gc=False):
    """`index`: where the transfer stands in the log."""

    to: str
    new_lot: str
    index: int


class Facts:
    """Immutable facts by name; what is not in here is not known (or not loaded)."""

    def __init__(self) -> None:
        self.organizations: dict[str, OrganizationFacts] = {}
        self.facilities: dict[str, FacilityFacts] = {}
        self.products: dict[str, ProductFacts] = {}
        self.lots: dict[str, LotFacts] = {}
        self.declarations: dict[str, Declaration] = {}
        self.transfers: dict[str, TransferFacts] = {}

    def learn(self, other: "Facts") -> None:
        """Adds all that `other` knows."""
        self.organizations.update(other.organizations)
        self.facilities.update(other.facilities)
        self.products.update(other.products)
        self.lots.update(other.lots)
        self.declarations.update(other.declarations)
        self.transfers.update(other.transfers)

    def composition(self, lot: LotFacts) -> Composition:
        """A lot's own composition, else its product's."""
        if lot.composition is not None:
            return lot.composition
        product = self.products.get(lot.product)
        return product.composition if product else Composition()
