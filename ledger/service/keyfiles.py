"""Private keys on disk: PKCS#8 PEM of mode 0600, encrypted when a passphrase is given; never overwritten."""

import base64
import os
import secrets
import tempfile
from pathlib import Path

from ledger.core.signing import SigningKey
from ledger.errors import ConfigurationError

LOG_KEY = "log-key.pem"
REGISTRAR_KEY = "registrar-key.pem"
"""Where set-up leaves the ledger's own keys in the data folder."""


def new_nonce() -> str:
    """16 random bytes, base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def new_key(algorithm: str = "ed25519") -> SigningKey:
    """A fresh key. What a log signs with is Ed25519."""
    return SigningKey.from_seed(secrets.token_bytes(32), algorithm)


def write_key(path: Path, key: SigningKey, passphrase: bytes | None = None) -> None:
    """Writes a new file that only its owner reads. Raises ConfigurationError where it exists or cannot be written."""
    write_pem(path, key.to_pem(passphrase))


def write_pem(path: Path, pem: bytes) -> None:
    """`write_key` of a private key that is PEM already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with open(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            # Under its name it appears whole or not at all, and only where there was none.
            os.link(temporary, path)
        finally:
            os.unlink(temporary)
        _sync(path.parent)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists: a key is never overwritten", field="key", value=path) from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", field="key", value=path) from error


def _sync(folder: Path) -> None:
    """Makes a new name in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """Raises ConfigurationError where there is no such file, InvalidKey where it holds no key or needs a passphrase."""
    try:
        return SigningKey.from_pem(path.read_bytes(), passphrase)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="key", value=path) from error


def key_at(path: Path) -> SigningKey:
    """The key in a file, made where there is none yet. Two processes that come at once get the same one."""
    if not path.exists():
        try:
            write_key(path, new_key())
        except ConfigurationError:
            if not path.exists():
                raise
    return read_key(path)
