/** Numbers in the spelling of statements, and the decimal arithmetic of 34 digits by which amounts are computed. */

const PRECISION = 34;
const DECIMAL = /^([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?$/;

/** @typedef {{units: bigint, scale: number}} Decimal units / 10^scale. */

/**
 * The decimal in a text; undefined if it is none.
 *
 * @param {string} text
 * @returns {Decimal | undefined}
 */
export function decimalOf(text) {
  const match = DECIMAL.exec(text);
  if (!match) {
    return undefined;
  }
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const units = BigInt(whole + fraction);
  return { units: sign === "-" ? -units : units, scale: fraction.length - Number(exponent) };
}

/**
 * The product as the nearest binary64, after it was rounded to 34 digits, half to even.
 *
 * @param {Decimal} one
 * @param {Decimal} other
 */
export function productOf(one, other) {
  const units = one.units * other.units;
  const digits = String(units < 0n ? -units : units).length;
  const spare = Math.max(digits - PRECISION, 0);
  return numberFrom(quotient(units, 10n ** BigInt(spare)), one.scale + other.scale - spare);
}

/**
 * The quotient as the nearest binary64, after it was rounded to 34 digits, half to even. `divisor` is above zero.
 *
 * @param {Decimal} dividend
 * @param {Decimal} divisor
 */
export function quotientOf(dividend, divisor) {
  // The dividend gets so many digits that the quotient has at least 34.
  const size = String(dividend.units < 0n ? -dividend.units : dividend.units).length;
  const shift = Math.max(PRECISION + String(divisor.units).length - size, 0);
  const above = dividend.units * 10n ** BigInt(shift);
  const digits = String((above < 0n ? -above : above) / divisor.units).length;
  const spare = Math.max(digits - PRECISION, 0);
  const scale = dividend.scale - divisor.scale + shift - spare;
  return numberFrom(quotient(above, divisor.units * 10n ** BigInt(spare)), scale);
}

/**
 * The shortest decimal that reads back to the same binary64, in the spelling of statements: `1.0`, `1e-05`, `1e+16`.
 *
 * @param {number} number
 */
export function spelled(number) {
  const [mantissa, power] = number.toExponential().split("e");
  const exponent = Number(power);
  if (number !== 0 && (exponent < -4 || exponent >= 16)) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const signed = Object.is(number, -0) ? "-0" : String(number);
  return signed.includes(".") ? signed : `${signed}.0`;
}

/**
 * A number with so many decimals: the nearest, of two nearest the one with an even digit.
 *
 * @param {number} number finite
 * @param {number} decimals
 */
export function rounded(number, decimals) {
  const { units, scale } = exactly(number);
  const size = quotient((units < 0n ? -units : units) * 10n ** BigInt(decimals), scale);
  const digits = String(size).padStart(decimals + 1, "0");
  return `${number < 0 || Object.is(number, -0) ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * A binary64 as a fraction with a power of two below.
 *
 * @param {number} number
 */
function exactly(number) {
  let [units, scale] = [number, 1n];
  while (!Number.isInteger(units)) {
    units *= 2;
    scale *= 2n;
  }
  return { units: BigInt(units), scale };
}

/**
 * The quotient of integers, rounded half to even. `below` is above zero.
 *
 * @param {bigint} above
 * @param {bigint} below
 */
function quotient(above, below) {
  const size = above < 0n ? -above : above;
  const [whole, rest] = [size / below, (size % below) * 2n];
  const up = rest > below || (rest === below && (whole & 1n) === 1n);
  const nearest = up ? whole + 1n : whole;
  return above < 0n ? -nearest : nearest;
}

/**
 * @param {bigint} units
 * @param {number} scale
 */
function numberFrom(units, scale) {
  return Number(`${units}e${-scale}`);
}
