"""The check of the TLS certificate with its key, and of the authorities trusted for https."""

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from ledger.client.trust import authorities
from ledger.host.files.tls_files import both_or_none, covers, read_pair
from ledger.service.doctor.installation import DoctorFinding, Installation

_RENEWAL: Final = timedelta(days=14)
"""A certificate should be renewed so long before its end."""


async def check_tls(here: Installation) -> DoctorFinding:
    """`serve` can serve with the certificate, it names the public address, and it does not expire soon."""
    chosen = here.settings
    if chosen.ca is not None:
        authorities(chosen.ca)
    files = both_or_none(chosen.tls_cert, chosen.tls_key, chosen.passphrase)
    if files is None:
        return DoctorFinding("tls", "ok", "no certificate is set: `serve` serves HTTP")
    pair = read_pair(files)
    ends = f"the certificate for {', '.join(pair.names)} expires at {pair.expires:%Y-%m-%dT%H:%MZ}"
    host = urlsplit(chosen.public_url).hostname if chosen.public_url else None
    if host is not None and not covers(pair.names, host):
        return DoctorFinding("tls", "warning", f"{ends}, and does not name {host} of CARBON_LEDGER_PUBLIC_URL",
                             "get a certificate for that name")
    if pair.expires - datetime.now(UTC) < _RENEWAL:
        return DoctorFinding("tls", "warning", ends, "renew it; `serve` uses new files without a restart")
    return DoctorFinding("tls", "ok", ends)
