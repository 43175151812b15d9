"""`serve`: opens the ledger, sets it up if needed, and serves it in one or more processes."""

import ipaddress
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import click
from msgspec.structs import replace

from ledger.app import create_app
from ledger.cli.console import log_to_stderr, say
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.operator.serving import Address, Served, serve_as_sibling, serve_until_stopped, tls_options
from ledger.cli.operator.siblings import SIBLING, Siblings
from ledger.cli.trust import ca_option
from ledger.host.files.tls_files import both_or_none
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from ledger.web.door.door import door

MAX_PROCESSES = 64


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port.")
@click.option("--processes", type=click.IntRange(1, MAX_PROCESSES), default=1, show_default=True,
              envvar="CARBON_LEDGER_PROCESSES", show_envvar=True, help="Server processes; each uses one core.")
@click.option(SIBLING, is_flag=True, hidden=True)
@tls_options
@partial(ca_option, exposed=True)
@home_option
@passphrase_file_option
def serve(
    host: str, port: int, processes: int, sibling: bool, home: Path | None, passphrase_file: Path | None,
    tls_cert: Path | None, tls_key: Path | None, ca: Path | None,
) -> int:
    """Serve the ledger over HTTP, or over HTTPS with --tls-cert. It sets up an empty home first, like `init`.

    As soon as it takes requests, it prints its public address and the log's vkey, each on a line. After SIGINT or
    SIGTERM it answers the requests under way, ends within 60 seconds, and leaves a revision that is still computing to
    be posted again. A second signal stops it without waiting for requests.
    """
    log_to_stderr(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    chosen = replace(settings(home, passphrase_file), processes=processes, tls_cert=tls_cert, tls_key=tls_key)
    address = Address(host, port, both_or_none(tls_cert, tls_key, chosen.passphrase))
    if sibling:
        return serve_as_sibling(address, _opened(chosen, host))
    if not _is_loopback(host):
        say(f"warning: {host} is not loopback and there is no access control yet: anyone who reaches the port can read "
            "everything; only signatures protect writes")
    if processes == 1:
        return serve_until_stopped(address, _opened(chosen, host))
    options = ["--host", host, "--processes", str(processes), "--home", str(chosen.home)]
    files = {"--passphrase-file": passphrase_file, "--tls-cert": tls_cert, "--tls-key": tls_key, "--ca": ca}
    for option, path in files.items():
        if path is not None:
            options += [option, str(path.absolute())]
    return serve_until_stopped(
        address, _opened(chosen, host), lambda port: Siblings(processes - 1, [*options, "--port", str(port)])
    )


@asynccontextmanager
async def _opened(chosen: Settings, host: str) -> AsyncIterator[Served]:
    async with open_ledger(chosen, progress=say) as ledger:
        app = door(create_app(ledger, chosen.public_url), chosen.limits, host, chosen.public_url)
        yield Served(app, [ledger.identity.vkey], url=chosen.public_url, end=ledger.end)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
