"""The process of a worker: loads the sectors, then assesses what it is sent, until its server is gone.

Its channel is none of the descriptors that a plugin would print to. Before each record it sets an alarm that ends it,
the kernel's: neither a loop in C that keeps the interpreter's lock nor the death of the server leaves it running.
"""

import faulthandler
import gc
import io
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import Final, TextIO

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.core.printable import visible_lines
from ledger.engine.sectors import Registry, words_of
from ledger.errors import ConfigurationError, LedgerError, PluginError
from ledger.registry.installed import installed
from ledger.registry.workers.messages import (
    LENGTH_BYTES,
    Answers,
    Hello,
    WorkerAnswer,
    WorkerCall,
    encode,
    fault_of,
    framed,
    read_calls,
)
from ledger.registry.workers.progress import WorkerProgress

MEMORY: Final = 2 << 30
"""Bytes of addresses that a worker may use."""
_decoder = msgspec.msgpack.Decoder(Assessment)
_texts = msgspec.msgpack.Encoder(decimal_format="string")
_numbers = msgspec.msgpack.Encoder(decimal_format="number")


def main() -> int:
    """`child.py CHANNEL PAGE SECONDS`: two open descriptors, and how long a record may take."""
    channel, page, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    progress = WorkerProgress(page)
    os.close(page)
    _confine()
    sys.stdout = sys.stderr = _Printed(sys.stderr)
    # A server that ended while this process was starting, or working, has nobody left to be told.
    with socket.socket(fileno=channel) as connection, suppress(ConnectionError):
        try:
            registry = installed(progress.begin)
        except ConfigurationError as error:
            connection.sendall(framed(encode(Hello({}, error.message))))
            return 1
        # What is loaded stays; of records, hardly anything is left that a search for garbage would find.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        connection.sendall(framed(encode(Hello({name: one.digest for name, one in registry.sectors.items()}))))
        while (calls := _receive(connection)) is not None:
            connection.sendall(framed(_answer(registry, calls, progress, seconds)))
    return 0


class _Printed(io.TextIOBase):
    """What plugins print may hold words of records: signs that a terminal would act on are written out."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.buffer = stream.buffer

    def write(self, text: str) -> int:
        self._stream.write(visible_lines(text))
        self._stream.flush()
        return len(text)


def _confine() -> None:
    with suppress(ValueError, OSError):  # not everywhere to be had
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Tells where a record was when its time was over, then lets the signal end the process.
    faulthandler.register(signal.SIGALRM, all_threads=False, chain=True)


def _receive(connection: socket.socket) -> list[WorkerCall] | None:
    """The next calls; None where the server is gone."""
    head = _exactly(connection, LENGTH_BYTES)
    message = None if head is None else _exactly(connection, int.from_bytes(head, "big"))
    return None if message is None else read_calls(message)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        try:
            part = connection.recv(size - len(found))
        except ConnectionError:
            return None
        if not part:
            return None
        found += part
    return bytes(found)


def _answer(registry: Registry, calls: list[WorkerCall], progress: WorkerProgress, seconds: float) -> bytes:
    answers: list[WorkerAnswer] = []
    for position, call in enumerate(calls, start=1):
        progress.position = position
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answers.append(_one(registry, call))
    signal.setitimer(signal.ITIMER_REAL, 0)
    progress.position = len(calls) + 1
    return encode(Answers(answers, _memory()))


def _one(registry: Registry, call: WorkerCall) -> WorkerAnswer:
    try:
        return WorkerAnswer(_assessed(registry, call), None)
    except LedgerError as error:
        return WorkerAnswer(None, fault_of(error))
    except BaseException as error:
        # SystemExit and KeyboardInterrupt too: whatever a plugin raises is about its record.
        return WorkerAnswer(None, fault_of(PluginError(
            f"plugin {call.sector} failed on {call.context.process}: {type(error).__name__}: {words_of(error)}",
            field="activity", rule="the plugin assesses the activity without an error",
        )))


def _assessed(registry: Registry, call: WorkerCall) -> Assessment:
    one = registry.sectors[call.sector]
    found = one.assess(call.context, call.activity)
    sent = _decoder.decode(_texts.encode(found))
    # "1.5" or 1.5 where Decimal("1.5") should stand: on the other side it would become what it is not here.
    if _texts.encode(sent) != _texts.encode(found) or _numbers.encode(sent) != _numbers.encode(found):
        raise PluginError(
            f"plugin {one.tag} returned what no assessment may hold: numbers that are no Decimals",
            code="invalid-assessment", field="activity", rule="the types and limits of an Assessment",
        )
    return found


def _memory() -> int:
    """The most bytes held so far: macOS counts in bytes, others in KiB."""
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


if __name__ == "__main__":
    sys.exit(main())
