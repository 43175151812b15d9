"""The digest of a plugin: SHA-256 over the code and factors of its package and of the SDK. The log records it, so
that it identifies the code that computed a figure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SDK: Final = "ledger.sdk"
SUFFIXES: Final = (".py", ".csv")
DESCRIBING: Final = {
    "fields.csv": (b"of,field,en,zh,unit,example", b"of,field,en,zh,de,unit,example"),
    "routes.csv": (b"key,en,zh,words", b"key,en,zh,de,words,name_de"),
}
"""Texts for people, by file of the package itself, with their columns, German or not. They compute nothing: a better
word makes no other plugin. A file of that name with other columns is data."""


def digest_of(package: str, sdk: Iterable[str] | None = None) -> str:
    """Hex SHA-256 over the sorted lines `path sha256` of all .py and .csv files of a package and of the SDK, whose
    lines are `sdk` if the caller has them.

    The SDK is included because it computes parts of every assessment. A plugin that is a single module counts as one
    file.
    """
    return _digest([*lines_of(package), *(lines_of(SDK) if sdk is None else sdk)])


def digest_of_files(code: Mapping[str, bytes]) -> str:
    """The digest that a plugin with these files has. `code`: the files of package and SDK by path, as in `code_of`."""
    return _digest([_line(path, content) for path, content in code.items()])


def lines_of(package: str) -> list[str]:
    """The lines of a package or module for its digest."""
    return [_line(path, content) for path, content in code_of(package)]


def code_of(package: str) -> Iterator[tuple[str, bytes]]:
    """The files of a package or module that its digest covers. Their paths begin with the package's name."""
    spec = find_spec(package)
    if spec is not None and spec.submodule_search_locations is None and spec.origin is not None:
        path = Path(spec.origin)
        yield path.name, path.read_bytes()
        return
    for name, file in _walk(files(package), ""):
        yield f"{package}/{name}", file.read_bytes()


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in sorted(lines)).encode()).hexdigest()


def _line(path: str, content: bytes) -> str:
    return f"{path} {hashlib.sha256(content).hexdigest()}"


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for child in folder.iterdir():
        if child.is_dir() and child.name != "__pycache__":
            yield from _walk(child, f"{path}{child.name}/")
        elif child.name.endswith(SUFFIXES) and (path or not _describes(child)):
            yield path + child.name, child


def _describes(file: Traversable) -> bool:
    known = DESCRIBING.get(file.name)
    return known is not None and file.read_bytes().partition(b"\n")[0].rstrip(b"\r") in known
