"""Rotates the log's key. The database records the beginning and the end, under the lock that orders all heads."""

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import Rotation, sign_rotation
from ledger.core.log.note import NoteSigner
from ledger.errors import InvalidInput
from ledger.host.files.key_files import key_at, mark_in_use
from ledger.service.heads.heads import Heads
from ledger.service.heads.keyring import key_file, vkey_of
from ledger.service.settings import Settings
from ledger.store.batches import lock_head
from ledger.store.database import Connection
from ledger.store.sql import queries


def prepare(settings: Settings, heads: Heads) -> NoteSigner:
    """The next key. Makes it in the home if it is not there yet, so that it can be copied to other replicas first, and
    an interrupted rotation continues with it. Raises InvalidInput if a rotation has begun."""
    keys = heads.keyring.keys
    if len(keys.signing) > 1:
        raise InvalidInput("a rotation has begun already: the old and the new key both sign", code="rotation-begun",
                           rule="finish it with --finish before you begin the next one")
    path = key_file(settings.home, len(keys.spans) + 1)
    return NoteSigner(heads.origin, key_at(path, settings.passphrase).private)


async def begin(connection: Connection, settings: Settings, heads: Heads) -> Rotation:
    """Begins a rotation: from the next head on, both keys sign. Durable when it returns."""
    async with connection.transaction(isolation="read_committed"):
        size = await _locked(connection, heads)
        new, old = prepare(settings, heads), heads.signers[-1]
        rotation = Rotation(True, heads.origin, vkey_of(old), vkey_of(new), size)
        await _add(connection, heads, rotation, old, new)
    mark_in_use(key_file(settings.home, len(heads.keyring.keys.spans) + 1), heads.origin)
    return rotation


async def finish(connection: Connection, heads: Heads) -> Rotation:
    """Ends a rotation: from the next head on, only the new key signs. Durable when it returns. Raises InvalidInput if
    no rotation has begun."""
    async with connection.transaction(isolation="read_committed"):
        size = await _locked(connection, heads)
        if len(heads.signers) < 2:
            raise InvalidInput("no rotation of the log's key has begun", code="no-rotation",
                               rule="begin one, and give everyone who pinned the old key time to follow")
        old, new = heads.signers
        rotation = Rotation(False, heads.origin, vkey_of(old), vkey_of(new), size)
        await _add(connection, heads, rotation, new)
    return rotation


async def _locked(connection: Connection, heads: Heads) -> int:
    """Locks the head, checks that it continues the signed heads, and returns the size of the log."""
    expected = await heads.expected()
    head = await lock_head(connection)
    await heads.check(connection, Checkpoint(heads.origin, head.size, head.root), expected)
    return head.size


async def _add(connection: Connection, heads: Heads, rotation: Rotation, *signers: NoteSigner) -> None:
    number = len(heads.keyring.notes) + 1
    await connection.execute(queries("log_key")["add"], number, rotation.size, sign_rotation(rotation, *signers))
