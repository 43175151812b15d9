"""The command line as real processes, and a real server for it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support import prefork
from support.clusters import homes

SECONDS = 120


class Done(NamedTuple):
    code: int
    out: str
    err: str

    def succeeded(self) -> "Done":
        """Itself. Raises AssertionError if the command failed."""
        if self.code:
            raise AssertionError(self.err)
        return self


class Served(NamedTuple):
    """A running `carbon-ledger serve`."""

    home: Path
    url: str
    vkey: str
    process: "subprocess.Popen[str]"

    @property
    def origin(self) -> str:
        return self.vkey.partition("+")[0]


def environment(**more: str) -> dict[str, str]:
    """Without what the tests' own environment configures for the ledger."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    return {**kept, **more}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "ledger.cli", *map(str, arguments)]


def run(*arguments: object, stdin: str = "", cwd: Path | None = None, **env: str) -> Done:
    """One command, to its end."""
    done = prefork.run(
        command(*arguments), input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=cwd,
        env=environment(**env),
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """One that the embedded database's account can reach; pytest's own is root's alone."""
    homes().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="cli-", dir=homes()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(home: Path, *arguments: str) -> Iterator[Served]:
    """`serve` on a free port, open unless the arguments say otherwise, stopped with SIGTERM."""
    process = prefork.Popen(
        command("serve", "--port", "0", "--home", home, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(CARBON_LEDGER_ACCESS="open"),
    )
    try:
        if process.stdout is None:
            raise AssertionError("no pipe")
        url, vkey = process.stdout.readline().strip(), process.stdout.readline().strip()
        if not vkey:
            raise AssertionError(process.communicate(timeout=SECONDS)[1])
        yield Served(home, url, vkey, process)
    finally:
        stop(process)


def stop(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Ends it as an operator would; returns what it still printed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.communicate(timeout=SECONDS)
    except ValueError:  # its pipes were read already
        return "", ""
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
