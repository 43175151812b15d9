/** The page: reads what a person enters, checks it, and shows the result. */

import { utf8 } from "../src/bytes.js";
import { parseCheckpoint } from "../src/checkpoint.js";
import { LedgerError, Unavailable } from "../src/errors.js";
import { parseNote } from "../src/note.js";
import { PublicLog } from "../src/published.js";
import { logKeys } from "../src/rotation.js";
import { answered, checkTree, readTrees, readTrust } from "./check.js";
import { compareHistory, LogMemory } from "./history.js";
import { el, foreign, resultView } from "./view.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("./view.js").Result} Result */
/** @typedef {import("../src/trust.js").Trust & {registrar?: string}} Pinned */

const LARGEST = 64 << 20;
const ENGLISH = new Map([...document.querySelectorAll("[data-words]")].map((one) => [one, one.textContent ?? ""]));
const memory = new LogMemory(storage());
/** @type {Language} */
let language = navigator.language.startsWith("zh") ? "zh" : "en";
/** @type {() => Node[]} */
let shown = () => [];
/** @type {{name: string, data: Uint8Array} | undefined} */
let chosen;
/** The checks that were begun: the result of an earlier one is not shown. */
let runs = 0;

/** @param {string} id */
function field(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}

function storage() {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/**
 * Checks what the form holds.
 *
 * @returns {Promise<Result>}
 */
async function check() {
  const [address, text] = [field("address").value.trim(), field("text").value.trim()];
  const data = text ? utf8(text) : chosen?.data;
  const name = text ? undefined : chosen?.name;
  if (!data && !address) {
    throw new LedgerError("Give a file, its text, or the address of a log.");
  }
  const log = address ? new PublicLog(addressOf(address)) : undefined;
  const registrar = field("registrar").value.trim() || undefined;
  /** @type {Pinned} */
  const trust = { ...(await readTrust(field("trust").value)), registrar };
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
    result.checked.push(await checkTree(tree, trust, now()));
  }
  await compare(result, trust, log);
  return result;
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
 * @param {PublicLog | undefined} log
 */
async function compare(result, trust, log) {
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

/** @param {string} written */
function addressOf(written) {
  const address = /^https?:\/\//i.test(written) ? written : `https://${written}`;
  if (!URL.canParse(address)) {
    throw new LedgerError(`${written.slice(0, 200)} is not an address`);
  }
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`.replace(/(?:\/log)?\/*$/, "");
}

function now() {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** Shows everything in the language that is chosen. */
function show() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = say("Offline verifier · Carbon ledger", language);
  for (const [element, text] of ENGLISH) {
    element.textContent = say(text, language);
  }
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  field("result").replaceChildren(...shown());
  showMemory();
}

function showMemory() {
  const lines = Object.entries(memory.read()).flatMap(([vkey, seen]) => seen.map(({ note, day }) => {
    const size = /^[^\n]*\n([0-9]{1,19})\n/.exec(note)?.[1] ?? "?";
    return el("li", foreign(say("{origin}: {size} entries, seen on {day}", language,
      { origin: vkey.split("+")[0], size, day })));
  }));
  const forget = el("button", say("Forget everything", language));
  forget.setAttribute("type", "button");
  forget.addEventListener("click", () => {
    memory.forget();
    showMemory();
  });
  field("memory").replaceChildren(el("h2", say("What this page remembers", language)), ...(lines.length
    ? [el("ul", ...lines), el("p", forget)]
    : [el("p.sub", say("Nothing yet. It will keep the newest checkpoint of each log, in this browser.", language))]));
}

/** Checks and shows; an input that cannot be read is a result too. */
async function run() {
  runs += 1;
  const own = runs;
  field("check").disabled = true;
  try {
    if (!globalThis.crypto?.subtle) {
      throw new LedgerError("This browser does not give local files the cryptography that the check needs. Use a current " +
        "Firefox, Chrome, Edge or Safari.");
    }
    const result = await check();
    if (own === runs) {
      present(() => resultView(result, language));
    }
  } catch (error) {
    if (own === runs) {
      refuse(error);
    }
  }
}

/** @param {unknown} error */
function refuse(error) {
  const message = error instanceof LedgerError ? error.message : String(error);
  present(() => [el("div.verdict.bad", el("h2", say("This cannot be read", language)),
    el("p", foreign(say(message, language))))]);
}

/** @param {() => Node[]} view */
function present(view) {
  shown = view;
  show();
  field("check").disabled = false;
  field("result").focus();
}

/** @param {File | undefined} file */
async function take(file) {
  if (!file) {
    return;
  }
  chosen = undefined;
  if (file.size > LARGEST) {
    runs += 1;
    refuse(new LedgerError("The file is larger than 64 MiB, so it was not read."));
    return;
  }
  chosen = { name: file.name, data: new Uint8Array(await file.arrayBuffer()) };
  field("text").value = "";
  await run();
}

function listen() {
  const drop = field("drop");
  field("form").addEventListener("submit", (event) => {
    event.preventDefault();
    void run();
  });
  field("file").addEventListener("change", () => void take(field("file").files?.[0]));
  field("trust-file").addEventListener("change", async () => {
    const data = await field("trust-file").files?.[0]?.arrayBuffer();
    field("trust").value = data ? new TextDecoder().decode(data) : "";
  });
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    void take(event.dataTransfer?.files[0]);
  });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))) {
    button.addEventListener("click", () => {
      language = button.dataset.language === "zh" ? "zh" : "en";
      show();
    });
  }
}

listen();
show();
