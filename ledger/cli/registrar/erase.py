"""`erase`: the registrar orders the erasure of a record's body."""

from pathlib import Path

import click

from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, registrar_passphrase_option
from ledger.cli.registrar.posting import origin_of, post_one, registrar_key_at, registrar_of
from ledger.core.record.canonical import record_of
from ledger.host.files.key_files import REGISTRAR_KEY, new_nonce


@click.command()
@click.argument("digest")
@click.option("--basis", required=True, help="The legal basis. Everyone can read it: do not name a person.")
@click.option("--registrar-key", type=FILE, help=f"The registrar's key.  [default: {REGISTRAR_KEY} in the data folder]")
@registrar_passphrase_option
@home_option
@url_option
@json_option
def erase(
    digest: str, basis: str, registrar_key: Path | None, passphrase_file: Path | None, home: Path | None, url: str,
    as_json: bool,
) -> None:
    """Erase the body of the record with DIGEST, as the registrar. This is final.

    Identifiers, flows, quantities and the committed figures stay, so that everything based on the record stays valid.
    The server deletes the body as soon as the erasure is on the log, or, with witnesses, as soon as they have cosigned
    it. Afterwards `purge` rewrites the files that may still hold the body.
    """
    key = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        record = record_of({
            "type": "erasure", "issuer": registrar_of(client, key), "nonce": new_nonce(), "record": digest,
            "legalBasis": basis,
        })
        index, erasure = post_one(client, record, key, origin_of(client))
    if as_json:
        print_json({"record": digest, "index": index, "digest": erasure})
    else:
        show(f"record {digest} is erased by entry {index}, record {erasure}")
