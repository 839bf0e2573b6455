// docs/format.md, "Chain": the content's streams one after another, each with the bits of an arrangement before it.

import { need } from "./errors.js";
import { RangeDecoder } from "./range_decoder.js";

export class Chain {
  constructor(data) {
    this.data = data;
    this.given = 0; // bits at the head of the data that an arrangement gave: they are not in the message
    this.taken = 0; // bits of the message that the streams before took
    this.decoder = new RangeDecoder(data);
  }

  /** The next stream, which reads the bits of the number first. */
  cut(number, length) {
    const used = this.#take();
    this.data = withHead(number, length, this.data, used);
    this.given += length;
    this.decoder = new RangeDecoder(this.data);
    return this.decoder;
  }

  /** Bytes of the message that all streams took, and the bits of padding. */
  end() {
    const used = this.#take();
    const padding = (8 - (this.taken % 8)) % 8;
    for (let at = used; at < used + this.given + padding; at++) {
      need((this.data[at >> 3] & (128 >> (at % 8))) === 0, "the bits behind the last array are not zeros");
    }
    return { length: (this.taken + padding) / 8, padding };
  }

  #take() {
    const used = this.decoder.endInBits();
    const given = Math.min(used, this.given);
    this.given -= given;
    this.taken += used - given;
    return used;
  }
}

// So many bits of a number, then `data` from bit `from` on, then zeros up to a whole byte.
function withHead(number, length, data, from) {
  const rest = 8 * data.length - from;
  const joined = new Uint8Array(Math.ceil((length + rest) / 8));
  const padding = BigInt((8 - (length % 8)) % 8);
  let head = number << padding;
  for (let at = Math.ceil(length / 8) - 1; at >= 0; at--) {
    joined[at] = Number(head & 255n);
    head >>= 8n;
  }
  const shift = (length - from) & 7; // of a byte of data to the right
  for (let at = from >> 3; at < data.length; at++) {
    const byte = at === from >> 3 ? data[at] & (255 >> (from % 8)) : data[at];
    const place = Math.floor((length - from + 8 * at) / 8);
    if (place >= 0) joined[place] |= byte >> shift;
    if (shift && place + 1 < joined.length) joined[place + 1] |= (byte << (8 - shift)) & 255;
  }
  return joined;
}
