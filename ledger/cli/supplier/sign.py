"""`sign`: records become envelopes, offline, on the machine that holds the key."""

import tempfile
from pathlib import Path

import click

from ledger.cli.console import print_bytes, say
from ledger.cli.environment import origin_option, required
from ledger.cli.files import FILE, passphrase_options, signing_key
from ledger.cli.supplier.signing import RecordSigner, sign_file
from ledger.host.files.durable import replacing


@click.command()
@click.argument("records", type=FILE)
@click.option("--key", "key", type=FILE, required=True, help="Private key of the issuer.")
@click.option("--issuer", help="URN of the organisation that signs, for records that name none.")
@origin_option
@click.option("--type", "kind", help="Type of the records that name none, such as `transformation`.")
@click.option("-o", "--output", type=FILE, help="File to write instead of stdout.")
@passphrase_options
def sign(
    records: Path, key: Path, issuer: str | None, origin: str | None, kind: str | None, output: Path | None,
    passphrase_file: Path | None, prompt: bool,
) -> None:
    """Sign RECORDS (one as JSON, many as NDJSON or CSV; `-` is stdin) and write an envelope a line.

    A missing `nonce` is drawn: sign once and keep the output, since signing again makes other records. Columns of CSV
    are paths such as `outputs.0.quantity.value`; empty cells are left out; a column of integers is named
    `activity.heats:int`, of booleans `:bool`, of lists `:json`; columns whose name begins with `#` are notes. Where one
    record cannot be signed, nothing is written.

    A record that names an earlier one by its digest finds it in the receipts: in a column `transfer:digest` or
    `changes.0.record:digest`, the cell `receipts.ndjson#LOT` is the record that made a lot, `receipts.ndjson#3` the one
    of the third receipt in the file.
    """
    signer = RecordSigner(signing_key(key, passphrase_file, prompt), required(origin, "--origin"), issuer)
    if output is not None:
        with replacing(output) as file:
            done = sign_file(records, kind, signer, file)
        say(f"{done} records signed: {output}")
        return
    with tempfile.TemporaryFile() as file:
        sign_file(records, kind, signer, file)
        file.seek(0)
        print_bytes(file)
