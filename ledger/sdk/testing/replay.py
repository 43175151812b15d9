"""Assesses cases in a separate process with another hash seed: `python -m ledger.sdk.testing.replay`.

There, sets have another order. If that order changes the assessment, the plugin is not deterministic. Reads a JSON
array of calls from stdin, with functions and activities by name, and writes one SHA-256 for each call.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from decimal import localcontext
from importlib import import_module
from typing import Any

import msgspec
from msgspec import Raw, Struct

from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.amounts import CONTEXT
from ledger.sdk.context import Context
from ledger.sdk.sector import Activity
from ledger.sdk.testing.faults import Assess

_SECONDS = 120


class ReplayCall(Struct, frozen=True):
    """A call for the other process. `assess` and `kind` (the type of the activity) are names, as `module:name`."""

    assess: str
    kind: str
    context: Context
    activity: Raw


def digest_of_call(assess: Assess, given: Context, activity: Activity) -> str:
    """Hex SHA-256 of the call's assessment, or the error's text if the call raises."""
    try:
        with localcontext(CONTEXT):
            return hashlib.sha256(assessment_bytes(assess(given, activity))).hexdigest()
    except Exception as error:
        return f"{type(error).__name__}: {error}".replace("\n", " ")


def call_of(assess: Assess, given: Context, activity: Activity) -> ReplayCall | None:
    """The call by names. None if the function or the activity's type cannot be found by name, because another function
    defines it."""
    names = [_name_of(thing) for thing in (assess, type(activity))]
    if None in names:
        return None
    return ReplayCall(str(names[0]), str(names[1]), given, Raw(msgspec.json.encode(activity)))


def digests(calls: Sequence[ReplayCall], seed: int) -> list[str]:
    """The digests of all calls in a new process with this hash seed. Raises RuntimeError if the process fails."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", "ledger.sdk.testing.replay"], input=msgspec.json.encode(calls), capture_output=True,
        timeout=_SECONDS, check=False, env=environment,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout.decode().splitlines()


def _name_of(thing: Any) -> str | None:
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if module is None or name is None or "<" in name or _named(f"{module}:{name}") is not thing:
        return None
    return f"{module}:{name}"


def _named(name: str) -> Any:
    module, _, path = name.partition(":")
    value: Any = import_module(module)
    for part in path.split("."):
        value = getattr(value, part, None)
    return value


def main() -> None:
    for call in msgspec.json.decode(sys.stdin.buffer.read(), type=list[ReplayCall]):
        activity = msgspec.json.decode(call.activity, type=_named(call.kind))
        sys.stdout.write(digest_of_call(_named(call.assess), call.context, activity) + "\n")


if __name__ == "__main__":
    main()
