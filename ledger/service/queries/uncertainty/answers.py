"""What is answered about a lot's uncertainty, as it goes over the wire (JSON, camelCase)."""

from ledger.core.record.values import Quantity
from ledger.footprint.derived.uncertainty.answer import Uncertainty
from ledger.service.queries.answers import QueryAnswer


class UncertaintyAnswer(QueryAnswer, frozen=True, kw_only=True):
    """How good the figure of a lot is, as everything read in the tree of `at` entries: the same question for that tree
    has this answer ever after. `footprint` and all amounts of `uncertainty` are kg CO2e of the whole lot, excluding
    biogenic uptake; `footprintPerUnit` is per unit of the `quantity`.

    `title` says *incomplete footprint* where `completeness` is unknown or below 95 %: what is left out of the figure is
    in no interval. `records`: how many of them have a part in it. Certain by assumption are what records `assigned` to
    one output rather than to all, what period averages of pools moved (`averaged`), and a `rest` of the stored figure
    that no record upstream explains.
    """

    title: str
    lot: str
    quantity: Quantity
    at: int
    method: str
    footprint: float
    unit: str
    footprint_per_unit: float
    completeness: str
    records: int
    assigned: float
    averaged: float
    rest: float
    uncertainty: Uncertainty
