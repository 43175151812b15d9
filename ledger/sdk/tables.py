"""CSV files of a package, as plain rows."""

import csv
import io
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_FACTOR_COLUMNS: Final = frozenset({"key", "place", "value", "gas"})


@cache
def rows(package: str, file: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a CSV file in a package, as mappings from column to text. The file is read only once."""
    return rows_in(_text(files(package).joinpath(file)))


def rows_in(text: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a CSV text."""
    return tuple(csv.DictReader(io.StringIO(text)))


def factor_files(package: str) -> Iterator[str]:
    """The names of a package's CSV files that are tables of factors. Its other CSV files hold other data."""
    for file in sorted(files(package).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".csv") and set(next(csv.reader(io.StringIO(_text(file))), [])) >= _FACTOR_COLUMNS:
            yield file.name


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
