"""The part of a look that concerns the access log: its days stay as they were seen, and so do an organisation's rows.

1. Each day that the log showed earlier is shown again, with the same size and root. 2. A new day is signed by a key of
the log. 3. With a login: the rows about the organisation's data that were seen earlier are still there, unchanged;
until their day is closed, they may count further readings. 4. They are leaves of the tree of their day, once it is
closed. Rows that have expired by the log's own statement are dropped, with a warning; the first day that it keeps may
be expiring. A look reads the rows of the last week, those that no root covers yet, and an older day in turn.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ledger.access.accesses import open_day
from ledger.client.accesses import SeenAccess, check_included, rows_between
from ledger.client.monitor.log import LogReader
from ledger.client.monitor.violation import Violation
from ledger.client.sync import Client
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import parse_note
from ledger.core.record.canonical import encode
from ledger.errors import LedgerError, VerificationError

MISSING: Final = "access-day-missing"
SHORTENED: Final = "access-day-shortened"
REWRITTEN: Final = "access-day-rewritten"
ROWS_GONE: Final = "access-rows-gone"
ROWS_CHANGED: Final = "access-rows-changed"
_RECENT: Final = timedelta(days=7)
_PATIENCE: Final = timedelta(days=2)
_DAY: Final = timedelta(days=1)
_FIELD: Final = "accesses"


class OwnDay(Struct, frozen=True):
    """The rows of a day that were seen: how many, the SHA-256 of their indexes and leaf hashes, in hex, and the sum of
    their readings. `proven`: the signed root of the day commits to them; before that, the hashes leave out readings."""

    count: int
    digest: str
    proven: bool = False
    readings: int = 0


class KeptAccesses(Struct, frozen=True, forbid_unknown_fields=True):
    """The state of an access log for a monitor. `days`: the signed notes of closed days. `own`: the rows about an
    organisation's data by day. `turn`: the older day whose rows were checked last."""

    days: dict[str, str] = {}
    own: dict[str, OwnDay] = {}
    turn: str | None = None


class ReadDays(NamedTuple):
    """The state with the days that the log shows now. `kept_from`: rows of earlier days have expired, as it states."""

    state: KeptAccesses
    kept_from: str


class AccessLook(NamedTuple):
    """The state of the access log after a look, and warnings."""

    kept: KeptAccesses
    warnings: list[str]


def read_days(reader: LogReader, known: KeptAccesses, keys: LogKeys) -> ReadDays:
    """Reads the closed days that the log shows. Raises Violation if a known day is missing or different."""
    try:
        shown = reader.access_days()
    except VerificationError as error:
        raise Violation(error.message, tuple(known.days.values())[-1:], code=error.code, field=_FIELD) from None
    notes = {day.isoformat(): note for day, note in shown.notes}
    for day, note in known.days.items():
        if day not in notes:
            raise Violation(f"the access log showed day {day}; now the day is missing", (note,), code=MISSING,
                            value=day, field=_FIELD)
        if notes[day] != note:
            _check_same(date.fromisoformat(day), note, notes[day], keys)
            notes[day] = note
    for each, note in shown.notes:
        if each.isoformat() not in known.days:
            _opened(each, note, keys)
    return ReadDays(replace(known, days=notes), shown.kept_from)


def _check_same(day: date, before: str, now: str, keys: LogKeys) -> None:
    if parse_note(before).text == _text(day, now):
        return
    old, new = _opened(day, before, keys), _opened(day, now, keys)
    code, how = (SHORTENED, "fewer rows") if new.size < old.size else (REWRITTEN, "another root")
    raise Violation(
        f"the access log of {day} had {old.size} rows with root {old.root.hex()}; now it has {how}: {new.size} rows "
        f"with root {new.root.hex()}", (before, now), code=code, value=day.isoformat(), field=_FIELD)


def _text(day: date, note: str) -> str:
    try:
        return parse_note(note).text
    except LedgerError as error:
        raise Violation(f"the note of day {day} is malformed: {error.message}", (note,), code=REWRITTEN,
                              value=day.isoformat(), field=_FIELD) from None


def _opened(day: date, note: str, keys: LogKeys) -> Checkpoint:
    try:
        return open_day(note, day, keys)
    except LedgerError as error:
        raise Violation(f"the note of day {day} of the access log does not hold: {error.message}", (note,),
                              code=error.code, value=day.isoformat(), field=_FIELD) from None


class OwnAccesses:
    """Checks the rows about an organisation's data at each look. `client` is logged in as the organisation."""

    def __init__(self, client: Client, organization: str) -> None:
        self._client, self._organization = client, organization

    def look(self, read: ReadDays, keys: LogKeys, today: date) -> AccessLook:
        """Raises Violation, and the server's own errors."""
        try:
            return self._look(read, keys, today)
        except Violation:
            raise
        except VerificationError as error:
            raise Violation(error.message, (), code=error.code, value=error.value, field=_FIELD) from None

    def _look(self, read: ReadDays, keys: LogKeys, today: date) -> AccessLook:
        known, notes = read.state.own, read.state.days
        kept = {day: own for day, own in known.items() if day > read.kept_from}
        warnings = [f"the log states that the rows of {day} in the access log have expired"
                    for day in sorted(known.keys() - kept.keys())]
        since = min([today - _RECENT, *[date.fromisoformat(day) for day, own in kept.items() if not own.proven]])
        rows = _by_day(rows_between(self._client, self._organization, since if known else None))
        older = sorted([day for day in kept if day < since.isoformat()])
        turn = next((day for day in older if read.state.turn is None or day > read.state.turn),
                    older[0] if older else None)
        if turn is not None:
            day = date.fromisoformat(turn)
            rows |= {turn: [], **_by_day(rows_between(self._client, self._organization, day, day + _DAY))}
        for each in sorted(rows.keys() | kept.keys() - set(older)):
            own = self._checked(each, rows.get(each, []), kept.get(each), notes.get(each), keys)
            if not own.proven and date.fromisoformat(each) + _PATIENCE < today:
                warnings.append(f"the log has not signed the root of {each} of the access log yet")
            kept[each] = own
        return AccessLook(replace(read.state, own=kept, turn=turn), warnings)

    def _checked(
        self, day: str, rows: Sequence[SeenAccess], before: OwnDay | None, note: str | None, keys: LogKeys
    ) -> OwnDay:
        evidence = () if note is None else (note,)
        if before is not None and len(rows) < before.count:
            raise Violation(f"the access log of {day} had {before.count} rows about your data; now it shows "
                            f"{len(rows)}", evidence, code=ROWS_GONE, value=day, field=_FIELD)
        if before is not None and not _holds(rows[: before.count], before):
            raise Violation(f"the first {before.count} rows about your data in the access log of {day} are others than "
                            "those seen before", evidence, code=ROWS_CHANGED, value=day, field=_FIELD)
        if before is not None and before.proven and len(rows) == before.count:
            return before
        if note is not None:
            try:
                check_included(self._client, self._organization, rows, keys, note)
            except VerificationError as error:
                raise Violation(error.message, evidence, code=error.code, value=day, field=_FIELD) from None
        return _seen(rows, proven=note is not None)


def _by_day(rows: Sequence[SeenAccess]) -> dict[str, list[SeenAccess]]:
    """Rows by day, each day in the order of its tree."""
    days: dict[str, list[SeenAccess]] = {}
    for row in reversed(rows):
        days.setdefault(row.day.isoformat(), []).append(row)
    return days


def _seen(rows: Sequence[SeenAccess], *, proven: bool) -> OwnDay:
    digest = hashlib.sha256()
    for seen in rows:
        leaf = seen.leaf if proven else leaf_hash(encode(replace(seen.row, readings=1, last=None)))
        digest.update(seen.number.to_bytes(8, "big") + leaf)
    return OwnDay(len(rows), digest.hexdigest(), proven, sum([seen.row.readings for seen in rows]))


def _holds(rows: Sequence[SeenAccess], before: OwnDay) -> bool:
    """Whether these rows are those that were seen before, perhaps with further readings."""
    now = _seen(rows, proven=before.proven)
    return now.digest == before.digest and now.readings >= before.readings
