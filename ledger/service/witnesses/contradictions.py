"""Compares the checkpoints that witnesses say they were shown with the database, to detect a rollback from outside.

The word of a single witness proves nothing; otherwise any witness could stop the log. Two things stop signing: a
checkpoint that this log's own key signed and that the database does not hold, and the word of a quorum.
"""

import logging
from collections.abc import Callable

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.merkle import verify_consistency
from ledger.core.log.policy import Policy
from ledger.errors import VerificationError
from ledger.service.heads.heads import Heads
from ledger.service.witnesses.witness_client import WitnessClient
from ledger.store.database import Connection, DatabasePool
from ledger.store.tiles import consistency_path

_log = logging.getLogger(__name__)


class Contradictions:
    """`ahead` is the largest size that a witness has signed already and the database holds: smaller heads need not be
    shown any more. Calls `changed` when it grows."""

    def __init__(self, pool: DatabasePool, heads: Heads, policy: Policy, changed: Callable[[], None]) -> None:
        self._pool = pool
        self._heads = heads
        self._policy = policy
        self._changed = changed
        self._claims: dict[str, int] = {}
        self.ahead = 0

    def withdrawn(self, name: str) -> None:
        """Drops the earlier claim of a witness, since it has now signed the head that it was shown."""
        self._claims.pop(name, None)

    async def heed(self, witness: WitnessClient, size: int | None) -> None:
        """Handles the claim of a witness that it has signed `size`, or (None) that the checkpoint it is shown does not
        extend the checkpoint that it has signed.

        Raises Unavailable, and stops signing, if that proves that the database has lost entries or is another log.
        """
        async with self._pool.acquire() as connection:
            # Another server may just have appended.
            head = await self._heads.examine(connection)
        if size is not None and size <= head.size:
            self._claims.pop(witness.name, None)
            self.ahead = max(self.ahead, size)
            self._changed()
            return
        shown = await witness.shown(self._heads.keyring.keys)
        async with self._pool.acquire() as connection:
            # The head is read again: it includes the entries that were appended since.
            head = await self._heads.examine(connection)
            if shown is not None:
                await self._compare(connection, head, shown, witness.name)
            elif size is not None and size > head.size:
                self._claim(witness.name, size, head)

    async def compare(self, shown: Checkpoint, name: str) -> None:
        """Checks that the database begins with a head that a witness shows under this log's signature. Raises
        Unavailable, and stops signing, if it does not."""
        async with self._pool.acquire() as connection:
            await self._compare(connection, await self._heads.examine(connection), shown, name)

    async def _compare(self, connection: Connection, head: Checkpoint, shown: Checkpoint, name: str) -> None:
        whose = f"witness {name}, which shows this log's signature"
        if shown.size > head.size:
            self._heads.heed(whose, shown.size, shown)
            self._heads.contradict(shown.size, whose, head)
            return
        try:
            path = await consistency_path(connection, shown.size, head.size)
            verify_consistency(shown.size, head.size, shown.root, head.root, path)
        except VerificationError as error:
            self._heads.heed(whose, shown.size, shown)
            self._heads.halt(
                f"witness {name} was shown another log of {shown.size} entries with root {shown.root.hex()} under this "
                f"log's signature ({error.message})"
            )

    def _claim(self, name: str, size: int, head: Checkpoint) -> None:
        claims = self._claims | {name: size}
        self._claims = {witness: claimed for witness, claimed in claims.items() if claimed > head.size}
        _log.critical("witness %s says that it was shown %d entries, which the database does not hold; it shows no "
                      "signature of this log for them", name, size)
        if self._policy.satisfied(self._claims):
            listed = ", ".join(f"{witness} ({claimed})" for witness, claimed in sorted(self._claims.items()))
            least, whose = min(self._claims.values()), f"a quorum of witnesses: {listed}"
            self._heads.heed(whose, least)
            self._heads.contradict(least, whose, head)
