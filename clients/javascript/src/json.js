/**
 * JSON as the ledger reads it: RFC 8259, with what `JSON.parse` hides.
 *
 * An integer is a number, or a BigInt beyond 2^53; a number with a fraction or an exponent is a `Fraction`, since signed
 * data has none. If a key occurs twice, the last value counts. Lone surrogates are refused.
 */

import { textOf } from "./bytes.js";
import { InvalidInput } from "./errors.js";

/** @typedef {null | boolean | number | bigint | string | Fraction | JsonObject | {[index: number]: Json}} Json */

const DEEPEST = 500;
const SPACES = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = new Map(Object.entries({
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
}));
const WORDS = /** @type {const} */ ([["true", true], ["false", false], ["null", null]]);

/** A number with a fraction or an exponent. */
export class Fraction {
  /** @param {string} text as it was written */
  constructor(text) {
    this.text = text;
  }
}

/**
 * An object of JSON: a map, because an object of JavaScript has names of its own and another order.
 *
 * @extends {Map<string, Json>}
 */
export class JsonObject extends Map {}

/**
 * The value in JSON. Raises InvalidInput with code `not-json`.
 *
 * @param {Uint8Array | string} data
 * @returns {Json}
 */
export function parseJson(data) {
  let text;
  try {
    text = typeof data === "string" ? data : textOf(data);
  } catch {
    throw notJson("not UTF-8");
  }
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /**
   * @param {number} depth
   * @returns {Json}
   */
  value(depth) {
    if (depth > DEEPEST) {
      throw notJson(`nested more than ${DEEPEST} levels deep`);
    }
    this.match(SPACES);
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  end() {
    this.match(SPACES);
    if (this.at !== this.text.length) {
      throw this.unexpected();
    }
  }

  /** @param {number} depth */
  object(depth) {
    const members = new JsonObject();
    this.members("}", () => {
      if (this.text[this.at] !== '"') {
        throw this.unexpected();
      }
      const key = this.string();
      this.match(SPACES);
      this.expect(":");
      members.set(key, this.value(depth + 1));
    });
    return members;
  }

  /** @param {number} depth */
  array(depth) {
    /** @type {Json[]} */
    const items = [];
    this.members("]", () => items.push(this.value(depth + 1)));
    return items;
  }

  /**
   * What stands between brackets, separated by commas.
   *
   * @param {string} close
   * @param {() => void} read
   */
  members(close, read) {
    this.at += 1;
    this.match(SPACES);
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.match(SPACES);
      read();
      this.match(SPACES);
      if (this.text[this.at] === close) {
        this.at += 1;
        return;
      }
      this.expect(",");
    }
  }

  string() {
    this.at += 1;
    let value = "";
    for (;;) {
      value += this.match(PLAIN)[0];
      const character = this.text[this.at];
      this.at += 1;
      if (character === '"') {
        return value;
      }
      if (character !== "\\") {
        this.at -= 1;
        throw this.unexpected();
      }
      value += this.escape();
    }
  }

  escape() {
    const letter = this.text[this.at];
    this.at += 1;
    const plain = ESCAPES.get(letter);
    if (plain !== undefined) {
      return plain;
    }
    const first = letter === "u" ? this.unit() : NaN;
    if (first >= 0xd800 && first < 0xdc00) {
      this.expect("\\");
      this.expect("u");
      const second = this.unit();
      if (second >= 0xdc00 && second < 0xe000) {
        return String.fromCharCode(first, second);
      }
    } else if (first >= 0 && !(first >= 0xdc00 && first < 0xe000)) {
      return String.fromCharCode(first);
    }
    throw notJson(`a malformed escape before character ${this.at}`);
  }

  unit() {
    const digits = this.text.slice(this.at, this.at + 4);
    this.at += 4;
    return /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : NaN;
  }

  word() {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const [text, whole, fraction, exponent] = this.match(NUMBER);
    if (!text) {
      throw this.unexpected();
    }
    if (fraction === undefined && exponent === undefined) {
      return Number.isSafeInteger(Number(whole)) ? Number(whole) + 0 : BigInt(whole);
    }
    if (!Number.isFinite(Number(text))) {
      throw notJson("a number is out of range");
    }
    return new Fraction(text);
  }

  /** @param {RegExp} pattern sticky */
  match(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text) ?? [""];
    this.at += match[0].length;
    return match;
  }

  /** @param {string} character */
  expect(character) {
    if (this.text[this.at] !== character) {
      throw this.unexpected();
    }
    this.at += 1;
  }

  unexpected() {
    const character = this.text[this.at];
    return notJson(character === undefined ? "the text ends too early"
      : `unexpected ${JSON.stringify(character)} at character ${this.at}`);
  }
}

/** @param {string} why */
function notJson(why) {
  return new InvalidInput(`not JSON: ${why}`, { code: "not-json", rule: "RFC 8259 JSON" });
}
