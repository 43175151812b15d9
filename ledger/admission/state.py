"""The ledger's state as far as a batch needs it: immutable facts, and what changes from record to record."""

import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import (
    LOT_SLOTS,
    Composition,
    FacilityFacts,
    Facts,
    LotFacts,
    OrganizationFacts,
    PoolFacts,
    ProductFacts,
    RecordFacts,
    TransferFacts,
)
from ledger.admission.lots import Plan
from ledger.admission.rules import RULES, Rule
from ledger.admission.times import overlaps
from ledger.core.policy import ACTIVATED
from ledger.core.records import (
    Acceptance,
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Organization,
    Pool,
    Product,
    Reopening,
    Report,
    Transfer,
)
from ledger.core.residue import NONCE
from ledger.core.signing import VerifyingKey, load_spki
from ledger.core.units import convert
from ledger.core.values import PublicKey


class KeyState(NamedTuple):
    """A key that was enrolled at some time; `active` until it is revoked. `compromised_since`: the log index from which
    on its signatures are in doubt, where that is reported."""

    key: VerifyingKey
    organization: str
    active: bool = True
    compromised_since: int | None = None


DAY: Final = 24 * 3600 * 1000
"""Milliseconds."""
CONFIRMING_DAYS: Final = 7
"""How many entries, each at least a day after the one before, confirm that a week has passed."""


class Recovery(NamedTuple):
    """A registrar's request that waits: `digest` (hex) of its record, `time` in ms of its entry, and the keys that its
    completion makes active. `days` are confirmed by entries, the last one at `counted`, in ms."""

    digest: str
    time: int
    keys: tuple[VerifyingKey, ...]
    days: int
    counted: int

    def after(self, time: int) -> "Recovery":
        """The same after an entry at `time`: one that is at least a day after the last one that counted confirms a day,
        however much later it is."""
        if self.days >= CONFIRMING_DAYS or time - self.counted < DAY:
            return self
        return self._replace(days=self.days + 1, counted=time)


class KeyEffect(NamedTuple):
    """What a key change does: keys that it enters, keys that it revokes, keys that it reports as compromised."""

    entered: tuple[VerifyingKey, ...] = ()
    revoked: tuple[bytes, ...] = ()
    compromised: tuple[bytes, ...] = ()


class PluginState(NamedTuple):
    """The version of a plugin in force."""

    version: str
    digest: str


class ClosedPeriod(NamedTuple):
    """A period that takes no new transformation of `processes` (of none at all where none is named)."""

    start: str
    end: str
    processes: tuple[str, ...]

    def holds(self, start: str, end: str, processes: Sequence[str]) -> bool:
        """Whether it shares a moment and a process with a period of `processes`."""
        shared = not self.processes or not processes or not set(self.processes).isdisjoint(processes)
        return shared and overlaps(self.start, self.end, start, end)


class State(Facts):
    """Everything that the rules read, for the records of a batch or for the whole log.

    `size` is the number of entries so far, `time` that of the next entry in ms, `remaining` the quantity left of a lot
    by lot id, `used` lot ids that exist without their facts being here, with their holders, `holding` the lots of an
    item that have a balance, `prefixes` maps an enrolled prefix to its organisation, `taken` the names of other things
    whose facts are not here to what they are, `enrolled` are organisations of which the id alone is here, `nonces`
    issuers with the nonces that they have used. `closed` holds the closed periods of a facility by their closing's
    digest, `frozen` the lots in dispute, `openings` facility and product of opening stock, `reports` the periods that
    are reported of a facility or an organisation, `recoveries` the request that waits, by organisation, `erased` the
    records whose erasure is on the log and `amendments` those that changed fields of a record, all by digest. Only
    `apply` and a revision change it; `time` is set by whoever appends.
    """

    def __init__(self, origin: str, size: int = 0) -> None:
        super().__init__()
        self.origin = origin
        self.size = size
        self.time = 0
        self.recoveries: dict[str, Recovery] = {}
        self.keys: dict[bytes, KeyState] = {}
        self.remaining: dict[str, Decimal] = {}
        self.used: dict[str, str] = {}
        self.holding: dict[str, set[str]] = {}
        self.accepted: set[str] = set()
        self.plugins: dict[str, PluginState] = {}
        self.prefixes: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self.enrolled: set[str] = set()
        self.nonces: set[tuple[str, str]] = set()
        self.digests: set[bytes] = set()
        self.closed: dict[str, dict[str, ClosedPeriod]] = {}
        self.frozen: set[str] = set()
        self.openings: set[tuple[str, str]] = set()
        self.pool_ids: set[str] = set()
        self.reports: dict[str, set[tuple[str, str]]] = {}
        self.erased: set[str] = set()
        self.amendments: dict[str, set[str]] = {}

    def left(self, lot: str) -> Decimal | None:
        return self.remaining.get(lot)

    def apply(self, record: AnyRecord, digest: bytes, plan: Plan) -> tuple[LotFacts, ...]:
        """Makes the change of an admitted record at index `size`; the created lots come back with their numbers."""
        index = self.size
        for taken in plan.taken:
            left = self.remaining[taken.lot.id] - taken.quantity
            self.remaining[taken.lot.id] = left
            if taken.lot.item and not left:
                self.holding.get(taken.lot.item, set()).discard(taken.lot.id)
        lots = tuple([
            numbered(as_entered(record, digest, created.facts), index, i) for i, created in enumerate(plan.created)
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
        self.pass_time()
        match record:
            case Organization():
                self.organizations[record.id] = organization_facts(record)
                for prefix in record.prefixes:
                    self.prefixes[prefix] = record.id
                for public in record.keys:
                    self._enrol(base64.b64decode(public.spki), record.id)
            case KeyChange():
                self._change_keys(record, digest.hex())
            case Activation():
                if record.plugin == ACTIVATED and self.rules.has(Rule.EVIDENCED_RECOVERIES):
                    # Else whoever waits could be given witnesses of the requester's own.
                    self.recoveries.clear()
                if record.plugin == RULES:
                    self.rules = self.rules.after(self.size, record.version, record.digest)
                elif record.retired:
                    self.plugins.pop(record.plugin, None)
                else:
                    self.plugins[record.plugin] = PluginState(record.version, record.digest)
            case Erasure():
                self.erased.add(record.record)
            case Amendment():
                for change in record.changes:
                    if not change.withdrawn:
                        self.amendments.setdefault(change.record, set()).add(digest.hex())
            case Facility():
                self.facilities[record.id] = facility_facts(record)
            case Product():
                self.products[record.id] = product_facts(record)
            case Declaration():
                if record.per is not None:
                    self.declarations[digest.hex()] = record
                elif record.basis == "opening" and record.lot is not None and record.facility is not None:
                    self.openings.add((record.facility, record.lot.product))
            case Transfer():
                self.transfers[digest.hex()] = transfer_facts(record, self.size)
            case Acceptance():
                self._accept(record)
            case Pool():
                self.pools[record.id] = pool_facts(record)
                if record.default:
                    self.default_pools[record.issuer, record.product] = record.id
            case Report():
                self.reports.setdefault(record.subject, set()).add((record.start, record.end))
            case Addition():
                line = self.lines.get(record.pool, ())
                self.lines[record.pool] = (*line, next_generation(record.pool, line))
            case Closing():
                period = ClosedPeriod(record.start, record.end, tuple(record.processes))
                self.closed.setdefault(record.facility, {})[digest.hex()] = period
            case Reopening():
                for periods in self.closed.values():
                    periods.pop(record.closing, None)
            case _:
                pass
        self.records[digest.hex()] = RecordFacts(self.size, type_of(record), record.issuer)
        if record.nonce != NONCE:
            self.nonces.add((record.issuer, record.nonce))

    def pass_time(self) -> None:
        """Counts the days that an entry at `time` confirms for recoveries that wait."""
        for name, waiting in self.recoveries.items():
            self.recoveries[name] = waiting.after(self.time)

    def _accept(self, record: Acceptance) -> None:
        lot = self.transfers[record.transfer].new_lot
        if record.disputed:
            self.frozen.add(lot)
        else:
            self.frozen.discard(lot)
            self.accepted.add(record.transfer)

    def effect_of(self, record: KeyChange) -> KeyEffect:
        """What an admitted key change will do to the keys of its organisation."""
        named: tuple[bytes, ...] = tuple(map(bytes.fromhex, record.revoked))
        entered = _loaded(record.added)
        match record.recovery:
            case "request" | "objection":
                return KeyEffect()
            case "complete":
                entered = self.recoveries[record.organization].keys
                named = tuple([keyid for keyid, one in self.keys.items() if one.organization == record.organization])
            case None:
                pass
        revoked = tuple([keyid for keyid in named if self.keys[keyid].active])
        if record.compromised_since is None:
            return KeyEffect(entered, revoked)
        return KeyEffect(entered, revoked, revoked if record.recovery else named)

    def _change_keys(self, record: KeyChange, digest: str) -> None:
        effect = self.effect_of(record)
        for keyid in effect.revoked:
            self.keys[keyid] = self.keys[keyid]._replace(active=False)
        for keyid in effect.compromised:
            self.keys[keyid] = self.keys[keyid]._replace(compromised_since=record.compromised_since)
        for key in effect.entered:
            self.keys[key.keyid] = KeyState(key, record.organization)
        if record.recovery == "request":
            waiting = Recovery(digest, self.time, _loaded(record.added), 0, self.time)
            self.recoveries[record.organization] = waiting
        else:
            self.recoveries.pop(record.organization, None)

    def _enrol(self, spki: bytes, organization: str) -> None:
        key = load_spki(spki)
        self.keys[key.keyid] = KeyState(key, organization)


def _loaded(keys: Sequence[PublicKey]) -> tuple[VerifyingKey, ...]:
    return tuple([load_spki(base64.b64decode(key.spki)) for key in keys])


def as_entered(record: AnyRecord, digest: bytes, lot: LotFacts) -> LotFacts:
    """A planned lot with what only the digest adds: a core names the consumption that ended its life."""
    if isinstance(record, Consumption) and lot.role == "core":
        return replace(lot, previous_life=digest.hex())
    return lot


def numbered(lot: LotFacts, index: int, position: int) -> LotFacts:
    """A planned lot with its number: output `position` of the record at `index`."""
    return LotFacts(
        lot.id, index * LOT_SLOTS + position, lot.product, lot.holder, lot.role, lot.quantity, lot.unit, lot.mass,
        lot.origin, lot.item, lot.composition, lot.maker, lot.previous_life, lot.owner, lot.sender, lot.pool,
        lot.credit, lot.expires,
    )


def next_generation(pool: str, line: Sequence[str]) -> str:
    """The id of the lot that the next addition to a pool makes, after the newest of `line`."""
    return f"{pool}:{generation(line[-1]) + 1 if line else 1}"


def generation(lot: str) -> int:
    """Which generation of its pool a lot is, the first one being 1."""
    return int(lot.rpartition(":")[2])


def type_of(record: AnyRecord) -> str:
    """The record's `type` on the wire."""
    return str(type(record).__struct_config__.tag)


def transfer_facts(record: Transfer, index: int) -> TransferFacts:
    return TransferFacts(
        record.issuer, record.to, record.new_lot, index, record.purpose, Decimal(record.tolerance or 0)
    )


def pool_facts(record: Pool) -> PoolFacts:
    return PoolFacts(
        record.id, record.issuer, record.facility, record.product, record.role, record.origin, record.custody,
        record.averaging, record.default, record.attribute, Decimal(record.conversion or 1),
        record.balance_months or 12,
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
