"""The messages between a server and its workers: frames of a 4-byte length, a 4-byte number (both big endian) and
MessagePack.

A worker sends `Hello` first, as frame 0. Then it answers each frame of calls with one frame of as many answers, in
order, which repeats the number of the calls. Neither side sends executable content.
"""

from typing import Final

import msgspec
from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.errors import InvalidBody, InvalidInput, InvalidQuantity, LedgerError, PluginError, Refused
from ledger.registry.terms import SectorTerms
from ledger.sdk import Context

HEAD_BYTES: Final = 8
HELLO: Final = 0
"""The number of the frame that a worker sends unasked."""
MAX_FRAME: Final = 256 << 20
_MAX_TEXT: Final = 2_000
_KINDS: Final = {one.__name__: one for one in (InvalidBody, InvalidInput, InvalidQuantity, PluginError, Refused)}
"""Errors that concern the record. Any other error of a plugin is a failure of the plugin."""


class Hello(Struct, frozen=True, array_like=True):
    """The digests of the sectors that a worker has loaded, by name, and their terms. `failed`: the reason if it could
    not load them."""

    digests: dict[str, str]
    failed: str = ""
    described: dict[str, SectorTerms] = {}


class WorkerCall(Struct, frozen=True, array_like=True):
    """The request that the sector `sector` assesses one record."""

    sector: str
    context: Context
    activity: bytes


class WorkerFault(Struct, frozen=True, array_like=True):
    """The error of one record. `kind` is the name of the error's class."""

    kind: str
    message: str
    code: str
    field: str | None
    value: str | None
    rule: str | None


class WorkerAnswer(Struct, frozen=True, array_like=True):
    """The answer to one call: exactly one of the two fields is set."""

    assessment: Assessment | None
    fault: WorkerFault | None


class Answers(Struct, frozen=True, array_like=True):
    """The answers to a frame of calls. `memory`: the peak memory use of the worker so far, in bytes."""

    answers: list[WorkerAnswer]
    memory: int


_encoder = msgspec.msgpack.Encoder()
_hello = msgspec.msgpack.Decoder(Hello)
_calls = msgspec.msgpack.Decoder(list[WorkerCall])
_answers = msgspec.msgpack.Decoder(Answers)


def encode(message: Hello | WorkerCall | Answers | list[WorkerCall]) -> bytes:
    """The bytes of a message. Raises msgspec's errors for values that cannot be encoded."""
    return _encoder.encode(message)


def framed(message: bytes, number: int) -> bytes:
    return len(message).to_bytes(4, "big") + number.to_bytes(4, "big") + message


def read_head(data: bytes | bytearray) -> tuple[int, int]:
    """The length of the message, and the number, of the frame that begins with `data`."""
    return int.from_bytes(data[:4], "big"), int.from_bytes(data[4:HEAD_BYTES], "big")


def joined(calls: list[bytes]) -> bytes:
    """The message that consists of these encoded calls."""
    return b"\xdd" + len(calls).to_bytes(4, "big") + b"".join(calls)


def read_hello(message: bytes) -> Hello:
    """Raises msgspec.MsgspecError."""
    return _hello.decode(message)


def read_calls(message: bytes) -> list[WorkerCall]:
    """Raises msgspec.MsgspecError."""
    return _calls.decode(message)


def read_answers(message: bytes) -> Answers:
    """Raises msgspec.MsgspecError."""
    return _answers.decode(message)


def fault_of(error: LedgerError) -> WorkerFault:
    """The message for an error. An error that does not concern the record becomes a failure of the plugin."""
    kind = type(error).__name__
    if kind in _KINDS:
        code = _text(error.code)
    else:
        kind, code = PluginError.__name__, PluginError.code
    return WorkerFault(
        kind, _text(error.message), code, _optional(error.field), _optional(error.value), _optional(error.rule),
    )


def error_of(fault: WorkerFault) -> LedgerError:
    """The inverse of `fault_of`."""
    kind = _KINDS.get(fault.kind, PluginError)
    return kind(fault.message, code=fault.code, field=fault.field, value=fault.value, rule=fault.rule)


def _text(value: object) -> str:
    """A valid text of limited length: a plugin can set the fields of an error to anything, of any size."""
    return str(value)[:_MAX_TEXT].encode(errors="replace").decode()


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)
