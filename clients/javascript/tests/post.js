/**
 * Posts records to a server, for its tests: {"url", "origin", "pem", "records", "lot"} on stdin. Writes "posted", the
 * index and digest of each record or its error; "receipts", the digests of the receipts that it asks for afterwards; and
 * "footprint", the figure of the lot or the error.
 */

import { text } from "node:stream/consumers";

import { Client, LedgerError, seal, SigningKey } from "../index.js";

const { url, origin, pem, records, lot } = JSON.parse(await text(process.stdin));
const key = await SigningKey.fromPem(pem);
const client = new Client(url, { login: { key } });
const told = (error) => ({ name: error.name, code: error.code, field: error.field, parts: error.parts.map(told) });

async function outcome(asked) {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof LedgerError)) {
      throw error;
    }
    return told(error);
  }
}

const answers = await outcome(client.post(await Promise.all(records.map((record) => seal(record, key, origin)))));
const posted = Array.isArray(answers)
  ? answers.map((answer) => answer instanceof LedgerError ? told(answer) : { index: answer.index, digest: answer.digest })
  : answers;
const receipts = [];
for (const { digest } of Array.isArray(posted) ? posted.filter((one) => one.digest) : []) {
  receipts.push((await client.receipt(digest)).digest);
}
process.stdout.write(JSON.stringify({ posted, receipts, footprint: await outcome(client.footprint(lot)) }));
