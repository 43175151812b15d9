"""The HTTP API by its own document: Schemathesis makes requests of every operation, valid and not, as several callers.
Each answer must have a status, media type, form and headers of the document, and be no error of the server. What breaks
the document must be refused. At the end the log must pass its audit.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec
from fuzz.plan import PLAN, AskedCount, FuzzPlan, counts_file
from fuzz.stock import LINK_SECRET, MEMBER, READER, RecordingServer, Stock, fill, known_values
from support.server import TESTS, Server, prepared_home

PHASES: Final = "examples,coverage,fuzzing,stateful"
EXCLUDED: Final = ("positive_data_acceptance", "ignored_auth", "object_level_authorization")
"""Rules of the ledger are stricter than a schema can say; the document states no right, since without a token the
public things are answered."""
CONFIGURATION: Final = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "410", "413", "414", "421", "422", "429", "503"]
"""
"""What breaks the document may be refused for its host, its caller, its size or the length of its address before."""


class FuzzCaller(NamedTuple):
    """`access`: of the ledger. `organization`: signs in with its key. `by_link`: has the secret of a grant's link.
    `by_socket`: as the operator. Otherwise without a token."""

    name: str
    access: str
    organization: str | None = None
    by_link: bool = False
    by_socket: bool = False


CALLERS: Final = (
    FuzzCaller("reader", "parties", READER), FuzzCaller("member", "parties", MEMBER), FuzzCaller("nobody", "parties"),
    FuzzCaller("link", "parties", by_link=True), FuzzCaller("operator", "parties", by_socket=True),
    FuzzCaller("everybody", "open"),
)


def fuzz_api(seconds: float, folder: Path) -> int:
    """How many runs failed. The reports are printed."""
    folder.mkdir(parents=True, exist_ok=True)
    share = seconds / len(CALLERS)
    return sum(
        _fuzz_ledger(access, [caller for caller in CALLERS if caller.access == access], share, folder)
        for access in dict.fromkeys(caller.access for caller in CALLERS)
    )


def _fuzz_ledger(access: str, callers: Sequence[FuzzCaller], seconds: float, folder: Path) -> int:
    with prepared_home() as home, RecordingServer(
            home, CARBON_LEDGER_ACCESS=access, CARBON_LEDGER_FACTOR_SETS="all") as server:
        stock = fill(server)
        # The server builds the document at the first request.
        httpx.get(f"{server.url}/schema/openapi.json", timeout=120).raise_for_status()
        failed = sum(_run(server, stock, caller, seconds, folder) for caller in callers)
        report = server.audit()
    if report.returncode:
        print(f"the audit of the ledger with access {access}: {report.stdout}{report.stderr}")
    return failed + int(report.returncode != 0)


def _run(server: Server, stock: Stock, caller: FuzzCaller, seconds: float, folder: Path) -> bool:
    """Whether a check failed."""
    keys = {name: key.to_pem().decode() for name, key in stock.keys.items()}
    client = stock.link if caller.by_link else caller.organization
    plan = folder / f"{caller.name}.json"
    plan.unlink(missing_ok=True)
    plan.touch(mode=0o600)
    plan.write_bytes(msgspec.json.encode(FuzzPlan(
        server.url, server.origin, client, stock.link, LINK_SECRET, known_values(server, stock),
        [body.decode() for body in stock.bodies], keys,
    )))
    counts_file(plan).unlink(missing_ok=True)
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    with relayed(server.home / "serve.sock") if caller.by_socket else contextlib.nullcontext(server.url) as url:
        print(f"== {caller.name} of a ledger with access {caller.access}", flush=True)
        done = subprocess.run(
            [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run",
             f"{url}/schema/openapi.json", "--exclude-checks", ",".join(EXCLUDED), "--phases", PHASES,
             "--max-time", str(max(1, round(seconds))), "--request-timeout", "60", "--continue-on-failure",
             "--wait-for-schema", "120", "--generation-database", "none", "--no-color", "--warnings", "off"],
            cwd=folder, timeout=seconds + 600, check=False, env={
                **os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS))),
                "SCHEMATHESIS_HOOKS": "fuzz.hooks", PLAN: str(plan)},
        )
    if not counts_file(plan).exists():
        raise SystemExit(f"Schemathesis did not run as {caller.name}: it ended with {done.returncode}")
    _tell(caller, msgspec.json.decode(counts_file(plan).read_bytes(), type=list[AskedCount]))
    return done.returncode != 0


def _tell(caller: FuzzCaller, counts: Sequence[AskedCount]) -> None:
    asked = {count.operation for count in counts}
    answered = {count.operation for count in counts if 200 <= count.status < 300}
    print(f"{caller.name}: {sum(count.times for count in counts):,} requests of {len(asked)} operations, "
          f"{len(answered)} answered with 2xx; never: {', '.join(sorted(asked - answered)) or 'none'}", flush=True)


@contextlib.contextmanager
def relayed(path: Path) -> Iterator[str]:
    """The address of a TCP port of this host that leads to the Unix socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, path), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _accept(listening: socket.socket, path: Path) -> None:
    with contextlib.suppress(OSError):  # the end of the listening socket
        while True:
            client, _ = listening.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(path))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side has gone
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
