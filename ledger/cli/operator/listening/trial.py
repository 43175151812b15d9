"""Tries a TLS pair in a process of its own: the HTTP server aborts its process if it cannot use one.

The process gets the chain and the key by its standard input. It ends with 0 after it has answered a handshake.
"""

import asyncio
import os
import resource
import ssl
import sys
from asyncio.subprocess import PIPE
from typing import Final

import msgspec

from ledger.cli.operator.listening.granian_server import GranianServer, bind, private_files
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.tls_files import CERT, TlsFiles, TlsPair
from ledger.registry.workers.process import import_path

_SECONDS: Final = 60.0
_ADDRESS: Final = "127.0.0.1"


async def try_out(pair: TlsPair, files: TlsFiles) -> None:
    """Returns if a server can answer with the pair. Raises ConfigurationError, which names the files, or Unavailable if
    this host was too busy to tell."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=PIPE,
        env={"PYTHONPATH": import_path(), "PATH": "/usr/bin:/bin"},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            _, errors = await process.communicate(msgspec.msgpack.encode([pair.chain, pair.key]))
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Unavailable(f"the certificate in {files.cert} was not tried out within {_SECONDS:g} s") from None
    if process.returncode != 0:
        raise ConfigurationError(
            f"the server cannot use the certificate in {files.cert}: {_reason(errors)}", field=CERT, value=files.cert,
            rule="a certificate and key that rustls accepts",
        )


def _reason(errors: bytes) -> str:
    lines = errors.decode(errors="replace").splitlines()
    reason = next((line for line in lines if "`Err` value: " in line), "")
    return reason.rpartition("`Err` value: ")[2][:200] or " ".join(lines)[:400] or "it ended"


async def _handshake(chain: bytes, key: bytes) -> None:
    """Returns after a handshake with itself."""
    with bind(_ADDRESS, 0, shared=False) as bound, private_files(chain, key) as paths:
        bound.listen()
        bound.setblocking(False)
        server = GranianServer(_no_application, bound, 1, paths)
        serving = asyncio.create_task(server.serve())
        # It connects to itself: the parent has checked the certificate.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection(_ADDRESS, bound.getsockname()[1], ssl=context)
        writer.close()
        server.stop()  # type: ignore[no-untyped-call]
        await serving


async def _no_application(*_: object) -> None:
    """No request is sent."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    chain, key = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=tuple[bytes, bytes])
    asyncio.run(_handshake(chain, key))
    # Threads of granian may still run, and would abort an interpreter that takes its time to end.
    os._exit(0)


if __name__ == "__main__":
    main()
