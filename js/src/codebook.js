// docs/format.md, "Codebook": the non-zero values of an array as keys, ascending and distinct.

import { need } from "./errors.js";
import { Mixer } from "./context_mixing.js";
import { bitLength, readBelow, readBelowBig, readNumberBig, readSortedSet } from "./integer_codes.js";
import { DTYPES, keyOfBits, keyRange, numberOfBits, roundTo } from "./dtypes.js";

const MOST_ENTRIES = 65536;
const LARGEST_MULTIPLE = 4096n;
const RANGE = "the exponent of a codebook is out of range";

export class CodebookModel {
  constructor() {
    this.earlier = []; // [type, keys]
    this.choices = new Map();
    this.before = new Map();
  }

  /** Keys of a codebook of this type. */
  read(decoder, dtype) {
    const known = this.earlier.filter(([other]) => other === dtype);
    if (known.length && this.#choose(decoder, "known")) {
      return known[known.length - 1 - readBelow(decoder, known.length)][1];
    }
    const isAffine = DTYPES[dtype].kind === "float" && this.#choose(decoder, "affine");
    const keys = isAffine ? this.#affine(decoder, dtype) : this.#listed(decoder, dtype);
    const ascending = keys.every((key, at) => at === 0 || keys[at - 1] < key);
    const isProper = keys.length > 0 && keys.length <= MOST_ENTRIES && ascending && !keys.includes(0n);
    need(isProper, "a codebook is no ascending list of distinct values that are not zero");
    this.earlier.push([dtype, keys]);
    return keys;
  }

  #affine(decoder, dtype) {
    const width = BigInt(DTYPES[dtype].mantissa);
    const dropped = this.#repeated(decoder, "step bits", width);
    const key = this.#magnitude(decoder, dropped, dtype);
    need(key !== 0n, "the step of a codebook is zero");
    const step = numberOfBits(key, dtype);
    const below = this.#multiples(decoder);
    const above = this.#multiples(decoder);
    const multiples = [...below.reverse().map((m) => 0 - m), ...above]; // 0 stays +0
    return multiples.map((multiple) => {
      const entry = roundTo(roundTo(multiple, dtype).value * step, dtype);
      need(Number.isFinite(entry.value), "a codebook holds values that are not finite");
      return keyOfBits(entry.bits, dtype);
    });
  }

  #multiples(decoder) {
    const top = this.#repeated(decoder, "top", LARGEST_MULTIPLE);
    if (this.#choose(decoder, "all")) return Array.from({ length: Number(top) }, (_, at) => at + 1);
    const more = readBelow(decoder, Math.max(Number(top), 1));
    return [...readSortedSet(decoder, more, 1n, top - 1n), top].map(Number);
  }

  #listed(decoder, dtype) {
    const [lowest, highest] = keyRange(dtype);
    const offset = DTYPES[dtype].kind === "float" ? 1n : 0n; // -0.0 is the key -1
    const dropped = this.#repeated(decoder, "list bits", BigInt(DTYPES[dtype].mantissa));
    const below = this.#magnitudes(decoder, dropped, -offset - lowest, dtype);
    const above = this.#magnitudes(decoder, dropped, highest, dtype);
    return [...below.reverse().map((m) => -offset - m), ...above];
  }

  #magnitudes(decoder, dropped, most, dtype) {
    const size = this.#repeated(decoder, "entries", BigInt(MOST_ENTRIES));
    if (size === 0n) return [];
    const largest = this.#magnitude(decoder, dropped, dtype);
    const top = largest >> dropped;
    need(largest <= most && size <= top + 1n, "a codebook has more, or larger, entries than its type");
    const spread = readBelow(decoder, bitLength(top - size + 1n) + 1);
    const lowest = top - size + 2n - (1n << BigInt(spread));
    const between = readSortedSet(decoder, size - 1n, lowest > 0n ? lowest : 0n, top - 1n);
    return [...between, top].map((m) => m << dropped);
  }

  #magnitude(decoder, dropped, dtype) {
    const greatest = keyRange(dtype)[1];
    if (DTYPES[dtype].kind !== "float") return readNumberBig(decoder, greatest + 1n);
    const width = BigInt(DTYPES[dtype].mantissa);
    const most = greatest >> width;
    let exponent = this.before.get("exponent") ?? most / 2n;
    if (this.#choose(decoder, "other exponent")) {
      const up = this.#choose(decoder, "exponent up");
      const room = up ? most - exponent : exponent;
      need(room > 0n, RANGE);
      const distance = 1n + readNumberBig(decoder, room - 1n);
      exponent += up ? distance : -distance;
    }
    need(exponent <= most, RANGE);
    this.before.set("exponent", exponent);
    return (exponent << width) | (readBelowBig(decoder, 1n << (width - dropped)) << dropped);
  }

  /** A number that is often the same as last time. */
  #repeated(decoder, name, most) {
    const before = this.before.get(name);
    if (before !== undefined && before <= most && this.#choose(decoder, name)) return before;
    const value = readNumberBig(decoder, most);
    this.before.set(name, value);
    return value;
  }

  #choose(decoder, name) {
    if (!this.choices.has(name)) this.choices.set(name, new Mixer());
    return this.choices.get(name).bit(decoder) === 1;
  }
}
