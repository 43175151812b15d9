"""Records that change what earlier ones said: amendments, closings and what opens a closing again."""

from typing import Annotated, Literal

from msgspec import Meta, Raw

from ledger.core.record.base import Flows, Record, Supplies
from ledger.core.record.values import Id, Instant, Key, Name, Part, Process, Sha256

MAX_CHANGES = 1_000


class Change(Part, frozen=True):
    """The record with digest `record` from now on holds `fields` (whole top-level fields, by name), or is withdrawn."""

    record: Sha256
    fields: dict[Key, Raw] = {}
    withdrawn: bool = False


class Amendment(Record, frozen=True, kw_only=True, tag="amendment"):
    """Corrects records of the issuer's, all at once or not at all. What has been amended may be amended again."""

    changes: Annotated[list[Change], Meta(min_length=1, max_length=MAX_CHANGES)]
    reason: Name


class Closing(Record, frozen=True, kw_only=True, tag="closing"):
    """The measured end of a facility's period: its provisional transformations of `processes` (all where none is
    named) become final.

    `measured` are the totals of what those transformations used, by material; what they had not stated of it is spread
    over them by `spread`: their outputs' mass, their hours, or what they stated of the material. `overheads` serve no
    product, and stay with this record. `retired` are certificates (lots) given up for the period. One that closes
    again what was reopened takes the place of the earlier closing, as if the period had been closed once.
    """

    facility: Id
    start: Instant
    end: Instant
    processes: Annotated[list[Process], Meta(max_length=64)] = []
    measured: Supplies = []
    spread: Literal["mass", "hours", "stated"] = "mass"
    overheads: Supplies = []
    retired: Flows = []


class Reopening(Record, frozen=True, kw_only=True, tag="reopening"):
    """A closed period takes records again, until it is closed anew. `closing` is the digest of its closing."""

    closing: Sha256
    reason: Name
