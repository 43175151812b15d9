"""An installation in a calendar year, from the ledger's records: the input of exchanges that report by installation.

Nothing here follows one particular regulation. Energy is in kWh, mass in t, emissions in kg. `carried` and `footprint`
are kg CO2e by the ledger's own method (the additive burdens). A lot counts with its full quantity, as created.
"""

from collections.abc import Sequence
from typing import Literal

from ledger.core.outcome.assessment import Basis, LineKind
from ledger.core.record.values import Role
from ledger.sdk.documents import Document


class EmissionLine(Document, frozen=True):
    """A line of a record's assessment: `amount` kg of `gas`, `carbon_dioxide` kg CO2e as the ledger counts it.

    `factor` names the row of the factor table. `recalled`: its source is an unverified source, which nobody could read.
    """

    source: str
    kind: LineKind
    gas: str
    burden: str
    amount: float
    carbon_dioxide: float
    basis: Basis
    primary: bool = False
    factor: str | None = None
    recalled: bool = False


class PowerUse(Document, frozen=True):
    """Electricity that is supplied to a record: from the `grid`, or by a `contract` if the record prices it with its
    own factor or declaration. `carbon_dioxide`: kg CO2e of its lines. `evidence`: the kind of document with which the
    record proves a power purchase agreement or a direct line."""

    way: Literal["grid", "contract"]
    kilowatt_hours: float
    carbon_dioxide: float
    evidence: str | None = None


class TakenLot(Document, frozen=True):
    """A quantity taken from a lot. A lot of a pool may have several makers: then there is one `TakenLot` for each.

    `carried`: kg CO2e that it carries. `electricity`: the location-based part of `carried` that comes from electricity.
    `kilowatt_hours`: electricity used along its upstream chain. `made`: kg CO2e that it carried when it left its maker.
    `facility`, `process` and `year` belong to its maker, None if the ledger does not know them. `attested`: the digest
    of a valid attestation on lot, record, product or facility. `declared`: the basis of the declaration that entered
    the lot, if no record of the ledger made it. `evidence` as for supplied electricity.
    """

    lot: str
    product: str
    role: Role
    quantity: float
    unit: str
    carried: float
    electricity: float
    kilowatt_hours: float
    made: float
    tonnes: float | None = None
    cn: str | None = None
    facility: str | None = None
    country: str | None = None
    process: str | None = None
    year: int | None = None
    attested: str | None = None
    declared: str | None = None
    evidence: str | None = None


class MadeLot(Document, frozen=True):
    """A lot that a record made. `share` is its allocation share of the record's burden, `assigned` the kg CO2e that the
    plugin assigned to it before the allocation of the remainder."""

    lot: str
    product: str
    role: Role
    quantity: float
    unit: str
    share: float
    assigned: float
    footprint: float
    tonnes: float | None = None
    cn: str | None = None


class Production(Document, frozen=True):
    """A transformation that ended in the year: the lines of the whole record, its taken lots and its made lots."""

    record: str
    process: str
    end: str
    lines: Sequence[EmissionLine] = ()
    power: Sequence[PowerUse] = ()
    taken: Sequence[TakenLot] = ()
    made: Sequence[MadeLot] = ()
    provisional: bool = False

    @property
    def route(self) -> str:
        """The route of its process."""
        return self.process.partition(".")[2]


class InstallationYear(Document, frozen=True):
    """The records of a facility that ended in a calendar year (UTC; midnight of 31 December belongs to the year)."""

    facility: str
    operator: str
    country: str
    year: int
    productions: Sequence[Production]
    subdivision: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The places in which to look for a factor, from the narrowest to the widest."""
        return (self.subdivision, self.country) if self.subdivision else (self.country,)


class Installations(Document, frozen=True):
    """The requested installation comes first. The others made lots that it took, and may count with their own figures.
    `at`: the tree size of this answer."""

    at: int
    installations: Sequence[InstallationYear]


class Sheet(Document, frozen=True):
    """A table of an answer, for a workbook. Cells are text, numbers, or None if empty. `brief`: the columns that a
    terminal shows; empty if it does not show the table."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | int | None]]
    brief: Sequence[str] = ()
