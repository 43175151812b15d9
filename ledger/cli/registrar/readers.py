"""`reader`: the registrar lets an authority or an auditor read everything, in public."""

from pathlib import Path

import click

from ledger.answers.granted import ReaderAnswer, ReaderListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, json_option, print_json, show
from ledger.cli.lookup.pages import ListColumn, ListLayout, ListOptions, ListRequest, list_options, print_list
from ledger.cli.registrar.activations import registrar_options
from ledger.cli.registrar.posting import origin_of, post_one, registrar_key_at, registrar_of
from ledger.core.record.canonical import record_of
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_nonce

_COLUMNS: tuple[ListColumn[ReaderAnswer], ...] = (
    ListColumn("organisation", lambda row: row.organization),
    ListColumn("state", lambda row: row.state),
    ListColumn("until", lambda row: row.until),
    ListColumn("purpose", lambda row: row.purpose),
    ListColumn("record", lambda row: row.record),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def reader() -> None:
    """Appoint organisations that read everything, end their right, and list them."""


@reader.command()
@click.argument("organization")
@click.option("--purpose", required=True, help="Why. Everyone can read it: do not name a person.")
@click.option("--until", metavar="INSTANT", help="When the right ends (YYYY-MM-DDThh:mm:ssZ).  [default: never]")
@registrar_options
def appoint(
    organization: str, purpose: str, until: str | None, registrar_key: Path | None, passphrase_file: Path | None,
    home: Path | None, url: str, as_json: bool,
) -> None:
    """Let an enrolled ORGANIZATION read everything, as the registrar."""
    tree = {"type": "reader", "organization": organization, "purpose": purpose, **({"until": until} if until else {})}
    index, digest = _posted(tree, registrar_key_at(registrar_key, home, passphrase_file), url)
    if as_json:
        print_json({"index": index, "digest": digest})
    else:
        show(f"{organization} reads everything: entry {index}, record {digest}")


@reader.command()
@click.argument("digest")
@registrar_options
def end(
    digest: str, registrar_key: Path | None, passphrase_file: Path | None, home: Path | None, url: str, as_json: bool,
) -> None:
    """End the right of the reader record with DIGEST, as the registrar."""
    index, record = _posted({"type": "readerRevocation", "reader": digest},
                            registrar_key_at(registrar_key, home, passphrase_file), url)
    if as_json:
        print_json({"index": index, "digest": record})
    else:
        show(f"the right has ended: entry {index}, record {record}")


def _posted(tree: dict[str, str], key: SigningKey, url: str) -> tuple[int, str]:
    with Client(url) as client:
        record = record_of({**tree, "issuer": registrar_of(client, key), "nonce": new_nonce()})
        return post_one(client, record, key, origin_of(client))


@reader.command("list")
@list_options
@url_option
@json_option
def list_readers(limit: int, after: int | None, as_csv: CsvForm | None, url: str, as_json: bool) -> None:
    """List the readers of a ledger, newest first."""
    request: ListRequest[ReaderListAnswer, ReaderAnswer] = ListRequest("/v1/readers", ReaderListAnswer, "readers", {})
    with Client(url) as client:
        print_list(client, request, ListOptions(limit, after, as_json, as_csv),
                   ListLayout(_COLUMNS, _COLUMNS, "no readers"))
