/** C2SP tlog-tiles: the names of tiles, and consistency paths computed from them. Indexes and sizes are BigInt. */

import { VerificationError } from "./errors.js";
import { HASH_SIZE, lastSubtree, nodeHash, treeRoot } from "./merkle.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{height: number, position: bigint}} Node A complete subtree over 2 ** height leaves. */
/** @typedef {{level: number, index: bigint, width: number}} Tile `width` hashes of level 8 * `level` of the tree. */

const TILE_HEIGHT = 8;
const TILE_WIDTH = 256;

/**
 * The path of a tile, such as `tile/0/x001/x234/067.p/5`.
 *
 * @param {Tile} tile
 */
export function tilePath({ level, index, width }) {
  const groups = [String(index % 1000n).padStart(3, "0")];
  for (let rest = index / 1000n; rest > 0n; rest /= 1000n) {
    groups.unshift(`x${String(rest % 1000n).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/**
 * The consistency path between two sizes. `read` gives the bytes of a tile, and is asked once for each. Raises
 * VerificationError for a tile of the wrong length.
 *
 * @param {bigint} oldSize
 * @param {bigint} newSize
 * @param {(tile: Tile) => Promise<Bytes>} read
 * @returns {Promise<Bytes[]>}
 */
export async function consistencyPath(oldSize, newSize, read) {
  const reader = new TileReader(newSize, read);
  const path = [];
  for (const nodes of consistencyRanges(oldSize, newSize)) {
    let hash = await reader.nodeHash(nodes[nodes.length - 1]);
    for (const node of nodes.slice(0, -1).reverse()) {
      hash = await nodeHash(await reader.nodeHash(node), hash);
    }
    path.push(hash);
  }
  return path;
}

/** The hashes of complete subtrees, from the tiles of a tree of `size`. */
class TileReader {
  /**
   * @param {bigint} size
   * @param {(tile: Tile) => Promise<Bytes>} read
   */
  constructor(size, read) {
    this.size = size;
    this.read = read;
    /** @type {Map<string, Bytes>} */
    this.tiles = new Map();
  }

  /** @param {Node} node */
  async nodeHash({ height, position }) {
    const level = Math.floor(height / TILE_HEIGHT);
    const inner = BigInt(height % TILE_HEIGHT);
    const first = position << inner;
    const index = first / BigInt(TILE_WIDTH);
    const whole = (this.size >> BigInt(TILE_HEIGHT * level)) - index * BigInt(TILE_WIDTH);
    const width = whole < BigInt(TILE_WIDTH) ? Number(whole) : TILE_WIDTH;
    const data = await this.#tile({ level, index, width });
    const [start, count] = [Number(first % BigInt(TILE_WIDTH)), 1 << Number(inner)];
    return treeRoot(Array.from({ length: count }, (_, i) =>
      data.slice((start + i) * HASH_SIZE, (start + i + 1) * HASH_SIZE)));
  }

  /** @param {Tile} tile */
  async #tile(tile) {
    const path = tilePath(tile);
    const data = this.tiles.get(path) ?? (await this.read(tile));
    if (data.length !== tile.width * HASH_SIZE) {
      throw new VerificationError(`${path} has ${data.length} bytes, not ${tile.width * HASH_SIZE}`, {
        code: "malformed-tile", field: path,
      });
    }
    this.tiles.set(path, data);
    return data;
  }
}

/**
 * For each hash of the path, the complete subtrees under it.
 *
 * @param {bigint} oldSize
 * @param {bigint} newSize
 * @returns {Node[][]}
 */
function consistencyRanges(oldSize, newSize) {
  if (oldSize === 0n || oldSize >= newSize) {
    return [];
  }
  let { height, index } = lastSubtree(oldSize);
  const ranges = index ? [[{ height, position: index }]] : [];
  while ((newSize - 1n) >> BigInt(height)) {
    const start = (index ^ 1n) << BigInt(height);
    if (start < newSize) {
      const end = start + (1n << BigInt(height));
      ranges.push(subtrees(start, end < newSize ? end : newSize));
    }
    height += 1;
    index >>= 1n;
  }
  return ranges;
}

/**
 * The complete subtrees between two leaves, largest first; `start` is a multiple of the largest.
 *
 * @param {bigint} start
 * @param {bigint} end
 */
function subtrees(start, end) {
  const nodes = [];
  while (start < end) {
    const height = (end - start).toString(2).length - 1;
    nodes.push({ height, position: start >> BigInt(height) });
    start += 1n << BigInt(height);
  }
  return nodes;
}
