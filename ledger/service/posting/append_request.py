"""One request's records: what they know of each other, and how they are prepared ahead of the lock."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from ledger.admission.admit import unknown_key, wrong_issuer
from ledger.admission.apply import as_entered, note
from ledger.admission.checks.roles import REGISTRAR, has_role
from ledger.admission.lookups import entered_by, mentioned_by
from ledger.admission.lots import DEFERRABLE, Plan
from ledger.admission.state import PluginState, State
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import AnyRecord, KeyChange, Organization, Transformation
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import VerifyingKey, load_spki
from ledger.engine.batch import Item
from ledger.engine.prepare import REVISING, PreparedDraft, Submission, completed, draft_of
from ledger.engine.sectors import Registry
from ledger.errors import InvalidKey, LedgerError, Refused, Unavailable
from ledger.registry.assessing import AssessmentCall, AssessmentResult

_MAX_KEYS = 16


class Drafted(NamedTuple):
    """A record with its plan, and the digests of those records of the request on whose facts it rests. `call`: what
    its sector is to be asked; None where there is nothing to ask."""

    draft: PreparedDraft
    needs: frozenset[bytes]
    call: AssessmentCall | None


class Request:
    """What the records of one request know of each other, laid over what the ledger holds."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.view = State(origin)
        self.keys: dict[bytes, VerifyingKey] = {}
        """By which signatures are checked: enrolled ones, and whatever keys the records bring."""
        self.owners: dict[bytes, str] = {}
        """Whose keys these are, by the log and by records of the request that a key of their issuer has signed."""
        self.empty = False
        """Whether the log has no entry yet."""
        self._registrars: set[str] = set()
        self.organization = ""
        """In whose turns it goes; known once its first records are checked."""
        self.revises = False
        """Whether a record so far revises others."""
        self._made_by: dict[str, bytes] = {}

    def enrol(self, record: AnyRecord) -> None:
        """Keys that a record of this request enters may sign later ones; entry 0 is signed by its own."""
        entered = record.keys if isinstance(record, Organization) else (
            record.added if isinstance(record, KeyChange) else [])
        for public in entered[:_MAX_KEYS]:
            try:
                key = load_spki(base64.b64decode(public.spki))
            except LedgerError:
                continue  # the record that enters it is refused with the reason
            self.keys.setdefault(key.keyid, key)

    def check_signer(self, record: AnyRecord, keyid: bytes) -> None:
        """Refuses a record that no key of its issuer signed. Keys that the record enters may sign later records.

        Without this check a stranger could fill the quota and the turns of an organisation in its name.
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
            with suppress(LedgerError):  # the record that enters it is refused with the reason
                self.owners.setdefault(load_spki(base64.b64decode(public.spki)).keyid, organization)

    def needs(self, record: AnyRecord) -> frozenset[bytes]:
        """Digests of the request's own records whose facts this record's preparation rests on."""
        made_by = self._made_by
        if not made_by:
            return frozenset()
        mentioned = mentioned_by(record)
        products = [self.view.lots[name].product for name in mentioned if name in self.view.lots]
        return frozenset([made_by[name] for name in (*mentioned, *products) if name in made_by])

    def overlay(self, submission: Submission, plan: Plan) -> None:
        """Lets later records of the request see what this one would enter."""
        record, made = submission.record, submission.digest
        for created in plan.created:
            if created.facts.id not in self.view.lots:
                self.view.lots[created.facts.id] = as_entered(record, made, created.facts)
                self._made_by[created.facts.id] = made
        name = entered_by(record, made)
        if name is not None and name not in self._made_by:
            self._made_by[name] = self._made_by[made.hex()] = made
            # A key that cannot be: the record is refused under the lock, and with it what rests on it.
            with suppress(InvalidKey):
                note(self.view, record, made)


def draft(
    submission: Submission, request: Request, registry: Registry, in_force: Mapping[str, PluginState]
) -> Drafted | Item | LedgerError:
    """The record's draft, which later records of the request may rest on; an item where it is to be prepared under the
    lock, or why it is refused."""
    needs = request.needs(submission.record)
    request.revises = request.revises or isinstance(submission.record, REVISING)
    if request.revises:
        # What follows rests on what the revision will have made: prepared under the lock, after it.
        return Item(submission, None, needs)
    try:
        found = draft_of(submission, request.view, registry, in_force)
    except Unavailable:
        # Another version may have come into force since the last batch here; the lock knows.
        return Item(submission, None, needs)
    except LedgerError as error:
        return _deferred(submission, needs, error)
    request.overlay(submission, found.plan)
    return Drafted(found, needs, _call(found))


def complete(
    drafted: Sequence[Drafted | Item | LedgerError], assessed: Sequence[AssessmentResult], request: Request
) -> list[Item | LedgerError]:
    """The items of a request's records; `assessed` answers the calls among the drafts, in order."""
    answers = iter(assessed)
    found: list[Item | LedgerError] = []
    for one in drafted:
        if not isinstance(one, Drafted):
            found.append(one)
            continue
        answer = None if one.call is None else next(answers)
        found.append(answer if isinstance(answer, LedgerError) else _completed(one, answer, request))
    return found


def _completed(one: Drafted, assessment: Assessment | None, request: Request) -> Item | LedgerError:
    submission = one.draft.submission
    try:
        return Item(submission, completed(one.draft, request.view, assessment), one.needs)
    except LedgerError as error:
        return _deferred(submission, one.needs, error)


def _deferred(submission: Submission, needs: frozenset[bytes], error: LedgerError) -> Item | LedgerError:
    """What names something of a later moment is prepared under the lock."""
    if isinstance(error, Refused) and error.code in DEFERRABLE:
        return Item(submission, None, needs)
    return error.settled()


def _call(found: PreparedDraft) -> AssessmentCall | None:
    record = found.submission.record
    if found.context is None or found.installed is None or not isinstance(record, Transformation):
        return None
    return AssessmentCall(found.installed, found.context, bytes(record.activity))
