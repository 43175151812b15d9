"""`export verifier`: writes the offline verifier, one HTML file that needs no server and no installation."""

from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, show
from ledger.cli.files import FILE
from ledger.client.verify.offline_file import FILE_NAME, offline_verifier, verifier_digest
from ledger.host.files.durable import replacing


@click.command()
@click.option("-o", "--out", "--output", "output", type=FILE, default=Path(FILE_NAME), show_default=True,
              help="File to write.")
@json_option
def verifier(output: Path, as_json: bool) -> None:
    """Write the offline verifier: one HTML file that checks receipts, statements and bundles in a browser.

    It opens from disk, and asks no server unless its user enters an address. It trusts the key that its user gives it.
    Every installation of this version writes the same bytes: compare the SHA-256 with another installation's.
    """
    with replacing(output) as file:
        file.write(offline_verifier())
    if as_json:
        print_json({"file": str(output), "sha256": verifier_digest()})
    else:
        show(f"{output}: SHA-256 {verifier_digest()}")
