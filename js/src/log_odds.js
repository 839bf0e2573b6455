// docs/format.md, "The coder": probabilities on a grid of log-odds, and a logarithm by table. Both are the same on
// every machine: the table's entries are correctly rounded from integers, so no Math.log has a part in what is read.

export const TOP_LEVEL = 2047;
export const TOTAL = 2 ** 24;
const STEPS_PER_NAT = 160;

// Math.exp is off by units of 2^-53 at most, and no exact value lies within 2^-40 of the middle between two multiples
// of 2^-24 (a test holds that), so that rounding finds the nearest multiple.
function probability(level) {
  const upper = Math.round(TOTAL / (1 + Math.exp(-Math.abs(level) / STEPS_PER_NAT))) / TOTAL;
  return level < 0 ? 1 - upper : upper;
}

const LEVELS = Array.from({ length: 2 * TOP_LEVEL + 1 }, (_, at) => at - TOP_LEVEL);

/** P(l) at index l + TOP_LEVEL: the probability of a one. */
export const PROBABILITY = Float64Array.from(LEVELS, probability);

/** The edge at level l, at index l + TOP_LEVEL; a one lies above it. */
export const EDGE = Float64Array.from(LEVELS, (l) => Math.floor((1 - PROBABILITY[l + TOP_LEVEL]) * (TOTAL - 2)) + 1);

/** Bits that a one costs at level l, at index l + TOP_LEVEL; a zero costs those of a one at -l. */
export const COST_BITS = Float64Array.from(PROBABILITY, (p) => -Math.log2(p));

const ROUNDING = 1.5 * 2 ** 52; // doubles of this size are whole, and sums are rounded half to even

/** The integer nearest to x, halves to the even one; x is below 2^51 in size. */
export function roundHalfEven(x) {
  return x + ROUNDING - ROUNDING;
}

/** "Level of" a number of nats. */
export function levelOf(nats) {
  return Math.max(-TOP_LEVEL, Math.min(TOP_LEVEL, roundHalfEven(STEPS_PER_NAT * nats)));
}

const FRACTION_BITS = 140n; // of the fixed-point numbers below

// 2 atanh(1 / n) = log((n + 1) / (n - 1)), in units of 2^-FRACTION_BITS.
function logOfNeighbours(n) {
  let term = (2n << FRACTION_BITS) / n;
  let sum = 0n;
  for (let odd = 1n; term > 0n; odd += 2n) {
    sum += term / odd;
    term /= n * n;
  }
  return sum;
}

// The double nearest to a fixed-point number: the quotient of a 53-bit integer and a power of two.
function nearestDouble(fixed) {
  const size = fixed < 0n ? -fixed : fixed;
  const drop = BigInt(Math.max(0, size.toString(2).length - 53));
  const half = drop > 0n ? 1n << (drop - 1n) : 0n;
  const value = Number((size + half) >> drop) * 2 ** Number(drop - FRACTION_BITS);
  return fixed < 0n ? -value : value;
}

function logTable() {
  const log2 = logOfNeighbours(3n);
  const table = new Float64Array(512);
  let log = 0n; // of 2 j + 1
  for (let j = 0; j < 512; j++) {
    table[j] = nearestDouble(log - 10n * log2);
    log += logOfNeighbours(BigInt(2 * j + 2));
  }
  return [table, nearestDouble(log2)];
}

const [LOG_MANTISSA, LOG_2] = logTable();
const bits = new DataView(new ArrayBuffer(8));

/** log x by the table, for normal x > 0. */
export function log(x) {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  return LOG_MANTISSA[256 | ((high >>> 12) & 255)] + ((high >>> 20) - 1022) * LOG_2;
}
