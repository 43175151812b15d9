"""A mapping of which an assertion states some items."""

from collections.abc import Mapping
from typing import Any


class Containing(dict[str, Any]):
    """Equal to each mapping that has all these items, whatever else it has."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and all(key in other and other[key] == value for key, value in self.items())

    def __ne__(self, other: object) -> bool:
        return not self == other
