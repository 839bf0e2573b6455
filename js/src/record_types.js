// Types of a record's fields. A type is a function (value, place) => value that throws CertificateError, and gives what
// the canonical text has in its place.

import { CertificateError } from "./errors.js";

const LARGEST_COUNT = 2n ** 53n;

export function refuse(place, needed, got) {
  const shown = got === undefined ? "nothing" : String(got instanceof Map ? "an object" : got).slice(0, 80);
  throw new CertificateError(`${place}: ${needed} needed, got ${shown}; the certificate is damaged or altered`);
}

export const text = (value, place) => (typeof value === "string" ? value : refuse(place, "a text", value));
export const flag = (value, place) => (typeof value === "boolean" ? value : refuse(place, "true or false", value));
export const anything = (value) => value;

export const digest = (value, place) =>
  /^[0-9a-f]{64}$/.test(text(value, place)) ? value : refuse(place, "64 hexadecimal digits", value);

/** A whole number in [least, most]; kept as a BigInt. */
export const whole =
  (least = 0n, most = LARGEST_COUNT) =>
  (value, place) =>
    typeof value === "bigint" && value >= least && value <= most
      ? value
      : refuse(place, "a whole number in range", value);

/** A number that `holds`; whole ones become floats, as they are written. */
export const real = (holds) => (value, place) => {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber && holds(Number(value)) ? Number(value) : refuse(place, "a number in range", value);
};

export const oneOf =
  (...allowed) =>
  (value, place) =>
    allowed.includes(value) ? value : refuse(place, `one of ${allowed.join(", ")}`, value);

export const orNull = (type) => (value, place) => (value === null ? null : type(value, place));

export const list =
  (type, least = 0, most = Infinity) =>
  (value, place) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      refuse(place, "a list of allowed length", value);
    return value.map((item, at) => type(item, `${place}.${at}`));
  };

/** A Map from any key. */
export const mapOf = (type, most) => (value, place) => {
  if (!(value instanceof Map) || value.size > most) refuse(place, "an object of few keys", value);
  return new Map([...value].map(([key, item]) => [key, type(item, `${place}.${key}`)]));
};

/**
 * An object with these fields and no others.
 * @param fields by name: a type, or [type, default]; a default of undefined leaves the field out
 */
export const record = (fields) => (value, place) => {
  if (!(value instanceof Map)) refuse(place, "an object", value);
  const at = (name) => (place ? `${place}.${name}` : name);
  for (const name of value.keys()) if (!(name in fields)) refuse(at(name), "no such field", value.get(name));
  const found = new Map();
  for (const [name, entry] of Object.entries(fields)) {
    const [type, fallback] = Array.isArray(entry) ? entry : [entry];
    const isOptional = Array.isArray(entry);
    if (!value.has(name)) {
      if (!isOptional) refuse(at(name), "a value", undefined);
      if (fallback !== undefined) found.set(name, fallback);
      continue;
    }
    const item = type(value.get(name), at(name));
    if (!(isOptional && fallback === undefined && item === null)) found.set(name, item);
  }
  return found;
};
