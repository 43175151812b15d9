"""What a revision has loaded, for the next one of the same records: it stands as the first one has left it, so nothing
of it need be loaded, decoded and planned anew."""

from typing import NamedTuple

from ledger.core.records import Amendment, AnyRecord
from ledger.service.revising.loading import Loading
from ledger.service.revising.past import resizes

Key = frozenset[str]
"""The digests of the records that an amendment changes."""


class Nearby(NamedTuple):
    """`loading`: all that descends from the records of `key`, as of `size` entries and `revisions` revisions."""

    key: Key
    loading: Loading
    size: int
    revisions: int


def key_of(record: AnyRecord) -> Key | None:
    """By what amendments of the same records know each other. None where quantities may change, or the records are not
    named: such a revision reaches what another one need not have loaded."""
    if not isinstance(record, Amendment) or resizes(record):
        return None
    return frozenset([change.record for change in record.changes])
