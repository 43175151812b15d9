/**
 * The figures of a lot: how a vector of burdens is made from an assessment and the lots that a record takes, and what it
 * says: the footprint, what is left out, in question or provisional, and the title that follows.
 *
 * All sums run in the order of the log's own programs, so that every figure is the same to the bit.
 */

import { InvalidInput, VerificationError } from "./errors.js";
import { AR6 } from "./gwp.js";
import { decimalOf, productOf, quotientOf, rounded, spelled } from "./numbers.js";
import { byDefault, flag, integer, listOf, nullable, object, text } from "./shapes.js";

/** @typedef {import("./leaves.js").Figures} Figures */
/** @typedef {import("./leaves.js").AssessmentLeaf} AssessmentLeaf */
/** @typedef {number[]} Vector In the order of BURDENS. */

/** Burdens whose sum is the footprint excluding biogenic uptake, kg CO2e. */
export const ADDITIVE = Object.freeze([
  "fossilGhgEmissions", "landUseChangeGhgEmissions", "landManagementFossilGhgEmissions",
  "landManagementBiogenicCO2Emissions", "landManagementBiogenicCO2Removals", "biogenicNonCO2Emissions",
  "technologicalCO2Removals", "ccsTechnologicalCO2Capture",
]);
/** Every burden, in the order in which a vector holds them. */
export const BURDENS = Object.freeze([
  ...ADDITIVE, "aircraftGhgEmissions", "transportGhgEmissions", "packagingGhgEmissions", "electricityLocation",
  "electricityMarket", "electricityKwh", "energyMj", "renewableEnergyMj", "absGhg", "primaryAbs", "technologyAbs",
  "timeAbs", "geographyAbs", "omittedAbs", "unestimated", "provisionalAbs", "electricityOverLocation",
  "biogenicCO2Emissions", "questionedAbs", "documentedAbs",
]);
const SLOT = new Map(BURDENS.map((name, i) => [name, i]));
const [ABS, OMITTED, UNESTIMATED, PROVISIONAL, QUESTIONED, DOCUMENTED, CAPTURED] = [
  "absGhg", "omittedAbs", "unestimated", "provisionalAbs", "questionedAbs", "documentedAbs",
  "ccsTechnologicalCO2Capture",
].map(slotOf);
const DEFAULT_LIMIT = 0.03;
const LARGEST_LIMIT = 0.1;
const NO_REFERENCE = "no-reference";
/** @type {Record<string, string[]>} */
const BY_KIND = {
  transport: ["transportGhgEmissions"], airTransport: ["transportGhgEmissions", "aircraftGhgEmissions"],
  packaging: ["packagingGhgEmissions"],
};
const MJ_PER_KWH = { units: 36n, scale: 1 };

const rating = byDefault(listOf(integer, { least: 3, most: 3 }), () => [3, 3, 3]);
const assessmentShape = object({
  lines: byDefault(listOf(object({
    gas: text, amount: text, burden: byDefault(text, () => "fossilGhgEmissions"), kind: text,
    primary: byDefault(flag, () => false), ratings: rating, market: nullable(text),
  })), () => []),
  energy: byDefault(listOf(object({ carrier: text, amount: text, renewable: byDefault(flag, () => false) })), () => []),
  omissions: byDefault(listOf(object({ estimate: nullable(text) })), () => []),
  assigned: byDefault(listOf(object({ output: integer, burden: text, amount: text })), () => []),
  findings: byDefault(listOf(object({
    code: text, message: byDefault(text, () => ""), severity: byDefault(text, () => "warning"), amount: nullable(text),
    output: nullable(integer),
  })), () => []),
  usualShares: byDefault(listOf(object({
    output: integer, share: text, amount: nullable(text), captured: nullable(text),
  })), () => []),
  documented: nullable(text),
});
/** @typedef {ReturnType<typeof assessmentShape>} Assessment The parts that make figures. */

/**
 * What a vector of burdens says of a lot, kg CO2e. `limit`: the largest doubtful share of a figure that is called a
 * footprint; `doubtful`: the shares that are omitted, questioned and provisional, 0 to 1. `isUnknown`: something is left
 * out without an estimate, or the product has no reference range. `completeness`: 0 to 1, undefined if it is unknown.
 *
 * @typedef {object} Meaning
 * @property {number} footprint
 * @property {number} locationBased
 * @property {number} marketBased
 * @property {number} questioned
 * @property {number | undefined} completeness
 * @property {{omitted: number, questioned: number, provisional: number}} doubtful
 * @property {boolean} isUnknown
 * @property {string} title
 */

/**
 * @param {Figures} burdens
 * @param {{limit?: number, isReferenced?: boolean}} [terms]
 * @returns {Meaning}
 */
export function meaningOf(burdens, { limit = DEFAULT_LIMIT, isReferenced = true } = {}) {
  const vector = vectorOf(burdens);
  const total = footprintOf(vector);
  const locationBased = total - vector[slotOf("electricityOverLocation")];
  let positive = 0;
  for (let slot = 0; slot < ADDITIVE.length; slot += 1) {
    positive += Math.max(vector[slot], 0);
  }
  const whole = positive + vector[OMITTED] + vector[QUESTIONED];
  /** @param {number} amount */
  const part = (amount) => (whole ? amount / whole : 0);
  const isUnknown = vector[UNESTIMATED] > 0 || !isReferenced;
  const parts = [vector[OMITTED], vector[QUESTIONED], vector[PROVISIONAL]].map(part);
  const share = part(vector[OMITTED] + vector[QUESTIONED] + vector[PROVISIONAL]);
  const known = vector[ABS] + vector[OMITTED];
  return {
    footprint: total, locationBased,
    marketBased: locationBased - vector[slotOf("electricityLocation")] + vector[slotOf("electricityMarket")],
    questioned: vector[QUESTIONED],
    completeness: vector[UNESTIMATED] > 0 ? undefined : known ? vector[ABS] / known : 1,
    doubtful: { omitted: parts[0], questioned: parts[1], provisional: parts[2] }, isUnknown,
    title: titleOf(parts, share, limit, isUnknown),
  };
}

/**
 * The limit of the title by the versions in force. A text that is no share sets no limit.
 *
 * @param {readonly {name: string, version: string}[]} versions
 */
export function limitOf(versions) {
  const share = versions.findLast(({ name }) => name === "footprint-limit")?.version ?? "";
  return /^0\.[0-9]{0,3}[1-9]$/.test(share) && Number(share) <= LARGEST_LIMIT ? Number(share) : DEFAULT_LIMIT;
}

/**
 * The assessment in leaf 0. Raises VerificationError.
 *
 * @param {AssessmentLeaf} leaf
 * @returns {Assessment}
 */
export function assessmentOf(leaf) {
  try {
    return assessmentShape(leaf.assessment, "assessment");
  } catch (error) {
    throw error instanceof InvalidInput ? uncomputable(error.message) : error;
  }
}

/**
 * Whether nothing says that the product of output `output` has no reference range.
 *
 * @param {Assessment} assessment
 * @param {number} output
 */
export function isReferenced(assessment, output) {
  return !assessment.findings.some((finding) => finding.code === NO_REFERENCE && finding.output === output);
}

/**
 * The burdens that a record shares out: its own, and the burdens of the lots that it takes.
 *
 * @param {Assessment} assessment
 * @param {AssessmentLeaf} leaf
 * @param {readonly {part: number, burdens: Figures}[]} taken
 * @param {{provisional: boolean}} record
 * @returns {Vector}
 */
export function totalOf(assessment, leaf, taken, { provisional }) {
  let total = direct(assessment, provisional);
  for (const [name, amount] of leaf.covered) {
    total[slotOf(name)] += Number(amount);
  }
  for (const { part, burdens } of taken) {
    const lot = vectorOf(burdens);
    total = total.map((amount, i) => (part === 1 ? amount + lot[i] : amount + part * lot[i]));
  }
  return total;
}

/**
 * The burdens of output `output`, which carries `share` of the total.
 *
 * @param {Vector} total
 * @param {Assessment} assessment
 * @param {AssessmentLeaf} leaf
 * @param {{output: number, share: number}} place
 * @returns {Vector}
 */
export function outputOf(total, assessment, leaf, { output, share }) {
  const { assigned } = assessment;
  const vector = assigned.length ? expanded(total, assigned, output, share)
    : total.map((amount) => (share && amount ? share * amount : 0));
  const question = leaf.questions.findLast((one) => one.output === output);
  let questioned = question ? total[QUESTIONED] * Number(question.share) : 0;
  questioned += escaped(assessment, total, output, share);
  if (question?.figure !== undefined) {
    questioned += Number(question.made);
  }
  vector[QUESTIONED] = questioned;
  if (question) {
    vector[DOCUMENTED] += Number(question.documented);
  }
  if (output !== 0 || !(leaf.averaged.size || leaf.averagedContents.size)) {
    return vector;
  }
  const adjustment = vectorOf(leaf.averaged);
  return vector.map((amount, i) => amount + adjustment[i]);
}

/**
 * A vector as figures: amounts that are not zero, in the spelling of leaves.
 *
 * @param {Vector} vector
 * @returns {Figures}
 */
export function writtenBurdens(vector) {
  return new Map(BURDENS.flatMap((name, i) => (vector[i] ? [[name, spelled(vector[i])]] : [])));
}

/**
 * A share in per cent, as statements have it.
 *
 * @param {number} share
 */
export function percent(share) {
  return `${rounded(share * 100, 1)} %`;
}

/** @param {Figures} figures */
function vectorOf(figures) {
  return BURDENS.map((name) => Number(figures.get(name) ?? 0));
}

/** @param {Vector} vector */
function footprintOf(vector) {
  let total = 0;
  for (let slot = 0; slot < ADDITIVE.length; slot += 1) {
    total += vector[slot];
  }
  return total;
}

/**
 * *footprint*, or the parts that alone exceed the limit; if no part does, the largest.
 *
 * @param {number[]} parts
 * @param {number} share
 * @param {number} limit
 * @param {boolean} isUnknown
 */
function titleOf(parts, share, limit, isUnknown) {
  const words = ["incomplete", "questioned", "provisional"];
  let over = words.filter((_, i) => parts[i] > limit);
  if (!over.length && share > limit) {
    over = [words[parts.indexOf(Math.max(...parts))]];
  }
  if (isUnknown && !over.includes(words[0])) {
    over = [words[0], ...over];
  }
  return over.length ? `${over.join(" and ")} footprint` : "footprint";
}

/**
 * The burdens that arise in the record itself.
 *
 * @param {Assessment} assessment
 * @param {boolean} provisional all of them wait for a closing
 */
function direct(assessment, provisional) {
  const vector = BURDENS.map(() => 0);
  for (const line of assessment.lines) {
    addLine(vector, line);
  }
  for (const use of assessment.energy) {
    const amount = number(use.amount);
    add(vector, "energyMj", amount);
    if (use.renewable) {
      add(vector, "renewableEnergyMj", amount);
    }
    if (use.carrier === "electricity") {
      add(vector, "electricityKwh", quotientOf(decimal(use.amount), MJ_PER_KWH));
    }
  }
  for (const { estimate } of assessment.omissions) {
    add(vector, estimate === undefined ? "unestimated" : "omittedAbs", estimate === undefined ? 1 : number(estimate));
  }
  for (const { amount } of assessment.findings) {
    if (amount !== undefined) {
      vector[QUESTIONED] += number(amount);
    }
  }
  if (assessment.documented !== undefined) {
    vector[DOCUMENTED] = number(assessment.documented);
  }
  if (provisional) {
    vector[PROVISIONAL] = vector[ABS];
    // A record that states nothing yet leaves its future burdens out, without an estimate.
    vector[UNESTIMATED] += vector[ABS] ? 0 : 1;
  }
  return vector;
}

/**
 * @param {Vector} vector
 * @param {Assessment["lines"][number]} line
 */
function addLine(vector, line) {
  const amount = kilograms(line.gas, line.amount);
  add(vector, line.burden, amount);
  if (!ADDITIVE.includes(line.burden)) {
    return;
  }
  const weight = Math.abs(amount);
  vector[ABS] += weight;
  if (line.primary) {
    add(vector, "primaryAbs", weight);
  }
  const [technology, time, geography] = line.ratings;
  add(vector, "technologyAbs", technology * weight);
  add(vector, "timeAbs", time * weight);
  add(vector, "geographyAbs", geography * weight);
  for (const name of Object.hasOwn(BY_KIND, line.kind) ? BY_KIND[line.kind] : []) {
    add(vector, name, amount);
  }
  if (line.kind === "electricity") {
    add(vector, "electricityLocation", amount);
    add(vector, "electricityMarket", line.market === undefined ? amount : number(line.market));
  }
}

/**
 * Amounts assigned to one output before the rest is divided.
 *
 * @param {Vector} total
 * @param {Assessment["assigned"]} assigned
 * @param {number} output
 * @param {number} share
 */
function expanded(total, assigned, output, share) {
  const [rest, own] = [[...total], BURDENS.map(() => 0)];
  for (const { output: receiver, burden, amount } of assigned) {
    if (receiver === output) {
      add(own, burden, number(amount));
    }
    add(rest, burden, -number(amount));
  }
  return rest.map((amount, i) => share * amount + own[i]);
}

/**
 * Kg CO2e that an output escapes by its allocation share: they are questioned.
 *
 * @param {Assessment} assessment
 * @param {Vector} total
 * @param {number} output
 * @param {number} share
 */
function escaped(assessment, total, output, share) {
  let divided = footprintOf(total) + total[OMITTED];
  for (const { burden, amount } of assessment.assigned) {
    if (ADDITIVE.includes(burden)) {
      divided -= number(amount);
    }
  }
  let sum = 0;
  for (const usual of assessment.usualShares.filter((one) => one.output === output)) {
    let amount = usual.amount === undefined ? (number(usual.share) - share) * divided : number(usual.amount);
    if (usual.captured !== undefined) {
      amount = Math.min(amount, number(usual.share) * (-total[CAPTURED] - number(usual.captured)));
    }
    sum += amount > 0 ? amount : 0;
  }
  return sum;
}

/**
 * @param {string} gas
 * @param {string} amount kg
 */
function kilograms(gas, amount) {
  if (gas === "CO2e" || gas === "CO2") {
    return number(amount);
  }
  const potential = AR6.get(gas);
  if (potential === undefined) {
    throw uncomputable(`gas '${gas}' has no global warming potential`);
  }
  return productOf(decimal(amount), decimal(potential));
}

/**
 * @param {Vector} vector
 * @param {string} name
 * @param {number} amount
 */
function add(vector, name, amount) {
  vector[slotOf(name)] += amount;
}

/** @param {string} name */
function slotOf(name) {
  const slot = SLOT.get(name);
  if (slot === undefined) {
    throw uncomputable(`unknown burden '${name}'`);
  }
  return slot;
}

/** @param {string} written */
function number(written) {
  decimal(written);
  return Number(written);
}

/** @param {string} written */
function decimal(written) {
  const found = decimalOf(written);
  if (!found) {
    throw uncomputable(`'${written}' is not a decimal`);
  }
  return found;
}

/** @param {string} why */
function uncomputable(why) {
  return new VerificationError(`the figure cannot be computed from the assessment: ${why}`, {
    code: "wrong-figure", field: "claims.assessment",
  });
}
