"""Assesses cases in a process of its own, with another hash seed: `python -m ledger.sdk.testing.replay`.

Sets come in another order there; whoever lets that through to an assessment is not deterministic. Reads a JSON array of
calls from stdin, functions and activities by name, and writes one SHA-256 a call.
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
from ledger.sdk.context import Context
from ledger.sdk.sector import CONTEXT, Activity
from ledger.sdk.testing.faults import Assess

_SECONDS = 120


class ReplayCall(Struct, frozen=True):
    """`assess` and `kind` (of the activity) as `module:name`."""

    assess: str
    kind: str
    context: Context
    activity: Raw


def digest_of_call(assess: Assess, given: Context, activity: Activity) -> str:
    """Hex SHA-256 of what the call comes to; its error where it raises."""
    try:
        with localcontext(CONTEXT):
            return hashlib.sha256(assessment_bytes(assess(given, activity))).hexdigest()
    except Exception as error:
        return f"{type(error).__name__}: {error}".replace("\n", " ")


def call_of(assess: Assess, given: Context, activity: Activity) -> ReplayCall | None:
    """The call by names; None where the function or the activity has none (it was made inside a function)."""
    names = [_name_of(thing) for thing in (assess, type(activity))]
    if None in names:
        return None
    return ReplayCall(str(names[0]), str(names[1]), given, Raw(msgspec.json.encode(activity)))


def digests(calls: Sequence[ReplayCall], seed: int) -> list[str]:
    """The digests of all calls in a new process with this hash seed. Raises RuntimeError where the process fails."""
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
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def main() -> None:
    for call in msgspec.json.decode(sys.stdin.buffer.read(), type=list[ReplayCall]):
        activity = msgspec.json.decode(call.activity, type=_named(call.kind))
        sys.stdout.write(digest_of_call(_named(call.assess), call.context, activity) + "\n")


if __name__ == "__main__":
    main()
