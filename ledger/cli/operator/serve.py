"""`serve`: opens the ledger, sets it up if needed, and serves it in one or more processes."""

import asyncio
import ipaddress
import logging
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
import msgspec

from ledger.app import VERSION, create_app
from ledger.cli.console import log_to_stderr, say
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.operator.listening.operator_socket import at_operator_socket
from ledger.cli.operator.serving import Address, Served, serve_as_sibling, serve_until_stopped, tls_options
from ledger.cli.operator.siblings import NUMBER, PEERS, SIBLING, Siblings
from ledger.cli.trust import ca_option
from ledger.host.files.tls_files import both_or_none
from ledger.host.serving import ServerProcess, announced
from ledger.service.ledger import Ledger, open_ledger
from ledger.service.settings import EVERYBODY, JSON, PARTIES, Settings
from ledger.service.status.own_state import read_state
from ledger.web.door.callers import AsOperator
from ledger.web.door.door import Door
from ledger.web.observation.metrics import Metrics
from ledger.web.observation.peers import Place, answering
from ledger.web.observation.requests import HttpCounts, Observed, Routed
from ledger.web.observation.tracing import Tracer, open_tracer

MAX_PROCESSES = 64


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free port.  [default: 8080]")
@click.option("--processes", type=click.IntRange(1, MAX_PROCESSES),
              help="Server processes; each uses one core.  [env: CARBON_LEDGER_PROCESSES; default: 1]")
@click.option(SIBLING, is_flag=True, hidden=True)
@click.option(PEERS, type=click.Path(path_type=Path, file_okay=False), hidden=True)
@click.option(NUMBER, type=click.IntRange(0, MAX_PROCESSES - 1), default=0, hidden=True)
@click.option("--access", type=click.Choice([PARTIES, EVERYBODY]),
              help="Who may read: those whom the data concern, or everybody.  [env: CARBON_LEDGER_ACCESS; "
                   "default: parties]")
@tls_options
@partial(ca_option, exposed=True)
@home_option
@passphrase_file_option
def serve(
    sibling: bool, peers: Path | None, number: int, home: Path | None, passphrase_file: Path | None, **options: object
) -> int:
    """Serve the ledger over HTTP, or over HTTPS with --tls-cert. It sets up an empty home first, like `init`.

    As soon as it takes requests, it prints its public address and the log's vkey, each on a line. After SIGINT or
    SIGTERM it answers the requests under way, ends within 60 seconds, and leaves a revision that is still computing to
    be posted again. A second signal stops it without waiting for requests.
    """
    # Each further option has the name of its setting.
    chosen = settings(home, passphrase_file, options)
    log_to_stderr(logging.INFO, as_json=chosen.log_format == JSON)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # It logs a traceback for each session that it cannot replace. `Outage` logs the outage.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    tls = both_or_none(chosen.tls_cert, chosen.tls_key, chosen.passphrase)
    address = Address(chosen.host, chosen.port, tls)
    if sibling:
        return serve_as_sibling(address, partial(_opened, chosen, Place(number, chosen.processes, peers)))
    if chosen.access == EVERYBODY and not _is_loopback(chosen.host):
        say(f"warning: {chosen.host} is not loopback and the ledger is open: anyone who reaches the port can read "
            "everything; only signatures protect writes")
    if chosen.processes == 1:
        return serve_until_stopped(address, partial(_opened, chosen, Place()))
    shared = _shared_options(chosen, passphrase_file)
    with _sockets() as folder:
        return serve_until_stopped(
            address, partial(_opened, chosen, Place(0, chosen.processes, folder)),
            lambda port: Siblings(chosen.processes - 1, [*shared, "--port", str(port)], folder),
        )


@contextmanager
def _sockets() -> Iterator[Path]:
    """A folder for the sockets of the processes. Its path is short, because the system limits the paths of sockets."""
    with tempfile.TemporaryDirectory(prefix="carbon-ledger-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _shared_options(chosen: Settings, passphrase_file: Path | None) -> list[str]:
    """The options of the further processes. They name the settings in which all processes at a port must agree, since
    the settings file may change before a process is started again."""
    options = ["--host", chosen.host, "--access", chosen.access, "--processes", str(chosen.processes),
               "--home", str(chosen.home)]
    files = {"--passphrase-file": passphrase_file, "--tls-cert": chosen.tls_cert, "--tls-key": chosen.tls_key,
             "--ca": chosen.ca}
    for option, path in files.items():
        if path is not None:
            options += [option, str(path.absolute())]
    return options


@asynccontextmanager
async def _opened(chosen: Settings, place: Place, url: str) -> AsyncIterator[Served]:
    tracer = open_tracer(os.environ, VERSION, say)
    try:
        async with open_ledger(chosen, progress=say) as ledger:
            metrics = Metrics(ledger, VERSION, place)
            async with answering(place, metrics.own):
                app = _layers(ledger, metrics, tracer)
                # One process of those at a port is enough.
                operators = at_operator_socket(chosen.home, AsOperator(app)) if place.number == 0 else nullcontext()
                async with announced(chosen.home, _this_process(url), partial(_state, ledger)), operators:
                    yield Served(app, [ledger.identity.vkey], url=chosen.public_url, end=ledger.end,
                                 again=ledger.heads.again)
    finally:
        if tracer is not None:
            await asyncio.to_thread(tracer.close)


async def _state(ledger: Ledger) -> bytes:
    return msgspec.json.encode(await read_state(ledger))


def _layers(ledger: Ledger, metrics: Metrics, tracer: Tracer | None) -> Observed:
    """The application in its layers: the observation, the door, the route."""
    chosen, counts = ledger.settings, HttpCounts()
    app = create_app(ledger, chosen.public_url, metrics, log_for_any_origin=chosen.log_for_any_origin)
    door = Door(Routed(app), chosen.limits, chosen.host, chosen.public_url, ledger.tokens)
    metrics.add(counts.families)
    metrics.add(door.families)
    return Observed(door, counts, chosen.limits.proxies, logs=chosen.log_format == JSON, tracer=tracer)


def _this_process(url: str) -> ServerProcess:
    return ServerProcess(pid=os.getpid(), host=socket.gethostname(), url=url,
                         started=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", program=VERSION)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
