"""Finding exchange formats among the installed packages."""

from importlib.metadata import entry_points

from ledger.errors import ConfigurationError
from ledger.sdk import Exchange

GROUP = "carbon_ledger.exchanges"


def exchange_named(name: str) -> Exchange:
    """The installed exchange of that name. Raises ConfigurationError where there is none, or it cannot be loaded."""
    points = list(entry_points(group=GROUP, name=name))
    if len(points) != 1:
        what = "no exchange" if not points else f"{len(points)} exchanges"
        raise ConfigurationError(f"{what} {name!r} installed: pip install carbon-ledger-{name}")
    try:
        found = points[0].load()()
    except Exception as error:
        raise ConfigurationError(f"exchange {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, Exchange) or found.name != name:
        raise ConfigurationError(f"exchange {name}: {points[0].value} does not return an Exchange of that name")
    return found
