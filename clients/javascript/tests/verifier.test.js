/** The parts of the offline verifier that need no page: its words, its memory of logs, and paths from tiles. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { STEPS as BUNDLE } from "../src/bundle.js";
import { concatenated, utf8 } from "../src/bytes.js";
import { checkpointText } from "../src/checkpoint.js";
import { Unavailable } from "../src/errors.js";
import { parseJson } from "../src/json.js";
import { SigningKey } from "../src/keys.js";
import { leafHash, treeRoot, verifyConsistency } from "../src/merkle.js";
import { noteSigner, signNote } from "../src/note.js";
import { PublicLog } from "../src/published.js";
import { STEPS as RECEIPT } from "../src/receipt.js";
import { logKeys } from "../src/rotation.js";
import { STEPS as STATEMENT } from "../src/statement.js";
import { consistencyPath, tilePath } from "../src/tiles.js";
import { checkTree, readTrust } from "../verifier/check.js";
import { compareHistory, HISTORY, LogMemory } from "../verifier/history.js";
import { CHINESE, FAULTS, OTHER_FAULT, say, STEP_WORDS, titleIn } from "../verifier/words.js";

const FOLDER = new URL("../verifier/", import.meta.url);
const ORIGIN = "test.example/log";
const DAY = "2026-01-31";
const LEAVES = await Promise.all(Array.from({ length: 700 }, (_, i) => leafHash(utf8(`leaf ${i}`))));

/** The tiles of the first leaves, by path, and the note of a log that has them; `changed`: from that leaf on others. */
class TestLog {
  static async of(size, { changed = size, seed = 1 } = {}) {
    const leaves = LEAVES.slice(0, size).map((leaf, i) => (i < changed ? leaf : LEAVES[699 - i]));
    const signer = await noteSigner(ORIGIN, await SigningKey.fromSeed(new Uint8Array(32).fill(seed)));
    const root = await treeRoot(leaves);
    const files = new Map();
    for (let [level, hashes] = [0, leaves]; hashes.length; level += 1) {
      const above = [];
      for (let start = 0; start < hashes.length; start += 256) {
        const tile = hashes.slice(start, start + 256);
        files.set(tilePath({ level, index: BigInt(start / 256), width: tile.length }), concatenated(...tile));
        if (tile.length === 256) {
          above.push(await treeRoot(tile));
        }
      }
      hashes = above;
    }
    const note = await signNote(checkpointText({ origin: ORIGIN, size: BigInt(size), root }), [signer]);
    files.set("checkpoint", utf8(note));
    return Object.assign(new TestLog(), { files, note, vkey: signer.vkey,
      checkpoint: { origin: ORIGIN, size: BigInt(size), root } });
  }

  get head() {
    return { note: this.note, checkpoint: this.checkpoint };
  }

  get published() {
    return new PublicLog("https://log.example/", async (url) => {
      const data = this.files.get(String(url).replace("https://log.example/log/", ""));
      return data ? new Response(data) : new Response("", { status: 404 });
    });
  }
}

function storage() {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name), kept };
}

function states({ steps }) {
  return steps.map(({ state }) => state);
}

test("paths from tiles prove each growth", async () => {
  const sizes = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 600, 700];
  for (const newSize of sizes) {
    const log = await TestLog.of(newSize);
    for (const oldSize of sizes.filter((size) => size <= newSize)) {
      const path = await consistencyPath(BigInt(oldSize), BigInt(newSize), async (tile) => {
        assert.ok(log.files.has(tilePath(tile)), tilePath(tile));
        return log.files.get(tilePath(tile));
      });
      await verifyConsistency(BigInt(oldSize), BigInt(newSize), await treeRoot(LEAVES.slice(0, oldSize)),
        log.checkpoint.root, path);
    }
  }
});

test("a tile of the index of a large log has its groups", () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067n, width: 5 }), "tile/0/x001/x234/067.p/5");
  assert.equal(tilePath({ level: 11, index: 0n, width: 256 }), "tile/11/000");
});

test("a log that grows keeps its history, and the memory holds the newest checkpoint", async () => {
  const [first, second] = [await TestLog.of(5), await TestLog.of(300)];
  const [memory, keys] = [new LogMemory(storage()), await logKeys(first.vkey)];
  const one = await compareHistory(keys, [first.head], memory, { log: first.published, day: DAY });
  assert.deepEqual(states(one), ["holds", "notAsked", "holds", "notAsked"]);
  const two = await compareHistory(keys, [], memory, { log: second.published, day: DAY });
  assert.deepEqual([states(two), two.before, two.newest.checkpoint.size], [["holds", "notAsked", "notAsked", "holds"], 5n, 300n]);
  assert.deepEqual(memory.read(), { [first.vkey]: [{ note: second.note, day: DAY }] });
});

test("a fork and a rollback are found, and both checkpoints are kept", async () => {
  const seen = await TestLog.of(300);
  for (const later of [await TestLog.of(400, { changed: 250 }), await TestLog.of(299), await TestLog.of(300, { changed: 299 })]) {
    const [memory, keys] = [new LogMemory(storage()), await logKeys(seen.vkey)];
    await compareHistory(keys, [], memory, { log: seen.published, day: DAY });
    const history = await compareHistory(keys, [], memory, { log: later.published, day: DAY });
    assert.equal(history.error.code, "void");
    assert.deepEqual(history.evidence, [seen.note, later.note]);
    assert.deepEqual(memory.read()[seen.vkey].map(({ note }) => note), [seen.note]);
  }
});

test("two files of one size and different trees are a fork, without a network", async () => {
  const [one, other] = [await TestLog.of(300), await TestLog.of(300, { changed: 10 })];
  const [memory, keys] = [new LogMemory(storage()), await logKeys(one.vkey)];
  assert.ok((await compareHistory(keys, [one.head], memory, { day: DAY })).ok);
  const history = await compareHistory(keys, [other.head], memory, { day: DAY });
  assert.deepEqual([history.error.code, history.evidence], ["void", [one.note, other.note]]);
});

test("checkpoints that cannot be compared offline are compared when the log answers", async () => {
  const [honest, forked] = [await TestLog.of(300), await TestLog.of(200, { changed: 100 })];
  const [memory, keys] = [new LogMemory(storage()), await logKeys(honest.vkey)];
  await compareHistory(keys, [forked.head], memory, { day: DAY });
  assert.ok((await compareHistory(keys, [honest.head], memory, { day: DAY })).ok);
  const history = await compareHistory(keys, [], memory, { log: honest.published, day: DAY });
  assert.deepEqual([history.error.code, history.evidence], ["void", [forked.note, honest.note]]);
});

test("a log that does not answer proves nothing, and its files are remembered", async () => {
  const log = await TestLog.of(300);
  const [memory, keys] = [new LogMemory(storage()), await logKeys(log.vkey)];
  log.files.delete("checkpoint");
  const history = await compareHistory(keys, [log.head], memory, { log: log.published, day: DAY });
  assert.ok(history.error instanceof Unavailable);
  assert.equal(states(history)[0], "notAsked");
  assert.equal(memory.read()[log.vkey].length, 1);
});

test("another key's checkpoint is no answer of the log, and a log of the same name is told apart", async () => {
  const [log, other] = [await TestLog.of(300), await TestLog.of(300, { seed: 2 })];
  const [memory, keys] = [new LogMemory(storage()), await logKeys(log.vkey)];
  const history = await compareHistory(keys, [], memory, { log: other.published, day: DAY });
  assert.deepEqual(states(history)[0], "fails");
  assert.equal(history.evidence, undefined);
  await compareHistory(keys, [log.head], memory, { day: DAY });
  const another = await compareHistory(await logKeys(other.vkey), [other.head], memory, { day: DAY });
  assert.equal(another.otherKey, log.vkey);
});

test("a memory that others have changed is not believed", async () => {
  const [log, rogue] = [await TestLog.of(300), await TestLog.of(300, { changed: 1, seed: 2 })];
  const keys = await logKeys(log.vkey);
  for (const written of ["no json", "[1]", "{\"x\": 3}", "null", JSON.stringify({ [log.vkey]: [{ note: rogue.note, day: DAY }] })]) {
    const place = storage();
    place.kept.set("carbon-ledger/verifier/v1", written);
    const history = await compareHistory(keys, [log.head], new LogMemory(place), { log: log.published, day: DAY });
    assert.ok(history.ok, written);
  }
  assert.deepEqual(new LogMemory(undefined).read(), {});
});

test("an answer that is too long is cut off", async () => {
  const endless = new PublicLog("https://log.example", async () => new Response(new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
  })));
  await assert.rejects(endless.checkpoint(), { code: "no-answer" });
});

test("what a person pins is a vkey or a policy", async () => {
  const { vkey } = await TestLog.of(3);
  assert.deepEqual(await readTrust(""), {});
  assert.deepEqual(await readTrust(` ${vkey}\n`), { vkey });
  assert.equal((await readTrust(`log ${vkey}\r\nquorum none`)).policy.logs.length, 1);
  await assert.rejects(readTrust("my key"), { code: "invalid-note" });
  await assert.rejects(readTrust(`log ${vkey}`), { code: "invalid-policy" });
});

test("without a key no step holds", async () => {
  const tree = parseJson('{"index": 0, "digest": "00", "entry": "AA==", "proof": "x"}');
  const checked = await checkTree(tree, {}, `${DAY}T00:00:00Z`);
  assert.deepEqual([checked.ok, new Set(states(checked))], [false, new Set(["notAsked"])]);
  await assert.rejects(checkTree(parseJson("{}"), {}, DAY), { code: "not-verifiable" });
});

test("each step has its words", () => {
  const lists = { receipt: RECEIPT, statement: STATEMENT, bundle: BUNDLE, history: HISTORY };
  for (const [kind, steps] of Object.entries(lists)) {
    assert.equal(STEP_WORDS[kind].length, steps.length, kind);
  }
});

test("each text of the page has a Chinese one, with the same values", () => {
  const html = readFileSync(new URL("page.html", FOLDER), "utf8");
  const sources = readdirSync(FOLDER).filter((name) => name.endsWith(".js") && name !== "words.js");
  const code = sources.map((name) => readFileSync(new URL(name, FOLDER), "utf8")).join("\n").replace(/" \+\s*"/g, "");
  const inPage = [...html.matchAll(/data-words>([^<]+)</g)].map((match) => match[1]);
  const wanted = [...inPage, ...Object.values(STEP_WORDS).flat(), ...Object.values(FAULTS), OTHER_FAULT];
  assert.deepEqual(wanted.filter((text) => !Object.hasOwn(CHINESE, text)), []);
  const said = [...code.matchAll(/say\(\s*(?:[^"()]*\? )?"([^"]+)"/g)].map((match) => match[1]);
  assert.deepEqual(said.filter((text) => !Object.hasOwn(CHINESE, text)), []);
  const notes = ["../src/receipt.js", "../src/statement.js", "../src/bundle.js"].flatMap((name) =>
    [...readFileSync(new URL(name, FOLDER), "utf8").replace(/" \+\s*"/g, "").matchAll(/"(?:notAsked|holds)",\s*(?:answer\.note === undefined \? )?"([^"]+)"/g)]
      .map((match) => match[1]));
  assert.ok(notes.length > 8);
  assert.deepEqual(notes.filter((text) => !Object.hasOwn(CHINESE, text)), []);
  const used = `${code}\n${html}\n${notes.join("\n")}\n${wanted.join("\n")}`;
  assert.deepEqual(Object.keys(CHINESE).filter((text) => !used.includes(text)), ["incomplete"]);
  for (const [english, chinese] of Object.entries(CHINESE)) {
    const values = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
    assert.deepEqual(values(chinese), values(english), english);
  }
});

test("titles in both languages", () => {
  assert.equal(titleIn("incomplete and questioned footprint", "en"), "incomplete and questioned footprint");
  assert.equal(titleIn("incomplete and questioned footprint", "zh"), "不完整、受质疑的碳足迹");
  assert.equal(titleIn("footprint", "zh"), "碳足迹");
  assert.equal(say("{count} entries {other}", "en", { count: "1" }), "1 entries {other}");
});

test("no module of the page writes markup or runs a text", () => {
  for (const name of readdirSync(FOLDER).filter((one) => one.endsWith(".js"))) {
    assert.doesNotMatch(readFileSync(new URL(name, FOLDER), "utf8"),
      /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|setAttribute\("(?:style|on)|\.style\b/, name);
  }
});
