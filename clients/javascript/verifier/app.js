/** The page: reads what a person enters, checks it, and shows the result. */

import { utf8 } from "../src/bytes.js";
import { LedgerError } from "../src/errors.js";
import { PublicLog } from "../src/published.js";
import { MAX_FILE } from "./check.js";
import { checkAll } from "./check_all.js";
import { browserMemory } from "./history.js";
import { memoryView, refusalView, resultView } from "./view.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("./view.js").Result} Result */

const ENGLISH = new Map([...document.querySelectorAll("[data-words]")].map((one) => [one, one.textContent ?? ""]));
const memory = browserMemory();
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

/**
 * Checks what the form holds.
 *
 * @returns {Promise<Result>}
 */
async function check() {
  const [address, text] = [field("address").value.trim(), field("text").value.trim()];
  const data = text ? utf8(text) : chosen?.data;
  if (!data && !address) {
    throw new LedgerError("Give a file, its text, or the address of a log.");
  }
  return checkAll({
    trust: field("trust").value, registrar: field("registrar").value.trim() || undefined, data,
    name: text ? undefined : chosen?.name, log: address ? new PublicLog(addressOf(address)) : undefined,
  }, memory);
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
  field("memory").replaceChildren(...memoryView(memory, language, showMemory));
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
  present(() => refusalView(error, language));
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
  if (file.size > MAX_FILE) {
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
