/** Bytes and their spellings: UTF-8, hexadecimal, base64 in its one spelling, and SHA-256. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * UTF-8. A lone surrogate becomes U+FFFD: check with `isWellFormed` first.
 *
 * @param {string} text
 * @returns {Bytes}
 */
export function utf8(text) {
  return /** @type {Bytes} */ (encoder.encode(text));
}

/**
 * The text of UTF-8 bytes, a byte order mark included. Raises TypeError for other bytes.
 *
 * @param {Uint8Array} data
 */
export function textOf(data) {
  return decoder.decode(data);
}

/**
 * Whether a text has no lone surrogate, so that UTF-8 can hold it.
 *
 * @param {string} text
 */
export function isWellFormed(text) {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/**
 * @param {...Uint8Array} parts
 * @returns {Bytes}
 */
export function concatenated(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function equal(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** @param {Uint8Array} data */
export function hex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The bytes of lower-case hexadecimal digits; undefined for any other text.
 *
 * @param {string} text
 * @returns {Bytes | undefined}
 */
export function unhex(text) {
  if (!HEX.test(text)) {
    return undefined;
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** @param {Uint8Array} data */
export function base64(data) {
  return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * The bytes of standard base64 with its padding; undefined for any other text. The unused bits before the padding must
 * be zero: otherwise a signature would have several spellings.
 *
 * @param {string} text
 * @returns {Bytes | undefined}
 */
export function unbase64(text) {
  if (text.length % 4 || !ALPHABET.test(text)) {
    return undefined;
  }
  const data = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return base64(data) === text ? data : undefined;
}

/** @param {Uint8Array} data */
export function base64url(data) {
  return base64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The non-negative number of big-endian bytes.
 *
 * @param {Uint8Array} data
 */
export function numberOf(data) {
  return data.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/**
 * A non-negative number in `length` big-endian bytes.
 *
 * @param {bigint} number
 * @param {number} length
 * @returns {Bytes}
 */
export function bytesOf(number, length) {
  return Uint8Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 0xffn));
}

/**
 * @param {Bytes} data
 * @returns {Promise<Bytes>}
 */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}
