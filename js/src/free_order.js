// docs/format.md, "Free orders": slices brought into canonical order and sign, and the number that their arrangement is.

import { need } from "./errors.js";
import { bitLength } from "./integer_codes.js";
import { product } from "./element_contexts.js";
import { DTYPES, bitsOfKey, keyOfBits, keyRange } from "./dtypes.js";

const MOST_SLICES = 4096;

/**
 * Brings `bits` (elements of `shape`) into canonical order in place.
 * @returns {{number: bigint, length: number, slices: number}} the number of the arrangement and its length in bits
 */
export function settle(bits, shape, dtype, axis, signs) {
  const places = liveSlices(bits, shape, axis);
  need(places.length <= MOST_SLICES, "too many slices are in a free order");
  const isWide = bits instanceof BigUint64Array;
  const slices = places.map((slice) =>
    canonicalSign(
      slice.map((at) => keyOfBits(BigInt(bits[at]), dtype)),
      dtype,
      signs,
    ),
  );
  const sorted = [...slices].sort(compareSlices);
  const { number, length } = numberOf(slices, sorted, signs);
  need(number >> BigInt(length) === 0n, "an order of slices stands for no bits");
  sorted.forEach(({ keys }, rank) => {
    keys.forEach((key, k) => {
      const element = bitsOfKey(key, dtype);
      bits[places[rank][k]] = isWide ? element : Number(element);
    });
  });
  return { number, length, slices: places.length };
}

// Places of the elements of each slice along the axis that is not empty.
function liveSlices(bits, shape, axis) {
  const inner = product(shape.slice(axis + 1));
  const places = Array.from({ length: shape[axis] }, () => []);
  for (let at = 0; at < bits.length; at++) places[Math.floor(at / inner) % shape[axis]].push(at);
  return places.filter((slice) => slice.some((at) => bits[at])); // 0 and 0n alike are false
}

function canonicalSign(keys, dtype, signs) {
  const flipped = signs && keys.find((key) => key !== 0n) < 0n;
  if (flipped) {
    const isFloat = DTYPES[dtype].kind === "float";
    const without = isFloat ? -1n : keyRange(dtype)[0]; // -0.0, and the lowest integer, have no negative
    need(!keys.includes(without), "values of free sign have no negative");
    keys = keys.map((key) => (key === 0n ? 0n : isFloat ? -1n - key : -key));
  }
  return { keys, flipped, nonzeros: keys.reduce((sum, key) => sum + (key === 0n ? 0 : 1), 0) };
}

function compareSlices(a, b) {
  if (a.nonzeros !== b.nonzeros) return b.nonzeros - a.nonzeros;
  for (let k = 0; k < a.keys.length; k++) if (a.keys[k] !== b.keys[k]) return a.keys[k] < b.keys[k] ? -1 : 1;
  return 0;
}

function numberOf(slices, sorted, signs) {
  const ranks = new Map(); // of a slice in canonical order, equal ones alike
  const counts = [];
  sorted.forEach((slice, place) => {
    if (place === 0 || compareSlices(sorted[place - 1], slice) !== 0) counts.push(0);
    counts[counts.length - 1]++;
    ranks.set(slice, counts.length - 1);
  });
  let orders = arrangements(counts);
  const length = bitLength(orders << BigInt(signs ? slices.length : 0)) - 1;
  let number = 0n;
  let left = slices.length;
  for (const slice of slices) {
    const rank = ranks.get(slice);
    let lower = 0;
    for (let k = 0; k < rank; k++) lower += counts[k];
    number += (orders * BigInt(lower)) / BigInt(left);
    orders = (orders * BigInt(counts[rank]--)) / BigInt(left--);
  }
  if (signs) for (const { flipped } of slices) number = 2n * number + (flipped ? 1n : 0n);
  return { number, length };
}

// In how many orders so many slices of each kind can stand.
function arrangements(counts) {
  let orders = 1n;
  let placed = 0n;
  for (const count of counts) {
    for (let k = 1n; k <= BigInt(count); k++) orders = (orders * ++placed) / k;
  }
  return orders;
}
