/** C2SP tlog-proof: index, inclusion path and checkpoint in one text that verifies offline. */

import { base64 } from "./bytes.js";
import { openCheckpoint, parseCheckpoint, parseDecimal } from "./checkpoint.js";
import { InvalidNote } from "./errors.js";
import { HASH_SIZE, verifyInclusion } from "./merkle.js";
import { decodeBase64, parseNote } from "./note.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * A parsed proof, not verified. No signature ever covers `extra`.
 *
 * @typedef {{index: bigint, path: Bytes[], checkpointNote: string, extra?: Bytes}} TlogProof
 */

const HEADER = "c2sp.org/tlog-proof@v1";
/** Hashes on the longest path of a tree of MAX_SIZE. */
const MAX_PATH = 63;

/**
 * The parts of a proof, checked for form alone, down to the checkpoint and its signature lines. Raises InvalidNote.
 *
 * @param {string} text
 * @returns {TlogProof}
 */
export function parseProof(text) {
  const end = text.indexOf("\n\n");
  if (end < 0) {
    throw new InvalidNote("the proof has no empty line before its checkpoint");
  }
  const [header, ...lines] = text.slice(0, end).split("\n");
  if (header !== HEADER) {
    throw new InvalidNote(`the proof does not begin with the line ${HEADER}`, { value: header });
  }
  let extra;
  if (lines[0]?.startsWith("extra ")) {
    extra = decodeBase64(lines.shift()?.slice(6) ?? "", "the extra data of a proof");
    if (!extra.length) {
      throw new InvalidNote("extra data must not be empty: leave it out", { field: "extra" });
    }
  }
  const indexLine = lines.shift();
  if (!indexLine?.startsWith("index ")) {
    throw new InvalidNote("the index line of the proof is missing or out of place");
  }
  const index = parseDecimal(indexLine.slice(6), "index");
  if (lines.length > MAX_PATH) {
    throw new InvalidNote(`a path has at most ${MAX_PATH} hashes, not ${lines.length}`, { field: "path" });
  }
  const path = lines.map((line) => decodeBase64(line, "a hash of the path"));
  if (path.some((node) => node.length !== HASH_SIZE)) {
    throw new InvalidNote(`a hash of the path is not ${HASH_SIZE} bytes`, { field: "path" });
  }
  const checkpointNote = text.slice(end + 2);
  parseCheckpoint(parseNote(checkpointNote).text);
  return { index, path, checkpointNote, extra };
}

/**
 * The text of a proof.
 *
 * @param {TlogProof} proof
 */
export function encodeProof({ index, path, checkpointNote, extra }) {
  const head = [HEADER, ...(extra ? [`extra ${base64(extra)}`] : []), `index ${index}`, ...path.map(base64)];
  return `${head.join("\n")}\n\n${checkpointNote}`;
}

/**
 * The checkpoint by which the log has committed to the leaf: the key signed it for this log, and the path leads from the
 * leaf to its root. Raises InvalidNote or VerificationError.
 *
 * @param {string} text
 * @param {Bytes} leafHash
 * @param {import("./note.js").Verifier & {name: string}} verifier
 */
export async function verifyProof(text, leafHash, verifier) {
  const proof = parseProof(text);
  const checkpoint = await openCheckpoint(proof.checkpointNote, verifier.name, verifier);
  await verifyInclusion(leafHash, proof.index, checkpoint.size, checkpoint.root, proof.path);
  return checkpoint;
}
