/**
 * The page of a server that checks a statement or receipt of this server, and its log. It serves a person who has no
 * file: the server sends the file, the page, and this script.
 */

import { parseJson } from "../src/json.js";
import { LedgerError } from "../src/errors.js";
import { limited, PublicLog } from "../src/published.js";
import { MAX_FILE } from "./check.js";
import { checkAll } from "./check_all.js";
import { browserMemory } from "./history.js";
import { memoryView, refusalView, resultView } from "./view.js";

/** @typedef {import("./words.js").Language} Language */

const memory = browserMemory();
/** @type {Language} */
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const page = field("verify");
/** The checks that were begun: the result of an earlier one is not shown. */
let runs = 0;

/** @param {string} id */
function field(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}

/** The bytes of the file that the page is about; undefined if it is about the log alone. */
async function askFile() {
  const { file } = page.dataset;
  if (!file) {
    return undefined;
  }
  const answer = await fetch(file, { credentials: "same-origin", redirect: "error", cache: "no-store" });
  const data = await limited(answer, MAX_FILE);
  if (!data) {
    throw new LedgerError("The file is larger than 64 MiB, so it was not read.");
  }
  if (answer.status !== 200) {
    throw new LedgerError(`${answer.status}: ${detailOf(data)}`);
  }
  return data;
}

/** What a problem of the server says. @param {Uint8Array} data */
function detailOf(data) {
  try {
    const problem = /** @type {import("../src/json.js").JsonObject} */ (parseJson(data));
    return String(problem.get("detail") ?? "");
  } catch {
    return "";
  }
}

async function view() {
  if (!globalThis.crypto?.subtle) {
    throw new LedgerError("This address has no TLS, so the browser gives this page no cryptography. Open the ledger by " +
      "its https address.");
  }
  const { lot, record } = page.dataset;
  const result = await checkAll({
    trust: field("trust").value, data: await askFile(), lot, record, log: new PublicLog(location.origin),
  }, memory);
  return resultView(result, language);
}

/** Checks and shows; an answer that cannot be read is a result too. */
async function run() {
  runs += 1;
  const own = runs;
  field("check").disabled = true;
  /** @type {Node[]} */
  let shown;
  try {
    shown = await view();
  } catch (error) {
    shown = refusalView(error, language);
  }
  if (own === runs) {
    field("result").replaceChildren(...shown);
    showMemory();
    field("check").disabled = false;
    field("result").focus();
  }
}

function showMemory() {
  field("memory").replaceChildren(...memoryView(memory, language, showMemory));
}

field("check").addEventListener("click", () => void run());
field("trust-file").addEventListener("change", async () => {
  const data = await field("trust-file").files?.[0]?.arrayBuffer();
  field("trust").value = data ? new TextDecoder().decode(data) : "";
});
field("check").disabled = false;
showMemory();
