"""Signs one record that a command has made, and posts it, checks it, or writes it to a file."""

import functools
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from ledger.cli.client import Client, url_option
from ledger.cli.console import Command, json_option, print_json, say, show
from ledger.cli.environment import origin_option, required_origin
from ledger.cli.files import FILE, passphrase_options, signing_key
from ledger.cli.registrar.posting import post_sealed
from ledger.cli.supplier.effects.dry_run import foresee
from ledger.core.record.canonical import digest, encode, record_of
from ledger.core.signatures.envelope import seal
from ledger.host.files.durable import replacing
from ledger.host.files.key_files import new_nonce

_NAMES = ("key", "issuer", "origin", "output", "dry_run", "passphrase_file", "prompt", "url", "as_json")


class Single(NamedTuple):
    """The options of a command that makes one record of its user."""

    key: Path
    issuer: str
    origin: str | None
    output: Path | None
    dry_run: bool
    passphrase_file: Path | None
    prompt: bool
    url: str
    as_json: bool


def single_options(command: Command) -> Any:
    """The options of `Single`, which the command gets as its parameter `single`."""
    @functools.wraps(command)
    def packed(**given: Any) -> Any:
        single = Single(*[given.pop(name) for name in _NAMES])
        return command(single=single, **given)

    packed_command: Any = packed
    for option in (
        json_option, url_option, passphrase_options,
        click.option("--dry-run", is_flag=True, help="Post nothing: show the effect of the record, or its faults."),
        click.option("-o", "--output", type=FILE,
                     help="Write the signed record to this file for `submit`; do not post it."),
        origin_option,
        click.option("--issuer", required=True, help="URN of the organisation that signs."),
        click.option("--key", type=FILE, required=True, help="A private key of the organisation."),
    ):
        packed_command = option(packed_command)
    return packed_command


def check_output(single: Single) -> None:
    """Raises UsageError for a dry run that is to write a file."""
    if single.dry_run and single.output is not None:
        raise click.UsageError("--dry-run writes no file: leave out --output")


def write_envelopes(output: Path, envelopes: Sequence[bytes]) -> None:
    """Writes signed records to a file for `submit`, and says how many."""
    with replacing(output) as file:
        file.writelines([envelope + b"\n" for envelope in envelopes])
    say(f"{len(envelopes)} {'record' if len(envelopes) == 1 else 'records'} signed: {output}")


def write_record(
    tree: dict[str, Any], single: Single, sentence: str, secrets: Callable[[str], dict[str, str]] | None = None
) -> int:
    """Makes a record of `tree` and follows the options. `sentence`: the outcome for people. `secrets`: results by name
    that are printed once, from the record's digest, but not by a dry run. Raises the server's refusal. Returns the
    exit code."""
    check_output(single)
    origin = required_origin(single.origin)
    record = record_of({"issuer": single.issuer, "nonce": new_nonce(), **tree})
    envelope = seal(record, signing_key(single.key, single.passphrase_file, single.prompt), origin)
    signed = msgspec.json.encode(envelope)
    named = digest(encode(record)).hex()
    if single.dry_run:
        with Client(single.url) as client:
            return foresee(client, io.BytesIO(signed + b"\n"), single.as_json)
    result: dict[str, object] = {"digest": named}
    if single.output is not None:
        write_envelopes(single.output, [signed])
    else:
        with Client(single.url) as client:
            result["index"], _ = post_sealed(client, envelope)
    shown = secrets(named) if secrets is not None else {}
    if single.as_json:
        print_json({**result, **shown})
        return 0
    if "index" in result:
        show(f"{sentence}: entry {result['index']}, record {named}")
    show(*[f"{name}: {value}" for name, value in shown.items()])
    return 0
