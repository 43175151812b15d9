/**
 * The posted envelope: a record's body, the id of the key that signed it, the signature, and for which ledger it was
 * made. Several form NDJSON.
 */

import { base64, hex, sha256, unbase64, unhex } from "./bytes.js";
import { encodeRecord, MAX_BODY } from "./canonical.js";
import { InvalidInput } from "./errors.js";
import { parseJson } from "./json.js";
import { recordMessage } from "./keys.js";
import { matching, object, optional, text } from "./shapes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{body: string, key: string, signature: string, origin?: string}} Envelope */

/** Bytes of the largest envelope. */
const MAX_ENVELOPE = 2 << 20;
const SIGNATURE_BYTES = 64;
const QUOTES = 4;
const ORIGIN = /^[^"]+$/;
const LONGEST_ORIGIN = 255;
/** The kind byte of records whose bodies are public; 0 for all others. */
const KINDS = new Map(Object.entries({
  organization: 1, keyChange: 2, activation: 3, erasure: 4, reader: 5, readerRevocation: 6, parentEnd: 7,
}));
const shape = object({
  body: text, key: matching(/^[0-9a-f]{64}$/, 64), signature: text, origin: optional(matching(ORIGIN, LONGEST_ORIGIN)),
}, { sealed: true });

/**
 * Signs a record, given as plain values with its `type`, `issuer` and `nonce`, for the ledger of that origin. Raises
 * InvalidBody.
 *
 * @param {{type: string, issuer: string, nonce: string} & Record<string, unknown>} record
 * @param {import("./keys.js").SigningKey} key
 * @param {string} origin
 * @returns {Promise<Envelope>}
 */
export async function seal(record, key, origin) {
  const body = encodeRecord(record);
  const message = recordMessage(origin, KINDS.get(record.type) ?? 0, await sha256(body));
  const envelope = { body: base64(body), key: hex(key.keyid), signature: base64(await key.sign(message)) };
  return ORIGIN.test(origin) && [...origin].length <= LONGEST_ORIGIN ? { ...envelope, origin } : envelope;
}

/**
 * The parts of a posted envelope, decoded; the signature is not checked yet. Raises InvalidInput.
 *
 * @param {Uint8Array} data
 * @returns {{body: Bytes, keyid: Bytes, signature: Bytes, origin?: string}}
 */
export function openEnvelope(data) {
  if (data.length > MAX_ENVELOPE) {
    throw new InvalidInput(`the envelope has ${data.length} bytes`, {
      code: "too-large", value: data.length, rule: `at most ${MAX_ENVELOPE} bytes`,
    });
  }
  const envelope = shape(parseJson(data), "$");
  const [body, signature] = [strict(envelope.body, "body"), strict(envelope.signature, "signature")];
  if (body.length > MAX_BODY) {
    throw new InvalidInput(`the body has more than ${MAX_BODY} bytes`, { code: "body-too-large", field: "body" });
  }
  if (signature.length !== SIGNATURE_BYTES) {
    throw new InvalidInput(`the signature has ${signature.length} bytes`, {
      code: "malformed-signature", field: "signature", value: signature.length, rule: `${SIGNATURE_BYTES} bytes`,
    });
  }
  // No value has a quotation mark. Of a repeated field, programs may take different ones.
  const fields = Object.values(envelope).filter((value) => value !== undefined).length;
  if (data.filter((byte) => byte === 0x22).length !== QUOTES * fields) {
    throw new InvalidInput("the envelope repeats a field", { code: "repeated-field", rule: "each field once" });
  }
  return { body, keyid: /** @type {Bytes} */ (unhex(envelope.key)), signature, origin: envelope.origin };
}

/**
 * @param {string} encoded
 * @param {string} field
 */
function strict(encoded, field) {
  const data = unbase64(encoded);
  if (!data) {
    throw new InvalidInput(`${field} is not standard base64`, {
      code: "not-base64", field, value: encoded.slice(0, 40), rule: "standard base64 with padding",
    });
  }
  return data;
}
