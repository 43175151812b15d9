"""An exchange format: a name, a version, and functions that turn other parties' documents into answers.

An exchange is a package with an entry point in group `carbon_ledger.exchanges`. The entry point names a function that
returns an `Exchange`. The package imports only `ledger.sdk` and the standard library, as sectors do.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from ledger.sdk.documents import Answer
from ledger.sdk.installation import Installations, Sheet


class Exchange(Struct, frozen=True, kw_only=True):
    """`read` makes an answer from the bytes of a document. It raises InvalidInput, which names field, value and rule.

    An exchange that reports installations also has `report` and `sheets`. `report` makes an answer from the ledger's
    data on the installations and the bytes of the user's file of default values (None without such a file). `sheets`
    lays that answer out in tables.
    """

    name: str
    version: str
    en: str
    zh: str
    read: Callable[[bytes], Answer]
    report: Callable[[Installations, bytes | None], Answer] | None = None
    sheets: Callable[[Answer], Sequence[Sheet]] | None = None
