// docs/certificate.md, "How delta is split".

import { decimalOf, divide, doubleDown, floorTo, leadingPlace, multiply, subtract } from "./decimals.js";

const NOISY_RISK_SHARE = { digits: 2n, exponent: -1 };

/** The parts of delta of a claim of weight 1 among `claims`, by name, as a Map. */
export function deltaParts(delta, considered, claims, choices) {
  const share = divide(decimalOf(delta), considered.length * claims);
  const parts = new Map();
  for (const method of considered) {
    if (method === "perturbation") {
      const risk = floorTo(multiply(share, NOISY_RISK_SHARE), leadingPlace(share) - 7);
      parts.set("noisy risk", doubleDown(risk));
      parts.set("PAC-Bayes", doubleDown(subtract(share, risk)));
    } else {
      parts.set(method, doubleDown(method === "picked" ? divide(share, choices) : share));
    }
  }
  return parts;
}
