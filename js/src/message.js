// docs/format.md: magic, schema, content, static values, side information; and nothing behind them.

import { CorruptMessage, MessageTooLarge, UnsupportedMessage, need } from "./errors.js";
import { IdealBits, account } from "./bit_account.js";
import { ArrayDecoder } from "./array_decoder.js";
import { Chain } from "./chain.js";
import { Mixer } from "./context_mixing.js";
import { readBelow, readNumber } from "./integer_codes.js";
import { DTYPES, NAMES, valuesOf, zeroBits } from "./dtypes.js";
import { RangeDecoder } from "./range_decoder.js";

const MAGIC = [78, 82, 90]; // "NRZ"
const MOST_ARRAYS = 2 ** 20;
const LONGEST_AXIS = 2 ** 40;
const LARGEST_ARCHITECTURE = 2 ** 16;

/** Limits of a reader, safe for messages of unknown origin. */
export const LIMITS = { elements: 2 ** 24, arrays: 2 ** 12, decisions: 2 ** 20, elementsPerByte: 64 };

/** The arrays of a message by name: `{dtype, shape, bits}`; `valuesOf(dtype, bits)` gives numbers. */
export function decode(data, limits = {}) {
  return readMessage(data, limits).arrays;
}

/** Everything that a message holds. */
export function readMessage(data, limits = {}) {
  return new MessageReader(data, { ...LIMITS, ...limits }).read();
}

class MessageReader {
  constructor(data, limits) {
    this.data = data;
    this.limits = limits;
    this.at = 0;
    this.sections = [];
    this.ideal = new IdealBits();
  }

  read() {
    const isMessage = MAGIC.every((byte, at) => this.data[at] === byte);
    if (!isMessage) throw new CorruptMessage("a message begins with NRZ; this is another kind of file");
    this.at = MAGIC.length;
    this.sections.push(["framing", 8 * MAGIC.length]);
    const schema = this.#stream();
    const fields = readSchema(schema, this.limits, this.data.length);
    this.#finish("schema", schema);
    const { header, arrays, later } = this.#content(fields);
    if (header.static) this.#staticValues(later);
    const sideInformation = header.sideInformation ? this.#sideInformation(arrays) : [];
    need(this.at === this.data.length, `the message ends at byte ${this.at}, got ${this.data.length} bytes`);
    const { architecture, freeOrders, floatModels, structures, extended } = header;
    const flags = { extended, freeOrders, floatModels, structures };
    return { arrays, sideInformation, architecture, ...flags, later, ledger: account(this.sections, this.ideal) };
  }

  #content(fields) {
    const chain = new Chain(this.data.subarray(this.at));
    const header = readHeader(chain.decoder);
    this.ideal.add("", "header", chain.decoder.spent);
    const reader = new ArrayDecoder(chain.decoder, header, this.limits, this.ideal);
    const arrays = new Map();
    for (const field of fields) {
      const { bits, arrangement } = reader.read(field);
      arrays.set(field.name, { dtype: field.dtype, shape: field.shape, bits });
      if (arrangement !== null) {
        reader.spend(Math.floor(chain.data.length / 4096));
        reader.goOn(chain.cut(arrangement.number, arrangement.length));
      }
    }
    this.#finish("content", chain);
    return { header, arrays, later: reader.later };
  }

  #staticValues(later) {
    const stream = this.#stream();
    for (const waiting of later) {
      const before = stream.spent;
      const symbols = stream.symbols(waiting.table, waiting.places.length);
      waiting.places.forEach((place, at) => (waiting.bits[place] = waiting.elements[symbols[at]]));
      this.ideal.add(waiting.name, "values", stream.spent - before, this.ideal.values);
    }
    this.#finish("values", stream);
  }

  #sideInformation(arrays) {
    const begin = this.at;
    const schema = this.#stream();
    const fields = readSchema(schema, this.limits, this.data.length);
    this.at += schema.end().length;
    for (const { name, dtype, shape, size } of fields) {
      const end = this.at + size * DTYPES[dtype].bytes;
      need(end <= this.data.length && !arrays.has(name), "the side information is cut or names an array twice");
      const bits = zeroBits(dtype, size);
      new Uint8Array(bits.buffer).set(this.data.subarray(this.at, end));
      arrays.set(name, { dtype, shape, bits });
      this.at = end;
    }
    this.sections.push(["side information", 8 * (this.at - begin)]);
    return fields.map(({ name }) => name);
  }

  #stream() {
    return new RangeDecoder(this.data.subarray(this.at));
  }

  #finish(name, stream) {
    const { length, padding } = stream.end();
    this.at += length;
    this.sections.push([name, 8 * length - padding], ["framing", padding]);
  }
}

function readHeader(decoder) {
  let extended = decoder.bit(0) === 1;
  const announces = extended && decoder.bit(0) === 1;
  let freeOrders = announces;
  let floatModels = false;
  let structures = false;
  if (announces) {
    floatModels = decoder.bit(-320) === 1;
    if (floatModels) {
      structures = decoder.bit(-320) === 1;
      if (structures && decoder.bit(-320))
        throw new UnsupportedMessage("the reserved bit is set: the message is of a later format");
      freeOrders = decoder.bit(0) === 1;
    }
    extended = decoder.bit(0) === 1;
  }
  const architecture = readNumber(decoder, LARGEST_ARCHITECTURE);
  const isStatic = decoder.bit(-160) === 1;
  const sideInformation = decoder.bit(-160) === 1;
  need(!(isStatic && announces), "static values exclude free orders and models for floats");
  return { extended, freeOrders, floatModels, structures, architecture, static: isStatic, sideInformation };
}

function readSchema(decoder, limits, length) {
  const number = readNumber(decoder, MOST_ARRAYS);
  checkLimit("arrays", number, limits.arrays);
  const names = new NameModel(Math.min(2 ** 16, Math.floor(limits.decisions / 8), 2 ** 12 + 16 * length));
  const fields = [];
  let elements = 0;
  let before = { bytes: [], dtype: NAMES[0] };
  for (let index = 0; index < number; index++) {
    before = readField(decoder, before, names);
    elements += before.size;
    checkLimit("elements", elements, limits.elements + limits.elementsPerByte * length);
    fields.push(before);
  }
  need(new Set(fields.map(({ name }) => name)).size === number, "the message names two arrays alike");
  return fields;
}

function readField(decoder, before, names) {
  const bytes = names.read(decoder, before.bytes);
  let { dtype } = before;
  if (!decoder.bit(320)) {
    dtype = NAMES[readBelow(decoder, NAMES.length)];
    need(dtype !== before.dtype, "the schema repeats a type as a new one");
  }
  const shape = Array.from({ length: readBelow(decoder, 9) }, () => readNumber(decoder, LONGEST_AXIS));
  const room = shape.reduce((size, axis) => size * Math.max(axis, 1), 1);
  need(room <= LONGEST_AXIS, "an array has a shape that no memory holds");
  return { name: nameOf(bytes), bytes, dtype, shape, size: shape.reduce((a, b) => a * b, 1) };
}

function nameOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    throw new CorruptMessage("the name of an array is not UTF-8");
  }
}

const LONGEST_NAME = 1000; // in bytes; what is no name at all does not end

/** Bytes of names, each predicted from those before it and from the name before. */
class NameModel {
  constructor(room) {
    this.mixer = new Mixer(4, 0.5, 0.02);
    this.room = room;
  }

  read(decoder, above) {
    const written = [];
    for (;;) {
      const byte = this.#byte(decoder, written, above[written.length]);
      if (byte === 0) return written;
      written.push(byte);
      if (written.length > LONGEST_NAME) throw new MessageTooLarge(`names: at most ${LONGEST_NAME} bytes each allowed`);
      if (--this.room < 0) throw new MessageTooLarge("names: the message has more bytes of them than allowed");
    }
  }

  #byte(decoder, written, above) {
    const last = (count) => written.slice(-count).reduce((text, byte) => text * 256 + byte, 0);
    const texts = [last(1), last(2), last(3), above ?? 0]; // a name has no zero byte, so 0 says: none
    const cells = texts.map((text, kind) => (kind * 2 ** 24 + text) * 256);
    let node = 1;
    while (node < 256)
      node =
        2 * node +
        this.mixer.bit(
          decoder,
          cells.map((cell) => cell + node),
          node,
        );
    return node - 256;
  }
}

function checkLimit(name, needed, allowed) {
  if (needed > allowed) throw new MessageTooLarge(`${name}: at most ${allowed} allowed, the message needs ${needed}`);
}

export { valuesOf };
