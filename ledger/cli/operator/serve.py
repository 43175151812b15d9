"""`serve`: opens the ledger, sets it up if needed, and serves it in one or more processes."""

import ipaddress
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.app import VERSION, create_app
from ledger.cli.console import log_to_stderr, say
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.operator.serving import Served, free_port, serve_as_sibling, serve_until_stopped, url_of
from ledger.cli.operator.siblings import SIBLING, Siblings
from ledger.host.serving import ServerProcess, announced
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from ledger.web.door.door import door

MAX_PROCESSES = 64


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free port.  [default: 8080]")
@click.option("--processes", type=click.IntRange(1, MAX_PROCESSES),
              help="Server processes; each uses one core.  [env: CARBON_LEDGER_PROCESSES; default: 1]")
@click.option(SIBLING, is_flag=True, hidden=True)
@home_option
@passphrase_file_option
def serve(
    host: str | None, port: int | None, processes: int | None, sibling: bool, home: Path | None,
    passphrase_file: Path | None,
) -> int:
    """Serve the ledger over HTTP. It sets up an empty home first, like `init`.

    As soon as it takes requests, it prints its address and the log's vkey, each on a line. After SIGINT or SIGTERM it
    answers the requests under way and stops; a second signal stops it without waiting for them.
    """
    log_to_stderr(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    chosen = settings(home, passphrase_file, {"host": host, "port": port, "processes": processes})
    host, port, processes = chosen.host, chosen.port, chosen.processes
    if sibling:
        return serve_as_sibling(host, port, _opened(chosen, url_of(host, port)))
    if not _is_loopback(host):
        say(f"warning: {host} is not loopback and there is no access control yet: anyone who reaches the port can read "
            "everything; only signatures protect writes")
    port = free_port(host, port)
    if processes == 1:
        return serve_until_stopped(host, port, _opened(chosen, url_of(host, port)))
    options = ["--host", host, "--processes", str(processes), "--home", str(chosen.home)]
    if passphrase_file is not None:
        options += ["--passphrase-file", str(passphrase_file.absolute())]
    return serve_until_stopped(
        host, port, _opened(chosen, url_of(host, port)),
        lambda port: Siblings(processes - 1, [*options, "--port", str(port)]),
    )


@asynccontextmanager
async def _opened(chosen: Settings, url: str) -> AsyncIterator[Served]:
    async with open_ledger(chosen, progress=say) as ledger:
        with announced(chosen.home, _this_process(url)):
            yield Served(door(create_app(ledger), chosen.limits, chosen.host, chosen.public_url),
                         [ledger.identity.vkey])


def _this_process(url: str) -> ServerProcess:
    return ServerProcess(pid=os.getpid(), host=socket.gethostname(), url=url,
                         started=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", program=VERSION)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
