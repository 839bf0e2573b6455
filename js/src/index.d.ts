/** Types of elements, in the order of their index. */
export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool";

/** Elements as their bits, in C order. */
export type Bits = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

export interface CodedArray {
  dtype: DType;
  shape: number[];
  bits: Bits;
}

/** What a reader gives to a message of unknown origin, checked before memory or time is spent. */
export interface Limits {
  elements: number;
  arrays: number;
  decisions: number;
  elementsPerByte: number;
}
export const LIMITS: Readonly<Limits>;

/** Bits of one kind spent on one array ("" for the message as a whole). */
export interface LedgerEntry {
  array: string;
  kind: "framing" | "schema" | "header" | "pattern" | "codebook" | "table" | "values" | "side information";
  bits: number;
}

export interface Message {
  /** All arrays, those of the side information last. */
  arrays: Map<string, CodedArray>;
  sideInformation: string[];
  architecture: number;
  extended: boolean;
  freeOrders: boolean;
  floatModels: boolean;
  structures: boolean;
  /** Adds up to the message's length in bits. */
  ledger: LedgerEntry[];
}

/** The arrays of a message. Throws `MessageError`, and nothing else, for any bytes. */
export function decode(data: Uint8Array, limits?: Partial<Limits>): Map<string, CodedArray>;
/** Everything that a message holds. Throws as `decode`. */
export function readMessage(data: Uint8Array, limits?: Partial<Limits>): Message;
/** The elements as numbers (64-bit integers as BigInts), on the same memory but for float16. */
export function valuesOf(
  dtype: DType,
  bits: Bits,
):
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;
/** The picked positions, increasing, in a message of positions below `n`. Throws `MessageError`. */
export function decodePositions(data: Uint8Array, n: number, atMost?: number): number[];

/** The largest p with P(Binomial(n, p) <= errors) >= delta 2^-codeBits, rounded up. Throws `InvalidArgument`. */
export function occam(errors: number, n: number, codeBits: number, delta: number): number;
/** `occam` with no bits: a hold-out. */
export function clopperPearson(errors: number, n: number, delta: number): number;
/** The bound of picked examples, `size` of them with the errors left, rounded up. Throws `InvalidArgument`. */
export function preferentCompression(size: number, n: number, delta: number): number;
/** The largest p with kl(q || p) <= c nats, rounded up. */
export function klInverse(q: number, c: number): number;
/** A risk as certificates record it: a multiple of 1e-9, rounded up. */
export function riskUp(value: number): number;

/** Fields of a certificate by name; whole numbers are BigInts. */
export type Fields = Map<string, unknown>;
/** The certificate in a text, its form checked, its seal not yet. Throws `CertificateError`. */
export function parseCertificate(text: string): Fields;
/** The seal that belongs to a certificate. */
export function sealOf(certificate: Fields): string;

export const CONSISTENT: "CONSISTENT, NOT RECOUNTED";
export const INVALID: "INVALID";
export interface Finding {
  code: string;
  text: string;
}
export interface Verdict {
  status: typeof CONSISTENT | typeof INVALID;
  findings: Finding[];
  certificate: Fields | null;
}
/** Whether all that a certificate says follows from its files and its recorded counts, which are believed. */
export function checkRun(text: string, files?: { message?: Uint8Array; given?: Uint8Array }): Verdict;

export interface ChainSettings {
  name: string;
  units: number;
  /** Places that are cut off at each side of the maps. */
  border: number;
  /** The maps of one view, a square of so many places. */
  maps(view: number[], side: number): number[][];
  /** The views of an image, which are answered together. */
  views(image: number[]): number[][];
}
/** Declared architectures that can be run here, by index. */
export const CHAINS: Readonly<Record<number, ChainSettings>>;
/** A classifier: 28 x 28 bytes, light on dark, to ten whole scores. Throws `InvalidArgument`. */
export function integerChain(message: Message): (image: Uint8Array | Uint8ClampedArray) => number[];
/** The place of the largest score; null where two are largest. */
export function answerOf(scores: number[]): number | null;
/** 28 x 28 bytes from a square drawing (0 to 255, light on dark), as the images of MNIST were made; null without ink. */
export function digitOf(ink: ArrayLike<number>, side: number): Uint8Array | null;
/** SHA-256 in hex. */
export function sha256Hex(data: Uint8Array): string;

export class NetrazorError extends Error {}
export class MessageError extends NetrazorError {}
export class CorruptMessage extends MessageError {}
export class UnsupportedMessage extends MessageError {}
export class MessageTooLarge extends MessageError {}
export class CertificateError extends NetrazorError {}
export class InvalidArgument extends NetrazorError {}
