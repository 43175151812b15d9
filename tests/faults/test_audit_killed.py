"""An audit that is killed leaves no process behind: neither the one that checks signatures beside it, nor any other."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import httpx
import psutil
import pytest
from support.server import Server, environment, prepared_home
from support.waiting import until
from support.workshop import workshop

from ledger.client.audit.checks.parallel import APART
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.note import NoteSigner
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

SIZE: Final = 2 * APART
_QUERY: Final = 8
"""A message to PostgreSQL of which asyncpg awaits the answer, after the ones that open the session."""
_AMID_QUERY: Final = f"""
import signal, sys
from asyncio.selector_events import _SelectorSocketTransport as Transport
from ledger.cli.root import main

write, written = Transport.write, []

def interrupted(transport, data):
    write(transport, data)
    written.append(data)
    if len(written) == {_QUERY}:
        signal.raise_signal(signal.SIGTERM)

Transport.write = interrupted
sys.exit(main(["audit", "--json"]))
"""
_ENDED: Final = 60.0


class Stalling:
    """Passes on what a server says, but for a checkpoint of more entries than there are, and the second page of them,
    which never comes: so an audit is in its midst for as long as the test needs."""

    def __init__(self, server: Server) -> None:
        signer = NoteSigner(server.origin, read_key(server.home / LOG_KEY).private)
        self.checkpoint = sign_checkpoint(Checkpoint(server.origin, SIZE, bytes(32)), signer).encode()
        self.server = server
        self.stalled = threading.Event()
        self.released = threading.Event()

    def answer(self, path: str, accept: str) -> tuple[int, bytes]:
        if path == "/log/checkpoint":
            return 200, self.checkpoint
        if path.startswith("/v1/audit/entries") and "from=0" not in path:
            self.stalled.set()
            self.released.wait()
        answer = httpx.get(self.server.url + path, headers={"Accept": accept}, timeout=60)
        return answer.status_code, answer.content

    @contextmanager
    def served(self) -> Iterator[str]:
        stalling = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content = stalling.answer(self.path, self.headers.get("Accept", "*/*"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """The audit that asked was killed."""

        with Quiet(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                self.released.set()
                server.shutdown()
                thread.join()


def _heed_interrupts() -> None:
    """A process that was started in the background of a shell ignores SIGINT, and so would whatever it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _started(own: psutil.Process, chosen: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """The chosen processes below `own`. One that ends while it is asked is not among them."""
    found = []
    for one in own.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if chosen(one):
                found.append(one)
    return found


def _is_worker(process: psutil.Process) -> bool:
    return "spawn_main" in " ".join(process.cmdline())


def _is_database(process: psutil.Process) -> bool:
    return process.name() == "postgres"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as found:
        workshop(found, "works", pot="10")
        yield found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_killed_audit_leaves_no_process(server: Server, number: signal.Signals) -> None:
    stalling = Stalling(server)
    with stalling.served() as url, subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "audit", url, "--json"], env=environment(server.home), cwd="/",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed_interrupts,
    ) as process:
        assert stalling.stalled.wait(_ENDED)
        own = psutil.Process(process.pid)
        until(lambda: _started(own, _is_worker))
        started = own.children(recursive=True)
        process.send_signal(number)
        assert process.wait(_ENDED) != 0
        _, alive = psutil.wait_procs(started, _ENDED)
        assert not alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_audit_of_a_home_leaves_no_database(number: signal.Signals) -> None:
    """It has started the home's PostgreSQL by itself."""
    with prepared_home() as home:
        with Server(home):
            pass
        with subprocess.Popen(
            [sys.executable, "-m", "ledger.cli", "audit", "--json"], env=environment(home), cwd="/",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed_interrupts,
        ) as process:
            own = psutil.Process(process.pid)
            until(lambda: _started(own, _is_database))
            found = _started(own, _is_database)
            process.send_signal(number)
            process.wait(_ENDED)
            _, alive = psutil.wait_procs(found, _ENDED)
            assert not alive


def test_an_audit_stopped_amid_a_query_leaves_no_database() -> None:
    """The signal comes in compiled code of asyncpg, which an exception would crash or leave waiting."""
    with prepared_home() as home:
        with Server(home):
            pass
        done = subprocess.run(
            [sys.executable, "-c", _AMID_QUERY], env=environment(home), cwd="/", capture_output=True, text=True,
            check=False, timeout=2 * _ENDED,
        )
        assert done.returncode == 128 + signal.SIGTERM, done.stderr
        assert running_postmaster(Layout.at(home).data) is None
