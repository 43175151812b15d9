"""The operator's view of the anchor, and the one decision that is nobody else's: that signed history is lost."""

from datetime import datetime

from msgspec import Struct

from ledger.core.log.checkpoint import Checkpoint
from ledger.errors import InvalidInput, InvalidNote, Unavailable
from ledger.service.heads.continuity import contradiction, read_head
from ledger.service.heads.heads import MISSING, Heads
from ledger.service.witnesses.activated_policy import PUBLISHED, lost, read_activated, read_shown
from ledger.store.anchor import UNREADABLE, Anchor, fields_of, stated, written
from ledger.store.database import Connection


class Standing(Struct, frozen=True, kw_only=True, rename="camel"):
    """Both histories: what was signed here last, if that can be read, and what the database holds. `contradiction` says
    what is wrong, where something is."""

    anchor: str
    origin: str
    signed: int | None
    signed_root: str | None
    size: int
    root: str
    contradiction: str | None = None


async def standing(connection: Connection, heads: Heads, anchor: Anchor) -> Standing:
    """Compares anchor and database. Raises NotFound where the database holds no log."""
    try:
        expected = await heads.expected()
        head = await read_head(connection, heads.origin)
        why = await contradiction(connection, head, expected) or lost(
            await read_activated(connection), heads.fields, await read_shown(connection))
    except Unavailable as error:
        if error.code not in (UNREADABLE, MISSING):
            raise
        head, why = await read_head(connection, heads.origin), error.message
    signed = _signed(anchor)
    return Standing(
        anchor=anchor.location, origin=heads.origin, signed=None if signed is None else signed.size,
        signed_root=None if signed is None else signed.root.hex(), size=head.size, root=head.root.hex(),
        contradiction=why,
    )


async def accept(
    connection: Connection, heads: Heads, anchor: Anchor, memory: Anchor | None, size: int, now: datetime
) -> str | None:
    """Signs the database as it is, `size` entries, in place of what the anchor, and the home's own `memory`, say, and
    returns where that of the anchor is kept as evidence. In a transaction that has locked the head.

    Raises InvalidInput where the database does not hold `size` entries, or where it does not contradict the anchor.
    """
    found = await standing(connection, heads, anchor)
    if found.contradiction is None:
        raise InvalidInput("the database continues what was signed here: there is nothing to accept",
                           code="nothing-to-accept", field="size", value=size)
    if found.size != size:
        raise InvalidInput(
            f"the database holds {found.size} entries, not {size}", code="wrong-size", field="size", value=size,
            rule="the size that is to be accepted, as `anchor show` tells it",
        )
    head = Checkpoint(heads.origin, found.size, bytes.fromhex(found.root))
    shown = await read_shown(connection)
    fields = _fields(anchor) | {PUBLISHED: str(-1 if shown.newest is None else shown.newest)}
    note, stamp = written(head, fields, heads.signers), f"{now:%Y%m%dT%H%M%S.%fZ}"
    kept = anchor.replace(note, anchor.raw(), stamp)
    if memory is not None:
        memory.replace(note, memory.raw(), stamp)
    return kept


def _signed(anchor: Anchor) -> Checkpoint | None:
    note = _note(anchor)
    return None if note is None else stated(note)


def _fields(anchor: Anchor) -> dict[str, str]:
    """What the anchor says beside its checkpoint stays true of the log, whichever history counts."""
    note = _note(anchor)
    return {} if note is None else fields_of(note)


def _note(anchor: Anchor) -> str | None:
    try:
        return anchor.read()
    except (Unavailable, InvalidNote):
        return None
