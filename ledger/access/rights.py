"""The rights of a caller, as the log and the database state them at the moment of the request."""

from typing import Final, NamedTuple

from ledger.access.caller import NOBODY, Caller
from ledger.core.record.kinds import Depth


class HeldGrant(NamedTuple):
    """A grant in force. `record`: its log index. `lot` is a lot's number; without `lot` and `product` the grant covers
    the whole organisation. `since` and `until` limit the records by the times that they state."""

    record: int
    grantor: str
    depth: Depth
    lot: int | None = None
    product: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def has_period(self) -> bool:
        """Whether the grant covers records of a period alone."""
        return self.since is not None or self.until is not None


class Rights(NamedTuple):
    """`everything`: the ledger is open, or the caller is a reader. `own`: the caller's organisation and its
    subsidiaries."""

    caller: Caller = NOBODY
    everything: bool = False
    own: frozenset[str] = frozenset()
    grants: tuple[HeldGrant, ...] = ()

    @property
    def has_period(self) -> bool:
        """Whether a grant depends on the times that records state."""
        return any(grant.has_period for grant in self.grants)

    @property
    def whole_grantors(self) -> frozenset[str]:
        """The organisations that have granted all of their records, of any time."""
        return frozenset([
            grant.grantor for grant in self.grants
            if grant.depth == "full" and (grant.lot, grant.product, grant.since, grant.until) == (None,) * 4
        ])


OPEN: Final = Rights(everything=True)
"""The rights of everybody on an open ledger."""
