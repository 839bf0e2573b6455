// docs/certificate.md, "What `verify` proves": everything that follows from a run's files. The counts are believed.

import { CertificateError, MessageError } from "./errors.js";
import { parseCertificate, sealOf } from "./certificate.js";
import { asciiText, canonicalText } from "./json_text.js";
import { assumptionsOf, claimSentence } from "./sentences.js";
import { clopperPearson, occam, preferentCompression, riskUp } from "./bounds.js";
import { sumUp } from "./decimals.js";
import { decodePositions } from "./positions.js";
import { deltaParts } from "./delta_shares.js";
import { isCounted } from "./spending.js";
import { readMessage } from "./message.js";
import { sha256Hex } from "./sha256.js";

export const CONSISTENT = "CONSISTENT, NOT RECOUNTED";
export const INVALID = "INVALID";
const COUNTING_BATCH = 1000n;
const FREE = ["framing", "side information", "schema"];

/**
 * Whether all that a certificate says follows from its message and its recorded counts.
 * @param {string} text of certificate.json
 * @param {{message?: Uint8Array, given?: Uint8Array}} files network.nrz or picks.nrz, and prior.nrz
 * @returns {{status: string, findings: {code: string, text: string}[], certificate: Map | null}}
 */
export function checkRun(text, files = {}) {
  let certificate;
  try {
    certificate = parseCertificate(text);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return { status: INVALID, findings: [{ code: "certificate", text: error.message }], certificate: null };
  }
  const findings = [...checkDigests(certificate, files), ...checkTerms(certificate), ...checkSample(certificate)];
  if (findings.length === 0 && files.message !== undefined)
    findings.push(...checkMessage(certificate, files.message));
  if (findings.length === 0)
    for (const claim of certificate.get("claims")) findings.push(...checkClaim(certificate, claim));
  return { status: findings.length ? INVALID : CONSISTENT, findings, certificate };
}

function compare(code, name, got, expected) {
  const [left, right] = [canonicalText(got), canonicalText(expected)];
  if (left === right) return [];
  return [{ code, text: `${name} is ${left.slice(0, 120)}; what it rests on gives ${right.slice(0, 120)}` }];
}

function* checkDigests(certificate, files) {
  yield* compare("seal", "seal", certificate.get("seal"), sealOf(certificate));
  const records = { message: [certificate.get("message"), files.message] };
  records["prior.given"] = [certificate.get("prior").get("given"), files.given];
  for (const [name, [record, content]] of Object.entries(records)) {
    if ((record === null) !== (content === undefined)) {
      yield { code: "files", text: `${name}: record and file needed together, got one of them` };
    } else if (record !== null) {
      yield* compare("digest", `${name}.sha256`, record.get("sha256"), sha256Hex(content));
      yield* compare("length", `${name}.bytes`, record.get("bytes"), BigInt(content.length));
    }
  }
}

function* checkTerms(certificate) {
  const [method, considered] = [certificate.get("method"), certificate.get("considered")];
  if (!considered.includes(method) || new Set(considered).size < considered.length) {
    yield {
      code: "delta",
      text: "considered: the method, and each method once, needed, or no delta was spent on it",
    };
    return;
  }
  const { learner, architecture, given } = Object.fromEntries(certificate.get("prior"));
  const claims = certificate.get("claims");
  const choices = learner === null ? 1n : learner.get("candidates") * BigInt(learner.get("stops").length);
  const parts = deltaParts(certificate.get("delta"), considered, claims.length, choices);
  for (const [number, claim] of claims.entries()) {
    yield* compare("delta", `claims.${number}.delta_parts`, claim.get("delta_parts"), parts);
    if (claim.get("noisy") !== null) yield { code: "noise", text: "claims: no noisy risk needed, got one" };
  }
  if (new Set(claims.map((claim) => claim.get("top"))).size < claims.length) {
    yield { code: "claims", text: "claims: each statement once needed, got one twice" };
  }
  if (learner !== null && (claims.length > 1 || claims[0].get("top") !== 1n)) {
    yield { code: "claims", text: "claims: one of the best answer needed for a learner, got others" };
  }
  const message = certificate.get("message");
  const form = message === null ? null : message.get("form");
  const learnsSpent = learner !== null && method === "hold-out";
  if (learnsSpent && (learner.get("stops").join() !== "0" || learner.get("candidates") !== 1n)) {
    yield {
      code: "picks",
      text: "prior.learner: one candidate and the stop 0 needed where it learns spent examples only",
    };
  }
  const batch = learner === null ? COUNTING_BATCH : (learner.get("configuration").get("scoring_batch") ?? null);
  const isGiven = given !== null;
  yield* compare("evaluation", "evaluation.batch_size", certificate.get("evaluation").get("batch_size"), batch);
  yield* compare("assumptions", "assumptions", certificate.get("assumptions"), assumptionsOf(certificate));
  yield* compare("message", "message: whether there is one", message !== null, method !== "hold-out");
  const needsGiven = form === "steps" || (form === null && learner === null);
  yield* compare("prior", "prior.given: whether there are given weights", isGiven, needsGiven);
  const needsLearner = method === "picked" || (form === null && !isGiven);
  yield* compare("prior", "prior.learner: whether there is one", learner !== null, needsLearner);
  yield* compare("prior", "prior.architecture: whether there is one", architecture === null, learner !== null);
  yield* compare("message", "message.form: whether it names positions", form === "positions", method === "picked");
}

function* checkSample(certificate) {
  const { n, spent, spending, duplicates, majority_errors: majority } = Object.fromEntries(certificate.get("sample"));
  const { learner, given } = Object.fromEntries(certificate.get("prior"));
  const finding = (text) => ({ code: "sample", text });
  if (spent >= n || (spent === 0n) !== (spending === "none")) {
    yield finding(`sample.spent: fewer than n = ${n} and a declared order needed, got others`);
  }
  if (learner !== null && spending === "even positions") {
    yield finding("sample.spending: hashed positions needed where a learner starts from spent ones");
  }
  if (certificate.get("message") === null && spent === 0n) {
    yield finding("sample.spent: what was trained on and what is counted must differ, got none spent");
  }
  const errorsOfGiven = given?.get("errors") ?? 0n;
  if (duplicates > n || majority > n - spent || errorsOfGiven > n - spent) {
    yield finding("sample: no count can be above the number of examples, got one that is");
  }
}

function checkMessage(certificate, data) {
  try {
    const isPicks = certificate.get("message").get("form") === "positions";
    return [...(isPicks ? checkPicks(certificate, data) : checkArrays(certificate, data))];
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return [{ code: "message", text: `${error.name}: ${error.message}` }];
  }
}

function* checkArrays(certificate, data) {
  const [record, architecture] = [certificate.get("message"), certificate.get("prior").get("architecture")];
  const message = readMessage(data);
  if (message.sideInformation.length || message.arrays.has("@lambda")) {
    yield { code: "noise", text: "noise: no description of noise in the message needed, got one" };
    return;
  }
  if (architecture.has("schema_sha256")) {
    const fields = [...message.arrays].map(
      ([name, { dtype, shape }]) => `[${asciiText(name)},"${dtype}",[${shape}]]`,
    );
    const digest = sha256Hex(new TextEncoder().encode(`[${fields.join(",")}]`));
    yield* compare("architecture", "prior.architecture.schema_sha256", architecture.get("schema_sha256"), digest);
  }
  const lines = chargedLines(message, architecture);
  const recorded = record
    .get("ledger")
    .get("lines")
    .map((line) => Object.fromEntries(line));
  const asText = (all) => all.map((line) => [line.array, line.kind, line.coded_bits, line.charged_bits]);
  yield* compare("ledger", "message.ledger", asText(recorded), asText(lines));
  const total = sumUp(lines.map((line) => line.charged_bits));
  yield* compare("bits", "message.effective_bits", record.get("effective_bits"), total);
  yield* compare("architecture", "prior.architecture.index", architecture.get("index"), BigInt(message.architecture));
}

/** The ledger of a message without noise: what each array and kind costs. */
function chargedLines(message, architecture) {
  const isFixed = architecture.get("index") > 0n || architecture.has("schema_sha256") || message.architecture > 0;
  const free = isFixed ? FREE : FREE.slice(0, 2);
  return message.ledger.map(({ array, kind, bits }) => ({
    ...{ array, kind, coded_bits: BigInt(bits), charged_bits: free.includes(kind) ? 0 : bits },
  }));
}

function* checkPicks(certificate, data) {
  const [record, sample] = [certificate.get("message"), certificate.get("sample")];
  const [stop, picked] = [record.get("stop"), record.get("picked")];
  const stops = certificate.get("prior").get("learner").get("stops");
  const positions = decodePositions(data, Number(sample.get("n")), Number(picked));
  yield* compare("picks", "message.picked", picked, BigInt(positions.length));
  const counted = isCounted(sample.get("spending"), Number(sample.get("n")), Number(sample.get("spent")));
  if (!positions.every((position) => counted[position])) {
    yield { code: "picks", text: "message: positions of counted examples needed, got spent ones" };
  }
  if (!stops.includes(stop) || picked > stop) {
    yield { code: "picks", text: `message.stop: a declared stop not below what was picked needed, got ${stop}` };
  }
  if (!stops.every((each, at) => at === 0 || stops[at - 1] < each)) {
    yield { code: "picks", text: "prior.learner.stops: increasing numbers needed, got others" };
  }
}

function* checkClaim(certificate, claim) {
  const sample = certificate.get("sample");
  const [n, errors] = [Number(claim.get("n")), Number(claim.get("errors"))];
  if (errors > n || claim.get("n") !== sample.get("n") - sample.get("spent")) {
    yield { code: "risk", text: "claims: errors on all counted examples needed, got others" };
    return;
  }
  const bound = boundOf(certificate, claim, n, errors);
  if (bound === null) yield { code: "risk", text: "claims: no more picks and errors than examples needed, got more" };
  else if (claim.get("bound") < bound) {
    yield { code: "bound", text: `claims.bound is ${claim.get("bound")}; what it rests on gives ${bound}` };
  }
  yield* compare("claim", "claims.sentence", claim.get("sentence"), claimSentence(certificate, claim));
}

/** The bound that a claim's counts give, as certificates record it; null where there is none. */
function boundOf(certificate, claim, n, errors) {
  const [message, method] = [certificate.get("message"), certificate.get("method")];
  const delta = claim.get("delta_parts").get(method);
  if (method === "picked") {
    const size = Number(message.get("picked")) + errors;
    return size > n ? null : riskUp(preferentCompression(size, n, delta));
  }
  if (message === null) return riskUp(clopperPearson(errors, n, delta));
  return riskUp(occam(errors, n, message.get("effective_bits"), delta));
}
