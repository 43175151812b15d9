"""The demo's own server: a real process with a temporary home, which ends with the demo."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ledger.errors import Unavailable
from ledger.store.embedded import default_home

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_OURS = ("CARBON_LEDGER_DATABASE_URL", "CARBON_LEDGER_ORIGIN", "CARBON_LEDGER_PUBLIC_URL", "CARBON_LEDGER_URL",
         "CARBON_LEDGER_ANCHOR", "CARBON_LEDGER_POLICY", "CARBON_LEDGER_CONFIG", "CARBON_LEDGER_TLS_CERT",
         "CARBON_LEDGER_TLS_KEY", "CARBON_LEDGER_ACCESS", "CARBON_LEDGER_KEY", "CARBON_LEDGER_CLIENT_ID",
         "CARBON_LEDGER_CLIENT_SECRET", "CARBON_LEDGER_CORS")


class Running(NamedTuple):
    """A server that takes requests."""

    home: Path
    url: str
    vkey: str
    process: "subprocess.Popen[str]"


def command(*arguments: str) -> list[str]:
    """The arguments that run a command of `carbon-ledger` as another process."""
    return [sys.executable, "-m", "ledger.cli", *arguments]


def environment(home: Path) -> dict[str, str]:
    """The environment of the demo's processes, without the user's settings for a real ledger. Pages of
    other sites, such as the offline verifier, may read the log of the demo."""
    others = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**others, "CARBON_LEDGER_HOME": str(home), "CARBON_LEDGER_CORS": "any"}


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A temporary folder that the database's account can enter."""
    parent = Path(tempfile.gettempdir())
    if os.geteuid() == 0:
        # Root's database runs under another account, which may have no access to a temporary folder of root.
        parent = default_home().parent
        if not parent.exists():
            parent.mkdir(parents=True)
            parent.chmod(0o711)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=parent))
    try:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(home: Path, port: int) -> Iterator[Running]:
    """Runs `carbon-ledger serve` on this home. Raises Unavailable with the server's log if it does not start."""
    with (home / "serve.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)), env=environment(home), stdout=subprocess.PIPE, stderr=log, text=True,
            start_new_session=True,  # Ctrl-C must reach only the demo, which stops the server in good order
        )
        try:
            lines = _first_lines(process, 2)
            if len(lines) < 2:
                log.seek(0)
                raise Unavailable(f"the server did not start: {log.read().strip()[-2000:]}", code="server-down")
            yield Running(home, lines[0], lines[1], process)
        finally:
            _stop(process)


def _first_lines(process: "subprocess.Popen[str]", count: int) -> list[str]:
    """The first lines that the process prints. A thread reads them, so that the wait has a time limit."""
    lines: list[str] = []

    def read() -> None:
        while len(lines) < count and process.stdout is not None and (line := process.stdout.readline()):
            lines.append(line.strip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(_START_SECONDS)
    return list(lines)


def _stop(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
