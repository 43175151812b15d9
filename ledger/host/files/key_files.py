"""Private keys on disk: PKCS#8 PEM of mode 0600, encrypted when a passphrase is given; never overwritten."""

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, InvalidKey
from ledger.host.files.durable import TEMPORARY, replace, sync

LOG_KEY = "log-key.pem"
REGISTRAR_KEY = "registrar-key.pem"
"""Where set-up leaves the ledger's own keys in the data folder."""

_IN_USE = b"This key has signed for a log. "
"""What the file of the log's key begins with once its log has an anchor. Readers of PEM pass over it."""

PASSPHRASE = "CARBON_LEDGER_PASSPHRASE"  # noqa: S105 - the variable's name
PASSPHRASE_RULE = f"a passphrase where the file is encrypted: by --prompt, --passphrase-file or {PASSPHRASE}"


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
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with open(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            # Under its name it appears whole or not at all, and only where there was none.
            os.link(temporary, path)
        finally:
            os.unlink(temporary)
        sync(path.parent)
    except FileExistsError:
        raise ConfigurationError(f"{path} exists: a key is never overwritten", field="key", value=path) from None
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", field="key", value=path) from error


def read_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """Raises ConfigurationError where there is no such file; InvalidKey, which names it, where it holds no key, or the
    passphrase is wrong, missing, or of no use."""
    try:
        return SigningKey.from_pem(path.read_bytes(), passphrase)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="key", value=path) from error
    except InvalidKey as error:
        rule = PASSPHRASE_RULE if error.field == "passphrase" else error.rule
        raise InvalidKey(f"{path}: {error.message}", code=error.code, field=error.field, rule=rule) from None


def is_in_use(path: Path) -> bool:
    """Whether the file says that its key has signed for a log."""
    try:
        return path.read_bytes().startswith(_IN_USE)
    except OSError:
        return False


def mark_in_use(path: Path, origin: str) -> None:
    """Says in the file that its key signs for this log, durably. A file that is not ours to write, or a link to one
    that is kept elsewhere, stays as it is."""
    if is_in_use(path) or path.is_symlink():
        return
    with suppress(OSError):
        replace(path, _IN_USE + f"Its name: {origin}\n".encode() + path.read_bytes())


def is_encrypted(path: Path) -> bool:
    """Whether a key file needs a passphrase. One that cannot be read is none."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False


def read_own_key(path: Path, passphrase: bytes | None) -> SigningKey:
    """A key of the ledger itself: the passphrase is there for all of them, and counts where this one is encrypted."""
    return read_key(path, passphrase if is_encrypted(path) else None)


def key_at(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """The key in a file, made where there is none yet, and encrypted where there is a passphrase. Two processes that
    come at once get the same one."""
    if not path.exists():
        try:
            write_key(path, new_key(), passphrase)
        except ConfigurationError:
            if not path.exists():
                raise
    return read_own_key(path, passphrase)
