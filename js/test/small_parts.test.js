// The parts that messages and certificates stand on, against what they should be by definition.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { digitOf, sha256Hex } from "../src/index.js";
import { PROBABILITY, TOP_LEVEL, log, roundHalfEven } from "../src/log_odds.js";
import { isFinite, keyOfBits, bitsOfKey, numberOfBits, roundTo } from "../src/dtypes.js";
import { floatText, parseJson, canonicalText } from "../src/json_text.js";
import { deltaParts } from "../src/delta_shares.js";
import { percentUp, sumUp } from "../src/decimals.js";

test("SHA-256 of all lengths around a block", () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, at) => (at * 37) & 255);
    assert.equal(sha256Hex(data), createHash("sha256").update(data).digest("hex"));
  }
});

test("no probability lies close to the middle between two multiples of 2^-24", () => {
  for (let level = 0; level <= TOP_LEVEL; level++) {
    const exact = 2 ** 24 / (1 + Math.exp(-level / 160));
    assert.ok(Math.abs((exact % 1) - 0.5) > 2 ** -16, String(level));
    assert.equal(PROBABILITY[TOP_LEVEL + level] + PROBABILITY[TOP_LEVEL - level], 1);
  }
});

test("the logarithm by table is within half a step of its mantissas", () => {
  for (const x of [0.7, 1, 1.7, 3.14, 1000, 1e9]) assert.ok(Math.abs(log(x) - Math.log(x)) < 1 / 500);
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999].map(roundHalfEven), [0, 2, 2, 0, -2, 2]);
});

test("every half is read and written back, and numbers between two are rounded to the nearer, ties to even", () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const value = numberOfBits(BigInt(bits), "float16");
    assert.equal(roundTo(value, "float16").bits, BigInt(bits));
    const next = numberOfBits(BigInt(bits + 1), "float16");
    if (!Number.isFinite(next)) continue;
    const even = bits % 2 ? bits + 1 : bits;
    assert.equal(roundTo((value + next) / 2, "float16").bits, BigInt(even));
  }
  assert.equal(roundTo(65520, "float16").value, Infinity);
});

test("keys keep the order of elements and give back every bit", () => {
  for (const dtype of ["float16", "int16", "uint16", "int8", "bool"]) {
    const size = dtype === "bool" ? 2 : 2 ** (dtype.endsWith("16") ? 16 : 8);
    for (let bits = 0n; bits < size; bits++) assert.equal(bitsOfKey(keyOfBits(bits, dtype), dtype), bits);
  }
  assert.equal(keyOfBits(1n << 31n, "float32"), -1n); // -0.0
  assert.ok(
    !isFinite(0x7f800000n, "float32") && !isFinite(0xff800000n, "float32") && isFinite(0xff7fffffn, "float32"),
  );
});

test("floats are written as Python's repr does", () => {
  const pairs = { 0.0001: 1e-4, "1e-05": 1e-5, "1234567890123456.0": 1234567890123456, "1e+16": 1e16, 0.05: 0.05 };
  Object.assign(pairs, {
    "1.5e-300": 1.5e-300,
    "-2194.0": -2194,
    "2194.0": 2194,
    "0.0": 0,
    "1e+100": 1e100,
    0.1: 0.1,
  });
  for (const [text, value] of Object.entries(pairs)) assert.equal(floatText(value), text);
});

test("texts keep their numbers, keys are sorted, all is ASCII", () => {
  const text = canonicalText(parseJson('{"b": [1, 1.0, -0, true, null], "a": "\u00e9\ud83d\ude00\\n"}'));
  assert.equal(text, '{"a":"\\u00e9\\ud83d\\ude00\\n","b":[1,1.0,0,true,null]}');
});

test("delta is split as documented, each part rounded down", () => {
  assert.deepEqual([...deltaParts(0.05, ["picked"], 1, 16n)], [["picked", 0.003125]]);
  assert.deepEqual([...deltaParts(0.05, ["picked"], 1, 15n)], [["picked", 0.003333333333333333]]);
  const parts = deltaParts(0.05, ["occam", "perturbation"], 1, 1n);
  assert.deepEqual(
    [...parts],
    [
      ["occam", 0.025],
      ["noisy risk", 0.005],
      ["PAC-Bayes", 0.02],
    ],
  );
});

test("percentages and sums are rounded up", () => {
  assert.equal(percentUp(0.057628354), "5.77 %");
  assert.equal(percentUp(0.05), "5.01 %"); // the double lies above
  assert.equal(percentUp(0), "0.00 %");
  assert.equal(percentUp(1), "100.00 %");
  assert.equal(sumUp([0.1, 0.2]), 0.30000000000000004);
  assert.ok(sumUp([1, 2 ** -53]) > 1);
});

test("a drawing is brought to the middle, its longer side to 20 places", () => {
  const side = 100;
  const ink = new Uint8Array(side * side);
  for (let row = 5; row < 65; row++) for (let column = 70; column < 76; column++) ink[row * side + column] = 255;
  const image = digitOf(ink, side);
  const rows = Array.from({ length: 28 }, (_, row) => image.subarray(28 * row, 28 * row + 28).some((x) => x > 0));
  assert.equal(rows.filter(Boolean).length, 20);
  assert.deepEqual([rows.indexOf(true), image.reduce((a, b) => a + b)], [4, 2 * 20 * 255]);
  assert.equal(digitOf(new Uint8Array(side * side), side), null);
});
