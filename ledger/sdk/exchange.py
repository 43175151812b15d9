"""What an exchange format is: a name, a version, and functions that read others' documents and make answers of them.

A package with an entry point in group `carbon_ledger.exchanges` that names a function returning an `Exchange`. It
imports `ledger.sdk` and the standard library alone, as sectors do.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from ledger.sdk.documents import Answer
from ledger.sdk.installation import Installations, Sheet


class Exchange(Struct, frozen=True, kw_only=True):
    """`read` makes an answer of a document's bytes; raises InvalidInput that names field, value and rule.

    An exchange that reports installations also has `report`, which makes an answer of what the ledger knows of them and
    of a file of default values that the user names (None where there is none), and `sheets`, which lays that answer out
    in tables.
    """

    name: str
    version: str
    en: str
    zh: str
    read: Callable[[bytes], Answer]
    report: Callable[[Installations, bytes | None], Answer] | None = None
    sheets: Callable[[Answer], Sequence[Sheet]] | None = None
