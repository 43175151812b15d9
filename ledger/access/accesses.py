"""The access log: who read which data of whom, when, by which right. Its rows, and the signed root of each day.

The rows of a UTC day are the leaves of an RFC 6962 tree, in the order in which they were written. The root is a note of
three lines like a checkpoint, whose first line names the log and the day, so no note of a day can pass for a checkpoint
of the log. Each row has a random salt: an inclusion path, which holds hashes of rows of others, does not help to guess
these rows.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from ledger.access.caller import Caller
from ledger.access.policy import DEPTHS
from ledger.access.rights import Rights
from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import NoteSigner, sign_note, verify_note
from ledger.core.record.canonical import encode
from ledger.errors import InvalidInput, VerificationError

AccessRight = Literal["group", "grant", "party", "reader", "operator"]
"""By which right an organisation's data were read: as its parent, by its grant, as a party to the record or lot, as an
appointed reader, as the operator. A former parent reads the totals of its group from before the end as a party. An
organisation's reading of its own data is not noted. Goods that it has received, with the figures in its receipts, are
its own data where its lists, or the inputs of its own lots, have them; whoever names a lot or record of another in a
request reads that other's data."""
MOST_NAMES: Final = 20
"""Identifiers that a row names at most."""


class AskedName(NamedTuple):
    """An identifier in a request. `known_to`: the organisation whose thing it names, and those that may see this thing:
    of a lot its maker, holder, owner, sender and receiver, of a record its parties."""

    name: str
    known_to: frozenset[str]


class Access(NamedTuple):
    """A reading of non-public data of `owner`. `grant` is the log index of the grant, if that is the right. `route`:
    the path of the route, None for all; `asked`: the identifiers in the request that the owner may see, never bodies or
    values."""

    caller: Caller
    owner: str
    right: AccessRight
    route: str | None
    asked: tuple[str, ...] = ()
    grant: int | None = None


class AccessRow(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A row of the access log, whose canonical JSON is a leaf of its day: equal readings of one hour. `time`: when the
    first one was noted, an instant in UTC; `readings`: their number; `last`: when the newest was noted, if there are
    several. `organization` read, with the key or client `client`; or the holder of the `link` of a grant with that
    digest; or the operator. `grant`: log index of the grant by which it read. Without `route`: all readings of the hour
    by this reader and right, beyond the rows that it may begin about this owner in a day, whatever they asked for."""

    time: str
    salt: str
    owner: str
    right: AccessRight
    route: str | None = None
    asked: list[str] = []
    organization: str | None = None
    client: str | None = None
    link: str | None = None
    operator: bool = False
    grant: int | None = None
    readings: int = 1
    last: str | None = None


def row_of(access: Access, first: str, salt: str, readings: int, last: str | None) -> bytes:
    """The canonical bytes of a row."""
    caller = access.caller
    return encode(AccessRow(
        time=first, salt=salt, owner=access.owner, right=access.right, route=access.route,
        asked=list(access.asked[:MOST_NAMES]), organization=caller.organization, client=caller.client,
        link=caller.link, operator=caller.operator, grant=access.grant,
        readings=readings, last=last,
    ))


def read_row(data: bytes) -> AccessRow:
    """The row with these bytes. Raises VerificationError."""
    try:
        return msgspec.json.decode(data, type=AccessRow)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationError(f"a row of the access log cannot be read: {error}", code="malformed-access") from None


def accesses_of(rights: Rights, owners: Sequence[str], route: str, asked: Sequence[AskedName]) -> list[Access]:
    """One access for each organisation whose non-public data are read, without the caller's own. Each names
    only things that its owner may see, since a request can name things of others. Nothing on an open ledger, where no
    data are secret."""
    accesses = []
    for owner in dict.fromkeys(owners):
        by = _right_to(rights, owner)
        if by is not None:
            names = dict.fromkeys([one.name for one in asked if owner in one.known_to])
            accesses.append(Access(rights.caller, owner, by[0], route, tuple(names), by[1]))
    return accesses


def _right_to(rights: Rights, owner: str) -> tuple[AccessRight, int | None] | None:
    """The right by which a caller reads data of an organisation, with the widest of its grants; None if no row says
    so."""
    caller = rights.caller
    if owner == caller.organization or (rights.everything and caller.organization is None and not caller.operator):
        return None
    if owner in rights.own:
        return "group", None
    if rights.everything:
        return ("operator" if caller.operator else "reader"), None
    grants = [grant for grant in rights.grants if grant.grantor == owner]
    if grants:
        return "grant", max(grants, key=lambda grant: DEPTHS[grant.depth]).record
    return "party", None


def day_origin(origin: str, day: date) -> str:
    """The first line of the note of a day."""
    return f"{origin}/accesses/{day.isoformat()}"


def sign_day(origin: str, day: date, size: int, root: bytes, signers: Sequence[NoteSigner]) -> str:
    """The note by which the log commits to the rows of a day."""
    return sign_note(Checkpoint(day_origin(origin, day), size, root).text(), signers)


def open_day(note: str, day: date, keys: LogKeys) -> Checkpoint:
    """Size and root of a day, if one of the log's keys signed the note. Raises InvalidNote or VerificationError.

    A key that has ended counts too: it may have signed before its end, and the note does not state when.
    """
    stated = parse_checkpoint(verify_note(note, [span.verifier for span in keys.spans], minimum=1))
    if stated.origin != day_origin(keys.origin, day):
        raise VerificationError("the note is of another day or another log", field="origin", value=stated.origin,
                                rule=day_origin(keys.origin, day))
    return stated


def parse_day(text: str, field: str) -> date:
    """A day in its one spelling. Raises InvalidInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidInput(f"{text!r} is not a day", field=field, value=text, rule="YYYY-MM-DD")
    return day
