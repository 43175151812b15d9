"""Checks, with the public tiles, that an earlier head belongs to the tree that its log publishes now."""

from ledger.client import limits
from ledger.client.http import BlockingReader
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.merkle import verify_consistency
from ledger.core.log.tiles import consistency_path_from_tiles, consistency_tiles, tile_path
from ledger.errors import InvalidInput, InvalidNote, NotFound, Unavailable, VerificationError

VOID = "void"


def check_published(url: str, earlier: Checkpoint, keys: LogKeys) -> Checkpoint:
    """The newest checkpoint of the log at this address, if its tree begins with the tree of the checkpoint `earlier`.
    The log's key signed both. Otherwise raises VerificationError of code `void`: the log has given up that
    history, and the two notes together prove it. Raises Unavailable if the log does not answer.
    """
    with BlockingReader(url, "log") as reader:
        newest = keys.opened(_get(reader, "/log/checkpoint", limits.NOTE).decode("utf-8", "replace"))
        if newest.size < earlier.size:
            raise _void(earlier, newest, f"entries {newest.size} to {earlier.size - 1} are missing")
        try:
            needed = consistency_tiles(earlier.size, newest.size)
            tiles = {tile: _get(reader, "/log/" + tile_path(tile), limits.tile(tile.width)) for tile in needed}
            path = consistency_path_from_tiles(earlier.size, newest.size, tiles)
            verify_consistency(earlier.size, newest.size, earlier.root, newest.root, path)
        except (VerificationError, InvalidInput, InvalidNote, NotFound) as error:
            raise _void(earlier, newest, error.message) from error
    return newest


def published_rotations(url: str) -> list[str]:
    """The rotation notes of the key of the log at this address, not verified. Raises Unavailable, InvalidNote."""
    with BlockingReader(url, "log") as reader:
        return rotations_in(_get(reader, "/log/keys", limits.NOTE))


def _void(earlier: Checkpoint, newest: Checkpoint, why: str) -> VerificationError:
    return VerificationError(
        f"the log of {newest.size} entries does not begin with the {earlier.size} entries that it signed before: {why}",
        code=VOID, field="size", value=earlier.size, rule="keep both checkpoints: together they prove two histories",
    )


def _get(reader: BlockingReader, path: str, limit: int) -> bytes:
    """The content at a path. Unlike other readers, it raises Unavailable even if the path does not exist: a tile that
    is not served does not prove another history."""
    answer = reader.fetch(path, limit)
    if answer.status != 200:
        raise Unavailable(f"{reader.url} answers {answer.status} for {path}", code="no-answer", field="log", value=path)
    return answer.content
