"""A ledger opened in the test's own process, so that a test can decide what happens between two of its steps."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.signatures.envelope import seal
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.host.clock import HostClock, now
from ledger.host.files.key_files import REGISTRAR_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.ledger import Ledger, open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import registrar_id
from support.parties import Party
from support.server import Posted
from support.witness import registry

Value = TypeVar("Value")
Answer = Receipt | LedgerError


class Inside:
    """Posts like a client does, but without HTTP. `ledger` is to be used in coroutines that `run` runs."""

    def __init__(self, runner: asyncio.Runner, ledger: Ledger, clock: Callable[[], int] = now) -> None:
        self._runner = runner
        self._clock = clock
        self.ledger = ledger
        self.origin = ledger.identity.origin
        self.vkey = ledger.identity.vkey

    @property
    def registrar(self) -> Party:
        return Party(registrar_id(self.origin), read_key(self.ledger.settings.home / REGISTRAR_KEY))

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return self._runner.run(work)

    def envelopes(self, posted: Sequence[Posted]) -> list[bytes]:
        return [msgspec.json.encode(seal(record, party.key, self.origin)) for party, record in posted]

    async def submit(self, posted: Sequence[Posted]) -> list[Answer]:
        """One answer a record, in order, as one request."""
        found = await self.ledger.submitter.submit(self.envelopes(posted))
        answers = [one.receipt or one.error for one in found]
        return [answer for answer in answers if answer is not None and not isinstance(answer, Acknowledgement)]

    async def must(self, posted: Sequence[Posted]) -> list[Receipt]:
        """Posts records that must all be admitted."""
        found = []
        for answer in await self.submit(posted):
            if isinstance(answer, LedgerError):
                raise answer
            found.append(answer)
        return found

    def audited(self) -> AuditReport:
        """Audits the database, the log's key pinned."""
        source = DatabaseSource(self.ledger.pool, self.ledger.identity)
        return self.run(audit(source, registry(), AuditOptions(vkey=self.vkey, clock=self._clock)))

    def post(self, posted: Sequence[Posted]) -> list[Receipt]:
        return self.run(self.must(posted))


@contextmanager
def inside(
    home: Path, database_url: str | None = None, clock: HostClock | None = None, known: Registry | None = None,
    **settings: Any,
) -> Iterator[Inside]:
    """The ledger of a data folder, beside whoever else has it open. `clock`: in place of the host's; `known`: what is
    installed, in place of `registry`, which has no factor sets."""
    with asyncio.Runner() as runner:
        found = Settings(home=home, database_url=database_url, **{"access": "open", **settings})
        opening = open_ledger(found, registry=known or registry(), clock=clock)
        ledger = runner.run(opening.__aenter__())
        try:
            yield Inside(runner, ledger, now if clock is None else clock.wall)
        finally:
            runner.run(opening.__aexit__(None, None, None))
