/**
 * A bundle: one file with everything that is needed to verify a record's receipt offline: the receipt, the body, the
 * public records that lead from the log's registrar to the key, the statement of a lot, and rotation notes.
 *
 * No step shows that no later entry below that size revoked the key or revised the record, since the tree does not prove
 * that. The log vouches for it, and audits check it.
 */

import { hex, unbase64 } from "./bytes.js";
import { decodeRecord } from "./canonical.js";
import { InvalidInput, LedgerError, VerificationError } from "./errors.js";
import { parseJson } from "./json.js";
import { recordMessage } from "./keys.js";
import { Organizations } from "./organizations.js";
import { answerOf, cosignedBy, noteOf, PUBLISHED, unpackedEntry, verifierOf, verifyAnswer } from "./receipt.js";
import { checkContinues, logKeys } from "./rotation.js";
import { anything, byDefault, listOf, object, optional, text } from "./shapes.js";
import { proveStatement, standingOf, statementOf, statementQuorum } from "./statement.js";
import { atStep, Steps, withStep } from "./steps.js";
import { pinnedKeys } from "./trust.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./note.js").NoteVerifier} NoteVerifier */
/** @typedef {import("./receipt.js").Verified} Verified */
/** @typedef {import("./trust.js").Trust & {registrar?: string, on: string}} BundleTrust `registrar`: hex keyid. */
/** @typedef {ReturnType<typeof bundleShape>} Bundle As it travels: reading it verifies nothing. */
/**
 * `organization` owns the key that signed, if the public records say so.
 *
 * @typedef {object} Checked
 * @property {Verified} verified
 * @property {Map<string, bigint>} [cosigned] when each witness of the policy signed, POSIX seconds
 * @property {string} [organization]
 * @property {import("./statement.js").Proven & {standing: import("./statement.js").Standing}} [statement]
 * @property {string} [led] a sentence if the log's key was rotated since the pinned one
 * @property {string[]} notes the limits of the check, to be shown with the figure
 */

export const TAG = "carbon-ledger/bundle/v1";
export const STEPS = Object.freeze([
  "the bundle is well-formed, and its entry commits to the record",
  "the checkpoint is signed by the log",
  "the policy's quorum of witnesses cosigned the checkpoint",
  "the entry is in that checkpoint's tree at its index",
  "every figure shown is in the entry's outcome",
  "the body has the digest",
  "the public records are in the log, and lead from its registrar to the key",
  "the key signed the record, for the organisation that it names",
  "the statement holds down to the figures of its inputs, and belongs to this record",
  PUBLISHED,
]);
/** The step of a bundle by the step of a receipt. */
const OF_RECEIPTS = [0, 1, 2, 4, 5, 6, 8];
const BY_LOG = 10;
const MAX_BUNDLE = 64 << 20;
const MAX_RECORDS = 1_000;
const bundleShape = object({
  bundle: text, receipt: anything, body: optional(text),
  records: byDefault(listOf(object({ body: text, receipt: anything }, { sealed: true }), { most: MAX_RECORDS }), () => []),
  statement: optional(anything), rotations: optional(listOf(text)),
}, { sealed: true });

/**
 * The bundle in a file. Raises InvalidInput if it is not a bundle of this version.
 *
 * @param {Uint8Array} data
 * @returns {Bundle}
 */
export function readBundle(data) {
  if (data.length > MAX_BUNDLE) {
    throw new InvalidInput(`the bundle has ${data.length} bytes`, {
      code: "not-a-bundle", field: "bundle", value: data.length, rule: `at most ${MAX_BUNDLE} bytes`,
    });
  }
  return bundleOf(parseJson(data));
}

/**
 * The same of a tree.
 *
 * @param {import("./json.js").Json} tree
 * @returns {Bundle}
 */
export function bundleOf(tree) {
  const bundle = bundleShape(tree, "bundle");
  if (bundle.bundle !== TAG) {
    throw new InvalidInput(`unknown bundle version '${bundle.bundle.slice(0, 80)}', not '${TAG}'`, {
      code: "bundle-version", field: "bundle", value: bundle.bundle, rule: TAG,
    });
  }
  return bundle;
}

/**
 * Checks a bundle step by step; offline, unless `published` asks the log. `on`: the instant as of which its statement
 * should be in force. Raises InvalidNote or VerificationError if the vkey and the rotations that are trusted are not keys
 * of a log.
 *
 * @param {Bundle} bundle
 * @param {BundleTrust} trust
 * @returns {Promise<import("./steps.js").Report<Checked>>}
 */
export async function verifyBundle(bundle, trust) {
  if (trust.vkey !== undefined) {
    await logKeys(trust.vkey, trust.rotations);
  }
  const steps = new Steps(STEPS);
  leaveOut(steps, bundle, trust);
  return steps.report(() => checked(steps, bundle, trust));
}

/**
 * @param {Steps} steps
 * @param {Bundle} bundle
 * @param {BundleTrust} trust
 * @returns {Promise<Checked>}
 */
async function checked(steps, bundle, trust) {
  const answer = await malformedAt(1, "receipt", () => answerOf(bundle.receipt));
  await withStep(1, async () => unpackedEntry(answer));
  if (answer.note !== undefined) {
    steps.mark(4, "notAsked", "not yet: the log acknowledged the record before its witnesses signed");
    steps.mark(BY_LOG, "notAsked", "no checkpoint yet");
  }
  const rotations = await atStep(2, () => longest(trust.rotations ?? [], bundle.rotations ?? []));
  const led = { ...trust, rotations };
  const note = await withStep(1, async () => noteOf(answer));
  const keys = await atStep(2, () => pinnedKeys(note, led));
  const verifier = await atStep(2, async () => verifierOf(answer, keys));
  const body = bundle.body === undefined ? undefined : await atStep(6, async () => packed(bundle.body ?? "", "body"));
  /** @param {number} step */
  const quorum = (step) => atStep(step, async () => trust.policy && cosignedBy(answer, trust.policy, verifier));
  const verified = await verifiedReceipt(() => verifyAnswer(answer, verifier, { body }), () => quorum(3));
  const cosigned = await quorum(3);
  const organization = await ownerOf(bundle, verified, verifier, led, body);
  const statement = bundle.statement === undefined ? undefined
    : await atStep(9, () => statedIn(bundle.statement ?? null, verifier, led, verified));
  if (statement && !statement.assessment) {
    steps.mark(9, "holds", "for the committed figure; the statement does not show how it is made");
  }
  const { checkpoint } = verified;
  if (checkpoint) {
    await atStep(BY_LOG, async () => trust.published?.(checkpoint, keys));
  }
  const notes = (statement?.claims.limitations ?? []).map((limitation) => `the log said: ${limitation}`);
  notes.push("only an audit can check that no record up to this size has revoked the key or revised this record");
  return { verified, cosigned, organization, statement, led: keys.led, notes };
}

/**
 * The steps that have nothing to check, with the reason.
 *
 * @param {Steps} steps
 * @param {Bundle} bundle
 * @param {BundleTrust} trust
 */
function leaveOut(steps, bundle, trust) {
  if (!trust.policy) {
    steps.mark(3, "notAsked", "no policy is given");
  }
  if (bundle.body === undefined) {
    steps.mark(6, "notAsked", "the bundle has no body");
  }
  if (!bundle.records.length) {
    steps.mark(7, "notAsked", "the bundle has no public records");
    steps.mark(8, "notAsked", "the bundle has no public records");
  } else if (trust.registrar === undefined) {
    steps.mark(7, "holds", "but nobody pinned the registrar");
  }
  if (bundle.statement === undefined) {
    steps.mark(9, "notAsked", "the bundle has no statement");
  }
  if (!trust.published) {
    steps.mark(BY_LOG, "notAsked", "no log is asked");
  }
}

/**
 * The given rotations or the bundle's, whichever are more: both must belong to one chain of keys.
 *
 * @param {readonly string[]} given
 * @param {readonly string[]} bundled
 */
async function longest(given, bundled) {
  const [fewer, more] = given.length <= bundled.length ? [given, bundled] : [bundled, given];
  await checkContinues(fewer, more);
  return more;
}

/**
 * A receipt's steps as steps of the bundle. The quorum is checked as soon as the log's own signature holds.
 *
 * @param {() => Promise<Verified>} check
 * @param {() => Promise<unknown>} quorum
 */
async function verifiedReceipt(check, quorum) {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LedgerError) {
      const failed = error.step ?? 1;
      if (failed > 2) {
        await quorum();
      }
      error.step = OF_RECEIPTS[failed];
    }
    throw error;
  }
}

/**
 * Steps 7 and 8: the organisation whose key signed; undefined without public records.
 *
 * @param {Bundle} bundle
 * @param {Verified} subject
 * @param {NoteVerifier} verifier
 * @param {BundleTrust} trust
 * @param {Bytes} [body]
 */
async function ownerOf(bundle, subject, verifier, trust, body) {
  if (!bundle.records.length) {
    return undefined;
  }
  const organizations = await atStep(7, () => replayed(bundle, subject, verifier, trust));
  const { entry } = subject;
  const name = hex(entry.keyid);
  const signer = organizations.keys.get(name);
  if (!signer) {
    throw new VerificationError("the public records do not enter the key that signed", {
      step: 7, code: "unknown-key", field: "records", value: name,
    });
  }
  if (!signer.active) {
    throw new VerificationError("the key was revoked before the record", {
      step: 8, code: "revoked-key", field: "records", value: name,
    });
  }
  await atStep(8, () => signer.key.verify(entry.signature, recordMessage(verifier.name, entry.kind, entry.digest)));
  const issuer = body && (await atStep(8, async () => decodeRecord(body).get("issuer")));
  if (body && issuer !== signer.organization) {
    throw new VerificationError(`the key belongs to ${signer.organization}, but the record's issuer is ${issuer}`, {
      step: 8, code: "wrong-issuer", field: "body", value: issuer,
    });
  }
  return signer.organization;
}

/**
 * @param {Bundle} bundle
 * @param {Verified} subject
 * @param {NoteVerifier} verifier
 * @param {BundleTrust} trust
 */
async function replayed(bundle, subject, verifier, trust) {
  const organizations = new Organizations(verifier.name);
  let after = -1n;
  for (const [i, record] of bundle.records.entries()) {
    const field = `records[${i}]`;
    const answer = await malformedAt(7, `${field}.receipt`, () => answerOf(record.receipt));
    const body = packed(record.body, `${field}.body`);
    const keys = await pinnedKeys(noteOf(answer), trust);
    // A head that witnesses have cosigned keeps the log's signature of that time.
    const own = verifierOf(answer, keys);
    if (own.name !== verifier.name) {
      throw new VerificationError(`${field} belongs to another log`, { code: "another-log", field, value: own.name });
    }
    const verified = await verifyAnswer(answer, own, { body });
    await (trust.policy && cosignedBy(answer, trust.policy, own));
    if (verified.index <= after || verified.index >= subject.index) {
      throw new VerificationError(`${field} is not in log order, or is later than the record`, {
        code: "wrong-order", field, value: verified.index,
      });
    }
    checkRegistrar(verified, after, field, trust.registrar);
    after = verified.index;
    await organizations.admit(decodeRecord(body), verified.entry, verified.index);
  }
  return organizations;
}

/**
 * @param {Verified} verified
 * @param {bigint} after
 * @param {string} field
 * @param {string} [registrar]
 */
function checkRegistrar({ index, entry }, after, field, registrar) {
  if (index === 0n && registrar !== undefined && registrar !== hex(entry.keyid)) {
    throw new VerificationError("entry 0 is not signed by the pinned key", {
      code: "wrong-registrar", field, value: hex(entry.keyid),
    });
  }
  if (after < 0n && index !== 0n) {
    throw new VerificationError(`${field} is not entry 0, which the registrar signed`, {
      code: "registrar-first", field, value: index,
    });
  }
}

/**
 * Step 9.
 *
 * @param {import("./json.js").Json} tree
 * @param {NoteVerifier} verifier
 * @param {BundleTrust} trust
 * @param {Verified} verified
 */
async function statedIn(tree, verifier, trust, verified) {
  const keys = await logKeys(verifier.vkey, trust.rotations);
  const proven = await proveStatement(statementOf(tree), keys);
  await statementQuorum(proven, keys, trust.policy);
  if (proven.claims.digest !== hex(verified.entry.digest)) {
    throw new VerificationError("the statement belongs to another record", {
      code: "wrong-statement", field: "statement", value: proven.claims.digest,
    });
  }
  return { ...proven, standing: standingOf(proven.claims, trust.on) };
}

/**
 * @template T
 * @param {number} step
 * @param {string} field
 * @param {() => T} read
 */
async function malformedAt(step, field, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidInput
      ? new VerificationError(`${field}: ${error.message}`, { step, code: "malformed-bundle", field }) : error;
  }
}

/**
 * The bytes of canonical base64.
 *
 * @param {string} encoded
 * @param {string} field
 */
function packed(encoded, field) {
  const data = unbase64(encoded);
  if (!data) {
    throw new VerificationError(`${field} is not canonical base64`, { code: "malformed-bundle", field, value: encoded });
  }
  return data;
}
