// docs/certificate.md, "Fields": the certificate as a record, its headline and its seal.

import { CertificateError } from "./errors.js";
import { canonicalText, parseJson } from "./json_text.js";
import * as t from "./record_types.js";
import { sha256Hex } from "./sha256.js";

export const FORMAT = "netrazor-certificate-2";

const count = t.whole();
const positive = t.whole(1n);
const seed = t.whole(-(2n ** 63n), 2n ** 64n - 1n);
const probability = t.real((x) => x > 0 && x < 1);
const risk = t.real((x) => x >= 0 && x <= 1);
const bits = t.real((x) => x >= 0 && x < Infinity);
const method = t.oneOf("occam", "perturbation", "picked", "hold-out");
const origin = (value, place) =>
  [...t.text(value, place)].length <= 10_000 && value.length
    ? value
    : t.refuse(place, "a text of 1 to 10,000 letters", "another");

const claim = t.record({
  sentence: t.text,
  bound: risk,
  loss: [t.oneOf("0-1"), "0-1"],
  top: [t.whole(1n, 2n ** 31n), 1n],
  n: positive,
  errors: count,
  noisy: [t.orNull(t.record({ mean: risk, variance: risk, upper: risk })), null],
  delta_parts: t.mapOf(probability, 10),
});
const sample = t.record({
  ...{ name: t.text, split: t.text, fingerprint: t.digest, classes: positive, n: positive, spent: [count, 0n] },
  spending: [t.oneOf("none", "even positions", "hashed positions"), "none"],
  ...{ duplicates: count, majority_errors: count },
});
const given = t.record({ sha256: t.digest, bytes: positive, origin, errors: [t.orNull(count), null] });
const architecture = t.record({
  ...{ name: t.text, index: count, source_sha256: t.digest },
  schema_sha256: [t.orNull(t.digest), undefined],
});
const learner = t.record({
  ...{ name: t.text, sha256: t.digest, exact: t.flag, candidates: [t.whole(1n, 10_000n), 1n] },
  ...{ stops: t.list(count, 1, 10_000), configuration: t.mapOf(t.anything, Infinity) },
});
const prior = t.record({
  architecture: [t.orNull(architecture), null],
  given: [t.orNull(given), null],
  learner: [t.orNull(learner), null],
});
const ledgerLine = t.record({ array: t.text, kind: t.text, coded_bits: count, charged_bits: bits });
const arrays = t.record({
  ...{ form: t.oneOf("arrays", "steps"), sha256: t.digest, bytes: positive, effective_bits: bits },
  ledger: t.record({ lines: t.list(ledgerLine, 0, 2 ** 15) }),
});
const positions = t.record({
  ...{ form: t.oneOf("positions"), sha256: t.digest, bytes: positive, picked: count, stop: count },
});
const message = (value, place) =>
  value instanceof Map && value.get("form") === "positions" ? positions(value, place) : arrays(value, place);
const provenance = t.record({
  ...{ netrazor: t.text, seed, configuration: t.mapOf(t.anything, Infinity) },
  no_graph: [t.orNull(t.text), undefined],
  class_names: [t.orNull(t.list(t.text, 1, 1000)), undefined],
});
const noise = t.record({
  ...{ draws: t.whole(2n, 2n ** 22n), examples_per_draw: positive },
  estimator: [t.oneOf("empirical-bernstein"), "empirical-bernstein"],
  seed,
});
const certificate = t.record({
  format: t.oneOf(FORMAT),
  method,
  considered: t.list(method, 0, 10),
  claims: t.list(claim, 1, 1000),
  delta: probability,
  ...{ sample, prior, message: t.orNull(message), noise: [t.orNull(noise), null] },
  evaluation: t.record({
    ...{ batch_size: t.whole(1n, 2n ** 16n), precision: [t.oneOf("float32"), "float32"], runtime: t.text },
  }),
  assumptions: [t.list(t.text, 0, 100), []],
  ...{ provenance, seal: [t.text, ""] },
});

/**
 * The certificate in a text, its form checked, its seal not yet: Maps of fields, whole numbers as BigInts.
 * Throws CertificateError, also for what is not checked here (graphs, given arrays, claims other than errors).
 */
export function parseCertificate(textOfFile) {
  const content = parseJson(textOfFile);
  if (!(content instanceof Map)) t.refuse("certificate", "an object", content);
  const format = content.get("format");
  if (typeof format === "string" && format !== FORMAT) t.refuse("format", FORMAT, format);
  refuseOtherKinds(content);
  const headline = new Map(HEADLINE.map((name) => [name, content.get(name)]));
  for (const name of HEADLINE) content.delete(name);
  const found = certificate(content, "");
  for (const [name, expected] of headlineOf(found)) {
    const got = headline.get(name);
    const isSame =
      typeof expected === "string" ? got === expected : isNumber(got) && Number(got) === Number(expected);
    if (!isSame) t.refuse(name, `${expected}, as claims and message say,`, got);
  }
  return found;
}

const isNumber = (value) => typeof value === "number" || typeof value === "bigint";

/** SHA-256 over the canonical text of all but the seal. */
export function sealOf(found) {
  const content = new Map(found);
  content.delete("seal");
  return sha256Hex(new TextEncoder().encode(canonicalText(content)));
}

const HEADLINE = ["claim", "risk_bound", "empirical_risk", "errors", "n", "effective_bits", "message_bytes"];

function headlineOf(found) {
  const [first] = found.get("claims");
  const sent = found.get("message");
  const noisy = first.get("noisy");
  const empirical = noisy === null ? Number(first.get("errors")) / Number(first.get("n")) : noisy.get("upper");
  const values = [first.get("sentence"), first.get("bound"), empirical, first.get("errors"), first.get("n")];
  values.push(sent?.get("effective_bits") ?? 0, sent?.get("bytes") ?? 0n);
  return HEADLINE.map((name, at) => [name, values[at]]);
}

function refuseOtherKinds(content) {
  const at = (value, name) => (value instanceof Map ? value.get(name) : undefined);
  const claims = Array.isArray(content.get("claims")) ? content.get("claims") : [];
  const isOther =
    at(content.get("prior"), "graph") instanceof Map ||
    at(at(content.get("prior"), "given"), "form") === "arrays" ||
    content.get("noise") instanceof Map ||
    content.get("method") === "perturbation" ||
    claims.some((each) => at(each, "asked") !== undefined || at(each, "cells") || at(each, "losses"));
  if (isOther) {
    throw new CertificateError(
      "certificate: one of noise, of a network's graph, of given arrays or of a claim other than the error is checked by " +
        "the Python package, not here: netrazor verify",
    );
  }
}
