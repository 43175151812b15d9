/** Checks a file of any kind that this package verifies, and puts the results of all kinds into one form. */

import { bundleOf, STEPS as BUNDLE, verifyBundle } from "../src/bundle.js";
import { hex, textOf, utf8 } from "../src/bytes.js";
import { claimsShape } from "../src/claims.js";
import { parseCheckpoint } from "../src/checkpoint.js";
import { InvalidInput, LedgerError } from "../src/errors.js";
import { assessmentOf, meaningOf } from "../src/figures.js";
import { JsonObject, parseJson } from "../src/json.js";
import { parseNote, parseVkey } from "../src/note.js";
import { parsePolicy } from "../src/policy.js";
import { answerOf, noteOf, PUBLISHED, STEPS as RECEIPT, verifyReceipt } from "../src/receipt.js";
import { STEPS as STATEMENT, statementOf, verifyStatement } from "../src/statement.js";

/** @typedef {import("../src/published.js").Head} Head */
/** @typedef {import("../src/rotation.js").LogKeys} LogKeys */
/** @typedef {import("../src/steps.js").Step} Step */
/** @typedef {import("../src/trust.js").Trust} Trust */
/** @typedef {"statement" | "bundle" | "receipt" | "acknowledgement"} Kind */
/**
 * What a file says of one lot. Numbers are kg CO2e; `shares` are the doubtful ones, `title` is missing in a receipt.
 * `proved`: the checks hold; otherwise it is only what the file says.
 *
 * @typedef {object} Figure
 * @property {boolean} proved
 * @property {string} lot
 * @property {string} product
 * @property {string} quantity
 * @property {string} unit
 * @property {number} footprint
 * @property {number} perUnit
 * @property {string} [title]
 * @property {[string, string][]} shares
 * @property {string[]} omissions
 * @property {string[]} findings
 * @property {boolean} assessed whether the file holds the assessment, which has findings and omissions
 * @property {string} [validUntil]
 * @property {boolean} [expired]
 * @property {number} [restatedBy] the entry whose record has revised the figure
 * @property {number} attestations
 */
/**
 * @typedef {object} Checked
 * @property {Kind} kind
 * @property {boolean} ok whether no step failed
 * @property {Step[]} steps
 * @property {LedgerError} [error]
 * @property {Figure[]} figures
 * @property {string[]} notes the limits of the check
 * @property {string} [organization] whose key signed, if a bundle proves it
 * @property {bigint} [index] of the entry
 * @property {string} [record] its digest in hexadecimal digits, of a receipt that holds
 * @property {Head[]} heads the checkpoints that the file holds, with valid signatures
 * @property {LogKeys} [keys] of the log, from the pinned one on
 * @property {string} [origin] of the log that the file names
 */

/** The place of the step about the file's checkpoints in the answer of a log. */
const OF_FILE = 2;
const UNASKED = "no log is asked";
/** Bytes of the largest file that is read. */
export const MAX_FILE = 64 << 20;
const STEPS = { statement: STATEMENT, bundle: BUNDLE, receipt: RECEIPT, acknowledgement: RECEIPT };
/** Only a keyword of a policy begins with one of these words and has no plus before it. */
const POLICY = /^\s*(?:#|log |witness |group |quorum )/;

/**
 * The trust that a person has given as text: a vkey, or a policy. Empty without one. Raises InvalidInput.
 *
 * @param {string} written
 * @returns {Promise<Trust>}
 */
export async function readTrust(written) {
  const trimmed = written.trim();
  if (!trimmed) {
    return {};
  }
  if (POLICY.test(trimmed)) {
    // A field of a page may cut off the last line's end.
    return { policy: await parsePolicy(utf8(`${trimmed.replaceAll("\r\n", "\n")}\n`)) };
  }
  return { vkey: (await parseVkey(trimmed)).vkey };
}

/**
 * The trees in a file: one, or a receipt on each line. Raises InvalidInput.
 *
 * @param {Uint8Array} data
 * @returns {import("../src/json.js").Json[]}
 */
export function readTrees(data) {
  if (data.length > MAX_FILE) {
    throw new InvalidInput(`the file has more than ${MAX_FILE} bytes`, { code: "not-verifiable" });
  }
  try {
    return [parseJson(data)];
  } catch (error) {
    const lines = without(() => textOf(data))?.split("\n").filter((line) => line.trim()) ?? [];
    if (lines.length < 2 || !(error instanceof InvalidInput)) {
      throw error;
    }
    return lines.map((line) => parseJson(line));
  }
}

/**
 * Checks one tree. Without a trusted key nothing is checked, and all steps are open. Raises InvalidInput if it is no
 * file of a known kind.
 *
 * @param {import("../src/json.js").Json} tree
 * @param {Trust & {registrar?: string}} trust
 * @param {string} on the instant as of which a statement should be in force
 * @returns {Promise<Checked>}
 */
export async function checkTree(tree, trust, on) {
  const kind = kindOf(tree);
  /** @type {Checked} */
  const checked = { kind, ok: false, steps: [], figures: [], notes: [], heads: [] };
  if (trust.vkey === undefined && !trust.policy) {
    checked.steps = STEPS[kind].map((text, i) => ({ number: i + 1, text, state: "notAsked" }));
    checked.figures = statedFigures(kind, tree);
    checked.origin = originOf(kind, tree);
    return checked;
  }
  /** @type {Trust} */
  const asked = { ...trust, published: async (checkpoint, keys) => void Object.assign(checked, { keys }) };
  if (kind === "statement") {
    await checkStatement(checked, tree, { ...asked, on });
  } else if (kind === "bundle") {
    await checkBundle(checked, tree, { ...asked, on });
  } else {
    await checkAnswer(checked, tree, asked);
  }
  for (const step of checked.steps.filter(({ text, state }) => text === PUBLISHED && state === "holds")) {
    // Until the log itself is asked, which another module does.
    Object.assign(step, { state: "notAsked", note: UNASKED });
  }
  checked.origin = checked.keys?.origin ?? originOf(kind, tree);
  return checked;
}

/**
 * Enters the log's answer about the checkpoints of a file into the step of the file's own list.
 *
 * @param {readonly Step[]} steps
 * @param {import("./history.js").History} [history]
 */
export function answered(steps, history) {
  const answer = history?.steps[OF_FILE];
  if (answer && (answer.state === "holds" || answer.state === "fails")) {
    for (const step of steps.filter(({ text, note }) => text === PUBLISHED && note === UNASKED)) {
      Object.assign(step, { state: answer.state, note: answer.note });
    }
  }
}

/**
 * @param {import("../src/json.js").Json} tree
 * @returns {Kind}
 */
function kindOf(tree) {
  if (tree instanceof JsonObject) {
    if (tree.has("bundle")) {
      return "bundle";
    }
    if (tree.has("statement")) {
      return "statement";
    }
    if (tree.has("entry")) {
      return answerOf(tree).note === undefined ? "receipt" : "acknowledgement";
    }
  }
  throw new InvalidInput("this is no receipt, acknowledgement, statement or bundle", { code: "not-verifiable" });
}

/**
 * @param {Checked} checked
 * @param {import("../src/json.js").Json} tree
 * @param {Trust & {on: string}} trust
 */
async function checkStatement(checked, tree, trust) {
  const report = await verifyStatement(statementOf(tree), trust);
  Object.assign(checked, { ok: report.ok, steps: report.steps, error: report.error });
  if (!report.proven) {
    checked.figures = statedFigures("statement", tree);
    return;
  }
  const { claims, checkpoint, notes, standing } = report.proven;
  checked.notes = notes;
  checked.index = BigInt(claims.record);
  checked.heads = [{ note: claims.checkpoint, checkpoint }];
  checked.figures = [statedFigure(report.proven, standing)];
}

/**
 * @param {Checked} checked
 * @param {import("../src/json.js").Json} tree
 * @param {Trust & {on: string, registrar?: string}} trust
 */
async function checkBundle(checked, tree, trust) {
  const bundle = bundleOf(tree);
  const report = await verifyBundle(bundle, trust);
  Object.assign(checked, { ok: report.ok, steps: report.steps, error: report.error });
  if (!report.proven) {
    checked.figures = statedFigures("bundle", tree);
    return;
  }
  const { verified, statement, notes, organization } = report.proven;
  Object.assign(checked, { notes, organization, index: verified.index });
  if (verified.checkpoint) {
    checked.heads.push({ note: noteOf(answerOf(bundle.receipt)), checkpoint: verified.checkpoint });
  }
  if (statement) {
    checked.heads.push({ note: statement.claims.checkpoint, checkpoint: statement.checkpoint });
  }
  checked.figures = statement ? [statedFigure(statement, statement.standing)] : lotFigures(verified);
}

/**
 * @param {Checked} checked
 * @param {import("../src/json.js").Json} tree
 * @param {Trust} trust
 */
async function checkAnswer(checked, tree, trust) {
  const answer = answerOf(tree);
  const report = await verifyReceipt(answer, trust);
  Object.assign(checked, { ok: report.ok, steps: report.steps, error: report.error });
  if (!report.proven) {
    checked.figures = statedFigures(checked.kind, tree);
    return;
  }
  const { checkpoint, entry, index } = report.proven;
  Object.assign(checked, { index, record: hex(entry.digest) });
  checked.heads = checkpoint ? [{ note: noteOf(answer), checkpoint }] : [];
  checked.notes = ["only an audit can check that no record up to this size has revised a figure"];
  checked.figures = lotFigures(report.proven);
}

/**
 * The figure of a statement that holds.
 *
 * @param {import("../src/statement.js").Proven} proven
 * @param {import("../src/statement.js").Standing} standing
 * @returns {Figure}
 */
function statedFigure({ claims, assessment }, standing) {
  return { ...figureOf(claims), proved: true, assessed: assessment !== undefined, expired: standing.state === "expired",
    omissions: omissionsOf(assessment), findings: findingsOf(assessment) };
}

/**
 * @param {import("../src/claims.js").Claims} claims
 * @returns {Figure}
 */
function figureOf(claims) {
  const { figure, quantity } = claims;
  const own = claims.records.find(({ index }) => index === claims.record);
  return {
    proved: false, lot: claims.lot, product: claims.product, quantity: quantity.value, unit: quantity.unit,
    footprint: Number(figure.footprint), perUnit: Number(figure.perUnit), title: figure.title,
    shares: [...figure.doubtful], omissions: [], findings: [], assessed: false, validUntil: claims.validUntil,
    restatedBy: own?.revision?.by, attestations: claims.attestations.length,
  };
}

/**
 * The figures of the lots of a receipt, which has no title.
 *
 * @param {import("../src/receipt.js").Verified} verified
 * @returns {Figure[]}
 */
function lotFigures({ lots, assessment }) {
  return lots.map((lot) => {
    const meaning = meaningOf(lot.burdens);
    const shares = Object.entries(meaning.doubtful).filter(([, share]) => share > 0);
    return {
      proved: true, lot: lot.lot, product: lot.product, quantity: lot.quantity.value, unit: lot.quantity.unit,
      footprint: meaning.footprint, perUnit: meaning.footprint / Number(lot.quantity.value),
      shares: shares.map(([name, share]) => [name, `${(100 * share).toFixed(1)} %`]),
      omissions: omissionsOf(assessment), findings: findingsOf(assessment), assessed: assessment !== undefined,
      attestations: 0,
    };
  });
}

/** @param {import("../src/leaves.js").AssessmentLeaf} [leaf] */
function findingsOf(leaf) {
  if (!leaf) {
    return [];
  }
  return assessmentOf(leaf).findings.map(({ code, message, amount }) =>
    `${code}: ${message}${amount === undefined ? "" : ` (${amount} kg CO2e)`}`);
}

/** @param {import("../src/leaves.js").AssessmentLeaf} [leaf] */
function omissionsOf(leaf) {
  const listed = leaf?.assessment instanceof JsonObject ? leaf.assessment.get("omissions") : undefined;
  return (Array.isArray(listed) ? listed : []).flatMap((omission) => {
    const [what, estimate] = omission instanceof JsonObject ? [omission.get("what"), omission.get("estimate")] : [];
    return typeof what === "string" ? [typeof estimate === "string" ? `${what} (${estimate} kg CO2e)` : what] : [];
  });
}

/**
 * What a file says that does not hold, or that nothing was checked of; nothing if it cannot be read.
 *
 * @param {Kind} kind
 * @param {import("../src/json.js").Json} tree
 * @returns {Figure[]}
 */
function statedFigures(kind, tree) {
  const inner = kind === "bundle" && tree instanceof JsonObject ? tree.get("statement") ?? null : tree;
  if (kind !== "statement" && kind !== "bundle") {
    return [];
  }
  const claims = without(() => claimsShape(statementOf(inner).claims, "claims"));
  return claims ? [figureOf(claims)] : [];
}

/**
 * The origin that a file names, not verified.
 *
 * @param {Kind} kind
 * @param {import("../src/json.js").Json} tree
 */
function originOf(kind, tree) {
  return without(() => {
    if (kind === "statement") {
      return parseNote(statementOf(tree).note).signatures[0].name;
    }
    const answer = answerOf(kind === "bundle" && tree instanceof JsonObject ? tree.get("receipt") ?? null : tree);
    const note = parseNote(noteOf(answer));
    return answer.note === undefined ? parseCheckpoint(note.text).origin : note.signatures[0].name;
  });
}

/**
 * The result, or undefined where it raises an error: what nobody has verified may be of any form.
 *
 * @template T
 * @param {() => T} read
 * @returns {T | undefined}
 */
function without(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}
