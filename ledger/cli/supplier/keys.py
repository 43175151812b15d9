"""`key`: makes and shows keys. A private key never leaves the machine that makes it; the registrar gets a request."""

import base64
from pathlib import Path

import click
import msgspec

from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import origin_option, required_origin
from ledger.cli.files import FILE, passphrase_for, passphrase_options, public_half, signing_key
from ledger.cli.operator.rotate_log import rotate_log
from ledger.cli.operator.rotate_tokens import rotate_tokens
from ledger.cli.supplier.key_changes import change, object_to, recover
from ledger.client.enrolment import request_enrolment
from ledger.core.record.values import Names
from ledger.core.signatures.algorithms import ALGORITHMS
from ledger.core.signatures.signing import SigningKey, VerifyingKey
from ledger.host.files.durable import replacing
from ledger.host.files.key_files import new_key, write_key


def names_of(en: str | None, zh: str | None) -> Names:
    names: Names = {}
    if en:
        names["en"] = en
    if zh:
        names["zh"] = zh
    return names


@click.group(
    commands=[change, recover, object_to, rotate_log, rotate_tokens],
    context_settings={"help_option_names": ["-h", "--help"]},
)
def key() -> None:
    """Make and show keys, request their enrolment, change and recover them."""


@key.command()
@click.argument("file", type=FILE)
@click.option("--algorithm", type=click.Choice(list(ALGORITHMS)), default="ed25519", show_default=True,
              help="p256 is ECDSA over P-256, for hardware or regulations that require it.")
@passphrase_options
@json_option
def new(file: Path, algorithm: str, passphrase_file: Path | None, prompt: bool, as_json: bool) -> None:
    """Make a new key in FILE (PKCS#8, readable by its owner only; encrypted with a passphrase if given)."""
    private = new_key(algorithm)
    write_key(file, private, passphrase_for(file, passphrase_file, prompt))
    _print(private, as_json)


@key.command("show")
@click.argument("file", type=FILE)
@passphrase_options
@json_option
def show_key(file: Path, passphrase_file: Path | None, prompt: bool, as_json: bool) -> None:
    """Show the public half of the key in FILE (a private key, or a public one as PEM or base64)."""
    data = file.read_bytes()
    if b"PRIVATE KEY" in data:
        _print(signing_key(file, passphrase_file, prompt), as_json)
    else:
        _print(public_half(str(file)), as_json)


@key.command()
@click.argument("file", type=FILE)
@click.option("--organization", required=True, help="URN of the organisation for which the key will sign.")
@origin_option
@click.option("--prefix", "prefixes", multiple=True, help="Prefix of the ids that it will mint; may be repeated.")
@click.option("--name-en", help="Its name in English.")
@click.option("--name-zh", help="Its name in Chinese.")
@click.option("--parent", help="URN of the parent organisation, which will read everything of it.")
@click.option("-o", "--output", type=FILE, help="File to write instead of stdout.")
@passphrase_options
def request(
    file: Path, organization: str, origin: str | None, prefixes: tuple[str, ...], name_en: str | None,
    name_zh: str | None, parent: str | None, output: Path | None, passphrase_file: Path | None, prompt: bool,
) -> None:
    """Print the request for the registrar to enrol the key in FILE, with the key's proof of possession."""
    ledger = required_origin(origin)
    private = signing_key(file, passphrase_file, prompt)
    enrolment = request_enrolment(
        private, ledger, organization, prefixes=prefixes, names=names_of(name_en, name_zh), parent=parent)
    if output is None:
        print_json(enrolment)
        return
    with replacing(output) as written:
        written.write(msgspec.json.format(msgspec.json.encode(enrolment), indent=2) + b"\n")


def _print(shown: SigningKey | VerifyingKey, as_json: bool) -> None:
    summary = {
        "keyid": shown.keyid.hex(), "algorithm": shown.algorithm, "spki": base64.b64encode(shown.spki).decode(),
    }
    if as_json:
        print_json(summary)
    else:
        show(*(f"{name:<10} {value}" for name, value in summary.items()))
