"""What a record names, so that a batch's state can be loaded before its rules run."""

import base64
import hashlib
from collections.abc import Iterable

from ledger.core.records import (
    Acceptance,
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    Attestation,
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
    Transformation,
)
from ledger.core.values import Output, PublicKey, Supply


class Names:
    """Identifiers by kind, collected from any number of records. `lots` are taken from (an input may name a pool or a
    product instead), `new_lots` are created; `new_names` are given to organisations, facilities and products,
    `enrolled` to organisations alone; `new_keys` are the keyids that records enter; `records` are named by digest for
    what they are, `openings` are facility and product of opening stock, `pools` holder and product of new pools,
    `reports` the subjects of reports, `erasures` the digests of records that are to be erased."""

    def __init__(self) -> None:
        self.organizations: set[str] = set()
        self.facilities: set[str] = set()
        self.products: set[str] = set()
        self.lots: set[str] = set()
        self.new_lots: set[str] = set()
        self.new_names: set[str] = set()
        self.enrolled: set[str] = set()
        self.items: set[str] = set()
        self.declarations: set[str] = set()
        self.transfers: set[str] = set()
        self.prefixes: set[str] = set()
        self.keys_of: set[str] = set()
        self.new_keys: set[bytes] = set()
        self.records: set[str] = set()
        self.openings: set[tuple[str, str]] = set()
        self.pools: set[tuple[str, str]] = set()
        self.reports: set[str] = set()
        self.erasures: set[str] = set()

    def merge(self, other: "Names") -> None:
        """Adds all that `other` holds."""
        own = vars(self)
        for kind, found in vars(other).items():
            if found:
                own[kind].update(found)

    def add(self, record: AnyRecord) -> None:
        self.organizations.add(record.issuer)
        match record:
            case Transformation():
                self.facilities.add(record.facility)
                self.lots.update([flow.lot for flow in record.inputs])
                self._outputs(record.outputs)
                self._supplies(record.supplies)
            case Transfer():
                self.organizations.add(record.to)
                self.lots.add(record.lot)
                self.new_lots.add(record.new_lot)
                self._supplies(record.transport)
                self._supplies(record.packaging)
            case Consumption():
                self.lots.update([flow.lot for flow in record.inputs])
                self._outputs(record.outputs)
                if record.on_behalf_of:
                    self.organizations.add(record.on_behalf_of)
                if record.facility:
                    self.facilities.add(record.facility)
                if record.claim and record.claim.lot:
                    self.lots.add(record.claim.lot)
            case Declaration():
                if record.lot:
                    self._outputs([record.lot])
                    if record.basis == "opening" and record.facility:
                        self.facilities.add(record.facility)
                        self.openings.add((record.facility, record.lot.product))
            case Acceptance():
                self.transfers.add(record.transfer)
                if record.return_lot:
                    self.new_lots.add(record.return_lot)
            case Pool():
                self.facilities.add(record.facility)
                self.products.add(record.product)
                self.new_lots.update((record.id, f"{record.id}:1"))
                self.pools.add((record.issuer, record.product))
            case Addition():
                self.lots.add(record.pool)
                self.lots.update([flow.lot for flow in record.inputs])
                if record.credit_lot:
                    self.new_lots.add(record.credit_lot)
            case Closing():
                self.facilities.add(record.facility)
                self.lots.update([flow.lot for flow in record.retired])
                self._supplies(record.measured)
                self._supplies(record.overheads)
            case Reopening():
                self.records.add(record.closing)
            case Attestation():
                self._subject(record)
            case Report():
                self.reports.add(record.subject)
                if record.facility:
                    self.facilities.add(record.facility)
            case Amendment():
                self.records.update([change.record for change in record.changes])
            case Erasure():
                self.records.add(record.record)
                self.erasures.add(record.record)
            case Product():
                self.products.add(record.id)
                self.new_names.add(record.id)
            case Facility():
                self.facilities.add(record.id)
                self.new_names.add(record.id)
            case Organization():
                self.organizations.update((record.id, record.parent or record.id))
                self.new_names.add(record.id)
                self.enrolled.add(record.id)
                self.prefixes.update(record.prefixes)
                self._keys(record.keys)
            case KeyChange():
                self.organizations.add(record.organization)
                self.keys_of.add(record.organization)
                self._keys(record.added)
            case Activation():
                pass

    def _subject(self, record: Attestation) -> None:
        subject = record.subject
        match subject.kind:
            case "record":
                self.records.add(subject.id)
            case "lot":
                self.lots.add(subject.id)
            case "product":
                self.products.add(subject.id)
            case "facility":
                self.facilities.add(subject.id)

    def _keys(self, keys: Iterable[PublicKey]) -> None:
        self.new_keys.update([hashlib.sha256(base64.b64decode(key.spki)).digest() for key in keys])

    def _outputs(self, outputs: list[Output]) -> None:
        for output in outputs:
            self.new_lots.add(output.lot)
            self.products.add(output.product)
            if output.owner:
                self.organizations.add(output.owner)
            if output.item:
                self.items.add(output.item)

    def _supplies(self, supplies: list[Supply]) -> None:
        for supply in supplies:
            if supply.product:
                self.products.add(supply.product)
            if supply.declaration:
                self.declarations.add(supply.declaration)


def mentioned_by(record: AnyRecord) -> list[str]:
    """Everything by name on which the plan of a record rests, the record's own identifiers left out."""
    found = [record.issuer]
    match record:
        case Transformation():
            found.append(record.facility)
            found.extend([flow.lot for flow in record.inputs])
            found.extend([output.product for output in record.outputs])
            found.extend(_referenced(record.supplies))
        case Transfer():
            found.extend((record.lot, record.to))
            found.extend(_referenced([*record.transport, *record.packaging]))
        case Consumption():
            found.extend([flow.lot for flow in record.inputs])
            found.extend([output.product for output in record.outputs])
            found.extend([name for name in (record.on_behalf_of, record.facility) if name])
            if record.claim and record.claim.lot:
                found.append(record.claim.lot)
        case Reopening():
            found.append(record.closing)
        case Erasure():
            found.append(record.record)
        case Declaration():
            if record.lot:
                found.append(record.lot.product)
            if record.facility and record.basis == "opening":
                found.append(record.facility)
        case Acceptance():
            found.append(record.transfer)
        case Pool():
            found.extend((record.facility, record.product))
        case Addition():
            found.append(record.pool)
            found.extend([flow.lot for flow in record.inputs])
        case Attestation():
            found.append(record.subject.id)
        case Report():
            if record.facility:
                found.append(record.facility)
        case _:
            pass
    return found


def flows_named(record: AnyRecord) -> list[str]:
    """What the flows of a record name, in order: lots, pools, or products of default pools."""
    match record:
        case Transformation() | Consumption() | Addition():
            return [flow.lot for flow in record.inputs]
        case Transfer():
            return [record.lot]
        case Closing():
            return [flow.lot for flow in record.retired]
        case _:
            return []


def entered_by(record: AnyRecord, digest: bytes) -> str | None:
    """The name by which later records find what this one enters, besides lots."""
    match record:
        case Organization() | Facility() | Product() | Pool():
            return record.id
        case Transfer() | Declaration():
            return digest.hex()
        case _:
            return None


def _referenced(supplies: list[Supply]) -> list[str]:
    return [name for supply in supplies for name in (supply.product, supply.declaration) if name]
