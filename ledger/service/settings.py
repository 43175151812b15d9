"""What the environment says: where the data is, which database, which name the log has."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from ledger.errors import ConfigurationError
from ledger.service.limits import ClientLimits, limits_from

MIN_WORKERS: Final = 2
"""One of which a hanging plugin may hold up."""
_MAX_WORKERS: Final = 256
_ASSESS_SECONDS: Final = (0.05, 10.0)
"""As long as a record may be assessed: under the log's lock nobody has more time than that."""
_RENEW_SECONDS: Final = (1.0, 30 * 86_400.0)
_OBJECT: Final = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]*/[^\s/?#][^\s?#]*(?<!/)")
REVISED_PER_DAY: Final = 200_000
"""As many as one revision may touch."""
_REVISED_PER_DAY: Final = (1, 1_000_000_000)


class Settings(Struct, frozen=True, kw_only=True):
    """`database_url` None means the embedded PostgreSQL in `home`; `origin` None means the one in the database;
    `anchor` None means the file of that name in `home`, s3://BUCKET/KEY an object; `policy` None that heads are
    published without witnesses. `passphrase`: of the ledger's own keys, where they are encrypted, and of those that are
    made. `workers`: processes that run plugins, None as many as there are cores for each of the `processes` that serve
    here, but two at least. `assess_seconds`: what a record may take of a worker's time. `renew_seconds`: how old the
    witnesses' signatures become on a log to which nothing is added. `revised_per_day`: how many records an
    organisation may have revised within 24 hours."""

    home: Path
    database_url: str | None = None
    origin: str | None = None
    public_url: str | None = None
    limits: ClientLimits = ClientLimits()
    """How much one client, or one organisation, may ask."""
    anchor: str | None = None
    passphrase: bytes | None = None
    workers: int | None = None
    processes: int = 1
    assess_seconds: float = 5.0
    renew_seconds: float = 3_600.0
    policy: Path | None = None
    revised_per_day: int = REVISED_PER_DAY

    @property
    def own_anchor(self) -> Path:
        """The file in the home that is the anchor where none is named."""
        return self.home / "anchor"

    @property
    def anchor_at(self) -> str:
        """Where the highest signed head is kept: the path of a file, or s3://BUCKET/KEY."""
        return self.anchor or str(self.own_anchor)


def settings_from(environment: Mapping[str, str], default_home: Path) -> Settings:
    """Reads CARBON_LEDGER_HOME, _DATABASE_URL, _ORIGIN, _PUBLIC_URL, _ANCHOR, _POLICY, _PASSPHRASE, _WORKERS,
    _ASSESS_SECONDS, _RENEW_SECONDS and _REVISED_PER_DAY. Raises ConfigurationError for unfit values."""
    home = Path(environment.get("CARBON_LEDGER_HOME") or default_home).expanduser().absolute()
    url = environment.get("CARBON_LEDGER_DATABASE_URL") or None
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(f"CARBON_LEDGER_DATABASE_URL is no PostgreSQL address: {url.partition(':')[0]}:…")
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


def _number(environment: Mapping[str, str], name: str, bounds: tuple[int, int]) -> int | None:
    """None where the environment does not say it."""
    text = environment.get(name) or None
    if text is None:
        return None
    least, most = bounds
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} is {text!r}: it must be a number from {least} to {most}")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, otherwise: str, bounds: tuple[float, float]) -> float:
    text = environment.get(name) or otherwise
    least, most = bounds
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not least <= found <= most:
        raise ConfigurationError(f"{name} is {text!r}: it must be from {least:g} to {most:g}")
    return found


def check_origin(origin: str) -> None:
    """A log's name: what a checkpoint's first line and a signed note's key name can hold."""
    if not origin.isascii() or not origin.isprintable() or any(sign in origin for sign in " +\\") or len(origin) > 200:
        raise ConfigurationError(
            f"the origin {origin!r} cannot be a log's name: ASCII without spaces, `+` or backslash, at most 200 bytes"
        )
