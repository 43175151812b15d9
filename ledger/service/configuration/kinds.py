"""Kinds of values that settings take: their type in a settings file, the values allowed, and how to read them."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_HOST_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")
_OBJECT: Final = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]*/[^\s/?#][^\s?#]*(?<!/)")
_WEB: Final = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_LONGEST_ORIGIN: Final = 200
_LEAST_PREFIX: Final = 8
"""Of a network of proxies. A larger network holds strangers: they could give themselves the address of another client,
or one that may read the metrics. So no value names every address."""

Reading = Callable[[str, Path], object]
"""Reads the text of a value; relative paths start at the given folder. Raises ValueError."""


class ValueKind(NamedTuple):
    """`types`: the types that a value may have in TOML. `allowed`: the values allowed, in words."""

    types: tuple[type, ...]
    allowed: str
    read: Reading


def text_of(value: object) -> str:
    """A value of a settings file in the spelling of the environment."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def whole_number(least: int, most: int) -> ValueKind:
    def read(text: str, _: Path) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return ValueKind((int,), f"a whole number from {least} to {most}", read)


def seconds(least: float, most: float) -> ValueKind:
    def read(text: str, _: Path) -> float:
        number = float(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return ValueKind((int, float), f"a number of seconds from {least:.9g} to {most:.9g}", read)


def choice(*words: str) -> ValueKind:
    def read(text: str, _: Path) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return ValueKind((str,), f"one of {', '.join(words)}", read)


def _read_proxies(text: str, _: Path) -> tuple[str, ...]:
    networks = [ipaddress.ip_network(name) for name in filter(None, map(str.strip, text.split(",")))]
    for network in networks:
        if network.prefixlen < _LEAST_PREFIX:
            raise ValueError(network)
    return tuple(map(str, networks))


def _read_names(text: str, _: Path) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    for name in names:
        if not _HOST_CHARACTERS.issuperset(name) or (":" in name and name.count(":") < 2):
            raise ValueError(name)
    return names


def _read_path(text: str, folder: Path) -> Path:
    if "\0" in text:
        raise ValueError(text)
    return (folder / Path(text).expanduser()).absolute()


def _read_anchor(text: str, folder: Path) -> str:
    if _OBJECT.fullmatch(text):
        return text
    if "://" in text:
        raise ValueError(text)
    return str(_read_path(text, folder))


def _read_database_url(text: str, _: Path) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError(text)
    return text


def _read_web_address(text: str, _: Path) -> str:
    if not _WEB.fullmatch(text):
        raise ValueError(text)
    return text.rstrip("/")


def _read_public_url(text: str, _: Path) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(text)
    if not text.isascii() or set(text) & set("?#@ "):
        raise ValueError(text)
    return text.rstrip("/")


def _read_host(text: str, _: Path) -> str:
    if any(character.isspace() or not character.isprintable() or character in "/@" for character in text):
        raise ValueError(text)
    return text


def is_origin(text: str) -> bool:
    """Whether a text fits into the first line of a checkpoint and the key name of a signed note."""
    return text.isascii() and text.isprintable() and not set(text) & set(" +\\") and len(text) <= _LONGEST_ORIGIN


def _read_origin(text: str, _: Path) -> str:
    if not is_origin(text):
        raise ValueError(text)
    return text


def _read_secret(text: str, _: Path) -> bytes:
    # The environment and a passphrase file may hold bytes that are not UTF-8.
    return text.encode("utf-8", "surrogateescape")


PATH: Final = ValueKind((str,), "a path", _read_path)
ANCHOR: Final = ValueKind((str,), "the path of a file, or s3://BUCKET/KEY", _read_anchor)
DATABASE_URL: Final = ValueKind((str,), "an address that begins with postgresql:// or postgres://", _read_database_url)
WEB_ADDRESS: Final = ValueKind((str,), "an address http://HOST or https://HOST", _read_web_address)
PUBLIC_URL: Final = ValueKind((str,), "https://HOST or http://HOST, and a port or path if needed", _read_public_url)
HOST: Final = ValueKind((str,), "a host name or an IP address", _read_host)
ORIGIN: Final = ValueKind(
    (str,), f"printable ASCII without spaces, `+` or backslash, of at most {_LONGEST_ORIGIN} bytes", _read_origin
)
NAMES: Final = ValueKind((list, str), "names or addresses without ports, separated by commas", _read_names)
PROXIES: Final = ValueKind(
    (list, str), "addresses, or networks without host bits and with a prefix of at least "
    f"{_LEAST_PREFIX} bits, such as 192.0.2.7 or fd00::/64, separated by commas", _read_proxies
)
SECRET: Final = ValueKind((str,), "any text", _read_secret)
