/** Makes the elements of a result. Texts of files and servers become text nodes alone, never markup. */

import { LedgerError } from "../src/errors.js";
import { FAULTS, OTHER_FAULT, say, STEP_WORDS, titleIn, UNITS } from "./words.js";

/** @typedef {import("./check.js").Checked} Checked */
/** @typedef {import("./check.js").Figure} Figure */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./history.js").LogMemory} LogMemory */
/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("../src/steps.js").Step} Step */
/**
 * All that a check has found out. `source`: whose the key is. `silent`: the address was given, but did not answer.
 *
 * @typedef {object} Result
 * @property {"pinned" | "operator" | "none"} source
 * @property {string} [vkey] that the server stated
 * @property {string} [name] of the file
 * @property {boolean} witnessed whether a policy with a quorum was given
 * @property {boolean} asked whether an address was given
 * @property {Checked[]} checked
 * @property {History} [history]
 * @property {LedgerError} [silent]
 * @property {boolean} keeps whether the browser lets the page remember
 */

const LONGEST = 160;
const SHOWN = 20;
const STATES = { holds: "holds", fails: "does not hold", notAsked: "not checked", notReached: "not reached" };
// Marks that turn the direction of writing, and characters without a glyph.
const MARKS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * An element with classes, written as `p.sub`, and its children.
 *
 * @param {string} tag
 * @param {...(Node | string)} children
 */
export function el(tag, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) {
    element.className = classes.join(" ");
  }
  element.append(...children);
  return element;
}

/**
 * A text of others: isolated in its direction, on one line, and cut off if it is very long.
 *
 * @param {string} text
 */
export function foreign(text) {
  const plain = text.replace(MARKS, " ");
  if ([...plain].length <= LONGEST) {
    return el("bdi", plain);
  }
  const whole = el("details", el("summary", "…"), el("code", plain));
  return el("span", el("bdi", `${[...plain].slice(0, LONGEST).join("")}…`), whole);
}

/**
 * The elements of a result, in a language.
 *
 * @param {Result} result
 * @param {Language} language
 * @returns {Node[]}
 */
export function resultView(result, language) {
  return new View(result, language).all();
}

/**
 * The elements for an input or an answer that cannot be read.
 *
 * @param {unknown} error
 * @param {Language} language
 * @returns {Node[]}
 */
export function refusalView(error, language) {
  const message = error instanceof LedgerError ? error.message : String(error);
  return [el("div.verdict.bad", el("h2", say("This cannot be read", language)),
    el("p", foreign(say(message, language))))];
}

/**
 * The elements for what the page remembers, with a button that makes it forget.
 *
 * @param {LogMemory} memory
 * @param {Language} language
 * @param {() => void} forgotten
 * @returns {Node[]}
 */
export function memoryView(memory, language, forgotten) {
  const lines = Object.entries(memory.read()).flatMap(([vkey, seen]) => seen.map(({ note, day }) => {
    const size = /^[^\n]*\n([0-9]{1,19})\n/.exec(note)?.[1] ?? "?";
    return el("li", foreign(say("{origin}: {size} entries, seen on {day}", language,
      { origin: vkey.split("+")[0], size, day })));
  }));
  const forget = el("button", say("Forget everything", language));
  forget.setAttribute("type", "button");
  forget.addEventListener("click", () => {
    memory.forget();
    forgotten();
  });
  return [el("h2", say("What this page remembers", language)), ...(lines.length
    ? [el("ul", ...lines), el("p", forget)]
    : [el("p.sub", say("Nothing yet. It will keep the newest checkpoint of each log, in this browser.", language))])];
}

class View {
  /** @param {Result} result @param {Language} language */
  constructor(result, language) {
    this.result = result;
    this.language = language;
  }

  /** @param {string} text @param {Record<string, string>} [values] */
  say(text, values) {
    return say(text, this.language, values);
  }

  all() {
    const { checked, history, name, source } = this.result;
    const failed = checked.filter(({ ok }) => !ok);
    const parts = name === undefined ? [] : [el("p.kicker", foreign(name))];
    if (checked.length > 1 && source !== "none") {
      const counts = { all: String(checked.length), failed: String(failed.length) };
      const words = failed.length ? "Of {all} receipts {failed} do not hold" : "All {all} receipts hold";
      parts.push(el(failed.length ? "div.verdict.bad" : "div.verdict", el("h2", this.say(words, counts))));
    }
    const shown = checked.length > SHOWN ? failed.slice(0, SHOWN) : checked;
    if (history?.evidence) {
      parts.push(this.#fork(history.evidence));
    }
    parts.push(...shown.flatMap((one) => this.#file(one)));
    if (!checked.length && !history?.evidence) {
      parts.push(this.#log());
    }
    if (history && this.result.asked) {
      parts.push(...this.#history(history));
    }
    parts.push(this.#unproved());
    return parts;
  }

  /** @param {string[]} evidence */
  #fork(evidence) {
    const notes = evidence.map((note, i) => el("div",
      el("h3", this.say(i ? "Second checkpoint" : "First checkpoint")), el("pre", note.replace(MARKS, (mark) =>
        mark === "\n" ? mark : " "))));
    return el("div.verdict.bad", el("h2", this.say("Warning: this log has shown two different histories")),
      el("p", this.say("It signed both of the checkpoints below, and they contradict each other: entries were removed, " +
        "replaced or shown to some people only. Keep both as evidence, and tell your auditor and the log’s other users.")),
      ...notes);
  }

  /** @param {Checked} checked */
  #file(checked) {
    const parts = [this.#verdict(checked)];
    parts.push(...checked.figures.filter(({ proved }) => proved).map((figure) => this.#facts(figure, checked)));
    if (this.result.source !== "none") {
      const kind = checked.kind === "acknowledgement" ? "receipt" : checked.kind;
      parts.push(el("h2", this.say("What the file proves")), this.#steps(checked.steps, STEP_WORDS[kind], checked.error ?? this.result.history?.error));
    }
    if (checked.error) {
      parts.push(this.#details(checked.error));
    }
    if (checked.notes.length && checked.ok) {
      parts.push(el("details", el("summary", this.say("What the log says of the limits of the figure")),
        el("ul", ...checked.notes.map((note) => el("li", foreign(note))))));
    }
    return parts;
  }

  /** @param {Checked} checked */
  #verdict(checked) {
    const { kind, ok, figures, error } = checked;
    if (this.result.source === "none") {
      return this.#open(figures);
    }
    if (!ok) {
      return el("div.verdict.bad", el("h2", this.say("Do not use this file: it does not hold")), el("p", this.#fault(error)),
        ...figures.map((figure) => el("s.fig", this.#amount(figure))));
    }
    const [first] = figures;
    const isStated = first?.title !== undefined;
    const doubtful = isStated ? first.title !== "footprint" : figures.some(({ shares }) => shares.length);
    const words = kind === "acknowledgement" ? "The log has promised this record, but not published it yet"
      : !isStated ? (doubtful ? "The record and its figures are in the log, but they are doubtful"
        : "The record and its figures are in the log")
      : first.expired ? "The figure is proved, but the statement has expired"
      : doubtful ? "The figure is proved, but it is doubtful: {title}" : "The figure is proved";
    const forked = this.result.history?.evidence !== undefined;
    const limited = doubtful || first?.expired || kind === "acknowledgement" || this.result.source === "operator" || forked;
    return el(limited ? "div.verdict.limited" : "div.verdict",
      ...(this.result.source === "operator" ? this.#operators()
        : [el("h2", this.say(words, { title: titleIn(first?.title ?? "", this.language) }))]),
      ...(forked ? [el("p", this.say("But only in one of the two histories of the log."))] : []),
      ...figures.map((figure) => el("p.fig", this.#amount(figure))));
  }

  /** @param {Figure[]} figures */
  #open(figures) {
    const said = figures.map((figure) => el("p", `${this.say("The file says:")} `, this.#amount(figure)));
    return el("div.verdict.bad", el("h2", this.say("Nothing is proven: you have given no key")),
      el("p", this.say("Whoever runs the server, or made the file, can write anything into it. Give the key of the log, " +
        "from somewhere else than this file.")), ...said);
  }

  #operators() {
    return [
      el("h2", this.say("Nothing is proven against the operator: the key is from their own server")),
      el("p", this.say("The steps below show only that the file and the server agree with each other. Compare this key " +
        "with one from somewhere else:")),
      el("p", el("code", (this.result.vkey ?? "").replace(MARKS, " "))),
    ];
  }

  /** The verdict on a log without a file. */
  #log() {
    const { history, silent, source } = this.result;
    if (silent || !history?.newest) {
      const bad = history?.error && !silent;
      const words = bad ? "Do not rely on this log: its answer does not hold" : "The address did not answer";
      const help = bad ? this.#fault(history.error) : this.say("Check the address. A ledger answers this page only if its " +
        "operator has set `cors`; a mirror of the log serves as well.");
      return el(bad ? "div.verdict.bad" : "div.verdict.limited", el("h2", this.say(words)), el("p", help),
        ...(silent ? [this.#details(silent)] : []));
    }
    if (source === "operator") {
      return el("div.verdict.limited", ...this.#operators());
    }
    return el("div.verdict", el("h2", this.say(history.before ? "The log’s history holds" : "The log’s newest checkpoint holds")));
  }

  /** @param {History} history */
  #history(history) {
    const parts = [el("h2", this.say("What the log shows")), this.#steps(history.steps, STEP_WORDS.history, history.error)];
    if (this.result.silent && this.result.checked.length) {
      parts.push(el("p", this.say("The log did not answer, so only the file was checked.")));
    }
    const { newest, before, cosigned, otherKey } = history;
    if (newest) {
      parts.push(el("p", this.say("The log now has {size} entries.", { size: String(newest.checkpoint.size) }), " ",
        before ? this.say("Before, this page had seen {size} entries.", { size: String(before) })
          : this.say("This page sees this log for the first time. It will compare the next checkpoint with this one.")));
    }
    if (!this.result.keeps) {
      parts.push(el("p", this.say("This browser does not let the page remember checkpoints.")));
    }
    for (const [name, time] of cosigned ?? []) {
      parts.push(el("p.sub", this.say("Cosigned by {name} at {time} UTC.", { name: name.replace(MARKS, " "),
        time: new Date(1000 * Number(time)).toISOString().slice(0, 16).replace("T", " ") })));
    }
    if (otherKey !== undefined) {
      parts.push(el("p.verdict.limited", this.say("This page also remembers a log of this name under another key. Either " +
        "its key was rotated, or one of the two logs is false.")));
    }
    if (history.error && !history.evidence) {
      parts.push(this.#details(history.error));
    }
    return parts;
  }

  /**
   * @param {readonly Step[]} steps
   * @param {readonly string[]} words
   * @param {LedgerError} [error]
   */
  #steps(steps, words, error) {
    return el("ol.steps", ...steps.map((step, i) => {
      const note = step.state === "fails" ? this.#fault(error) : step.note === undefined ? "" : this.say(step.note);
      const number = el("b", String(step.number));
      number.setAttribute("aria-hidden", "true");
      return el(`li.${step.state}`, number,
        el("div", el("span", this.say(words[i])), ...(note ? [el("p.sub", note)] : [])),
        el("span.state", `${step.state === "holds" ? "✓ " : step.state === "fails" ? "✗ " : ""}${this.say(STATES[step.state])}`));
    }));
  }

  /** @param {LedgerError} [error] */
  #fault(error) {
    const code = error?.code ?? "";
    return this.say(Object.hasOwn(FAULTS, code) ? FAULTS[/** @type {keyof FAULTS} */ (code)] : OTHER_FAULT);
  }

  /** @param {LedgerError} error */
  #details(error) {
    const step = error.step === undefined ? "" : `step ${error.step}, `;
    const text = `${step}${error.code}: ${error.message}`.replace(MARKS, " ");
    return el("details", el("summary", this.say("For your security team")), el("code", text.slice(0, 2_000)));
  }

  /**
   * @param {Figure} figure
   * @param {Checked} checked
   */
  #facts(figure, checked) {
    const { quantity, unit } = figure;
    const doubts = figure.shares.map(([name, share]) => `${this.say(name)} ${share}`).join(", ");
    /** @type {[string, Node | string][]} */
    const rows = [
      ["Title", figure.title === undefined ? this.say("a receipt has no title; its statement has one")
        : titleIn(figure.title, this.language)],
      ["Doubtful", doubts || this.say("nothing is omitted, questioned or provisional")],
      ["Product", foreign(figure.product)], ["Lot", foreign(figure.lot)],
    ];
    if (checked.organization !== undefined) {
      rows.push(["Signed by", foreign(checked.organization)]);
    }
    if (figure.validUntil !== undefined) {
      rows.push([figure.expired ? "Expired on" : "Valid until", figure.validUntil.slice(0, 10)]);
    }
    if (figure.restatedBy !== undefined) {
      rows.push(["Restated", this.say("The record at entry {index} has revised the figure since it was first stated.",
        { index: String(figure.restatedBy) })]);
    }
    if (figure.attestations) {
      rows.push(["Attestations", this.say("the log lists {count}; its key alone vouches for them",
        { count: String(figure.attestations) })]);
    }
    /** @type {[string, string[]][]} */
    const lists = [["Left out", figure.omissions], ["Findings", figure.findings]];
    for (const [name, items] of lists.filter(([, some]) => some.length)) {
      rows.push([name, el("ul", ...items.map((item) => el("li", foreign(item))))]);
    }
    if (!figure.assessed) {
      rows.push(["Findings", this.say("not shown: the file holds no assessment of the record")]);
    }
    if (checked.origin !== undefined) {
      rows.push(["Log", foreign(checked.origin)]);
    }
    if (checked.index !== undefined) {
      rows.push(["Entry", String(checked.index)]);
    }
    const whole = this.say("{amount} kg CO₂e in all, for {quantity} {unit}",
      { amount: this.#number(figure.footprint), quantity: quantity.slice(0, 40), unit: this.#unit(unit) });
    return el("div", el("p", whole),
      el("dl", ...rows.flatMap(([term, value]) => [el("dt", this.say(term)), el("dd", value)])));
  }

  /** @param {Figure} figure */
  #amount({ perUnit, unit }) {
    const data = el("data", this.#number(perUnit));
    data.setAttribute("value", String(perUnit));
    const [before, after] = this.say("{amount} kg CO₂e per {unit}", { unit: this.#unit(unit) }).split("{amount}");
    return el("span", before, data, after);
  }

  /** @param {string} code */
  #unit(code) {
    const words = Object.hasOwn(UNITS, code) ? UNITS[/** @type {keyof UNITS} */ (code)] : undefined;
    return words ? words[this.language === "zh" ? 1 : 0] : code.replace(MARKS, " ").slice(0, 10);
  }

  /** @param {number} amount four digits, with thin spaces between thousands */
  #number(amount) {
    if (!Number.isFinite(amount)) {
      return "–";
    }
    const text = Math.abs(amount) >= 1_000 ? amount.toFixed(0) : String(Number(amount.toPrecision(4)));
    return text.replace("-", "\u2212").replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u202f");
  }

  #unproved() {
    const { checked, witnessed, asked, source } = this.result;
    const items = [];
    if (checked.length) {
      items.push("that suppliers told the truth about what they used and emitted: findings, attestations and audits are about that",
        "that no later record has restated the figure: only the log’s server or an audit can say so");
    }
    if (!witnessed) {
      items.push("that others were shown the same log: give a policy with witnesses");
    }
    if (!asked) {
      items.push("that the log still keeps this history: give its address");
    }
    if (source === "none" || !items.length) {
      return el("div");
    }
    return el("div", el("h2", this.say("What this does not prove")), el("ul", ...items.map((item) => el("li", this.say(item)))));
  }
}
