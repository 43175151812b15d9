"""How far the host's clock may lead: no entry is stamped by a clock that was set forward.

The clock is believed as far as a time that was once right and the host's steady clock lead: the newest time that a
quorum of witnesses has cosigned; without witnesses the clock as it was when this host began to serve the log. A step
forward beyond LEAD keeps this replica from appending until the clock is right again, or the operator says that it is.
What was believed stays in a file of the home, so that a restart settles nothing.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from ledger.errors import InvalidInput, Unavailable
from ledger.host.files.durable import replace

AHEAD: Final = "clock-ahead"
FILE: Final = "clock"
LEAD: Final = 300_000
"""Milliseconds by which the clock may lead what is believed; as much as a witness's clock may differ from ours."""
GAP: Final = 30 * 86_400_000
"""Without witnesses: by how much, at the first start after the host's own, the clock may lead the newest entry."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_log = logging.getLogger(__name__)


class HostClock(NamedTuple):
    """`wall` gives ms since 1970, and anybody may set it. `steady` gives ms that nobody sets, and goes on while the
    host sleeps where the system can say; it counts from the host's start `boot`, "" where that has no name."""

    wall: Callable[[], int]
    steady: Callable[[], int]
    boot: str = ""


def host_clock() -> HostClock:
    """This host's."""
    try:
        boot = _BOOT.read_text().strip()
    except OSError:
        boot = ""
    return HostClock(now, _steady, boot)


def now() -> int:
    """What the host's clock says, in ms since 1970."""
    return time.time_ns() // 1_000_000


def _steady() -> int:
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if boottime is None else time.clock_gettime_ns(boottime)) // 1_000_000


class Believed(Struct, frozen=True):
    """The wall clock less the steady one, in ms, as it is believed since the host's start `boot`."""

    boot: str
    offset: int


class Timekeeper:
    """One for a process. `home` is where what is believed is kept."""

    def __init__(self, clock: HostClock, home: Path) -> None:
        self._clock = clock
        self._file = home / FILE
        self._offset = clock.wall() - clock.steady()
        self._seen: Believed | None = None
        """What the file said when this process last had something to believe."""

    def begin(self, newest: int, gap: int = GAP, others: int | None = None) -> None:
        """What to believe at a start: what this host has believed since its own start; else the clock, as far as it
        leads neither `newest`, a time on the log (0: none), by more than `gap`, nor `others`, another host's clock."""
        steady = self._clock.steady()
        self._seen = kept = self._kept()
        offset = self._clock.wall() - steady if kept is None else kept.offset
        if newest:
            # That time is past, whatever the clock says.
            offset = max(offset, newest - steady)
        if kept is None and newest:
            offset = min(offset, newest + gap - steady)
        if kept is None and others is not None:
            offset = min(offset, others - steady)
        self._offset = offset

    def remember(self) -> None:
        """Leaves to later starts what is believed now, where that is something and nothing is left yet."""
        if self.lead() > LEAD:
            _log.critical("%s", self._wrong())
        elif self._seen is None:
            try:
                self._keep()
            except OSError as error:
                _log.warning("cannot write %s, so a restart will believe the clock again: %s", self._file, error)

    def cosigned(self, seconds: int) -> None:
        """A quorum of witnesses has just said that it is this time, in POSIX seconds."""
        self._seen = self._kept()
        self._offset = (seconds + 1) * 1000 - self._clock.steady()

    def passed(self, seconds: int) -> None:
        """This time, in POSIX seconds, has come, as a quorum of witnesses has said to another server."""
        self._offset = max(self._offset, seconds * 1000 - self._clock.steady())

    def __call__(self) -> int:
        """The host's clock, in ms since 1970, right or not."""
        return self._clock.wall()

    def lead(self) -> int:
        """By how many ms the clock leads what is believed."""
        return self._clock.wall() - self._clock.steady() - self._offset

    def require_right(self) -> None:
        """Raises Unavailable where the clock was set forward, and nobody has settled that."""
        if self.lead() <= LEAD:
            return
        kept = self._kept()
        if kept is not None and kept != self._seen:
            # The operator has settled it meanwhile.
            self._seen, self._offset = kept, kept.offset
        if self.lead() > LEAD:
            raise self._wrong()

    def accept(self, stated: int) -> None:
        """The operator says that the clock is right, and what it says: believed from now on by all servers of this
        home. Raises InvalidInput where `stated`, in ms, is not what the clock says."""
        wall = self._clock.wall()
        if abs(wall - stated) > LEAD:
            raise InvalidInput(f"the host's clock says {spelled(wall)}, not {spelled(stated)}", field="time",
                               value=spelled(stated), rule=f"what the clock says, within {LEAD // 1000} s")
        self._offset = wall - self._clock.steady()
        self._keep()

    def _wrong(self) -> Unavailable:
        wall, lead = self._clock.wall(), self.lead()
        return Unavailable(
            f"the host's clock says {spelled(wall)}, {lead // 1000} s more than what is known of the time "
            f"({spelled(wall - lead)}): nothing is appended", code=AHEAD, field="clock", value=spelled(wall),
            rule="set the clock right, or say that it is right with `carbon-ledger clock accept`",
        )

    def _kept(self) -> Believed | None:
        """What is believed since the host's own start; what cannot be read counts as nothing."""
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=Believed)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return kept if self._clock.boot and kept.boot == self._clock.boot else None

    def _keep(self) -> None:
        replace(self._file, msgspec.json.encode(Believed(self._clock.boot, self._offset)))


def spelled(milliseconds: int) -> str:
    """A time as people write it, in UTC."""
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms"
