"""The operator's view of the anchor, and the one decision that only the operator makes: that signed history is lost."""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.policy import Policy
from ledger.errors import InvalidInput, InvalidNote, Unavailable
from ledger.service.heads.continuity import contradiction, read_head
from ledger.service.heads.heads import MISSING, Heads
from ledger.service.witnesses.activated_policy import PUBLISHED, lost, read_activated, read_shown
from ledger.service.witnesses.own_policy import ACCEPTED, differing
from ledger.store.anchor import UNREADABLE, Anchor, fields_of, stated, written
from ledger.store.database import Connection


class Standing(Struct, frozen=True, kw_only=True, rename="camel"):
    """Both histories: the head that was signed here last, if it can be read, and the head of the database.
    `contradiction` says how they differ, or is None if the database continues the anchor."""

    anchor: str
    origin: str
    signed: int | None
    signed_root: str | None
    size: int
    root: str
    contradiction: str | None = None


class Anchors(NamedTuple):
    """The anchor, and the home's own memory of it if it is elsewhere."""

    anchor: Anchor
    memory: Anchor | None


async def standing(connection: Connection, heads: Heads, anchor: Anchor) -> Standing:
    """Compares anchor and database. Raises NotFound if the database holds no log."""
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
    connection: Connection, heads: Heads, anchors: Anchors, size: int, now: datetime, policy: Policy | None
) -> str | None:
    """Signs the head of the database, with `size` entries, in place of the head in the anchor and in the home's own
    `memory`, and accepts that the `policy` of the settings differs from the log's own. Returns where the old anchor is
    kept as evidence. The caller's transaction must have locked the head.

    Raises InvalidInput if the database does not hold `size` entries, or if it neither contradicts the anchor nor has
    another policy.
    """
    anchor, memory = anchors
    compared = await standing(connection, heads, anchor)
    other = None if anchor.remote else differing(policy, await read_activated(connection), _fields(anchor))
    if compared.contradiction is None and other is None:
        raise InvalidInput("the database continues the anchor: there is nothing to accept",
                           code="nothing-to-accept", field="size", value=size)
    if compared.size != size:
        raise InvalidInput(
            f"the database holds {compared.size} entries, not {size}", code="wrong-size", field="size", value=size,
            rule="the size of the database's log, as shown by `anchor show`",
        )
    head = Checkpoint(heads.origin, compared.size, bytes.fromhex(compared.root))
    history = await read_shown(connection)
    fields = _fields(anchor) | {PUBLISHED: str(-1 if history.newest is None else history.newest)}
    if other is not None:
        fields[ACCEPTED] = other
    note, stamp = written(head, fields, heads.signers), f"{now:%Y%m%dT%H%M%S.%fZ}"
    evidence = anchor.replace(note, anchor.raw(), stamp)
    if memory is not None:
        memory.replace(note, memory.raw(), stamp)
    return evidence


def _signed(anchor: Anchor) -> Checkpoint | None:
    note = _note(anchor)
    return None if note is None else stated(note)


def _fields(anchor: Anchor) -> dict[str, str]:
    """The anchor's other fields, which stay true of the log whichever history counts."""
    note = _note(anchor)
    return {} if note is None else fields_of(note)


def _note(anchor: Anchor) -> str | None:
    try:
        return anchor.read()
    except (Unavailable, InvalidNote):
        return None
