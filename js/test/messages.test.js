// Messages: golden ones, all records, and wrong ones, to the same arrays or the same error as in Python.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageError, MessageTooLarge, readMessage } from "../src/index.js";
import { asciiText } from "../src/json_text.js";
import { bytesOfHex, certificates, digest, fixture } from "./files.js";

const expected = fixture("expected.json");
const small = Object.entries(expected.small).map(([name, hex]) => [name, bytesOfHex(hex)]);
const records = expected.records.map((name) => [name, certificates(name, "network.nrz")]);
const priors = Object.keys(expected.messages)
  .filter((name) => name.endsWith("/prior"))
  .map((name) => [name, certificates(name.split("/")[0], "prior.nrz")]);

for (const [name, blob] of [...small, ...records, ...priors]) {
  test(`${name}: the same arrays and the same ledger`, () => {
    const message = readMessage(blob);
    assert.equal(digestOfArrays(message), expected.messages[name].arrays);
    const lines = message.ledger.map(({ array, kind, bits }) => `[${asciiText(array)}, "${kind}", ${bits}]`);
    assert.equal(digest(`[${lines.join(", ")}]`).digest("hex"), expected.messages[name].ledger);
  });
}

for (const [name, blob] of small) {
  const least = expected.decisions[name];
  test(`${name}: ${least} decisions are enough, and no fewer`, () => {
    readMessage(blob, { decisions: least });
    if (least > 0) assert.throws(() => readMessage(blob, { decisions: least - 1 }), MessageTooLarge);
  });
}

for (const [name, [hex, error]] of Object.entries(expected.refused)) {
  test(`${name}: the same error`, () => assert.throws(() => readMessage(bytesOfHex(hex)), { name: error }));
}

const { block, blocks, usual: numberOfUsual, records_every: recordsEvery } = expected.mutations;
const withStructures = small.filter(([name]) => expected.structures.includes(name));
const usual = small.filter(([name]) => !expected.structures.includes(name));
const number = Math.min(expected.mutations.number, Number(process.env.NETRAZOR_MUTATIONS ?? Infinity)); // in whole blocks
test(`${number} mutated messages: the same arrays, or the same error`, () => {
  const counts = {};
  const wrong = [];
  const every = Math.max(1, Math.floor(expected.mutations.number / number)); // some of every kind of message
  for (let done = 0; done < number; done += block) {
    const start = done * every;
    const outcomes = Array.from({ length: block }, (_, k) => outcome(mutated(start + k)));
    for (const each of outcomes) {
      const kind = each.length < 64 ? each : "arrays";
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    if (digest(outcomes.join("\n")).digest("hex") !== blocks[start / block]) wrong.push(start);
  }
  if (number === expected.mutations.number) assert.deepEqual(counts, expected.counts);
  assert.deepEqual(wrong, [], "blocks of mutations that differ");
});

function digestOfArrays({ arrays }) {
  const hash = digest();
  let before = "";
  for (const [name, { dtype, shape, bits }] of arrays) {
    hash.update(`${before}[${asciiText(name)}, "${dtype}", [${shape.join(", ")}]]\n`);
    hash.update(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
    before = "\n";
  }
  return hash.digest("hex");
}

function outcome(blob) {
  try {
    return digestOfArrays(readMessage(blob));
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return error.name;
  }
}

// As in fixtures/write_expected.py.
function mutated(at) {
  const drawn = digest(`mutation ${at}`).digest();
  const ofUsual = at % recordsEvery === 0 ? records : usual;
  const pool = at < numberOfUsual ? ofUsual : withStructures;
  let [, blob] = pool[drawn[0] % pool.length];
  const times = drawn[31] < 64 ? 2 : 1;
  for (let k = 0; k < times; k++) blob = altered(blob, drawn.subarray(1 + 8 * k, 9 + 8 * k));
  return blob;
}

function altered(blob, drawn) {
  const [kind, value] = [drawn[0] % 8, drawn[1]];
  const at = drawn.readUInt32BE(2) % Math.max(blob.length, 1);
  const [head, tail] = [blob.subarray(0, at), blob.subarray(at + 1)];
  if (kind < 3) return Uint8Array.from([...head, ...(blob.length ? [blob[at] ^ (1 << (value % 8))] : []), ...tail]);
  if (kind === 3) return Uint8Array.from([...head, value, ...tail]);
  if (kind === 4) return Uint8Array.from([...head, value, ...blob.subarray(at)]);
  if (kind === 5) return Uint8Array.from([...head, ...tail]);
  if (kind === 6) return head;
  return Uint8Array.from([...blob, value % 4]);
}
