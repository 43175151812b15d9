"""The settings of a ledger as values: the data folder, the database, the name of the log, limits.

`ledger.service.configuration` reads them from options, the environment and a settings file.
"""

import ipaddress
from pathlib import Path
from typing import Final

from msgspec import Struct

from ledger.errors import ConfigurationError
from ledger.service.configuration.kinds import is_origin
from ledger.service.limits import ClientLimits

MIN_WORKERS: Final = 2
"""At least two, since a hanging plugin can hold up one."""
TEXT: Final = "text"
JSON: Final = "json"
ALL_SETS: Final = "all"
NO_SETS: Final = "none"
PARTIES: Final = "parties"
EVERYBODY: Final = "open"
ANY_ORIGIN: Final = "any"
NO_ORIGIN: Final = "none"
ACCESS_LOG_DAYS: Final = 400
REVISED_PER_DAY: Final = 200_000
"""As many records as one revision may touch."""


class Settings(Struct, frozen=True, kw_only=True):
    """`database_url`: None means the embedded PostgreSQL in `home`. `origin`: None means the origin in the database.
    `anchor`: None means the file of that name in `home`, s3://BUCKET/KEY an object. `policy`: None means that heads are
    published without witnesses. `passphrase` opens the ledger's own keys if they are encrypted, and encrypts new ones.
    `workers`: processes that run plugins; None means as many as there are cores for each of the `processes` that serve
    here, but at least two. `host` and `port`: the address at which `serve` listens. `assess_seconds`: how long a worker
    may take for one record. `renew_seconds`: the age at which the witnesses' signatures are renewed if nothing is added
    to the log. `revised_per_day`: how many records an organisation may have revised within 24 hours. `tls_cert`,
    `tls_key`: the PEM files with which `serve` serves HTTPS. `ca`: the PEM file with the authorities that are trusted
    when witnesses are asked; None means the system's. `log_format`: `text`, or `json` for a JSON object on each line.
    """

    home: Path
    database_url: str | None = None
    origin: str | None = None
    public_url: str | None = None
    limits: ClientLimits = ClientLimits()
    """Limits for one client or one organisation."""
    anchor: str | None = None
    passphrase: bytes | None = None
    workers: int | None = None
    processes: int = 1
    host: str = "127.0.0.1"
    port: int = 8080
    assess_seconds: float = 5.0
    renew_seconds: float = 3_600.0
    policy: Path | None = None
    revised_per_day: int = REVISED_PER_DAY
    tls_cert: Path | None = None
    tls_key: Path | None = None
    ca: Path | None = None
    metrics_token_file: Path | None = None
    """The file with the tokens that read the metrics."""
    log_format: str = TEXT
    access: str = PARTIES
    """Who may read: `parties`, as the policy says, or `open`, everybody everything."""
    access_log_days: int = ACCESS_LOG_DAYS
    """Rows of the access log expire after so many days; the roots of the days stay."""
    cors: str | None = None
    """Whether pages of `any` origin may read the log, or of `none` but our own; None: `any` at a public address."""
    factor_sets: str = ALL_SETS
    """The installed factor sets that set-up activates on a new log: `all` or `none`."""

    @property
    def log_for_any_origin(self) -> bool:
        """Whether pages of other sites may read the log. At a loopback or private address they could read it through a
        visitor of theirs who is inside; at a wildcard address this is not known."""
        return _is_public(self.host) if self.cors is None else self.cors == ANY_ORIGIN

    @property
    def own_anchor(self) -> Path:
        """The file in the home that is the anchor unless another one is named."""
        return self.home / "anchor"

    @property
    def anchor_at(self) -> str:
        """The place of the anchor, which holds the highest signed head: the path of a file, or s3://BUCKET/KEY."""
        return self.anchor or str(self.own_anchor)


def check_origin(origin: str) -> None:
    """Checks that a log's name fits into the first line of a checkpoint and the key name of a signed note."""
    if not is_origin(origin):
        raise ConfigurationError(
            f"the origin {origin!r} cannot be a log's name: it must be printable ASCII without spaces, `+` or "
            "backslash, of at most 200 bytes"
        )


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
