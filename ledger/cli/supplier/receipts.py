"""Summaries of receipts, and of checks, for `submit` and `import`."""

from collections.abc import Callable
from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.answers.brief import LotBrief, OmissionBrief, PricedBrief, RecordResults, results_of, titled
from ledger.answers.checked import RestatedLot, RestatementBrief
from ledger.answers.stored import ChangesAnswer
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.errors import ConfigurationError, LedgerError
from ledger.footprint.derived.findings import StatedFinding
from ledger.registry.installed import factor_sets
from ledger.registry.supply_names import supplies_like
from ledger.sdk import FactorSetVersion


class Brief(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt without its proofs: the lots, the default prices, the omissions and the findings of a record.
    `restatement`: by an amendment or closing. `accepted_by`: log index of the standing acceptance that accepts a
    transfer."""

    index: int
    digest: str
    lots: list[LotBrief]
    priced: list[PricedBrief] = []
    omitted: list[OmissionBrief] = []
    findings: list[StatedFinding] = []
    restatement: RestatementBrief | None = None
    accepted_by: int | None = None


def brief(
    receipt: Receipt | Acknowledgement, limit_of: Callable[[RecordResults], float | None] = lambda _: None
) -> Brief:
    """The claims of a receipt, without any check of its proofs. `limit_of` gives the limit of titles for a record; the
    lots have no title if it gives None. Raises LedgerError if a leaf cannot be read."""
    results = claims(receipt)
    limit = limit_of(results)
    # A receipt shows a limited number of leaves; each of them states how many there are.
    restatement = RestatementBrief(records=receipt.leaves[0].size - 1) if results.restated else None
    return Brief(
        index=receipt.index, digest=receipt.digest,
        lots=results.lots if limit is None else titled(results, limit), priced=results.priced,
        omitted=[with_nearest(one) for one in results.omitted], findings=results.findings, restatement=restatement,
        accepted_by=results.accepted_by,
    )


def claims(receipt: Receipt | Acknowledgement) -> RecordResults:
    """The results of the record by its receipt. Raises LedgerError if a leaf cannot be read."""
    try:
        return results_of(receipt.index, [bytes(shown.leaf) for shown in receipt.leaves])
    except (msgspec.MsgspecError, ValueError) as error:
        raise LedgerError(f"the receipt of record {receipt.digest} cannot be read: {error}",
                          code="unexpected-answer") from error


def with_restated(receipt: Brief, answer: ChangesAnswer) -> Brief:
    """The summary with the restated lots of a holder, from the answer about the holder's changes since the record."""
    if receipt.restatement is None:
        return receipt
    lots = [
        RestatedLot(
            lot=one.lot, product=one.product, footprint_before=one.footprint_before,
            footprint=one.footprint, questioned_before=one.questioned_before, questioned=one.questioned,
            withdrawn=one.withdrawn,
        )
        for one in answer.changes if one.index == receipt.index
    ]
    return replace(receipt, restatement=replace(receipt.restatement, lots=lots))


def with_nearest(omission: OmissionBrief) -> OmissionBrief:
    """The omission with the most similar names that the factor sets installed here know."""
    return replace(omission, nearest=supplies_like(newest_sets(), omission.what))


@cache
def newest_sets() -> tuple[FactorSetVersion, ...]:
    """The newest version of each factor set that is installed here; empty if a set cannot be loaded."""
    try:
        return tuple([one.newest for one in factor_sets()])
    except ConfigurationError:
        return ()
