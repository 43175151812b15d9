"""Opens the anchor that a setting names."""

from importlib import import_module
from pathlib import Path
from typing import Final

from ledger.errors import ConfigurationError
from ledger.store.anchor.file import FileAnchor
from ledger.store.anchor.interface import Anchor

_OBJECT: Final = "s3://"


def is_object(location: str) -> bool:
    """Whether a location names an object in a store, rather than a file."""
    return location.startswith(_OBJECT)


def open_anchor(location: str) -> Anchor:
    """The anchor at `s3://BUCKET/KEY`, or in the file of that path. Reads nothing yet. Raises ConfigurationError if the
    library for object stores is not installed or cannot use the location."""
    if not is_object(location):
        return FileAnchor(Path(location))
    try:
        module = import_module("ledger.store.anchor.object")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the anchor {location} needs the package {error.name}: pip install 'carbon-ledger[object-store]'",
            code="no-server",
            field="anchor", value=location,
        ) from None
    anchor: Anchor = module.ObjectAnchor(location)
    return anchor
