"""What workers assess is what this process assesses: every digit, every order, every error, for a case of each route of
every sector."""

import asyncio
from importlib import import_module
from typing import Final

import msgspec
import pytest
from support.server import TESTS

from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.registry.assessing import AssessmentCall, AssessmentResult, Inside
from ledger.registry.installed import installed
from ledger.registry.workers.pool import WorkerPool
from ledger.sdk.testing.conformance import Case

MODULES: Final = sorted(path.stem for path in (TESTS / "unit" / "plugins").glob("test_*_conformance.py"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return installed()


def calls(registry: Registry) -> list[AssessmentCall]:
    """The cases as they stand, and each with an activity that is none and with nothing that goes in."""
    found = []
    cases: list[Case] = [case for name in MODULES for case in import_module(f"unit.plugins.{name}").CASES]
    for case in cases:
        one = registry.sectors[case.context.process.partition(".")[0]]
        empty = msgspec.structs.replace(case.context, inputs=(), supplies=())
        found += [
            AssessmentCall(one, case.context, msgspec.json.encode(case.activity)),
            AssessmentCall(one, case.context, b'{"noSuchField":1}'),
            AssessmentCall(one, empty, msgspec.json.encode(case.activity)),
        ]
    return found


async def by_workers(asked: list[AssessmentCall]) -> list[AssessmentResult]:
    async with WorkerPool(2, 10.0) as pool:
        await pool.ready()
        return await pool.assess(asked)


def told(found: AssessmentResult) -> tuple[object, ...]:
    """Everything about an answer that can differ. Texts as they are sent."""
    if isinstance(found, LedgerError):
        return type(found), found.code, found.message[:2_000], found.field, found.value, found.rule
    return (repr(found),)


def test_every_route_of_every_sector(registry: Registry) -> None:
    asked = calls(registry)
    routes = {call.context.process for call in asked}
    assert len(MODULES) >= 8
    assert len(routes) > 40
    here = asyncio.run(Inside(registry).assess(asked))
    there = asyncio.run(by_workers(asked))
    assert [told(one) for one in there] == [told(one) for one in here]
    assert sum(isinstance(one, LedgerError) for one in here) >= len(asked) // 3
    assert sum(not isinstance(one, LedgerError) for one in here) >= len(asked) // 3
