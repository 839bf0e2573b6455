// docs/format.md, "Numbers": below n, up to m, and sorted sets. Numbers of 2^53 and more are BigInts throughout.

import { need } from "./errors.js";

const UNIFORM_LIMIT = 65536n;
const RANGE = "a number is out of range";

/** A number below `size`, all equally likely; both BigInts. */
export function readBelowBig(decoder, size) {
  if (size <= UNIFORM_LIMIT) return BigInt(decoder.uniform(Number(size)));
  const high = readBelowBig(decoder, (size + UNIFORM_LIMIT - 1n) / UNIFORM_LIMIT);
  const value = high * UNIFORM_LIMIT + BigInt(decoder.uniform(65536));
  need(value < size, RANGE);
  return value;
}

/** A number below `size`, for sizes that a double holds. */
export function readBelow(decoder, size) {
  return size <= 65536 ? decoder.uniform(size) : Number(readBelowBig(decoder, BigInt(size)));
}

/** A number up to `most`, small ones likelier; both BigInts. */
export function readNumberBig(decoder, most) {
  const longest = bitLength(most + 1n);
  let length = 1;
  while (length < longest && decoder.bit(0)) length++;
  const leading = 1n << BigInt(length - 1);
  const value = leading + readBelowBig(decoder, leading) - 1n;
  need(value <= most, RANGE);
  return value;
}

/** A number up to `most`, for limits that a double holds. */
export function readNumber(decoder, most) {
  return Number(readNumberBig(decoder, BigInt(most)));
}

/** `size` distinct numbers in [low, high], ascending; low and high, and the result, are BigInts. */
export function readSortedSet(decoder, size, low, high) {
  const found = [];
  const read = (number, from, to) => {
    if (number === 0n) return;
    if (number === to - from + 1n) {
      for (let value = from; value <= to; value++) found.push(value);
      return;
    }
    const half = number / 2n;
    const middle = from + half + readBelowBig(decoder, to - from + 2n - number);
    read(half, from, middle - 1n);
    found.push(middle);
    read(number - half - 1n, middle + 1n, to);
  };
  read(BigInt(size), low, high);
  return found;
}

/** Bits of a BigInt that is not negative. */
export function bitLength(value) {
  return value === 0n ? 0 : value.toString(2).length;
}

/** Bits of a whole number below 2^53. */
export function bitLengthOf(value) {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : bitLength(BigInt(value));
}
