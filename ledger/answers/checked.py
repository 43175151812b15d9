"""The answer of a check: the effect that a record would have if it was posted now."""

from collections.abc import Sequence

from msgspec import Struct

from ledger.answers.brief import LotBrief, OmissionBrief, PricedBrief
from ledger.core.record.kinds import AnyRecord, Product
from ledger.core.record.values import Quantity
from ledger.footprint.derived.findings import StatedFinding


class InputBrief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An input: `quantity` of the lot, with its kg CO2e; `questioned` may be missing in them."""

    lot: str
    quantity: Quantity
    footprint: float
    questioned: float = 0.0


class RestatedLot(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A lot whose figure changes: kg CO2e of the whole lot before and after, with the amounts in question. A
    `withdrawn` lot has no figure any more."""

    lot: str
    product: str
    footprint_before: float
    footprint: float
    holder: str | None = None
    questioned_before: float = 0.0
    questioned: float = 0.0
    withdrawn: bool = False


class AmendedFindings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The findings of a `record` (its digest) that an amendment changes: those that the amendment settles, those that
    remain, as they read after it, and those that are new."""

    record: str
    settled: list[StatedFinding] = []
    remaining: list[StatedFinding] = []
    new: list[StatedFinding] = []


class RestatementBrief(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The restatement by an amendment or closing: the number of `records`, and the `lots` whose figure changes, the
    largest differences first; `leftOff` is the number of the other lots. Unless the ledger is open, only records of the
    issuer and their lots count; the goods that others made of them do not. `findings`: of the first records that an
    amendment changes, if they had or have any."""

    records: int
    lots: list[RestatedLot] = []
    left_off: int = 0
    findings: list[AmendedFindings] = []


def amended_findings(
    record: str, before: Sequence[StatedFinding], after: Sequence[StatedFinding]
) -> list[AmendedFindings]:
    """The change of a record's findings, as a list of one; empty if it had and has no findings. A finding is the same
    if it has the same code and is about the same output and supply."""
    if not before and not after:
        return []
    had, has = set(map(_subject, before)), set(map(_subject, after))
    return [AmendedFindings(
        record=record, settled=[one for one in before if _subject(one) not in has],
        remaining=[one for one in after if _subject(one) in had],
        new=[one for one in after if _subject(one) not in had],
    )]


def _subject(finding: StatedFinding) -> tuple[str, int | None, int | None]:
    return finding.code, finding.output, finding.supply


def warnings_of(record: AnyRecord | None) -> list[str]:
    """Warnings about a record that the log takes without a finding: a product without materials and code."""
    if not isinstance(record, Product) or record.materials or record.classifications:
        return []
    return [f"the product {record.id} states neither materials nor a code (cn, hs): its figures have no range, and "
            "processes that take it are questioned as if it was unknown matter; add them here, or later by a "
            "productCompletion, which only changes lots made after it"]


class CheckedRecord(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A record that the ledger would take: the `index` that it would get, the root of its `outcome`, its lots and
    inputs, default prices, omissions and findings. An amendment or closing has a `restatement`.

    `onLedger`: the record is on the ledger already; posting it again changes nothing and gives its first receipt.
    `warnings`: about a product that no factor set can know. `undecided`: why posting may give another result, although
    nobody posts in between. `acceptedBy`: of a transfer, log index of the standing acceptance that accepts it on
    arrival.
    """

    digest: str
    type: str
    on_ledger: bool = False
    index: int | None = None
    outcome: str | None = None
    lots: list[LotBrief] = []
    inputs: list[InputBrief] = []
    priced: list[PricedBrief] = []
    omitted: list[OmissionBrief] = []
    findings: list[StatedFinding] = []
    restatement: RestatementBrief | None = None
    warnings: list[str] = []
    undecided: str | None = None
    accepted_by: int | None = None
