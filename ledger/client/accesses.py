"""The access log as an organisation reads it: rows about its data, checked against the signed roots of their days."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from ledger.access.accesses import AccessRow, open_day, parse_day, read_row
from ledger.answers.lists import AccessListAnswer, ListedAccessAnswer
from ledger.client.queries import access_proofs, accesses
from ledger.client.sync import Client
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import leaf_hash, verify_inclusion
from ledger.errors import InvalidInput, LedgerError, NotFound, VerificationError

PAGE: Final = 1_000
NOT_INCLUDED: Final = "access-not-included"
_PROOFS: Final = 100
"""Proofs of one request."""


class SeenAccess(NamedTuple):
    """A row as a server shows it. It is the leaf `number` of the tree of the day, with hash `leaf`."""

    day: date
    number: int
    row: AccessRow
    leaf: bytes


def seen_access(listed: ListedAccessAnswer, organization: str) -> SeenAccess:
    """Raises VerificationError for a row that cannot be read or is about data of another organisation."""
    data = bytes(listed.row)
    row = read_row(data)
    if row.owner != organization:
        raise VerificationError(f"row {listed.index} of {listed.day} is about data of {row.owner}",
                                code="malformed-access", field="owner", value=row.owner, rule=organization)
    return SeenAccess(_day(listed.day), listed.index, row, leaf_hash(data))


def rows_between(
    client: Client, organization: str, since: date | None = None, until: date | None = None
) -> list[SeenAccess]:
    """All rows about an organisation's data from one day on, before another day, newest first. Raises LedgerError."""
    rows: list[SeenAccess] = []
    after = None
    while True:
        page: AccessListAnswer = client.ask(accesses(
            organization, None if since is None else since.isoformat(), None if until is None else until.isoformat(),
            limit=PAGE, after=after))
        for listed in page.accesses:
            row = seen_access(listed, organization)
            if rows and (row.day, row.number) >= (rows[-1].day, rows[-1].number):
                raise LedgerError(f"the access log of {client.url} is not in order", code="unexpected-answer")
            rows.append(row)
        if page.next is None:
            return rows
        if not page.accesses:
            raise LedgerError(f"the access log of {client.url} has no end", code="unexpected-answer")
        after = page.next


def check_included(client: Client, organization: str, rows: Sequence[SeenAccess], keys: LogKeys, note: str) -> None:
    """Returns if all rows of a day are leaves of the tree that the note commits to. Raises VerificationError, and the
    server's own errors."""
    for start in range(0, len(rows), _PROOFS):
        _check_some(client, organization, rows[start : start + _PROOFS], keys, note)


def proven_note(client: Client, organization: str, rows: Sequence[SeenAccess], keys: LogKeys) -> str | None:
    """The note that commits to rows of one day, all checked; None if the day is not closed yet. Raises
    VerificationError."""
    day = rows[0].day.isoformat()
    try:
        note = client.ask(access_proofs(organization, day, [rows[0].number])).note
    except NotFound as error:
        if error.code == "day-open":
            return None
        raise
    check_included(client, organization, rows, keys, note)
    return note


def _check_some(client: Client, organization: str, rows: Sequence[SeenAccess], keys: LogKeys, note: str) -> None:
    day = rows[0].day
    try:
        root = open_day(note, day, keys)
        answer = client.ask(access_proofs(organization, day.isoformat(), [row.number for row in rows]))
        paths = {proof.index: [_hash(node) for node in proof.path] for proof in answer.proofs}
        for row in rows:
            verify_inclusion(row.leaf, row.number, root.size, root.root, paths.get(row.number, []))
    except (NotFound, InvalidInput, VerificationError) as error:
        raise VerificationError(
            f"the signed root of {day} does not commit to rows {_numbers(rows)} of the access log: {error.message}",
            code=NOT_INCLUDED, field="day", value=day.isoformat(),
        ) from None


def _numbers(rows: Iterable[SeenAccess]) -> str:
    numbers = sorted([row.number for row in rows])
    return ", ".join(map(str, numbers[:5])) + (" ..." if len(numbers) > 5 else "")


def _hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise VerificationError("a hash of an inclusion path is not hex", code="malformed-access") from None


def _day(text: str) -> date:
    try:
        return parse_day(text, "day")
    except InvalidInput as error:
        raise VerificationError(error.message, code="malformed-access", field="day", value=text) from None
