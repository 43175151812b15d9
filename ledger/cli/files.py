"""Files that commands read: keys with their passphrases, bodies, texts."""

import base64
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click
from cryptography.hazmat.primitives import serialization

from ledger.cli.console import Command, CommandRun, ask_secret
from ledger.core.signatures.signing import SigningKey, VerifyingKey, load_spki
from ledger.errors import InvalidKey, InvalidNote
from ledger.host.files.key_files import PASSPHRASE, is_encrypted, read_key

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def passphrase_options(command: Command) -> Command:
    """`--passphrase-file` and `--prompt`: the passphrase of an encrypted key."""
    command = click.option("--prompt", is_flag=True, callback=_remember,
                           help="Ask for the key's passphrase.")(command)
    return passphrase_file_option(command)


def passphrase_file_option(command: Command) -> Command:
    """`--passphrase-file` alone, for commands that run unattended."""
    return click.option(
        "--passphrase-file", type=FILE, callback=_remember,
        help=f"File with the key's passphrase.  [default: {PASSPHRASE}, if set]",
    )(command)


def registrar_passphrase_option(command: Command) -> Command:
    """`--passphrase-file`, for commands of the registrar."""
    return click.option(
        "--passphrase-file", type=FILE, callback=_remember,
        help=f"File with the passphrase of the encrypted keys that this reads.  [default: {PASSPHRASE}, if set]",
    )(command)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Notes that the command has this option, for advice in errors."""
    run = context.ensure_object(CommandRun)
    run.ways = (*run.ways, option.opts[0])
    return value


def passphrase_for(path: Path, file: Path | None, prompt: bool = False) -> bytes | None:
    """The passphrase of the key at `path`, or of a new key for that path; None without a passphrase.

    The passphrase from the environment applies only to encrypted and to new key files: an unencrypted file needs no
    passphrase.
    """
    if file is not None and prompt:
        raise click.UsageError("--passphrase-file or --prompt, not both")
    if prompt:
        return ask_secret("Passphrase", twice=not path.exists()).encode()
    if file is not None:
        return passphrase_in(file)
    secret = os.environ.get(PASSPHRASE, "").encode()
    return secret if secret and (is_encrypted(path) or not path.exists()) else None


def passphrase_in(file: Path) -> bytes:
    """The passphrase in a file, without the newline at its end. Raises InvalidKey if it is empty."""
    secret = file.read_bytes().rstrip(b"\r\n")
    if not secret:
        raise InvalidKey(f"{file} is empty", field="passphrase-file", value=file, rule="a passphrase")
    return secret


def signing_key(path: Path, passphrase_file: Path | None = None, prompt: bool = False) -> SigningKey:
    """The private key in a file. Raises ConfigurationError or InvalidKey, which name the file."""
    return read_key(path, passphrase_for(path, passphrase_file, prompt))


def public_half(given: str) -> VerifyingKey:
    """The public key that `given` spells or names: base64 or hex of an SPKI, a PEM file, or a private key's file."""
    if not os.path.isfile(given):
        return load_spki(_spki_from(given), "key")
    path = Path(given)
    data = path.read_bytes()
    if b"PRIVATE KEY" in data:
        return load_spki(SigningKey.from_pem(data).spki, "key")
    if b"PUBLIC KEY" not in data:
        return load_spki(_spki_from(data.decode("ascii", "replace").strip()), "key")
    try:
        public = serialization.load_pem_public_key(data)
    except ValueError:
        raise InvalidKey(f"{path} does not hold a valid public key", field="key", rule="PEM SubjectPublicKeyInfo"
                         ) from None
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return load_spki(der, "key")


def _spki_from(text: str) -> bytes:
    with suppress(ValueError):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise InvalidKey(
            f"{text[:80]!r} is neither a key nor a file", field="key", rule="base64 of an SPKI, or a PEM file"
        ) from None


def given_vkey(given: str) -> str:
    """A verifier key: `given` itself, or the content of the file that it names. Raises InvalidNote for a text that is
    neither; whether it is the key of a log is for the caller to check."""
    if os.path.isfile(given):
        return Path(given).read_text(encoding="utf-8").strip()
    if "+" not in given:
        raise InvalidNote(f"{given!r} is neither a verifier key nor a file", field="vkey", value=given,
                          rule="name+hash+key as `serve` prints it, or a file with it")
    return given


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for its bytes; `-` is stdin."""
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield file
