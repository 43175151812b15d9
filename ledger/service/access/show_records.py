"""Records as a caller may see them: a party that did not issue one sees its body and the leaves of its own lots."""

from msgspec import UNSET, structs

from ledger.answers.stored import RecordAnswer, RevisionAnswer
from ledger.service.access.leaves import LeafSight


def show_record(answer: RecordAnswer, seen: LeafSight) -> RecordAnswer:
    """The record without the parts that the caller may not see; the same answer for a caller who sees all of it."""
    if seen.full:
        return structs.replace(answer, leaves=seen.of(answer.leaves))
    return structs.replace(
        answer, body=answer.body if seen.party else UNSET, questioned=None, findings=[], leaves=seen.of(answer.leaves),
        revisions=[_revision(revision, seen) for revision in answer.revisions], sight="totals",
    )


def _revision(revision: RevisionAnswer, seen: LeafSight) -> RevisionAnswer:
    return structs.replace(
        revision, body=revision.body if seen.party else UNSET, questioned=None, findings=[],
        leaves=seen.of(revision.leaves))
