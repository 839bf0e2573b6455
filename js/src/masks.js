// docs/format.md, "Mask": blocks, patterns mixed from contexts, and totals. A mask is a Uint8Array in C order.

import { need } from "./errors.js";
import { log } from "./log_odds.js";
import { bitLengthOf, readBelow } from "./integer_codes.js";
import { AdaptiveOdds, CountModel, Mixer, readTable } from "./context_mixing.js";
import { COUNT_CLASSES, Grid, countClass, product, sliceGroups } from "./element_contexts.js";

/** The members of each of the classes of `number` rows. */
export function readClasses(decoder, number, most) {
  const bits = readBelow(decoder, most + 1);
  if (bits === 0) return [Array.from({ length: number }, (_, at) => at)];
  const table = readTable(decoder, new Mixer(), 2 ** bits);
  const groups = table.map(() => []);
  decoder.symbols(table, number).forEach((group, at) => groups[group].push(at));
  return groups;
}

const WORTH_CLASSES = 8; // elements of a row
const LARGE = 2 ** 16; // elements of a block whose rarer ones are sent by their gaps
const LONGEST_GAP = 4096;
const RARE = 2 ** -8;
const TOTAL = 2 ** 32;
const CHUNK = 2 ** 20;

export function readBlocks(decoder, shape) {
  const split = shape.length > 2 ? 1 + readBelow(decoder, shape.length - 1) : 1;
  const height = product(shape.slice(0, split));
  const width = product(shape.slice(split));
  const rows = readClasses(decoder, height, width >= WORTH_CLASSES ? 4 : 0);
  const columns = readClasses(decoder, width, height >= WORTH_CLASSES ? 4 : 0);
  const mask = new Uint8Array(height * width);
  for (const someRows of rows) {
    for (const someColumns of columns) readBlock(decoder, mask, width, someRows, someColumns);
  }
  return mask;
}

function readBlock(decoder, mask, width, rows, columns) {
  const size = rows.length * columns.length;
  const ones = readBelow(decoder, size + 1);
  if (ones === 0) return;
  const rarer = 2 * ones <= size ? 1 : 0;
  const bits = ones < size && size < LARGE ? decoder.symbols([size - ones, ones], size) : null;
  let at = 0;
  for (const row of rows) {
    for (const column of columns) mask[row * width + column] = bits ? bits[at++] : 1 - rarer;
  }
  if (bits) return;
  for (const place of readMarked(decoder, rarer ? ones : size - ones, size)) {
    const row = rows[Math.floor(place / columns.length)];
    mask[row * width + columns[place % columns.length]] = rarer;
  }
}

/** The places of `marks` marks among `size`, from the gaps between them. */
function readMarked(decoder, marks, size) {
  const found = [];
  if (marks === 0) return found;
  const table = gapTable(marks, size);
  const longest = table.length - 1;
  let next = 0; // behind what was read
  while (found.length < marks) {
    for (const gap of decoder.symbols(table, Math.min(marks - found.length, CHUNK))) {
      next += gap;
      if (gap < longest) found.push(next++);
    }
    need(next <= size, "a mask marks a place behind the last");
  }
  return found;
}

/** Frequencies of gaps of 0, 1, ... places, and of a longer one. */
function gapTable(marks, size) {
  const skipped = (size - marks) / size;
  const table = [];
  let reached = 1;
  do {
    table.push(1 + Math.floor(TOTAL * (reached * (marks / size))));
    reached = reached * skipped;
  } while (reached > RARE && table.length < LONGEST_GAP);
  return [...table, 1 + Math.floor(TOTAL * reached)];
}

/** The pattern of the candidates among the elements of a grid; the others are zero. */
function readPattern(decoder, grid, isCandidate) {
  const mask = new Uint8Array(grid.size);
  const hasNeighbours = grid.wide.length > 0;
  const mixer = new Mixer(grid.kinds + (hasNeighbours ? 1 : 0), 0.2, 0.02);
  for (let at = 0; at < grid.size; at++) {
    if (!isCandidate(at)) continue;
    const contexts = grid.slices(at);
    if (hasNeighbours) contexts.push(grid.contexts + around(grid, at, mask));
    mask[at] = mixer.bit(decoder, contexts);
  }
  return mask;
}

function around(grid, at, mask) {
  return grid.back(at, mask).reduce((number, bit) => 2 * number + bit, 0);
}

/** A box by decisions on rows, columns and elements; `choose` reads an adaptive bit. */
export function readMixed(decoder, box, links, choose) {
  const width = product(box.slice(1));
  let rows = null;
  let columns = null;
  if (box.length > 1) {
    if (choose("live rows")) rows = readPattern(decoder, new Grid(box.slice(0, 1)), () => true);
    if (choose("live columns")) columns = readPattern(decoder, new Grid(box.slice(1), links, 0), () => true);
  }
  const grid = new Grid(box, links, Math.min(1, box.length - 1));
  const isLive = (at) => (!rows || rows[Math.floor(at / width)]) && (!columns || columns[at % width]);
  return readPattern(decoder, grid, isLive);
}

const NO_MASK = "the totals of rows and columns fit no mask";

/** A box of two axes or more by totals; decisions are announced to `spend` before they are made. */
export function readByTotals(decoder, box, links, spend) {
  const [height] = box;
  const width = product(box.slice(1));
  spend(2 * (height + width) * bitLengthOf(Math.max(height, width) + 1));
  const rows = readTotals(decoder, new Grid([height]), width, null);
  const liveRows = indicesOf(rows);
  const ones = rows.reduce((a, b) => a + b, 0);
  const left = readTotals(decoder, new Grid(box.slice(1), links, 0), liveRows.length, ones);
  const liveColumns = indicesOf(left);
  spend(liveRows.length * liveColumns.length);
  return readPlaces(decoder, box, rows, left, liveRows, liveColumns);
}

const indicesOf = (totals) => totals.flatMap((total, at) => (total ? [at] : []));

function readTotals(decoder, grid, most, ones) {
  const neighbours = grid.wide.length;
  const asked = neighbours + (neighbours > 1 ? 2 : 0) + (ones === null ? 0 : 1);
  const model = new CountModel(grid.kinds + asked);
  const totals = new Array(grid.size).fill(0);
  let left = ones;
  for (let at = 0; at < grid.size; at++) {
    if (left !== null && at === grid.size - 1) {
      totals[at] = left;
      break;
    }
    const near = grid.back(at, totals);
    if (near.length > 1)
      near.push(
        near.reduce((a, b) => a + b, 0),
        Math.max(...near),
      );
    if (left !== null) near.push(Math.floor((4 * left) / (grid.size - at)));
    const kinds = near.map((total, kind) => grid.contexts + kind * COUNT_CLASSES + countClass(total));
    totals[at] = model.count(decoder, left === null ? most : Math.min(most, left), [...grid.slices(at), ...kinds]);
    if (left !== null) left -= totals[at];
  }
  need(totals[grid.size - 1] <= most, NO_MASK);
  return totals;
}

function readPlaces(decoder, box, rows, left, liveRows, liveColumns) {
  const width = left.length;
  const columnAxes = box.map((_, axis) => axis).filter((axis) => axis > 0 && box[axis] > 1);
  const told = ["0", columnAxes.join()]; // by the totals
  const groups = sliceGroups(box).filter((group) => !told.includes(group.join()));
  const grid = new Grid(box, null, 0, groups);
  const odds = new AdaptiveOdds(groups.length + 1);
  const mask = new Uint8Array(grid.size);
  liveRows.forEach((row, done) => {
    const rowsLeft = liveRows.length - done;
    const open = liveColumns.filter((column) => left[column] > 0 && left[column] < rowsLeft);
    let places = open.length;
    let supply = open.reduce((sum, column) => sum + left[column], 0);
    let ones = rows[row] - liveColumns.filter((column) => left[column] === rowsLeft).length;
    need(ones >= 0 && ones <= places, NO_MASK);
    for (const column of liveColumns) {
      const total = left[column];
      const at = row * width + column;
      const isOpen = total > 0 && total < rowsLeft;
      let bit = total === rowsLeft || (total > 0 && ones > 0) ? 1 : 0;
      if (isOpen && ones > 0 && ones < places) {
        const ofColumn = log(total) - log(rowsLeft - total);
        const given = ofColumn + log(ones) - log(places - ones) - log(supply) + log(places * rowsLeft - supply);
        bit = odds.bit(decoder, given, [...grid.slices(at), grid.contexts + around(grid, at, mask)]);
      }
      if (isOpen) {
        ones -= bit;
        places -= 1;
        supply -= total;
      }
      left[column] -= bit;
      mask[at] = bit;
    }
  });
  return mask;
}
