"""Compares the auditor's rights as the source states them with the log: a source cannot take records out of an audit
without leaving a trace."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from ledger.client.audit.source.interface import AuditScope
from ledger.client.audit.state.progress import HeldRight
from ledger.core.record.kinds import AnyRecord, AppointedReader, Grant, GrantRevocation, ReaderRevocation

MOST_GRANTS = 1_000
"""A server names at most so many grants of one grantor."""


class HeldRights:
    """The grants to the auditor and its appointments as a reader, as far as the log shows these to it. `held`: those
    that earlier audits saw, by digest."""

    def __init__(self, scope: AuditScope, held: Mapping[str, HeldRight]) -> None:
        self._scope = scope
        self.held = dict(held)

    def see(self, index: int, digest: str, record: AnyRecord) -> None:
        own = self._scope.organization
        match record:
            case Grant() if own is not None and record.grantee == own:
                if record.scope is None or record.scope.declaration is None:
                    self.held[digest] = HeldRight(index, record.issuer, record.until)
            case AppointedReader() if own is not None and record.organization == own:
                self.held[digest] = HeldRight(index, "", record.until)
            case GrantRevocation():
                self._revoke(record.grant)
            case ReaderRevocation():
                self._revoke(record.reader)

    def missing(self, organization: str | None, now: int) -> Iterator[tuple[int | None, str]]:
        """Index and message of each right that the source does not grant. `organization`: who the auditor is, if it
        says so itself. `now`: ms since 1970."""
        scope = self._scope
        if organization is not None and organization not in scope.own:
            yield None, (f"the server says that you read as {scope.organization or 'nobody'}, and not as "
                         f"{organization}: its scope lacks all records of your organisation")
        elif scope.organization is not None and scope.organization not in scope.own:
            yield None, f"the server's scope lacks {scope.organization}, as which you read"
        named = {grant.digest for grant in scope.grants}
        instant = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for digest, right in self.held.items():
            if right.revoked or digest in named or (right.until is not None and right.until <= instant):
                continue
            if not right.grantor:
                yield right.index, "this record lets you read everything, but the server's scope is smaller"
            elif sum(grant.grantor == right.grantor for grant in scope.grants) < MOST_GRANTS:
                yield right.index, f"this grant of {right.grantor} to you is in force, but the server's scope lacks it"

    def _revoke(self, digest: str) -> None:
        right = self.held.get(digest)
        if right is not None:
            self.held[digest] = HeldRight(right.index, right.grantor, right.until, revoked=True)
