"""`kill -9` of the server, of PostgreSQL, or of both, round after round, at random moments and at named points of a
transaction, under load. After every ten rounds each promise is checked, and the log is audited.

The seed decides what is killed, and when; a failure prints it with the test's name.
"""

import os
import random
import signal
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event
from typing import Final

import asyncpg
import httpx
import pytest
from support.databases import Database
from support.load import Load, check_promises, wait_for
from support.proxy import BEGUN, COMMIT, COMMITTED, COPYING, LOCKED, UPDATED, Point, Proxy
from support.server import Server, prepared_home
from support.waiting import until
from support.witness import Witness

from ledger.store.database import LOST
from ledger.store.embedded import EmbeddedPostgres

POINTS: Final[list[Point]] = [BEGUN, LOCKED, COPYING, UPDATED, COMMIT, COMMITTED]
VICTIMS: Final = ("server", "postgres", "both")
LOADS: Final = 3


class Round:
    """A ledger whose database is reached through a proxy that tells where a transaction is."""

    def __init__(self, stack: ExitStack, chance: random.Random) -> None:
        self._stack = stack
        self._chance = chance
        self._home = stack.enter_context(prepared_home())
        self._postgres = stack.enter_context(EmbeddedPostgres(self._home))
        self._proxy = stack.enter_context(Proxy(self._postgres.owner_url))
        self.told: list[str] = []
        self.last = ""
        """What the server said last of itself."""
        self.server = self._start()

    def _start(self) -> Server:
        """As a service manager does: again, where the database was not there yet."""
        while True:
            until(self._database_answers)
            try:
                return self._stack.enter_context(Server(self._home, self._proxy.url))
            except RuntimeError as error:
                if "the database does not answer" not in str(error):
                    raise

    def _database_answers(self) -> bool:
        try:
            with Database(self._postgres.owner_url) as database:
                return bool(database.one("SELECT true"))
        except (*LOST, asyncpg.PostgresError):
            return False

    def kill(self) -> None:
        """Once, and starts again what does not come back by itself."""
        victim = self._chance.choice(VICTIMS)
        point = self._chance.choice([None, *POINTS])
        moment = self._chance.random() / 2
        self.told.append(f"{victim} {'at random' if point is None else point}")
        strike = self._strike(victim)
        if point is None:
            Event().wait(moment)
            strike()
        else:
            self._proxy.when(point, strike)
            self._proxy.wait()
        if victim != "postgres":
            self.server.kill()
            self.server = self._start()

    def _strike(self, victim: str) -> Callable[[], None]:
        def strike() -> None:
            if victim != "postgres":
                os.kill(self.server.process.pid, signal.SIGKILL)
            if victim != "server" and self._postgres.pid is not None:
                os.kill(self._postgres.pid, signal.SIGKILL)

        return strike

    def answers(self) -> bool:
        if not self._database_answers():
            return False
        try:
            answer = httpx.get(f"{self.server.url}/health/ready", timeout=60)
        except httpx.HTTPError as error:
            self.last = repr(error)
            return False
        self.last = answer.text
        return answer.status_code == 200


def rounds(seed: int, count: int) -> None:
    with ExitStack() as stack:
        run = Round(stack, random.Random(seed))
        witness = Witness(run.server.vkey)
        before = witness.look(run.server.url).size
        loads = [Load(run.server, f"works-{i}", lambda: run.server.url) for i in range(LOADS)]
        for load in loads:
            load.start()
        for _ in range(count):
            wait_for(loads, 1)
            run.kill()
            try:
                until(run.answers)
            except AssertionError:
                raise AssertionError(f"{run.told}: {run.last}\n{run.server.log()}") from None
            witness.look(run.server.url)
        wait_for(loads, 1)
        for load in loads:
            load.finish()
        print(f"seed {seed}: {'; '.join(run.told)}")
        check_promises(run.server, loads, witness, before)
        assert run.server.stop() == 0


def test_a_few_rounds() -> None:
    rounds(seed=1, count=4)


@pytest.mark.faults_long
@pytest.mark.parametrize("seed", range(10, 15))
def test_fifty_rounds(seed: int) -> None:
    rounds(seed, count=10)
