"""How far the host's clock may lead, so that no entry gets the time of a clock that was set forward.

The bound is a time that was once right, plus the time that the host's steady clock has counted since: the newest time
that a quorum of witnesses has cosigned, or, without witnesses, the clock's time when this host began to serve the log.
If the clock leads this bound by more than LEAD, this replica appends nothing until the clock is right again or the
operator confirms it. The bound stays in a file of the home, so that a restart does not clear the fault.
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
"""Milliseconds by which the clock may lead the believed time; a witness's clock may differ from ours by as much."""
GAP: Final = 30 * 86_400_000
"""Milliseconds by which the clock may lead the newest entry without witnesses, at the first start after a boot."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_log = logging.getLogger(__name__)


class HostClock(NamedTuple):
    """`wall` gives ms since 1970; an administrator can set it. `steady` gives ms since the host's boot, which nobody
    can set; it counts on while the host sleeps, if the system supports that. `boot` is the id of the boot, or ""."""

    wall: Callable[[], int]
    steady: Callable[[], int]
    boot: str = ""


def host_clock() -> HostClock:
    """The clock of this host."""
    try:
        boot = _BOOT.read_text().strip()
    except OSError:
        boot = ""
    return HostClock(now, _steady, boot)


def now() -> int:
    """The time of the host's clock, in ms since 1970."""
    return time.time_ns() // 1_000_000


def _steady() -> int:
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if boottime is None else time.clock_gettime_ns(boottime)) // 1_000_000


class Believed(Struct, frozen=True):
    """The believed difference of the wall clock and the steady clock, in ms, since the boot with the id `boot`."""

    boot: str
    offset: int


class Timekeeper:
    """Compares the clock with the believed time; a process has one. The folder `home` keeps the file of the belief."""

    def __init__(self, clock: HostClock, home: Path) -> None:
        self._clock = clock
        self._file = home / FILE
        self._offset = clock.wall() - clock.steady()
        self._seen: Believed | None = None
        """The content of the file when this process last read or set its belief."""

    def begin(self, newest: int, gap: int = GAP, others: int | None = None) -> None:
        """Sets the belief at a start: the stored belief since the host's boot. If there is no such belief, the clock,
        but at most `gap` ahead of `newest`, a time on the log (0 if the log has no entry), and not ahead of `others`,
        the clock of another host."""
        steady = self._clock.steady()
        self._seen = stored = self._stored()
        offset = self._clock.wall() - steady if stored is None else stored.offset
        if newest:
            # This time has passed, whatever the clock says.
            offset = max(offset, newest - steady)
        if stored is None and newest:
            offset = min(offset, newest + gap - steady)
        if stored is None and others is not None:
            offset = min(offset, others - steady)
        self._offset = offset

    def remember(self) -> None:
        """Stores the belief for later starts, if the clock is within the bound and no belief is stored yet."""
        if self.lead() > LEAD:
            _log.critical("%s", self._wrong())
        elif self._seen is None:
            try:
                self._store()
            except OSError as error:
                _log.warning("cannot write %s, so a restart will trust the clock again: %s", self._file, error)

    def cosigned(self, seconds: int) -> None:
        """A quorum of witnesses has just stated this time, in POSIX seconds."""
        self._seen = self._stored()
        self._offset = (seconds + 1) * 1000 - self._clock.steady()

    def passed(self, seconds: int) -> None:
        """This time, in POSIX seconds, has passed: a quorum of witnesses has stated it to another server."""
        self._offset = max(self._offset, seconds * 1000 - self._clock.steady())

    def __call__(self) -> int:
        """The time of the host's clock, in ms since 1970, right or wrong."""
        return self._clock.wall()

    def lead(self) -> int:
        """By how many ms the clock leads the believed time."""
        return self._clock.wall() - self._clock.steady() - self._offset

    def require_right(self) -> None:
        """Raises Unavailable if the clock was set forward and nobody has confirmed it."""
        if self.lead() <= LEAD:
            return
        stored = self._stored()
        if stored is not None and stored != self._seen:
            # The operator has confirmed the clock in the meantime.
            self._seen, self._offset = stored, stored.offset
        if self.lead() > LEAD:
            raise self._wrong()

    def accept(self, stated: int) -> None:
        """The operator confirms that the clock is right, with its time: all servers of this home believe it from now
        on. Raises InvalidInput if `stated`, in ms, is not the clock's time."""
        wall = self._clock.wall()
        if abs(wall - stated) > LEAD:
            raise InvalidInput(f"the host's clock shows {spelled(wall)}, not {spelled(stated)}", field="time",
                               value=spelled(stated), rule=f"the clock's time, within {LEAD // 1000} s")
        self._offset = wall - self._clock.steady()
        self._store()

    def _wrong(self) -> Unavailable:
        wall, lead = self._clock.wall(), self.lead()
        return Unavailable(
            f"the host's clock shows {spelled(wall)}, {lead // 1000} s ahead of the believed time "
            f"{spelled(wall - lead)}: this server appends nothing", code=AHEAD, field="clock", value=spelled(wall),
            rule="correct the clock, or confirm it with `carbon-ledger clock accept`",
        )

    def _stored(self) -> Believed | None:
        """The stored belief since the host's boot; None if there is no such belief or it cannot be read."""
        try:
            belief = msgspec.json.decode(self._file.read_bytes(), type=Believed)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return belief if self._clock.boot and belief.boot == self._clock.boot else None

    def _store(self) -> None:
        replace(self._file, msgspec.json.encode(Believed(self._clock.boot, self._offset)))


def spelled(milliseconds: int) -> str:
    """A time in human-readable form, in UTC."""
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms"
