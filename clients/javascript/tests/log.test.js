/** Notes, checkpoints, policies and rotations, signed here and read back. Python compares the rest with its own. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { base64, concatenated, utf8 } from "../src/bytes.js";
import { checkpointText, openCheckpoint } from "../src/checkpoint.js";
import { holdsHere } from "../src/edwards.js";
import { SigningKey } from "../src/keys.js";
import { leafHash, nodeHash, treeRoot, verifyConsistency, verifyInclusion } from "../src/merkle.js";
import { noteSigner, parseVkey, signNote } from "../src/note.js";
import { openCosigned, parsePolicy } from "../src/policy.js";
import { logKeys } from "../src/rotation.js";

const ORIGIN = "test.example/log";
const ROOT = new Uint8Array(32).fill(7);
const NOTE = checkpointText({ origin: ORIGIN, size: 3n, root: ROOT });

async function signerOf(seed, name = ORIGIN) {
  return noteSigner(name, await SigningKey.fromSeed(new Uint8Array(32).fill(seed)));
}

/** A cosigner of type 0x04, written after the specification. */
async function cosigner(seed, name, time) {
  const key = await SigningKey.fromSeed(new Uint8Array(32).fill(seed));
  const raw = key.spki.slice(-32);
  const named = concatenated(utf8(`${name}\n`), Uint8Array.of(4), raw);
  const keyHash = new Uint8Array(await crypto.subtle.digest("SHA-256", named)).slice(0, 4);
  const hash = Buffer.from(keyHash).toString("hex");
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  return {
    name, keyHash, vkey: `${name}+${hash}+${base64(concatenated(Uint8Array.of(4), raw))}`,
    sign: async (text) => concatenated(stamp, await key.sign(utf8(`cosignature/v1\ntime ${time}\n${text}`))),
  };
}

test("a tree of three leaves proves each leaf, and that it extends the tree of two", async () => {
  const leaves = await Promise.all(["a", "b", "c"].map((text) => leafHash(utf8(text))));
  const pair = await nodeHash(leaves[0], leaves[1]);
  const root = await treeRoot(leaves);
  await verifyInclusion(leaves[0], 0n, 3n, root, [leaves[1], leaves[2]]);
  await verifyInclusion(leaves[2], 2n, 3n, root, [pair]);
  await verifyConsistency(2n, 3n, pair, root, [leaves[2]]);
  await assert.rejects(verifyInclusion(leaves[1], 0n, 3n, root, [leaves[1], leaves[2]]), /does not lead to the root/);
  await assert.rejects(verifyConsistency(2n, 3n, pair, root, []), /but the sizes require 1/);
});

test("a checkpoint opens with the log's key alone", async () => {
  const [log, other] = [await signerOf(1), await signerOf(2)];
  const note = await signNote(NOTE, [log]);
  const checkpoint = await openCheckpoint(note, ORIGIN, await parseVkey(log.vkey));
  assert.deepEqual(checkpoint, { origin: ORIGIN, size: 3n, root: ROOT });
  await assert.rejects(async () => openCheckpoint(note, ORIGIN, await parseVkey(other.vkey)), /signed by 0 known keys/);
  const forged = note.replace("\n3\n", "\n4\n");
  await assert.rejects(async () => openCheckpoint(forged, ORIGIN, await parseVkey(log.vkey)), /does not hold/);
});

test("a quorum holds with its witnesses, and not without one of them", async () => {
  const log = await signerOf(1);
  const witnesses = [await cosigner(3, "one.example", 1_700_000_000), await cosigner(4, "two.example", 1_700_000_060)];
  const lines = [`log ${log.vkey}`, ...witnesses.map((one, i) => `witness w${i} ${one.vkey}`), "group both all w0 w1"];
  const policy = await parsePolicy(utf8([...lines, "quorum both", ""].join("\n")));
  const verifier = await parseVkey(log.vkey);
  const { times } = await openCosigned(await signNote(NOTE, [log, ...witnesses]), policy, verifier);
  assert.deepEqual([...times], [["w0", 1_700_000_000n], ["w1", 1_700_000_060n]]);
  const stripped = await signNote(NOTE, [log, witnesses[0]]);
  await assert.rejects(openCosigned(stripped, policy, verifier), { code: "no-quorum" });
});

test("rotation notes lead from the pinned key to the next, and end it", async () => {
  const [log, next] = [await signerOf(1), await signerOf(2)];
  const step = (how, size) => `carbon-ledger/log-key/v1\n${how}\n${ORIGIN}\n${log.vkey}\n${next.vkey}\n${size}\n`;
  const notes = [await signNote(step("begin", 2), [log, next]), await signNote(step("end", 2), [next])];
  const keys = await logKeys(log.vkey, notes);
  assert.equal((await keys.opened(await signNote(NOTE, [next]))).size, 3n);
  await assert.rejects(async () => keys.opened(await signNote(NOTE, [log])), { code: "ended-key" });
  await assert.rejects(logKeys(log.vkey, notes.slice(1)), { code: "broken-chain" });
  await assert.rejects(logKeys(log.vkey, [await signNote(step("begin", 2), [next])]), /signed by 1 known keys/);
});

test("the arithmetic of this package and the platform's verify the same signatures", async () => {
  const key = await SigningKey.generate();
  const [raw, message] = [key.spki.slice(-32), utf8("a message")];
  const signature = await key.sign(message);
  assert.equal(await holdsHere(raw, signature, message), true);
  assert.equal(await holdsHere(raw, signature, utf8("another")), false);
});
