// docs/format.md, "Account": the bits of a message by array and kind, which add up to its length.

import { roundHalfEven } from "./log_odds.js";

const keyOf = (array, kind) => JSON.stringify([array, kind]);

/** Ideal bits of each array and kind, in the order in which they were coded. */
export class IdealBits {
  constructor() {
    this.content = new Map();
    this.values = new Map(); // of the stream of static values
  }

  add(array, kind, bits, part = this.content) {
    const key = keyOf(array, kind);
    part.set(key, (part.get(key) ?? 0) + bits);
  }

  /** Take back what the order of an array's slices carries. */
  save(array, bits) {
    for (const kind of ["pattern", "values", "table", "codebook", "header"]) {
      const key = keyOf(array, kind);
      const share = Math.min(bits, this.content.get(key) ?? 0);
      if (share > 0) {
        this.content.set(key, this.content.get(key) - share);
        bits -= share;
      }
    }
  }
}

/** Entries of array, kind and bits; `sections` are [name, bits] in the order of the message. */
export function account(sections, ideal) {
  const entries = new Map();
  for (const [name, bits] of sections) {
    const shared = name === "content" ? ideal.content : name === "values" ? ideal.values : new Map();
    const parts = shared.size ? shared : new Map([[keyOf("", name), 1]]);
    const total = [...parts.values()].reduce((a, b) => a + b, 0) || 1;
    let reached = 0;
    let before = 0;
    let left = parts.size;
    for (const [key, part] of parts) {
      reached += part;
      const now = --left === 0 ? bits : roundHalfEven((bits * reached) / total);
      entries.set(key, (entries.get(key) ?? 0) + now - before);
      before = now;
    }
  }
  return [...entries].map(([key, bits]) => {
    const [array, kind] = JSON.parse(key);
    return { array, kind, bits };
  });
}
