// docs/format.md, "Decisions from contexts": the mixer, adaptive odds, counts and tables. Contexts and bases are numbers.

import { PROBABILITY, TOP_LEVEL, levelOf, log, roundHalfEven } from "./log_odds.js";
import { bitLengthOf, readBelow } from "./integer_codes.js";

const SEEN_BEFORE = 0.7;
const BASE_BEFORE = 0.4;

const logOfCount = []; // of a count and SEEN_BEFORE
function logOf(count) {
  while (logOfCount.length <= count) logOfCount.push(log(logOfCount.length + SEEN_BEFORE));
  return logOfCount[count];
}

/** A count with its eight leading bits. */
function leading(count) {
  const drop = Math.max(bitLengthOf(count) - 8, 0);
  return (count >> drop) << drop;
}

const expectedAt = new Map(); // by base level: by count, log-odds of zeros against ones
function expected(baseLevel, count) {
  let known = expectedAt.get(baseLevel);
  if (known === undefined) expectedAt.set(baseLevel, (known = new Map()));
  let value = known.get(count);
  if (value === undefined) {
    const q = PROBABILITY[TOP_LEVEL + Math.max(-TOP_LEVEL, Math.min(TOP_LEVEL, 40 * baseLevel))];
    value = log(count * (1 - q) + SEEN_BEFORE) - log(count * q + SEEN_BEFORE);
    known.set(count, value);
  }
  return value;
}

export class Mixer {
  constructor(contexts = 0, weight = 0, rate = 0) {
    this.weights = new Float64Array(contexts).fill(weight);
    this.evidences = new Float64Array(contexts);
    this.baseWeight = 1;
    this.rate = rate;
    this.bases = new Map();
    this.seen = new Map(); // context: [zeros, ones]
    this.cells = new Array(contexts);
  }

  /** Take a base as having seen so many zeros, and as many ones. */
  expectHalf(base, times) {
    if (!this.bases.has(base)) this.bases.set(base, [times, times]);
  }

  /** One decision. */
  bit(decoder, contexts = [], base = 0) {
    let counts = this.bases.get(base);
    if (counts === undefined) this.bases.set(base, (counts = [BASE_BEFORE, BASE_BEFORE]));
    const baseOdds = log(counts[1] / counts[0]);
    const baseLevel = roundHalfEven(4 * baseOdds);
    let odds = this.baseWeight * baseOdds;
    const { weights, evidences, cells } = this;
    for (let i = 0; i < weights.length; i++) {
      let cell = this.seen.get(contexts[i]);
      if (cell === undefined) this.seen.set(contexts[i], (cell = [0, 0]));
      cells[i] = cell;
      evidences[i] = logOf(cell[1]) - logOf(cell[0]) + expected(baseLevel, leading(cell[0] + cell[1]));
      odds += weights[i] * evidences[i];
    }
    const level = levelOf(odds);
    const bit = decoder.bit(level);
    const step = this.rate * (bit - PROBABILITY[TOP_LEVEL + level]);
    this.baseWeight += step * baseOdds;
    for (let i = 0; i < weights.length; i++) {
      weights[i] += step * evidences[i];
      cells[i][bit]++;
    }
    counts[bit]++;
    return bit;
  }
}

/** Decisions of which the log-odds are given roughly. */
export class AdaptiveOdds {
  constructor(contexts) {
    this.weights = new Float64Array(contexts).fill(0.15);
    this.givenWeight = 1;
    this.seen = new Map(); // context: [ones, expected ones]
  }

  bit(decoder, given, contexts) {
    const cells = contexts.map((context) => {
      let cell = this.seen.get(context);
      if (cell === undefined) this.seen.set(context, (cell = [0, 0]));
      return cell;
    });
    const evidences = cells.map(([ones, sum]) => log(ones + SEEN_BEFORE) - log(sum + SEEN_BEFORE));
    let odds = this.givenWeight * given;
    evidences.forEach((evidence, i) => (odds += this.weights[i] * evidence));
    const level = levelOf(odds);
    const bit = decoder.bit(level);
    const step = 0.02 * (bit - PROBABILITY[TOP_LEVEL + level]);
    this.givenWeight += 0.1 * step * given;
    evidences.forEach((evidence, i) => (this.weights[i] += step * evidence));
    const chance = PROBABILITY[TOP_LEVEL + levelOf(given)];
    for (const cell of cells) {
      cell[0] += bit;
      cell[1] += chance;
    }
    return bit;
  }
}

const NODES = 512; // numbers for the places in the code of a count

/** Counts in the same number of contexts. */
export class CountModel {
  constructor(contexts) {
    this.mixer = new Mixer(contexts, 0.2, 0.02);
  }

  /** A count up to `most`. */
  count(decoder, most, contexts) {
    const decide = (node) =>
      this.mixer.bit(
        decoder,
        contexts.map((context) => context * NODES + node),
        node,
      );
    const longest = bitLengthOf(most + 1);
    let length = 1;
    while (length < longest && decide(length)) length++;
    let value = 1;
    for (let shift = length - 2; shift >= 0; shift--) {
      let bit = 0;
      if ((2 * value + 1) * 2 ** shift <= most + 1) {
        bit = length - 2 - shift < 3 ? decide(64 + 8 * length + value) : decoder.bit(0);
      }
      value = 2 * value + bit;
    }
    return value - 1;
  }
}

const LARGEST_SIZE = 36;

/** A table of positive counts; `sizes` is the mixer of their sizes. */
export function readTable(decoder, sizes, entries) {
  const table = new Array(entries).fill(1);
  if (entries === 1) return table;
  const precision = readBelow(decoder, 5);
  if (precision === 4) return table;
  let size = 0;
  for (let k = 0; k < entries; k++) {
    size = readSize(decoder, sizes, size);
    const kept = Math.min(size - 1, precision);
    table[k] = (2 ** kept + readBelow(decoder, 2 ** kept)) * 2 ** (size - 1 - kept);
  }
  return table;
}

function readSize(decoder, sizes, before) {
  if (before && !sizes.bit(decoder, [], 0)) return before;
  let up = before < LARGEST_SIZE;
  if (before > 1 && before < LARGEST_SIZE) up = sizes.bit(decoder, [], 2) === 1;
  const room = up ? LARGEST_SIZE - before : before - 1;
  let steps = 1;
  while (steps < room && sizes.bit(decoder, [], before ? 3 : 4)) steps++;
  return up ? before + steps : before - steps;
}
