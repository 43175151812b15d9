/** Asks a log, by the address of its server or mirror, whether it still begins with a checkpoint that it signed before. */

import { concatenated } from "./bytes.js";
import { LedgerError, Unavailable, VerificationError } from "./errors.js";
import { parseJson } from "./json.js";
import { HASH_SIZE, verifyConsistency } from "./merkle.js";
import { MAX_NOTE_LENGTH } from "./note.js";
import { listOf, object, text } from "./shapes.js";
import { consistencyPath, tilePath } from "./tiles.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./checkpoint.js").Checkpoint} Checkpoint */
/** @typedef {import("./rotation.js").LogKeys} LogKeys */
/** @typedef {{note: string, checkpoint: Checkpoint}} Head A checkpoint with the note that states it. */

/** The code of the error of a log that has given up a history which it signed. The two notes together prove it. */
export const VOID = "void";
const MILLISECONDS = 30_000;
const keysShape = object({ rotations: listOf(text) });

/** The public files of a log. It sends no credentials, follows no redirection, and stops at the size that a file may have. */
export class PublicLog {
  /**
   * @param {string} url of the server, with http or https
   * @param {typeof fetch} [send]
   */
  constructor(url, send = (...given) => fetch(...given)) {
    this.url = url.replace(/\/+$/, "");
    this.send = send;
  }

  /** The note of the newest checkpoint, not verified. Raises Unavailable. */
  async checkpoint() {
    return textOf(await this.read("checkpoint", MAX_NOTE_LENGTH));
  }

  /** The key that the server states. Whoever runs the server chooses it, so it proves nothing against them. */
  async vkey() {
    return textOf(await this.read("vkey", MAX_NOTE_LENGTH)).trim();
  }

  /** The notes on rotations of the log's key, not verified. Raises InvalidInput or Unavailable. */
  async rotations() {
    return keysShape(parseJson(await this.read("keys", MAX_NOTE_LENGTH)), "keys").rotations;
  }

  /**
   * The bytes of a file below `/log/`. Raises Unavailable: an answer that is missing proves nothing.
   *
   * @param {string} path
   * @param {number} most bytes
   * @returns {Promise<Bytes>}
   */
  async read(path, most) {
    let data;
    try {
      const answer = await this.send(`${this.url}/log/${path}`, {
        mode: "cors", credentials: "omit", redirect: "error", cache: "no-store", referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(MILLISECONDS),
      });
      if (answer.status !== 200) {
        throw this.#unavailable(path, `it answers ${answer.status}`);
      }
      data = await limited(answer, most);
    } catch (error) {
      throw error instanceof LedgerError ? error : this.#unavailable(path, error instanceof Error ? error.message : "");
    }
    if (!data) {
      throw this.#unavailable(path, `its answer has more than ${most} bytes`);
    }
    return data;
  }

  /**
   * @param {string} path
   * @param {string} why
   */
  #unavailable(path, why) {
    return new Unavailable(`no answer from ${this.url} for /log/${path}: ${why}`, {
      code: "no-answer", field: "log", value: path,
    });
  }
}

/**
 * The newest head of the log. Raises InvalidNote or VerificationError if none of the keys signed it, Unavailable if the
 * log does not answer.
 *
 * @param {PublicLog} log
 * @param {LogKeys} keys
 * @returns {Promise<Head>}
 */
export async function publishedHead(log, keys) {
  const note = await log.checkpoint();
  return { note, checkpoint: await keys.opened(note) };
}

/**
 * Returns if the tree of `newest` begins with the tree of `earlier`. Raises VerificationError with code `void` if it does
 * not, Unavailable if the log does not answer.
 *
 * @param {PublicLog} log
 * @param {Checkpoint} earlier
 * @param {Checkpoint} newest
 */
export async function checkExtends(log, earlier, newest) {
  if (newest.size < earlier.size) {
    throw gaveUp(earlier, newest, `entries ${newest.size} to ${earlier.size - 1n} are missing`);
  }
  try {
    const path = await consistencyPath(earlier.size, newest.size, (tile) =>
      log.read(tilePath(tile), HASH_SIZE * tile.width));
    await verifyConsistency(earlier.size, newest.size, earlier.root, newest.root, path);
  } catch (error) {
    throw error instanceof VerificationError ? gaveUp(earlier, newest, error.message) : error;
  }
}

/**
 * @param {Checkpoint} earlier
 * @param {Checkpoint} newest
 * @param {string} why
 */
function gaveUp(earlier, newest, why) {
  return new VerificationError(
    `the log of ${newest.size} entries does not begin with the ${earlier.size} entries that it signed before: ${why}`,
    { code: VOID, field: "size", value: earlier.size, rule: "keep both checkpoints: together they prove two histories" },
  );
}

/**
 * The content of an answer; undefined if it is longer than `most` bytes.
 *
 * @param {Response} answer
 * @param {number} most
 * @returns {Promise<Bytes | undefined>}
 */
export async function limited(answer, most) {
  const reader = answer.body?.getReader();
  const parts = [];
  let length = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.length;
    if (length > most) {
      await reader?.cancel();
      return undefined;
    }
    parts.push(part.value);
  }
  return concatenated(...parts);
}

/** @param {Bytes} data */
function textOf(data) {
  return new TextDecoder().decode(data);
}
