"""The latest time that an entry may have: by the auditor's own clock, and by the time of witnesses' cosignatures."""

from msgspec import Struct

from ledger.host.clock import LEAD, spelled

RULE = "ahead"


class Bound(Struct, frozen=True):
    """No entry may have a time after `latest`, in ms, which `source` describes. Two clocks may differ by LEAD."""

    latest: int
    source: str

    def passed(self, time: int) -> bool:
        """Whether an entry of this time exceeds the bound."""
        return time > self.latest + LEAD

    def message(self, time: int) -> str:
        """The message of a finding about the first entry that exceeds the bound."""
        return (f"time {spelled(time)} is {(time - self.latest) // 1000} s after {self.source}, "
                f"{spelled(self.latest)}; no later entry has an earlier time")


def bound_of(now: int, cosigned: int | None) -> Bound:
    """The bound of an audit at `now`, in ms, if a quorum had cosigned the head by `cosigned`, in POSIX seconds."""
    if cosigned is not None and cosigned * 1000 < now:
        return cosigned_bound(cosigned)
    return Bound(now, "this auditor's clock")


def cosigned_bound(seconds: int) -> Bound:
    """The bound of a head by its cosignatures alone."""
    return Bound(seconds * 1000, "the time by which a quorum of witnesses had cosigned a head that holds the entry")
