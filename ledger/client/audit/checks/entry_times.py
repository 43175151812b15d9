"""How late an entry's time may be: by the auditor's own clock, and by when witnesses have cosigned a head with it."""

from msgspec import Struct

from ledger.host.clock import LEAD, spelled

RULE = "ahead"


class Bound(Struct, frozen=True):
    """No entry is of a time after `latest`, in ms, which is `what`. A clock may differ from another by LEAD."""

    latest: int
    what: str

    def passed(self, time: int) -> bool:
        """Whether an entry of this time leads."""
        return time > self.latest + LEAD

    def told(self, time: int) -> str:
        """What is wrong with the first entry that leads."""
        return (f"time {spelled(time)} is {(time - self.latest) // 1000} s after {self.what}, {spelled(self.latest)}; "
                "no later entry has an earlier time")


def bound_of(now: int, cosigned: int | None) -> Bound:
    """Of an audit at `now`, in ms, of a head that a quorum had cosigned by `cosigned`, in POSIX seconds."""
    if cosigned is not None and cosigned * 1000 < now:
        return cosigned_bound(cosigned)
    return Bound(now, "this auditor's clock")


def cosigned_bound(seconds: int) -> Bound:
    """Of a head by itself."""
    return Bound(seconds * 1000, "the time by which a quorum of witnesses had cosigned a head that holds the entry")
