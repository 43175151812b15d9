"""The ledger's facts about organisations, sites, products and lots. All are immutable once logged."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Final, Self

from msgspec import Struct
from msgspec.structs import replace

from ledger.admission.activations import Activations
from ledger.admission.parents import LeftParents
from ledger.admission.rules import Rules
from ledger.core.record.kinds import (
    Declaration,
    Facility,
    Organization,
    Pool,
    Product,
    ProductCompletion,
    StandingAcceptance,
    Transfer,
)
from ledger.core.record.units import convert

LOT_SLOTS = 1024
"""A lot's number is index * LOT_SLOTS + position: unique, in log order, and known before anything is written. A record
makes fewer lots than this."""
_HALF = Decimal("0.5")
NOW: Final = "9999"
"""In place of an instant: after all of them."""
EVER: Final = ""
"""In place of an instant: before all of them, so that no parent has ended."""


class OrganizationFacts(Struct, frozen=True, gc=False):
    """An enrolled organisation, the prefixes of the identifiers that it may mint, and its roles. `enrolled_under`: the
    parent with which it was enrolled; `controlled`: whether this parent owns more than half of it."""

    id: str
    prefixes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    enrolled_under: str | None = None
    controlled: bool = False

    @property
    def parent(self) -> str | None:
        """The parent that controls it, unless it has left."""
        return self.enrolled_under if self.controlled else None


class SiteFacts(Struct, frozen=True, gc=False):
    id: str
    operator: str
    country: str
    subdivision: str | None = None
    industry: str | None = None


class Composition(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Mass fractions. `materials` lists all materials of the thing, or is empty if they are unknown. `edition`, of a
    lot: the digest of the newest completion of its product when it was made; absent without one."""

    materials: Mapping[str, str] = {}
    elements: Mapping[str, str] = {}
    fossil_carbon: str | None = None
    biogenic_carbon: str | None = None
    edition: str | None = None


class ProductFacts(Struct, frozen=True, gc=False):
    """A product as its record entered it, or as a completion left it. `mass_per_unit`: kg of one `unit`, if known.
    `codes`: digits of its CN and HS codes, the longest first. `editions`: the product after each completion, in log
    order; each has the digest of its completion in `edition` and its log index in `index`."""

    id: str
    owner: str
    sector: str
    unit: str
    mass_per_unit: Decimal | None = None
    composition: Composition = Composition()
    codes: tuple[str, ...] = ()
    edition: str | None = None
    index: int = 0
    editions: tuple["ProductFacts", ...] = ()

    def of(self, edition: str | None) -> "ProductFacts":
        """The product with which a lot of this edition was made."""
        return self if edition is None else next((one for one in self.editions if one.edition == edition), self)

    def before(self, index: int | None) -> "ProductFacts":
        """The product by the completions below a log index, or by all."""
        return next((one for one in reversed(self.editions) if index is None or one.index < index), self)

    def completed(self, record: ProductCompletion, digest: str, index: int) -> "ProductFacts":
        """The product with one edition more, by the completion at this log index."""
        last = self.before(None)
        own, mass = last.composition, record.mass_per_unit
        edition = ProductFacts(
            self.id, self.owner, self.sector, self.unit,
            convert(mass.amount, mass.unit, "KGM") if mass else last.mass_per_unit,
            Composition(
                record.materials or own.materials, record.elements or own.elements,
                record.fossil_carbon or own.fossil_carbon, record.biogenic_carbon or own.biogenic_carbon),
            customs_codes({str(name): code for name, code in record.classifications.items()}) or last.codes,
            digest, index,
        )
        return replace(self, editions=(*self.editions, edition))


class LotFacts(Struct, frozen=True, gc=False, kw_only=True):
    """A lot as created. `quantity` is in the product's unit, `mass` is kg of the whole lot.

    `composition` is present if it differs from the product's. `maker`: facility and process that made the lot.
    `previous_life`, of a core: the digest of the record that ended it, or an estimate in years. `owner` is present if
    it is not the holder. `sender`: who handed a transferred lot over; absent if the lot came back to its owner. `pool`:
    the pool of which the lot is a generation. `credit`: the credited material, or the power that an attribute
    certifies, to be used up before `expires`. `made`: the earliest time at which it can have been made; `since`, of a
    good: when its owner got it. `place`: the facility from which it was carried, if `maker` does not give it;
    `carried`: the kilometres for which transfers state freight. See `admission.provenance` for all four."""

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
    owner: str | None = None
    sender: str | None = None
    pool: str | None = None
    credit: str | None = None
    expires: str | None = None
    made: str | None = None
    since: str | None = None
    place: str | None = None
    carried: int | None = None

    @property
    def starting_place(self) -> str | None:
        """The facility from which the lot was carried, if the log knows it."""
        return self.place or (None if self.maker is None else self.maker[0])

    @property
    def owned_by(self) -> str:
        return self.owner or self.holder

    @property
    def edition(self) -> str | None:
        """The completion of its product with which it was made."""
        return None if self.composition is None else self.composition.edition

    @property
    def index(self) -> int:
        """The log index of the record that created the lot."""
        return self.number // LOT_SLOTS


class TransferFacts(Struct, frozen=True, gc=False):
    """`index`: the log index of the transfer; `tolerance`: the fraction that may be missing on arrival."""

    issuer: str
    to: str
    new_lot: str
    index: int
    purpose: str = "sale"
    tolerance: Decimal = Decimal(0)


class StandingFacts(Struct, frozen=True, gc=False):
    """A rule, entered by the record at `index`, by which `receiver` accepts deliveries of `sender` when they arrive.
    `product` is empty if it is about all products, `valid_until` if it has no end. `quantity`: the agreed quantity of
    each delivery, with its unit."""

    index: int
    receiver: str
    sender: str
    product: str
    purposes: frozenset[str]
    roles: frozenset[str]
    valid_from: str
    valid_until: str
    tolerance: Decimal
    quantity: tuple[Decimal, str] | None = None
    withdrawn: bool = False


class PoolFacts(Struct, frozen=True, gc=False):
    """A pool with the values of its record."""

    id: str
    holder: str
    facility: str
    product: str
    role: str = "product"
    origin: str | None = None
    custody: str = "controlledBlending"
    averaging: str = "moving"
    default: bool = False
    attribute: str | None = None
    conversion: Decimal = Decimal(1)
    balance_months: int = 12


class RecordFacts(Struct, frozen=True, gc=False):
    """A record that another record names by its digest."""

    index: int
    type: str
    issuer: str


class Facts:
    """Facts by name; a missing fact is unknown or not loaded. All are immutable except for `lines`, the generations of
    each pool in log order (at least the newest), `default_pools`, by holder and product, `activations`, and the ends of
    `parents`, which grow. `withdrawn` are the lots of withdrawn records. `group_goods` are running totals in kg by
    organisation and subject, of it and of all that it controls, `unshown` are the organisations with a total of goods
    that went without a document, and `made_goods` the products of which a process has made goods, so far. `returned`
    has the totals from before a record that is being revised, by its first lot: see `ledger.admission.checks.goods`.
    `given` has the declarations, by digest, that their issuers have given to an organisation (empty for all), by a
    grant or a publication; the right to name them stays. It also has the products whose lots an organisation was ever
    given the right to publish; the grantor stands for all of its products. `seen` has the products that an organisation
    (empty for all) was shown: by a publication, by a grant in full, or with a lot that it received or owns. If the
    grant is of all records, the grantor stands for its products. `completed`: the log index of the newest completion of
    a product that is known here; -1 if no product was completed. Outputs and supplies have their products by the
    completions below `products_before`, or by all."""

    products_before: int | None = None

    def __init__(self) -> None:
        self.completed = -1
        self.organizations: dict[str, OrganizationFacts] = {}
        self.facilities: dict[str, SiteFacts] = {}
        self.products: dict[str, ProductFacts] = {}
        self.lots: dict[str, LotFacts] = {}
        self.declarations: dict[str, Declaration] = {}
        self.transfers: dict[str, TransferFacts] = {}
        self.pools: dict[str, PoolFacts] = {}
        self.default_pools: dict[tuple[str, str], str] = {}
        self.lines: dict[str, tuple[str, ...]] = {}
        self.records: dict[str, RecordFacts] = {}
        self.withdrawn: set[str] = set()
        self.group_goods: dict[tuple[str, str], Decimal] = {}
        self.unshown: set[str] = set()
        self.made_goods: set[str] = set()
        self.returned: dict[str, tuple[Decimal, Decimal | None, tuple[tuple[str, Decimal], ...]]] = {}
        self.given: set[tuple[str, str]] = set()
        self.seen: set[tuple[str, str]] = set()
        self.activations = Activations()
        self.parents = LeftParents()

    @property
    def rules(self) -> Rules:
        """Every activation of the ledger's rules."""
        return self.activations.rules

    def learn(self, other: "Facts") -> None:
        """Adds all facts of `other`."""
        self.organizations.update(other.organizations)
        self.facilities.update(other.facilities)
        self.products.update(other.products)
        self.lots.update(other.lots)
        self.declarations.update(other.declarations)
        self.transfers.update(other.transfers)
        self.pools.update(other.pools)
        self.default_pools.update(other.default_pools)
        self.lines.update(other.lines)
        self.records.update(other.records)
        self.withdrawn.update(other.withdrawn)
        self.completed = max(self.completed, other.completed)
        self.group_goods.update(other.group_goods)
        self.unshown.update(other.unshown)
        self.made_goods.update(other.made_goods)
        self.returned.update(other.returned)
        self.given.update(other.given)
        self.seen.update(other.seen)
        if len(other.activations.entries) > len(self.activations.entries):
            self.activations = other.activations
        if len(other.parents.entries) > len(self.parents.entries):
            self.parents = other.parents

    def as_of(self, index: int) -> Self:
        """The same facts for a record at a log index: later completions of products do not count."""
        view = copy(self)
        view.products_before = index
        return view

    def product_named(self, name: str | None) -> ProductFacts | None:
        """The product that an output or a supply names."""
        product = self.products.get(name or "")
        return product if product is None or not product.editions else product.before(self.products_before)

    def product_of(self, lot: LotFacts) -> ProductFacts | None:
        """The product with which a lot was made."""
        product = self.products.get(lot.product)
        return product if product is None or not product.editions else product.of(lot.edition)

    def may_name(self, issuer: str, digest: str) -> bool:
        """Whether a record of `issuer` may name the declaration with this digest: its own, of an organisation that it
        controls, or given to it. It may name no unknown declaration."""
        declared = self.declarations.get(digest)
        if declared is None:
            return False
        return self.controls(issuer, declared.issuer) or not self.given.isdisjoint(((digest, issuer), (digest, "")))

    def may_name_product(self, issuer: str, name: str) -> bool:
        """Whether a record of `issuer` may use the facts of this product: its own, of an organisation that it controls,
        or shown to it. It may use no unknown product."""
        product = self.products.get(name)
        if product is None:
            return False
        shown = ((name, ""), (name, issuer), (product.owner, issuer))
        return self.controls(issuer, product.owner) or not self.seen.isdisjoint(shown)

    def may_publish(self, issuer: str, lot: LotFacts) -> bool:
        """Whether the lot is of a product of `issuer`, or the product's owner has let it publish such lots. Outputs
        name a product of the issuer of their record, and no pool or transfer changes it: its owner is the maker. A core
        keeps the product of an earlier life, so nobody is known as its maker once it was handed over."""
        product = self.product_of(lot)
        if product is None or (lot.role == "core" and (lot.sender is not None or lot.pool is not None)):
            return False
        given = ((product.id, issuer), (product.owner, issuer))
        return product.owner == issuer or not self.given.isdisjoint(given)

    def controls(self, organization: str, other: str) -> bool:
        """Whether an organisation is this other one, or controls it."""
        return organization in self.groups(other, NOW)

    def left(self, lot: str) -> Decimal | None:
        """The remaining quantity of a lot, if known."""
        return None

    def pool_named(self, name: str, holder: str) -> PoolFacts | None:
        """The pool that an input of `holder` names: by the pool's id, or by the product of a default pool."""
        return self.pools.get(name) or self.pools.get(self.default_pools.get((holder, name), ""))

    def lot_named(self, name: str, holder: str, before: int | None = None) -> LotFacts | None:
        """The lot that an input of `holder` names: the lot itself, or the newest generation of the named pool. If
        `before` is given, only lots with a number below it exist."""
        lot = self.lots.get(name)
        if lot is not None and (before is None or lot.number < before):
            return lot
        pool = self.pool_named(name, holder)
        line = self.lines.get(pool.id, ()) if pool is not None else ()
        place = len(line) if before is None else bisect_left(line, before, key=lambda lot_id: self.lots[lot_id].number)
        return self.lots.get(line[place - 1]) if place else None

    def group(self, organization: str, at: str) -> str:
        """The organisation that controls this one and all others of its group, or itself: as rules about goods count
        groups for a record or goods with this stated instant. A former group counts as one for twelve months."""
        return self.groups(organization, at)[-1]

    def one_group(self, organization: str, other: str, at: str) -> bool:
        """Whether two organisations belong to one group; `at` as for `group`."""
        return organization == other or self.group(organization, at) == self.group(other, at)

    def groups(self, organization: str, at: str = EVER) -> Sequence[str]:
        """The organisation, the parent that controls it, and so on; a parent that has ended only as long as rules about
        goods count it. Each of them can be `group`, now or once the organisation or a parent of it has left."""
        line = [organization]
        while (known := self.organizations.get(line[-1])) is not None and known.parent is not None:
            left = self.parents.left(known.id)
            if left is not None and at >= left.counted_until:
                break
            line.append(known.parent)
        return line

    def composition(self, lot: LotFacts) -> Composition:
        """A lot's own composition, else its product's."""
        if lot.composition is not None:
            return lot.composition
        product = self.product_of(lot)
        return product.composition if product else Composition()


def counted_at(stated: str, lot: LotFacts) -> str:
    """The instant by which rules count groups for a lot in a record with this stated time: goods that were made in a
    group stay its goods."""
    return stated if lot.made is None else min(stated, lot.made)


def transfer_facts(record: Transfer, index: int) -> TransferFacts:
    return TransferFacts(
        record.issuer, record.to, record.new_lot, index, record.purpose, Decimal(record.tolerance or 0)
    )


def standing_facts(record: StandingAcceptance, index: int) -> StandingFacts:
    agreed = record.quantity
    return StandingFacts(
        index, record.issuer, record.sender, record.product or "", frozenset(record.purposes or ["sale"]),
        frozenset(record.roles or ["product"]), record.valid_from or "", record.valid_until or "",
        Decimal(record.tolerance or 0), None if agreed is None else (agreed.amount, agreed.unit), record.withdrawn,
    )


def pool_facts(record: Pool) -> PoolFacts:
    return PoolFacts(
        record.id, record.issuer, record.facility, record.product, record.role, record.origin, record.custody,
        record.averaging, record.default, record.attribute, Decimal(record.conversion or 1),
        record.balance_months or 12,
    )


def organization_facts(record: Organization) -> OrganizationFacts:
    # Without a share the parent owns all (GHG Protocol, chapter 3: control).
    controlled = record.parent_share is None or Decimal(record.parent_share) > _HALF
    return OrganizationFacts(
        record.id, tuple(record.prefixes), tuple(record.roles), record.parent, controlled and record.parent is not None)


def facility_facts(record: Facility) -> SiteFacts:
    return SiteFacts(record.id, record.issuer, record.country, record.subdivision, record.industry)


def product_facts(record: Product) -> ProductFacts:
    mass = record.mass_per_unit
    return ProductFacts(
        record.id, record.issuer, record.sector, record.unit,
        convert(mass.amount, mass.unit, "KGM") if mass else None,
        Composition(record.materials, record.elements, record.fossil_carbon, record.biogenic_carbon),
        customs_codes({str(name): code for name, code in record.classifications.items()}),
    )


def customs_codes(classifications: Mapping[str, str]) -> tuple[str, ...]:
    """The digits of a product's CN and HS codes, the longest first."""
    given = [code for name, code in classifications.items() if name != "cpc"]
    codes = {"".join([letter for letter in code if letter.isdigit()]) for code in given}
    return tuple(sorted(codes - {""}, key=lambda code: (-len(code), code)))
