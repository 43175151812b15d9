/**
 * Who owned which key: the public records of organisations and of their keys, replayed by the rules by which the log
 * admitted them. The rules of names do not concern keys, and are left to audits.
 */

import { hex, unbase64 } from "./bytes.js";
import { Refused, InvalidKey, VerificationError } from "./errors.js";
import { loadSpki, possessionMessage, recordMessage } from "./keys.js";
import { byDefault, integer, listOf, mapOf, matching, object, oneOf, optional, text } from "./shapes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./json.js").JsonObject} JsonObject */
/** @typedef {import("./keys.js").VerifyingKey} VerifyingKey */
/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {{key: VerifyingKey, organization: string, active: boolean, since?: number}} KeyState */
/** @typedef {{digest: string, keys: VerifyingKey[], time: bigint}} Recovery A waiting request, with the time of its entry. */
/** @typedef {ReturnType<typeof organizationShape>} Organization */
/** @typedef {ReturnType<typeof keyChangeShape>} KeyChange */

const ORGANIZATION = 1;
const KEY_CHANGE = 2;
const REGISTRAR = "registrar";
/** Milliseconds. */
const WEEK = 7n * 86_400_000n;
const ID = matching(/^[!-~]+$/, 255);
const DIGEST = matching(/^[0-9a-f]{64}$/, 64);
const BASE64 = matching(
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/, 4096,
);
const publicKey = object({ spki: BASE64, proof: BASE64 }, { sealed: true });
const common = { issuer: ID, nonce: matching(/^[A-Za-z0-9_-]{21}[AQgw]$/, 22) };

const organizationShape = object({
  type: oneOf("organization"), ...common, id: ID, keys: listOf(publicKey, { least: 1, most: 16 }),
  prefixes: byDefault(listOf(ID, { most: 64 }), () => []),
  names: byDefault(mapOf(matching(/^[^]+$/, 255), oneOf("en", "zh")), () => new Map()),
  roles: byDefault(listOf(oneOf("auditor", REGISTRAR)), () => []), parent: optional(ID),
  parentShare: optional(matching(/^(?:0|1|0\.[0-9]{0,8}[1-9])$/, 11)),
}, { sealed: true });

const keyChangeShape = object({
  type: oneOf("keyChange"), ...common, organization: ID, added: byDefault(listOf(publicKey, { most: 16 }), () => []),
  revoked: byDefault(listOf(DIGEST, { most: 16 }), () => []), compromisedSince: optional(integer),
  recovery: optional(oneOf("request", "objection", "complete")), request: optional(DIGEST),
  evidence: optional(object({ policy: text, entry: BASE64, first: text, last: text }, { sealed: true })),
}, { sealed: true });

/** @type {Record<string, {may: string[], must?: string}>} The fields that a key change may and must have. */
const FIELDS = {
  change: { may: ["added", "revoked", "compromisedSince"] }, request: { may: ["added"], must: "added" },
  objection: { may: ["request"], must: "request" },
  complete: { may: ["request", "compromisedSince", "evidence"], must: "request" },
};

/** The keys of organisations, from the records shown so far. */
export class Organizations {
  /** @param {string} origin of the log */
  constructor(origin) {
    this.origin = origin;
    /** @type {Map<string, {roles: readonly string[]}>} */
    this.enrolled = new Map();
    /** @type {Map<string, string>} */
    this.prefixes = new Map();
    /** @type {Map<string, KeyState>} By hex keyid. */
    this.keys = new Map();
    /** @type {Map<string, Recovery>} */
    this.recoveries = new Map();
    /** @type {Set<string>} */
    this.nonces = new Set();
  }

  /**
   * Admits a record as the log did, at its index, and checks its signature. Raises Refused, InvalidKey, InvalidInput or
   * VerificationError.
   *
   * @param {JsonObject} tree
   * @param {Entry} entry
   * @param {bigint} index
   */
  async admit(tree, entry, index) {
    if (tree.get("type") === "organization" && entry.kind === ORGANIZATION) {
      await this.#enrol(organizationShape(tree, "$"), entry, index);
    } else if (tree.get("type") === "keyChange" && entry.kind === KEY_CHANGE) {
      await this.#change(keyChangeShape(tree, "$"), entry, index);
    } else {
      throw new VerificationError("the record is neither an organisation nor a key change", { code: "wrong-record" });
    }
    const { key } = /** @type {KeyState} */ (this.keys.get(hex(entry.keyid)));
    await key.verify(entry.signature, recordMessage(this.origin, entry.kind, entry.digest));
  }

  /** @param {Organization} record @param {Entry} entry @param {bigint} index */
  async #enrol(record, entry, index) {
    checkForm(record);
    const keys = await this.#proven(record.keys, record.id, "keys", record.parent);
    if (index === 0n) {
      this.#checkFirst(record, keys, entry);
    } else {
      this.#checkSigner(record, entry);
      this.#checkRegistrar(record.issuer);
      if (this.enrolled.has(record.id)) {
        throw refused("id-taken", `${record.id} is already enrolled`);
      }
      const taken = record.prefixes.find((prefix) => [...this.prefixes.keys()].some((other) => overlap(prefix, other)));
      if (taken !== undefined) {
        throw refused("prefix-overlap", `prefix ${taken} overlaps with that of another organisation`);
      }
      this.#checkNew(keys);
    }
    if (record.parent !== undefined && !this.enrolled.has(record.parent)) {
      throw refused("unknown-organization", `the parent ${record.parent} is not enrolled`);
    }
    this.nonces.add(`${record.issuer} ${record.nonce}`);
    this.enrolled.set(record.id, { roles: record.roles });
    record.prefixes.forEach((prefix) => this.prefixes.set(prefix, record.id));
    this.#enter(keys, record.id);
  }

  /** @param {KeyChange} record @param {Entry} entry @param {bigint} index */
  async #change(record, entry, index) {
    checkFields(record);
    this.#checkSigner(record, entry);
    if (!this.enrolled.has(record.organization)) {
      throw refused("unknown-organization", `${record.organization} is not enrolled`);
    }
    if (record.compromisedSince !== undefined && BigInt(record.compromisedSince) > index) {
      throw refused("compromised-later", `entry ${record.compromisedSince} comes after this change`);
    }
    const added = await this.#proven(record.added, record.organization, "added");
    const active = this.#active(record.organization);
    const isOwn = active.has(hex(entry.keyid));
    this.nonces.add(`${record.issuer} ${record.nonce}`);
    switch (record.recovery) {
      case undefined:
        return this.#ordinary(record, added, active, isOwn);
      case "request":
        this.#checkRecovers(record, isOwn, active);
        this.#checkNew(added);
        this.recoveries.set(record.organization,
          { digest: hex(entry.digest), keys: added, time: entry.time });
        return;
      case "objection":
        checkOwn(isOwn);
        this.#waiting(record);
        this.recoveries.delete(record.organization);
        return;
      default:
        this.#checkRecovers(record, isOwn, active);
        this.#complete(record, active, entry.time);
    }
  }

  /** @param {KeyChange} record @param {VerifyingKey[]} added @param {Set<string>} active @param {boolean} isOwn */
  #ordinary(record, added, active, isOwn) {
    if (!isOwn) {
      if (active.size) {
        checkOwn(false);
      }
      this.#checkRegistrar(record.issuer);
    }
    this.#checkNew(added);
    record.revoked.forEach((name) => this.#checkRevoked(record, name, active));
    const remaining = [...active].filter((name) => !record.revoked.includes(name));
    if (this.enrolled.get(record.organization)?.roles.includes(REGISTRAR) && !added.length && !remaining.length) {
      throw refused("last-key", "the registrar would have no active key left");
    }
    this.#revoke(record.revoked, record.compromisedSince);
    this.#enter(added, record.organization);
    this.recoveries.delete(record.organization);
  }

  /**
   * The entries or witnesses that confirm the week since the request are not shown, so the log vouches for them. Without
   * evidence by witnesses, the entries' own times must be a week apart.
   *
   * @param {KeyChange} record @param {Set<string>} active @param {bigint} time of the entry
   */
  #complete(record, active, time) {
    const waiting = this.#waiting(record);
    this.#checkNew(waiting.keys);
    if (!record.evidence && time - waiting.time < WEEK) {
      throw refused("recovery-early", "the completion comes less than a week after the request");
    }
    this.#revoke([...active], record.compromisedSince);
    this.#enter(waiting.keys, record.organization);
    this.recoveries.delete(record.organization);
  }

  /** @param {Organization} record @param {VerifyingKey[]} keys @param {Entry} entry */
  #checkFirst(record, keys, entry) {
    const isOwn = keys.some((key) => key.name === hex(entry.keyid));
    if (record.issuer !== record.id || !record.roles.includes(REGISTRAR) || !isOwn) {
      throw refused("registrar-first", "entry 0 does not enrol its own signer as registrar");
    }
  }

  /** @param {{issuer: string, nonce: string}} record @param {Entry} entry */
  #checkSigner({ issuer, nonce }, entry) {
    const name = hex(entry.keyid);
    const state = this.keys.get(name);
    if (!state) {
      throw refused("unknown-key", `key ${name} is not enrolled`);
    }
    if (!state.active) {
      throw refused("revoked-key", `key ${name} is revoked`);
    }
    if (state.organization !== issuer) {
      throw refused("wrong-issuer", `the key belongs to ${state.organization}`);
    }
    if (this.nonces.has(`${issuer} ${nonce}`)) {
      throw refused("nonce-used", "the issuer has already used this nonce");
    }
  }

  /** @param {string} issuer */
  #checkRegistrar(issuer) {
    if (!this.enrolled.get(issuer)?.roles.includes(REGISTRAR)) {
      throw refused("not-registrar", `${issuer} is no registrar`);
    }
  }

  /** @param {readonly VerifyingKey[]} keys */
  #checkNew(keys) {
    const taken = keys.find((key) => this.keys.has(key.name));
    if (taken) {
      throw refused("key-taken", `key ${taken.name} is already enrolled`);
    }
  }

  /** @param {KeyChange} record @param {string} name @param {Set<string>} active */
  #checkRevoked(record, name, active) {
    const [state, since] = [this.keys.get(name), record.compromisedSince];
    if (active.has(name)) {
      return;
    }
    if (since === undefined || state?.organization !== record.organization) {
      throw refused("unknown-key", `${name} is not an active key of ${record.organization}`);
    }
    if (state.since !== undefined && state.since <= since) {
      throw refused("compromise-known", `${name} is already reported as compromised since entry ${state.since}`);
    }
  }

  /** @param {KeyChange} record @param {boolean} isOwn @param {Set<string>} active */
  #checkRecovers(record, isOwn, active) {
    if (isOwn || !active.size) {
      throw refused("recovery-needless", `${record.organization} does not need a recovery`);
    }
    this.#checkRegistrar(record.issuer);
  }

  /** @param {KeyChange} record */
  #waiting(record) {
    const waiting = this.recoveries.get(record.organization);
    if (!waiting || waiting.digest !== record.request) {
      throw refused("no-recovery", `${record.organization} has no waiting recovery with this request`);
    }
    return waiting;
  }

  /** @param {string} organization */
  #active(organization) {
    const own = [...this.keys].filter(([, state]) => state.organization === organization && state.active);
    return new Set(own.map(([name]) => name));
  }

  /** @param {readonly string[]} names @param {number} [since] */
  #revoke(names, since) {
    for (const name of names) {
      const state = /** @type {KeyState} */ (this.keys.get(name));
      this.keys.set(name, { ...state, active: false, since: since ?? state.since });
    }
  }

  /** @param {readonly VerifyingKey[]} keys @param {string} organization */
  #enter(keys, organization) {
    keys.forEach((key) => this.keys.set(key.name, { key, organization, active: true }));
  }

  /**
   * Keys with their owner's consent, of prime order, each once.
   *
   * @param {readonly {spki: string, proof: string}[]} entered
   * @param {string} organization
   * @param {string} field
   * @param {string} [parent]
   */
  async #proven(entered, organization, field, parent) {
    if (new Set(entered.map(({ spki }) => spki)).size !== entered.length) {
      throw refused("duplicate-key", `${field} names a key twice`);
    }
    const keys = [];
    for (const [i, { spki, proof }] of entered.entries()) {
      const key = await loadSpki(bytes(spki), `${field}[${i}].spki`);
      if (!key.isOfPrimeOrder) {
        throw new InvalidKey(`${field}[${i}].spki: the key is of mixed order`, { code: "mixed-order", field });
      }
      const message = possessionMessage(this.origin, organization, key.keyid, parent);
      try {
        await key.verify(bytes(proof), message);
      } catch (error) {
        throw error instanceof VerificationError ? new InvalidKey(
          `${field}[${i}].proof: the key's proof of possession does not hold`, { code: "no-possession", field },
        ) : error;
      }
      keys.push(key);
    }
    return keys;
  }
}

/** @param {Organization} record */
function checkForm({ id, prefixes, parent, parentShare }) {
  if (prefixes.some((prefix, i) => prefixes.slice(0, i).some((other) => overlap(prefix, other)))) {
    throw refused("prefix-overlap", "prefixes overlap");
  }
  if (parent === id || (parentShare !== undefined && parent === undefined)) {
    throw refused("parent", "an organisation has another organisation as its parent, and a share of that alone");
  }
}

/** @param {KeyChange} record */
function checkFields(record) {
  const { added, revoked, request, evidence, compromisedSince, recovery } = record;
  const { may, must } = FIELDS[recovery ?? "change"];
  const present = Object.entries({
    added: added.length, revoked: revoked.length, request, evidence, compromisedSince: compromisedSince === undefined
      ? undefined : "stated",
  }).flatMap(([name, given]) => (given ? [name] : []));
  if (present.some((name) => !may.includes(name)) || (must && !present.includes(must))) {
    throw refused("recovery-fields", `a key change of this kind has ${may.join(", ")}`);
  }
  if (!recovery && (!present.length || (compromisedSince !== undefined && !revoked.length))) {
    throw refused("no-change", "the key change names no keys");
  }
  if (new Set(revoked).size !== revoked.length) {
    throw refused("duplicate-key", "revoked names a key twice");
  }
}

/** @param {boolean} isOwn */
function checkOwn(isOwn) {
  if (!isOwn) {
    throw refused("not-own-key", "an active key of the organisation itself must sign its key change");
  }
}

/** @param {string} one @param {string} other */
function overlap(one, other) {
  return one.startsWith(other) || other.startsWith(one);
}

/** @param {string} encoded that the shape has checked */
function bytes(encoded) {
  return /** @type {Bytes} */ (unbase64(encoded));
}

/** @param {string} code @param {string} message */
function refused(code, message) {
  return new Refused(message, { code });
}
