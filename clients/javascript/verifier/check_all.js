/** Checks a file, a log, or both, with the keys that a person trusts and with what the page remembers. */

import { parseCheckpoint } from "../src/checkpoint.js";
import { Unavailable, VerificationError } from "../src/errors.js";
import { parseNote } from "../src/note.js";
import { logKeys } from "../src/rotation.js";
import { answered, checkTree, readTrees, readTrust } from "./check.js";
import { compareHistory } from "./history.js";

/** @typedef {import("./history.js").LogMemory} LogMemory */
/** @typedef {import("./view.js").Result} Result */
/** @typedef {import("../src/published.js").PublicLog} PublicLog */
/** @typedef {import("../src/trust.js").Trust & {registrar?: string}} Pinned */
/**
 * What a person asks. At least one of `data` and `log` is given.
 *
 * @typedef {object} Question
 * @property {string} trust a vkey or a policy, empty without one
 * @property {string} [registrar] the id of the registrar's first key
 * @property {Uint8Array} [data] of the file
 * @property {string} [name] of the file
 * @property {string} [lot] that the file should be about
 * @property {string} [record] the digest of the record that the file should be about
 * @property {PublicLog} [log]
 */

/**
 * The result of all checks. Raises InvalidInput if the file or the key cannot be read.
 *
 * @param {Question} question
 * @param {LogMemory} memory
 * @returns {Promise<Result>}
 */
export async function checkAll({ trust: written, registrar, data, name, lot, record, log }, memory) {
  /** @type {Pinned} */
  const trust = { ...(await readTrust(written)), registrar };
  /** @type {Result} */
  const result = {
    source: trust.vkey !== undefined || trust.policy ? "pinned" : log ? "operator" : "none", name, asked: !!log,
    witnessed: !!trust.policy && trust.policy.quorum !== null, checked: [], keeps: memory.storage !== undefined,
  };
  try {
    await askKeys(log, trust, result);
  } catch (error) {
    silence(result, error);
  }
  for (const tree of data ? readTrees(data) : []) {
    const checked = await checkTree(tree, trust, now());
    checkAbout(checked, lot, record);
    result.checked.push(checked);
  }
  await compare(result, trust, memory, log);
  return result;
}

/**
 * A true file is no answer if it is about another thing than the one that was asked for.
 *
 * @param {import("./check.js").Checked} checked
 * @param {string} [lot]
 * @param {string} [record]
 */
function checkAbout(checked, lot, record) {
  const another = (lot !== undefined && !checked.figures.some((figure) => figure.lot === lot)) ||
    (record !== undefined && checked.record !== record);
  if (checked.ok && another) {
    const error = new VerificationError("the file is about another lot or record", {
      code: "another-thing", field: lot === undefined ? "record" : "lot", rule: lot ?? record,
    });
    checked.figures.forEach((figure) => Object.assign(figure, { proved: false }));
    Object.assign(checked, { ok: false, error });
  }
}

/**
 * The rotations of the log's key from its server, and its key if the person has given none.
 *
 * @param {PublicLog | undefined} log
 * @param {Pinned} trust
 * @param {Result} result
 */
async function askKeys(log, trust, result) {
  if (!log) {
    return;
  }
  if (result.source === "operator") {
    result.source = "none";
    const { vkey } = await readTrust(await log.vkey());
    Object.assign(result, { source: "operator", vkey });
    trust.vkey = vkey;
  }
  trust.rotations = await log.rotations();
}

/**
 * @param {Result} result
 * @param {Pinned} trust
 * @param {LogMemory} memory
 * @param {PublicLog | undefined} log
 */
async function compare(result, trust, memory, log) {
  const keys = result.checked.find((one) => one.keys)?.keys ?? (await keysOf(trust, log, result));
  if (!keys || result.source === "none") {
    return;
  }
  const heads = result.checked.flatMap((one) => (one.keys ? one.heads : []));
  result.history = await compareHistory(keys, heads, memory, {
    log: result.silent ? undefined : log, policy: trust.policy, day: now().slice(0, 10),
  });
  result.checked.forEach((one) => answered(one.steps, result.history));
  if (result.history.error) {
    silence(result, result.history.error);
  }
}

/**
 * The keys for a log that is asked without a file.
 *
 * @param {Pinned} trust
 * @param {PublicLog | undefined} log
 * @param {Result} result
 */
async function keysOf(trust, log, result) {
  if (!log || result.silent || (result.checked.length && result.checked.some(({ ok }) => !ok))) {
    return undefined;
  }
  if (trust.vkey !== undefined) {
    return logKeys(trust.vkey, trust.rotations);
  }
  try {
    const origin = parseCheckpoint(parseNote(await log.checkpoint()).text).origin;
    const [verifier] = trust.policy?.log(origin) ?? [];
    return verifier && logKeys(verifier.vkey, trust.rotations);
  } catch (error) {
    silence(result, error);
    return undefined;
  }
}

/**
 * Notes that the log did not answer. Raises any other error again, unless a step tells it already.
 *
 * @param {Result} result
 * @param {unknown} error
 */
function silence(result, error) {
  if (error instanceof Unavailable) {
    result.silent = error;
  } else if (error !== result.history?.error) {
    throw error;
  }
}

function now() {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
