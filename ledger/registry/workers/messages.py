"""What a server and its workers say to each other: frames of 4 bytes of length (big endian) and MessagePack.

A worker says `Hello` first. Then each frame of calls is answered by one of as many answers, in order. Neither side
sends anything that the other could run.
"""

from typing import Final

import msgspec
from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.errors import InvalidBody, InvalidInput, InvalidQuantity, LedgerError, PluginError, Refused
from ledger.sdk import Context

LENGTH_BYTES: Final = 4
MAX_FRAME: Final = 256 << 20
_MAX_TEXT: Final = 2_000
_KINDS: Final = {one.__name__: one for one in (InvalidBody, InvalidInput, InvalidQuantity, PluginError, Refused)}
"""Errors that are a record's own. Whatever else a plugin raises is its failure."""


class Hello(Struct, frozen=True, array_like=True):
    """The digests of the sectors that a worker has loaded, by name; or why it could load none."""

    digests: dict[str, str]
    failed: str = ""


class WorkerCall(Struct, frozen=True, array_like=True):
    """One record for the sector of that name."""

    sector: str
    context: Context
    activity: bytes


class WorkerFault(Struct, frozen=True, array_like=True):
    """An error of one record; `kind` is the name of its class."""

    kind: str
    message: str
    code: str
    field: str | None
    value: str | None
    rule: str | None


class WorkerAnswer(Struct, frozen=True, array_like=True):
    """Exactly one of the two."""

    assessment: Assessment | None
    fault: WorkerFault | None


class Answers(Struct, frozen=True, array_like=True):
    """`memory`: the most bytes that the worker has held so far."""

    answers: list[WorkerAnswer]
    memory: int


_encoder = msgspec.msgpack.Encoder()
_hello = msgspec.msgpack.Decoder(Hello)
_calls = msgspec.msgpack.Decoder(list[WorkerCall])
_answers = msgspec.msgpack.Decoder(Answers)


def encode(message: Hello | WorkerCall | Answers | list[WorkerCall]) -> bytes:
    """Raises what msgspec does for what cannot be written."""
    return _encoder.encode(message)


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


def joined(calls: list[bytes]) -> bytes:
    """The message of calls that are encoded already."""
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
    """What is told of an error. A kind that is no record's own becomes a failure of the plugin."""
    kind = type(error).__name__
    known = kind in _KINDS
    return WorkerFault(
        kind if known else PluginError.__name__, _text(error.message), _text(error.code) if known else PluginError.code,
        _optional(error.field), _optional(error.value), _optional(error.rule),
    )


def error_of(fault: WorkerFault) -> LedgerError:
    """The inverse of `fault_of`."""
    kind = _KINDS.get(fault.kind, PluginError)
    return kind(fault.message, code=fault.code, field=fault.field, value=fault.value, rule=fault.rule)


def _text(found: object) -> str:
    """A plugin may have put anything there, and as much as it liked."""
    return str(found)[:_MAX_TEXT].encode(errors="replace").decode()


def _optional(found: object) -> str | None:
    return None if found is None else _text(found)
