"""Takes a new TLS pair into service when its files change, and keeps the old one if the new one is wrong."""

import asyncio
import logging
from typing import Final

from ledger.cli.console import explained
from ledger.cli.operator.listening.listener import Listener
from ledger.cli.operator.listening.trial import try_out
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.tls_files import Stamp, TlsFiles, TlsPair, read_pair

LOOK_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 1.0
"""Files that changed within this time may still be written: a pair is two files."""
_PAUSE_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


async def usable(files: TlsFiles) -> TlsPair:
    """The pair in the files, checked and tried out. Raises ConfigurationError."""
    pair = await asyncio.to_thread(read_pair, files)
    await try_out(pair, files)
    return pair


async def follow(files: TlsFiles, pair: TlsPair, seen: Stamp, listener: Listener) -> None:
    """Puts each new pair into service, until it is cancelled. `seen`: the stamp of the files before `pair` was read."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        stamp = files.stamp()
        if stamp == seen:
            continue
        await asyncio.sleep(SETTLE_SECONDS)
        if files.stamp() != stamp:
            continue
        try:
            fresh = await usable(files)
        except ConfigurationError as error:
            _log.error("the new TLS files are not used; the certificate that expires at %s stays: %s",
                       spelled(pair), explained(error))
            seen = stamp
            continue
        except (Unavailable, OSError) as error:
            _log.warning("the new TLS files are tried again: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        seen = stamp
        if (fresh.chain, fresh.key) != (pair.chain, pair.key):
            pair = fresh
            listener.replace(pair)
            _log.info("a new certificate for %s is in use, which expires at %s", ", ".join(pair.names), spelled(pair))


def spelled(pair: TlsPair) -> str:
    """When the pair expires."""
    return f"{pair.expires:%Y-%m-%dT%H:%MZ}"
