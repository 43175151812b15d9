"""An import of a long list: how fast it goes from a CSV file to the ledger, and how an error in it is named."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.measures import Measure, rate
from support.cli import environment
from support.lists import MAPPING, Row, with_cell, written
from support.process_memory import MeasuredCommand, measured_command
from support.server import Server
from support.workshop import Workshop

from ledger.host.files.key_files import write_key

ROWS: Final = 100_000
PLANTED: Final = 77_777
MOST_MIB: Final = 300.0


def measure_import(server: Server, appended: float) -> list[Measure]:
    """`import.csv`: rows a second that one command reads, signs and posts, beside `append.batch` of the same run. Ends
    the run if an error in row 77,777 is not named, if an import again is not without effect, or for lack of memory."""
    shop = Workshop("importer")
    server.post([shop.enrolment(server)])
    server.post(shop.opening())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_key(folder / "key.pem", shop.party.key)
        (folder / "mapping.toml").write_text(MAPPING.replace("PREFIX", shop.party.prefix))
        arguments = [
            "--mapping", folder / "mapping.toml", "--key", folder / "key.pem", "--issuer", shop.id, "--origin",
            server.origin, "--url", server.url, "--json",
        ]
        _check_fault(_import(written(folder / "wrong.csv", ROWS, _planted), arguments))
        file = written(folder / "list.csv", ROWS)
        began = time.perf_counter()
        done = _import(file, arguments)
        seconds = time.perf_counter() - began
        result, again = _numbers(done), _numbers(_import(file, arguments))
    if result["accepted"] != ROWS or again["unchanged"] != ROWS or done.peak > MOST_MIB:
        raise SystemExit(f"import: {result}, again {again}, {done.peak:.0f} MiB of at most {MOST_MIB:.0f}")
    return [rate("import.csv", ROWS / seconds, "append.batch", appended, done.peak)]


def _planted(number: int, cells: Row) -> Row:
    return with_cell(cells, "Quantity", "1.234.5") if number == PLANTED else cells


def _import(file: Path, arguments: list[Any]) -> MeasuredCommand:
    return measured_command(["import", file, *arguments], environment())


def _check_fault(done: MeasuredCommand) -> None:
    problems = json.loads(done.err.splitlines()[-1])["errors"]
    named = [(one["detail"].partition(":")[0], one["value"], one["rule"]) for one in problems]
    if len(named) != 1 or named[0][:2] != (f"row {PLANTED}, column Quantity", "1.234.5"):
        raise SystemExit(f"the error in row {PLANTED} is reported as {named}")


def _numbers(done: MeasuredCommand) -> dict[str, Any]:
    if done.code != 0:
        raise SystemExit(f"import: {done.err[-2000:]}")
    numbers: dict[str, Any] = json.loads(done.out)
    return numbers
