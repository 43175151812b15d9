"""Whether a head that somebody has kept is part of what its log publishes now: proved from the public tiles."""

from ledger.client import limits
from ledger.client.http import BlockingReader
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.merkle import verify_consistency
from ledger.core.log.tiles import consistency_path_from_tiles, consistency_tiles, tile_path
from ledger.errors import InvalidInput, InvalidNote, NotFound, Unavailable, VerificationError

VOID = "void"


def check_published(url: str, kept: Checkpoint, keys: LogKeys) -> Checkpoint:
    """The newest checkpoint of the log at this address, if it begins with the one that was kept; both are signed by the
    log's key. Raises VerificationError of code `void` where it does not: the log has given up that history, and the two
    notes together prove it. Raises Unavailable where the log does not answer.
    """
    with BlockingReader(url, "log") as reader:
        newest = keys.opened(_get(reader, "/log/checkpoint", limits.NOTE).decode("utf-8", "replace"))
        if newest.size < kept.size:
            raise _void(kept, newest, f"entries {newest.size} to {kept.size - 1} are not there")
        try:
            needed = consistency_tiles(kept.size, newest.size)
            tiles = {tile: _get(reader, "/log/" + tile_path(tile), limits.tile(tile.width)) for tile in needed}
            path = consistency_path_from_tiles(kept.size, newest.size, tiles)
            verify_consistency(kept.size, newest.size, kept.root, newest.root, path)
        except (VerificationError, InvalidInput, InvalidNote, NotFound) as error:
            raise _void(kept, newest, error.message) from error
    return newest


def published_rotations(url: str) -> list[str]:
    """How the key of the log at this address was rotated, not verified. Raises Unavailable, InvalidNote."""
    with BlockingReader(url, "log") as reader:
        return rotations_in(_get(reader, "/log/keys", limits.NOTE))


def _void(kept: Checkpoint, newest: Checkpoint, why: str) -> VerificationError:
    return VerificationError(
        f"the log of {newest.size} entries does not begin with the {kept.size} that it signed before: {why}",
        code=VOID, field="size", value=kept.size, rule="keep both checkpoints: together they prove two histories",
    )


def _get(reader: BlockingReader, path: str, limit: int) -> bytes:
    answer = reader.fetch(path, limit)
    if answer.status != 200:
        raise Unavailable(f"{reader.url} answers {answer.status} for {path}", code="no-answer", field="log", value=path)
    return answer.content
