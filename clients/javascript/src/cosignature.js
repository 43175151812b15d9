/**
 * C2SP tlog-cosignature: a witness's signature on a checkpoint that is consistent with all that it saw before.
 *
 * Type 0x04: Ed25519 over `cosignature/v1\ntime T\n` and the whole text. Type 0x06: ML-DSA-44 over the bytes of a
 * `cosigned_message`. In both, the signature follows a time in POSIX seconds (8 bytes, big-endian). A platform whose
 * WebCrypto lacks ML-DSA-44 cannot check such a line: that witness does not count there.
 */

import { base64, bytesOf, concatenated, hex, numberOf, utf8 } from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { holds, isWeak } from "./edwards.js";
import { InvalidKey, InvalidNote, VerificationError } from "./errors.js";
import { checkKeyHash, checkName, identity, keyHashOf, parseNote, splitVkey } from "./note.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const ED25519 = 4;
const ML_DSA_44 = 6;
const TIME_BYTES = 8;
const MAX_TIME = 2n ** 63n - 1n;
const LONGEST_NAME = 255;
/** @type {Record<number, {key: number, signature: number}>} Bytes by type. */
const LENGTHS = { [ED25519]: { key: 32, signature: 64 }, [ML_DSA_44]: { key: 1312, signature: 2420 } };
const LABEL = utf8("subtree/v1\n\0");

/** A witness's key, by its name. Made by `parseCosignerVkey`. */
export class CosignatureVerifier {
  /**
   * @param {string} name
   * @param {number} type
   * @param {Bytes} material
   * @param {Bytes} keyHash
   */
  constructor(name, type, material, keyHash) {
    this.name = name;
    this.type = type;
    this.material = material;
    this.keyHash = keyHash;
  }

  /** The text that names this key to others. */
  get vkey() {
    return `${this.name}+${hex(this.keyHash)}+${base64(concatenated(Uint8Array.of(this.type), this.material))}`;
  }

  /** Whether this platform can check this witness's signatures. */
  async isCheckable() {
    return this.type === ED25519 || (await mlDsaKey(this.material)) !== undefined;
  }

  /**
   * When the key says it cosigned the checkpoint, in POSIX seconds. Raises VerificationError.
   *
   * @param {string} text
   * @param {Bytes} signature
   * @returns {Promise<bigint>}
   */
  async verify(text, signature) {
    const time = numberOf(signature.subarray(0, TIME_BYTES));
    if (signature.length !== TIME_BYTES + LENGTHS[this.type].signature || time > MAX_TIME) {
      throw new VerificationError(`the cosignature by ${this.name} is malformed for its type`, { field: "note" });
    }
    const message = signedMessage(this.type, this.name, text, time);
    if (!(await this.#holds(signature.slice(TIME_BYTES), message))) {
      throw new VerificationError(`the cosignature by ${this.name} does not hold`, { field: "note" });
    }
    return time;
  }

  /**
   * @param {Bytes} signature
   * @param {Bytes} message
   */
  async #holds(signature, message) {
    if (this.type === ED25519) {
      return holds(this.material, signature, message);
    }
    const key = await mlDsaKey(this.material);
    return key !== undefined && crypto.subtle.verify("ML-DSA-44", key, signature, message);
  }
}

/**
 * The witness's key that a vkey names. Raises InvalidNote if `text` is not a vkey, InvalidKey for a weak key.
 *
 * @param {string} text
 * @returns {Promise<CosignatureVerifier>}
 */
export async function parseCosignerVkey(text) {
  const { name, hash, type, key } = splitVkey(text);
  const lengths = LENGTHS[type];
  if (!lengths) {
    throw new InvalidNote("a key of this vkey's type cannot cosign", {
      field: "vkey", value: text, rule: "type 0x04 (Ed25519) or 0x06 (ML-DSA-44), after C2SP tlog-cosignature",
    });
  }
  if (key.length !== lengths.key) {
    throw new InvalidNote("the vkey does not hold a key of its type", {
      field: "vkey", value: text, rule: "32 bytes of Ed25519, 1312 of ML-DSA-44",
    });
  }
  if (type === ED25519 && isWeak(key)) {
    throw new InvalidKey("the key has small order or a non-canonical encoding", {
      code: "weak-key", field: "vkey", value: text, rule: "a canonical point of large order",
    });
  }
  checkName(name);
  if (type === ML_DSA_44 && utf8(name).length > LONGEST_NAME) {
    throw new InvalidNote(`a cosigner's name is at most ${LONGEST_NAME} bytes`, { field: "name", value: name });
  }
  const verifier = new CosignatureVerifier(name, type, key, await keyHashOf(name, type, key));
  checkKeyHash(verifier.keyHash, hash, text);
  return verifier;
}

/**
 * When each of these keys cosigned the note's checkpoint, in POSIX seconds by identity: the latest time if it did so
 * twice. Keys that did not cosign, or whose lines this platform cannot check, are omitted. Raises VerificationError if a
 * line by one of the others does not hold.
 *
 * @param {string} note
 * @param {readonly CosignatureVerifier[]} verifiers
 * @returns {Promise<Map<string, bigint>>}
 */
export async function cosignedAt(note, verifiers) {
  const parsed = parseNote(note);
  const known = new Map(verifiers.map((verifier) => [identity(verifier), verifier]));
  /** @type {Map<string, bigint>} */
  const times = new Map();
  for (const line of parsed.signatures) {
    const [name, verifier] = [identity(line), known.get(identity(line))];
    if (verifier && (await verifier.isCheckable())) {
      const time = await verifier.verify(parsed.text, line.signature);
      const before = times.get(name) ?? 0n;
      times.set(name, time > before ? time : before);
    }
  }
  return times;
}

/**
 * The bytes that a cosigner signs. Raises InvalidNote if `text` is not a checkpoint.
 *
 * @param {number} type
 * @param {string} name
 * @param {string} text
 * @param {bigint} time
 */
export function signedMessage(type, name, text, time) {
  const checkpoint = parseCheckpoint(text, { extensions: true });
  if (type === ED25519) {
    return utf8(`cosignature/v1\ntime ${time}\n${text}`);
  }
  const [cosigner, origin] = [utf8(name), utf8(checkpoint.origin)];
  if (origin.length > LONGEST_NAME) {
    throw new InvalidNote(`an origin that ML-DSA-44 cosigns is at most ${LONGEST_NAME} bytes`, { field: "origin" });
  }
  // The whole tree is the subtree from leaf 0 to its size.
  return concatenated(
    LABEL, Uint8Array.of(cosigner.length), cosigner, bytesOf(time, 8), Uint8Array.of(origin.length), origin,
    bytesOf(0n, 8), bytesOf(checkpoint.size, 8), checkpoint.root,
  );
}

/**
 * The key, if this platform has its algorithm.
 *
 * @param {Bytes} material
 * @returns {Promise<CryptoKey | undefined>}
 */
async function mlDsaKey(material) {
  try {
    const format = /** @type {"raw"} */ ("raw-public");
    return await crypto.subtle.importKey(format, material, "ML-DSA-44", false, ["verify"]);
  } catch {
    return undefined;
  }
}
