"""An import of a long list: how fast it goes from a CSV file to the ledger, and how an error in it is named."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.measures import Measure, rate
from support.cli import Done, command, environment
from support.lists import MAPPING, Row, with_cell, written
from support.server import Server
from support.workshop import Workshop

from ledger.host.files.key_files import write_key

ROWS: Final = 100_000
PLANTED: Final = 77_777
MOST_MIB: Final = 300.0
_RUN: Final = """
import re, sys
from pathlib import Path
from ledger.cli.root import main
code = main(sys.argv[1:])
print(re.search("VmHWM:\\\\s+([0-9]+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""
"""`ru_maxrss` would begin with the memory of the process that started this one."""


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
        _check_fault(_import(written(folder / "wrong.csv", ROWS, _planted), arguments)[0])
        file = written(folder / "list.csv", ROWS)
        began = time.perf_counter()
        result, memory = _numbers(_import(file, arguments))
        seconds = time.perf_counter() - began
        again, _ = _numbers(_import(file, arguments))
    if result["accepted"] != ROWS or again["unchanged"] != ROWS or memory > MOST_MIB:
        raise SystemExit(f"import: {result}, again {again}, {memory:.0f} MiB of at most {MOST_MIB:.0f}")
    return [rate("import.csv", ROWS / seconds, "append.batch", appended, round(memory, 1))]


def _planted(number: int, cells: Row) -> Row:
    return with_cell(cells, "Quantity", "1.234.5") if number == PLANTED else cells


def _import(file: Path, arguments: list[Any]) -> tuple[Done, float]:
    """An import in a process of its own, with the memory that it took in MiB."""
    done = subprocess.run([sys.executable, "-c", _RUN, *command("import", file, *arguments)[3:]], env=environment(),
                          capture_output=True, text=True, check=False)
    *lines, peak = done.stderr.splitlines()
    return Done(done.returncode, done.stdout, "\n".join(lines)), int(peak) / 1024


def _check_fault(done: Done) -> None:
    problems = json.loads(done.err.splitlines()[-1])["errors"]
    named = [(one["detail"].partition(":")[0], one["value"], one["rule"]) for one in problems]
    if len(named) != 1 or named[0][:2] != (f"row {PLANTED}, column Quantity", "1.234.5"):
        raise SystemExit(f"the error in row {PLANTED} is reported as {named}")


def _numbers(imported: tuple[Done, float]) -> tuple[dict[str, Any], float]:
    done, memory = imported
    if done.code != 0:
        raise SystemExit(f"import: {done.err[-2000:]}")
    numbers: dict[str, Any] = json.loads(done.out)
    return numbers, memory
