"""RFC 6962 Merkle trees: hashes, roots, inclusion and consistency paths, and their verification.

A tree is a list of levels: level h holds the hash of every 2**h leaves. If a level has an odd number of nodes, its last
node moves up to the next level unchanged. That is the tree of RFC 6962, section 2.1, read from the leaves up.
"""

import hashlib
from collections.abc import Sequence

from ledger.errors import InvalidInput, VerificationError

HASH_SIZE = 32
MAX_SIZE = 2**63 - 1
"""The most leaves that a tree may have: every database and client can count them in a signed 64-bit integer."""

EMPTY_ROOT = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""SHA-256 of no bytes: the root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf holding `data`."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(level: Sequence[bytes]) -> list[bytes]:
    """The level above; a last node without a sibling moves up unchanged."""
    if len(level) in (2, 3):
        return [node_hash(level[0], level[1]), *level[2:]]
    # Copying a hash state that already has the prefix is a third faster than making a new state for each node.
    fresh = hashlib.sha256(b"\x01").copy
    above = []
    for left, right in zip(level[::2], level[1::2], strict=False):
        state = fresh()
        state.update(left + right)
        above.append(state.digest())
    if len(level) & 1:
        above.append(level[-1])
    return above


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = leaf_hashes
    while len(level) > 1:
        level = parents(level)
    return level[0]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from the leaf at `index` up to the root's child."""
    if not 0 <= index < len(leaf_hashes):
        raise InvalidInput(f"no leaf {index} in a tree of {len(leaf_hashes)}", field="index", value=index)
    return _siblings(_levels(leaf_hashes), index)


def all_paths(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The inclusion path of every leaf; each node is hashed once."""
    return paths_below(_levels(leaf_hashes)) if leaf_hashes else []


def paths_below(levels: Sequence[Sequence[bytes]], start: int = 0) -> list[list[bytes]]:
    """The paths of the leaves from `start` on, computed from all levels of the part of the tree at and above them.

    Each level begins at an even position: if `start >> height` is odd, with the node before it. The root is last.
    """
    tails: list[list[bytes]] = [[]]
    for height in range(len(levels) - 2, -1, -1):
        level = levels[height]
        paths: list[list[bytes]] = []
        for left, right, tail in zip(level[::2], level[1::2], tails, strict=False):
            paths.append([right, *tail])
            paths.append([left, *tail])
        if len(level) & 1:
            paths.append(tails[-1])
        tails = paths[start >> height & 1 :]
    return tails


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that the tree over these leaves extends the one over the first `old_size` of them."""
    if not 0 <= old_size <= len(leaf_hashes):
        raise InvalidInput(f"no size {old_size} in a tree of {len(leaf_hashes)}", field="old_size", value=old_size)
    if old_size in (0, len(leaf_hashes)):
        return []
    height, index = last_subtree(old_size)
    levels = _levels(leaf_hashes)[height:]
    # If the old tree is one complete subtree, its root is the first hash, and the verifier has that.
    first = [levels[0][index]] if index else []
    return first + _siblings(levels, index)


def last_subtree(size: int) -> tuple[int, int]:
    """Height and position of the last of the complete subtrees that make up a tree of `size` > 0 leaves."""
    height = (size & -size).bit_length() - 1
    return height, (size - 1) >> height


def verify_inclusion(leaf_hash: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Returns if `path` leads from the leaf at `index` to the `root` of a tree of `size`, else VerificationError."""
    if not 0 <= index < size <= MAX_SIZE:
        raise VerificationError(f"leaf {index} cannot be in a tree of size {size}")
    _check_hashes("leaf hash", [leaf_hash])
    _check_hashes("root", [root])
    _check_hashes("inclusion path", path)
    turns, rights = _way_up(index, size - 1)
    _check_length("inclusion path", path, turns + rights)
    node = leaf_hash
    for level, sibling in enumerate(path):
        left = level >= turns or index >> level & 1
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
    if node != root:
        raise VerificationError(f"the inclusion path of leaf {index} does not lead to the root of size {size}")


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Returns if `path` proves that the new tree begins with the leaves of the old one, else VerificationError."""
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise VerificationError(f"a tree of size {new_size} cannot extend one of size {old_size}")
    _check_hashes("old root", [old_root])
    _check_hashes("new root", [new_root])
    _check_hashes("consistency path", path)
    for size, root in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise VerificationError("the root of size 0 is not the root of the empty tree")
    if old_size in (0, new_size):
        _check_length("consistency path", path, 0)
        if old_size == new_size and old_root != new_root:
            raise VerificationError(f"two different roots for one size {new_size}")
        return
    _verify_growth(old_size, new_size, old_root, new_root, path)


def _verify_growth(old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """The general case 0 < old_size < new_size: one walk up rebuilds both roots."""
    height, index = last_subtree(old_size)
    turns, rights = _way_up(index, (new_size - 1) >> height)
    _check_length("consistency path", path, turns + rights + (index > 0))
    first, *siblings = path if index else (old_root, *path)
    old = new = first
    for level, sibling in enumerate(siblings):
        if level >= turns or index >> level & 1:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
        else:
            # A node to the right of the old tree's edge was added later.
            new = node_hash(new, sibling)
    if old != old_root:
        raise VerificationError(f"the consistency path does not lead to the old root of size {old_size}")
    if new != new_root:
        raise VerificationError(f"the consistency path does not lead to the new root of size {new_size}")


def _way_up(index: int, last: int) -> tuple[int, int]:
    """Number of siblings before and after the path from `index` joins the right edge; those after are on its left."""
    turns = (index ^ last).bit_length()
    return turns, (index >> turns).bit_count()


def _levels(leaf_hashes: Sequence[bytes]) -> list[Sequence[bytes]]:
    """All levels of a tree that has leaves, the root last."""
    levels = [leaf_hashes]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    return levels


def _siblings(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The siblings from position `index` of the lowest level up."""
    path = []
    for level in levels:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index >>= 1
    return path


def _check_hashes(name: str, hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if not isinstance(value, bytes) or len(value) != HASH_SIZE:
            raise VerificationError(f"{name}: a hash is not {HASH_SIZE} bytes")


def _check_length(name: str, path: Sequence[bytes], expected: int) -> None:
    if len(path) != expected:
        raise VerificationError(f"{name}: {len(path)} hashes, but the sizes require {expected}")
