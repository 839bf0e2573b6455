// docs/format.md, "The coder": one stream at the head of some bytes. What is read is written again, so that a stream in
// another form than the encoder's is refused.

import { need } from "./errors.js";
import { COST_BITS, EDGE, TOP_LEVEL, TOTAL } from "./log_odds.js";

const WORD = 32n;
const WORD_MASK = (1n << WORD) - 1n;
const FULL = 1n << 64n;
const SMALLEST_RANGE = 1n << WORD;
const FOREIGN = "bits that no encoder writes were found";
const FORM = "a stream is not in canonical form";

export class RangeDecoder {
  /** @param {Uint8Array} data bytes that may go on behind the stream */
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.next = 2; // the word that follows
    this.low = 0n;
    this.range = FULL - 1n;
    this.above = (this.#word(0) << WORD) | this.#word(1); // how far the message lies above low
    this.written = []; // words, as the encoder wrote them
    this.spent = 0; // bits, by the models' probabilities
  }

  /** A binary decision; a one has log-odds level / 160. */
  bit(level) {
    const edge = EDGE[level + TOP_LEVEL];
    const bit = this.#place() >= edge ? 1 : 0;
    if (bit) this.#narrow(edge, TOTAL);
    else this.#narrow(0, edge);
    this.spent += COST_BITS[bit ? TOP_LEVEL + level : TOP_LEVEL - level];
    return bit;
  }

  /** One of `size` equally likely numbers, size up to 2^16. */
  uniform(size) {
    if (size === 1) return 0;
    const width = Math.floor(TOTAL / size);
    const value = Math.min(Math.floor(this.#place() / width), size - 1);
    this.#narrow(value * width, value === size - 1 ? TOTAL : (value + 1) * width);
    this.spent += Math.log2(size);
    return value;
  }

  /** `number` symbols under a table of positive counts. */
  symbols(counts, number) {
    const found = counts.length <= 256 ? new Uint8Array(number) : new Uint16Array(number);
    if (counts.length === 1 || number === 0) return found;
    const sum = counts.reduce((a, b) => a + b, 0);
    const edges = edgesOf(counts, sum);
    const seen = new Float64Array(counts.length);
    for (let at = 0; at < number; at++) {
      const symbol = lastAtMost(edges, this.#place());
      this.#narrow(edges[symbol], edges[symbol + 1]);
      found[at] = symbol;
      seen[symbol]++;
    }
    this.spent += seen.reduce((bits, times, k) => bits + times * Math.log2(sum / counts[k]), 0);
    return found;
  }

  /** The stream's length in bytes, and the zero bits that pad its last one. */
  end() {
    const { length, bytes } = this.#ended();
    need(bytes.length <= this.data.length, FORM);
    need(
      bytes.every((byte, at) => byte === this.data[at]),
      FORM,
    );
    return { length: bytes.length, padding: 8 * bytes.length - length };
  }

  /** The stream's length in bits, where others follow at once. */
  endInBits() {
    const { length, bytes } = this.#ended();
    need(bytes.length <= this.data.length, FORM);
    const whole = length >> 3;
    for (let at = 0; at < whole; at++) need(bytes[at] === this.data[at], FORM);
    if (length % 8) need((bytes[whole] ^ this.data[whole]) >> (8 - (length % 8)) === 0, FORM);
    return length;
  }

  // The fewest bits that lead into the last interval whatever follows, behind the words written, and zeros.
  #ended() {
    let bits = 0n;
    let end = 0n;
    for (; bits <= 64n; bits++) {
      const unit = 1n << (64n - bits);
      end = (this.low + unit - 1n) / unit;
      if ((end + 1n) * unit <= this.low + this.range) break;
    }
    const tail = end << (64n - bits); // may carry over into the words before
    const words = [...this.written];
    if (tail >= FULL) carry(words);
    words.push(Number((tail >> WORD) & WORD_MASK), Number(tail & WORD_MASK));
    const length = 32 * this.written.length + Number(bits);
    const bytes = new Uint8Array(4 * words.length);
    const view = new DataView(bytes.buffer);
    words.forEach((word, at) => view.setUint32(4 * at, word));
    return { length, bytes: bytes.subarray(0, Math.ceil(length / 8)) };
  }

  #word(at) {
    const start = 4 * at;
    if (start + 4 <= this.data.length) return BigInt(this.view.getUint32(start));
    let word = 0;
    for (let k = 0; k < 4; k++) word = word * 256 + (this.data[start + k] ?? 0);
    return BigInt(word);
  }

  #place() {
    const place = Number(this.above / (this.range >> 24n));
    need(place < TOTAL, FOREIGN);
    return place;
  }

  #narrow(lower, upper) {
    const unit = this.range >> 24n;
    const shift = unit * BigInt(lower);
    this.low += shift;
    this.above -= shift;
    this.range = unit * BigInt(upper - lower);
    if (this.low >= FULL) {
      this.low -= FULL;
      carry(this.written);
    }
    if (this.range < SMALLEST_RANGE) {
      this.written.push(Number(this.low >> WORD));
      this.low = (this.low & WORD_MASK) << WORD;
      this.range <<= WORD;
      this.above = (this.above << WORD) | this.#word(this.next++);
    }
  }
}

function carry(words) {
  let at = words.length - 1;
  while (words[at] === 2 ** 32 - 1) words[at--] = 0;
  words[at]++;
}

function edgesOf(counts, sum) {
  const scale = (TOTAL - counts.length) / sum;
  const edges = new Float64Array(counts.length + 1);
  let before = 0;
  for (let k = 0; k < counts.length; k++) {
    edges[k] = Math.floor(before * scale) + k;
    before += counts[k];
  }
  edges[counts.length] = TOTAL;
  return edges;
}

function lastAtMost(edges, place) {
  let low = 0;
  let high = edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edges[middle] <= place) low = middle;
    else high = middle;
  }
  return low;
}
