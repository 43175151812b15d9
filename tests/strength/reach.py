"""A pytest plugin that tells `ledger.probe` which test runs, and notes the tests in STRENGTH_REACH: in a file for each
process, a line for each test with its number, its name, its seconds and whether it has passed. A test without a line
crashed. Number 0 is what runs before the first test."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from probe import WIDTH, running_file, worker

_FOLDER = os.environ["STRENGTH_REACH"]
_failed: set[str] = set()
_number = 0


def pytest_configure() -> None:
    running_file(_FOLDER).write_bytes(b"0" * WIDTH)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _failed.add(report.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global _number
    _number += 1
    with running_file(_FOLDER).open("r+b") as file:
        file.write(b"%0*d" % (WIDTH, _number))
    began = time.monotonic()
    try:
        return (yield)  # type: ignore[return-value]
    finally:
        line = [_number, item.nodeid, time.monotonic() - began, item.nodeid not in _failed]
        with Path(_FOLDER, f"tests-{worker()}").open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")
