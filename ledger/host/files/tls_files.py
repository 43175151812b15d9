"""A server's TLS certificate and private key in PEM files, checked before anything listens with them.

A server that listened with a wrong pair would be running and refuse every client. So each check has a message of its
own, and raises ConfigurationError with the option that names the file.
"""

import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.errors import ConfigurationError
from ledger.host.files.key_files import PASSPHRASE

CERT: Final = "tls-cert"
KEY: Final = "tls-key"
_MAX_BYTES: Final = 1 << 20
_MAX_CERTIFICATES: Final = 10
_RSA_BITS: Final = range(2048, 4097)
_CURVES: Final = ("secp256r1", "secp384r1")
_KEYS: Final = "RSA of 2048 to 4096 bits, ECDSA P-256 or P-384, or Ed25519"
_CHAIN: Final = "PEM: the server's certificate first, then the certificate of each issuer"
_UNREADABLE: Final = (
    ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""The errors of the library for damaged certificates."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Stamp = tuple[tuple[int, ...], ...]


class TlsFiles(NamedTuple):
    """The paths of a pair. `passphrase` opens the key if it is encrypted."""

    cert: Path
    key: Path
    passphrase: bytes | None = None

    def stamp(self) -> Stamp:
        """A value that changes when one of the files is written or replaced, or gets other rights. A link counts as its
        target. A missing file has a stamp too."""
        return tuple(_stamp(path) for path in (self.cert, self.key))


class TlsPair(NamedTuple):
    """A checked pair: the chain, and the key without encryption, both PEM. Keep the key in memory. `certificate` is the
    server's own, as DER."""

    chain: bytes
    key: bytes
    certificate: bytes
    names: tuple[str, ...]
    expires: datetime


def both_or_none(cert: Path | None, key: Path | None, passphrase: bytes | None) -> TlsFiles | None:
    """The files to serve with; None for HTTP. Raises ConfigurationError if only one of them is named."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        field, given = (CERT, key) if cert is None else (KEY, cert)
        raise ConfigurationError(f"{given} is given without --{field}", field=field,
                                 rule="--tls-cert and --tls-key, or neither")
    return TlsFiles(cert.absolute(), key.absolute(), passphrase)


def read_pair(files: TlsFiles, now: datetime | None = None) -> TlsPair:
    """The pair in the files. Raises ConfigurationError if a client could not connect to a server that has it."""
    now = now or datetime.now(UTC)
    chain = _certificates(files.cert)
    key = _private_key(files)
    own = chain[0]
    if _spki(own.public_key()) != _spki(key.public_key()):
        raise _mismatch(files, chain, key)
    for position, certificate in enumerate(chain, start=1):
        _check_dates(files.cert, position, certificate, now)
    _check_order(files.cert, chain)
    names = _names(files.cert, own)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return TlsPair(
        b"".join([one.public_bytes(pem) for one in chain]),
        key.private_bytes(pem, pkcs8, serialization.NoEncryption()),
        own.public_bytes(serialization.Encoding.DER), names, min(one.not_valid_after_utc for one in chain),
    )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _content(path: Path, field: str) -> bytes:
    try:
        # A pipe would wait for somebody who writes to it.
        with open(path, "rb", opener=_without_wait) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigurationError(f"{path} is not a regular file", field=field, value=path,
                                         rule="a file, since the server reads it again")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field=field, value=path,
                                 rule="a file that this account can read") from None
    if len(data) > _MAX_BYTES:
        raise ConfigurationError(f"{path} has more than {_MAX_BYTES} bytes", field=field, value=path,
                                 rule=f"a PEM file of at most {_MAX_BYTES} bytes")
    return data


def _without_wait(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _certificates(path: Path) -> list[x509.Certificate]:
    data = _content(path, CERT)
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise ConfigurationError(f"{path} holds no PEM certificate", field=CERT, value=path, rule=_CHAIN)
    try:
        chain = x509.load_pem_x509_certificates(data)
        for certificate in chain:
            _ = certificate.extensions, certificate.public_key(), certificate.subject, certificate.issuer
    except _UNREADABLE as error:
        raise ConfigurationError(f"{path} holds a certificate that cannot be read: {error}", field=CERT, value=path,
                                 rule=_CHAIN) from None
    if len(chain) > _MAX_CERTIFICATES:
        raise ConfigurationError(f"{path} holds {len(chain)} certificates", field=CERT, value=path,
                                 rule=f"at most {_MAX_CERTIFICATES}: {_CHAIN}")
    return chain


def _private_key(files: TlsFiles) -> PrivateKey:
    path, data = files.key, _content(files.key, KEY)
    encrypted = b"ENCRYPTED" in data
    if encrypted and files.passphrase is None:
        raise ConfigurationError(f"{path} is encrypted, and there is no passphrase", field=KEY, value=path,
                                 rule=f"give it by --passphrase-file or {PASSPHRASE}")
    if b"PRIVATE KEY-----" not in data:
        raise ConfigurationError(f"{path} holds no PEM private key", field=KEY, value=path,
                                 rule=f"a PEM private key: {_KEYS}")
    try:
        key = serialization.load_pem_private_key(data, files.passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        fault = "the passphrase is wrong, or the file is damaged" if encrypted else f"the key cannot be read: {error}"
        raise ConfigurationError(f"{path}: {fault}", field=KEY, value=path,
                                 rule=f"a PEM private key: {_KEYS}") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size in _RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    raise ConfigurationError(f"{path} holds a key of a kind that the server cannot use: {_kind(key)}", field=KEY,
                             value=path, rule=_KEYS)


def _kind(key: object) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return f"RSA of {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return f"ECDSA {key.curve.name}"
    return type(key).__name__.removesuffix("PrivateKey").lstrip("_")


def _spki(key: object) -> bytes:
    if not hasattr(key, "public_bytes"):
        return b""
    spki: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return spki


def _mismatch(files: TlsFiles, chain: Sequence[x509.Certificate], key: PrivateKey) -> ConfigurationError:
    own = _spki(key.public_key())
    later = next((number for number, one in enumerate(chain, start=1) if _spki(one.public_key()) == own), None)
    if later is not None:
        return ConfigurationError(f"the key in {files.key} belongs to certificate {later} of {files.cert}, not to the "
                                  "first one", field=CERT, value=files.cert, rule=_CHAIN)
    return ConfigurationError(
        f"the key in {files.key} does not belong to the certificate in {files.cert}, which names "
        f"{chain[0].subject.rfc4514_string() or 'nobody'}", field=KEY, value=files.key,
        rule="the private key of the first certificate in --tls-cert",
    )


def _check_dates(path: Path, position: int, certificate: x509.Certificate, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if begins <= now <= ends:
        return
    fault = f"expired at {ends:%Y-%m-%dT%H:%MZ}" if now > ends else f"is not valid before {begins:%Y-%m-%dT%H:%MZ}"
    raise ConfigurationError(f"certificate {position} of {path} {fault}", field=CERT, value=path,
                             rule=f"certificates that are valid now, {now:%Y-%m-%dT%H:%MZ} by this host's clock")


def _check_order(path: Path, chain: Sequence[x509.Certificate]) -> None:
    for position, (issued, issuer) in enumerate(pairwise(chain), start=1):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise ConfigurationError(
                f"certificate {position + 1} of {path} did not issue certificate {position}", field=CERT, value=path,
                rule=_CHAIN,
            ) from None


def _names(path: Path, certificate: x509.Certificate) -> tuple[str, ...]:
    """The host names and addresses for which clients accept the certificate."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usages = None
    allowed = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if usages is not None and not any(usage in allowed for usage in usages):
        raise ConfigurationError(f"the certificate in {path} is not for servers", field=CERT, value=path,
                                 rule="extended key usage serverAuth, or no extended key usage")
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternative = x509.SubjectAlternativeName([])
    names = [
        *alternative.get_values_for_type(x509.DNSName),
        *[str(address) for address in alternative.get_values_for_type(x509.IPAddress)],
    ]
    if not names:
        raise ConfigurationError(f"the certificate in {path} names no host, so every client refuses it", field=CERT,
                                 value=path, rule="host names or addresses as subjectAltName")
    return tuple(names)


def covers(names: Sequence[str], host: str) -> bool:
    """Whether a certificate with these names is valid for a host. A wildcard stands for one label."""
    host = host.lower().rstrip(".")
    parent = host.partition(".")[2]
    return any(name.lower() in (host, f"*.{parent}" if parent else host) for name in names)
