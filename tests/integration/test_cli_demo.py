"""The demo, to its end: what it shows, that it catches the tampering, and that it leaves nothing behind."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
from support import prefork
from support.cli import SECONDS, Done, command, environment, run

from ledger.store.embedded import default_home

PARENT = default_home().parent if os.geteuid() == 0 else Path(tempfile.gettempdir())


def homes() -> set[Path]:
    return set(PARENT.glob("demo-*"))


@pytest.fixture(scope="module")
def told() -> Done:
    before = homes()
    # what is configured for a real ledger must not matter
    done = run("demo", CARBON_LEDGER_DATABASE_URL="postgresql://nowhere/none", CARBON_LEDGER_ORIGIN="other.example")
    assert homes() == before
    return done


def test_it_ends_by_itself_with_0(told: Done) -> None:
    assert told.code == 0, told.err
    assert "The demo is done" in told.out
    assert "Traceback" not in told.err


SHOWN: Final = (
    "origin ", "vkey ", "Rudong Wind Power", "如东风电", "The story: ", "transformation: ", "The new gearbox",
    "The remanufactured gearbox", "completeness", "% less", "Published savings", "electric arc furnace",
    "blast furnace", "kg CO2e per t", "The sources of the figures", "MEE guidelines", "everything holds",
    "DOES NOT HOLD at index", "undone: the audit passes again",
)


def test_what_it_shows(told: Done) -> None:
    assert [part for part in SHOWN if part not in told.out] == []


def test_its_figures_are_complete(told: Done) -> None:
    """Above 97 %, with both totals, the parts of primary and secondary data, and an uncertainty."""
    shares = [float(share) for share in re.findall(r"^completeness +([0-9.]+) %, exempted", told.out, re.M)]
    assert len(shares) == 2
    assert min(shares) > 97
    totals = re.findall(r"location-based +[0-9,.]+ kg CO2e; market-based [0-9,.]+ kg CO2e", told.out)
    assert (len(totals), len(re.findall(r"^primary data +[0-9.]+ %", told.out, re.M))) == (2, 2)
    spreads = re.findall(r"^uncertainty +95 % between ([0-9,]+) and ([0-9,]+) kg CO2e", told.out, re.M)
    assert len(spreads) == 2
    for low, high in spreads:
        assert int(low.replace(",", "")) < 0.95 * int(high.replace(",", ""))
    assert "incomplete footprint" not in told.out


def test_it_is_as_large_as_promised(told: Done) -> None:
    records = re.search(r"The story: (\d+) records", told.out)
    assert int(records[1]) >= 60
    assert len(re.findall(r"^\d+ +urn:example:", told.out, re.M)) >= 8


def test_the_tampering_is_caught_at_the_record_that_made_the_gearbox(told: Done) -> None:
    made = re.search(r"gearbox-maker, record (\d+)", told.out)
    assert f"DOES NOT HOLD at index {made[1]}, rule " in told.out


def test_keep_leaves_the_server_up_until_a_signal(tmp_path: Path) -> None:
    before = homes()
    with started("--keep") as process:
        lines: list[str] = []
        while not (len(lines) > 1 and re.fullmatch(r"http://127\.0\.0\.1:\d+", lines[-2])):
            line = process.stdout.readline()
            assert line, process.communicate(timeout=SECONDS)[1]
            lines.append(line.strip())
        url, vkey = lines[-2:]
        assert httpx.get(f"{url}/log/vkey").text.strip() == vkey
        tries = [line.split(maxsplit=1)[1] for line in lines if line.startswith("carbon-ledger ")]
        assert len(tries) >= 5
        for arguments in tries:
            # A later server may get the same port: the session at this one must not be found then.
            assert run(*arguments.split(), XDG_CONFIG_HOME=str(tmp_path)).code == 0, arguments
        ended(process, signal.SIGTERM, before)
    assert process.returncode == 0


def test_ctrl_c_ends_it_in_the_middle() -> None:
    before = homes()
    with started() as process:
        assert process.stdout.readline()
        ended(process, signal.SIGINT, before)


@contextmanager
def started(*options: str) -> Iterator[prefork.Popen]:
    with prefork.Popen(command("demo", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       env=environment()) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: prefork.Popen, number: signal.Signals, before: set[Path]) -> None:
    """The signal ends it and all that it started, and its home is gone."""
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err
    assert (psutil.wait_procs(children, timeout=SECONDS)[1], homes()) == ([], before)
