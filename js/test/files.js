// Where the tests' files are.

import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";

const repository = new URL("../../", import.meta.url);

/** A file of a run's directory, as bytes. */
export function fileOf(run, file) {
  return new Uint8Array(readFileSync(new URL(`${run}/${file}`, repository)));
}

/** A file of a record, as bytes. */
export function certificates(name, file) {
  return fileOf(`certificates/${name}`, file);
}

/** A fixture, as a value. */
export function fixture(name) {
  return JSON.parse(readFileSync(new URL(`js/fixtures/${name}`, repository), "utf8"));
}

export function bytesOfHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash;
}
