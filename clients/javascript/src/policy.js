/**
 * C2SP tlog-policy: the known logs and witnesses, and the quorum of witnesses that makes a checkpoint valid.
 *
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> all|any|<k> <name>...
 *     quorum <name>|none
 *
 * A line may use only names that lines above it define. Each name is a member of at most one group, so that a witness
 * counts once. The whole file is UTF-8, and its last line ends in a newline, so that a truncated file is refused.
 */

import { hex, textOf } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { cosignedAt, parseCosignerVkey } from "./cosignature.js";
import { InvalidInput, VerificationError } from "./errors.js";
import { identity, parseVkey } from "./note.js";

/** @typedef {import("./note.js").NoteVerifier} NoteVerifier */
/** @typedef {import("./checkpoint.js").Checkpoint} Checkpoint */
/** @typedef {{verifier: NoteVerifier, url?: string}} LogKey */
/** @typedef {{name: string, verifier: import("./cosignature.js").CosignatureVerifier, url?: string}} Witness */
/** @typedef {{needed: number, members: string[]}} WitnessGroup At least `needed` of the members. */
/** @typedef {Map<string, bigint>} Times POSIX seconds by the witness's name in the policy. */

export const MAX_POLICY = 1_000_000;
const NONE = "none";
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const NUMBER = /^[1-9][0-9]{0,8}$/;
/** @type {Record<string, {text: string, least: number, most: number}>} How many words follow the first one. */
const FORMS = {
  log: { text: "log <vkey> [<url>]", least: 1, most: 2 },
  witness: { text: "witness <name> <vkey> [<url>]", least: 2, most: 3 },
  group: { text: "group <name> all|any|<k> <name>...", least: 3, most: Infinity },
  quorum: { text: "quorum <name>|none", least: 1, most: 1 },
};

/** Made by `parsePolicy`. */
export class Policy {
  constructor() {
    /** @type {LogKey[]} */
    this.logs = [];
    /** @type {Map<string, Witness>} */
    this.witnesses = new Map();
    /** @type {Map<string, WitnessGroup>} Each names only earlier ones. */
    this.groups = new Map();
    /** @type {string | null | undefined} null: no witness is required. */
    this.quorum = undefined;
  }

  /**
   * Whether these witnesses are a quorum, by their names in the policy.
   *
   * @param {Iterable<string>} names
   */
  isSatisfied(names) {
    if (this.quorum === null) {
      return true;
    }
    const reached = new Set([...names].filter((name) => this.witnesses.has(name)));
    for (const [name, group] of this.groups) {
      if (group.members.filter((member) => reached.has(member)).length >= group.needed) {
        reached.add(name);
      }
    }
    return this.quorum !== undefined && reached.has(this.quorum);
  }

  /**
   * The keys of the log of this name; an empty list if the policy does not have it.
   *
   * @param {string} origin
   */
  log(origin) {
    return this.logs.filter((log) => log.verifier.name === origin).map((log) => log.verifier);
  }

  /**
   * When each witness cosigned the note's checkpoint. Raises VerificationError if a line by one of their keys does not
   * hold.
   *
   * @param {string} note
   * @returns {Promise<Times>}
   */
  async cosigned(note) {
    const witnesses = [...this.witnesses.values()];
    const times = await cosignedAt(note, witnesses.map((witness) => witness.verifier));
    /** @type {Times} */
    const byName = new Map();
    for (const { name, verifier } of witnesses) {
      const time = times.get(identity(verifier));
      if (time !== undefined) {
        byName.set(name, time);
      }
    }
    return byName;
  }
}

/**
 * The checkpoint in a note, if the log's key signed it, all lines by known witnesses hold, and those witnesses are a
 * quorum. Raises VerificationError, with code `no-quorum` if they are none.
 *
 * @param {string} note
 * @param {Policy} policy
 * @param {NoteVerifier} verifier the log's key
 * @returns {Promise<{checkpoint: Checkpoint, times: Times}>}
 */
export async function openCosigned(note, policy, verifier) {
  const checkpoint = await openCheckpoint(note, verifier.name, verifier);
  const times = await policy.cosigned(note);
  if (!policy.isSatisfied(times.keys())) {
    const names = times.size ? `: ${[...times.keys()].join(", ")}` : "";
    throw new VerificationError(
      `${times.size} of the ${policy.witnesses.size} known witnesses cosigned${names}; this is not the quorum ` +
      `'${policy.quorum}'`,
      { code: "no-quorum", field: "policy", value: policy.quorum, rule: "cosigned by the quorum of the policy" },
    );
  }
  return { checkpoint, times };
}

/**
 * The policy in a file. Raises InvalidInput with code `invalid-policy` and the number of the line. The field is the
 * keyword of the line and the part at fault, such as `witness.vkey`.
 *
 * @param {Uint8Array} data
 * @returns {Promise<Policy>}
 */
export async function parsePolicy(data) {
  if (data.length > MAX_POLICY) {
    throw invalid(`the policy: longer than ${MAX_POLICY} bytes`, "policy");
  }
  let lines;
  try {
    lines = textOf(data).split("\n");
  } catch {
    throw invalid("the policy: not UTF-8", "policy");
  }
  if (lines.pop()) {
    throw invalid(`line ${lines.length + 1} of the policy: does not end in a newline; the file may be truncated`,
      "policy");
  }
  const reader = new Reader();
  for (const [i, line] of lines.entries()) {
    try {
      await reader.read(line);
    } catch (error) {
      if (!(error instanceof InvalidInput)) {
        throw error;
      }
      throw invalid(`line ${i + 1} of the policy: ${error.message}`, error.field, error.rule);
    }
  }
  if (reader.policy.quorum === undefined) {
    throw invalid("the policy: the quorum line is missing", "quorum", FORMS.quorum.text);
  }
  return reader.policy;
}

/** The definitions of the lines so far. */
class Reader {
  constructor() {
    this.policy = new Policy();
    /** @type {Set<string>} */
    this.keys = new Set();
    /** @type {Set<string>} */
    this.members = new Set();
  }

  /** @param {string} line */
  async read(line) {
    if (CONTROL.test(line)) {
      throw invalid("control characters other than tab are not allowed", "line");
    }
    const [keyword, ...words] = line.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/);
    if (!keyword || keyword.startsWith("#")) {
      return;
    }
    if (!Object.hasOwn(FORMS, keyword)) {
      throw invalid(`unknown keyword '${keyword.slice(0, 40)}'`, "line", "log, witness, group or quorum");
    }
    const { text, least, most } = FORMS[keyword];
    if (words.length < least || words.length > most) {
      throw invalid(`malformed ${keyword} line; its form is: ${text}`, keyword, text);
    }
    switch (keyword) {
      case "log":
        return this.log(words);
      case "witness":
        return this.witness(words);
      case "group":
        return this.group(words);
      default:
        return this.quorum(words[0]);
    }
  }

  /** @param {string[]} words */
  async log([vkey, url]) {
    const verifier = await parsed(parseVkey, vkey, "log.vkey");
    this.addKey(`log ${hex(verifier.key)}`, "log.vkey");
    this.policy.logs.push({ verifier, url });
  }

  /** @param {string[]} words */
  async witness([name, vkey, url]) {
    this.checkNew(name, "witness.name");
    const verifier = await parsed(parseCosignerVkey, vkey, "witness.vkey");
    this.addKey(hex(verifier.material), "witness.vkey");
    this.policy.witnesses.set(name, { name, verifier, url });
  }

  /** @param {string[]} words */
  group([name, threshold, ...members]) {
    this.checkNew(name, "group.name");
    for (const member of members) {
      this.checkDefined(member, "group.member");
      if (this.members.has(member)) {
        throw invalid(`'${member.slice(0, 80)}' is already a member of a group`, "group.member",
          "a member of at most one group, so that a witness counts once");
      }
      this.members.add(member);
    }
    const named = new Map([["all", members.length], ["any", 1]]).get(threshold);
    if (named === undefined && !(NUMBER.test(threshold) && Number(threshold) <= members.length)) {
      throw invalid(`'${threshold.slice(0, 40)}' is not all, any, or a number from 1 to ${members.length}`,
        "group.threshold");
    }
    this.policy.groups.set(name, { needed: named ?? Number(threshold), members });
  }

  /** @param {string} name */
  quorum(name) {
    if (this.policy.quorum !== undefined) {
      throw invalid("a second quorum line", "quorum.name", "one quorum line");
    }
    if (name !== NONE) {
      this.checkDefined(name, "quorum.name");
    }
    this.policy.quorum = name === NONE ? null : name;
  }

  /** @param {string} name @param {string} field */
  checkNew(name, field) {
    if (name === NONE || this.isDefined(name)) {
      throw invalid(`the name '${name.slice(0, 80)}' is reserved or already defined`, field,
        `a name of its own, other than ${NONE}, for each witness and group`);
    }
  }

  /** @param {string} name @param {string} field */
  checkDefined(name, field) {
    if (!this.isDefined(name)) {
      throw invalid(`no line above defines '${name.slice(0, 80)}'`, field, "a witness or group of a line above");
    }
  }

  /** @param {string} name */
  isDefined(name) {
    return this.policy.witnesses.has(name) || this.policy.groups.has(name);
  }

  /** @param {string} key @param {string} field */
  addKey(key, field) {
    if (this.keys.has(key)) {
      throw invalid("an earlier line has the same key, under this or another name", field,
        "a key of its own on each line");
    }
    this.keys.add(key);
  }
}

/**
 * @template T
 * @param {(text: string) => Promise<T>} parse
 * @param {string} text
 * @param {string} field
 */
async function parsed(parse, text, field) {
  try {
    return await parse(text);
  } catch (error) {
    throw error instanceof InvalidInput ? invalid(error.message, field, error.rule) : error;
  }
}

/**
 * @param {string} message
 * @param {string} [field]
 * @param {string} [rule]
 */
function invalid(message, field, rule = "a policy file as C2SP tlog-policy defines it") {
  return new InvalidInput(message, { code: "invalid-policy", field, rule });
}
