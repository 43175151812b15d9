"""Standard error of a server whose reader stops, comes back, or is gone."""

import os
import time

import pytest

from ledger.host import patient_output
from ledger.host.patient_output import PatientOutput


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_output, "PATIENCE_SECONDS", 0.2)


def test_lines_arrive_whole() -> None:
    reader, writer = os.pipe()
    output = PatientOutput(writer)
    output.write("first é\n")
    output.write("x" * 10_000 + "\n")
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as lines:
        assert lines.read() == "first é\n" + "x" * 10_000 + "\n"


def test_lines_that_nobody_reads_are_dropped_after_one_wait_and_counted() -> None:
    reader, writer = os.pipe()
    output = PatientOutput(writer)
    began = time.monotonic()
    for number in range(3_000):
        output.write(f"{number} " + "x" * 100 + "\n")
    assert time.monotonic() - began < 60
    first = os.read(reader, 1 << 20).decode()
    output.write("again\n")
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as lines:
        rest = lines.read().splitlines()
    whole = first.splitlines()
    assert [line.split()[0] for line in whole] == [str(number) for number in range(len(whole))]
    assert rest == [f"{3_000 - len(whole)} lines of the log were dropped: nobody read them", "again"]


def test_a_line_that_is_cut_off_gets_its_end() -> None:
    reader, writer = os.pipe()
    output = PatientOutput(writer)
    output.write("x" * (1 << 20) + "\n")
    first = os.read(reader, 1 << 20)
    output.write("again\n")
    os.close(writer)
    with os.fdopen(reader, "rb") as lines:
        assert (first + lines.read()).splitlines()[1:] == [
            b"1 lines of the log were dropped: nobody read them", b"again"]


def test_a_reader_who_is_gone_raises_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = PatientOutput(writer)
    output.write("a line\n")
    output.flush()
    os.close(writer)
