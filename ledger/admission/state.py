"""The ledger's state as far as a batch needs it: immutable facts, and what changes from record to record."""

import base64
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import (
    LOT_SLOTS,
    Composition,
    FacilityFacts,
    Facts,
    LotFacts,
    OrganizationFacts,
    ProductFacts,
    TransferFacts,
)
from ledger.admission.lots import Plan
from ledger.core.records import (
    Acceptance,
    Activation,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    KeyChange,
    Organization,
    Product,
    Transfer,
)
from ledger.core.signing import VerifyingKey, load_spki
from ledger.core.units import convert


class KeyState(NamedTuple):
    """A key that was enrolled at some time; `active` until it is revoked."""

    key: VerifyingKey
    organization: str
    active: bool = True


class PluginState(NamedTuple):
    """The version of a plugin in force."""

    version: str
    digest: str


class State(Facts):
    """Everything that the rules read, for the records of a batch or for the whole log.

    `size` is the number of entries so far, `remaining` the quantity left of a lot by lot id, `used` lot ids that exist
    without their facts being here, `holding` the lots of an item that have a balance, `prefixes` maps an enrolled
    prefix to its organisation. Only `apply` changes it.
    """

    def __init__(self, origin: str, size: int = 0) -> None:
        super().__init__()
        self.origin = origin
        self.size = size
        self.keys: dict[bytes, KeyState] = {}
        self.remaining: dict[str, Decimal] = {}
        self.used: set[str] = set()
        self.holding: dict[str, set[str]] = {}
        self.accepted: set[str] = set()
        self.plugins: dict[str, PluginState] = {}
        self.prefixes: dict[str, str] = {}
        self.digests: set[bytes] = set()

    def apply(self, record: AnyRecord, digest: bytes, plan: Plan) -> tuple[LotFacts, ...]:
        """Makes the change of an admitted record at index `size`; the created lots come back with their numbers."""
        index = self.size
        for taken in plan.taken:
            left = self.remaining[taken.lot.id] - taken.quantity
            self.remaining[taken.lot.id] = left
            if taken.lot.item and not left:
                self.holding.get(taken.lot.item, set()).discard(taken.lot.id)
        lots = tuple([
            _numbered(as_entered(record, digest, created.facts), index, i) for i, created in enumerate(plan.created)
        ])
        for lot in lots:
            self.lots[lot.id] = lot
            self.remaining[lot.id] = lot.quantity
            if lot.item:
                self.holding.setdefault(lot.item, set()).add(lot.id)
        self.note(record, digest)
        self.digests.add(digest)
        self.size = index + 1
        return lots

    def note(self, record: AnyRecord, digest: bytes) -> None:
        """Enters what a record at index `size` makes known besides lots."""
        match record:
            case Organization():
                self.organizations[record.id] = organization_facts(record)
                for prefix in record.prefixes:
                    self.prefixes[prefix] = record.id
                for public in record.keys:
                    self._enrol(base64.b64decode(public.spki), record.id)
            case KeyChange():
                for public in record.added:
                    self._enrol(base64.b64decode(public.spki), record.organization)
                for keyid in map(bytes.fromhex, record.revoked):
                    self.keys[keyid] = self.keys[keyid]._replace(active=False)
            case Activation():
                if record.retired:
                    self.plugins.pop(record.plugin, None)
                else:
                    self.plugins[record.plugin] = PluginState(record.version, record.digest)
            case Facility():
                self.facilities[record.id] = facility_facts(record)
            case Product():
                self.products[record.id] = product_facts(record)
            case Declaration():
                if record.per is not None:
                    self.declarations[digest.hex()] = record
            case Transfer():
                self.transfers[digest.hex()] = TransferFacts(record.to, record.new_lot, self.size)
            case Acceptance():
                self.accepted.add(record.transfer)

    def _enrol(self, spki: bytes, organization: str) -> None:
        key = load_spki(spki)
        self.keys[key.keyid] = KeyState(key, organization)


def as_entered(record: AnyRecord, digest: bytes, lot: LotFacts) -> LotFacts:
    """A planned lot with what only the digest adds: a core names the consumption that ended its life."""
    if isinstance(record, Consumption) and lot.role == "core":
        return replace(lot, previous_life=digest.hex())
    return lot


def _numbered(lot: LotFacts, index: int, position: int) -> LotFacts:
    return LotFacts(
        lot.id, index * LOT_SLOTS + position, lot.product, lot.holder, lot.role, lot.quantity, lot.unit, lot.mass,
        lot.origin, lot.item, lot.composition, lot.maker, lot.previous_life,
    )


def organization_facts(record: Organization) -> OrganizationFacts:
    return OrganizationFacts(record.id, tuple(record.prefixes), tuple(record.roles))


def facility_facts(record: Facility) -> FacilityFacts:
    return FacilityFacts(record.id, record.issuer, record.country, record.subdivision, record.industry)


def product_facts(record: Product) -> ProductFacts:
    mass = record.mass_per_unit
    return ProductFacts(
        record.id, record.issuer, record.sector, record.unit,
        convert(mass.amount, mass.unit, "KGM") if mass else None,
        Composition(record.materials, record.elements, record.fossil_carbon, record.biogenic_carbon),
    )
