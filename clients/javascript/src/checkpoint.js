/** C2SP tlog-checkpoint: the signed statement of a log's size and root. Sizes are BigInt. */

import { base64, equal } from "./bytes.js";
import { InvalidNote, VerificationError } from "./errors.js";
import { EMPTY_ROOT, HASH_SIZE, MAX_SIZE } from "./merkle.js";
import { decodeBase64, verifyNote } from "./note.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{origin: string, size: bigint, root: Bytes}} Checkpoint */

const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;
const NOT_ORIGIN = /[\u0000-\u001f]/;

/**
 * The checkpoint that a note's text states. Extension lines are refused, since nobody can audit them; with
 * `extensions`, for checkpoints of other logs, they are ignored, but must not be empty. Raises InvalidNote.
 *
 * @param {string} text
 * @param {{extensions?: boolean}} [options]
 * @returns {Checkpoint}
 */
export function parseCheckpoint(text, { extensions = false } = {}) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines[lines.length - 1]) {
    throw new InvalidNote("a checkpoint is three lines: origin, size and root");
  }
  if (lines.length > 4 && !(extensions && lines.slice(3, -1).every((line) => line))) {
    throw new InvalidNote("a checkpoint is three lines: origin, size and root; this one has more");
  }
  const [origin, size, root] = [lines[0], parseDecimal(lines[1], "size"), decodeBase64(lines[2], "the root")];
  if (!origin || NOT_ORIGIN.test(origin)) {
    throw new InvalidNote("the origin must be one line and not empty", { field: "origin", value: origin });
  }
  if (root.length !== HASH_SIZE) {
    throw new InvalidNote(`the root of a checkpoint is not ${HASH_SIZE} bytes`, { field: "root" });
  }
  if (size === 0n && !equal(root, EMPTY_ROOT)) {
    throw new InvalidNote("the root of size 0 is not the root of the empty tree", { field: "root" });
  }
  return { origin, size, root };
}

/**
 * The text that is signed.
 *
 * @param {Checkpoint} checkpoint
 */
export function checkpointText({ origin, size, root }) {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/**
 * The checkpoint in a note, if `verifier` signed it and it is of the log `origin`. Raises InvalidNote or
 * VerificationError.
 *
 * @param {string} note
 * @param {string} origin
 * @param {import("./note.js").Verifier} verifier
 * @returns {Promise<Checkpoint>}
 */
export async function openCheckpoint(note, origin, verifier) {
  const checkpoint = parseCheckpoint(await verifyNote(note, [verifier]));
  if (checkpoint.origin !== origin) {
    throw new VerificationError("the checkpoint is of another log", { field: "origin", value: checkpoint.origin });
  }
  return checkpoint;
}

/**
 * A decimal without sign or leading zeros, at most MAX_SIZE. Raises InvalidNote.
 *
 * @param {string} text
 * @param {string} field
 */
export function parseDecimal(text, field) {
  if (!DECIMAL.test(text) || BigInt(text) > MAX_SIZE) {
    throw new InvalidNote(`the ${field} is not a canonical decimal in range`, { field, value: text });
  }
  return BigInt(text);
}
