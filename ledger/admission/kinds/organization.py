"""Organisations: the registrar enrols them, with keys and prefixes."""

import base64
from collections.abc import Iterator, Sequence

from ledger.admission.checks.balances import check_unused_name
from ledger.admission.checks.new_keys import check_distinct, check_new_keys, key_rows, proven_keys
from ledger.admission.checks.roles import check_registrar
from ledger.admission.facts import Facts, organization_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import KeyState, State
from ledger.core.record.identifiers import check_identifier, check_prefix, overlap
from ledger.core.record.kinds import Organization
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import VerifyingKey, load_spki
from ledger.errors import Refused


class OrganizationKind(Kind[Organization]):
    """Entry 0 is the registrar's own; `ledger.admission.admit` checks it."""

    def names(self, record: Organization, names: Names) -> None:
        names.organizations.update((record.id, record.parent or record.id))
        names.new_names.add(record.id)
        names.enrolled.add(record.id)
        names.prefixes.update(record.prefixes)
        names.add_keys(record.keys)
        parent = organization_facts(record).parent
        if parent is not None:
            names.parents.add((record.id, parent))

    def enters(self, record: Organization, digest: bytes) -> str:
        return record.id

    def entered_keys(self, record: Organization) -> tuple[str, Sequence[PublicKey]]:
        return "keys", record.keys

    def plan(self, record: Organization, facts: Facts, terms: Terms) -> Plan:
        _check_form(record)
        return Plan()

    def check(self, record: Organization, keyid: bytes, state: State) -> None:
        check_registrar(record, state, "enrol organisations")
        check_unused_name(record.id, state.organizations, "organization")
        check_parent(record, state)
        for i, prefix in enumerate(record.prefixes):
            for other, owner in state.prefixes.items():
                if overlap(prefix, other):
                    raise Refused(
                        f"prefixes[{i}]: {prefix!r} overlaps with {other!r} of {owner}", code="prefix-overlap",
                        field=f"prefixes[{i}]", value=prefix, rule="prefixes of organisations do not overlap",
                    )
        check_new_keys(own_keys(record, state), state, "keys")

    def apply(self, record: Organization, digest: bytes, state: State) -> None:
        state.organizations[record.id] = organization_facts(record)
        for prefix in record.prefixes:
            state.prefixes[prefix] = record.id
        for key in _loaded(record):
            state.keys[key.keyid] = KeyState(key, record.id)

    def rows(self, record: Organization, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "organization", (record.id, index, record.parent)
        for prefix in record.prefixes:
            yield "prefix", (prefix, record.id)
        yield from key_rows(_loaded(record), record.id, index)


def check_parent(record: Organization, state: State) -> None:
    """Raises Refused if the parent is not enrolled."""
    if record.parent is not None and record.parent not in state.organizations:
        raise Refused(f"parent: {record.parent!r} is not enrolled", code="unknown-organization", field="parent",
                      value=record.parent, rule="an organisation that is enrolled")


def own_keys(record: Organization, state: State) -> tuple[VerifyingKey, ...]:
    """The keys that the record enters. Raises InvalidKey if a key has no valid proof of possession."""
    return proven_keys(record.keys, state.origin, record.id, "keys", record.parent)


def _loaded(record: Organization) -> list[VerifyingKey]:
    return [load_spki(base64.b64decode(key.spki)) for key in record.keys]


def _check_form(record: Organization) -> None:
    """Checks the form of identifiers, prefixes and shares."""
    check_identifier(record.id, "id")
    for i, prefix in enumerate(record.prefixes):
        check_prefix(prefix, f"prefixes[{i}]")
        for other in record.prefixes[:i]:
            if overlap(prefix, other):
                raise Refused(
                    f"prefixes[{i}]: {prefix!r} overlaps with {other!r}", code="prefix-overlap",
                    field=f"prefixes[{i}]", value=prefix, rule="prefixes do not overlap",
                )
    if record.parent == record.id:
        raise Refused("parent: an organisation is not its own parent", code="parent", field="parent",
                      value=record.parent, rule="another organisation")
    if record.parent_share is not None and record.parent is None:
        raise Refused("parentShare without parent", code="parent", field="parentShare", value=record.parent_share,
                      rule="parentShare needs a parent")
    check_distinct([key.spki for key in record.keys], "keys")
