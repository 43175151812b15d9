/**
 * Statements: a lot's figure with all its proofs, signed by the log, in one file.
 *
 * A file is `{"statement": TAG, "note": ..., "claims": {...}}`. The note is signed by the log's key: TAG, and the SHA-256
 * of the claims' canonical JSON. The tree proves everything that its entries commit to; the log's key vouches for the
 * rest. Recomputing the assessment from bodies and sector plugins is the step that this package leaves to
 * `carbon-ledger verify --bodies`.
 */

import { equal, hex, sha256 } from "./bytes.js";
import { encode } from "./canonical.js";
import { claimsShape } from "./claims.js";
import { parseEntry } from "./entry.js";
import { InvalidInput, InvalidNote, VerificationError } from "./errors.js";
import {
  assessmentOf, BURDENS, isReferenced, limitOf, meaningOf, outputOf, percent, totalOf, writtenBurdens,
} from "./figures.js";
import { Fraction, JsonObject, parseJson } from "./json.js";
import { provenLeaf } from "./leaves.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { decodeBase64, verifyNote } from "./note.js";
import { decimalOf, rounded, spelled } from "./numbers.js";
import { PUBLISHED, renamed } from "./receipt.js";
import { anything, object, text } from "./shapes.js";
import { atStep, Steps } from "./steps.js";
import { checkQuorum, pinnedKeys } from "./trust.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./json.js").Json} Json */
/** @typedef {import("./claims.js").Claims} Claims */
/** @typedef {import("./claims.js").ShownRecord} ShownRecord */
/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./leaves.js").AssessmentLeaf} AssessmentLeaf */
/** @typedef {import("./leaves.js").LotLeaf} LotLeaf */
/** @typedef {import("./rotation.js").LogKeys} LogKeys */
/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {{statement: string, note: string, claims: Json}} Statement As it travels: reading it verifies nothing. */
/**
 * Verified claims. `digest`: SHA-256 of the claims, hex. `assessment` is undefined if the statement does not show how the
 * figure is made.
 *
 * @typedef {object} Proven
 * @property {Claims} claims
 * @property {string} digest
 * @property {import("./checkpoint.js").Checkpoint} checkpoint
 * @property {Entry} entry of the record that made the lot
 * @property {AssessmentLeaf} [assessment]
 * @property {LotLeaf} lot
 * @property {LotLeaf[]} inputs
 */
/**
 * @typedef {Proven & {standing: Standing, notes: string[], cosigned?: Map<string, bigint>, led?: string}} Stated
 *   `notes`: the limits of the check, to be shown with the figure
 */
/** @typedef {{state: "inForce" | "expired", sentence: string}} Standing By the statement's own words. */

export const TAG = "carbon-ledger/statement/v1";
export const STEPS = Object.freeze([
  "the statement is well-formed",
  "its claims are signed by the log",
  "the checkpoint is signed by the log, of the size and root stated",
  "every entry is in that tree",
  "every result is in its entry's outcome, and equals the claims",
  "the figure recomputes from the record's assessment and the inputs' figures",
  "the bodies give the same parts, share, assessment and results",
  PUBLISHED,
  "the policy's quorum of witnesses cosigned the checkpoint",
]);
const BODIES = 7;
const BY_LOG = 8;
const QUORUM = 9;
const METHOD = "cut-off/1";
const GWP = "AR6";
const YEARS = 3;
const statementShape = object({ statement: text, note: text, claims: anything }, { sealed: true });

/**
 * The statement in a file. Raises InvalidInput if it is not a statement of this version.
 *
 * @param {Uint8Array | string} data
 * @returns {Statement}
 */
export function readStatement(data) {
  return statementOf(parseJson(data));
}

/**
 * The same of a tree.
 *
 * @param {Json} tree
 * @returns {Statement}
 */
export function statementOf(tree) {
  const statement = statementShape(tree, "statement");
  if (statement.statement !== TAG) {
    throw new InvalidInput(`unknown statement version '${statement.statement.slice(0, 80)}', not '${TAG}'`, {
      code: "statement-version", field: "statement", value: statement.statement, rule: TAG,
    });
  }
  return statement;
}

/**
 * Checks a statement step by step; offline, unless `published` asks the log. `on`: the instant as of which it should be in
 * force, as `2026-01-31T00:00:00Z`; an expired statement holds, and `standing` says that it is expired. Raises InvalidNote
 * or VerificationError if the vkey and the rotations that are trusted are not keys of a log.
 *
 * @param {Statement} statement
 * @param {Trust & {on: string}} given
 * @returns {Promise<import("./steps.js").Report<Stated>>}
 */
export async function verifyStatement(statement, { on, ...trust }) {
  const steps = new Steps(STEPS);
  steps.mark(BODIES, "notAsked", "the bodies are not given");
  if (!trust.published) {
    steps.mark(BY_LOG, "notAsked", "no log is asked");
  }
  if (!trust.policy) {
    steps.mark(QUORUM, "notAsked", "no policy is given");
  }
  const given = trust.vkey === undefined ? undefined : await pinnedKeys("", trust);
  return steps.report(async () => {
    const keys = given ?? (await atStep(2, () => pinnedKeys(statement.note, trust)));
    const proven = await proveStatement(statement, keys);
    if (!proven.assessment) {
      steps.mark(6, "holds", "not shown, only the committed figure");
    }
    await atStep(BY_LOG, async () => trust.published?.(proven.checkpoint, keys));
    const cosigned = await atStep(QUORUM, () => statementQuorum(proven, keys, trust.policy));
    return { ...proven, standing: standingOf(proven.claims, on), notes: notesOn(proven), cosigned, led: keys.led };
  });
}

/**
 * Steps 1 to 6. Raises VerificationError with the step that fails.
 *
 * @param {Statement} statement
 * @param {LogKeys} keys
 * @returns {Promise<Proven>}
 */
export async function proveStatement(statement, keys) {
  const { claims, data } = canonicalClaims(statement);
  checkForm(claims);
  const digest = hex(await sha256(data));
  const signed = await renamed("the log did not sign the note", {
    step: 2, code: "wrong-signature", field: "note", value: keys.origin,
  }, async () => verifyNote(statement.note, [keys.verifierOf(statement.note, BigInt(claims.size))]));
  if (signed !== `${TAG}\n${digest}\n`) {
    throw fails(2, "wrong-claims", "claims", "the log signed other claims", digest);
  }
  if (claims.origin !== keys.origin) {
    throw fails(2, "wrong-origin", "claims.origin",
      `the statement is of the log '${claims.origin}', but the key is of the log '${keys.origin}'`, claims.origin);
  }
  const proven = await provenParts(claims, digest, keys);
  recompute(proven);
  return proven;
}

/**
 * When each witness cosigned the statement's tree; undefined without a policy. Raises VerificationError if the policy's
 * quorum has not.
 *
 * @param {Proven} proven
 * @param {LogKeys} keys
 * @param {import("./policy.js").Policy} [policy]
 */
export async function statementQuorum({ claims }, keys, policy) {
  if (!policy || policy.quorum === null) {
    return policy && new Map();
  }
  return checkQuorum(claims.checkpoint, policy, keys.verifierOf(claims.checkpoint));
}

/**
 * The standing at the instant `on`.
 *
 * @param {Claims} claims
 * @param {string} on
 * @returns {Standing}
 */
export function standingOf({ validUntil }, on) {
  if (validUntil === undefined) {
    return { state: "inForce", sentence: "the statement says no end of its validity" };
  }
  return on > validUntil
    ? { state: "expired", sentence: `expired: the statement was valid until ${validUntil}, which is before ${on}` }
    : { state: "inForce", sentence: `valid until ${validUntil}, or until its figure changes by more than 10 %` };
}

/**
 * The limits of the check: what the log says, and what only others can check.
 *
 * @param {Proven} proven
 * @returns {string[]}
 */
function notesOn({ claims, assessment }) {
  const notes = claims.limitations.map((limitation) => `the log said: ${limitation}`);
  if (claims.provisional) {
    notes.push("the record is provisional: its figures wait for the closing of a period");
  }
  if (claims.site) {
    notes.push("the log's key vouches for the reconciliation of the site: no tree proves it");
  }
  notes.push("contents are the log's committed values");
  if (claims.inputs.length) {
    notes.push("the inputs' figures are the log's committed values; a statement does not show their origins");
  }
  if (!assessment) {
    notes.push("the statement shows the figure, not how it is made: the log committed to this figure, but it cannot be " +
      "recomputed from this statement");
  }
  return [...notes, "only an audit can check that no record up to this size has revised a figure"];
}

/**
 * Step 1: the claims with their canonical bytes, which are all that counts, however the file is formatted.
 *
 * @param {Statement} statement
 */
function canonicalClaims(statement) {
  try {
    checkPlain(statement.claims);
    return { claims: claimsShape(statement.claims, "claims"), data: encode(statement.claims) };
  } catch (error) {
    throw error instanceof InvalidInput
      ? malformed("claims", `not the claims of a statement: ${error.message}`) : error;
  }
}

/**
 * Refuses numbers with fractions and null, so that signed data has one spelling in every language.
 *
 * @param {Json} tree
 */
function checkPlain(tree) {
  if (tree === null || tree instanceof Fraction) {
    throw new InvalidInput("numbers are decimal strings, absent fields are left out");
  }
  const members = tree instanceof JsonObject ? [...tree.values()] : Array.isArray(tree) ? tree : [];
  members.forEach(checkPlain);
}

/**
 * The statement holds exactly the records and entries that it names, each once and in log order. It shows how the figure
 * is made with all of that, or with nothing of it.
 *
 * @param {Claims} claims
 */
function checkForm(claims) {
  const { assessment, share, inputs, records, entries, record: own } = claims;
  if (!assessment && (share !== undefined || inputs.length)) {
    throw malformed("claims.assessment", "is missing, although share or inputs are there");
  }
  if (assessment && share === undefined) {
    throw malformed("claims.share", "is missing, although the assessment is there");
  }
  const [shown, proved] = [records.map((record) => record.index), entries.map((entry) => entry.index)];
  for (const [field, indexes] of Object.entries({ records: shown, entries: proved })) {
    if (indexes.slice(1).some((index, i) => indexes[i] >= index)) {
      throw malformed(`claims.${field}`, "must be in log order, each index once");
    }
  }
  const named = new Set([own, ...inputs.map((input) => input.record)]);
  if (!sameMembers(shown, named)) {
    throw malformed("claims.records", "must be the records of the lot and of its inputs, and no others");
  }
  const revising = records.flatMap(({ revision }) => (revision ? [revision.by] : []));
  if (!sameMembers(proved, new Set([...named, ...revising]))) {
    throw malformed("claims.entries", "must be the entries of the records and of their revisions, and no others");
  }
  if (inputs.some((input) => input.record >= own)) {
    throw malformed("claims.inputs", "an input must come before the record");
  }
  if (records.some(({ index, revision }) => revision && revision.by <= index)) {
    throw malformed("claims.records", "a revision must come after the record that it revises");
  }
}

/**
 * Steps 3 to 5.
 *
 * @param {Claims} claims
 * @param {string} digest
 * @param {LogKeys} keys
 * @returns {Promise<Proven>}
 */
async function provenParts(claims, digest, keys) {
  const checkpoint = await checkpointOf(claims, keys);
  const entries = await entriesOf(claims, checkpoint);
  /** @type {Map<number, {outcome: Bytes, size: number}>} */
  const outcomes = new Map();
  for (const [i, record] of claims.records.entries()) {
    outcomes.set(record.index, { outcome: await outcomeOf(i, record, entries), size: record.leaves });
  }
  /** @param {string} field @param {ShownRecord} shown @param {number} index */
  const result = (field, shown, index) => resultOf(field, shown, had(outcomes, index));
  const assessment = claims.assessment && (await result("claims.assessment", claims.assessment, claims.record));
  const lot = await result("claims.result", claims.result, claims.record);
  if ((assessment && assessment.leaf !== "assessment") || lot.leaf !== "lot") {
    throw fails(5, "wrong-leaf", "claims.result", "leaf 0 must be the assessment, and the lot another leaf");
  }
  const inputs = [];
  for (const [i, input] of claims.inputs.entries()) {
    const leaf = await result(`claims.inputs[${i}].shown`, input.shown, input.record);
    if (leaf.leaf !== "lot") {
      throw fails(5, "wrong-leaf", "claims.inputs", "every input must be a lot");
    }
    inputs.push(leaf);
  }
  if (new Set([lot, ...inputs].map((one) => one.lot)).size !== inputs.length + 1) {
    throw fails(5, "wrong-leaf", "claims.inputs", "every input must be a lot, and each lot a different one");
  }
  const entry = had(entries, claims.record);
  checkClaims(claims, entry, assessment, lot);
  return { claims, digest, checkpoint, entry, assessment, lot, inputs };
}

/**
 * @param {Claims} claims
 * @param {LogKeys} keys
 */
async function checkpointOf(claims, keys) {
  const checkpoint = await renamed("the log did not sign the checkpoint", {
    step: 3, code: "wrong-checkpoint", field: "claims.checkpoint", value: keys.origin,
  }, () => keys.opened(claims.checkpoint));
  if (checkpoint.size !== BigInt(claims.size)) {
    throw fails(3, "wrong-tree", "claims.size", `the checkpoint has size ${checkpoint.size}, not ${claims.size}`,
      claims.size);
  }
  if (!equal(checkpoint.root, bytes(claims.root, "claims.root"))) {
    throw fails(3, "wrong-tree", "claims.root", "the checkpoint has another root", claims.root);
  }
  return checkpoint;
}

/**
 * @param {Claims} claims
 * @param {import("./checkpoint.js").Checkpoint} checkpoint
 */
async function entriesOf(claims, checkpoint) {
  /** @type {Map<number, Entry>} */
  const entries = new Map();
  for (const [i, claimed] of claims.entries.entries()) {
    const field = `claims.entries[${i}]`;
    const [data, path] = [bytes(claimed.entry, `${field}.entry`), hashes(claimed.path, `${field}.path`)];
    await renamed(`entry ${claimed.index} is not in the tree`, {
      step: 4, code: "not-included", field, value: claimed.index,
    }, async () => {
      entries.set(claimed.index, parseEntry(data));
      await verifyInclusion(await leafHash(data), BigInt(claimed.index), checkpoint.size, checkpoint.root, path);
    });
  }
  return entries;
}

/**
 * The root of the valid results of a record: its own, or those to which a later record's entry commits.
 *
 * @param {number} position
 * @param {Claims["records"][number]} record
 * @param {Map<number, Entry>} entries
 */
async function outcomeOf(position, record, entries) {
  const [entry, { revision }] = [had(entries, record.index), record];
  if (!revision) {
    return entry.outcome;
  }
  const field = `claims.records[${position}].revision`;
  const { outcome } = had(entries, revision.by);
  const leaf = await resultOf(`${field}.shown`, revision.shown, { outcome, size: revision.size });
  if (leaf.leaf !== "revision" || leaf.index !== record.index || leaf.record !== hex(entry.digest)) {
    throw fails(5, "wrong-revision", field, `no proof that entry ${revision.by} revises record ${record.index}`,
      revision.by);
  }
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(leaf.outcome)) {
    throw fails(5, "malformed-leaf", field, "the outcome is not hexadecimal", leaf.outcome);
  }
  return Uint8Array.from(leaf.outcome.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/**
 * A leaf, proved to be in the outcome.
 *
 * @param {string} field
 * @param {ShownRecord} shown
 * @param {{outcome: Bytes, size: number}} place
 */
async function resultOf(field, shown, { outcome, size }) {
  const path = hashes(shown.path, `${field}.path`);
  return atStep(5, () => provenLeaf(shown.leaf, field, { index: shown.index, size, outcome, path }));
}

/**
 * The claims about the lot equal the values to which the log committed.
 *
 * @param {Claims} claims
 * @param {Entry} entry
 * @param {AssessmentLeaf | undefined} assessment
 * @param {LotLeaf} lot
 */
function checkClaims(claims, entry, assessment, lot) {
  const { figure } = claims;
  const leaf = assessment ?? lot;
  /** @type {[string, unknown, unknown][]} */
  const claimed = [
    ["digest", claims.digest, hex(entry.digest)], ["lot", claims.lot, lot.lot], ["product", claims.product, lot.product],
    ["quantity", quantityText(claims.quantity), quantityText(lot.quantity)], ["method", claims.method, lot.method],
    ["method", claims.method, leaf.method], ["plugin", claims.plugin, lot.plugin],
    ["plugin", claims.plugin, leaf.plugin], ["figure.burdens", figuresText(figure.burdens), figuresText(lot.burdens)],
    ["figure.contents", figuresText(figure.contents), figuresText(lot.contents)],
  ];
  for (const [field, stated, committed] of claimed) {
    if (stated !== committed) {
      throw fails(5, "wrong-claim", `claims.${field}`,
        `the statement says ${stated}, but the log committed to ${committed}`, stated);
    }
  }
}

/**
 * Step 6: the figure follows from the committed figures one hop upstream, to the bit. A statement that does not show how
 * the figure is made is checked against the committed burdens of the lot alone.
 *
 * @param {Proven} proven
 */
function recompute(proven) {
  const { claims, assessment: leaf, lot } = proven;
  if (claims.method !== METHOD || claims.gwp !== GWP) {
    throw fails(6, "unknown-method", "claims.method", `unknown method ${claims.method} with ${claims.gwp}; this version ` +
      `checks ${METHOD} with ${GWP}`, claims.method);
  }
  const limit = limitOf(claims.versions);
  if (!leaf) {
    // The log's key vouches for whether the product has a reference range, on which the title depends.
    const known = meaningOf(lot.burdens, { limit });
    const isKnown = claims.figure.title === known.title;
    checkFigure(claims, isKnown ? known : meaningOf(lot.burdens, { limit, isReferenced: false }), limit);
    checkUntil(claims);
    return;
  }
  /** @type {import("./figures.js").Assessment} */
  let assessment;
  try {
    assessment = assessmentOf(leaf);
    const taken = claims.inputs.map((input, i) => ({
      part: partOf(i, input, proven.inputs[i]), burdens: proven.inputs[i].burdens,
    }));
    const total = totalOf(assessment, leaf, taken, claims);
    checkRetained(leaf, total);
    const place = { output: claims.result.index - 1, share: shareOf(claims) };
    checkSame(writtenBurdens(outputOf(total, assessment, leaf, place)), lot.burdens, "claims.figure.burdens");
  } catch (error) {
    if (error instanceof VerificationError) {
      error.step ??= 6;
    }
    throw error;
  }
  const terms = { limit, isReferenced: isReferenced(assessment, claims.result.index - 1) };
  checkFigure(claims, meaningOf(lot.burdens, terms), limit);
  const kind = leaf.averaged.size || leaf.averagedContents.size ? "periodAverage"
    : claims.type === "addition" ? "movingAverage" : "lotFigure";
  if (claims.figureKind !== kind) {
    throw fails(6, "wrong-validity", "claims.figureKind",
      `the statement says ${claims.figureKind}, but its record gives a ${kind}`, claims.figureKind);
  }
  checkUntil(claims);
}

/**
 * A record retains either all of its burdens or nothing.
 *
 * @param {AssessmentLeaf} leaf
 * @param {number[]} total
 */
function checkRetained(leaf, total) {
  if (!leaf.retained.size) {
    return;
  }
  const passedOn = leaf.questions.some((question) => Number(question.share) !== 0);
  const retained = total.map((amount, i) => (passedOn && BURDENS[i] === "questionedAbs" ? 0 : amount));
  checkSame(writtenBurdens(retained), leaf.retained, "claims.assessment.leaf.retained");
}

/**
 * @param {Map<string, string>} computed
 * @param {Map<string, string>} committed
 * @param {string} field
 */
function checkSame(computed, committed, field) {
  for (const name of [...BURDENS, ...committed.keys()]) {
    const [amount, expected] = [computed.get(name), committed.get(name)];
    if (amount !== expected) {
      throw fails(6, "wrong-figure", `${field}.${name}`, `share, assessment and inputs give ${amount ?? 0} for ${name}, ` +
        `but the log committed to ${expected ?? 0}`, expected);
    }
  }
}

/**
 * Every number and word of the stated figure follows from its burdens: no title is better than they are.
 *
 * @param {Claims} claims
 * @param {import("./figures.js").Meaning} meaning
 * @param {number} limit
 */
function checkFigure({ figure, quantity, study }, meaning, limit) {
  const { footprint, locationBased, marketBased, completeness, doubtful } = meaning;
  const shares = Object.entries(doubtful).filter(([, share]) => share > 0).map(([name, share]) => [name, percent(share)]);
  /** @type {[string, unknown, unknown][]} */
  const fields = [
    ["footprint", figure.footprint, spelled(footprint)],
    ["perUnit", figure.perUnit, spelled(footprint / Number(quantity.value))], ["title", figure.title, meaning.title],
    ["completeness", figure.completeness, completeness === undefined ? "unknown" : percent(completeness)],
    ["locationBased", figure.locationBased, locationBased === footprint ? undefined : spelled(locationBased)],
    ["marketBased", figure.marketBased, marketBased === footprint ? undefined : spelled(marketBased)],
    ["limit", figure.limit, `${rounded(limit * 100, 2).replace(/0$/, "")} %`],
    ["doubtful", figuresText(figure.doubtful), figuresText(new Map(/** @type {[string, string][]} */ (shares)))],
  ];
  for (const [name, stated, computed] of fields) {
    if (stated !== computed) {
      throw fails(6, "wrong-figure", `claims.figure.${name}`,
        `the statement says ${stated}, but its burdens give ${computed}`, stated);
    }
  }
  const derived = { declaredUnit: quantity.unit,
    exempted: completeness === undefined ? "unknown" : percent(1 - completeness) };
  for (const [name, computed] of Object.entries(study ? derived : {})) {
    const stated = study?.[/** @type {"declaredUnit"} */ (name)];
    if (stated !== computed) {
      throw fails(6, "wrong-study", `claims.study.${name}`,
        `the statement says ${stated}, but its figure gives ${computed}`, stated);
    }
  }
}

/** @param {Claims} claims */
function checkUntil({ dataEnd, validUntil }) {
  const rest = dataEnd?.slice(4).replace(/^-02-29/, "-02-28");
  const until = dataEnd === undefined ? undefined : `${String(Number(dataEnd.slice(0, 4)) + YEARS).padStart(4, "0")}${rest}`;
  if (validUntil !== until) {
    throw fails(6, "wrong-validity", "claims.validUntil", `the statement says ${validUntil}, but its data end ` +
      `${dataEnd}: a figure is valid for ${YEARS} years after them`, validUntil);
  }
}

/**
 * The taken fraction of an input.
 *
 * @param {number} i
 * @param {Claims["inputs"][number]} input
 * @param {LotLeaf} lot
 */
function partOf(i, input, lot) {
  const field = `claims.inputs[${i}]`;
  const [quantity, whole] = [decimalOf(input.quantity), decimalOf(lot.quantity.value)];
  if (!quantity || !whole) {
    throw fails(6, "not-a-number", `${field}.quantity`, `${input.quantity} is not a number`, input.quantity);
  }
  const scale = Math.max(quantity.scale, whole.scale);
  const [taken, all] = [quantity, whole].map((one) => one.units * 10n ** BigInt(scale - one.scale));
  if (taken <= 0n || taken > all) {
    throw fails(6, "wrong-part", `${field}.quantity`, `${input.quantity} of ${lot.quantity.value} of ${lot.lot}: a part ` +
      "is above 0 and at most the whole lot", input.quantity);
  }
  const part = Number(input.quantity) / Number(lot.quantity.value);
  if (spelled(part) !== input.part) {
    throw fails(6, "wrong-part", `${field}.part`, `${input.quantity} of ${lot.quantity.value} of ${lot.lot} is the part ` +
      `${spelled(part)}, not ${input.part}`, input.part);
  }
  return part;
}

/** @param {Claims} claims */
function shareOf({ share = "" }) {
  const value = decimalOf(share) ? Number(share) : NaN;
  if (!(value >= 0 && value <= 1) || spelled(value) !== share) {
    throw fails(6, "wrong-share", "claims.share",
      `${share} is not a share: 0 to 1, in the shortest spelling of its binary64`, share);
  }
  return value;
}

/** @param {Claims["quantity"]} quantity */
function quantityText({ value, unit }) {
  return `${value} ${unit}`;
}

/** @param {Map<string, string>} figures */
function figuresText(figures) {
  return [...figures].map(([name, amount]) => `${name} ${amount}`).sort().join(", ") || "nothing";
}

/**
 * @param {readonly number[]} list
 * @param {Set<number>} set
 */
function sameMembers(list, set) {
  return list.length === set.size && list.every((member) => set.has(member));
}

/**
 * @template V
 * @param {Map<number, V>} map
 * @param {number} index that `checkForm` has found there
 */
function had(map, index) {
  return /** @type {V} */ (map.get(index));
}

/**
 * @param {readonly string[]} path
 * @param {string} field
 */
function hashes(path, field) {
  return path.map((node) => bytes(node, field));
}

/**
 * @param {string} encoded
 * @param {string} field
 */
function bytes(encoded, field) {
  try {
    return decodeBase64(encoded, field);
  } catch (error) {
    throw error instanceof InvalidNote ? malformed(field, error.message) : error;
  }
}

/**
 * @param {string} field
 * @param {string} message
 */
function malformed(field, message) {
  return fails(1, "malformed-statement", field, `${field}: ${message}`);
}

/**
 * @param {number} step
 * @param {string} code
 * @param {string} field
 * @param {string} message
 * @param {unknown} [value]
 */
function fails(step, code, field, message, value) {
  return new VerificationError(message, { step, code, field, value });
}
