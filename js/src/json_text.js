// JSON of certificates: read with numbers as they are written, and written in the one form that the seal is over.
//
// Whole numbers are BigInts, all others numbers, as the text has them: 2194.0 and 2194 are not the same text.

import { CertificateError } from "./errors.js";

const MOST_BYTES = 4 * 2 ** 20;
const MOST_PARTS = 2 ** 18; // commas
const MOST_KEYS = 2 ** 12; // of one object
const DEEPEST = 200;
const TOKEN =
  /[\t\n\r ]*([{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** The value that `text` holds; each key once. */
export function parseJson(text) {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MOST_BYTES)
    throw new CertificateError(`certificate: at most ${MOST_BYTES} bytes allowed, got ${bytes}`);
  if (text.split(",").length > MOST_PARTS + 1)
    throw new CertificateError(`certificate: at most ${MOST_PARTS} parts allowed`);
  return new Parser(text).parse();
}

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.token = "";
  }

  parse() {
    this.#next();
    const value = this.#value(0);
    if (this.text.slice(this.at).trim() !== "") this.#refuse("the end");
    return value;
  }

  #next() {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (found === null) this.#refuse("JSON");
    this.at = TOKEN.lastIndex;
    this.token = found[1];
  }

  #refuse(needed) {
    const shown = JSON.stringify(this.text.slice(this.at, this.at + 40));
    throw new CertificateError(`certificate: must be JSON, ${needed} needed at character ${this.at}, got ${shown}`);
  }

  #value(depth) {
    if (depth > DEEPEST) this.#refuse("less nesting");
    const { token } = this;
    if (token === "{") return this.#object(depth);
    if (token === "[") return this.#list(depth);
    if (token[0] === '"') return JSON.parse(token);
    if (token in WORDS) return WORDS[token];
    if (!/^-?\d/.test(token)) this.#refuse("a value");
    if (!/[.eE]/.test(token)) return BigInt(token);
    const value = Number(token);
    if (!Number.isFinite(value)) this.#refuse("a finite number");
    return value;
  }

  #list(depth) {
    const list = [];
    this.#next();
    if (this.token === "]") return list;
    for (;;) {
      list.push(this.#value(depth + 1));
      this.#next();
      if (this.token === "]") return list;
      if (this.token !== ",") this.#refuse("a comma");
      this.#next();
    }
  }

  #object(depth) {
    const entries = new Map();
    this.#next();
    while (this.token !== "}") {
      if (this.token[0] !== '"') this.#refuse("a key");
      const key = JSON.parse(this.token);
      if (entries.has(key) || entries.size >= MOST_KEYS) this.#refuse("each key once, and not too many");
      this.#next();
      if (this.token !== ":") this.#refuse("a colon");
      this.#next();
      entries.set(key, this.#value(depth + 1));
      this.#next();
      if (this.token === "}") break;
      if (this.token !== ",") this.#refuse("a comma");
      this.#next();
      if (this.token === "}") this.#refuse("a key");
    }
    return entries;
  }
}

const WORDS = { true: true, false: false, null: null };

/** The canonical text: sorted keys, no spare space, shortest floats, nothing but ASCII. */
export function canonicalText(value) {
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(byCodePoint);
    return `{${keys.map((key) => `${asciiText(key)}:${canonicalText(value.get(key))}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value === "string") return asciiText(value);
  if (typeof value === "number") return floatText(value);
  return String(value);
}

/** A text in quotes, in ASCII. */
export function asciiText(text) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => (unit === "\u007f" ? unit : escape(unit)));
}

/** A double as Python's repr writes it. */
export function floatText(value) {
  if (Object.is(value, -0)) return "-0.0";
  if (value === 0) return "0.0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const plain = digits.replace(/[-.]/g, "");
  const sign = value < 0 ? "-" : "";
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${plain}`;
  const padded = plain.padEnd(exponent + 2, "0");
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`;
}

function byCodePoint(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at].codePointAt(0) - right[at].codePointAt(0);
  }
  return left.length - right.length;
}
