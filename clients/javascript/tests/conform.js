/**
 * Verdicts of this package, for programs that compare them with another implementation's.
 *
 * Reads one JSON object a line, {"target", "data" (base64), ...}, and writes {"ok": true, "value"} or {"ok": false,
 * "code", "step"} for each. Any other error than a LedgerError ends it.
 */

import { createInterface } from "node:readline";

import { hex, textOf, unbase64, unhex } from "../src/bytes.js";
import { readBundle, verifyBundle } from "../src/bundle.js";
import { checkCanonical, encode } from "../src/canonical.js";
import { checkpointText, openCheckpoint, parseCheckpoint } from "../src/checkpoint.js";
import { cosignedAt, parseCosignerVkey } from "../src/cosignature.js";
import { holds, holdsHere, isOfPrimeOrder } from "../src/edwards.js";
import { openEnvelope } from "../src/envelope.js";
import { LedgerError } from "../src/errors.js";
import { loadSpki } from "../src/keys.js";
import { leafHash, verifyConsistency, verifyInclusion } from "../src/merkle.js";
import { parseNote, parseVkey } from "../src/note.js";
import { parsePolicy } from "../src/policy.js";
import { decimalOf, productOf, quotientOf, rounded, spelled } from "../src/numbers.js";
import { encodeProof, parseProof, verifyProof } from "../src/proof.js";
import { readAnswer, verifyReceipt } from "../src/receipt.js";
import { logKeys } from "../src/rotation.js";
import { readStatement, verifyStatement } from "../src/statement.js";

const HASH = 32;

/** Readers of what others wrote: the value, in one spelling. */
const TARGETS = {
  record: (data) => hex(encode(checkCanonical(data))),
  note: (data) => parseNote(textOf(data)).signatures.map(({ name, keyHash, signature }) =>
    `${name} ${hex(keyHash)} ${hex(signature)}`),
  vkey: async (data) => (await parseVkey(textOf(data))).vkey,
  checkpoint: (data) => checkpointText(parseCheckpoint(textOf(data))),
  signedCheckpoint: async (data, { vkey }) => {
    const verifier = await parseVkey(vkey);
    return checkpointText(await openCheckpoint(textOf(data), verifier.name, verifier));
  },
  cosigner: async (data) => (await parseCosignerVkey(textOf(data))).vkey,
  cosigned: async (data, { vkeys }) => {
    const verifiers = await Promise.all(vkeys.map(parseCosignerVkey));
    return [...(await cosignedAt(textOf(data), verifiers)).values()].map(Number).sort((a, b) => a - b);
  },
  policy: async (data) => {
    const policy = await parsePolicy(data);
    return { logs: policy.logs.map((log) => log.verifier.vkey), witnesses: [...policy.witnesses.keys()],
      groups: [...policy.groups].map(([name, group]) => [name, group.needed, group.members]), quorum: policy.quorum };
  },
  quorum: async (data, { names }) => {
    const policy = await parsePolicy(data);
    return names.map((some) => policy.isSatisfied(some));
  },
  rotations: async (data, { vkey, note, size }) =>
    (await logKeys(vkey, JSON.parse(textOf(data)))).verifierOf(note, BigInt(size ?? 0)).vkey,
  proof: (data) => encodeProof(parseProof(textOf(data))),
  verifiedProof: async (data, { vkey, entry }) =>
    checkpointText(await verifyProof(textOf(data), await leafHash(unbase64(entry)), await parseVkey(vkey))),
  envelope: (data) => {
    const { body, keyid, signature, origin } = openEnvelope(data);
    return [hex(body), hex(keyid), hex(signature), origin ?? null];
  },
  receipt: async (data, { policy, body, ...trust }) => {
    const { lots, index, checkpoint, cosigned } = proven(await verifyReceipt(readAnswer(data), {
      ...trust, ...(policy && { policy: await parsePolicy(unbase64(policy)) }), ...(body && { body: unbase64(body) }),
    }));
    return { index: Number(index), size: checkpoint ? Number(checkpoint.size) : null,
      lots: lots.map(({ lot, burdens }) => [lot, Object.fromEntries(burdens)]), cosigned: [...cosigned?.keys() ?? []] };
  },
  statement: async (data, { policy, ...trust }) => {
    const { claims, lot, digest, standing, cosigned } = proven(await verifyStatement(readStatement(data), {
      ...trust, ...(policy && { policy: await parsePolicy(unbase64(policy)) }),
    }));
    return { title: claims.figure.title, footprint: claims.figure.footprint, lot: lot.lot, digest,
      standing: standing.state, cosigned: [...cosigned?.keys() ?? []] };
  },
  bundle: async (data, { policy, ...trust }) => {
    const report = await verifyBundle(readBundle(data), {
      on: "2026-12-31T00:00:00Z", ...trust, ...(policy && { policy: await parsePolicy(unbase64(policy)) }),
    });
    const { verified, organization, statement, cosigned } = proven(report);
    return { index: Number(verified.index), organization: organization ?? null, lot: statement?.claims.lot ?? null,
      cosigned: [...cosigned?.keys() ?? []],
      leftOut: report.steps.filter((step) => step.state !== "holds" || step.note).map((step) => step.number) };
  },
  numbers: (data) => JSON.parse(textOf(data)).map((hexadecimal) => {
    const number = new DataView(unhex(hexadecimal).buffer).getFloat64(0);
    return [spelled(number), Math.abs(number) < 1e20 ? rounded(number, 1) : null];
  }),
  decimals: (data) => JSON.parse(textOf(data)).map(([one, other]) => {
    const [left, right] = [decimalOf(one), decimalOf(other)];
    return [spelled(productOf(left, right)), spelled(quotientOf(left, right))];
  }),
  spki: async (data) => (await loadSpki(data)).algorithm,
  signature: async (data, { spki, message }) =>
    (await loadSpki(unbase64(spki))).verify(data, unbase64(message)),
  ed25519: async (data, { key, message }) => {
    const [here, there] = [await holdsHere(unbase64(key), data, unbase64(message)),
      await holds(unbase64(key), data, unbase64(message))];
    return [here, there];
  },
  primeOrder: (data) => isOfPrimeOrder(data),
  inclusion: async (data, { index, size }) => {
    const [leaf, root, ...path] = hashes(data);
    await verifyInclusion(leaf, BigInt(index), BigInt(size), root, path);
  },
  consistency: async (data, { index, size }) => {
    const [before, after, ...path] = hashes(data);
    await verifyConsistency(BigInt(index), BigInt(size), before, after, path);
  },
};

/** What a report proves; raises its error. */
function proven(report) {
  if (!report.ok) {
    throw report.error;
  }
  return report.proven;
}

function hashes(data) {
  return Array.from({ length: Math.ceil(data.length / HASH) }, (_, i) => data.slice(HASH * i, HASH * (i + 1)));
}

async function verdict({ target, data, ...given }) {
  try {
    return { ok: true, value: (await TARGETS[target](unbase64(data), given)) ?? null };
  } catch (error) {
    // Bytes that are no UTF-8 are no text of a note.
    if (error instanceof LedgerError || error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      return { ok: false, code: error.code, step: error.step ?? null };
    }
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line)))}\n`);
}
