"""Real server processes for tests and benchmarks: `carbon-ledger serve`, with the test sector installed too."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

import httpx
import msgspec

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import seal
from ledger.host.files.key_files import REGISTRAR_KEY, read_own_key
from ledger.service.setup import registrar_id
from support import prefork
from support.clusters import copy_cluster, homes
from support.parties import Party
from support.waiting import until

TESTS = Path(__file__).resolve().parents[1]
_PATHS = (TESTS.parent, TESTS, TESTS / "support" / "installed")
_START_SECONDS = 120.0
METRICS_TOKEN = TESTS / "support" / "metrics-token"
"""The file with the token that reads the metrics of servers of tests."""
Posted = tuple[Party, AnyRecord]


class Registering(Protocol):
    """A ledger whose registrar enters organisations: a server, or one inside of the test's process."""

    @property
    def registrar(self) -> Party: ...

    @property
    def origin(self) -> str: ...


class Posting(Registering, Protocol):
    """One that takes records too."""

    def post(self, posted: Sequence[Posted]) -> list[Receipt]: ...


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """A data folder, not made yet, that the embedded database's account can reach; removed afterwards."""
    base = homes()
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="test-", ignore_cleanup_errors=True) as folder:
        # Left 0700 by tempfile; the embedded database's account has to pass.
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"


@contextlib.contextmanager
def prepared_home() -> Iterator[Path]:
    """The same with a database that has the schema and no ledger yet, so that a server starts sooner."""
    with temporary_home() as home:
        copy_cluster(home)
        yield home


def environment(
    home: Path, database_url: str | None = None, installed: Sequence[Path] = (), anchor: Path | None = None
) -> Mapping[str, str]:
    """The environment of a server process. `installed`: folders into which more has been installed."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    found["PYTHONPATH"] = os.pathsep.join(str(path) for path in (*_PATHS, *installed))
    found["CARBON_LEDGER_HOME"] = str(home)
    found["CARBON_LEDGER_METRICS_TOKEN_FILE"] = str(METRICS_TOKEN)
    found["CARBON_LEDGER_FACTOR_SETS"] = "none"
    # Tests of who sees what say otherwise.
    found["CARBON_LEDGER_ACCESS"] = "open"
    if database_url is not None:
        found["CARBON_LEDGER_DATABASE_URL"] = database_url
    if anchor is not None:
        found["CARBON_LEDGER_ANCHOR"] = str(anchor)
    return found


class Server:
    """One `carbon-ledger serve` process. `url` and `vkey` are what it printed."""

    def __init__(
        self, home: Path, database_url: str | None = None, installed: Sequence[Path] = (), anchor: Path | None = None,
        program: str = "ledger.cli", **variables: str,
    ) -> None:
        """`variables` of its environment, besides."""
        self.home = home
        self.database_url = database_url
        self.wait = 60 if "CARBON_LEDGER_POLICY" in variables else 0
        """Seconds for which `submit` waits for witnesses."""
        self._passphrase = variables.get("CARBON_LEDGER_PASSPHRASE", "").encode() or None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = prefork.Popen(
            [sys.executable, "-m", program, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=self._log,
            env={**environment(home, database_url, installed, anchor), **variables}, cwd="/",
        )
        try:
            self.url, self.vkey = self._lines(2)
        except BaseException:
            self.__exit__()
            raise

    def _lines(self, count: int) -> list[str]:
        output = self.process.stdout
        if output is None:
            raise RuntimeError("no output")
        found = b""
        give_up = time.monotonic() + _START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while found.count(b"\n") < count:
                if not selector.select(give_up - time.monotonic()):
                    self.kill()
                    raise RuntimeError(f"the server is not ready: {self.log()}")
                part = os.read(output.fileno(), 4096)
                if not part:
                    self.process.wait(120)
                    raise RuntimeError(f"the server ended: {self.log()}")
                found += part
        return found.decode().splitlines()[:count]

    @property
    def origin(self) -> str:
        return self.vkey.partition("+")[0]

    @property
    def registrar(self) -> Party:
        """The registrar, whose key set-up left in the data folder: with witnesses, once they have been asked and the
        log has entered it."""
        if self.wait:
            until(self._has_registrar, "the registrar is not entered")
        return Party(registrar_id(self.origin), read_own_key(self.home / REGISTRAR_KEY, self._passphrase))

    def _has_registrar(self) -> bool:
        listed = httpx.get(f"{self.url}/v1/organizations", params={"limit": 1}, timeout=120)
        return registrar_id(self.origin) in listed.text

    def log(self) -> str:
        """What the server wrote to stderr."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]

    def envelopes(self, posted: Sequence[Posted]) -> list[bytes]:
        """Records, signed for this ledger."""
        return [msgspec.json.encode(seal(record, party.key, self.origin)) for party, record in posted]

    def submit(self, envelopes: Sequence[bytes], timeout: float = 120) -> list[Receipt | dict[str, object]]:
        """Posts envelopes as NDJSON: a receipt or a problem each."""
        response = httpx.post(
            f"{self.url}/v1/records", content=b"\n".join(envelopes) + b"\n", params={"wait": self.wait},
            headers={"Content-Type": "application/x-ndjson"}, timeout=timeout,
        )
        response.raise_for_status()
        return [answer_of(line) for line in response.content.splitlines()]

    def post(self, posted: Sequence[Posted]) -> list[Receipt]:
        """Signs and posts records that must all be admitted."""
        answers = self.submit(self.envelopes(posted))
        receipts = [answer for answer in answers if isinstance(answer, Receipt)]
        if len(receipts) != len(posted):
            raise AssertionError([answer for answer in answers if not isinstance(answer, Receipt)][:3])
        return receipts

    def audit(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Runs `carbon-ledger audit` against this server, as an outsider would."""
        return command(self.home, "audit", self.url, "--vkey", self.vkey, *options)

    def kill(self) -> None:
        """SIGKILL: no time for a last word."""
        self.process.kill()
        self.process.wait(120)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._log.close()


def answer_of(line: bytes) -> Receipt | dict[str, object]:
    """A receipt, or the problem instead."""
    found: dict[str, object] = msgspec.json.decode(line)
    return msgspec.json.decode(line, type=Receipt) if "proof" in found else found


def command(
    home: Path, *arguments: str, timeout: float = 300, installed: Sequence[Path] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    return prefork.run(
        [sys.executable, "-m", "ledger.cli", *arguments], env=environment(home, None, installed), cwd="/",
        capture_output=True, text=True, timeout=timeout, check=False,
    )
