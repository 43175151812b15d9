/**
 * Every error that this package raises on purpose.
 *
 * LedgerError
 * ├── InvalidInput         the input cannot be read in the form that it should have
 * │   ├── InvalidBody      the bytes are not the canonical spelling of a record
 * │   ├── InvalidKey       a key that cannot or must not be used
 * │   └── InvalidNote      a signed note, checkpoint, vkey or proof text that breaks its format
 * ├── Refused              a record that the rules of admission refuse
 * ├── VerificationError    a proof, signature or figure that does not hold
 * ├── Unauthenticated      the server refuses the login
 * ├── Unavailable          the server cannot answer now; a later request may succeed
 * └── Problem              any other error that the server answers, with its status
 */

/**
 * What an error tells besides its message.
 *
 * @typedef {object} Details
 * @property {string} [code] stable, for programs
 * @property {number} [step] the step that fails, if the verification has numbered steps
 * @property {string} [field] the part at fault
 * @property {unknown} [value]
 * @property {string} [rule] what is allowed
 * @property {LedgerError[]} [parts] each fault, if there are several
 */

const LONGEST = 200;

export class LedgerError extends Error {
  /**
   * @param {string} message
   * @param {Details} [details]
   */
  constructor(message, details = {}) {
    super(message);
    this.name = new.target.name;
    this.code = details.code ?? "error";
    this.step = details.step;
    this.field = details.field;
    this.value = details.value === undefined ? undefined : shortened(String(details.value));
    this.rule = details.rule;
    this.parts = details.parts ?? [];
  }
}

export class InvalidInput extends LedgerError {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "invalid-input", ...details });
  }
}

export class InvalidBody extends InvalidInput {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "invalid-body", ...details });
  }
}

export class InvalidKey extends InvalidInput {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "invalid-key", ...details });
  }
}

export class InvalidNote extends InvalidInput {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "invalid-note", ...details });
  }
}

export class Refused extends LedgerError {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "refused", ...details });
  }
}

export class VerificationError extends LedgerError {
  /** @param {string} message @param {Details} [details] */
  constructor(message, details = {}) {
    super(message, { code: "verification-failed", ...details });
  }
}

export class Unauthenticated extends LedgerError {}

export class Unavailable extends LedgerError {}

export class Problem extends LedgerError {
  /**
   * @param {string} message
   * @param {Details & {status: number}} details
   */
  constructor(message, details) {
    super(message, details);
    this.status = details.status;
  }
}

/** @param {string} text */
function shortened(text) {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
