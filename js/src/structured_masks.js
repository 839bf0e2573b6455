// docs/format.md, "Tiles and groups": masks that follow the shape of an array. A mask is a Uint8Array in C order.

import { need } from "./errors.js";
import { readBelow } from "./integer_codes.js";
import { Mixer, readTable } from "./context_mixing.js";
import { product } from "./element_contexts.js";

/** A mask by tiles; `readUsed` reads which of them are in use, a mask of the shape that it is given. */
export function readTiles(decoder, shape, readUsed) {
  const tile = shape.map((length) => 1 + readBelow(decoder, length));
  const reached = shape.map((length, axis) => Math.ceil(length / tile[axis])); // tiles, then elements, along each axis
  let inside = readUsed([...reached]);
  shape.forEach((length, axis) => {
    inside = spread(inside, reached, axis, tile[axis], length);
    reached[axis] = length;
  });
  const size = inside.reduce((sum, bit) => sum + bit, 0);
  const ones = readBelow(decoder, size + 1);
  if (ones === size) return inside;
  const bits = decoder.symbols([size - ones, Math.max(ones, 1)], size);
  let next = 0;
  return inside.map((bit) => bit && bits[next++]);
}

// Each place along an axis so many times, cut off behind `length` of them: no step is larger than the array.
function spread(mask, shape, axis, times, length) {
  if (times === 1) return mask;
  const before = product(shape.slice(0, axis));
  const behind = product(shape.slice(axis + 1));
  const wider = new Uint8Array(before * length * behind);
  let at = 0;
  for (let row = 0; row < before; row++) {
    for (let place = 0; place < length; place++) {
      const from = (row * shape[axis] + Math.floor(place / times)) * behind;
      wider.set(mask.subarray(from, from + behind), at);
      at += behind;
    }
  }
  return wider;
}

/** A mask by groups of so many places: how many ones each has, then which pattern of so many it is. */
export function readGroups(decoder, shape) {
  const axis = readBelow(decoder, shape.length + 1);
  const places = 2 + readBelow(decoder, 15);
  const size = product(shape);
  const length = axis < shape.length ? shape[axis] : size;
  need(length % places === 0, "groups do not divide a mask");
  const table = readTable(decoder, new Mixer(), places + 1);
  const ones = decoder.symbols(table, size / places);
  const patterns = new Uint16Array(ones.length); // the first place is the highest bit
  for (let number = 1; number <= places; number++) {
    const chosen = groupsWith(ones, number);
    if (chosen.length === 0) continue;
    const known = patternsOf(places, number);
    const ranks = decoder.symbols(new Array(known.length).fill(1), chosen.length);
    chosen.forEach((group, at) => (patterns[group] = known[ranks[at]]));
  }
  const step = axis < shape.length ? product(shape.slice(axis + 1)) : 1;
  return inPlace(patterns, places, length, step);
}

function groupsWith(ones, number) {
  const found = [];
  for (let group = 0; group < ones.length; group++) if (ones[group] === number) found.push(group);
  return found;
}

// Binary numbers with so many ones, ascending: the lowest ones move up by one, those below them back to the end.
function patternsOf(places, ones) {
  const found = [];
  for (let pattern = 2 ** ones - 1; pattern < 2 ** places; ) {
    found.push(pattern);
    const lowest = pattern & -pattern;
    const moved = pattern + lowest;
    pattern = moved | (((pattern ^ moved) >> 2) / lowest);
  }
  return found;
}

// The mask in C order; groups follow each other along an axis of `length` places that lie `step` elements apart.
function inPlace(patterns, places, length, step) {
  const mask = new Uint8Array(patterns.length * places);
  for (let at = 0; at < mask.length; at++) {
    const line = Math.floor(at / (length * step)) * step + (at % step);
    const place = line * length + (Math.floor(at / step) % length); // with this axis as the last one
    mask[at] = (patterns[Math.floor(place / places)] >> (places - 1 - (place % places))) & 1;
  }
  return mask;
}
