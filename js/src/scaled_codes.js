// docs/format.md, "Models for floats": whole numbers or levels times scales, and floats whose sign is their lowest bit.

import { need } from "./errors.js";
import { DTYPES, isFinite, numberOfBits, roundTo } from "./dtypes.js";

const MINUS_ZERO = -(2 ** 15); // the code of -0.0

/** Fill in the bits of an array: each code, or the level that it is the number of, times the scale of its group. */
export function multiply(codes, scales, levels, { dropped, group, scaleType, dtype }, bits) {
  const sign = 1n << BigInt(8 * DTYPES[dtype].bytes - 1);
  const put = bits instanceof BigUint64Array ? (element) => element : Number;
  codes.forEach((code, at) => {
    if (code === 0) return;
    if (code === MINUS_ZERO) {
      bits[at] = put(sign);
      return;
    }
    const scale = numberOfBits(BigInt(scales[Math.floor(at / group)]), scaleType);
    const factor = levels === null ? code : levelOf(levels, code, scaleType);
    const element = withFewerBits(roundTo(roundTo(factor * scale, scaleType).value, dtype).bits, BigInt(dropped));
    need(element % sign !== 0n && isFinite(element, dtype), "scales make elements zero or infinite");
    bits[at] = put(element);
  });
}

// Levels are numbered from one on: no code is needed for zero.
function levelOf(levels, code, scaleType) {
  need(code > 0 && code <= levels.length, "codes are those of no level");
  return numberOfBits(BigInt(levels[code - 1]), scaleType);
}

/** Turn the bits of floats back by one, in place: the lowest one is the sign. */
export function turnBack(bits) {
  const top = 8 * bits.BYTES_PER_ELEMENT - 1;
  const isBig = bits instanceof BigUint64Array;
  for (let at = 0; at < bits.length; at++) {
    if (isBig) bits[at] = (bits[at] >> 1n) | ((bits[at] & 1n) << 63n);
    else bits[at] = (bits[at] >>> 1) | ((bits[at] & 1) << top);
  }
}

// The nearest bits of which so many low ones are zero, halves to even.
function withFewerBits(bits, dropped) {
  if (dropped === 0n) return bits;
  const half = (1n << (dropped - 1n)) - 1n + ((bits >> dropped) & 1n);
  return ((bits + half) >> dropped) << dropped;
}
