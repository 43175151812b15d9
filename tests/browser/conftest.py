"""One browser for the tests of a process, and the ledgers that they visit.

The browser's interface keeps an event loop running in its thread, in which other tests could not run theirs. So it has
a thread of its own, in which the tests of this folder run; fixtures of ledgers run in the main thread as ever.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import pytest
from playwright.sync_api import Browser
from support.browsing import chromium
from support.exhibits import Exhibit, demo_exhibit, foundry_exhibit, hostile_exhibit

_THREAD: Final = ThreadPoolExecutor(1, "browser")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    names = pyfuncitem._fixtureinfo.argnames
    _THREAD.submit(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names}).result()
    return True


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    stack = ExitStack()
    try:
        yield _THREAD.submit(stack.enter_context, chromium()).result()
    finally:
        _THREAD.submit(stack.close).result()


@pytest.fixture(scope="session")
def demo() -> Iterator[Exhibit]:
    with demo_exhibit() as exhibit:
        yield exhibit


@pytest.fixture(scope="session")
def foundry() -> Iterator[Exhibit]:
    with foundry_exhibit() as exhibit:
        yield exhibit


@pytest.fixture(scope="session")
def hostile() -> Iterator[Exhibit]:
    with hostile_exhibit() as exhibit:
        yield exhibit
