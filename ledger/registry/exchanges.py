"""Finds exchange formats among the installed packages."""

from importlib.metadata import entry_points

from ledger.errors import ConfigurationError
from ledger.sdk import Exchange

GROUP = "carbon_ledger.exchanges"


def exchange_named(name: str) -> Exchange:
    """The installed exchange of that name. Raises ConfigurationError if it is not installed or cannot be loaded."""
    points = list(entry_points(group=GROUP, name=name))
    if len(points) != 1:
        if points:
            raise ConfigurationError(f"{len(points)} installed packages have an exchange {name!r}: keep one of them")
        raise ConfigurationError(f"exchange {name!r} is not installed: pip install carbon-ledger-{name}")
    try:
        exchange = points[0].load()()
    except Exception as error:
        raise ConfigurationError(f"exchange {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(exchange, Exchange) or exchange.name != name:
        raise ConfigurationError(f"exchange {name}: {points[0].value} does not return an Exchange with that name")
    return exchange
