// The networks of the records in JavaScript: scores identical to Python's, on images that write_answers.py wrote.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { integerChain, readMessage } from "../src/index.js";
import { fileOf } from "./files.js";

const folder = process.env.NETRAZOR_ANSWERS;
const skip = folder
  ? false
  : "NO ANSWERS: write them with js/fixtures/write_answers.py OUT, and set NETRAZOR_ANSWERS=OUT";

const RECORDS = {
  mnist: "certificates/mnist",
  "fashion-mnist": "certificates/fashion-mnist",
  "earlier-mnist": "results/mnist-unpolished",
  "earlier-fashion-mnist": "results/fashion-mnist-unpolished",
};

for (const [name, run] of Object.entries(RECORDS)) {
  test(`${name}: the same scores on every image`, { skip }, () => {
    assert.ok(existsSync(`${folder}/${name}.bin`), `${folder}/${name}.bin is missing`);
    const images = new Uint8Array(readFileSync(`${folder}/${name}.bin`));
    const expected = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
    const network = integerChain(readMessage(fileOf(run, "network.nrz")));
    const found = expected.map((_, at) => network(images.subarray(784 * at, 784 * (at + 1))));
    assert.equal(images.length, 784 * expected.length);
    assert.deepEqual(found, expected);
  });
}
