"""The records of one request: the facts that they share, and their preparation ahead of the lock."""

import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from ledger.admission.activations import Versions
from ledger.admission.admit import unknown_key, wrong_issuer
from ledger.admission.apply import as_entered, note
from ledger.admission.checks.roles import REGISTRAR, has_role
from ledger.admission.lookups import entered_by, mentioned_by
from ledger.admission.lots import DEFERRABLE, Plan
from ledger.admission.state import State
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import AnyRecord, KeyChange, Organization, Transformation
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import VerifyingKey, load_spki
from ledger.engine.batch import Item
from ledger.engine.prepare import completed, draft_of
from ledger.engine.prepared import REVISING, PreparedDraft, Submission
from ledger.engine.sectors import Registry
from ledger.errors import FACTS, InvalidKey, LedgerError, Refused, Unavailable, at_stage
from ledger.registry.assessing import AssessmentCall, AssessmentResult
from ledger.service.observation.steps import Trace

_MAX_KEYS = 16


class Drafted(NamedTuple):
    """A record with its plan. `needs` are the digests of the records of the same request on whose facts it rests.
    `call` is the question to its sector, or None if no sector has to be asked."""

    draft: PreparedDraft
    needs: frozenset[bytes]
    call: AssessmentCall | None


class AppendRequest:
    """The facts that one request's records would enter, laid over the facts of the ledger."""

    def __init__(self, origin: str, trace: Trace | None = None) -> None:
        self.origin = origin
        self.trace = trace
        self.view = State(origin)
        self.keys: dict[bytes, VerifyingKey] = {}
        """Keys that signatures are checked with: enrolled ones, and all keys that the records bring."""
        self.owners: dict[bytes, str] = {}
        """The organisation of each key, by the log and by those records of the request that a key of their issuer
        signed."""
        self.explaining = 0.0
        """Seconds that a processor has spent on records of the request that cannot be decoded."""
        self.empty = False
        """Whether the log has no entry yet."""
        self._registrars: set[str] = set()
        self.organization = ""
        """The request waits in the turns of this organisation. It is known once the first records are checked."""
        self.revises = False
        """Whether one of the records so far revises others."""
        self.unmade: set[str] = set()
        """Names that refused records so far would have made."""
        self._made_by: dict[str, bytes] = {}
        self._enters = False
        """Whether a record so far has entered something other than lots."""

    def enrol(self, record: AnyRecord) -> None:
        """Keys that a record of this request enters may sign later records. Entry 0 is signed by its own key."""
        entered = record.keys if isinstance(record, Organization) else (
            record.added if isinstance(record, KeyChange) else [])
        for public in entered[:_MAX_KEYS]:
            try:
                key = load_spki(base64.b64decode(public.spki))
            except LedgerError:
                continue  # the record that enters this key is refused, with the reason
            self.keys.setdefault(key.keyid, key)

    def check_signer(self, record: AnyRecord, keyid: bytes) -> None:
        """Refuses a record that no key of its issuer signed. Keys that the record enters may sign later records.

        Without this check a stranger could use up the quota and the turns of another organisation.
        """
        if self.empty and isinstance(record, Organization) and record.id == record.issuer:
            self.owners.setdefault(keyid, record.id)
            self._registrars.add(record.id)
        owner = self.owners.get(keyid)
        if owner is None:
            raise unknown_key(keyid)
        if owner != record.issuer:
            raise wrong_issuer(record.issuer, owner)
        registrar = owner in self._registrars or has_role(owner, REGISTRAR, self.view)
        if isinstance(record, Organization) and registrar:
            self._own(record.id, record.keys)
            if REGISTRAR in record.roles:
                self._registrars.add(record.id)
        elif isinstance(record, KeyChange) and (registrar or record.organization == owner):
            self._own(record.organization, record.added)

    def _own(self, organization: str, keys: Sequence[PublicKey]) -> None:
        for public in keys[:_MAX_KEYS]:
            with suppress(LedgerError):  # the record that enters this key is refused, with the reason
                self.owners.setdefault(load_spki(base64.b64decode(public.spki)).keyid, organization)

    def needs(self, record: AnyRecord) -> frozenset[bytes]:
        """Digests of the records of this request on whose facts the preparation of `record` rests."""
        made_by = self._made_by
        if not made_by:
            return frozenset()
        mentioned, lots = mentioned_by(record), self.view.lots
        if self._enters:
            mentioned += [lots[name].product for name in mentioned if name in lots]
        return frozenset([made_by[name] for name in mentioned if name in made_by])

    def overlay(self, submission: Submission, plan: Plan) -> None:
        """Lets later records of the request see the facts that this record would enter."""
        record, digest = submission.record, submission.digest
        for created in plan.created:
            if created.facts.id not in self.view.lots:
                self.view.lots[created.facts.id] = as_entered(record, digest, created.facts)
                self._made_by[created.facts.id] = digest
        name = entered_by(record, digest)
        if name is not None and name not in self._made_by:
            self._made_by[name] = self._made_by[digest.hex()] = digest
            self._enters = True
            # A record with an invalid key is refused under the lock, together with the records that rest on it.
            with suppress(InvalidKey):
                note(self.view, record, digest)


def draft(
    submission: Submission, request: AppendRequest, registry: Registry, versions: Versions
) -> Drafted | Item | LedgerError:
    """The record's draft, on which later records of the request may rest. Returns an item if the record has to be
    prepared under the lock, and an error if it is refused."""
    needs = request.needs(submission.record)
    request.revises = request.revises or isinstance(submission.record, REVISING)
    if request.revises:
        # Later records rest on the results of the revision, so they are prepared after it, under the lock.
        return Item(submission, None, needs)
    try:
        prepared = draft_of(submission, request.view, registry, versions)
    except Unavailable:
        # Another plugin version may have come into force since the last batch here: the batch sees it under the lock.
        return Item(submission, None, needs)
    except LedgerError as error:
        return _deferred(submission, needs, error)
    request.overlay(submission, prepared.plan)
    return Drafted(prepared, needs, _call(prepared))


def complete(
    drafted: Sequence[Drafted | Item | LedgerError], assessed: Sequence[AssessmentResult], request: AppendRequest
) -> list[Item | LedgerError]:
    """The items of a request's records. `assessed` are the answers to the calls of the drafts, in order."""
    answers = iter(assessed)
    items: list[Item | LedgerError] = []
    for record in drafted:
        if not isinstance(record, Drafted):
            items.append(record)
            continue
        answer = None if record.call is None else next(answers)
        items.append(
            at_stage(answer, FACTS) if isinstance(answer, LedgerError) else _completed(record, answer, request))
    return items


def _completed(drafted: Drafted, assessment: Assessment | None, request: AppendRequest) -> Item | LedgerError:
    submission = drafted.draft.submission
    try:
        return Item(submission, completed(drafted.draft, request.view, assessment), drafted.needs)
    except LedgerError as error:
        return _deferred(submission, drafted.needs, error)


def _deferred(submission: Submission, needs: frozenset[bytes], error: LedgerError) -> Item | LedgerError:
    """A record that names facts which do not exist yet is prepared under the lock: they may exist by then."""
    if isinstance(error, Refused) and error.code in DEFERRABLE:
        return Item(submission, None, needs)
    return at_stage(error.settled(), FACTS)


def _call(prepared: PreparedDraft) -> AssessmentCall | None:
    record = prepared.submission.record
    if prepared.context is None or prepared.installed is None or not isinstance(record, Transformation):
        return None
    return AssessmentCall(prepared.installed, prepared.context, bytes(record.activity))
