/**
 * Ed25519 (RFC 8032), with one verdict on every platform.
 *
 * WebCrypto verifies signatures of ordinary keys. Platforms disagree about keys outside of the group of prime order, and
 * some lack Ed25519: there the arithmetic of this module decides as OpenSSL does, without the cofactor. Nothing here is
 * secret, so nothing runs in constant time.
 */

import { bytesOf, concatenated, equal, numberOf } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{x: bigint, y: bigint, z: bigint, t: bigint}} Point Extended coordinates. */

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const SIGN = 1n << 255n;
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const NEUTRAL = { x: 0n, y: 1n, z: 1n, t: 0n };
const BASE = /** @type {Point} */ (decoded(bytesOf(mod(4n * power(5n, P - 2n)), 32).reverse()));
const ORDER_8 = numberOf(bytesOf(0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037an, 32).reverse());
/** The y coordinates of the eight points of small order: with such a key, one signature can hold for many messages. */
const SMALL_ORDER = [0n, 1n, P - 1n, ORDER_8, P - ORDER_8];
const SIGNATURE = 64;
const HALF = 32;

/** @type {Map<string, boolean>} */
const ordinary = new Map();
const MOST_REMEMBERED = 4096;

/**
 * Whether 32 bytes are a public key of small order, or another spelling of a key than the canonical one.
 *
 * @param {Uint8Array} key
 */
export function isWeak(key) {
  const y = littleEndian(key) & (SIGN - 1n);
  return y >= P || SMALL_ORDER.includes(y);
}

/**
 * Whether 32 bytes encode a point whose order is L (or 1), as every key made by RFC 8032. Takes some milliseconds.
 *
 * @param {Uint8Array} key
 */
export function isOfPrimeOrder(key) {
  const name = key.join();
  const known = ordinary.get(name);
  if (known !== undefined) {
    return known;
  }
  const point = littleEndian(key) % SIGN >= P ? undefined : decoded(key);
  const product = point && times(L, point);
  // x = 0 has one spelling in RFC 8032, and OpenSSL accepts a second one.
  const holds = product !== undefined && product.x === 0n && product.y === product.z && equal(encoded(point), key);
  if (ordinary.size === MOST_REMEMBERED) {
    ordinary.clear();
  }
  ordinary.set(name, holds);
  return holds;
}

/**
 * Whether an Ed25519 signature holds.
 *
 * @param {Bytes} key 32 bytes
 * @param {Bytes} signature
 * @param {Bytes} message
 * @returns {Promise<boolean>}
 */
export async function holds(key, signature, message) {
  if (signature.length !== SIGNATURE) {
    return false;
  }
  if (isOfPrimeOrder(key) && !isWeak(key) && (await isSupported())) {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  }
  return holdsHere(key, signature, message);
}

/**
 * The same by the arithmetic of this module alone.
 *
 * @param {Bytes} key 32 bytes
 * @param {Bytes} signature 64 bytes
 * @param {Bytes} message
 * @returns {Promise<boolean>}
 */
export async function holdsHere(key, signature, message) {
  const [commitment, s] = [signature.subarray(0, HALF), littleEndian(signature.subarray(HALF))];
  const point = decoded(key);
  if (s >= L || !point) {
    return false;
  }
  const digest = await crypto.subtle.digest("SHA-512", concatenated(commitment, key, message));
  const challenge = littleEndian(new Uint8Array(digest)) % L;
  const negative = { ...point, x: mod(-point.x), t: mod(-point.t) };
  return equal(encoded(sum(times(s, BASE), times(challenge, negative))), commitment);
}

/** @type {Promise<boolean> | undefined} */
let support;

/** Whether this platform's WebCrypto has Ed25519. */
export function isSupported() {
  support ??= crypto.subtle.importKey("raw", /** @type {Bytes} */ (encoded(BASE)), "Ed25519", false, ["verify"])
    .then(() => true, () => false);
  return support;
}

/**
 * The point that 32 bytes encode; undefined if they encode none. As OpenSSL, this takes y modulo P, and either sign of
 * x = 0.
 *
 * @param {Uint8Array} data
 * @returns {Point | undefined}
 */
function decoded(data) {
  const number = littleEndian(data);
  const y = mod(number & (SIGN - 1n));
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) {
    x = mod(x * ROOT_OF_MINUS_ONE);
  }
  if (mod(x * x) !== square) {
    return undefined;
  }
  if ((x & 1n) !== number >> 255n) {
    x = mod(-x);
  }
  return { x, y, z: 1n, t: mod(x * y) };
}

/** @param {Point | undefined} point */
function encoded(point) {
  const { x, y, z } = point ?? NEUTRAL;
  const inverse = power(z, P - 2n);
  return bytesOf(mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n), HALF).reverse();
}

/**
 * @param {bigint} number
 * @param {Point} point
 */
function times(number, point) {
  let product = NEUTRAL;
  for (const bit of number.toString(2)) {
    product = sum(product, product);
    if (bit === "1") {
      product = sum(product, point);
    }
  }
  return product;
}

/**
 * RFC 8032, section 5.1.4: the formula is complete, so it also doubles.
 *
 * @param {Point} left
 * @param {Point} right
 * @returns {Point}
 */
function sum(left, right) {
  const a = mod((left.y - left.x) * (right.y - right.x));
  const b = mod((left.y + left.x) * (right.y + right.x));
  const c = mod(2n * left.t * mod(right.t * D));
  const d = mod(2n * left.z * right.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

/** @param {Uint8Array} data */
function littleEndian(data) {
  return numberOf(Uint8Array.from(data).reverse());
}

/** @param {bigint} number */
function mod(number) {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) {
      result = mod(result * square);
    }
    square = mod(square * square);
  }
  return result;
}
