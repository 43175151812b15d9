"""What the environment says: where the data is, which database, which name the log has."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from ledger.errors import ConfigurationError


class Settings(Struct, frozen=True, kw_only=True):
    """`database_url` None means the embedded PostgreSQL in `home`; `origin` None means the one in the database;
    `anchor` None means the file of that name in `home`."""

    home: Path
    database_url: str | None = None
    origin: str | None = None
    public_url: str | None = None
    anchor: Path | None = None

    @property
    def anchor_path(self) -> Path:
        """Where the highest signed head is kept."""
        return self.anchor or self.home / "anchor"


def settings_from(environment: Mapping[str, str], default_home: Path) -> Settings:
    """Reads CARBON_LEDGER_HOME, _DATABASE_URL, _ORIGIN, _PUBLIC_URL and _ANCHOR. Raises ConfigurationError for unfit
    values."""
    home = Path(environment.get("CARBON_LEDGER_HOME") or default_home).expanduser().absolute()
    url = environment.get("CARBON_LEDGER_DATABASE_URL") or None
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(f"CARBON_LEDGER_DATABASE_URL is no PostgreSQL address: {url.partition(':')[0]}:…")
    origin = environment.get("CARBON_LEDGER_ORIGIN") or None
    if origin is not None:
        check_origin(origin)
    public_url = (environment.get("CARBON_LEDGER_PUBLIC_URL") or "").rstrip("/") or None
    named = environment.get("CARBON_LEDGER_ANCHOR") or None
    anchor = None if named is None else Path(named).expanduser().absolute()
    return Settings(home=home, database_url=url, origin=origin, public_url=public_url, anchor=anchor)


def check_origin(origin: str) -> None:
    """A log's name: what a checkpoint's first line and a signed note's key name can hold."""
    if not origin.isascii() or not origin.isprintable() or any(sign in origin for sign in " +\\") or len(origin) > 200:
        raise ConfigurationError(
            f"the origin {origin!r} cannot be a log's name: ASCII without spaces, `+` or backslash, at most 200 bytes"
        )
