// docs/format.md, "Values": under tables by class of rows, or mixed from contexts, the sign first.

import { Mixer, readTable } from "./context_mixing.js";
import { bitLengthOf } from "./integer_codes.js";
import { COUNT_CLASSES, Grid, countClass, outputCounts, product } from "./element_contexts.js";
import { readClasses } from "./masks.js";

/** Tables for symbols in these rows (ascending), each with the places of its symbols; `spend` hears of entries. */
export function readTables(decoder, rows, entries, sizes, single, spend) {
  const height = rows[rows.length - 1] + 1;
  const groups = readClasses(decoder, height, single || height < 2 ? 0 : 3);
  spend((groups.length - 1) * entries);
  const member = new Uint8Array(height);
  groups.forEach((group, number) => group.forEach((row) => (member[row] = number)));
  const places = groups.map(() => []);
  rows.forEach((row, at) => places[member[row]].push(at));
  return places.map((chosen) => ({ table: readTable(decoder, sizes, entries), places: chosen }));
}

/** Symbols under tables, those of one table after those of another. */
export function readTabled(decoder, tables, number) {
  const symbols = new Uint16Array(number);
  for (const { table, places } of tables) {
    const found = decoder.symbols(table, places.length);
    places.forEach((place, at) => (symbols[place] = found[at]));
  }
  return symbols;
}

/**
 * Symbols of the non-zero elements of a box, in C order.
 * @param {[number, number]} sides entries of the codebook below zero, and above
 */
export function readMixedValues(decoder, box, mask, links, sides, smooth) {
  return new MixedValues(box, mask, links, sides, smooth).read(decoder);
}

class MixedValues {
  constructor(box, mask, links, sides, smooth) {
    this.grid = new Grid(box, links, Math.min(1, box.length - 1));
    this.mask = mask;
    this.sides = sides;
    this.depth = bitLengthOf(Math.max(...sides) - 1);
    this.mixedDepths = smooth ? 2 : this.depth;
    this.nodes = 2 ** this.depth;
    this.signs = new Int8Array(this.grid.size);
    this.fine = new Mixer();
    this.fields = box.length > 2 ? signSums(this.grid) : null;
    const width = product(box.slice(1));
    this.width = width;
    this.rowClasses = outputCounts(mask, box).map(countClass);
    const columns = new Array(width).fill(0);
    mask.forEach((one, at) => (columns[at % width] += one));
    this.columnClasses = columns.map(countClass);
    const kinds = this.grid.kinds + 1 + (box.length > 1 ? 2 : 0) + (box.length > 2 ? 2 : 0);
    this.sign = new Mixer(kinds, 0.25, 0.02);
    this.distance = new Mixer(kinds + 1, 0.12, 0.02);
  }

  read(decoder) {
    const symbols = [];
    for (let at = 0; at < this.grid.size; at++) {
      if (!this.mask[at]) continue;
      const symbol = this.#symbol(decoder, this.#contexts(at));
      const sign = symbol >= this.sides[0] ? 1 : -1;
      this.signs[at] = sign;
      this.fields?.add(at, sign);
      symbols.push(symbol);
    }
    return symbols;
  }

  // Each kind has numbers of its own; only that they differ matters.
  #contexts(at) {
    const { grid } = this;
    const found = grid.slices(at);
    let offset = grid.contexts;
    if (grid.shape.length > 1) {
      found.push(offset + this.rowClasses[Math.floor(at / this.width)]);
      found.push(offset + COUNT_CLASSES + this.columnClasses[at % this.width]);
      offset += 2 * COUNT_CLASSES;
    }
    found.push(offset + grid.back(at, this.signs).reduce((number, sign) => 3 * number + sign + 1, 0));
    offset += 3 ** grid.wide.length;
    if (grid.shape.length > 2) {
      found.push(offset + 8 + this.#kernelVotes(at));
      found.push(offset + 17 + 6 + Math.max(-6, Math.min(6, this.fields.around(at))));
    }
    return found;
  }

  // Signs known in the kernel of an element: the last two axes, or one.
  #kernelVotes(at) {
    const { shape, strides } = this.grid;
    const axes = shape.length;
    const width = shape[axes - 1];
    const row = axes > 3 ? this.grid.coordinate(at, axes - 2) : 0;
    const column = at % width;
    let votes = 0;
    for (const [down, right, weight] of [
      [0, -1, 2],
      [-1, 0, 2],
      [-1, -1, 1],
      [-1, 1, 1],
      [0, -2, 1],
      [-2, 0, 1],
    ]) {
      const inside = row + down >= 0 && column + right >= 0 && column + right < width;
      if (inside) votes += weight * this.signs[at + down * strides[axes - 2] + right];
    }
    return votes;
  }

  #symbol(decoder, contexts) {
    const [negatives, positives] = this.sides;
    let sign = negatives === 0 ? 1 : 0;
    if (negatives && positives) sign = this.sign.bit(decoder, contexts);
    const entries = this.sides[sign];
    const bits = bitLengthOf(entries - 1);
    let distance = 0;
    let node = this.nodes / 2 ** bits;
    for (let shift = bits - 1; shift >= 0; shift--) {
      let bit = 0;
      if (distance + 2 ** shift < entries) bit = this.#distanceBit(decoder, node, [-1 - sign, ...contexts]);
      distance += bit * 2 ** shift;
      node = 2 * node + bit;
    }
    return sign ? negatives + distance : negatives - 1 - distance;
  }

  #distanceBit(decoder, node, contexts) {
    const depth = bitLengthOf(node) - 1;
    if (depth < this.mixedDepths) {
      return this.distance.bit(
        decoder,
        contexts.map((context) => context * this.nodes + node),
        node,
      );
    }
    this.fine.expectHalf(node, 2 * 4 ** (depth - 2));
    return this.fine.bit(decoder, [], node);
  }
}

/** For each output, signs added up over its kernels, by the place in the kernel. */
function signSums({ shape, size }) {
  const height = shape.length === 3 ? 1 : shape[shape.length - 2];
  const width = shape[shape.length - 1];
  const area = height * width;
  const volume = size / shape[0];
  const sums = new Int32Array(shape[0] * area);
  const slot = (at) => Math.floor(at / volume) * area + (at % area);
  return {
    add: (at, sign) => (sums[slot(at)] += sign),
    around: (at) => {
      const here = slot(at);
      const row = Math.floor((at % area) / width);
      const column = at % width;
      const left = column > 0 ? sums[here - 1] : 0;
      const right = column < width - 1 ? sums[here + 1] : 0;
      const up = row > 0 ? sums[here - width] : 0;
      const down = row < height - 1 ? sums[here + width] : 0;
      return 2 * sums[here] + left + right + up + down;
    },
  };
}
