"""Settings from the environment: the data folder, the database, the name of the log."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from ledger.errors import ConfigurationError
from ledger.service.limits import ClientLimits, limits_from

MIN_WORKERS: Final = 2
"""At least two, since a hanging plugin can hold up one."""
_MAX_WORKERS: Final = 256
_ASSESS_SECONDS: Final = (0.05, 10.0)
"""How long the assessment of a record may take: the lock of the log allows no more."""
_RENEW_SECONDS: Final = (1.0, 30 * 86_400.0)
_OBJECT: Final = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]*/[^\s/?#][^\s?#]*(?<!/)")
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_ANYONE: Final = ("0.0.0.0/0", "::/0")
TEXT: Final = "text"
JSON: Final = "json"
REVISED_PER_DAY: Final = 200_000
"""As many records as one revision may touch."""
_REVISED_PER_DAY: Final = (1, 1_000_000_000)


class Settings(Struct, frozen=True, kw_only=True):
    """`database_url`: None means the embedded PostgreSQL in `home`. `origin`: None means the origin in the database.
    `anchor`: None means the file of that name in `home`, s3://BUCKET/KEY an object. `policy`: None means that heads are
    published without witnesses. `passphrase` opens the ledger's own keys if they are encrypted, and encrypts new ones.
    `workers`: processes that run plugins; None means as many as there are cores for each of the `processes` that serve
    here, but at least two. `assess_seconds`: how long a worker may take for one record. `renew_seconds`: the age at
    which the witnesses' signatures are renewed if nothing is added to the log. `revised_per_day`: how many records an
    organisation may have revised within 24 hours. `log_format`: `text`, or `json` for a JSON object on each line."""

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
    assess_seconds: float = 5.0
    renew_seconds: float = 3_600.0
    policy: Path | None = None
    revised_per_day: int = REVISED_PER_DAY
    metrics_readers: tuple[str, ...] = LOOPBACK
    """Networks whose hosts may read the metrics."""
    log_format: str = TEXT

    @property
    def own_anchor(self) -> Path:
        """The file in the home that is the anchor unless another one is named."""
        return self.home / "anchor"

    @property
    def anchor_at(self) -> str:
        """The place of the anchor, which holds the highest signed head: the path of a file, or s3://BUCKET/KEY."""
        return self.anchor or str(self.own_anchor)


def settings_from(environment: Mapping[str, str], default_home: Path) -> Settings:
    """Reads CARBON_LEDGER_HOME, _DATABASE_URL, _ORIGIN, _PUBLIC_URL, _ANCHOR, _POLICY, _PASSPHRASE, _WORKERS,
    _ASSESS_SECONDS, _RENEW_SECONDS, _REVISED_PER_DAY, _METRICS_READERS and _LOG_FORMAT. Raises ConfigurationError for
    invalid values."""
    home = Path(environment.get("CARBON_LEDGER_HOME") or default_home).expanduser().absolute()
    url = environment.get("CARBON_LEDGER_DATABASE_URL") or None
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(
            f"CARBON_LEDGER_DATABASE_URL must begin with postgresql:// or postgres://, not {url.partition(':')[0]}:…")
    origin = environment.get("CARBON_LEDGER_ORIGIN") or None
    if origin is not None:
        check_origin(origin)
    public_url = (environment.get("CARBON_LEDGER_PUBLIC_URL") or "").rstrip("/") or None
    policy = environment.get("CARBON_LEDGER_POLICY") or None
    return Settings(
        home=home, database_url=url, origin=origin, public_url=public_url,
        anchor=_anchor(environment.get("CARBON_LEDGER_ANCHOR") or None),
        limits=limits_from(environment),
        policy=None if policy is None else Path(policy).expanduser().absolute(),
        passphrase=environment.get("CARBON_LEDGER_PASSPHRASE", "").encode() or None,
        workers=_number(environment, "CARBON_LEDGER_WORKERS", (MIN_WORKERS, _MAX_WORKERS)),
        assess_seconds=_seconds(environment, "CARBON_LEDGER_ASSESS_SECONDS", "5", _ASSESS_SECONDS),
        renew_seconds=_seconds(environment, "CARBON_LEDGER_RENEW_SECONDS", "3600", _RENEW_SECONDS),
        revised_per_day=_number(environment, "CARBON_LEDGER_REVISED_PER_DAY", _REVISED_PER_DAY) or REVISED_PER_DAY,
        metrics_readers=_networks(environment, "CARBON_LEDGER_METRICS_READERS") or LOOPBACK,
        log_format=_choice(environment, "CARBON_LEDGER_LOG_FORMAT", (TEXT, JSON)),
    )


def _anchor(text: str | None) -> str | None:
    if text is None or _OBJECT.fullmatch(text):
        return text
    if "://" in text:
        raise ConfigurationError(
            f"CARBON_LEDGER_ANCHOR is {text!r}: it must be the path of a file, or s3://BUCKET/KEY", field="anchor",
            value=text,
        )
    return str(Path(text).expanduser().absolute())


def _networks(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Addresses and networks, separated by commas; `any` means all addresses."""
    networks: list[str] = []
    for text in filter(None, map(str.strip, environment.get(name, "").split(","))):
        if text == "any":
            networks += _ANYONE
            continue
        try:
            networks.append(str(ipaddress.ip_network(text)))
        except ValueError as error:
            raise ConfigurationError(
                f"{name} contains {text!r}: {error}; give addresses or networks such as 127.0.0.1 or fd00::/8, "
                "separated by commas, or `any`") from None
    return tuple(networks)


def _choice(environment: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """One of the allowed words, by default the first one."""
    text = environment.get(name) or allowed[0]
    if text not in allowed:
        raise ConfigurationError(f"{name} is {text!r}: it must be one of {', '.join(allowed)}")
    return text


def _number(environment: Mapping[str, str], name: str, bounds: tuple[int, int]) -> int | None:
    """The number in a variable; None if it is not set."""
    text = environment.get(name) or None
    if text is None:
        return None
    least, most = bounds
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} is {text!r}: it must be a whole number from {least} to {most}")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, otherwise: str, bounds: tuple[float, float]) -> float:
    text = environment.get(name) or otherwise
    least, most = bounds
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not least <= seconds <= most:
        raise ConfigurationError(f"{name} is {text!r}: it must be a number of seconds from {least:g} to {most:g}")
    return seconds


def check_origin(origin: str) -> None:
    """Checks that a log's name fits into the first line of a checkpoint and the key name of a signed note."""
    if not origin.isascii() or not origin.isprintable() or any(sign in origin for sign in " +\\") or len(origin) > 200:
        raise ConfigurationError(
            f"the origin {origin!r} cannot be a log's name: it must be printable ASCII without spaces, `+` or "
            "backslash, of at most 200 bytes"
        )
