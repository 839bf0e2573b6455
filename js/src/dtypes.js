// Types of elements, and their keys: docs/format.md, "Codebook". Elements are kept as their bits; keys are BigInts.

const float = (mantissa, bytes) => ({ kind: "float", mantissa, bytes });
const signed = (bytes) => ({ kind: "signed", mantissa: 0, bytes });
const unsigned = (bytes) => ({ kind: "unsigned", mantissa: 0, bytes });

/** By name, in the order of their index. */
export const DTYPES = {
  float32: float(23, 4),
  float64: float(52, 8),
  float16: float(10, 2),
  int64: signed(8),
  int32: signed(4),
  int16: signed(2),
  int8: signed(1),
  uint64: unsigned(8),
  uint32: unsigned(4),
  uint16: unsigned(2),
  uint8: unsigned(1),
  bool: { kind: "bool", mantissa: 0, bytes: 1 },
};
export const NAMES = Object.keys(DTYPES);

const BITS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };
const VALUES = {
  ...{ float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, int16: Int16Array },
  ...{ int8: Int8Array, uint64: BigUint64Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array },
  bool: Uint8Array,
};

/** Zeros of a type, as bits. */
export function zeroBits(dtype, size) {
  return new BITS[DTYPES[dtype].bytes](size);
}

/** The elements as numbers (64-bit integers as BigInts), on the same memory but for float16. */
export function valuesOf(dtype, bits) {
  if (dtype === "float16") return Float32Array.from(bits, halfToNumber);
  return new VALUES[dtype](bits.buffer, bits.byteOffset, bits.length);
}

const signBit = (dtype) => 1n << BigInt(8 * DTYPES[dtype].bytes - 1);

/** The bits, as a BigInt, of the element with this key. */
export function bitsOfKey(key, dtype) {
  if (DTYPES[dtype].kind === "float") return key >= 0n ? key : -1n - key + signBit(dtype);
  return BigInt.asUintN(8 * DTYPES[dtype].bytes, key);
}

/** The key of the element with these bits, given as a BigInt. */
export function keyOfBits(bits, dtype) {
  const { kind, bytes } = DTYPES[dtype];
  const sign = signBit(dtype);
  if (kind === "float") return bits < sign ? bits : -1n - (bits - sign);
  return kind === "signed" || dtype === "uint64" ? BigInt.asIntN(8 * bytes, bits) : bits;
}

/** The least and the greatest key of a finite element. */
export function keyRange(dtype) {
  const { kind, mantissa, bytes } = DTYPES[dtype];
  if (kind === "float") {
    const infinity = ((1n << BigInt(8 * bytes - 1 - mantissa)) - 1n) << BigInt(mantissa);
    return [-infinity, infinity - 1n];
  }
  if (kind === "bool") return [0n, 1n];
  if (kind === "unsigned" && dtype !== "uint64") return [0n, 2n * signBit(dtype) - 1n];
  return [-signBit(dtype), signBit(dtype) - 1n];
}

/** Whether an element, given by its bits as a BigInt, is finite. */
export function isFinite(bits, dtype) {
  const [least, greatest] = keyRange(dtype);
  const key = keyOfBits(bits, dtype);
  return key >= least && key <= greatest;
}

const scratch = new DataView(new ArrayBuffer(8));

/** A number rounded to a floating type, and its bits as a BigInt. */
export function roundTo(value, dtype) {
  if (dtype === "float16") {
    const bits = halfOf(value);
    return { value: halfToNumber(bits), bits: BigInt(bits) };
  }
  if (dtype === "float32") {
    scratch.setFloat32(0, value);
    return { value: scratch.getFloat32(0), bits: BigInt(scratch.getUint32(0)) };
  }
  scratch.setFloat64(0, value);
  return { value, bits: scratch.getBigUint64(0) };
}

/** The number with these bits (a BigInt) of a floating type. */
export function numberOfBits(bits, dtype) {
  if (dtype === "float16") return halfToNumber(Number(bits));
  if (dtype === "float32") {
    scratch.setUint32(0, Number(bits));
    return scratch.getFloat32(0);
  }
  scratch.setBigUint64(0, bits);
  return scratch.getFloat64(0);
}

function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
}

// The nearest half, ties to even: a multiple of 2^(e - 10), e at least -14, so that subnormal numbers fall in place.
function halfOf(value) {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size === 0) return sign;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fits = 2 ** exponent > size && exponent > -14 ? exponent - 1 : exponent; // log2 may be off by one unit
  const multiple = size / 2 ** (fits - 10);
  const floor = Math.floor(multiple);
  const rest = multiple - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2) ? floor + 1 : floor;
  return sign | (rounded + (fits + 14) * 1024); // a carry into the exponent is the right one
}
