"""What `key rotate-log` does, with the packages of the server."""

from ledger.cli.opened import opened_database
from ledger.core.logkeys import Rotation
from ledger.service.heads import Heads
from ledger.service.keyring import key_file, vkey_of
from ledger.service.rotating import begin, finish, prepare
from ledger.service.settings import Settings
from ledger.store.anchor import Anchor


async def rotate(chosen: Settings, step: str) -> dict[str, object]:
    """One step, `prepare`, `begin` or `finish`: what is told of it."""
    async with opened_database(chosen) as (pool, keyring), pool.acquire() as connection:
        heads = Heads(keyring, Anchor(chosen.anchor_path), pool)
        if step == "prepare":
            made = prepare(chosen, heads)
            return {"new": vkey_of(made), "file": str(key_file(chosen.home, len(keyring.keys.spans) + 1))}
        return _told(await (begin(connection, chosen, heads) if step == "begin" else finish(connection, heads)))


def _told(done: Rotation) -> dict[str, object]:
    return {"old": done.old, "new": done.new, "size": done.size, "signs": "both" if done.begins else "the new key"}
