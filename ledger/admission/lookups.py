"""The names that a record uses and enters, by the table of record kinds."""

from collections.abc import Iterable, Sequence

from ledger.admission.facts import Facts
from ledger.admission.kinds.table import kind_of
from ledger.admission.names import Names
from ledger.core.record.kinds import AnyRecord

Editions = tuple[tuple[str, int], ...]
"""Products that were completed, each with the log index of its newest completion."""


def names_of(records: Iterable[AnyRecord]) -> Names:
    """All names in the records, so that a batch's state can be loaded before its rules run."""
    names = Names()
    for record in records:
        add_names(record, names)
    return names


def add_names(record: AnyRecord, names: Names) -> None:
    """Adds the names in a record."""
    names.organizations.add(record.issuer)
    kind_of(record).names(record, names)


def mentioned_by(record: AnyRecord) -> list[str]:
    """All names on which the plan of a record or its assessment depends, except the record's own identifiers."""
    return [record.issuer, *kind_of(record).mentions(record)]


def editions_named(record: AnyRecord, facts: Facts) -> Editions:
    """The newest completions of the products that a record names, with their products, in the record's order."""
    products = [facts.products.get(name) for name in mentioned_by(record)]
    return tuple([(one.id, one.editions[-1].index) for one in products if one is not None and one.editions])


def flows_named(record: AnyRecord) -> Sequence[str]:
    """The names in a record's flows, in order: lots, pools, or products of default pools."""
    return kind_of(record).flows(record)


def entered_by(record: AnyRecord, digest: bytes) -> str | None:
    """The name by which later records find the thing, other than lots, that this record enters."""
    return kind_of(record).enters(record, digest)
