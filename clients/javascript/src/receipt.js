/**
 * Receipts: proofs that a record is on the log, and of its figures, which anyone checks offline; and acknowledgements,
 * the log's signed promise of an entry before its witnesses have signed.
 */

import { equal, hex, sha256, unbase64 } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { parseEntry } from "./entry.js";
import { InvalidInput, InvalidNote, VerificationError } from "./errors.js";
import { JsonObject, parseJson } from "./json.js";
import { recordMessage } from "./keys.js";
import { provenLeaf } from "./leaves.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { verifyNote } from "./note.js";
import { parseProof } from "./proof.js";
import { anything, byDefault, integer, listOf, object, text } from "./shapes.js";
import { atStep, Steps, withStep } from "./steps.js";
import { pinnedKeys, checkQuorum } from "./trust.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./json.js").Json} Json */
/** @typedef {import("./leaves.js").LotLeaf} LotLeaf */
/** @typedef {import("./leaves.js").AssessmentLeaf} AssessmentLeaf */
/** @typedef {import("./note.js").NoteVerifier} NoteVerifier */
/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {ReturnType<typeof receiptShape> & {note?: undefined}} Receipt */
/** @typedef {ReturnType<typeof acknowledgementShape> & {proof?: undefined}} Acknowledgement */
/**
 * What a receipt proves.
 *
 * @typedef {object} Verified
 * @property {bigint} index of the entry
 * @property {import("./checkpoint.js").Checkpoint} [checkpoint] undefined if the log has only promised the entry
 * @property {import("./entry.js").Entry} entry
 * @property {AssessmentLeaf} [assessment]
 * @property {LotLeaf[]} lots
 * @property {Map<string, bigint>} [cosigned] when each witness of the policy signed, POSIX seconds
 * @property {string} [led] a sentence if the log's key was rotated since the pinned one
 */

/** The step that needs the log itself. */
export const PUBLISHED = "the log, as it is published now, begins with that checkpoint";
export const TAG = "carbon-ledger/receipt/v1";
export const STEPS = Object.freeze([
  "the entry is well-formed and commits to the receipt's digest",
  "the checkpoint is signed by the log",
  "the entry is in that checkpoint's tree at its index",
  "every figure shown is in the entry's outcome",
  "the body has the digest",
  "the key signed the record",
  PUBLISHED,
  "the policy's quorum of witnesses cosigned the checkpoint",
]);
const BY_LOG = 7;
const QUORUM = 8;
const leaves = byDefault(listOf(object({
  leaf: anything, index: integer, size: integer, path: listOf(text),
})), () => []);
const receiptShape = object({ index: integer, digest: text, entry: text, proof: text, leaves });
const acknowledgementShape = object({ index: integer, digest: text, entry: text, note: text, leaves });

/**
 * The receipt or acknowledgement in a file or an answer. Raises InvalidInput if it is neither.
 *
 * @param {Uint8Array | string} data
 * @returns {Receipt | Acknowledgement}
 */
export function readAnswer(data) {
  return answerOf(parseJson(data));
}

/**
 * The same of a tree.
 *
 * @param {Json} tree
 * @returns {Receipt | Acknowledgement}
 */
export function answerOf(tree) {
  const promised = tree instanceof JsonObject && typeof tree.get("note") === "string";
  try {
    return promised ? acknowledgementShape(tree, "receipt") : receiptShape(tree, "receipt");
  } catch (error) {
    if (!promised || !(error instanceof InvalidInput)) {
      throw error;
    }
    // A receipt may have a note beside its proof.
    return receiptShape(tree, "receipt");
  }
}

/**
 * Checks a receipt or an acknowledgement, step by step; offline, unless `published` asks the log. `body`: the record's
 * canonical bytes; `key`: of its signer. Raises InvalidNote or VerificationError if the vkey and the rotations that are
 * trusted are not keys of a log.
 *
 * @param {Receipt | Acknowledgement} answer
 * @param {Trust & {body?: Bytes, key?: import("./keys.js").VerifyingKey}} given
 * @returns {Promise<import("./steps.js").Report<Verified>>}
 */
export async function verifyReceipt(answer, { body, key, ...trust }) {
  const steps = new Steps(STEPS);
  if (answer.note !== undefined) {
    steps.mark(3, "notAsked", "not yet: the log acknowledged the record before its witnesses had signed");
  }
  if (!body) {
    steps.mark(5, "notAsked", "no body is given");
  }
  if (!key) {
    steps.mark(6, "notAsked", "no key is given");
  }
  if (!trust.published || answer.note !== undefined) {
    steps.mark(BY_LOG, "notAsked", answer.note === undefined ? "no log is asked" : "no checkpoint yet");
  }
  if (!trust.policy) {
    steps.mark(QUORUM, "notAsked", "no policy is given");
  }
  const given = trust.vkey === undefined ? undefined : await pinnedKeys("", trust);
  return steps.report(async () => {
    unpackedEntry(answer);
    const note = noteOf(answer);
    const keys = given ?? (await withStep(2, () => pinnedKeys(note, trust)));
    const verifier = await withStep(2, async () => verifierOf(answer, keys));
    const verified = await verifyAnswer(answer, verifier, { body, key });
    const { checkpoint } = verified;
    if (checkpoint) {
      await atStep(BY_LOG, async () => trust.published?.(checkpoint, keys));
    }
    const { policy } = trust;
    const cosigned = policy && (await atStep(QUORUM, () => cosignedBy(answer, policy, verifier)));
    return { ...verified, cosigned, led: keys.led };
  });
}

/**
 * Steps 1 to 6, with the log's key. Raises VerificationError with the step that fails.
 *
 * @param {Receipt | Acknowledgement} answer
 * @param {NoteVerifier} verifier
 * @param {{body?: Bytes, key?: import("./keys.js").VerifyingKey}} [given]
 * @returns {Promise<Verified>}
 */
export async function verifyAnswer(answer, verifier, { body, key } = {}) {
  const { data, entry } = unpackedEntry(answer);
  const checkpoint = answer.note === undefined ? await includedIn(answer, data, verifier)
    : await promisedBy(answer, data, verifier);
  const shown = await verifiedLeaves(answer.leaves, entry.outcome);
  if (body && !equal(await sha256(body), entry.digest)) {
    throw new VerificationError("the body has another digest", { step: 5, code: "wrong-body", field: "body" });
  }
  if (key && !equal(key.keyid, entry.keyid)) {
    throw new VerificationError("another key signed the record", {
      step: 6, code: "wrong-key", field: "key", value: key.name,
    });
  }
  await withStep(6, async () => key?.verify(entry.signature, recordMessage(verifier.name, entry.kind, entry.digest)));
  return {
    index: BigInt(answer.index), checkpoint, entry, assessment: shown.find((leaf) => leaf.leaf === "assessment"),
    lots: shown.filter((leaf) => leaf.leaf === "lot"),
  };
}

/**
 * Step 1: the entry, which must commit to the stated digest.
 *
 * @param {Receipt | Acknowledgement} answer
 */
export function unpackedEntry(answer) {
  const data = decoded(answer.entry, "entry", 1);
  const entry = parseEntry(data);
  if (hex(entry.digest) !== answer.digest) {
    throw new VerificationError("the entry commits to another digest", {
      step: 1, code: "wrong-digest", field: "digest", value: answer.digest,
    });
  }
  return { data, entry };
}

/**
 * The note by the log: of the checkpoint, or of the promise. Raises VerificationError.
 *
 * @param {Receipt | Acknowledgement} answer
 */
export function noteOf(answer) {
  return answer.note ?? proofOf(answer).checkpointNote;
}

/**
 * The key of the log that signed an answer.
 *
 * @param {Receipt | Acknowledgement} answer
 * @param {import("./rotation.js").LogKeys} keys
 */
export function verifierOf(answer, keys) {
  // An acknowledgement covers one entry, at the size of the log with this entry.
  return keys.verifierOf(noteOf(answer), answer.note === undefined ? 0n : BigInt(answer.index) + 1n);
}

/**
 * When each witness cosigned the answer's checkpoint. Raises VerificationError if they are not a quorum.
 *
 * @param {Receipt | Acknowledgement} answer
 * @param {import("./policy.js").Policy} policy
 * @param {NoteVerifier} verifier
 */
export async function cosignedBy(answer, policy, verifier) {
  if (policy.quorum === null) {
    return new Map();
  }
  if (answer.note !== undefined) {
    throw new VerificationError("the log acknowledged the record before its witnesses signed", {
      code: "no-quorum", field: "policy", value: policy.quorum,
      rule: "ask the log for the record's proof, once its witnesses have signed",
    });
  }
  return checkQuorum(proofOf(answer).checkpointNote, policy, verifier);
}

/**
 * Steps 2 and 3 of a receipt.
 *
 * @param {Receipt} receipt
 * @param {Bytes} data
 * @param {NoteVerifier} verifier
 */
async function includedIn(receipt, data, verifier) {
  const proof = proofOf(receipt);
  if (proof.index !== BigInt(receipt.index)) {
    throw new VerificationError(`the proof is for index ${proof.index}, not ${receipt.index}`, {
      step: 1, code: "wrong-index", field: "index", value: receipt.index,
    });
  }
  const checkpoint = await renamed("the log did not sign the checkpoint", {
    step: 2, code: "wrong-checkpoint", field: "proof", value: verifier.name,
  }, () => openCheckpoint(proof.checkpointNote, verifier.name, verifier));
  await renamed("the entry is not in the checkpoint's tree", {
    step: 3, code: "not-included", field: "proof", value: proof.index,
  }, async () => verifyInclusion(await leafHash(data), proof.index, checkpoint.size, checkpoint.root, proof.path));
  return checkpoint;
}

/**
 * Step 2 of an acknowledgement.
 *
 * @param {Acknowledgement} answer
 * @param {Bytes} data
 * @param {NoteVerifier} verifier
 */
async function promisedBy(answer, data, verifier) {
  const details = { step: 2, code: "wrong-acknowledgement", field: "note" };
  const signed = await renamed("the log did not sign the acknowledgement", { ...details, value: verifier.name },
    () => verifyNote(answer.note, [verifier]));
  const entry = parseEntry(data);
  const promise = `${TAG}\norigin ${verifier.name}\nindex ${answer.index}\nentry ${hex(await leafHash(data))}\n` +
    `digest ${hex(entry.digest)}\noutcome ${hex(entry.outcome)}\n`;
  if (signed !== promise) {
    throw new VerificationError("the log signed an acknowledgement of another entry", {
      ...details, value: answer.index,
    });
  }
  return undefined;
}

/**
 * Step 4.
 *
 * @param {Receipt["leaves"]} shown
 * @param {Bytes} outcome
 */
async function verifiedLeaves(shown, outcome) {
  const proven = [];
  for (const [i, { leaf, index, size, path }] of shown.entries()) {
    const field = `leaves[${i}]`;
    const hashes = path.map((node) => decoded(node, `${field}.path`, 4, "wrong-leaf"));
    proven.push(await withStep(4, () => provenLeaf(leaf, field, { index, size, outcome, path: hashes })));
  }
  return proven;
}

/** @param {Receipt | Acknowledgement} answer */
function proofOf(answer) {
  try {
    return parseProof(answer.proof ?? "");
  } catch (error) {
    throw error instanceof InvalidNote
      ? new VerificationError(`the proof is not a C2SP tlog-proof: ${error.message}`, {
        code: "malformed-receipt", field: "proof",
      }) : error;
  }
}

/**
 * @param {string} encoded
 * @param {string} field
 * @param {number} step
 * @param {string} [code]
 */
function decoded(encoded, field, step, code = "malformed-receipt") {
  const data = unbase64(encoded);
  if (!data) {
    throw new VerificationError(`${field} is not canonical base64`, { step, code, field, value: encoded });
  }
  return data;
}

/**
 * An InvalidNote or VerificationError of the check as a VerificationError with these details.
 *
 * @template T
 * @param {string} words
 * @param {import("./errors.js").Details} details
 * @param {() => Promise<T>} check
 * @returns {Promise<T>}
 */
export async function renamed(words, details, check) {
  try {
    return await check();
  } catch (error) {
    throw error instanceof InvalidNote || error instanceof VerificationError
      ? new VerificationError(`${words}: ${error.message}`, details) : error;
  }
}
