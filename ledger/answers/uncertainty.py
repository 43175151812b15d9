"""Answers about a lot's uncertainty, as sent to clients (JSON, camelCase)."""

from ledger.answers.stored import QueryAnswer
from ledger.core.record.values import Quantity
from ledger.footprint.derived.uncertainty.parts import Uncertainty


class UncertaintyAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The uncertainty of a lot's figure, as of the tree of `at` entries. The same question for this tree size always
    has this answer.

    `footprint` and all amounts of `uncertainty` are kg CO2e of the whole lot, excluding biogenic uptake;
    `footprintPerUnit` is per unit of the `quantity`.

    `title` says *incomplete footprint* if `completeness` is unknown or below 95 %: no interval includes omissions, nor
    the kg CO2e in question, `questioned`.
    `records`: the number of records of which the lot carries something. Three amounts count as certain: `assigned`,
    which records assigned to one output only; `averaged`, which period averages of pools moved; and `rest`, the part of
    the stored figure that no record upstream explains.
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
    questioned: float
    records: int
    assigned: float
    averaged: float
    rest: float
    uncertainty: Uncertainty
