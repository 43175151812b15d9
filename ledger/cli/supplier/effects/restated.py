"""Lots and findings that an amendment or closing changes, which receipts do not list."""

from collections.abc import Iterator

from msgspec.structs import replace

from ledger.answers.checked import AmendedFindings, amended_findings
from ledger.answers.stored import ChangesAnswer, RecordAnswer
from ledger.cli.client import Client
from ledger.cli.console import say
from ledger.cli.supplier.effects.dry_run import SHOWN
from ledger.cli.supplier.receipts import Brief, with_restated
from ledger.core.record.kinds import Amendment, AnyRecord
from ledger.errors import LedgerError


def with_restated_lots(client: Client, receipt: Brief, record: AnyRecord, place: str) -> Brief:
    """The receipt of an amendment or closing with the restated lots of its issuer, of which it asks for a few; and with
    the findings of the first records that an amendment changes. `place`: of the record, for messages."""
    if receipt.restatement is None:
        return receipt
    try:
        answer = client.get("/v1/changes", ChangesAnswer, holder=record.issuer, since=receipt.index, limit=SHOWN)
        findings = list(_findings(client, record, receipt.index)) if isinstance(record, Amendment) else []
    except LedgerError as error:
        # The record is posted: only the list of lots is missing.
        say(f"{place}: the restated lots are not listed: {error.message}")
        return receipt
    return with_restated(replace(receipt, restatement=replace(receipt.restatement, findings=findings)), answer)


def _findings(client: Client, amendment: Amendment, index: int) -> Iterator[AmendedFindings]:
    for change in amendment.changes[:SHOWN]:
        answer = client.get(f"/v1/records/{change.record}", RecordAnswer)
        before = [one for one in answer.revisions if one.index < index]
        if before or not answer.earlier_revisions:
            after = [finding for one in answer.revisions if one.index == index for finding in one.findings]
            yield from amended_findings(change.record, before[-1].findings if before else answer.findings, after)
