/**
 * What a checker trusts: a log by its vkey, or a policy that names the log and a quorum of witnesses; and the rotation
 * notes that lead from a trusted key of the log to its other keys.
 */

import { InvalidInput, VerificationError } from "./errors.js";
import { identity, parseNote } from "./note.js";
import { openCosigned } from "./policy.js";
import { logKeys } from "./rotation.js";

/** @typedef {import("./checkpoint.js").Checkpoint} Checkpoint */
/**
 * @typedef {object} Trust
 * @property {string} [vkey] of the log
 * @property {import("./policy.js").Policy} [policy] its quorum must have cosigned the checkpoint
 * @property {readonly string[]} [rotations] notes on the rotations of the log's key
 * @property {(checkpoint: Checkpoint, keys: import("./rotation.js").LogKeys) => Promise<unknown>} [published] asks the
 *   log: raises VerificationError if it does not begin with the checkpoint any more
 */

/**
 * The log's keys, from the given vkey on, else from the key of the policy's log that signed the note. Raises
 * VerificationError of step 2 if the policy does not name that log, or the rotations do not hold.
 *
 * @param {string} note
 * @param {Trust} trust
 */
export async function pinnedKeys(note, { vkey, policy, rotations = [] }) {
  if (vkey !== undefined) {
    return logKeys(vkey, rotations);
  }
  if (!policy) {
    throw new InvalidInput("no log key is given", { code: "no-key", field: "vkey", rule: "a vkey, or a policy with a log" });
  }
  const lines = parseNote(note).signatures;
  const origin = lines[0].name;
  const keys = policy.log(origin);
  if (!keys.length) {
    throw new VerificationError(`the policy does not name the log '${origin}'`, {
      step: 2, code: "unknown-log", field: "policy", value: origin,
    });
  }
  const signed = new Set(lines.map(identity));
  const signer = keys.find((key) => signed.has(identity(key))) ?? keys[0];
  return logKeys(signer.vkey, rotations);
}

/**
 * When each witness cosigned a checkpoint, in POSIX seconds by its name in the policy. Raises VerificationError if they
 * are not a quorum.
 *
 * @param {string} note
 * @param {import("./policy.js").Policy} policy
 * @param {import("./note.js").NoteVerifier} verifier
 */
export async function checkQuorum(note, policy, verifier) {
  return (await openCosigned(note, policy, verifier)).times;
}
