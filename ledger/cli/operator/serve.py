"""`serve`: opens the ledger, sets it up if needed, and serves it in one or more processes."""

import asyncio
import ipaddress
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from ledger.app import VERSION, create_app
from ledger.cli.console import log_to_stderr, say
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.operator.serving import Served, serve_as_sibling, serve_until_stopped
from ledger.cli.operator.siblings import NUMBER, PEERS, SIBLING, Siblings
from ledger.service.ledger import Ledger, open_ledger
from ledger.service.settings import JSON, Settings
from ledger.web.door.door import Door
from ledger.web.observation.metrics import Metrics
from ledger.web.observation.peers import Place, answering
from ledger.web.observation.requests import HttpCounts, Observed, Routed
from ledger.web.observation.tracing import Tracer, open_tracer

MAX_PROCESSES = 64


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port.")
@click.option("--processes", type=click.IntRange(1, MAX_PROCESSES), default=1, show_default=True,
              envvar="CARBON_LEDGER_PROCESSES", show_envvar=True, help="Server processes; each uses one core.")
@click.option(SIBLING, is_flag=True, hidden=True)
@click.option(PEERS, type=click.Path(path_type=Path, file_okay=False), hidden=True)
@click.option(NUMBER, type=click.IntRange(0, MAX_PROCESSES - 1), default=0, hidden=True)
@home_option
@passphrase_file_option
def serve(
    host: str, port: int, processes: int, sibling: bool, peers: Path | None, number: int, home: Path | None,
    passphrase_file: Path | None,
) -> int:
    """Serve the ledger over HTTP. It sets up an empty home first, like `init`.

    As soon as it takes requests, it prints its address and the log's vkey, each on a line. After SIGINT or SIGTERM it
    answers the requests under way and stops; a second signal stops it without waiting for them.
    """
    chosen = replace(settings(home, passphrase_file), processes=processes)
    log_to_stderr(logging.INFO, as_json=chosen.log_format == JSON)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if sibling:
        return serve_as_sibling(host, port, _opened(chosen, host, Place(number, processes, peers)))
    if not _is_loopback(host):
        say(f"warning: {host} is not loopback and there is no access control yet: anyone who reaches the port can read "
            "everything; only signatures protect writes")
    if processes == 1:
        return serve_until_stopped(host, port, _opened(chosen, host, Place()))
    options = ["--host", host, "--processes", str(processes), "--home", str(chosen.home)]
    if passphrase_file is not None:
        options += ["--passphrase-file", str(passphrase_file.absolute())]
    with _sockets() as folder:
        return serve_until_stopped(
            host, port, _opened(chosen, host, Place(0, processes, folder)),
            lambda port: Siblings(processes - 1, [*options, "--port", str(port)], folder),
        )


@contextmanager
def _sockets() -> Iterator[Path]:
    """A folder for the sockets of the processes. Its path is short, because the system limits the paths of sockets."""
    with tempfile.TemporaryDirectory(prefix="carbon-ledger-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@asynccontextmanager
async def _opened(chosen: Settings, host: str, place: Place) -> AsyncIterator[Served]:
    tracer = open_tracer(os.environ, VERSION, say)
    try:
        async with open_ledger(chosen, progress=say) as ledger:
            metrics = Metrics(ledger, VERSION, place)
            async with answering(place, metrics.own):
                yield Served(_layers(ledger, metrics, host, tracer), [ledger.identity.vkey])
    finally:
        if tracer is not None:
            await asyncio.to_thread(tracer.close)


def _layers(ledger: Ledger, metrics: Metrics, host: str, tracer: Tracer | None) -> Observed:
    """The application in its layers: the observation, the door, the route."""
    chosen, counts = ledger.settings, HttpCounts()
    door = Door(Routed(create_app(ledger, metrics)), chosen.limits, host, chosen.public_url)
    metrics.add(counts.families)
    metrics.add(door.families)
    return Observed(door, counts, chosen.limits.proxies, logs=chosen.log_format == JSON, tracer=tracer)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
