/** The claims of a statement: everything that the log signs. Numbers are decimal strings; hashes are base64. */

import { quantity } from "./leaves.js";
import { anything, byDefault, flag, integer, listOf, mapOf, object, optional, text } from "./shapes.js";

const sealed = { sealed: true };
const texts = byDefault(listOf(text), () => []);
const figures = byDefault(mapOf(text), () => new Map());
const no = byDefault(flag, () => false);

/** A leaf of an outcome at `index`, with its path in it. */
const shownRecord = object({ leaf: anything, index: integer, path: listOf(text) }, sealed);
/** @typedef {ReturnType<typeof shownRecord>} ShownRecord */

/**
 * A record at a log index: how many `leaves` its valid outcome has, and the revision which gave it that outcome. `reads`:
 * the digest of its current body, if an amendment changed it.
 */
const provenRecord = object({
  index: integer, leaves: integer, reads: optional(text),
  revision: optional(object({ by: integer, size: integer, shown: shownRecord }, sealed)),
}, sealed);

/** A lot that the record took from: the taken fraction `part` is `quantity` over the leaf's quantity, as binary64. */
const input = object({
  record: integer, shown: shownRecord, quantity: text, part: text,
  facts: optional(object({
    mass: optional(text), origin: optional(text), item: optional(text), sameMaker: no, sender: optional(text),
    pool: optional(text), expires: optional(text), generated: no, made: optional(text), since: optional(text),
    composition: optional(object({
      materials: figures, elements: figures, fossilCarbon: optional(text), biogenicCarbon: optional(text),
      edition: optional(text),
    }, sealed)),
  }, sealed)),
}, sealed);

/** `footprint`, `perUnit`: kg CO2e of the lot, and of one unit of it. `doubtful`: the doubtful shares, by their kind. */
const figure = object({
  title: text, footprint: text, perUnit: text, completeness: text, limit: text, doubtful: mapOf(text),
  locationBased: optional(text), marketBased: optional(text), burdens: figures, contents: figures,
}, sealed);

/** The reconciliation of the site that made the lot. */
const site = object({
  facility: text, from: optional(text), to: optional(text), closings: byDefault(listOf(integer), () => []),
  shares: figures, emissions: optional(text), emissionsShare: optional(text), leftOff: byDefault(integer, () => 0),
  unread: optional(text),
  differences: byDefault(listOf(object({ kind: text, unit: text, emissions: optional(text) }, sealed)), () => []),
}, sealed);

const attestation = object({
  index: integer, record: text, kind: text, auditor: text, standard: text, level: text, opinion: text, validUntil: text,
  independent: flag, party: text, examinedSize: integer, outdated: no, inDoubt: no, examinedFootprint: optional(text),
  relation: optional(text), coverage: optional(text), accreditation: optional(text), countsAs: optional(text),
  notCounted: optional(text),
}, sealed);

const study = object({
  declaredUnit: text, declaredUnitAmount: text, boundary: text, exempted: text, methodStandards: listOf(text),
  stated: optional(anything), referencePeriodStart: optional(text), referencePeriodEnd: optional(text),
  geographyCountry: optional(text), geographySubdivision: optional(text), allocation: texts,
  allocationBasis: optional(anything), exemptedDescription: optional(text),
}, sealed);

export const claimsShape = object({
  origin: text, lot: text, product: text, quantity, figure, method: text, gwp: text, software: text, size: integer,
  root: text, checkpoint: text, record: integer, digest: text, type: text, share: optional(text),
  assessment: optional(shownRecord), result: shownRecord, records: listOf(provenRecord),
  entries: listOf(object({ index: integer, entry: text, path: listOf(text) }, sealed)),
  inputs: byDefault(listOf(input), () => []), provisional: no, plugin: optional(text), pluginDigest: optional(text),
  named: texts, versions: byDefault(listOf(object({
    name: text, version: text, digest: text, precedence: optional(integer),
  }, sealed)), () => []),
  study: optional(study), stock: optional(text), answer: optional(anything), limitations: texts, site: optional(site),
  figureKind: text, dataEnd: optional(text), validUntil: optional(text),
  attestations: byDefault(listOf(attestation), () => []), verified: figures,
}, sealed);
/** @typedef {ReturnType<typeof claimsShape>} Claims */
