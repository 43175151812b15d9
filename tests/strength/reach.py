"""A pytest plugin that tells `ledger.probe` which test runs, and writes the tests by number, with their seconds, into
STRENGTH_REACH, a JSON file a process. Number 0 is what runs before the first test."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from probe import WIDTH, running_file, worker

_tests: list[tuple[str, float]] = [("", 0.0)]
_FOLDER = os.environ["STRENGTH_REACH"]


def pytest_configure() -> None:
    running_file(_FOLDER).write_bytes(b"0" * WIDTH)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with running_file(_FOLDER).open("r+b") as file:
        file.write(b"%0*d" % (WIDTH, len(_tests)))
    began = time.monotonic()
    try:
        return (yield)  # type: ignore[return-value]
    finally:
        _tests.append((item.nodeid, time.monotonic() - began))


def pytest_sessionfinish() -> None:
    Path(_FOLDER, f"tests-{worker()}.json").write_text(json.dumps(_tests), encoding="utf-8")
