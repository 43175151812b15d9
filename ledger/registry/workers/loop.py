"""The loop of a worker: it loads sectors, then assesses the records that its server sends, until the server ends.

`child` runs it with the installed sectors, `archived_child` with one of an archive. It may import only modules
that work with earlier SDKs: see `ledger.engine.sector_call`.

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
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.engine.sector_call import assess_with, tag_of, words_of
from ledger.errors import ConfigurationError, LedgerError, PluginError
from ledger.registry.printed import Printed
from ledger.registry.terms import terms_of
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
from ledger.sdk import Sector

MEMORY: Final = 2 << 30
"""Limit of a worker's address space, in bytes."""
_decoder = msgspec.msgpack.Decoder(Assessment)
_texts = msgspec.msgpack.Encoder(decimal_format="string")
_numbers = msgspec.msgpack.Encoder(decimal_format="number")


class LoadedSector(NamedTuple):
    """A sector that the worker runs, with the digest of its code."""

    sector: Sector
    digest: str


Load = Callable[[Callable[[int], None]], Iterable[LoadedSector]]
"""Loads the sectors. Calls the given function before each one with its number, from 1. Raises ConfigurationError."""


def run(load: Load, channel: int, page: int, seconds: float) -> int:
    """Runs the worker on two open descriptors, with the time limit of a record. Returns the process's exit code."""
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
            loaded = {one.sector.name: one for one in load(progress.begin)}
        except ConfigurationError as error:
            connection.sendall(framed(encode(Hello({}, error.message)), HELLO))
            return 1
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        gc.enable()
        connection.sendall(framed(encode(_hello(loaded)), HELLO))
        sectors = {name: one.sector for name, one in loaded.items()}
        while (received := _receive(connection)) is not None:
            number, calls = received
            connection.sendall(framed(_answer(sectors, calls, progress, seconds), number))
    return 0


def _hello(loaded: Mapping[str, LoadedSector]) -> Hello:
    return Hello(
        {name: one.digest for name, one in loaded.items()},
        described={name: terms_of(one.sector) for name, one in loaded.items()},
    )


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


def _answer(sectors: Mapping[str, Sector], calls: list[WorkerCall], progress: WorkerProgress, seconds: float) -> bytes:
    answers: list[WorkerAnswer] = []
    own = os.getpid()
    for position, call in enumerate(calls, start=1):
        progress.position = position
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answers.append(_answer_to(sectors, call))
        if os.getpid() != own:
            # A copy of this process, which the plugin has forked and let go on.
            os._exit(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    progress.position = len(calls) + 1
    return encode(Answers(answers, _memory()))


def _answer_to(sectors: Mapping[str, Sector], call: WorkerCall) -> WorkerAnswer:
    try:
        return WorkerAnswer(_assessed(sectors, call), None)
    except LedgerError as error:
        return WorkerAnswer(None, fault_of(error))
    except BaseException as error:
        # SystemExit and KeyboardInterrupt too: any exception of a plugin concerns only its record.
        return WorkerAnswer(None, fault_of(PluginError(
            f"plugin {call.sector} failed on {call.context.process}: {type(error).__name__}: {words_of(error)}",
            field="activity", rule="the plugin assesses the activity without an error",
        )))


def _assessed(sectors: Mapping[str, Sector], call: WorkerCall) -> Assessment:
    sector = sectors[call.sector]
    assessment = assess_with(sector, call.context, call.activity)
    texts = _texts.encode(assessment)
    sent = _decoder.decode(texts)
    # A plugin may have put "1.5" or 1.5 in place of Decimal("1.5"). Decoding would turn it into another value.
    if _texts.encode(sent) != texts or _numbers.encode(sent) != _numbers.encode(assessment):
        raise PluginError(
            f"plugin {tag_of(sector)} returned an invalid assessment: it contains numbers that are not Decimals",
            code="invalid-assessment", field="activity", rule="the types and limits of an Assessment",
        )
    return assessment


def _memory() -> int:
    """The peak memory use of this process so far, in bytes.

    Where the system has `/proc`, it is read there: on Linux `getrusage` begins with the peak of the process that
    started this one, so the workers of a large server would all seem too large. macOS reports bytes, others KiB.
    """
    with suppress(OSError), open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

