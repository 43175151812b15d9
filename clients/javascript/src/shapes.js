/**
 * The form of JSON that others wrote: a shape takes a tree and gives plain values, or raises InvalidInput with the path.
 *
 * Numbers are integers. Unless it is `sealed`, an object may have fields that its shape does not name.
 */

import { encode } from "./canonical.js";
import { InvalidInput } from "./errors.js";
import { JsonObject } from "./json.js";

/** @typedef {import("./json.js").Json} Json */
/**
 * @template T
 * @typedef {((tree: Json, path: string) => T) & {absent?: () => T}} Shape `absent`: the value of a missing field.
 */
/**
 * @template F
 * @typedef {{[K in keyof F]: F[K] extends (tree: Json, path: string) => infer T ? T : never}} Fields
 */

/** @type {Shape<string>} */
export const text = (tree, path) => typeof tree === "string" ? tree : wrong(path, "a text");

/** @type {Shape<number>} */
export const integer = (tree, path) => typeof tree === "number" ? tree : wrong(path, "an integer below 2^53");

/** @type {Shape<boolean>} */
export const flag = (tree, path) => typeof tree === "boolean" ? tree : wrong(path, "true or false");

/** @type {Shape<Json>} */
export const anything = (tree) => tree;

/**
 * A text of at most `longest` characters that the pattern matches as a whole.
 *
 * @param {RegExp} pattern
 * @param {number} longest
 * @returns {Shape<string>}
 */
export function matching(pattern, longest) {
  return (tree, path) => {
    const value = text(tree, path);
    return pattern.test(value) && value.length <= longest ? value : wrong(path, `a text like ${pattern}`);
  };
}

/**
 * @template {string} T
 * @param {...T} values
 * @returns {Shape<T>}
 */
export function oneOf(...values) {
  return (tree, path) => values.find((value) => value === tree) ?? wrong(path, `one of ${values.join(", ")}`);
}

/**
 * @template T
 * @param {Shape<T>} shape
 * @param {{least?: number, most?: number}} [lengths]
 * @returns {Shape<T[]>}
 */
export function listOf(shape, { least = 0, most = Infinity } = {}) {
  return (tree, path) => {
    if (!Array.isArray(tree) || tree.length < least || tree.length > most) {
      return wrong(path, `a list of ${least} to ${most}`);
    }
    return tree.map((item, i) => shape(item, `${path}[${i}]`));
  };
}

/**
 * An object whose keys are not fixed.
 *
 * @template T
 * @param {Shape<T>} shape
 * @param {Shape<string>} [key]
 * @returns {Shape<Map<string, T>>}
 */
export function mapOf(shape, key = text) {
  return (tree, path) => {
    if (!(tree instanceof JsonObject)) {
      return wrong(path, "an object");
    }
    return new Map([...tree].map(([name, value]) => [key(name, `${path} key`), shape(value, `${path}.${name}`)]));
  };
}

/**
 * The field may be missing; then the value is undefined.
 *
 * @template T
 * @param {Shape<T>} shape
 * @returns {Shape<T | undefined>}
 */
export function optional(shape) {
  return Object.assign(shape.bind(undefined), { absent: () => undefined });
}

/**
 * The field may be missing, or null; then the value is undefined.
 *
 * @template T
 * @param {Shape<T>} shape
 * @returns {Shape<T | undefined>}
 */
export function nullable(shape) {
  return Object.assign(
    /** @type {Shape<T | undefined>} */ ((tree, path) => (tree === null ? undefined : shape(tree, path))),
    { absent: () => undefined },
  );
}

/**
 * The field may be missing; then the value is `value()`.
 *
 * @template T
 * @param {Shape<T>} shape
 * @param {() => T} value
 * @returns {Shape<T>}
 */
export function byDefault(shape, value) {
  return Object.assign(shape.bind(undefined), { absent: value });
}

/**
 * @template {Record<string, Shape<any>>} F
 * @param {F} fields
 * @param {{sealed?: boolean}} [options]
 * @returns {Shape<Fields<F>>}
 */
export function object(fields, { sealed = false } = {}) {
  return (tree, path) => {
    if (!(tree instanceof JsonObject)) {
      return wrong(path, "an object");
    }
    const unknown = sealed ? [...tree.keys()].find((name) => !Object.hasOwn(fields, name)) : undefined;
    if (unknown !== undefined) {
      throw new InvalidInput(`unknown field ${unknown} at ${path}`, {
        code: "unknown-field", field: `${path}.${unknown}`, rule: "exactly the fields of its type",
      });
    }
    const entries = Object.entries(fields).map(([name, shape]) => {
      const value = tree.get(name);
      if (value !== undefined) {
        return [name, shape(value, `${path}.${name}`)];
      }
      if (!shape.absent) {
        throw new InvalidInput(`missing field ${name} at ${path}`, {
          code: "missing-field", field: `${path}.${name}`, rule: "all fields without a default",
        });
      }
      return [name, shape.absent()];
    });
    return Object.fromEntries(entries);
  };
}

/**
 * Whether two trees are the same value.
 *
 * @param {Json} one
 * @param {Json} other
 */
export function sameTree(one, other) {
  return String(encode(one)) === String(encode(other));
}

/**
 * @param {string} path
 * @param {string} rule
 * @returns {never}
 */
function wrong(path, rule) {
  throw new InvalidInput(`${path}: not ${rule}`, { code: "invalid-field", field: path, rule });
}
