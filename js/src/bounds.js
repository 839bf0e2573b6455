// docs/bounds.md: the exact Occam bound, the hold-out bound and the bound of picked examples, all rounded up.

import { InvalidArgument } from "./errors.js";
import { UNIT_ROUNDOFF, logMassAbove, logQuotient } from "./binomial.js";

const MARGIN = 64 * UNIT_ROUNDOFF;
const SMALLEST = 2 ** -960;
const FIRST_TERM = 2 ** -940;
const LEAST_PICKED = 2 ** -200;

const up = (value) => value * (1 + MARGIN);
const down = (value) => value * (1 - MARGIN);

function quotientUp(fraction) {
  return fraction > 0 && fraction < 1 ? nextUp(fraction) : fraction;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The next larger double, of a positive one. */
export function nextUp(value) {
  scratch.setFloat64(0, value);
  scratch.setBigUint64(0, scratch.getBigUint64(0) + 1n);
  return scratch.getFloat64(0);
}

/**
 * The largest p with P(Binomial(n, p) <= errors) >= delta 2^-codeBits, rounded up: with probability at least 1 - delta
 * over n independent examples, a classifier with a message of codeBits of a prefix-free code errs on at most this.
 */
export function occam(errors, n, codeBits, delta) {
  checkCounts(errors, n, delta);
  if (!(codeBits >= 0 && codeBits < Infinity))
    throw new InvalidArgument(`codeBits: 0 or more needed, got ${codeBits}`);
  const nats = up(codeBits * Math.log(2) - Math.log(delta));
  const upper = klInverse(quotientUp(errors / n), up(nats / n)); // Chernoff: above the root
  if (errors === 0 || errors === n) return upper;
  const leftOver = (p) => {
    const { logMass, series } = logMassAbove(errors, n, p);
    return { value: logMass + Math.log(series) + nats, slope: -(n - errors) / ((1 - p) * series) };
  };
  return Math.min(upper, rootFromAbove(leftOver, upper, errors / n / 64));
}

/** The bound of a classifier that the n examples had no part in. */
export function clopperPearson(errors, n, delta) {
  return occam(errors, n, 0, delta);
}

/**
 * The root alpha in (k/n, 1) of (delta/n) sum over m = k .. n-1 of [C(m, k)/C(n, k)] (1 - alpha)^(m - n) = 1, rounded up:
 * the bound of a predictor that is a fixed function of `size` of the n examples, errors left included.
 */
export function preferentCompression(size, n, delta) {
  checkCounts(size, n, delta);
  if (size === n) return 1;
  const above = klInverse(quotientUp(size / n), up((Math.log(2 * n) - Math.log(delta)) / n));
  const leftOver = (alpha) => logRatioAbove(size, n, delta, alpha);
  return Math.min(above, rootFromAbove(leftOver, above, Math.max(size / n, LEAST_PICKED)));
}

// At least log(n alpha p_k / (delta P)), P the probability of more than k, and about its slope.
function logRatioAbove(k, n, delta, alpha) {
  const none = { logMass: -down(-n * Math.log1p(-alpha)), series: 1 };
  const { logMass, series } = k > 0 ? logMassAbove(k, n, alpha) : none;
  const more = Math.max(-Math.expm1(logMass + Math.log(series)), LEAST_PICKED);
  const logarithms = [Math.log(n * alpha), -Math.log(delta), logMass, -Math.log(more)];
  const sum = logarithms.reduce((a, b) => a + b);
  const size = logarithms.reduce((a, b) => a + Math.abs(b), 0);
  const fall = n * alpha - k - (1 - alpha) + ((n - k) * alpha * Math.exp(logMass)) / more;
  return { value: sum + MARGIN * (1 + size), slope: -Math.max(fall / alpha, 1) / (1 - alpha) };
}

/** The largest p with kl(q || p) <= c nats, rounded up. */
export function klInverse(q, c) {
  if (q >= 1) return 1;
  const base = q > 0 ? Math.max(q, SMALLEST) : q;
  const leftOver = (p) => ({ value: c - klBelow(base, p), slope: (base - p) / (p * (1 - p)) });
  const entropy = -base * Math.log(Math.max(base, SMALLEST)) - (1 - base) * Math.log1p(-base);
  const start = Math.min(base + Math.sqrt(c / 2), -Math.expm1(-(c + entropy) / (1 - base)));
  return rootFromAbove(leftOver, start + 2 * MARGIN * (1 - base), Math.max(base, SMALLEST));
}

// At most kl(q || p), through log1p: both terms are of the size of p - q, and their sum of its square.
function klBelow(q, p) {
  const first = q > 0 ? -q * logQuotient(p, Math.max(q, SMALLEST), p - q) : 0;
  const second = q < 1 ? -(1 - q) * logQuotient(1 - p, 1 - q, q - p) : 0;
  if (first === Infinity || second === Infinity) return Infinity;
  const error = MARGIN * (Math.abs(p - q) + Math.abs(first) + Math.abs(second));
  return Math.max(first + second - error - FIRST_TERM, 0);
}

const STEPS = 100;
const RESOLUTION = 2 ** -42;
const BELOW_ONE = 1 - UNIT_ROUNDOFF;

// At least the root in (0, 1) of a concave decreasing function, and close to it, by Newton's tangents. A point counts as
// right of the root only where the function, which is given at least, is no more than 0; 1 where there is none.
function rootFromAbove(leftOver, start, least) {
  let upper = 1;
  let p = Math.min(start, BELOW_ONE);
  for (let step = 0; step < STEPS; step++) {
    const { value, slope } = leftOver(p);
    const holds = value <= 0;
    if (holds) upper = Math.min(upper, p);
    const move = -value / Math.min(slope, -LEAST_PICKED);
    const resolution = p * Math.max(RESOLUTION * (1 - p), 2 * UNIT_ROUNDOFF);
    const settled = Math.abs(move) <= 4 * resolution;
    const next = Math.min(Math.max(p + move + (settled ? 2 * resolution : 0), least), BELOW_ONE);
    if ((settled && holds) || next === p) break;
    p = next;
  }
  return upper;
}

function checkCounts(count, n, delta) {
  const isCount = Number.isInteger(count) && Number.isInteger(n) && n >= 1 && count >= 0 && count <= n;
  if (!isCount) throw new InvalidArgument(`errors, n: whole numbers, 0 <= errors <= n, needed, got ${count} of ${n}`);
  if (!(delta > 0 && delta < 1)) throw new InvalidArgument(`delta: between 0 and 1 needed, got ${delta}`);
}

/** A risk as certificates record it: a multiple of 1e-9, rounded up; other machines' logarithms come to the same. */
export function riskUp(value) {
  return Math.min(1, Math.ceil((value + 1e-12) * 1e9) / 1e9);
}
