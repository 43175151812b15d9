/** RFC 6962 Merkle trees: hashes, roots, and the verification of inclusion and consistency. Indexes and sizes are BigInt. */

import { concatenated, equal, sha256, unhex } from "./bytes.js";
import { VerificationError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const HASH_SIZE = 32;
/** The most leaves of a tree: a signed 64-bit integer counts them. */
export const MAX_SIZE = 2n ** 63n - 1n;
/** SHA-256 of no bytes: the root of the tree without leaves. */
export const EMPTY_ROOT = /** @type {Bytes} */ (
  unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
);

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} data */
export function leafHash(data) {
  return sha256(concatenated(LEAF, data));
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export function nodeHash(left, right) {
  return sha256(concatenated(NODE, left, right));
}

/**
 * The root over these leaf hashes.
 *
 * @param {readonly Bytes[]} leafHashes
 * @returns {Promise<Bytes>}
 */
export async function treeRoot(leafHashes) {
  if (!leafHashes.length) {
    return EMPTY_ROOT;
  }
  let level = [...leafHashes];
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(await nodeHash(level[i], level[i + 1]));
    }
    // A last node without a sibling moves up unchanged.
    level = level.length & 1 ? [...above, level[level.length - 1]] : above;
  }
  return level[0];
}

/**
 * Returns if `path` leads from the leaf at `index` to the `root` of a tree of `size`. Raises VerificationError.
 *
 * @param {Uint8Array} leaf its hash
 * @param {bigint} index
 * @param {bigint} size
 * @param {Uint8Array} root
 * @param {readonly Uint8Array[]} path
 */
export async function verifyInclusion(leaf, index, size, root, path) {
  if (index < 0n || index >= size || size > MAX_SIZE) {
    throw new VerificationError(`leaf ${index} cannot be in a tree of size ${size}`);
  }
  checkHashes("leaf hash", [leaf]);
  checkHashes("root", [root]);
  checkHashes("inclusion path", path);
  const { turns, rights } = wayUp(index, size - 1n);
  checkLength("inclusion path", path, turns + rights);
  let node = leaf;
  for (const [level, sibling] of path.entries()) {
    node = await (isLeft(index, level, turns) ? nodeHash(sibling, node) : nodeHash(node, sibling));
  }
  if (!equal(node, root)) {
    throw new VerificationError(`the inclusion path of leaf ${index} does not lead to the root of size ${size}`);
  }
}

/**
 * Returns if `path` proves that the new tree begins with the leaves of the old one. Raises VerificationError.
 *
 * @param {bigint} oldSize
 * @param {bigint} newSize
 * @param {Uint8Array} oldRoot
 * @param {Uint8Array} newRoot
 * @param {readonly Uint8Array[]} path
 */
export async function verifyConsistency(oldSize, newSize, oldRoot, newRoot, path) {
  if (oldSize < 0n || oldSize > newSize || newSize > MAX_SIZE) {
    throw new VerificationError(`a tree of size ${newSize} cannot extend one of size ${oldSize}`);
  }
  checkHashes("old root", [oldRoot]);
  checkHashes("new root", [newRoot]);
  checkHashes("consistency path", path);
  for (const { size, root } of [{ size: oldSize, root: oldRoot }, { size: newSize, root: newRoot }]) {
    if (size === 0n && !equal(root, EMPTY_ROOT)) {
      throw new VerificationError("the root of size 0 is not the root of the empty tree");
    }
  }
  if (oldSize === 0n || oldSize === newSize) {
    checkLength("consistency path", path, 0);
    if (oldSize === newSize && !equal(oldRoot, newRoot)) {
      throw new VerificationError(`two different roots for one size ${newSize}`);
    }
    return;
  }
  await verifyGrowth(oldSize, newSize, oldRoot, newRoot, path);
}

/**
 * Height and position of the last of the complete subtrees that make up a tree of `size` > 0 leaves.
 *
 * @param {bigint} size
 */
export function lastSubtree(size) {
  const height = bitLength(size & -size) - 1;
  return { height, index: (size - 1n) >> BigInt(height) };
}

/**
 * The case 0 < oldSize < newSize: one walk up rebuilds both roots.
 *
 * @param {bigint} oldSize
 * @param {bigint} newSize
 * @param {Uint8Array} oldRoot
 * @param {Uint8Array} newRoot
 * @param {readonly Uint8Array[]} path
 */
async function verifyGrowth(oldSize, newSize, oldRoot, newRoot, path) {
  const { height, index } = lastSubtree(oldSize);
  const { turns, rights } = wayUp(index, (newSize - 1n) >> BigInt(height));
  checkLength("consistency path", path, turns + rights + (index ? 1 : 0));
  // If the old tree is one complete subtree, its root is the first hash.
  const [first, ...siblings] = index ? path : [oldRoot, ...path];
  let [before, after] = [first, first];
  for (const [level, sibling] of siblings.entries()) {
    if (isLeft(index, level, turns)) {
      before = await nodeHash(sibling, before);
      after = await nodeHash(sibling, after);
    } else {
      // A node to the right of the old tree's edge was added later.
      after = await nodeHash(after, sibling);
    }
  }
  if (!equal(before, oldRoot)) {
    throw new VerificationError(`the consistency path does not lead to the old root of size ${oldSize}`);
  }
  if (!equal(after, newRoot)) {
    throw new VerificationError(`the consistency path does not lead to the new root of size ${newSize}`);
  }
}

/**
 * The number of siblings before and after the path from `index` joins the right edge; those after are on its left.
 *
 * @param {bigint} index
 * @param {bigint} last
 */
function wayUp(index, last) {
  const turns = bitLength(index ^ last);
  return { turns, rights: (index >> BigInt(turns)).toString(2).replaceAll("0", "").length };
}

/**
 * Whether the sibling of this level is on the left.
 *
 * @param {bigint} index
 * @param {number} level
 * @param {number} turns
 */
function isLeft(index, level, turns) {
  return level >= turns || ((index >> BigInt(level)) & 1n) === 1n;
}

/** @param {bigint} number at least 0 */
function bitLength(number) {
  return number ? number.toString(2).length : 0;
}

/**
 * @param {string} name
 * @param {readonly Uint8Array[]} hashes
 */
function checkHashes(name, hashes) {
  if (hashes.some((hash) => hash.length !== HASH_SIZE)) {
    throw new VerificationError(`${name}: a hash is not ${HASH_SIZE} bytes`);
  }
}

/**
 * @param {string} name
 * @param {readonly Uint8Array[]} path
 * @param {number} expected
 */
function checkLength(name, path, expected) {
  if (path.length !== expected) {
    throw new VerificationError(`${name}: ${path.length} hashes, but the sizes require ${expected}`);
  }
}
