/**
 * What this page remembers of each log, and whether the log keeps to it.
 *
 * The memory holds, by the vkey that a person pinned, the notes of the checkpoints that held. A note is verified again
 * when it is read: a page beside this one may have changed the memory. Without the log's address, checkpoints of
 * different sizes cannot be compared: all of them are kept until the log proves that its tree begins with each of them.
 */

import { equal } from "../src/bytes.js";
import { LedgerError, Unavailable, VerificationError } from "../src/errors.js";
import { parseVkey } from "../src/note.js";
import { openCosigned } from "../src/policy.js";
import { checkExtends, publishedHead, VOID } from "../src/published.js";

/** @typedef {import("../src/published.js").Head} Head */
/** @typedef {import("../src/published.js").PublicLog} PublicLog */
/** @typedef {import("../src/rotation.js").LogKeys} LogKeys */
/** @typedef {import("../src/steps.js").Step} Step */
/** @typedef {{note: string, day: string}} Remembered `day`: on which it was seen. */
/** @typedef {Record<string, Remembered[]>} Memory By vkey. */
/**
 * @typedef {object} History
 * @property {Step[]} steps
 * @property {boolean} ok whether no step failed
 * @property {LedgerError} [error]
 * @property {string[]} [evidence] two notes that together prove two histories
 * @property {Head} [newest] the head that the log publishes now
 * @property {bigint} [before] the size of the largest tree that was remembered, 0 if there is none
 * @property {Map<string, bigint>} [cosigned] when each witness cosigned the newest head, POSIX seconds
 * @property {string} [otherKey] a vkey under which a log of the same name is remembered
 */

export const HISTORY = Object.freeze([
  "the log answers with a checkpoint that its key signed",
  "the policy's quorum of witnesses cosigned that checkpoint",
  "the log still begins with every checkpoint in the file",
  "the log still begins with every checkpoint that this page saw before",
]);
const [ANSWERS, QUORUM, FILE, BEFORE] = [0, 1, 2, 3];
const STORED = "carbon-ledger/verifier/v1";
const MOST = 16;

/** Checkpoints of logs in a storage of the browser, or nowhere if the browser allows none. */
export class LogMemory {
  /** @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @returns {Memory} */
  read() {
    try {
      const memory = JSON.parse(this.storage?.getItem(STORED) ?? "{}");
      return Object.fromEntries(Object.entries(memory).map(([vkey, seen]) => [vkey, seen.map(remembered)]));
    } catch {
      return {};
    }
  }

  /**
   * Returns whether the browser keeps it.
   *
   * @param {string} vkey
   * @param {Remembered[]} seen
   */
  keep(vkey, seen) {
    try {
      this.storage?.setItem(STORED, JSON.stringify({ ...this.read(), [vkey]: seen.slice(-MOST) }));
      return this.storage !== undefined;
    } catch {
      return false;
    }
  }

  forget() {
    this.storage?.removeItem(STORED);
  }
}

/** The memory in the storage of this browser. */
export function browserMemory() {
  try {
    return new LogMemory(window.localStorage);
  } catch {
    return new LogMemory(undefined);
  }
}

/**
 * Compares the checkpoints of a file with those that were seen before, and with the log if its address is given. Then
 * keeps them in the memory, unless they contradict each other.
 *
 * @param {LogKeys} keys
 * @param {readonly Head[]} heads of the file, with valid signatures
 * @param {LogMemory} memory
 * @param {{log?: PublicLog, policy?: import("../src/policy.js").Policy, day: string}} given
 * @returns {Promise<History>}
 */
export async function compareHistory(keys, heads, memory, { log, policy, day }) {
  const steps = HISTORY.map((text, i) => /** @type {Step} */ ({ number: i + 1, text, state: "notReached" }));
  /** @type {History} */
  const history = { steps, ok: true };
  const stored = memory.read();
  const seen = await opened(keys, keys.spans.flatMap(({ vkey }) => stored[vkey] ?? []));
  history.before = seen.reduce((most, { checkpoint }) => checkpoint.size > most ? checkpoint.size : most, 0n);
  history.otherKey = await otherKey(keys, stored);
  /** @type {[number, readonly Head[]][]} */
  const groups = [[FILE, heads], [BEFORE, seen]];
  for (const [step, group] of groups.filter(([, some]) => !some.length)) {
    mark(steps[step], "notAsked", step === FILE ? "the file has no checkpoint" : "no checkpoint was seen before");
  }
  try {
    checkSameSize(steps, history, heads, seen);
    if (log) {
      await askLog(log, keys, policy, history, groups);
    } else {
      steps.forEach((step) => step.state === "notReached" && mark(step, "notAsked", "no address of the log is given"));
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) {
      throw error;
    }
    Object.assign(history, { ok: false, error });
    if (!(error instanceof Unavailable)) {
      return history;
    }
  }
  const { newest } = history;
  const kept = newest ? [newest] : [...seen, ...heads].filter(({ note }, i, all) =>
    all.findIndex((other) => other.note === note) === i);
  const days = new Map(stored[keys.pinned]?.map((one) => [one.note, one.day]));
  if (kept.length) {
    memory.keep(keys.pinned, kept.map(({ note }) => ({ note, day: days.get(note) ?? day })));
  }
  return history;
}

/**
 * @param {PublicLog} log
 * @param {LogKeys} keys
 * @param {import("../src/policy.js").Policy | undefined} policy
 * @param {History} history
 * @param {[number, readonly Head[]][]} groups
 */
async function askLog(log, keys, policy, history, groups) {
  const { steps } = history;
  const newest = await at(steps[ANSWERS], () => publishedHead(log, keys));
  mark(steps[ANSWERS], "holds");
  if (policy && policy.quorum !== null) {
    const cosigned = await at(steps[QUORUM], () => openCosigned(newest.note, policy, keys.verifierOf(newest.note)));
    history.cosigned = cosigned.times;
    mark(steps[QUORUM], "holds");
  } else {
    mark(steps[QUORUM], "notAsked", "no policy is given");
  }
  for (const [step, group] of groups.filter(([, some]) => some.length)) {
    for (const head of group) {
      await at(steps[step], async () => {
        try {
          await checkExtends(log, head.checkpoint, newest.checkpoint);
        } catch (error) {
          if (error instanceof VerificationError && error.code === VOID) {
            history.evidence = [head.note, newest.note];
          }
          throw error;
        }
      });
    }
    mark(steps[step], "holds");
  }
  history.newest = newest;
}

/**
 * Two heads of one size with different roots are a fork, whatever the log says now.
 *
 * @param {Step[]} steps
 * @param {History} history
 * @param {readonly Head[]} heads
 * @param {readonly Head[]} seen
 */
function checkSameSize(steps, history, heads, seen) {
  const all = [...seen, ...heads];
  for (const [i, one] of all.entries()) {
    const other = all.slice(0, i).find(({ checkpoint }) =>
      checkpoint.size === one.checkpoint.size && !equal(checkpoint.root, one.checkpoint.root));
    if (other) {
      history.evidence = [other.note, one.note];
      const error = new VerificationError(
        `the log signed two different trees of ${one.checkpoint.size} entries`, { code: VOID, field: "root" });
      mark(steps[seen.length ? BEFORE : FILE], "fails", error.message);
      throw error;
    }
  }
}

/**
 * The remembered heads that these keys have signed.
 *
 * @param {LogKeys} keys
 * @param {readonly Remembered[]} seen
 * @returns {Promise<Head[]>}
 */
async function opened(keys, seen) {
  const heads = [];
  for (const { note } of seen) {
    try {
      heads.push({ note, checkpoint: await keys.opened(note) });
    } catch (error) {
      if (!(error instanceof LedgerError)) {
        throw error;
      }
    }
  }
  return heads;
}

/**
 * A key under which a log of this name is remembered, and to which no rotation leads.
 *
 * @param {LogKeys} keys
 * @param {Memory} stored
 */
async function otherKey(keys, stored) {
  for (const vkey of Object.keys(stored)) {
    if (!keys.spans.some((span) => span.vkey === vkey) && (await nameOf(vkey)) === keys.origin) {
      return vkey;
    }
  }
  return undefined;
}

/** @param {string} vkey */
async function nameOf(vkey) {
  try {
    return (await parseVkey(vkey)).name;
  } catch {
    return undefined;
  }
}

/**
 * The result. A failure is marked at the step; a log that does not answer leaves it open.
 *
 * @template T
 * @param {Step} step
 * @param {() => Promise<T>} check
 */
async function at(step, check) {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LedgerError) {
      mark(step, error instanceof Unavailable ? "notAsked" : "fails", error.message);
    }
    throw error;
  }
}

/**
 * @param {Step} step
 * @param {Step["state"]} state
 * @param {string} [note]
 */
function mark(step, state, note) {
  Object.assign(step, { state, note });
}

/** @param {any} stored */
function remembered({ note, day }) {
  return { note: String(note), day: String(day) };
}
