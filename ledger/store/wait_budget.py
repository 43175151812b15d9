"""Questions of an operator to a database, of which it may answer some and not others: each waits for a bounded time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg

from ledger.errors import Unavailable

UNANSWERED: Final = "unanswered"
ALL_SECONDS: Final = 4.0
"""All questions of a command together wait about so long for answers that do not come."""
_LEAST_SECONDS: Final = 0.1
Value = TypeVar("Value")


class WaitBudget:
    """Each question waits for half of the time that is left, and one without an answer uses it up. So the first one
    waits long, and many together do not wait much longer than two."""

    def __init__(self, seconds: float = ALL_SECONDS) -> None:
        self._left = seconds

    async def answered(self, asking: Awaitable[Value], give_up: Callable[[], None]) -> Value:
        """The answer. Calls `give_up` and raises Unavailable if it does not come in time."""
        share = max(self._left / 2, _LEAST_SECONDS)
        try:
            async with asyncio.timeout(share) as limit:
                return await asking
        except TimeoutError as error:
            if not limit.expired():
                raise
            self._left -= share
            give_up()
            raise Unavailable(
                f"the database has not answered this within {share:.1g} s", code=UNANSWERED,
                rule="see in pg_stat_activity and pg_locks which session holds a lock, and see the database's disk",
            ) from error


def patient(budget: WaitBudget) -> type[asyncpg.Connection]:
    """The class of sessions whose questions wait for this time, unless the question itself has a `timeout`. A session
    that owes an answer is closed."""

    class PatientSession(asyncpg.Connection):
        async def execute(self, query: str, *args: Any, **options: Any) -> str:
            asking = super().execute(query, *args, **options)
            return await (asking if "timeout" in options else budget.answered(asking, self.terminate))

        async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
            return await budget.answered(super().fetch(query, *args, **options), self.terminate)

        async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
            return await budget.answered(super().fetchrow(query, *args, **options), self.terminate)

        async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
            return await budget.answered(super().fetchval(query, *args, **options), self.terminate)

    return PatientSession
