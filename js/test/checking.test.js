// Certificates: all records are consistent, altered ones get the status and the codes that Python gives.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { checkRun, parseCertificate, sealOf } from "../src/index.js";
import { fixture } from "./files.js";

const folder = new URL("../../certificates/", import.meta.url);
const records = readdirSync(folder);
const read = (record, file) => {
  const path = new URL(`${record}/${file}`, folder);
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
};
const textOf = (record) => readFileSync(new URL(`${record}/certificate.json`, folder), "utf8");
const filesOf = (record) => ({
  message: read(record, "network.nrz") ?? read(record, "picks.nrz"),
  given: read(record, "prior.nrz"),
});

for (const record of records) {
  test(`${record}: consistent`, () => {
    const verdict = checkRun(textOf(record), filesOf(record));
    assert.deepEqual(verdict.findings, []);
    assert.equal(verdict.status, "CONSISTENT, NOT RECOUNTED");
    assert.equal(sealOf(parseCertificate(textOf(record))), verdict.certificate.get("seal"));
  });
}

fixture("checks.json").forEach(({ record, edits, status, codes }, number) => {
  test(`altered certificate ${number}: ${record} ${JSON.stringify(edits[0] ?? "")}`, () => {
    const text = edits.reduce((before, [old, replacement]) => before.replace(old, () => replacement), textOf(record));
    const verdict = checkRun(text, filesOf(record));
    const found = [...new Set(verdict.findings.map(({ code }) => code))].sort();
    assert.deepEqual({ status: verdict.status, codes: found }, { status, codes }, JSON.stringify(verdict.findings));
  });
});

test("a byte of a message changed is found by its digest, a file too few by its absence", () => {
  for (const record of ["mnist", "picked-digits"]) {
    const files = filesOf(record);
    files.message[20] ^= 4;
    assert.deepEqual(
      checkRun(textOf(record), files).findings.map(({ code }) => code),
      ["digest"],
    );
    assert.deepEqual(
      checkRun(textOf(record)).findings.map(({ code }) => code),
      ["files"],
    );
  }
});

test("texts that are no certificate are refused, whatever they are", () => {
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    "3",
    '{"a": 1, "a": 2}',
    "[".repeat(5000),
    '{"a": 01}',
    "\u0000",
    '"\\x"',
  ]) {
    const { status, findings } = checkRun(text);
    assert.equal(status, "INVALID");
    assert.equal(findings[0].code, "certificate");
  }
});
