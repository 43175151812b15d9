"""`export`: files for others to check and to read. Of statements here, of the log in `export_log`."""

from pathlib import Path

import click
import msgspec

from ledger.cli.auditor.bundles import make_bundle
from ledger.cli.auditor.export_log import log
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say
from ledger.cli.files import FILE
from ledger.core.receipts.statement import Statement, canonical_claims, note_text
from ledger.host.files.durable import replacing


@click.group(commands=[log], context_settings={"help_option_names": ["-h", "--help"]})
def export() -> None:
    """Write files for others: the public log, signed statements, and bundles with all that a check needs."""


@export.command()
@click.argument("name", metavar="LOT|DIGEST")
@click.option("--with-body", is_flag=True, help="With the record itself: only for who may see all of it.")
@click.option("--output", type=FILE, help="File to write.  [default: stdout]")
@url_option
@json_option
def bundle(name: str, with_body: bool, output: Path | None, url: str, as_json: bool) -> None:
    """Write all that someone needs to check a record offline into one file, for `carbon-ledger verify`.

    It holds the receipt, and the public records that say whose key signed; of a lot its statement too.
    """
    with Client(url) as client:
        made = make_bundle(client, name, with_body=with_body)
    if output is None:
        print_json(made)
        return
    with replacing(output) as file:
        file.write(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    if as_json:
        print_json({"file": str(output), "records": len(made.records)})
    else:
        say(f"{output}: bundle of {name} with {len(made.records)} public records; check it with "
            f"carbon-ledger verify {output} --vkey KEY")


@export.command()
@click.argument("lot")
@click.option("--at", type=int, help="As of a log of so many entries.  [default: now]")
@click.option("--method", metavar="NAME", help="With the answer of another method beside it; see `methods`.")
@click.option("--gwp", metavar="SET", help="With the answer by another set of warming potentials beside it.")
@click.option("--allocation", metavar="KEY", help="With the answer by one key for all records beside it.")
@click.option("--parameter", "parameters", metavar="NAME=VALUE", multiple=True,
              help="Of the method: also MATERIAL.NAME=VALUE. May be repeated.")
@click.option("--output", type=FILE, help="File to write.  [default: stdout]")
@url_option
@json_option
def footprint(
    lot: str, at: int | None, method: str | None, gwp: str | None, allocation: str | None, parameters: tuple[str, ...],
    output: Path | None, url: str, as_json: bool,
) -> None:
    """Write the signed statement of LOT: its figure with the proofs that `carbon-ledger verify` checks offline.

    It holds the record's assessment and the figures of what went in, so whoever gets the file sees these.
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
        say(f"{output}: statement of {claims.lot} in the log of {claims.size} entries; check it with "
            f"carbon-ledger verify {output} --vkey KEY")
