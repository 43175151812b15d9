"""A round shows one head to all witnesses at once, until a quorum has signed it.

Each witness has a task of its own, so a slow, dead or lying witness does not delay the others. A witness that falls
behind continues with the head of the current round.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from ledger.core.log.add_checkpoint import AddCheckpoint
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.policy import Policy
from ledger.errors import LedgerError
from ledger.service.witnesses.witness_client import (
    Answer,
    Conflict,
    Differs,
    Failed,
    WitnessClient,
    WitnessCosignature,
    described,
)

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5.0
_CONFLICTS = 3
_log = logging.getLogger(__name__)


class Round:
    """`note` is the head as the log signed it. `lines` are the witnesses' signature lines, by their names in the
    policy. `renews`: the head is published already and shall be cosigned anew."""

    def __init__(self, head: Checkpoint, note: str, *, renews: bool = False) -> None:
        self.head = head
        self.note = note
        self.renews = renews
        self.lines: dict[str, str] = {}
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the round has run."""
        return time.monotonic() - self._begun

    def published(self, policy: Policy) -> str:
        """The note with all signature lines so far, in the order of the policy."""
        return self.note + "".join(self.lines[one.name] for one in policy.witnesses if one.name in self.lines)


class WitnessEvidence(Protocol):
    """Handles the claim of a witness that it has signed `size`, or (None) another log. Stops signing if the log's own
    signature, or a quorum, proves that the database has lost entries."""

    async def __call__(self, witness: WitnessClient, size: int | None) -> None: ...


Proving = Callable[[int, int], Awaitable[Sequence[bytes]]]


class Feeder:
    """Shows rounds to witnesses. `prove` gives the consistency proof between two sizes. `signed` is called after
    each signature, with the witness's name. `sizes` are the sizes that witnesses are known to have signed."""

    def __init__(
        self, clients: Sequence[WitnessClient], prove: Proving, evidence: WitnessEvidence,
        signed: Callable[[str], None], sizes: Mapping[str, int],
    ) -> None:
        self._clients = clients
        self._prove = prove
        self._evidence = evidence
        self._signed = signed
        self._sizes = dict(sizes)
        self._round: Round | None = None
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Feeder":
        self._tasks = [
            asyncio.create_task(self._follow(client), name=f"witness {client.name}") for client in self._clients
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ask(self, new: Round | None) -> None:
        """Shows this round to the witnesses from now on; None ends the current one."""
        self._round = new
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _follow(self, client: WitnessClient) -> None:
        failures = 0
        while True:
            current = self._round
            if current is None or client.name in current.lines:
                await self._changed.wait()
                continue
            try:
                answer = await self._show(client, current)
            except LedgerError as error:
                # The database is away, or signing has stopped. The witness is not at fault.
                answer = Failed(error.message)
            except Exception:
                _log.exception("asking witness %s failed", client.name)
                answer = Failed("the request could not be made")
            if isinstance(answer, WitnessCosignature):
                failures = 0
                self._sizes[client.name] = current.head.size
                current.lines[client.name] = answer.line
                self._signed(client.name)
                continue
            failures += 1
            if failures in (1, 10, 100) or failures % 1_000 == 0:
                _log.warning("witness %s, asked %d times for size %d: %s", client.name, failures, current.head.size,
                             described(answer))
            await asyncio.sleep(min(_FIRST_DELAY * 2 ** min(failures - 1, 10), _LONGEST_DELAY))

    async def _show(self, client: WitnessClient, current: Round) -> Answer:
        """Asks with a proof from the size that the witness is known to have. If it states another size, asks from that
        one."""
        answer: Answer = Failed("says another size each time")
        for _ in range(_CONFLICTS):
            old, new = self._sizes.get(client.name, 0), current.head.size
            if old > new:
                await self._evidence(client, old)
                self._sizes.pop(client.name, None)
                return Conflict(old)
            answer = await client.add_checkpoint(AddCheckpoint(old, tuple(await self._prove(old, new)), current.note))
            if isinstance(answer, Differs):
                await self._evidence(client, None)
            if not isinstance(answer, Conflict):
                return answer
            self._sizes[client.name] = answer.size
        return answer
