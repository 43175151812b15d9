"""Records that change earlier ones: amendments, closings, and reopenings of closed periods."""

from typing import Annotated, Literal

from msgspec import Meta, Raw

from ledger.core.record.base import Flows, Record, Supplies
from ledger.core.record.values import Id, Instant, Key, Name, Part, Process, Sha256

MAX_CHANGES = 1_000


class Change(Part, frozen=True):
    """Gives the record with digest `record` new `fields` (whole top-level fields, by name), or withdraws it."""

    record: Sha256
    fields: dict[Key, Raw] = {}
    withdrawn: bool = False


class Amendment(Record, frozen=True, kw_only=True, tag="amendment"):
    """Corrects records of the issuer; all changes apply together. An amended record may be amended again.

    A changed record keeps the versions of rules, sector and factor sets with which it was assessed. With `versions`
    `newest` it gets those that are in force now. It also keeps the products as they were completed before it. With
    `products` `newest` its lots get the newest values of their products. With either, a change may have no fields.
    """

    changes: Annotated[list[Change], Meta(min_length=1, max_length=MAX_CHANGES)]
    reason: Name
    versions: Literal["newest"] | None = None
    products: Literal["newest"] | None = None

    @property
    def renews(self) -> bool:
        """Whether the changed records are assessed again, even without changed fields."""
        return self.versions is not None or self.products is not None


class Closing(Record, frozen=True, kw_only=True, tag="closing"):
    """Closes a facility's period with measured totals: its provisional transformations of `processes` (of all processes
    if the list is empty) become final.

    `measured` are the totals that all transformations of the period and processes used, by material. The part that
    they had not stated is spread over them by `spread`: by their outputs' mass, their hours, or the amounts that they
    stated of the material. It enters as a further supply at the total's price; stated supplies keep theirs, except of
    the materials that the closing `replaces`: the whole share of their totals has the total's price. The part of
    transformations that were posted as final stays with this record.

    `overheads` serve no single process. With `spreadOverheads` those transformations carry them: by the mass or the
    value of the products that no other transformation of the period takes, or by their hours. Without it they stay with
    this record. `retired` are certificates (lots) that the issuer gives up for the period. A closing after a reopening
    replaces the earlier closing, as if the period had been closed once.
    """

    facility: Id
    start: Instant
    end: Instant
    processes: Annotated[list[Process], Meta(max_length=64)] = []
    measured: Supplies = []
    spread: Literal["mass", "hours", "stated"] = "mass"
    replaces: Annotated[list[Key], Meta(max_length=64)] = []
    overheads: Supplies = []
    spread_overheads: Literal["mass", "hours", "value"] | None = None
    retired: Flows = []


class Reopening(Record, frozen=True, kw_only=True, tag="reopening"):
    """A closed period takes records again, until another closing. `closing` is the digest of the closing to reopen."""

    closing: Sha256
    reason: Name
