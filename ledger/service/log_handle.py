"""How the parts of a process that append or publish reach the log."""

from typing import NamedTuple

from ledger.host.clock import Timekeeper
from ledger.service.heads.heads import Heads
from ledger.store.facts import FactLoader


class LogHandle(NamedTuple):
    """`url`: the database, in the role that appends. `heads` checks and signs heads, `loader` reads facts, `keeper`
    gives the time."""

    url: str
    heads: Heads
    loader: FactLoader
    keeper: Timekeeper

    @property
    def origin(self) -> str:
        return self.heads.origin
