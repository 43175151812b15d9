"""Questions that callers ask, as plain values: about one lot, or about a product or sector in a period.

Every question is as of a tree size. The same question for the same tree size always has the same answer.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.footprint.stored.burdens import METHOD


class LotQuestion(NamedTuple):
    """A question about one lot, as of the tree of `at` entries; as of now if `at` is None."""

    lot: str
    at: int | None = None


class PeriodQuestion(NamedTuple):
    """A question about a product or sector, the `subject`, over the records that ended in a period.

    The period begins after `since` and ends at `until`: days (00:00 UTC) or instants, open if None. The answer is as
    of the tree of `at` entries; as of now if `at` is None.
    """

    subject: str
    since: str | None = None
    until: str | None = None
    at: int | None = None


class MethodChoice(NamedTuple):
    """The method by which a lot's figure is calculated, with its options.

    `method`: of the catalogue (`name/version`) or of a sector (`sector.name/version`). `gwp`: the set of global warming
    potentials; None for the set of the stored figures. `allocation`: one key for all records; None for each record's
    own key. `parameters`: `NAME=VALUE` or `MATERIAL.NAME=VALUE`.
    """

    method: str = METHOD
    gwp: str | None = None
    allocation: str | None = None
    parameters: Sequence[str] = ()
