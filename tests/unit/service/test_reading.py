"""What is read for several requests at once, where one of them cannot be read for. The database is a stand-in: no name
that gets past a record's schema is one that PostgreSQL refuses today."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ledger.admission.activations import Activations
from ledger.admission.names import Names
from ledger.errors import InvalidInput, Unavailable
from ledger.service.posting.prefetch import FactPrefetcher, PrefetchedFacts
from ledger.store.facts import InForce


class Base:
    """Reads slowly enough that the rest gathers; `refused` names fail whatever names them."""

    def __init__(self, refused: str, error: Exception) -> None:
        self.readings: list[set[str]] = []
        self._refused = refused
        self._error = error

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Base"]:
        yield self

    async def in_force(self, _: Any) -> InForce:
        return InForce(Activations(), 0, 0, 0)

    async def load(self, _: Any, names: Any, *__: Any) -> None:
        if not isinstance(names, Names):
            return  # keys
        self.readings.append(set(names.lots))
        for _ in range(3):
            await asyncio.sleep(0)
        if self._refused in names.lots:
            raise self._error

    async def complete(self, *_: Any) -> None:
        pass


def names_of(*lots: str) -> Names:
    found = Names()
    found.lots.update(lots)
    return found


async def read_all(base: Base, lots: Iterable[str]) -> list[PrefetchedFacts | BaseException]:
    reader = FactPrefetcher(base, base, base)  # type: ignore[arg-type]
    return await asyncio.gather(*[reader.read_together(names_of(lot), ()) for lot in lots], return_exceptions=True)


def test_only_the_one_that_cannot_be_read_for_is_told() -> None:
    base = Base("c", InvalidInput("no row can hold it"))
    found = asyncio.run(read_all(base, "abcde"))
    assert [isinstance(one, PrefetchedFacts) for one in found] == [True, True, False, True, True]
    assert isinstance(found[2], InvalidInput)
    assert base.readings == [set("abcde"), *[{lot} for lot in "abcde"]]


def test_a_lost_database_is_told_to_all() -> None:
    base = Base("c", Unavailable("it is gone"))
    found = asyncio.run(read_all(base, "abcde"))
    assert ([type(one) for one in found], len(base.readings)) == ([Unavailable] * 5, 1)


class Alone(Base):
    """Refuses a name as a row would, and fails at one that is read for alone."""

    async def complete(self, *_: Any) -> None:
        if self.readings[-1] == {"b"}:
            raise ZeroDivisionError


@pytest.mark.parametrize("base", [Base("c", ZeroDivisionError()), Alone("c", InvalidInput("no row can hold it"))])
def test_a_fault_of_the_program_leaves_nobody_waiting(base: Base) -> None:
    """Those of the group, and those of the group after it."""
    lots = [*"abcde", *map(str, range(150))]
    found = asyncio.run(asyncio.wait_for(read_all(base, lots), 60))
    assert {type(one) for one in found} <= {PrefetchedFacts, ZeroDivisionError}
    assert [isinstance(one, PrefetchedFacts) for one in found].count(True) == (0 if type(base) is Base else 1)


@pytest.mark.parametrize("count", [1, 250])
def test_all_at_once(count: int) -> None:
    """As many readings as it takes, a hundred requests each; and again after a pause."""
    base = Base("none", InvalidInput("never"))
    for turn in (1, 2):
        found = asyncio.run(read_all(base, map(str, range(count))))
        assert all(isinstance(one, PrefetchedFacts) for one in found)
        assert len(base.readings) == turn * -(-count // 100)
