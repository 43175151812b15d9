"""Checks, ahead of the lock, that an attestation names evidence of its subject: of its record, or of records upstream.

No audit repeats this: an erasure removes the evidence that a record named, so a replay after it would refuse a
record that the server admitted. Readers see which digests an attestation names, and the records show theirs.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from ledger.admission.checks.roles import AUDITOR, has_role
from ledger.admission.state import State
from ledger.core.record.kinds import Attestation
from ledger.engine.prepared import Submission
from ledger.errors import LedgerError, Refused
from ledger.service.queries.verification.evidence import MAX_RECORDS, ChainEvidence, read_evidence
from ledger.store.database import DatabasePool
from ledger.store.facts import is_digest
from ledger.store.sql import queries

MAX_SUBJECTS: Final = 100
"""The most subjects whose chains are read for the attestations that are checked at once."""
_LISTED: Final = 20
_NEAREST: Final = 3


async def check_examined(
    pool: DatabasePool, submissions: Sequence[Submission | LedgerError], view: State
) -> list[Submission | LedgerError]:
    """The submissions, with a refusal in place of each attestation of evidence that its chain does not name. `view` has
    the facts of the issuers that are on the log."""
    chains: dict[int, ChainEvidence] = {}
    return [await _checked(pool, one, chains) if _is_examined(one, view) else one for one in submissions]


def _is_examined(submission: Submission | LedgerError, view: State) -> bool:
    """Whether a submission is an attestation that names evidence, of an organisation that may be an auditor: one that
    the same request enrols is not in the view yet. Admission refuses the attestations of all others."""
    if not isinstance(submission, Submission) or not isinstance(submission.record, Attestation):
        return False
    issuer = submission.record.issuer
    return bool(submission.record.examined) and (
        issuer not in view.organizations or has_role(issuer, AUDITOR, view))


async def _checked(
    pool: DatabasePool, submission: Submission | LedgerError, chains: dict[int, ChainEvidence]
) -> Submission | LedgerError:
    """`chains`: the evidence of the subjects that were read so far, by log index."""
    if not isinstance(submission, Submission) or not isinstance(submission.record, Attestation):
        return submission
    record, subject = submission.record, submission.record.subject
    if subject.kind != "lot" and (subject.kind != "record" or not is_digest(subject.id)):
        return submission  # admission refuses it
    row = await pool.fetchrow(queries("verification")["subject"], subject.kind, subject.id, submission.digest)
    if row is None or row["logged"]:
        # A repeated record gets its first receipt, also if an erasure has removed the evidence since.
        return submission
    index = row["index"]
    if index is None:
        return Refused(
            f"subject.id: the log has no {subject.kind} {subject.id!r} yet", code="unknown-subject",
            field="subject.id", value=subject.id,
            rule="evidence is examined of a committed subject: post the attestation after it",
        )
    if index not in chains:
        if len(chains) >= MAX_SUBJECTS:
            return Refused(
                f"examined: the request examines evidence of more than {MAX_SUBJECTS} subjects",
                code="many-subjects", field="examined", value=subject.id,
                rule=f"evidence of at most {MAX_SUBJECTS} subjects in a request: post the attestation in a further one",
            )
        chains[index] = await read_evidence(pool, [index])
    chain = chains[index]
    unknown = [digest for digest in record.examined if digest not in chain.documents]
    return _unknown(record, unknown[0], chain) if unknown else submission


def _unknown(record: Attestation, digest: str, chain: ChainEvidence) -> Refused:
    documents = chain.documents
    shown = sorted(documents)
    if len(shown) > _LISTED:
        shown = get_close_matches(digest, shown, n=_NEAREST, cutoff=0.0)
    listed = ", ".join([f"{documents[one].evidence.kind} {one}" for one in shown])
    limit = f", of the first {MAX_RECORDS:,} records upstream: attest a record nearer to it" if chain.more else ""
    return Refused(
        f"examined[{record.examined.index(digest)}]: no record of the chain names the evidence {digest}",
        code="unknown-evidence", field=f"examined[{record.examined.index(digest)}]", value=digest,
        rule=f"one of {len(documents)} documents of the subject's chain{limit}: {listed or 'no document'}",
    )
