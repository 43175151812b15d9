/**
 * The log entry: 170 public bytes that commit to a record, its signature and the figures that follow from it.
 *
 * `version(1) | kind(1) | digest(32) | keyid(32) | signature(64) | outcome(32) | time(8, ms since 1970, big-endian)`
 */

import { numberOf } from "./bytes.js";
import { VerificationError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * @typedef {object} Entry
 * @property {number} kind byte of the record's kind
 * @property {Bytes} digest of the record
 * @property {Bytes} keyid of the key that signed
 * @property {Bytes} signature
 * @property {Bytes} outcome root of the record's results
 * @property {bigint} time ms since 1970, as the server claims; the order in the log decides, not the time
 */

const SIZE = 170;
const VERSION = 1;
const LAST_KIND = 7;

/**
 * Raises VerificationError if `data` is not an entry of version 1.
 *
 * @param {Bytes} data
 * @returns {Entry}
 */
export function parseEntry(data) {
  if (data.length !== SIZE) {
    throw malformed(`an entry has ${SIZE} bytes, not ${data.length}`);
  }
  if (data[0] !== VERSION) {
    throw malformed(`unknown entry version ${data[0]}, not ${VERSION}`);
  }
  if (data[1] > LAST_KIND) {
    throw malformed(`unknown record kind ${data[1]}, not 0 to ${LAST_KIND}`);
  }
  return {
    kind: data[1], digest: data.slice(2, 34), keyid: data.slice(34, 66), signature: data.slice(66, 130),
    outcome: data.slice(130, 162), time: numberOf(data.subarray(162)),
  };
}

/** @param {string} message */
function malformed(message) {
  return new VerificationError(message, { code: "malformed-entry" });
}
