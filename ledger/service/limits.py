"""Limits for one client or one organisation, from the environment."""

import os
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ledger.errors import ConfigurationError

_CORES: Final = os.cpu_count() or 1
_HOST_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")


class ClientLimits(Struct, frozen=True, kw_only=True):
    """`hosts`: names of this server, in addition to those that it knows itself. `proxies`: addresses whose
    `X-Forwarded-For` counts. `questions`: how many expensive queries run at a time. `body_seconds`: how long a request
    body may be slower than the least speed. `records`: records of one organisation a day. `unasked`: transfers of one
    organisation a day to a receiver that has never accepted any of them."""

    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    questions: int = _CORES
    body_seconds: float = 10.0
    records: int = 100_000
    unasked: int = 1_000


def limits_from(environment: Mapping[str, str]) -> ClientLimits:
    """Reads CARBON_LEDGER_HOSTS, _PROXIES, _QUESTIONS, _BODY_SECONDS, _QUOTA_RECORDS and _QUOTA_UNASKED. Raises
    ConfigurationError for invalid values."""
    return ClientLimits(
        hosts=_names(environment, "CARBON_LEDGER_HOSTS"), proxies=_names(environment, "CARBON_LEDGER_PROXIES"),
        questions=int(_number(environment, "CARBON_LEDGER_QUESTIONS", _CORES, (1, 256))),
        body_seconds=_number(environment, "CARBON_LEDGER_BODY_SECONDS", 10.0, (0.1, 600.0)),
        records=int(_number(environment, "CARBON_LEDGER_QUOTA_RECORDS", 100_000, (1, 1e12))),
        unasked=int(_number(environment, "CARBON_LEDGER_QUOTA_UNASKED", 1_000, (1, 1e12))),
    )


def _names(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    """Names or addresses without ports, separated by commas."""
    names = tuple(name.strip().lower() for name in environment.get(variable, "").split(",") if name.strip())
    for name in names:
        if not _HOST_CHARACTERS.issuperset(name) or (":" in name and name.count(":") < 2):
            raise ConfigurationError(
                f"{variable} contains {name!r}: give names or addresses without ports, separated by commas")
    return names


def _number(
    environment: Mapping[str, str], variable: str, otherwise: float, bounds: tuple[float, float]
) -> float:
    text = environment.get(variable) or None
    least, most = bounds
    try:
        number = otherwise if text is None else float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise ConfigurationError(f"{variable} is {text!r}: it must be a number from {least:g} to {most:g}")
    return number
