"""`sign`: signs records offline, on the machine that holds the key, and writes envelopes."""

import tempfile
from pathlib import Path

import click

from ledger.cli.client import catalogue_option
from ledger.cli.console import print_bytes, say
from ledger.cli.files import FILE
from ledger.cli.numbers import counted
from ledger.cli.supplier.catalogue import is_named
from ledger.cli.supplier.served_sets import versions_of
from ledger.cli.supplier.signing import OwnRecords, any_key_option, no_sets, sign_file, signing_options
from ledger.client.writing.densities import WritingSets
from ledger.host.files.durable import replacing


@click.command()
@click.argument("records", type=FILE)
@signing_options("Private key of the issuer.", required=True)
@click.option("-o", "--output", type=FILE, help="File to write instead of stdout.")
@any_key_option
@catalogue_option
def sign(records: Path, own: OwnRecords, output: Path | None, url: str | None, any_key: bool) -> None:
    """Sign RECORDS (one as JSON, many as NDJSON or CSV; `-` is stdin) and write one envelope per line.

    The command draws each missing `nonce`: sign once and keep the output, since signing again makes other records. CSV
    columns are paths such as `outputs.0.quantity.value`. Empty cells fill no field. A column of integers is named
    like `activity.heats:int`; use `:bool` for booleans and `:json` for lists. Columns whose name begins with `#` are
    notes. If a record is not valid, the command writes nothing. A supply of gas or of a liquid that is counted by
    volume and states no mass gets its mass by the density of a factor set, and the command says so: of the server that
    you name, else of a set installed here. These sets also have to know the key of each supply that neither says
    `unknown` nor prices itself. Otherwise the command needs no server.

    Receipts can stand for digests of earlier records: in a column `transfer:digest` or `changes.0.record:digest`, the
    cell `receipts.ndjson#LOT` is the record that made a lot, and `receipts.ndjson#3` is the record of the third receipt
    in the file.
    """
    signer = own.signer()
    known = versions_of(url, dispensable=not is_named())
    sets = WritingSets(known, no_sets if any_key else known)
    if output is not None:
        with replacing(output) as file:
            count = sign_file(records, own.kind, signer, file, sets)
        say(f"{counted(count, 'record')} signed: {output}")
        return
    with tempfile.TemporaryFile() as file:
        sign_file(records, own.kind, signer, file, sets)
        file.seek(0)
        print_bytes(file)
