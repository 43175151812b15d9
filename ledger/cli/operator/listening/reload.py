"""Takes a new TLS pair into service when its files change, and keeps the old one if the new one is wrong."""

import asyncio
import logging
from math import inf
from typing import Final

from ledger.cli.console import explained
from ledger.cli.operator.listening.listener import Listener
from ledger.cli.operator.listening.trial import try_out
from ledger.errors import ConfigurationError
from ledger.host.files.tls_files import Stamp, TlsFiles, TlsPair, read_pair

LOOK_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 1.0
"""Files that changed within this time may still be written: a pair is two files."""
_PAUSE_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 300.0
"""A refused pair is tried again so often: it may become valid, or readable, while its files stay as they are."""
_log = logging.getLogger(__name__)


async def usable(files: TlsFiles) -> TlsPair:
    """The pair in the files, checked and tried out. Raises ConfigurationError."""
    pair = await asyncio.to_thread(read_pair, files)
    await try_out(pair, files)
    return pair


async def follow(files: TlsFiles, pair: TlsPair, seen: Stamp, listener: Listener) -> None:
    """Puts each new pair into service, until it is cancelled. `seen`: the stamp of the files before `pair` was read."""
    now = asyncio.get_running_loop().time
    said, again = "", inf
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        stamp = files.stamp()
        if stamp == seen and now() < again:
            continue
        await asyncio.sleep(SETTLE_SECONDS)
        if files.stamp() != stamp:
            continue
        try:
            fresh = await usable(files)
            if (fresh.chain, fresh.key) != (pair.chain, pair.key):
                listener.replace(fresh)
                pair = fresh
                _log.info("a new certificate for %s is in use, which expires at %s", ", ".join(pair.names),
                          spelled(pair))
            seen, said, again = stamp, "", inf
        except ConfigurationError as error:
            if stamp != seen or error.message != said:
                _log.error("the new TLS files are not used; the certificate that expires at %s stays: %s",
                           spelled(pair), explained(error))
            seen, said, again = stamp, error.message, now() + AGAIN_SECONDS
        except Exception as error:
            # Whatever it is, the next pair must be looked at.
            _log.warning("the new TLS files are tried again: %s: %s", type(error).__name__, error)
            await asyncio.sleep(_PAUSE_SECONDS)


def spelled(pair: TlsPair) -> str:
    """When the pair expires."""
    return f"{pair.expires:%Y-%m-%dT%H:%MZ}"
