/**
 * The outcome of a record, to which its log entry commits: a tree over salted canonical JSON leaves. Leaf 0 is the
 * assessment, leaf i is output i with its figures.
 */

import { encode } from "./canonical.js";
import { InvalidInput, VerificationError } from "./errors.js";
import { JsonObject } from "./json.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { anything, byDefault, integer, listOf, mapOf, matching, nullable, object, text } from "./shapes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./json.js").Json} Json */
/** @typedef {Map<string, string>} Figures Amounts by name, as the shortest decimals of their binary64. */

const POSITIVE = /^(?=.*[1-9])(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,8}[1-9])?$/;
const figures = byDefault(mapOf(text), () => new Map());

export const quantity = object({
  value: matching(POSITIVE, 25), unit: matching(/^[A-Z0-9]{2,3}$/, 3),
}, { sealed: true });

const assessmentLeaf = object({
  salt: text, assessment: anything, method: text, retained: figures, declared: figures, arisen: figures, lost: figures,
  plugin: nullable(text), averaged: figures, averagedContents: figures, covered: figures, activation: integer,
  questions: byDefault(listOf(object({
    output: integer, share: byDefault(text, () => "0.0"), made: byDefault(text, () => "0.0"),
    escaped: byDefault(text, () => "0.0"), documented: byDefault(text, () => "0.0"), figure: nullable(text),
    low: nullable(text), default: nullable(text),
  })), () => []),
  acceptedBy: nullable(integer), products: nullable(integer),
});
const lotLeaf = object({
  salt: text, lot: text, product: text, quantity, holder: text, role: text, method: text, burdens: figures,
  contents: figures, plugin: nullable(text), owner: nullable(text), credit: nullable(text),
});
const revisionLeaf = object({ salt: text, index: integer, record: text, outcome: text });

/** @typedef {{leaf: "assessment"} & ReturnType<typeof assessmentLeaf>} AssessmentLeaf */
/** @typedef {{leaf: "lot"} & ReturnType<typeof lotLeaf>} LotLeaf */
/** @typedef {{leaf: "revision"} & ReturnType<typeof revisionLeaf>} RevisionLeaf */
/** @typedef {AssessmentLeaf | LotLeaf | RevisionLeaf} Leaf */

/**
 * A shown leaf, proved to be in the outcome. It may have been reformatted on its way: only its canonical bytes count.
 * Raises VerificationError with code `malformed-leaf` or `wrong-leaf`.
 *
 * @param {Json} tree
 * @param {string} field
 * @param {{index: number, size: number, outcome: Bytes, path: readonly Bytes[]}} place
 * @returns {Promise<Leaf>}
 */
export async function provenLeaf(tree, field, { index, size, outcome, path }) {
  let leaf;
  try {
    leaf = leafOf(tree);
  } catch (error) {
    throw error instanceof InvalidInput
      ? new VerificationError(`${field} is not a leaf: ${error.message}`, { code: "malformed-leaf", field }) : error;
  }
  try {
    await verifyInclusion(await leafHash(encode(tree)), BigInt(index), BigInt(size), outcome, path);
  } catch (error) {
    throw error instanceof VerificationError
      ? new VerificationError(`${field} is not in the entry's outcome: ${error.message}`, {
        code: "wrong-leaf", field, value: index,
      }) : error;
  }
  if ((leaf.leaf === "assessment") !== (index === 0)) {
    throw new VerificationError(`${field} is shown at index ${index}: leaf 0, and no other leaf, is the assessment`, {
      code: "wrong-leaf", field, value: index,
    });
  }
  return leaf;
}

/**
 * @param {Json} tree
 * @returns {Leaf}
 */
function leafOf(tree) {
  const kind = tree instanceof JsonObject ? tree.get("leaf") : undefined;
  switch (kind) {
    case "assessment":
      return { leaf: "assessment", ...assessmentLeaf(tree, "leaf") };
    case "lot":
      return { leaf: "lot", ...lotLeaf(tree, "leaf") };
    case "revision":
      return { leaf: "revision", ...revisionLeaf(tree, "leaf") };
    default:
      throw new InvalidInput("the field leaf is not assessment, lot or revision", { field: "leaf" });
  }
}
