"""The names that a record uses and enters, by the table of record kinds."""

from collections.abc import Iterable, Sequence

from ledger.admission.kinds.table import kind_of
from ledger.admission.names import Names
from ledger.core.record.kinds import AnyRecord


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


def flows_named(record: AnyRecord) -> Sequence[str]:
    """The names in a record's flows, in order: lots, pools, or products of default pools."""
    return kind_of(record).flows(record)


def entered_by(record: AnyRecord, digest: bytes) -> str | None:
    """The name by which later records find the thing, other than lots, that this record enters."""
    return kind_of(record).enters(record, digest)
