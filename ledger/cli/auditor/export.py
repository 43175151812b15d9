"""`export`: writes files that others can check: statements and bundles here, the log in `export_log`."""

from pathlib import Path

import click
import msgspec

from ledger.cli.auditor.bundles import make_bundle
from ledger.cli.auditor.export_log import log
from ledger.cli.auditor.export_verification import verification
from ledger.cli.auditor.export_verifier import verifier
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say
from ledger.cli.files import FILE
from ledger.core.receipts.statement import Statement, canonical_claims, note_text
from ledger.host.files.durable import replacing


@click.group(commands=[log, verification, verifier], context_settings={"help_option_names": ["-h", "--help"]})
def export() -> None:
    """Write files for others: the public log, signed statements, bundles, lists for verifiers, and a verifier."""


@export.command()
@click.argument("name", metavar="LOT|DIGEST|INDEX")
@click.option("--with-body", is_flag=True, help="Include the record itself: only for recipients who may see all of it.")
@click.option("-o", "--output", type=FILE, help="File to write.  [default: stdout]")
@url_option
@json_option
def bundle(name: str, with_body: bool, output: Path | None, url: str, as_json: bool) -> None:
    """Write one file with everything that `carbon-ledger verify` needs to check a record offline.

    It holds the receipt, and the public records that show whose key signed; for a lot it also holds the statement.
    """
    with Client(url) as client:
        record_bundle = make_bundle(client, name, with_body=with_body)
    if output is None:
        print_json(record_bundle)
        return
    with replacing(output) as file:
        file.write(msgspec.json.format(msgspec.json.encode(record_bundle), indent=2) + b"\n")
    if as_json:
        print_json({"file": str(output), "records": len(record_bundle.records)})
    else:
        say(f"{output}: bundle of {name} with {len(record_bundle.records)} public records; check it with "
            f"carbon-ledger verify {output} --vkey KEY")


@export.command()
@click.argument("lot")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@click.option("--method", metavar="NAME", help="Add the answer of another method; see `methods`.")
@click.option("--gwp", metavar="SET", help="Add the answer with another set of global warming potentials.")
@click.option("--allocation", metavar="KEY", help="Add the answer with one allocation key for all records.")
@click.option("--parameter", "parameters", metavar="NAME=VALUE", multiple=True,
              help="Parameter of the method, also as MATERIAL.NAME=VALUE. May be repeated.")
@click.option("-o", "--output", type=FILE, help="File to write.  [default: stdout]")
@url_option
@json_option
def footprint(
    lot: str, at: int | None, method: str | None, gwp: str | None, allocation: str | None, parameters: tuple[str, ...],
    output: Path | None, url: str, as_json: bool,
) -> None:
    """Write the signed statement of LOT: its figure with the proofs that `carbon-ledger verify` checks offline.

    It holds the record's assessment and the figures of its inputs, so every recipient of the file sees them.
    """
    with Client(url) as client:
        statement = client.get(
            "/v1/statement", Statement, lot=lot, at=at, method=method, gwp=gwp, allocation=allocation,
            parameter=parameters,
        )
    if output is None:
        print_json(statement)
        return
    claims, data = canonical_claims(statement)
    with replacing(output) as file:
        file.write(msgspec.json.format(msgspec.json.encode(statement), indent=2) + b"\n")
    if as_json:
        print_json({"file": str(output), "lot": claims.lot, "size": claims.size,
                    "digest": note_text(data).split("\n")[1]})
    else:
        say(f"{output}: statement of {claims.lot} as of {claims.size} entries; check it with "
            f"carbon-ledger verify {output} --vkey KEY")
