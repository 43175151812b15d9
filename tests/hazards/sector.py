"""A sector that does to its process what no sector should. Only for servers that run sectors in workers."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ledger.sdk import Activity, Assessment, Context, Line, NaturalInput, Route, Sector

NAME: Final = "hazards"
ACT: Final = f"{NAME}.act"
STEADY: Final = f"{NAME}.steady"
LEAK: Final = 40 << 20
"""Bytes that each record which leaks keeps for ever. To fill them takes some ten milliseconds."""
_kept: list[bytearray] = []


class Acting(Activity, frozen=True):
    """`note`: the path of a file that is there once the record is being assessed; in it the id of a process, if the
    record has started one."""

    how: str = "works"
    co2: str = "1"
    note: str = ""


class Untellable(Exception):
    """An error that raises another one when it is asked what it is."""

    def __str__(self) -> str:
        raise RuntimeError("not even this")


def _loop(_: Acting) -> None:
    while True:
        pass


def _swallow(_: Acting) -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:  # noqa: S112 - that is the hazard
            continue


def _sleep(_: Acting) -> None:
    time.sleep(3600)


def _sleep_in_c(_: Acting) -> None:
    ctypes.PyDLL(None).sleep(3600)


def _backtrack(_: Acting) -> None:
    re.match(r"(a|aa)+$", "a" * 90 + "b")


def _deadlock(_: Acting) -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _silence(given: Acting) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    _loop(given)


def _spawn(given: Acting) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    Path(given.note).write_text(str(child.pid))
    _loop(given)


def _exit(_: Acting) -> None:
    os._exit(3)


def _segfault(_: Acting) -> None:
    ctypes.string_at(0)


def _abort(_: Acting) -> None:
    os.abort()


def _close(_: Acting) -> None:
    os.closerange(0, 256)


def _babble(_: Acting) -> None:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\0\0\0\5hello")
        except OSError:
            continue


def _fill(_: Acting) -> None:
    _kept.append(bytearray(8 << 30))


def _leak(_: Acting) -> None:
    _kept.append(bytearray(b"\1") * LEAK)


def forget() -> None:
    """Lets go of what has leaked in this process, where an audit has recomputed it."""
    _kept.clear()


def _print(_: Acting) -> None:
    print("\x1b[2J\u202esteam " * 20_000)
    sys.stdout.flush()
    os.write(1, b"water\n")


def _raise(_: Acting) -> None:
    raise ValueError("out of order \udc80")


def _raise_untellable(_: Acting) -> None:
    raise Untellable


def _exit_python(_: Acting) -> None:
    sys.exit("that is all")


def _in_worker() -> bool:
    """An audit recomputes these records in the tests' own process, which must not be copied."""
    return getattr(sys.modules["__main__"].__spec__, "name", "") == "ledger.registry.workers.child"


def _fork(_: Acting) -> None:
    if _in_worker():
        os.fork()


def _fork_and_exit(_: Acting) -> None:
    if _in_worker() and os.fork() == 0:
        sys.exit(0)


def _fork_in_c(_: Acting) -> None:
    """Nothing of Python hears of it, so the copy has all that the process has open."""
    if _in_worker():
        ctypes.PyDLL(None).fork()


def _leave_another(given: Acting) -> None:
    """Ends, and leaves a copy that has everything open, in a session of its own."""
    if ctypes.PyDLL(None).fork() == 0:
        os.setsid()
        Path(given.note).write_text(str(os.getpid()))
        time.sleep(600)
        os._exit(0)
    while not Path(given.note).read_text():
        time.sleep(0.01)
    os._exit(3)


def _interrupt(_: Acting) -> None:
    raise KeyboardInterrupt


def _nothing(_: Acting) -> None:
    """The one that works."""


HAZARDS: Final[Mapping[str, Callable[[Acting], None]]] = {
    "works": _nothing, "loops": _loop, "swallows": _swallow, "sleeps": _sleep, "sleepsInC": _sleep_in_c,
    "backtracks": _backtrack, "deadlocks": _deadlock, "silences": _silence, "spawns": _spawn, "exits": _exit,
    "segfaults": _segfault, "aborts": _abort, "closes": _close, "babbles": _babble, "fills": _fill, "leaks": _leak,
    "prints": _print, "raises": _raise, "raisesUntellable": _raise_untellable, "exitsPython": _exit_python,
    "interrupts": _interrupt, "forks": _fork, "forksAndExits": _fork_and_exit, "forksInC": _fork_in_c,
    "leavesAnother": _leave_another,
}


def _act(_: Context, activity: Acting) -> Any:
    if activity.note:
        Path(activity.note).touch()
    HAZARDS.get(activity.how, _nothing)(activity)
    if activity.how == "garbage":
        return 7
    line = Line(gas="CO2", amount=Decimal(activity.co2), source="site", kind="onSite")
    wrong: Mapping[str, Any] = {"float": 1.5, "text": "1.5", "integer": 1}
    if activity.how in wrong:
        return Assessment(lines=(line,), indicators={"heat": wrong[activity.how]})
    return Assessment(lines=(line,))


def hazards() -> Sector:
    """Two routes that are assessed alike; only one is ever to blame."""
    return Sector(
        name=NAME, version="1.0.0", en="Hazards", zh="隐患",
        routes={
            "act": Route(activity=Acting, assess=_act, en="Act", zh="动作"),
            "steady": Route(activity=Acting, assess=_act, en="Act well", zh="平稳"),
        },
        nature=dict.fromkeys(("act", "steady"), (NaturalInput(group="ore", source="the works have a mine"),)),
    )
