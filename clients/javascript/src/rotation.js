/**
 * The keys of a log over time. A rotation is a signed note that leads clients from a pinned key to the next one.
 *
 * The note has six lines: `carbon-ledger/log-key/v1`, `begin` or `end`, the origin, the old vkey, the new vkey, and the
 * size of the log at that moment. Both keys sign the `begin` note; from then on both sign. The new key signs the `end`
 * note; from then on it signs alone, and the old key is valid up to that size.
 */

import { openCheckpoint, parseCheckpoint, parseDecimal } from "./checkpoint.js";
import { InvalidNote, VerificationError } from "./errors.js";
import { identity, parseNote, parseVkey, verifyNote } from "./note.js";

/** @typedef {import("./note.js").NoteVerifier} NoteVerifier */
/** @typedef {{begins: boolean, origin: string, old: string, new: string, size: bigint}} Rotation */
/** @typedef {{vkey: string, verifier: NoteVerifier, until?: bigint}} KeySpan `until`: the size up to which it signs. */

export const TAG = "carbon-ledger/log-key/v1";

/**
 * The rotation that a note states, if all required keys signed it. Raises InvalidNote or VerificationError.
 *
 * @param {string} note
 * @returns {Promise<Rotation>}
 */
export async function openRotation(note) {
  const lines = parseNote(note).text.split("\n");
  if (lines.length !== 7 || lines[0] !== TAG || !["begin", "end"].includes(lines[1])) {
    throw new InvalidNote("not a rotation of a log's key", { field: "note", rule: `six lines, the first one ${TAG}` });
  }
  const rotation = {
    begins: lines[1] === "begin", origin: lines[2], old: lines[3], new: lines[4], size: parseDecimal(lines[5], "size"),
  };
  const [before, after] = [await parseVkey(rotation.old), await parseVkey(rotation.new)];
  if (before.name !== rotation.origin || after.name !== rotation.origin || rotation.old === rotation.new) {
    throw new InvalidNote("a rotation must lead to another key of the same origin", {
      field: "note", value: rotation.origin,
    });
  }
  await verifyNote(note, rotation.begins ? [before, after] : [after]);
  return rotation;
}

/**
 * Raises VerificationError if the rotations do not form a chain: each begins, and ends before the next begins.
 *
 * @param {readonly Rotation[]} rotations
 */
export function checkChain(rotations) {
  for (const [place, rotation] of rotations.entries()) {
    if (rotation.begins !== (place % 2 === 0)) {
      throw new VerificationError("a rotation must begin, and end before the next one begins", { code: "broken-chain" });
    }
    if (!place) {
      continue;
    }
    const before = rotations[place - 1];
    const [old, next] = before.begins ? [before.old, before.new] : [before.new, rotation.new];
    const follows = rotation.origin === before.origin && rotation.old === old && rotation.new === next;
    if (!follows || rotation.size < before.size) {
      throw new VerificationError("a rotation does not follow the one before it", {
        code: "broken-chain", field: "size", value: rotation.size,
      });
    }
  }
}

/**
 * Raises VerificationError if the `shown` notes do not begin with the `known` ones: then somebody who has a key has made
 * another chain of rotations, or withholds the end of one.
 *
 * @param {readonly string[]} known
 * @param {readonly string[]} shown
 */
export async function checkContinues(known, shown) {
  for (const [place, note] of known.entries()) {
    const rotation = await openRotation(note);
    const other = place < shown.length ? await openRotation(shown[place]) : undefined;
    if (!other || text(other) !== text(rotation)) {
      throw new VerificationError(
        `the rotation of the log's key to ${rotation.new} at ${rotation.size} entries was seen before; now it is ` +
        "missing or different",
        { code: "forked-keys", field: "log-keys", value: place + 1, rule: "the chain of rotations only grows" },
      );
    }
  }
}

/** The keys that a client accepts after it has pinned one of them, oldest first. Made by `logKeys`. */
export class LogKeys {
  /**
   * @param {string} pinned
   * @param {readonly string[]} notes
   * @param {readonly KeySpan[]} spans
   */
  constructor(pinned, notes, spans) {
    this.pinned = pinned;
    this.notes = notes;
    this.spans = spans;
  }

  get origin() {
    return this.spans[0].verifier.name;
  }

  /** A sentence for clients that pinned a key which has a successor; undefined if it has no successor. */
  get led() {
    const newest = this.spans[this.spans.length - 1].vkey;
    if (this.pinned === newest) {
      return undefined;
    }
    const signs = this.spans.some((span) => span.vkey === this.pinned && span.until === undefined);
    return "the log's key was rotated: signed notes lead from the pinned one to " +
      `${newest}, which ${signs ? "signs together with it" : "signs now"}`;
  }

  /**
   * The checkpoint in a note that one of these keys signed while it was valid. Raises InvalidNote or VerificationError.
   *
   * @param {string} note
   */
  async opened(note) {
    return openCheckpoint(note, this.origin, this.verifierOf(note));
  }

  /**
   * The newest of these keys that has a line on the note and is valid at its size: the checkpoint's own size, or `size`
   * for any other note. If no key has a line, the pinned key, so that verifying with it reports the fault. This verifies
   * no signature. Raises VerificationError if only keys signed that had ended before.
   *
   * @param {string} note
   * @param {bigint} [size]
   * @returns {NoteVerifier}
   */
  verifierOf(note, size = 0n) {
    const pinned = /** @type {KeySpan} */ (this.spans.find((span) => span.vkey === this.pinned)).verifier;
    const parsed = without(() => parseNote(note));
    if (!parsed) {
      return pinned;
    }
    const at = without(() => parseCheckpoint(parsed.text, { extensions: true }))?.size ?? size;
    const lines = new Set(parsed.signatures.map(identity));
    const signed = this.spans.filter((span) => lines.has(identity(span.verifier)));
    const valid = signed.findLast((span) => span.until === undefined || at <= span.until);
    if (valid) {
      return valid.verifier;
    }
    const last = signed[signed.length - 1];
    if (!last) {
      return pinned;
    }
    throw new VerificationError(`the key that signed for a log of ${at} entries ended at ${last.until} entries`, {
      code: "ended-key", field: "vkey", value: last.vkey,
      rule: "after the end of a rotation the new key signs alone",
    });
  }
}

/**
 * The keys of a log, from the pinned vkey and the notes by which it rotated its key. Raises InvalidNote or
 * VerificationError if the notes do not form a chain, or `pinned` is not on it.
 *
 * @param {string} pinned
 * @param {readonly string[]} [notes]
 * @returns {Promise<LogKeys>}
 */
export async function logKeys(pinned, notes = []) {
  /** @type {Rotation[]} */
  const steps = [];
  for (const note of notes) {
    steps.push(await openRotation(note));
  }
  checkChain(steps);
  const begins = steps.filter((step) => step.begins).map((step) => step.new);
  const chain = steps.length ? [steps[0].old, ...begins] : [pinned];
  if (!chain.includes(pinned)) {
    throw new VerificationError("the rotations do not lead from or to the pinned key", {
      code: "broken-chain", field: "vkey", value: pinned,
    });
  }
  const ends = new Map(steps.filter((step) => !step.begins).map((step) => [step.old, step.size]));
  const spans = [];
  for (const vkey of chain) {
    spans.push({ vkey, verifier: await parseVkey(vkey), until: ends.get(vkey) });
  }
  return new LogKeys(pinned, notes, spans);
}

/** @param {Rotation} rotation */
function text(rotation) {
  return [TAG, rotation.begins, rotation.origin, rotation.old, rotation.new, rotation.size].join("\n");
}

/**
 * The result, or undefined where it raises InvalidNote.
 *
 * @template T
 * @param {() => T} read
 * @returns {T | undefined}
 */
function without(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidNote) {
      return undefined;
    }
    throw error;
  }
}
