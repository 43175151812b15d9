"""Evidence that a week has passed since the request of a recovery: never the log's clock alone.

On a log with witnesses, the completion has two proofs of its request, in heads that a quorum has cosigned a week apart.
On a log without witnesses, seven entries confirm the week, each at least a day after the one before: a clock that is
set forward counts for one day only, and each further day takes another entry.
"""

import base64

from ledger.admission.state import CONFIRMING_DAYS, DAY, Recovery, State
from ledger.core.log.checkpoint import parse_checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.merkle import leaf_hash, verify_inclusion
from ledger.core.log.note import parse_note
from ledger.core.log.policy import ACTIVATED, Policy, parse_policy
from ledger.core.record.kinds import KeyChange, WeekEvidence
from ledger.errors import LedgerError, Refused

WEEK: int = CONFIRMING_DAYS * DAY


def check_week(record: KeyChange, waiting: Recovery, state: State) -> None:
    """Raises Refused if nothing shows that a week has passed since the waiting request."""
    activated = state.plugins.get(ACTIVATED)
    if activated is None:
        _check_days(record, waiting, state)
    elif record.evidence is None:
        raise Refused("evidence: missing, but this log has witnesses", code="recovery-evidence", field="evidence",
                      rule="proofs of the request in two heads that a quorum of witnesses cosigned a week apart")
    else:
        _check_cosigned(record.evidence, activated.digest, waiting, state)


def _check_days(record: KeyChange, waiting: Recovery, state: State) -> None:
    if record.evidence is not None:
        raise Refused("evidence: this log has no witnesses", code="recovery-fields", field="evidence",
                      rule="no evidence on a log without witnesses")
    days = waiting.after(state.time).days
    if days < CONFIRMING_DAYS:
        raise Refused(
            f"recovery: entries confirm {days} of {CONFIRMING_DAYS} days since the request",
            code="recovery-early", field="recovery", value=days,
            rule=f"{CONFIRMING_DAYS} entries, the first at least a day after the request, each at least a day after "
                 "the one before; a log without witnesses counts a day once it has an entry",
        )


def _check_cosigned(evidence: WeekEvidence, digest: str, waiting: Recovery, state: State) -> None:
    try:
        policy = parse_policy(evidence.policy.encode())
        leaf = _leaf(evidence, waiting)
        first = policy.seen_by(_cosigned(evidence.first, leaf, policy, state))
        last = policy.past(_cosigned(evidence.last, leaf, policy, state))
    except LedgerError as error:
        raise _wrong(error.message) from error
    if policy.digest != digest:
        raise _wrong(f"the log's witness policy is {digest}, not {policy.digest}")
    if first is None or last is None:
        raise _wrong("the witnesses that cosigned a head are not a quorum")
    if (last - first) * 1000 < WEEK:
        raise Refused(
            f"recovery: a quorum had cosigned the first head by {first} s, but the last head at {last} s, less than a "
            "week later", code="recovery-early", field="evidence.last", value=last,
            rule=f"a last head that a quorum cosigned at {first + WEEK // 1000} s or later",
        )


def _leaf(evidence: WeekEvidence, waiting: Recovery) -> bytes:
    data = base64.b64decode(evidence.entry)
    if parse_entry(data).digest.hex() != waiting.digest:
        raise _wrong("the entry is not the entry of the request")
    return leaf_hash(data)


def _cosigned(text: str, leaf: bytes, policy: Policy, state: State) -> dict[str, int]:
    """When each witness cosigned the head of the proof. Raises a LedgerError if the proof does not hold."""
    proof = parse_proof(text)
    head = parse_checkpoint(parse_note(proof.checkpoint_note).text)
    if head.origin != state.origin or head.size > state.size:
        raise _wrong(f"the head of {head.size} entries of {head.origin} is not an earlier head of this log")
    verify_inclusion(leaf, proof.index, head.size, head.root, proof.path)
    return policy.cosigned(proof.checkpoint_note)


def _wrong(fault: str) -> Refused:
    return Refused(f"evidence: {fault}", code="recovery-evidence", field="evidence",
                   rule="proofs of the request in two heads that a quorum of witnesses cosigned a week apart")
