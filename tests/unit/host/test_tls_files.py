"""What a server accepts as its TLS certificate and key, and what it says of all else."""

import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from support.certificates import Authority, key_pem, new_key, pem
from support.raising import raised

from ledger.errors import ConfigurationError
from ledger.host.files.tls_files import TlsFiles, both_or_none, covers, read_pair

ROOT = Authority()
MIDDLE = Authority("intermediate", ROOT)
KEY = new_key()
SECRET = b"correct horse"


def written(folder: Path, chain: bytes, key: bytes, passphrase: bytes | None = None) -> TlsFiles:
    cert_path, key_path = folder / "server.pem", folder / "server.key"
    cert_path.write_bytes(chain)
    key_path.write_bytes(key)
    return TlsFiles(cert_path, key_path, passphrase)


def chain_of(*certificates: object) -> bytes:
    return b"".join([pem(one) for one in certificates])  # type: ignore[arg-type]


def test_a_chain_with_its_issuer(tmp_path: Path) -> None:
    chain = chain_of(MIDDLE.issue(KEY, names=("ledger.example", "*.mills.example")), MIDDLE.certificate)
    pair = read_pair(written(tmp_path, chain, key_pem(KEY)))
    assert pair.names == ("ledger.example", "*.mills.example", "127.0.0.1")
    assert pair.chain.count(b"BEGIN CERTIFICATE") == 2
    assert covers(pair.names, "LEDGER.example.")
    assert covers(pair.names, "a.mills.example")
    assert not covers(pair.names, "a.b.mills.example")
    assert not covers(pair.names, "mills.example")


@pytest.mark.parametrize("key", [
    ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048),
], ids=["P-384", "RSA 2048"])
def test_other_kinds_of_keys(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    legacy = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    assert b"BEGIN PRIVATE KEY" in read_pair(written(tmp_path, pem(ROOT.issue(key)), legacy)).key


def test_an_encrypted_key_with_the_passphrase(tmp_path: Path) -> None:
    assert read_pair(written(tmp_path, pem(ROOT.issue(KEY)), key_pem(KEY, SECRET), SECRET)).key == key_pem(KEY)


def test_a_passphrase_for_other_keys_does_no_harm(tmp_path: Path) -> None:
    assert read_pair(written(tmp_path, pem(ROOT.issue(KEY)), key_pem(KEY), SECRET)).key == key_pem(KEY)


def _wrong(chain: bytes, key: bytes, passphrase: bytes | None = None) -> Callable[[Path], TlsFiles]:
    return lambda folder: written(folder, chain, key, passphrase)


OWN = pem(ROOT.issue(KEY))


def _damaged(before: bytes, after: bytes) -> bytes:
    """A certificate of which one place is changed."""
    whole = ROOT.issue(KEY).public_bytes(serialization.Encoding.DER)
    assert before in whole
    return ssl.DER_cert_to_PEM_cert(whole.replace(before, after, 1)).encode()


def _pipe(folder: Path) -> TlsFiles:
    files = written(folder, OWN, key_pem(KEY))
    files.cert.unlink()
    os.mkfifo(files.cert)
    return files


WRONG = {
    "no certificate": (_wrong(b"-----BEGIN NOTHING-----\n", key_pem(KEY)), "tls-cert", "holds no PEM certificate"),
    "a damaged certificate": (
        _wrong(OWN.replace(b"\nMII", b"\nAAA"), key_pem(KEY)), "tls-cert", "certificate that cannot be read"),
    "no key": (_wrong(OWN, OWN), "tls-key", "holds no PEM private key"),
    "a damaged key": (
        _wrong(OWN, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "tls-key", "cannot be read"),
    "another key": (_wrong(OWN, key_pem(new_key())), "tls-key", "does not belong to the certificate"),
    "the issuer first": (
        _wrong(chain_of(ROOT.certificate) + OWN, key_pem(KEY)), "tls-cert", "belongs to certificate 2"),
    "not its issuer": (_wrong(OWN + pem(MIDDLE.certificate), key_pem(KEY)), "tls-cert", "did not issue certificate 1"),
    "expired": (_wrong(pem(ROOT.issue(KEY, days=(-9, -1))), key_pem(KEY)), "tls-cert", "expired at"),
    "not yet valid": (_wrong(pem(ROOT.issue(KEY, days=(1, 9))), key_pem(KEY)), "tls-cert", "is not valid before"),
    "for clients": (
        _wrong(pem(ROOT.issue(KEY, usage=ExtendedKeyUsageOID.CLIENT_AUTH)), key_pem(KEY)), "tls-cert", "not for servers"
    ),
    "without names": (_wrong(pem(ROOT.issue(KEY, names=())), key_pem(KEY)), "tls-cert", "names no host"),
    "encrypted, no passphrase": (_wrong(OWN, key_pem(KEY, SECRET)), "tls-key", "there is no passphrase"),
    "encrypted, another passphrase": (
        _wrong(OWN, key_pem(KEY, SECRET), b"wrong"), "tls-key", "the passphrase is wrong"),
    "a kind that granian cannot use": (
        _wrong(OWN, key_pem(ec.generate_private_key(ec.SECP521R1()))), "tls-key", "ECDSA secp521r1"),
    "too large": (_wrong(OWN * 3000, key_pem(KEY)), "tls-cert", "more than 1048576 bytes"),
    "another version": (_wrong(_damaged(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"), key_pem(KEY)), "tls-cert",
                        "cannot be read"),
    "a damaged subject": (_wrong(_damaged(b"\x0c\x0btest server", b"\x0c\x0btest\xffserver"), key_pem(KEY)), "tls-cert",
                          "cannot be read"),
    "a pipe": (_pipe, "tls-cert", "not a regular file"),
    "missing": (lambda folder: TlsFiles(folder / "none", folder / "none"), "tls-cert", "No such file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_has_its_message(tmp_path: Path, name: str) -> None:
    make, field, text = WRONG[name]
    with pytest.raises(ConfigurationError, match=text) as caught:
        read_pair(make(tmp_path))
    assert caught.value.field == field
    assert caught.value.value
    assert caught.value.rule


def test_the_clock_decides(tmp_path: Path) -> None:
    files = written(tmp_path, OWN, key_pem(KEY))
    assert "expired at" in str(raised(ConfigurationError, read_pair, files, datetime.now(UTC) + timedelta(days=31)))


def test_both_files_or_none() -> None:
    assert both_or_none(None, None, None) is None
    for cert, key, field in ((Path("a"), None, "tls-key"), (None, Path("a"), "tls-cert")):
        with pytest.raises(ConfigurationError, match="without") as caught:
            both_or_none(cert, key, None)
        assert caught.value.field == field


def test_the_stamp_sees_a_replaced_link(tmp_path: Path) -> None:
    """Kubernetes swaps a link to the folder of a secret."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, OWN, key_pem(KEY))
    link = tmp_path / "now"
    link.symlink_to(tmp_path / "old")
    files = TlsFiles(link / "server.pem", link / "server.key")
    before = files.stamp()
    assert files.stamp() == before
    (tmp_path / "next").symlink_to(tmp_path / "new")
    (tmp_path / "next").replace(link)
    assert files.stamp() != before


def test_the_stamp_sees_other_rights(tmp_path: Path) -> None:
    """A key may be written before the server may read it."""
    files = written(tmp_path, OWN, key_pem(KEY))
    before = files.stamp()
    files.key.chmod(0o640 if files.key.stat().st_mode & 0o777 == 0o600 else 0o600)
    assert files.stamp() != before
