// Exact decimals {digits, exponent}: digits 10^exponent, as BigInt and number. What rounds, rounds down.

import { floatText } from "./json_text.js";
import { nextUp } from "./bounds.js";

const FIGURES = 28; // of a quotient, as Python's decimal context has

/** The decimal that a double prints as. */
export function decimalOf(value) {
  const [mantissa, power] = floatText(value).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(power ?? 0) - fraction.length };
}

/** The quotient by a whole number, with 28 figures, rounded down. */
export function divide({ digits, exponent }, by) {
  let scaled = digits;
  let scale = exponent;
  const wanted = FIGURES + String(by).length;
  while (String(scaled).length < wanted) [scaled, scale] = [scaled * 10n, scale - 1];
  return withFigures({ digits: scaled / BigInt(by), exponent: scale });
}

/** At most 28 figures, rounded down; quotients that come out even lose their zeros. */
function withFigures({ digits, exponent }) {
  const drop = Math.max(String(digits).length - FIGURES, 0);
  return { digits: digits / 10n ** BigInt(drop), exponent: exponent + drop };
}

/** a * 10^exponent in whole steps of 10^place, rounded down. */
export function floorTo({ digits, exponent }, place) {
  if (exponent >= place) return { digits, exponent };
  return { digits: digits / 10n ** BigInt(place - exponent), exponent: place };
}

export function multiply(a, b) {
  return withFigures({ digits: a.digits * b.digits, exponent: a.exponent + b.exponent });
}

export function subtract(a, b) {
  const exponent = Math.min(a.exponent, b.exponent);
  const at = (x) => x.digits * 10n ** BigInt(x.exponent - exponent);
  return withFigures({ digits: at(a) - at(b), exponent });
}

/** The place of the leading figure. */
export function leadingPlace({ digits, exponent }) {
  return String(digits).length - 1 + exponent;
}

/** The largest double near a decimal that prints as no more. */
export function doubleDown(decimal) {
  const nearest = Number(`${decimal.digits}e${decimal.exponent}`);
  const printed = decimalOf(nearest);
  const isMore = subtractExact(printed, decimal) > 0n;
  return isMore ? nextDown(nearest) : nearest;
}

function subtractExact(a, b) {
  const exponent = Math.min(a.exponent, b.exponent);
  return a.digits * 10n ** BigInt(a.exponent - exponent) - b.digits * 10n ** BigInt(b.exponent - exponent);
}

function nextDown(value) {
  const scratch = new DataView(new ArrayBuffer(8));
  scratch.setFloat64(0, value);
  scratch.setBigUint64(0, scratch.getBigUint64(0) - 1n);
  return scratch.getFloat64(0);
}

/** A non-negative double as a fraction of BigInts. */
export function fractionOf(value) {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) [scaled, denominator] = [scaled * 2, denominator * 2n];
  return { numerator: BigInt(scaled), denominator };
}

/** The sum of doubles, rounded up where no double holds it. */
export function sumUp(values) {
  let sum = { numerator: 0n, denominator: 1n };
  for (const value of values) {
    const { numerator, denominator } = fractionOf(value);
    const common = denominator > sum.denominator ? denominator : sum.denominator;
    const top = sum.numerator * (common / sum.denominator) + numerator * (common / denominator);
    sum = { numerator: top, denominator: common };
  }
  const nearest = Number(sum.numerator) / Number(sum.denominator); // exact but for one rounding below 2^53 units
  const { numerator, denominator } = fractionOf(nearest);
  return numerator * sum.denominator < sum.numerator * denominator ? nextUp(nearest) : nearest;
}

/** A risk in per cent with two decimals, rounded up. */
export function percentUp(risk) {
  const { numerator, denominator } = fractionOf(risk);
  const hundredths = (10000n * numerator + denominator - 1n) / denominator;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")} %`;
}
