// Bounds never below the exact ones, and within 1e-9 of Python's; as certificates record them, the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument, clopperPearson, occam, preferentCompression, riskUp } from "../src/index.js";
import { fixture } from "./files.js";

const CALLS = { occam, picked: (size, n, _, delta) => preferentCompression(size, n, delta) };

for (const [kind, call] of Object.entries(CALLS)) {
  const rows = fixture("bounds.json").filter(([of]) => of === kind);

  test(`${kind}: never below the exact bound, and close to Python's`, () => {
    assert.ok(rows.length >= 200);
    for (const [, count, n, bits, delta, python, exact] of rows) {
      const found = call(count, n, bits, delta);
      assert.ok(found >= exact, `${[count, n, bits, delta]}: ${found} is below ${exact}`);
      assert.ok(Math.abs(found - python) <= 1e-9, `${[count, n, bits, delta]}: ${found}, in Python ${python}`);
    }
  });

  test(`${kind}: recorded alike`, () => {
    for (const [, count, n, bits, delta, , , recorded] of rows)
      assert.equal(riskUp(call(count, n, bits, delta)), recorded);
  });
}

test("a hold-out is a message of no bits", () => {
  assert.equal(clopperPearson(24, 359, 0.05), occam(24, 359, 0, 0.05));
});

test("arguments outside of their domain are refused", () => {
  const refused = [
    [-1, 10, 0, 0.05],
    [11, 10, 0, 0.05],
    [1.5, 10, 0, 0.05],
    [1, 0, 0, 0.05],
    [1, 10, -1, 0.05],
  ];
  refused.push([1, 10, Infinity, 0.05], [1, 10, NaN, 0.05], [1, 10, 0, 0], [1, 10, 0, 1], [1, 10, 0, NaN]);
  for (const row of refused) assert.throws(() => occam(...row), InvalidArgument, String(row));
});
