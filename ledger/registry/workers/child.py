"""The process of a worker. It loads the sectors, then assesses the records that its server sends, until the server
ends.

The channel is not one of the descriptors that a plugin could print to. Before each record the process sets a kernel
alarm that ends the process. So it cannot run on, even if a loop in C keeps the interpreter's lock or the server dies.
"""

import faulthandler
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import Final

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.engine.sectors import Registry, words_of
from ledger.errors import ConfigurationError, LedgerError, PluginError
from ledger.registry.installed import installed
from ledger.registry.printed import Printed
from ledger.registry.workers.messages import (
    HEAD_BYTES,
    HELLO,
    Answers,
    Hello,
    WorkerAnswer,
    WorkerCall,
    encode,
    fault_of,
    framed,
    read_calls,
    read_head,
)
from ledger.registry.workers.progress import WorkerProgress

MEMORY: Final = 2 << 30
"""Limit of a worker's address space, in bytes."""
_decoder = msgspec.msgpack.Decoder(Assessment)
_texts = msgspec.msgpack.Encoder(decimal_format="string")
_numbers = msgspec.msgpack.Encoder(decimal_format="number")


def main() -> int:
    """`child.py CHANNEL PAGE SECONDS`: two open descriptors, and the time limit of a record."""
    channel, page, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    progress = WorkerProgress(page)
    os.close(page)
    # Processes that a plugin starts must not answer in the worker's place, nor keep its channel open.
    os.set_inheritable(channel, False)
    os.register_at_fork(after_in_child=lambda: _leave(channel))
    _confine()
    sys.stdout = sys.stderr = Printed(sys.stderr)
    # If the server has ended in the meantime, nobody needs an answer or an error.
    with socket.socket(fileno=channel) as connection, suppress(ConnectionError):
        # The loaded modules stay, and records leave hardly any cyclic garbage, so a collection is rarely worth it.
        gc.disable()
        try:
            registry = installed(progress.begin, sets=False)
        except ConfigurationError as error:
            connection.sendall(framed(encode(Hello({}, error.message)), HELLO))
            return 1
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        gc.enable()
        digests = {name: installed.digest for name, installed in registry.sectors.items()}
        connection.sendall(framed(encode(Hello(digests)), HELLO))
        while (received := _receive(connection)) is not None:
            number, calls = received
            connection.sendall(framed(_answer(registry, calls, progress, seconds), number))
    return 0


def _leave(channel: int) -> None:
    with suppress(OSError):
        os.close(channel)


def _confine() -> None:
    with suppress(ValueError, OSError):  # not available on all systems
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # After a timeout, prints where the plugin was, then lets the signal end the process.
    faulthandler.register(signal.SIGALRM, all_threads=False, chain=True)


def _receive(connection: socket.socket) -> tuple[int, list[WorkerCall]] | None:
    """The number of the next frame, and its calls; None if the server has ended."""
    head = _exactly(connection, HEAD_BYTES)
    if head is None:
        return None
    size, number = read_head(head)
    message = _exactly(connection, size)
    return None if message is None else (number, read_calls(message))


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        try:
            part = connection.recv(size - len(data))
        except ConnectionError:
            return None
        if not part:
            return None
        data += part
    return bytes(data)


def _answer(registry: Registry, calls: list[WorkerCall], progress: WorkerProgress, seconds: float) -> bytes:
    answers: list[WorkerAnswer] = []
    own = os.getpid()
    for position, call in enumerate(calls, start=1):
        progress.position = position
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answers.append(_answer_to(registry, call))
        if os.getpid() != own:
            # A copy of this process, which the plugin has forked and let go on.
            os._exit(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    progress.position = len(calls) + 1
    return encode(Answers(answers, _memory()))


def _answer_to(registry: Registry, call: WorkerCall) -> WorkerAnswer:
    try:
        return WorkerAnswer(_assessed(registry, call), None)
    except LedgerError as error:
        return WorkerAnswer(None, fault_of(error))
    except BaseException as error:
        # SystemExit and KeyboardInterrupt too: any exception of a plugin concerns only its record.
        return WorkerAnswer(None, fault_of(PluginError(
            f"plugin {call.sector} failed on {call.context.process}: {type(error).__name__}: {words_of(error)}",
            field="activity", rule="the plugin assesses the activity without an error",
        )))


def _assessed(registry: Registry, call: WorkerCall) -> Assessment:
    sector = registry.sectors[call.sector]
    assessment = sector.assess(call.context, call.activity)
    sent = _decoder.decode(_texts.encode(assessment))
    # A plugin may have put "1.5" or 1.5 in place of Decimal("1.5"). Decoding would turn it into another value.
    if _texts.encode(sent) != _texts.encode(assessment) or _numbers.encode(sent) != _numbers.encode(assessment):
        raise PluginError(
            f"plugin {sector.tag} returned an invalid assessment: it contains numbers that are not Decimals",
            code="invalid-assessment", field="activity", rule="the types and limits of an Assessment",
        )
    return assessment


def _memory() -> int:
    """The peak memory use so far, in bytes. macOS reports bytes, other systems KiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    sys.exit(main())
