"""`witness`: cosigns the checkpoints of other logs (C2SP tlog-witness). It needs no database."""

import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import click

from ledger.cli.console import log_to_stderr, say
from ledger.cli.files import FILE, FOLDER, given_vkey, passphrase_for, passphrase_options
from ledger.cli.operator.serving import Address, Served, serve_until_stopped, tls_options
from ledger.client.witness.keys import ALGORITHMS, KEY, default_name, witness_key_at
from ledger.client.witness.store import Store
from ledger.client.witness.witness import MAX_REQUEST, WitnessService
from ledger.core.log.cosignature import PrivateKey
from ledger.core.log.note import NoteVerifier, parse_vkey
from ledger.errors import InvalidInput, LedgerError
from ledger.host.files.tls_files import both_or_none
from ledger.web.door.bodies import BodyLimits, BodyReader
from ledger.web.resources import HeadAsGet
from ledger.web.witness import create_witness_app

Logs = Mapping[str, Sequence[NoteVerifier]]


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--log", "vkeys", multiple=True, help="Verifier key of a log, or a file with it; may be repeated.")
@click.option("--logs", "listed", type=FILE, help="File with verifier keys of logs, one per line; # begins a comment.")
@click.option("--name", help="Name of this witness, such as witness.example/w1. [default: derived from its key]")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="ed25519", show_default=True,
              help="Algorithm of the key that the first run makes.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0: any free port.")
@click.option("--prefix", default="", help="Path before `/add-checkpoint`, such as /w1.")
@tls_options
@passphrase_options
def witness(
    folder: Path, vkeys: tuple[str, ...], listed: Path | None, name: str | None, algorithm: str, host: str, port: int,
    prefix: str, passphrase_file: Path | None, prompt: bool, tls_cert: Path | None, tls_key: Path | None,
) -> int:
    """Cosign the checkpoints of logs. Each must extend the checkpoint that this witness cosigned last for its log.

    FOLDER holds the witness's key, which the first run makes, and the last cosigned checkpoint of each log: never run a
    witness from a copy or a backup. As soon as it takes requests, it prints its address (for policy files) and its
    vkey, each on a line.
    """
    log_to_stderr(logging.INFO)
    path = prefix.rstrip("/")
    if path and (not path.startswith("/") or not path.replace("/", "").replace("-", "").replace(".", "").isalnum()):
        raise click.UsageError("--prefix takes a path such as /w1")
    logs = known_logs([*map(given_vkey, vkeys), *_listed(listed)])
    if not logs:
        raise click.UsageError("name the logs to cosign for with --log or --logs")
    passphrase = passphrase_for(folder / KEY, passphrase_file, prompt)
    tls = None if tls_key is None else passphrase_for(tls_key, passphrase_file)
    address = Address(host, port, both_or_none(tls_cert, tls_key, tls))
    with Store(folder) as store:
        key = witness_key_at(folder / KEY, algorithm, passphrase)
        name = name or default_name(key)
        return serve_until_stopped(address, lambda _: _opened(store, name, key, logs, path))


def known_logs(vkeys: Sequence[str]) -> Logs:
    """Keys by origin; a log may have several during a rotation. Raises InvalidNote."""
    keys_by_origin: dict[str, dict[bytes, NoteVerifier]] = {}
    for text in vkeys:
        verifier = parse_vkey(text)
        keys_by_origin.setdefault(verifier.name, {})[verifier.key_hash] = verifier
    return {origin: list(keys.values()) for origin, keys in keys_by_origin.items()}


def _listed(path: Path | None) -> list[str]:
    if path is None:
        return []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#"):
            try:
                parse_vkey(line)
            except LedgerError as error:
                raise InvalidInput(f"line {number} of {path}: {error.message}", field="logs", value=line,
                                   rule="one vkey per line") from None
    return [line for line in lines if line and not line.startswith("#")]


@asynccontextmanager
async def _opened(store: Store, name: str, key: PrivateKey, logs: Logs, path: str) -> AsyncIterator[Served]:
    service = WitnessService(store, name, key, logs, lambda: int(time.time()))
    for origin in logs:
        say(f"witnessing {origin}")
    bodies = BodyReader(HeadAsGet(create_witness_app(service, path)), BodyLimits(envelope=MAX_REQUEST))
    yield Served(bodies, [service.verifier.vkey], path)
