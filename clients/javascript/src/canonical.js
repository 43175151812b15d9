/**
 * One record, one byte string: RFC 8785 (JCS), restricted to the values that a record may contain.
 *
 * Keys of a record are ASCII and its numbers are integers below 2^53, so plain sorting and plain integers are enough.
 * Whether the fields fit the record's type is for the server to say: this module checks the spelling.
 */

import { base64url, equal, hex, isWellFormed, sha256, utf8 } from "./bytes.js";
import { InvalidBody, InvalidInput } from "./errors.js";
import { Fraction, JsonObject, parseJson } from "./json.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./json.js").Json} Json */

/** Bytes of the largest body. */
export const MAX_BODY = 1 << 20;
export const MAX_DEPTH = 32;
const LIMIT = 2 ** 53;
const INTEGERS = "integers must be between -2^53 and 2^53";

/**
 * The canonical bytes of a record, given as plain values. Fields that are undefined are left out; so must be fields with
 * their default value. Raises InvalidBody for values that a record may not contain.
 *
 * @param {object} record
 * @returns {Bytes}
 */
export function encodeRecord(record) {
  const tree = treeOf(record);
  checkValues(tree);
  const body = encode(tree);
  if (body.length > MAX_BODY) {
    throw tooLarge(body.length);
  }
  return body;
}

/**
 * The tree of a record whose canonical bytes are `body`. Raises InvalidBody for any other spelling.
 *
 * @param {Uint8Array} body
 * @returns {JsonObject}
 */
export function decodeRecord(body) {
  const tree = checkCanonical(body);
  if (!(tree instanceof JsonObject)) {
    throw new InvalidBody("the body is not a JSON object", { code: "not-an-object", rule: "a JSON object" });
  }
  return tree;
}

/**
 * The value whose canonical bytes are `body`. Raises InvalidBody.
 *
 * @param {Uint8Array} body
 * @returns {Json}
 */
export function checkCanonical(body) {
  if (body.length > MAX_BODY) {
    throw tooLarge(body.length);
  }
  let tree;
  try {
    tree = parseJson(body);
  } catch (error) {
    if (error instanceof InvalidInput) {
      throw new InvalidBody(error.message, { code: error.code, rule: error.rule });
    }
    throw error;
  }
  checkValues(tree);
  if (!equal(encode(tree), body)) {
    throw new InvalidBody("the body is not canonical", {
      code: "not-canonical", rule: "RFC 8785: sorted keys, each once, no spaces, shortest escapes, no `-0`",
    });
  }
  return tree;
}

/**
 * Canonical bytes of any JSON tree. Keys follow in the order of their code points.
 *
 * @param {Json} tree
 * @returns {Bytes}
 */
export function encode(tree) {
  return utf8(written(tree));
}

/**
 * SHA-256 of a record's canonical bytes, in hex: the record's digest.
 *
 * @param {Bytes} body
 */
export async function digestOf(body) {
  return hex(await sha256(body));
}

/** A nonce for a record: 16 random bytes, base64url without padding. */
export function newNonce() {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * The tree of plain values. Raises InvalidBody for values that JSON does not have.
 *
 * @param {unknown} value
 * @returns {Json}
 */
export function treeOf(value) {
  if (Array.isArray(value)) {
    return value.map(treeOf);
  }
  if (typeof value === "number") {
    return Number.isInteger(value) ? value + 0 : new Fraction(String(value));
  }
  if (value === null || typeof value === "boolean" || typeof value === "bigint") {
    return value;
  }
  if (typeof value === "string") {
    return wellFormed(value);
  }
  if (typeof value === "object") {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const stated = entries.filter(([, member]) => member !== undefined);
    return new JsonObject(stated.map(([key, member]) => [wellFormed(String(key)), treeOf(member)]));
  }
  throw new InvalidBody(`a ${typeof value} is not allowed`, { code: "invalid-field", rule: "values of JSON" });
}

/**
 * A tree as plain values, for programs.
 *
 * @param {Json} tree
 * @returns {any}
 */
export function plainOf(tree) {
  if (tree instanceof JsonObject) {
    const members = [...tree].map(([key, member]) => [key, plainOf(member)]);
    // Not by assignment: `__proto__` is a key like any other.
    return Object.fromEntries(members);
  }
  if (Array.isArray(tree)) {
    return tree.map(plainOf);
  }
  return tree instanceof Fraction ? Number(tree.text) : tree;
}

/** @param {string} text */
function wellFormed(text) {
  if (!isWellFormed(text)) {
    throw new InvalidBody("a text has a lone surrogate", { code: "invalid-field", value: text, rule: "Unicode text" });
  }
  return text;
}

/**
 * @param {Json} tree
 * @returns {string}
 */
function written(tree) {
  if (tree instanceof JsonObject) {
    const keys = [...tree.keys()].sort(byCodePoints);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${written(/** @type {Json} */ (tree.get(key)))}`).join(",")}}`;
  }
  if (Array.isArray(tree)) {
    return `[${tree.map(written).join(",")}]`;
  }
  if (tree instanceof Fraction) {
    return tree.text;
  }
  return typeof tree === "bigint" ? tree.toString() : JSON.stringify(tree);
}

/**
 * @param {string} one
 * @param {string} other
 */
function byCodePoints(one, other) {
  const [left, right] = [[...one], [...other]];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i].codePointAt(0) ?? 0) - (right[i].codePointAt(0) ?? 0);
    if (difference) {
      return difference;
    }
  }
  return left.length - right.length;
}

/**
 * Refuses values that JCS allows but a record does not.
 *
 * @param {Json} tree
 */
function checkValues(tree) {
  let level = [tree];
  for (let depth = 1; level.length; depth += 1) {
    if (depth > MAX_DEPTH) {
      throw new InvalidBody(`the body is nested more than ${MAX_DEPTH} levels deep`, {
        code: "too-deep", rule: `at most ${MAX_DEPTH} levels`,
      });
    }
    level = level.flatMap(checkedMembers);
  }
}

/**
 * The members of a node, after a check of the node itself.
 *
 * @param {Json} node
 * @returns {Json[]}
 */
function checkedMembers(node) {
  if (node instanceof JsonObject) {
    for (const key of node.keys()) {
      if (!/^[\u0000-\u007f]*$/.test(key)) {
        throw new InvalidBody(`key ${JSON.stringify(key)} is not ASCII`, {
          code: "non-ascii-key", value: key, rule: "keys are ASCII",
        });
      }
    }
    return [...node.values()];
  }
  if (Array.isArray(node)) {
    return node;
  }
  if (node === null) {
    throw new InvalidBody("null is not allowed", { code: "null", value: "null", rule: "absent fields are left out" });
  }
  if (node instanceof Fraction) {
    throw new InvalidBody("a JSON number has a fraction or an exponent", {
      code: "float", value: node.text, rule: "numbers are decimal strings; integers below 2^53 are the only JSON numbers",
    });
  }
  if (typeof node === "bigint" || (typeof node === "number" && Math.abs(node) >= LIMIT)) {
    throw new InvalidBody(`integer ${node} is too large`, { code: "integer-too-large", value: node, rule: INTEGERS });
  }
  return [];
}

/** @param {number} length */
function tooLarge(length) {
  return new InvalidBody(`the body has ${length} bytes`, {
    code: "body-too-large", value: length, rule: `at most ${MAX_BODY} bytes`,
  });
}
