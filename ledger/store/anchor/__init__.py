"""The anchor: a place outside the database that holds the highest head ever signed, as a signed checkpoint.

All replicas of a ledger use the same anchor. It is either a file, which replicas on one host share, or an object in a
store with conditional put, which replicas on several hosts share. It never goes back to a lower head, and no update is
lost.
"""

from ledger.store.anchor.content import fields_of, stated, written
from ledger.store.anchor.interface import CHANGED, UNREADABLE, UNWRITABLE, Anchor
from ledger.store.anchor.opening import is_object, open_anchor

__all__ = [
    "CHANGED", "UNREADABLE", "UNWRITABLE", "Anchor", "fields_of", "is_object", "open_anchor", "stated", "written",
]
