/**
 * C2SP signed-note: text with signature lines, and the vkeys that name its Ed25519 keys.
 *
 * A verifier has a list of known keys. It ignores lines of other keys; a bad signature by a known key makes the whole
 * note invalid. Witnesses' cosignatures take part by implementing `Verifier`.
 */

import { base64, concatenated, equal, hex, isWellFormed, sha256, unbase64, unhex, utf8 } from "./bytes.js";
import { holds } from "./edwards.js";
import { InvalidNote, VerificationError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * Checks the signature lines of one key. `verify` raises VerificationError.
 *
 * @typedef {object} Verifier
 * @property {string} name
 * @property {Bytes} keyHash
 * @property {(text: string, signature: Bytes) => Promise<unknown>} verify
 */

/**
 * Writes one signature line: `sign` gives the bytes that follow the key hash.
 *
 * @typedef {object} Signer
 * @property {string} name
 * @property {Bytes} keyHash
 * @property {(text: string) => Promise<Bytes>} sign
 */

/** @typedef {{name: string, keyHash: Bytes, signature: Bytes}} NoteSignature One line, not verified. */
/** @typedef {{text: string, signatures: NoteSignature[]}} Note Not verified: use its text after `verifyNote`. */

export const MAX_SIGNATURES = 100;
export const MAX_NOTE_LENGTH = 1_000_000;
const KEY_HASH_SIZE = 4;
const ED25519 = 1;
const KEY_SIZE = 32;

const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+([^\n]+)$/;
// White space of Unicode, and the separators of ASCII.
const SPACE = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** A known Ed25519 key, by name. Made by `parseVkey`. */
export class NoteVerifier {
  /**
   * @param {string} name
   * @param {Bytes} key 32 bytes
   * @param {Bytes} keyHash
   */
  constructor(name, key, keyHash) {
    this.name = name;
    this.key = key;
    this.keyHash = keyHash;
  }

  /** The text that names this key to others. */
  get vkey() {
    return `${this.name}+${hex(this.keyHash)}+${base64(concatenated(Uint8Array.of(ED25519), this.key))}`;
  }

  /**
   * Returns if the key signed the text. Raises VerificationError.
   *
   * @param {string} text
   * @param {Bytes} signature
   */
  async verify(text, signature) {
    if (!(await holds(this.key, signature, utf8(text)))) {
      throw new VerificationError(`the note's signature by ${this.name} does not hold`);
    }
  }
}

/**
 * The verifier that a vkey names. Raises InvalidNote.
 *
 * @param {string} text
 * @returns {Promise<NoteVerifier>}
 */
export async function parseVkey(text) {
  const { name, hash, type, key } = splitVkey(text);
  if (type !== ED25519) {
    throw new InvalidNote("the vkey is not of type Ed25519", { field: "vkey", value: text, rule: "type 0x01, Ed25519" });
  }
  if (key.length !== KEY_SIZE) {
    throw new InvalidNote("the vkey does not hold an Ed25519 key", {
      field: "vkey", value: text, rule: "32 bytes after the byte of the type",
    });
  }
  checkName(name);
  const verifier = new NoteVerifier(name, key, await keyHashOf(name, type, key));
  checkKeyHash(verifier.keyHash, hash, text);
  return verifier;
}

/**
 * A signer of notes by this name, with an Ed25519 key.
 *
 * @param {string} name
 * @param {import("./keys.js").SigningKey} key
 * @returns {Promise<Signer & {vkey: string}>}
 */
export async function noteSigner(name, key) {
  checkName(name);
  if (key.algorithm !== "ed25519") {
    throw new InvalidNote("notes are signed with Ed25519", { field: "key", value: key.algorithm, rule: "Ed25519" });
  }
  const raw = key.spki.slice(-KEY_SIZE);
  const verifier = new NoteVerifier(name, raw, await keyHashOf(name, ED25519, raw));
  return { name, keyHash: verifier.keyHash, vkey: verifier.vkey, sign: (text) => key.sign(utf8(text)) };
}

/**
 * Name, key hash, type and key of a vkey, checked for form alone. Raises InvalidNote.
 *
 * @param {string} text
 */
export function splitVkey(text) {
  const match = VKEY.exec(text);
  if (!match) {
    throw new InvalidNote("not a vkey of the form name+hash+key", {
      field: "vkey", value: text, rule: "a hash of 8 hex digits, and base64 of the type and the key",
    });
  }
  const data = decodeBase64(match[3], "the key of a vkey", "vkey");
  return { name: match[1], hash: /** @type {Bytes} */ (unhex(match[2])), type: data[0], key: data.slice(1) };
}

/**
 * Raises InvalidNote if the hash in a vkey is not the hash of its name and key.
 *
 * @param {Bytes} expected
 * @param {Bytes} stated
 * @param {string} vkey
 */
export function checkKeyHash(expected, stated, vkey) {
  if (!equal(expected, stated)) {
    throw new InvalidNote("the vkey's hash is not the hash of its name and key", {
      field: "vkey", value: vkey, rule: `the hash of this name and key is ${hex(expected)}`,
    });
  }
}

/**
 * The note of `text`, with a line for each signer. Raises InvalidNote.
 *
 * @param {string} text
 * @param {readonly Signer[]} signers
 */
export async function signNote(text, signers) {
  checkCharacters(text);
  if (!text.endsWith("\n")) {
    throw new InvalidNote("the text of a note does not end in a newline");
  }
  if (!signers.length || signers.length > MAX_SIGNATURES) {
    throw new InvalidNote(`a note has 1 to ${MAX_SIGNATURES} signatures, not ${signers.length}`);
  }
  let note = `${text}\n`;
  for (const signer of signers) {
    note += `— ${signer.name} ${base64(concatenated(signer.keyHash, await signer.sign(text)))}\n`;
  }
  return note;
}

/**
 * Text and signatures of a note, checked for form alone. Raises InvalidNote.
 *
 * @param {string} note
 * @returns {Note}
 */
export function parseNote(note) {
  checkCharacters(note);
  const end = note.lastIndexOf("\n\n");
  if (end < 0) {
    throw new InvalidNote("a note has an empty line between text and signatures");
  }
  const block = note.slice(end + 2);
  if (!block.endsWith("\n")) {
    throw new InvalidNote("a note ends in a signature line and its newline");
  }
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw new InvalidNote(`a note has at most ${MAX_SIGNATURES} signatures, not ${lines.length}`);
  }
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/**
 * The text of a note, if every line by a known key holds and all known keys signed. Raises InvalidNote or
 * VerificationError.
 *
 * @param {string} note
 * @param {readonly Verifier[]} verifiers
 * @returns {Promise<string>}
 */
export async function verifyNote(note, verifiers) {
  const known = new Map(verifiers.map((verifier) => [identity(verifier), verifier]));
  if (!known.size || known.size !== verifiers.length) {
    throw new VerificationError("no key is known, or two known keys share name and key hash");
  }
  const parsed = parseNote(note);
  const signed = new Set();
  for (const line of parsed.signatures) {
    const verifier = known.get(identity(line));
    if (verifier) {
      await verifier.verify(parsed.text, line.signature);
      signed.add(verifier);
    }
  }
  if (signed.size < known.size) {
    throw new VerificationError(`the note is signed by ${signed.size} known keys, but ${known.size} are required`);
  }
  return parsed.text;
}

/**
 * What tells the keys of signature lines apart.
 *
 * @param {{name: string, keyHash: Bytes}} key
 */
export function identity(key) {
  return `${key.name}+${hex(key.keyHash)}`;
}

/**
 * Standard base64 in its one spelling, padding included. Raises InvalidNote that names the value by `name`.
 *
 * @param {string} text
 * @param {string} name
 * @param {string} [field]
 */
export function decodeBase64(text, name, field) {
  const data = unbase64(text);
  if (!data) {
    throw new InvalidNote(`${name} is not the canonical base64 of its bytes`, {
      field, value: text, rule: "base64 with its padding, unused bits zero",
    });
  }
  return data;
}

/**
 * The 4 bytes that stand for a key in signature lines.
 *
 * @param {string} name
 * @param {number} type
 * @param {Bytes} key
 * @returns {Promise<Bytes>}
 */
export async function keyHashOf(name, type, key) {
  return (await sha256(concatenated(utf8(name), Uint8Array.of(10, type), key))).slice(0, KEY_HASH_SIZE);
}

/**
 * Raises InvalidNote if `name` cannot be the name of a key.
 *
 * @param {string} name
 */
export function checkName(name) {
  if (!name || name.includes("+") || SPACE.test(name)) {
    throw new InvalidNote("a key name is empty or has a space or plus", {
      field: "name", value: name, rule: "neither spaces nor plus",
    });
  }
  checkCharacters(name);
}

/**
 * @param {string} line
 * @returns {NoteSignature}
 */
function parseSignature(line) {
  if (!line.startsWith("— ")) {
    throw new InvalidNote("a signature line does not begin with an em dash and a space", { value: line });
  }
  const [name, ...rest] = line.slice(2).split(" ");
  checkName(name);
  const data = decodeBase64(rest.join(" "), "a signature");
  if (data.length <= KEY_HASH_SIZE) {
    throw new InvalidNote("a signature line has no signature", { value: line });
  }
  return { name, keyHash: data.slice(0, KEY_HASH_SIZE), signature: data.slice(KEY_HASH_SIZE) };
}

/** @param {string} text */
function checkCharacters(text) {
  if (text.length > MAX_NOTE_LENGTH && [...text].length > MAX_NOTE_LENGTH) {
    throw new InvalidNote(`longer than ${MAX_NOTE_LENGTH} characters`);
  }
  if (CONTROL.test(text)) {
    throw new InvalidNote("control characters are not allowed in notes");
  }
  if (!isWellFormed(text)) {
    throw new InvalidNote("not encodable as UTF-8");
  }
}
