"""The operator's view of the anchor, and the one decision that is nobody else's: that signed history is lost."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.errors import InvalidInput, InvalidNote, Unavailable
from ledger.service.heads import Heads, contradiction, read_head
from ledger.store.anchor import UNREADABLE, Anchor, stated
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
        expected = heads.expected()
        head = await read_head(connection, heads.origin)
        why = await contradiction(connection, head, expected)
    except Unavailable as error:
        if error.code != UNREADABLE:
            raise
        head, why = await read_head(connection, heads.origin), error.message
    signed = _signed(anchor)
    return Standing(
        anchor=str(anchor.path), origin=heads.origin, signed=None if signed is None else signed.size,
        signed_root=None if signed is None else signed.root.hex(), size=head.size, root=head.root.hex(),
        contradiction=why,
    )


async def accept(connection: Connection, heads: Heads, anchor: Anchor, size: int, now: datetime) -> Path | None:
    """Signs the database as it is, `size` entries, in place of what the anchor says, and returns the file in which that
    is kept as evidence. In a transaction that has locked the head.

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
    before = anchor.raw()
    keep = anchor.path.with_name(f"{anchor.path.name}.until-{now:%Y%m%dT%H%M%S.%fZ}")
    head = Checkpoint(heads.origin, found.size, bytes.fromhex(found.root))
    anchor.replace(sign_checkpoint(head, *heads.signers), before, keep)
    return None if before is None else keep


def _signed(anchor: Anchor) -> Checkpoint | None:
    try:
        note = anchor.read()
        return None if note is None else stated(note)
    except (Unavailable, InvalidNote):
        return None
