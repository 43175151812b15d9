"""A witness's own key: a PKCS#8 file of mode 0600, Ed25519 or ML-DSA-44. The first run makes it."""

import hashlib
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.core.log.cosignature import PrivateKey
from ledger.errors import ConfigurationError, InvalidKey
from ledger.host.files.key_files import write_pem

KEY = "witness-key.pem"
ALGORITHMS = ("ed25519", "ml-dsa-44")
_SEED_BYTES = 32


def witness_key_at(path: Path, algorithm: str, passphrase: bytes | None = None) -> PrivateKey:
    """The key in a file, or a new key if the file does not exist. Raises ConfigurationError, or InvalidKey if the file
    holds no key of that algorithm, needs a passphrase, or the library lacks ML-DSA-44."""
    if not path.exists():
        write_pem(path, _pem(_new(algorithm), passphrase))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="key", value=path) from error
    except TypeError:
        state = "needs a passphrase" if passphrase is None else "is not encrypted, but a passphrase was given"
        raise InvalidKey(f"{path} {state}", field="passphrase",
                         rule="a passphrase if the file is encrypted, otherwise no passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey(f"{path} is not a private key, or the passphrase is wrong", field="key",
                         rule="PKCS#8 PEM") from None
    wanted = {"ed25519": Ed25519PrivateKey, "ml-dsa-44": MLDSA44PrivateKey}[algorithm]
    if not isinstance(key, (Ed25519PrivateKey, MLDSA44PrivateKey)) or not isinstance(key, wanted):
        raise InvalidKey(f"{path} does not hold a key of algorithm {algorithm}", code="unsupported-key", field="key",
                         rule="the algorithm that the key was made for")
    return key


def default_name(key: PrivateKey) -> str:
    """A unique name for a witness, if the operator gives no name."""
    return f"carbon-ledger-witness/{hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]}"


def _new(algorithm: str) -> PrivateKey:
    seed = secrets.token_bytes(_SEED_BYTES)
    if algorithm == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(seed)
    try:
        return MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise InvalidKey("the cryptographic library of this installation lacks ML-DSA-44", code="unsupported-key",
                         field="algorithm", value=algorithm, rule="ed25519, or a library that has ML-DSA-44") from error


def _pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
