/**
 * Keys of issuers: Ed25519, and ECDSA over P-256 with SHA-256. The algorithm belongs to the key.
 *
 * Signatures have 64 bytes in one spelling. ECDSA has two valid signatures, (r, s) and (r, n - s), for each message:
 * only s <= n/2 is accepted.
 */

import { base64, bytesOf, concatenated, equal, hex, numberOf, sha256, unbase64, unhex, utf8 } from "./bytes.js";
import { holds, isOfPrimeOrder, isWeak } from "./edwards.js";
import { InvalidKey, VerificationError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {"ed25519" | "p256"} Algorithm */

const ED25519_SPKI = /** @type {Bytes} */ (unhex("302a300506032b6570032100"));
const P256_SPKI = /** @type {Bytes} */ (unhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"));
const ED25519_PKCS8 = /** @type {Bytes} */ (unhex("302e020100300506032b657004220420"));
/** Object identifiers of key types that the ledger does not take, as they stand in DER. */
const UNSUPPORTED = ["06072a8648ce3d0201", "06092a864886f70d0101", "06032b656e", "06032b656f", "06032b6571"];
const P256_NAMED = "06082a8648ce3d030107";
const NAMED_CURVES = ["06052b81040022", "06052b81040023", "06052b8104000a", "06052b81040021"];

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF = 32;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A public key. `keyid`: SHA-256 of its DER SubjectPublicKeyInfo. Made by `loadSpki`. */
export class VerifyingKey {
  /**
   * @param {Algorithm} algorithm
   * @param {Bytes} spki
   * @param {Bytes} keyid
   */
  constructor(algorithm, spki, keyid) {
    this.algorithm = algorithm;
    this.spki = spki;
    this.keyid = keyid;
  }

  /** The key's id in hex. */
  get name() {
    return hex(this.keyid);
  }

  /** Whether the key is a point of the group of prime order; verifiers disagree about the signatures of others. */
  get isOfPrimeOrder() {
    return this.algorithm === "p256" || isOfPrimeOrder(this.spki.subarray(-HALF));
  }

  /**
   * Returns if the signature holds. Raises VerificationError with code `wrong-signature` or `high-s`.
   *
   * @param {Bytes} signature
   * @param {Bytes} message
   */
  async verify(signature, message) {
    const valid = this.algorithm === "ed25519" ? await holds(this.spki.slice(-HALF), signature, message)
      : await holdsP256(this.spki, signature, message);
    if (!valid) {
      throw new VerificationError(`the signature does not verify with key ${this.name}`, {
        code: "wrong-signature", field: "signature", value: hex(signature),
        rule: "signed with this key, over this body, for this ledger's origin",
      });
    }
  }
}

/**
 * The key of a DER SubjectPublicKeyInfo. Raises InvalidKey for other algorithms, spellings and weak keys.
 *
 * @param {Bytes} spki
 * @param {string} [field]
 * @returns {Promise<VerifyingKey>}
 */
export async function loadSpki(spki, field = "spki") {
  const details = { field, value: hex(spki) };
  if (hasForm(spki, ED25519_SPKI, HALF)) {
    if (isWeak(spki.subarray(-HALF))) {
      throw new InvalidKey("the key has small order or a non-canonical encoding", {
        ...details, code: "weak-key", rule: "a canonical point of large order",
      });
    }
    return new VerifyingKey("ed25519", spki, await sha256(spki));
  }
  if (hasForm(spki, P256_SPKI, 2 * HALF)) {
    const [x, y] = [numberOf(spki.subarray(-2 * HALF, -HALF)), numberOf(spki.subarray(-HALF))];
    if (x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n) {
      return new VerifyingKey("p256", spki, await sha256(spki));
    }
    throw new InvalidKey("not a public key", { ...details, rule: "a point of P-256" });
  }
  if (isOfAnotherType(hex(spki))) {
    throw new InvalidKey("keys of this type are not supported", {
      field, code: "unsupported-key", rule: "Ed25519 or ECDSA P-256",
    });
  }
  throw new InvalidKey("not a public key in canonical DER", { ...details, rule: "DER SubjectPublicKeyInfo" });
}

/** A private key. Make one with `generate`, `fromSeed` or `fromPem`. */
export class SigningKey {
  /**
   * @param {VerifyingKey} verifying
   * @param {CryptoKey} key
   */
  constructor(verifying, key) {
    this.verifying = verifying;
    this.algorithm = verifying.algorithm;
    this.spki = verifying.spki;
    this.keyid = verifying.keyid;
    this.key = key;
  }

  /**
   * A new key.
   *
   * @param {Algorithm} [algorithm]
   */
  static async generate(algorithm = "ed25519") {
    const pair = await crypto.subtle.generateKey(parameters(algorithm), true, ["sign", "verify"]);
    return SigningKey.#of(algorithm, /** @type {CryptoKeyPair} */ (pair).privateKey);
  }

  /**
   * The Ed25519 key of 32 secret bytes.
   *
   * @param {Bytes} seed
   */
  static async fromSeed(seed) {
    if (seed.length !== HALF) {
      throw new InvalidKey(`a seed has ${HALF} bytes, not ${seed.length}`, { field: "key", rule: `${HALF} bytes` });
    }
    return SigningKey.#imported("ed25519", concatenated(ED25519_PKCS8, seed));
  }

  /**
   * The key in unencrypted PKCS#8 PEM, as `carbon-ledger key new --no-passphrase` writes it. Raises InvalidKey.
   *
   * @param {string} pem
   */
  static async fromPem(pem) {
    const match = /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\s*$/.exec(pem);
    const data = match && unbase64(match[1].replace(/[\r\n]/g, ""));
    if (!data) {
      throw new InvalidKey("not an unencrypted private key", {
        field: "key", rule: "PKCS#8 PEM; `openssl pkey -in KEY` decrypts one",
      });
    }
    return SigningKey.#imported(hex(data).includes(P256_NAMED) ? "p256" : "ed25519", data);
  }

  /** Unencrypted PKCS#8 PEM: keep it secret. */
  async toPem() {
    const lines = base64(new Uint8Array(await crypto.subtle.exportKey("pkcs8", this.key))).match(/.{1,64}/g) ?? [];
    return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
  }

  /**
   * 64 bytes. Ed25519 signs the same bytes each time; ECDSA of WebCrypto does not.
   *
   * @param {Bytes} message
   * @returns {Promise<Bytes>}
   */
  async sign(message) {
    const signature = new Uint8Array(await crypto.subtle.sign(parameters(this.algorithm), this.key, message));
    if (this.algorithm === "ed25519") {
      return signature;
    }
    const s = numberOf(signature.subarray(HALF));
    return concatenated(signature.subarray(0, HALF), bytesOf(s > N / 2n ? N - s : s, HALF));
  }

  /**
   * @param {Algorithm} algorithm
   * @param {Bytes} pkcs8
   */
  static async #imported(algorithm, pkcs8) {
    let key;
    try {
      key = await crypto.subtle.importKey("pkcs8", pkcs8, parameters(algorithm), true, ["sign"]);
    } catch {
      throw new InvalidKey("not a private key that this platform can use", {
        field: "key", rule: "Ed25519 or ECDSA P-256, as the platform's WebCrypto has them",
      });
    }
    return SigningKey.#of(algorithm, key);
  }

  /**
   * @param {Algorithm} algorithm
   * @param {CryptoKey} key
   */
  static async #of(algorithm, key) {
    const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", key);
    const spki = algorithm === "ed25519" ? concatenated(ED25519_SPKI, fromUrl(x))
      : concatenated(P256_SPKI, fromUrl(x), fromUrl(y));
    return new SigningKey(await loadSpki(spki, "key"), key);
  }
}

/**
 * The bytes that a record's issuer signs.
 *
 * @param {string} origin of the ledger
 * @param {number} kind byte of the record's kind: 0 for all but the registrar's and organisations' own records
 * @param {Bytes} digest of the body
 */
export function recordMessage(origin, kind, digest) {
  return concatenated(utf8(`carbon-ledger/record/v1\n${origin}\n`), Uint8Array.of(kind), digest);
}

/**
 * The bytes that a key signs to show that its owner wants it enrolled for this organisation on this ledger.
 *
 * @param {string} origin
 * @param {string} organization
 * @param {Bytes} keyid
 * @param {string} [parent] with which the organisation is enrolled
 */
export function possessionMessage(origin, organization, keyid, parent) {
  return concatenated(
    utf8(`carbon-ledger/key/v1\n${origin}\n${organization}\n`), keyid, utf8(parent === undefined ? "" : `\n${parent}`),
  );
}

/** @param {Algorithm} algorithm */
function parameters(algorithm) {
  return algorithm === "ed25519" ? { name: "Ed25519" } : ECDSA;
}

/**
 * @param {Bytes} spki
 * @param {Bytes} signature
 * @param {Bytes} message
 */
async function holdsP256(spki, signature, message) {
  const [r, s] = [numberOf(signature.subarray(0, HALF)), numberOf(signature.subarray(HALF))];
  if (signature.length !== 2 * HALF || !r || r >= N || !s || s >= N) {
    return false;
  }
  if (s > N / 2n) {
    throw new VerificationError("the signature's s is above n/2", {
      code: "high-s", field: "signature", value: hex(signature),
      rule: "r and s of 32 bytes each, s at most n/2: sign with n - s instead",
    });
  }
  const key = await crypto.subtle.importKey("spki", spki, ECDSA, false, ["verify"]);
  return crypto.subtle.verify(ECDSA, key, signature, message);
}

/**
 * @param {Bytes} data
 * @param {Bytes} head
 * @param {number} rest bytes that follow
 */
function hasForm(data, head, rest) {
  return data.length === head.length + rest && equal(data.subarray(0, head.length), head);
}

/**
 * Whether DER looks like a key of another algorithm. This only chooses the words of the refusal.
 *
 * @param {string} spki hex
 */
function isOfAnotherType(spki) {
  const [algorithm, ...others] = UNSUPPORTED;
  return others.some((type) => spki.includes(type)) ||
    (spki.includes(algorithm) && NAMED_CURVES.some((curve) => spki.includes(algorithm + curve)));
}

/** @param {string} text */
function fromUrl(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  return /** @type {Bytes} */ (unbase64(padded));
}
