"""One plain sentence for each record: its effect on the ledger."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ledger.cli.numbers import quantity_words, unit_words
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    AppointedReader,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    Grant,
    GrantRevocation,
    GrantScope,
    KeyChange,
    Organization,
    OrganizationNames,
    ParentEnd,
    PassportPublication,
    Pool,
    Product,
    ProductCompletion,
    PublicationEnd,
    ReaderRevocation,
    Reopening,
    Report,
    StandingAcceptance,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Flow

_NAMED: Final = 3
"""Inputs that a sentence names."""


def sentence(record: AnyRecord) -> str:
    """The effect of the record, without a full stop."""
    words = SENTENCES.get(type(record))
    return words(record) if words is not None else f"enters a record of type {type(record).__struct_config__.tag}"


def _organization(record: Organization) -> str:
    keys = "1 key" if len(record.keys) == 1 else f"{len(record.keys)} keys"
    prefixes = f", for names that begin with {', '.join(record.prefixes)}" if record.prefixes else ""
    return f"enrols {record.id} with {keys}{prefixes}"


def _parent_end(record: ParentEnd) -> str:
    if record.announced:
        return f"announces that {record.organization} will leave its parent, in thirty to ninety days"
    return f"takes {record.organization} out of the group of its parent, which then reads nothing of it"


def _key_change(record: KeyChange) -> str:
    what = f"adds {len(record.added)} and revokes {len(record.revoked)} keys of {record.organization}"
    return what if record.recovery is None else f"{what} ({record.recovery} of a key recovery)"


def _activation(record: Activation) -> str:
    return f"{'retires' if record.retired else 'puts in force'} {record.plugin} {record.version}"


def _erasure(record: Erasure) -> str:
    return f"erases the body of record {record.record} by {record.legal_basis}"


def _facility(record: Facility) -> str:
    return f"enters the facility {record.id} in {record.subdivision or record.country}"


def _product(record: Product) -> str:
    return f"enters the product {record.id}, counted in {unit_words(record.unit)}"


def _completion(record: ProductCompletion) -> str:
    return f"completes the product {record.product} for the lots made from now on: {record.reason}"


def _transformation(record: Transformation) -> str:
    taken = f" out of {_flows(record.inputs)}" if record.inputs else ""
    later = "; provisional until a closing" if record.basis == "provisional" else ""
    return f"makes {_count(record.outputs, 'lot')} by {record.process} at {record.facility}{taken}{later}"


def _transfer(record: Transfer) -> str:
    return (f"sends {quantity_words(record.quantity)} of {record.lot} to {record.to} as {record.new_lot} "
            f"({record.purpose})")


def _acceptance(record: Acceptance) -> str:
    if record.disputed:
        return f"disputes the transfer {record.transfer}, whose lot is frozen now"
    received = "in full" if record.received is None else f"with {quantity_words(record.received)} received"
    back = f"; the shortage goes back as {record.return_lot}" if record.return_lot else ""
    return f"accepts the transfer {record.transfer} {received}{back}"


def _standing(record: StandingAcceptance) -> str:
    goods = f"deliveries of {record.product}" if record.product else "deliveries"
    if record.withdrawn:
        return f"ends the rule by which {goods} from {record.sender} are accepted on arrival"
    agreed = "" if record.quantity is None else f" of {quantity_words(record.quantity)}"
    until = f" until {record.valid_until}" if record.valid_until else ""
    return (f"accepts {goods}{agreed} from {record.sender} on arrival, within {record.tolerance} of the quantity, from "
            f"{record.valid_from}{until}")


def _consumption(record: Consumption) -> str:
    made = f"; {_count(record.outputs, 'lot')} of waste or cores arise" if record.outputs else ""
    return f"takes {_flows(record.inputs)} off the ledger ({record.purpose}){made}"


def _declaration(record: Declaration) -> str:
    if record.lot is not None:
        return f"declares the lot {record.lot.lot} from elsewhere ({record.basis})"
    per = "" if record.per is None else f" per {quantity_words(record.per)}"
    return f"declares figures{per} that supplies may name ({record.basis})"


def _pool(record: Pool) -> str:
    return f"opens the pool {record.id} of {record.product} at {record.facility}"


def _addition(record: Addition) -> str:
    return f"adds {_flows(record.inputs)} to the pool {record.pool}"


def _amendment(record: Amendment) -> str:
    withdrawn = sum([change.withdrawn for change in record.changes])
    parts = [f"amends {_count(record.changes[withdrawn:], 'record')}"] if withdrawn < len(record.changes) else []
    parts += [f"withdraws {_count(record.changes[:withdrawn], 'record')}"] if withdrawn else []
    return f"{' and '.join(parts)}: {record.reason}"


def _closing(record: Closing) -> str:
    processes = f" for {', '.join(record.processes)}" if record.processes else ""
    totals = f" with {_count(record.measured, 'measured total')}" if record.measured else ""
    return f"closes {record.facility} from {record.start} to {record.end}{processes}{totals}"


def _reopening(record: Reopening) -> str:
    return f"reopens the period of the closing {record.closing}: {record.reason}"


def _attestation(record: Attestation) -> str:
    return (f"attests the {record.subject.kind} {record.subject.id} to {record.standard}: {record.opinion}, "
            f"{record.level} assurance, valid until {record.valid_until}")


def _report(record: Report) -> str:
    return f"reports figures of {record.subject} from {record.start} to {record.end}"


def _grant(record: Grant) -> str:
    scope = record.scope or GrantScope()
    things = {"lot": scope.lot, "product": scope.product, "declaration": scope.declaration}
    thing = next((f"the {kind} {name}" for kind, name in things.items() if name), "all its records")
    period = (f" from {scope.start}" if scope.start else "") + (f" to {scope.end}" if scope.end else "")
    whom = record.grantee or f"the holder of the link {record.link}"
    return f"lets {whom} read {thing}{period} at depth {record.depth} until {record.until}: {record.purpose}"


def _grant_revocation(record: GrantRevocation) -> str:
    return f"ends the grant {record.grant}"


def _reader(record: AppointedReader) -> str:
    until = f" until {record.until}" if record.until else ""
    return f"lets {record.organization} read all records{until}: {record.purpose}"


def _reader_revocation(record: ReaderRevocation) -> str:
    return f"ends the right of the reader {record.reader}"


def _publication(record: PassportPublication) -> str:
    if record.declaration is not None:
        return f"lets everyone name the declaration {record.declaration}"
    thing = f"the lot {record.lot}" if record.lot else (
        f"all lots of {record.product} that its own records make of its own goods")
    return f"publishes the passport of {thing}"


def _publication_end(record: PublicationEnd) -> str:
    return f"ends the publication {record.publication}"


def _organization_names(record: OrganizationNames) -> str:
    return f"names {record.issuer} {' / '.join(record.names.values())}"


def _flows(flows: Sequence[Flow]) -> str:
    named = [f"{quantity_words(flow.quantity)} of {flow.lot}" for flow in flows[:_NAMED]]
    if len(flows) > _NAMED:
        named.append(f"{len(flows) - _NAMED} more inputs")
    return ", ".join(named)


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


SENTENCES: Final[Mapping[type, Callable[[Any], str]]] = {
    Organization: _organization, ParentEnd: _parent_end, KeyChange: _key_change, Activation: _activation,
    Erasure: _erasure,
    Facility: _facility, Product: _product, ProductCompletion: _completion, Transformation: _transformation,
    Transfer: _transfer,
    Acceptance: _acceptance, StandingAcceptance: _standing, Consumption: _consumption, Declaration: _declaration,
    Pool: _pool, Addition: _addition, Amendment: _amendment, Closing: _closing, Reopening: _reopening,
    Attestation: _attestation, Report: _report, Grant: _grant, GrantRevocation: _grant_revocation,
    AppointedReader: _reader, ReaderRevocation: _reader_revocation, PassportPublication: _publication,
    PublicationEnd: _publication_end, OrganizationNames: _organization_names,
}
"""The words for each record type."""
