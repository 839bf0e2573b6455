// docs/format.md, "An array": freedom, raw bytes, axes, box, mask, codebook, values.

import { CorruptMessage, MessageTooLarge, need } from "./errors.js";
import { Mixer, readTable } from "./context_mixing.js";
import { bitLengthOf, readBelow, readNumber } from "./integer_codes.js";
import { countClass, outputCounts, placesOfBox, product } from "./element_contexts.js";
import { readBlocks, readByTotals, readMixed } from "./masks.js";
import { readGroups, readTiles } from "./structured_masks.js";
import { CodebookModel } from "./codebook.js";
import { DTYPES, bitsOfKey, isFinite, valuesOf, zeroBits } from "./dtypes.js";
import { readMixedValues, readTabled, readTables } from "./values.js";
import { settle } from "./free_order.js";
import { multiply, turnBack } from "./scaled_codes.js";

const MOST_MIXED_ENTRIES = 256;
const MOST_LEVELS = 2 ** 10;

export class ArrayDecoder {
  /** @param header flags of the message; @param ideal `IdealBits` that are added to */
  constructor(decoder, header, limits, ideal) {
    this.header = header;
    this.limits = limits;
    this.ideal = ideal;
    this.choices = new Map();
    this.codebooks = new CodebookModel();
    this.sizes = new Mixer(); // of the tables of values
    this.outputs = null; // counts of the last array of two axes or more
    this.decisions = 0;
    this.isDense = false; // whether the last array was sent byte by byte, without a mask
    this.later = []; // static arrays whose values follow in a stream of their own
    this.goOn(decoder);
  }

  /** Read the arrays that follow with another decoder. */
  goOn(decoder) {
    this.decoder = decoder;
    this.charged = decoder.spent;
  }

  /** Announce decisions before they are made. */
  spend(decisions) {
    this.decisions += decisions;
    if (this.decisions > this.limits.decisions) {
      throw new MessageTooLarge(`decisions: at most ${this.limits.decisions} allowed, the message needs more`);
    }
  }

  /** The bits of an array's elements, and the arrangement that its slices had, if their order is free. */
  read(field) {
    const { name, dtype, shape, size } = field;
    const bits = zeroBits(dtype, size);
    if (size === 0) return { bits, arrangement: null };
    if (this.#choose("empty")) {
      this.#charge(name, "header");
      return { bits, arrangement: null };
    }
    const freedom = this.#freedom(field);
    const isFloat = DTYPES[dtype].kind === "float";
    if (this.header.floatModels && isFloat && size > 1 && this.#choose("scaled")) this.#scaled(field, bits);
    else this.#elements(field, bits);
    if (freedom === null) return { bits, arrangement: null };
    const arrangement = settle(bits, shape, dtype, freedom.axis, freedom.signs);
    this.spend(arrangement.slices);
    this.ideal.save(name, arrangement.length);
    if (!this.isDense) this.outputs = outputCounts(bits, shape);
    return { bits, arrangement };
  }

  // The elements of an array that is not empty: byte by byte, or by a codebook.
  #elements(field, bits) {
    const { name, shape } = field;
    const isRaw = this.#choose("raw");
    const isSparse = isRaw && this.header.floatModels && this.#choose("sparse");
    this.isDense = isRaw && !isSparse;
    this.#charge(name, "header");
    if (this.isDense) {
      this.#raw(field, bits);
      this.#charge(name, "values");
      return;
    }
    const view = this.#view(shape);
    this.#charge(name, "header");
    const { mask, inside, box, links } = this.#support(shape, view);
    const places = [];
    for (let at = 0; at < mask.length; at++) if (mask[at]) places.push(at);
    need(places.length > 0, "an array that is not empty has no element that is not zero");
    this.#charge(name, "pattern");
    if (isSparse) this.#sparse(field, bits, places);
    else this.#quantized(field, bits, view, { mask, inside, box, links, places });
    if (shape.length > 1) this.outputs = outputCounts(mask, shape);
  }

  #sparse({ name, dtype }, bits, places) {
    const elements = zeroBits(dtype, places.length);
    this.#raw({ dtype, size: places.length }, elements);
    need(
      elements.every((element) => BigInt(element) !== 0n),
      "zeros stand inside of a mask",
    );
    places.forEach((place, at) => (bits[place] = elements[at]));
    this.#charge(name, "values");
  }

  // Whole numbers, scales and levels, each coded as an array.
  #scaled(field, bits) {
    const { name, dtype, shape, size } = field;
    const { dropped, group, numberOfLevels } = this.#scaling(field);
    this.#charge(name, "header");
    const scaleType = dtype === "float64" ? "float64" : "float32";
    const scales = this.#part(name, scaleType, [size / group]);
    const levels = numberOfLevels > 0 ? this.#part(name, scaleType, [numberOfLevels]) : null;
    const codes = this.#part(name, "int16", shape);
    multiply(valuesOf("int16", codes), scales, levels, { dropped, group, scaleType, dtype }, bits);
  }

  #part(name, dtype, shape) {
    const size = product(shape);
    const bits = zeroBits(dtype, size);
    this.#elements({ name, dtype, shape, size }, bits);
    return bits;
  }

  #scaling({ dtype, shape, size }) {
    const dropped = readBelow(this.decoder, DTYPES[dtype].mantissa);
    const group = this.#choose("row scales") ? size / shape[0] : readNumber(this.decoder, size);
    need(group >= 2 && size % group === 0, "groups with a scale do not divide an array");
    if (!this.header.structures || !this.#choose("levels")) return { dropped, group, numberOfLevels: 0 };
    const numberOfLevels = 1 + readBelow(this.decoder, MOST_LEVELS);
    this.spend(numberOfLevels);
    return { dropped, group, numberOfLevels };
  }

  #choose(name) {
    if (!this.choices.has(name)) this.choices.set(name, new Mixer());
    return this.choices.get(name).bit(this.decoder) === 1;
  }

  #charge(array, kind) {
    this.ideal.add(array, kind, this.decoder.spent - this.charged);
    this.charged = this.decoder.spent;
  }

  #freedom({ dtype, shape }) {
    if (!this.header.freeOrders || shape.length < 2 || !this.#choose("free order")) return null;
    const axis = this.decoder.bit(-320);
    const canChange = ["float", "signed"].includes(DTYPES[dtype].kind);
    return { axis, signs: canChange && this.decoder.bit(-160) === 1 };
  }

  #raw({ dtype, size }, bits) {
    const width = DTYPES[dtype].bytes;
    this.spend(256 * width);
    const bytes = new Uint8Array(bits.buffer);
    const sizes = new Mixer();
    for (let place = 0; place < width; place++) {
      const plane = this.decoder.symbols(readTable(this.decoder, sizes, 256), size);
      for (let at = 0; at < size; at++) bytes[at * width + place] = plane[at];
    }
    if (this.header.floatModels && DTYPES[dtype].kind === "float") turnBack(bits);
    if (dtype === "bool")
      need(
        bits.every((bit) => bit < 2),
        "bytes of truth values are neither true nor false",
      );
    if (DTYPES[dtype].kind === "float") {
      need(
        bits.every((element) => isFinite(BigInt(element), dtype)),
        "an array holds values that are not finite",
      );
    }
  }

  #quantized({ name, dtype }, bits, view, { mask, inside, box, links, places }) {
    const keys = this.codebooks.read(this.decoder, dtype);
    this.spend(keys.length);
    this.#charge(name, "codebook");
    const entries = keys.map((key) => bitsOfKey(key, dtype));
    const elements = bits instanceof BigUint64Array ? entries : entries.map(Number);
    const width = view.shape.length ? mask.length / view.shape[0] : 1;
    const rows = places.map((at) => Math.floor(at / width));
    if (this.header.static) {
      const [{ table }] = readTables(this.decoder, rows, keys.length, this.sizes, true, (n) => this.spend(n));
      this.later.push({ name, bits, places, elements, keys, dtype, table });
      this.#charge(name, "table");
    } else {
      const symbols = this.#symbols(name, keys, inside, box, links, rows);
      places.forEach((place, at) => (bits[place] = elements[symbols[at]]));
    }
  }

  // The axes along which an array is seen, the one linked to the outputs before, and how far these reach.
  #view(shape) {
    const plain = { shape, linkAxis: null, extent: 0 };
    if (this.outputs === null || shape.length === 0) return plain;
    const axis = Math.min(1, shape.length - 1);
    const share = shape[axis] / this.outputs.length;
    if (!Number.isInteger(share) || share === 0 || (share > 1 && shape.length !== 2)) return plain;
    const extent = this.outputs.findLastIndex((ones) => ones > 0) + 1;
    if (share === 1) return { shape, linkAxis: axis, extent };
    const side = Math.floor(Math.sqrt(share));
    const space = side * side === share ? [side, side] : [share];
    return { shape: [shape[0], this.outputs.length, ...space], linkAxis: axis, extent };
  }

  #support(shape, view) {
    if (this.header.structures && this.#choose("tiles")) {
      const readUsed = (tiles) => this.#usual({ shape: tiles, linkAxis: null, extent: 0 }).mask;
      return this.#inSmallestBox(readTiles(this.decoder, shape, readUsed), view);
    }
    if (this.header.structures && this.#choose("groups")) {
      return this.#inSmallestBox(readGroups(this.decoder, shape), view);
    }
    return this.#usual(view);
  }

  // A mask by the models of all messages.
  #usual(view) {
    const choose = (name) => this.#choose(name);
    if (choose("blocks")) return this.#inSmallestBox(readBlocks(this.decoder, view.shape), view);
    const box = this.#box(view);
    const links = this.#links(view, box);
    const inside = this.#inside(box, links, choose);
    if (box.every((extent, axis) => extent === view.shape[axis])) return { mask: inside, inside, box, links };
    const mask = new Uint8Array(product(view.shape));
    placesOfBox(view.shape, box).forEach((place, at) => (mask[place] = inside[at]));
    return { mask, inside, box, links };
  }

  // A mask that says nothing of a box, with what values see of it.
  #inSmallestBox(mask, view) {
    const box = boundingBox(mask, view.shape);
    const inside = Uint8Array.from(placesOfBox(view.shape, box), (at) => mask[at]);
    return { mask, inside, box, links: this.#links(view, box) };
  }

  #links(view, box) {
    return view.linkAxis === null ? null : this.outputs.slice(0, box[view.linkAxis]).map(countClass);
  }

  #box(view) {
    return view.shape.map((length, axis) => {
      const isLinked = axis === view.linkAxis;
      const expected = isLinked ? view.extent : length;
      if (length <= 1 || this.#choose(isLinked ? "linked box" : "box")) return expected;
      return 1 + readBelow(this.decoder, length);
    });
  }

  #inside(box, links, choose) {
    const size = product(box);
    if (choose("full")) return new Uint8Array(size).fill(1);
    if (this.header.extended && box.length > 1 && choose("totals")) {
      return readByTotals(this.decoder, box, links, (decisions) => this.spend(decisions));
    }
    this.spend(size);
    return readMixed(this.decoder, box, links, choose);
  }

  #symbols(name, keys, inside, box, links, rows) {
    const negatives = keys.filter((key) => key < 0n).length;
    const sides = [negatives, keys.length - negatives];
    if (this.#choose("mixed values")) {
      if (keys.length > MOST_MIXED_ENTRIES) throw new CorruptMessage("a codebook is too large for mixed values");
      this.spend(rows.length * bitLengthOf(keys.length));
      const smooth = this.header.extended && Math.max(...sides) > 4 && this.#choose("smooth values");
      const symbols = readMixedValues(this.decoder, box, inside, links, sides, smooth);
      this.#charge(name, "values");
      return symbols;
    }
    const tables = readTables(this.decoder, rows, keys.length, this.sizes, false, (n) => this.spend(n));
    this.#charge(name, "table");
    const symbols = readTabled(this.decoder, tables, rows.length);
    this.#charge(name, "values");
    return symbols;
  }
}

// Extents of the smallest corner that holds all ones.
function boundingBox(mask, shape) {
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  const box = new Array(shape.length).fill(0);
  for (let at = 0; at < mask.length; at++) {
    if (!mask[at]) continue;
    strides.forEach((stride, axis) => (box[axis] = Math.max(box[axis], (Math.floor(at / stride) % shape[axis]) + 1)));
  }
  return box;
}
