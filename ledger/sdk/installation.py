"""An installation in a calendar year, as the ledger knows it: what exchanges that report by installation work on.

Neutral: nothing here follows one regulation. Energy is kWh, masses are t, emissions kg; what is called `carried` and
`footprint` is kg CO2e of the ledger's own method (the additive burdens). Lots count whole, as created.
"""

from collections.abc import Sequence
from typing import Literal

from ledger.core.outcome.assessment import Basis, LineKind
from ledger.core.record.values import Role
from ledger.sdk.documents import Document


class EmissionLine(Document, frozen=True):
    """A line of a record's assessment: `amount` kg of `gas`, `carbon_dioxide` kg CO2e as the ledger counts it.

    `factor` names the row of the factor table, and `recalled` says that its source could not be checked.
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
    """Electricity that is supplied to a record: from the `grid`, or by a `contract` where the record prices it with a
    factor or declaration of its own. `carbon_dioxide`: kg CO2e of its lines. `evidence`: the kind of document by which
    the record proves a power purchase agreement or a direct line."""

    way: Literal["grid", "contract"]
    kilowatt_hours: float
    carbon_dioxide: float
    evidence: str | None = None


class TakenLot(Document, frozen=True):
    """A quantity taken of a lot, or of a part of it that has one maker: a pool has several.

    `carried`: kg CO2e that it carries, of which `electricity` by location, and `kilowatt_hours` used on its way.
    `made`: kg CO2e that it carried when it left its maker. `facility`, `process` and `year` are its maker's, None where
    the ledger does not know them. `attested`: the digest of a valid attestation on lot, record, product or facility.
    `declared`: the basis of the declaration that entered it, where no record of the ledger made it. `evidence` as for
    supplied electricity.
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
    """A lot that a record made. `share` is its part of the record's burden, `assigned` kg CO2e that it was given before
    the rest was shared out."""

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
    """A transformation that ended in the year: the lines of the whole record, what it took and what it made."""

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
        """From the narrowest to the widest: where to look for a factor."""
        return (self.subdivision, self.country) if self.subdivision else (self.country,)


class Installations(Document, frozen=True):
    """The installation that was asked for stands first; then those of what it took, as far as they may count with
    figures of their own. `at`: the tree size as of which all this reads."""

    at: int
    installations: Sequence[InstallationYear]


class Sheet(Document, frozen=True):
    """A table of an answer, for a workbook: cells are text, numbers, or None for an empty one. `brief`: the columns
    that a terminal shows; none where it does not show the table."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | int | None]]
    brief: Sequence[str] = ()
