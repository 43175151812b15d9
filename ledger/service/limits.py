"""Limits for one client or one organisation."""

import os
from typing import Final

from msgspec import Struct

_CORES: Final = os.cpu_count() or 1


class ClientLimits(Struct, frozen=True, kw_only=True):
    """`hosts`: names of this server, in addition to those that it knows itself. `proxies`: networks whose
    `X-Forwarded-For` counts. `questions`: how many expensive queries run at a time. `body_seconds`: how long a request
    body may be slower than the least speed. `records`: records of one organisation a day. `unasked`: transfers of one
    organisation a day to a receiver that has never accepted any of them."""

    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    questions: int = _CORES
    body_seconds: float = 10.0
    records: int = 100_000
    unasked: int = 1_000
