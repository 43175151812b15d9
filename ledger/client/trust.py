"""The certificate authorities that a client trusts when it connects to an https address.

Integrity rests on signatures and proofs, not on TLS. TLS keeps the content of answers and posts from others.
"""

import ssl
from contextvars import ContextVar
from pathlib import Path
from typing import Final

import httpx

from ledger.errors import InvalidInput, Unavailable

RULE: Final = "a certificate of a public authority; for a private one: --ca FILE or CARBON_LEDGER_CA"
_AUTHORITIES: Final[ContextVar[ssl.SSLContext | None]] = ContextVar("authorities", default=None)


class Untrusted(Unavailable):
    """The server's certificate is not trusted, has expired, or names another host. Asking again does not help."""

    code = "untrusted-server"


def trust_only(path: Path) -> None:
    """From now on clients of this program trust the authorities in the file, instead of the system's. Raises
    InvalidInput."""
    _AUTHORITIES.set(authorities(path))


def authorities(path: Path) -> ssl.SSLContext:
    """The context of connections that trust the authorities in the file alone. Raises InvalidInput."""
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        reason = "no certificate in it can be read" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidInput(f"cannot use {path} as certificate authorities: {reason}", field="ca", value=path,
                           rule="a PEM file with one or more CA certificates") from None


def tls_context(remembered: Path | None = None) -> ssl.SSLContext:
    """The context of connections to https addresses: TLS 1.2 or later. `remembered`: a file with authorities to trust
    instead of the system's, if `trust_only` has named no others. Raises InvalidInput."""
    chosen = _AUTHORITIES.get()
    if chosen is not None:
        return chosen
    if remembered is not None:
        return authorities(remembered)
    system = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    # A host without a store of its own gets the authorities that httpx brings.
    return system if paths.cafile or paths.capath else httpx.create_ssl_context()


def refusal(url: str, error: Exception) -> Untrusted | None:
    """The error for a failed check of the server's certificate; None if it failed otherwise."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" not in text:
        return None
    reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or text
    return Untrusted(f"{url} has a certificate that is not trusted: {reason}", rule=RULE)
