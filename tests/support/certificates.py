"""Certificates for tests: an authority, and what it issues for a server on this host."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY: Final = datetime.timedelta(days=1)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """A private certificate authority. `issued_by` makes it an intermediate one."""

    def __init__(self, name: str = "test authority", issued_by: "Authority | None" = None) -> None:
        self.key = new_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = issued_by or self
        self.certificate = _builder(self.name, issuer.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
        ).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
        ).sign(issuer.key, hashes.SHA256())

    def write(self, path: Path) -> Path:
        path.write_bytes(pem(self.certificate))
        return path

    def issue(
        self, key: PrivateKey, *, names: tuple[str, ...] = ("localhost",), days: tuple[int, int] = (-1, 30),
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH, unknown: bool = False,
    ) -> x509.Certificate:
        """A certificate for a server, valid from and until so many days from now. Without names it has none. `unknown`:
        with a critical extension that nobody knows."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test server")])
        now = datetime.datetime.now(datetime.UTC)
        builder = _builder(subject, self.name, key, now + days[0] * DAY, now + days[1] * DAY).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if names:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(
                x509.SubjectAlternativeName([*[x509.DNSName(name) for name in names], address]), critical=False
            )
        if unknown:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def context(self) -> ssl.SSLContext:
        """What a client trusts who knows this authority alone."""
        return ssl.create_default_context(cadata=pem(self.certificate).decode())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: object, passphrase: bytes | None = None) -> bytes:
    if not hasattr(key, "private_bytes"):
        raise TypeError(key)
    encryption = serialization.NoEncryption() if passphrase is None else (
        serialization.BestAvailableEncryption(passphrase))
    content: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return content


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, begins: datetime.datetime | None = None,
    ends: datetime.datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), begins or now - DAY, ends or now + 30 * DAY)
