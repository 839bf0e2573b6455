// The sentences that belong to a certificate: its claims and its assumptions (docs/certificate.md).

import { decimalOf, floorTo, percentUp, subtract } from "./decimals.js";

const ONE_HUNDRED = { digits: 100n, exponent: 0 };

/** A claim in one sentence: the percentage rounded up, the confidence down. */
export function claimSentence(certificate, claim) {
  const answers = claim.get("top") === 1n ? "" : ` (top ${claim.get("top")})`;
  return (
    `With probability at least ${confidence(certificate.get("delta"))} % over the draw of the ${examples(certificate)}, ` +
    `${classifier(certificate)} errs${answers} on at most ${percentUp(claim.get("bound"))} of new examples.`
  );
}

/** 1 - delta in per cent, with six decimals at most. */
function confidence(delta) {
  const { digits, exponent } = decimalOf(delta);
  const rest = floorTo(subtract(ONE_HUNDRED, { digits, exponent: exponent + 2 }), -6);
  const millionths = String(rest.digits * 10n ** BigInt(rest.exponent + 6)).padStart(7, "0");
  return `${millionths.slice(0, -6)}.${millionths.slice(-6)}`.replace(/\.?0+$/, "");
}

function examples(certificate) {
  const sample = certificate.get("sample");
  const [n, spent] = [sample.get("n"), sample.get("spent")];
  return spent === 0n ? `${n} training examples` : `${n - spent} counted examples, given the other ${spent}`;
}

/** Which predictor the claims are about. */
function classifier(certificate) {
  const [message, learner] = [certificate.get("message"), certificate.get("prior").get("learner")];
  if (message === null)
    return learner === null ? "the given network" : "what the learner makes of the spent examples";
  if (message.get("form") === "positions") return "what the learner makes of the examples that it picked";
  return `the network decoded from ${message.get("form") === "steps" ? "prior and message" : "the message"}`;
}

const INDEPENDENT =
  "The training examples are independent draws from one distribution, and new examples come from it too.";
const LOSS = "The loss is 0-1: an answer is right or wrong; ties and answers that are not numbers are wrong.";
const FIXED =
  "Architecture, decoder, lists and constants were fixed without the counted examples; what was chosen from a list after " +
  "seeing them is an index in the message.";
const DECLARED = "Delta, the methods considered and the claims were fixed before the examples were counted.";
const SOURCE =
  "All that was learnt from the counted examples is in the message: the module's source, whose digest is recorded, holds " +
  "no number that was.";
const NO_GRAPH =
  "The network is not recorded as a graph of operations. It is what the Python code of its author computes, and that code " +
  "is trusted: wherever it may look, in attributes, globals, caches or files, it finds no number that was learnt from the " +
  "counted examples and is not in the message.";
const SIZES =
  "The architecture is the user's own: its class and settings, and the names, types and shapes of its arrays, whose digests " +
  "are recorded, were fixed without the counted examples.";
const PICKING =
  "Learner, its settings and seed, the order of priority and the stops were fixed without the counted examples.";
const PREFERENT =
  "The learner's state is a function of the examples that it picked, in their order, and its answer for one example " +
  "depends on no other.";
const LEARNING = [
  "Learner, its settings and seed were fixed without the counted examples; it learned the spent examples alone.",
];
const OWN_START =
  "What the learner's own code builds or loads to start from, weights among it, was fixed without the counted examples.";
const GIVEN =
  "The given weights, whose digest and origin are recorded, were fixed without the counted examples: nothing about them, how " +
  "long they were trained included, was chosen by these.";

/** Every assumption of a certificate, in its fixed order. */
export function assumptionsOf(certificate) {
  const { learner, architecture, given } = Object.fromEntries(certificate.get("prior"));
  return [
    INDEPENDENT,
    LOSS,
    `The classifier is ${classifier(certificate)} as the runtime named under \`evaluation\` executes it.`,
    countedSentence(certificate.get("sample")),
    ...(given === null ? [] : [GIVEN]),
    ...(learner === null ? ofArchitecture(architecture) : ofLearner(learner, certificate.get("message"))),
    DECLARED,
    ...(learner !== null || architecture === null
      ? []
      : architecture.get("index") > 0n
        ? [SOURCE]
        : [SOURCE, NO_GRAPH]),
  ];
}

function countedSentence(sample) {
  if (sample.get("spending") === "none") {
    return "The examples counted are all of the training set, as they are: no augmentation, none left out.";
  }
  return (
    `The examples counted are all but the first ${sample.get("spent")} in the declared order of positions ` +
    `(${sample.get("spending")}), as they are: no augmentation, none left out.`
  );
}

function ofArchitecture(architecture) {
  return architecture !== null && architecture.has("schema_sha256") ? [FIXED, SIZES] : [FIXED];
}

function ofLearner(learner, message) {
  const own = learner.get("name") === "own" ? [OWN_START] : [];
  if (message === null) return [...LEARNING, ...own];
  const candidates = learner.get("candidates");
  return [candidates > 1n ? oneOf(candidates) : PICKING, PREFERENT, ...own];
}

/** What the union bound over several learners or recipes needs, and no more. */
const oneOf = (candidates) =>
  `Learner, its settings and seed, the order of priority and the stops are one of ${candidates} choices that share ` +
  "delta: whatever the counted examples had been, it would have been one of these.";
