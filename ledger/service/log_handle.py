"""How the parts of a process that append or publish reach the log."""

from typing import NamedTuple

from ledger.host.clock import Timekeeper
from ledger.service.heads.heads import Heads
from ledger.store.facts import FactLoader
from ledger.store.outage import Outage


class LogHandle(NamedTuple):
    """`url`: the database, in the role that appends. `heads` checks and signs heads, `loader` reads facts, `keeper`
    gives the time. `outage`: takes note of attempts that the database does not answer."""

    url: str
    heads: Heads
    loader: FactLoader
    keeper: Timekeeper
    outage: Outage

    @property
    def origin(self) -> str:
        return self.heads.origin
