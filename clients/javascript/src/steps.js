/**
 * What a verification says: a numbered list of steps. A step holds only if it was checked.
 *
 * - `holds`: checked, and true. `note` may say with what reservation.
 * - `fails`: checked, and false. `note` is the error's sentence. The steps after it were not reached.
 * - `notAsked`: nothing to check; `note` says why.
 * - `notReached`: an earlier step failed.
 */

import { LedgerError } from "./errors.js";

/** @typedef {"holds" | "fails" | "notAsked" | "notReached"} State */
/** @typedef {{number: number, text: string, state: State, note?: string}} Step */
/**
 * @template T
 * @typedef {object} Report
 * @property {boolean} ok whether no step failed
 * @property {Step[]} steps
 * @property {T} [proven] the verified content; undefined if a step failed
 * @property {LedgerError} [error]
 */

/** The steps of one verification, in the order of their numbers. */
export class Steps {
  /** @param {readonly string[]} texts */
  constructor(texts) {
    this.steps = texts.map((text, i) => ({ number: i + 1, text, state: /** @type {State} */ ("notReached") }));
  }

  /**
   * The steps from `first` to `last` hold, unless they are marked otherwise already.
   *
   * @param {number} first
   * @param {number} [last]
   */
  hold(first, last = first) {
    for (const step of this.steps.slice(first - 1, last)) {
      if (step.state === "notReached") {
        step.state = "holds";
      }
    }
  }

  /**
   * @param {number} number
   * @param {State} state
   * @param {string} note
   */
  mark(number, state, note) {
    Object.assign(this.steps[number - 1], { state, note });
  }

  /**
   * The report of a check that gives the verified content, or raises a LedgerError with the step that fails. Steps below
   * a failed one hold, unless they are marked otherwise: `check` reaches steps in the order of their numbers, and marks
   * those that it takes out of order.
   *
   * @template T
   * @param {() => Promise<T>} check
   * @returns {Promise<Report<T>>}
   */
  async report(check) {
    try {
      const proven = await check();
      this.hold(1, this.steps.length);
      return { ok: true, steps: this.steps, proven };
    } catch (error) {
      if (!(error instanceof LedgerError)) {
        throw error;
      }
      const number = error.step ?? 1;
      this.hold(1, number - 1);
      this.mark(number, "fails", error.message);
      error.step = number;
      return { ok: false, steps: this.steps, error };
    }
  }
}

/**
 * The result, or its LedgerError as one of this step, unless it carries its own.
 *
 * @template T
 * @param {number} number
 * @param {() => Promise<T>} check
 * @returns {Promise<T>}
 */
export async function withStep(number, check) {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LedgerError) {
      error.step ??= number;
    }
    throw error;
  }
}

/**
 * The result, or its LedgerError as one of this step, also if it carries a step of another list.
 *
 * @template T
 * @param {number} number
 * @param {() => Promise<T>} check
 * @returns {Promise<T>}
 */
export async function atStep(number, check) {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LedgerError) {
      error.step = number;
    }
    throw error;
  }
}
