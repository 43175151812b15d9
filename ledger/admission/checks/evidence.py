"""What shows that a week has passed since a recovery was requested: never the log's clock alone.

Of a log with witnesses the completion carries two proofs of its request, in heads that a quorum has cosigned a week
apart. Of one without, seven entries confirm it, each at least a day after the one before: a clock that is set forward
counts for one day, however far, and each further day takes another entry.
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
    """Raises Refused where nothing shows that a week has passed since the request that waits."""
    said = state.plugins.get(ACTIVATED)
    if said is None:
        _check_days(record, waiting, state)
    elif record.evidence is None:
        raise Refused("evidence: missing, and this log has witnesses", code="recovery-evidence", field="evidence",
                      rule="the request proved in two heads that the log's witnesses have cosigned a week apart")
    else:
        _check_cosigned(record.evidence, said.digest, waiting, state)


def _check_days(record: KeyChange, waiting: Recovery, state: State) -> None:
    if record.evidence is not None:
        raise Refused("evidence: this log has no witnesses", code="recovery-fields", field="evidence",
                      rule="evidence is what witnesses have cosigned")
    days = waiting.after(state.time).days
    if days < CONFIRMING_DAYS:
        raise Refused(
            f"recovery: {days} of {CONFIRMING_DAYS} days since the request are confirmed by entries",
            code="recovery-early", field="recovery", value=days,
            rule=f"{CONFIRMING_DAYS} entries, each at least a day after the one before, the first a day after the "
                 "request: of a log without witnesses a day counts once it has an entry",
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
        raise _wrong("those who have cosigned a head are no quorum")
    if (last - first) * 1000 < WEEK:
        raise Refused(
            f"recovery: the request was in a head that a quorum had cosigned by {first} s, and the later head is of "
            f"{last} s", code="recovery-early", field="evidence.last", value=last,
            rule=f"a head that a quorum has cosigned from {first + WEEK // 1000} s on",
        )


def _leaf(evidence: WeekEvidence, waiting: Recovery) -> bytes:
    data = base64.b64decode(evidence.entry)
    if parse_entry(data).digest.hex() != waiting.digest:
        raise _wrong("the entry is not that of the request")
    return leaf_hash(data)


def _cosigned(text: str, leaf: bytes, policy: Policy, state: State) -> dict[str, int]:
    """When each witness cosigned the head in which the entry is proved. Raises a LedgerError where it is not."""
    proof = parse_proof(text)
    head = parse_checkpoint(parse_note(proof.checkpoint_note).text)
    if head.origin != state.origin or head.size > state.size:
        raise _wrong(f"a head of {head.size} entries of {head.origin} is not one that this log had before")
    verify_inclusion(leaf, proof.index, head.size, head.root, proof.path)
    return policy.cosigned(proof.checkpoint_note)


def _wrong(why: str) -> Refused:
    return Refused(f"evidence: {why}", code="recovery-evidence", field="evidence",
                   rule="the request proved in two heads that the log's witnesses have cosigned a week apart")
