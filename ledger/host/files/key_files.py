"""Private keys on disk: PKCS#8 PEM with mode 0600, encrypted if a passphrase is given, never overwritten."""

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, InvalidKey
from ledger.host.files.durable import TEMPORARY, give_to_owner, replace, sync

LOG_KEY = "log-key.pem"
REGISTRAR_KEY = "registrar-key.pem"
"""Names of the files with the ledger's own keys, which set-up writes to the data folder."""

_IN_USE = b"This key has signed for a log. "
"""The file of the log's key begins with this once its log has an anchor. PEM readers ignore it."""

PASSPHRASE = "CARBON_LEDGER_PASSPHRASE"  # noqa: S105 - the variable's name
PASSPHRASE_RULE = f"give it by {PASSPHRASE}"
"""Commands add their options for it."""

_READABLE = {
    FileNotFoundError: "the path of a key file, such as `carbon-ledger key new FILE` makes",
    PermissionError: "a file that this account can read: run the command as the account that owns it",
}


def new_nonce() -> str:
    """16 random bytes, base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def new_key(algorithm: str = "ed25519") -> SigningKey:
    """A new random key. A log's key must be Ed25519."""
    return SigningKey.from_seed(secrets.token_bytes(32), algorithm)


def write_key(path: Path, key: SigningKey, passphrase: bytes | None = None) -> None:
    """Writes a new file that only its owner can read. Raises ConfigurationError if it exists or cannot be written."""
    write_pem(path, key.to_pem(passphrase))


def write_pem(path: Path, pem: bytes, *, of_home: bool = False) -> None:
    """`write_key` for a private key that is already PEM. `of_home`: a key of the ledger itself, which the account of
    the home has to read although root writes it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with open(handle, "wb") as file:
                file.write(pem)
                if of_home:
                    give_to_owner(handle, path)
                file.flush()
                os.fsync(file.fileno())
            # The file appears under its name completely or not at all, and only if the name was free.
            os.link(temporary, path)
        finally:
            os.unlink(temporary)
        sync(path.parent)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists: key files are never overwritten", field="key", value=path) from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", field="key", value=path) from error


def read_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """The key in a file. Raises ConfigurationError if the file cannot be read; raises InvalidKey, which names the file,
    if it holds no key, or the passphrase is wrong, missing, or given for a file that is not encrypted."""
    try:
        return SigningKey.from_pem(path.read_bytes(), passphrase)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="key", value=path,
                                 rule=_READABLE.get(type(error))) from error
    except InvalidKey as error:
        rule = PASSPHRASE_RULE if error.field == "passphrase" and passphrase is None else error.rule
        raise InvalidKey(f"{path}: {error.message}", code=error.code, field=error.field, rule=rule) from None


def is_in_use(path: Path) -> bool:
    """Whether the file says that its key has signed for a log."""
    try:
        return path.read_bytes().startswith(_IN_USE)
    except OSError:
        return False


def mark_in_use(path: Path, origin: str) -> None:
    """Marks the file durably: its key signs for this log. A file without write permission stays unchanged, and so does
    a link to a file elsewhere."""
    if is_in_use(path) or path.is_symlink():
        return
    with suppress(OSError):
        replace(path, _IN_USE + f"Its name: {origin}\n".encode() + path.read_bytes())


def is_encrypted(path: Path) -> bool:
    """Whether a key file needs a passphrase; False if the file cannot be read."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False


def read_own_key(path: Path, passphrase: bytes | None) -> SigningKey:
    """A key of the ledger itself. All of these share the passphrase, which is used if this file is encrypted."""
    return read_key(path, passphrase if is_encrypted(path) else None)


def key_at(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """The key in a file. If the file does not exist, this makes a new key, encrypted if there is a passphrase. Two
    processes that run this at the same time get the same key."""
    if not path.exists():
        try:
            write_pem(path, new_key().to_pem(passphrase), of_home=True)
        except ConfigurationError:
            if not path.exists():
                raise
    return read_own_key(path, passphrase)
