// SHA-256 (FIPS 180-4), synchronous: pages opened from a file have no crypto.subtle everywhere.

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);

// The first 32 bits of the fraction of a root: floor(n^(1/k) 2^32), by bisection in integers.
function fractionOfRoot(n, k) {
  let low = 0n;
  let high = BigInt(n) << 32n;
  const target = BigInt(n) << BigInt(32 * k);
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(k) <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

const START = primes.slice(0, 8).map((p) => fractionOfRoot(p, 2));
const ROUND = primes.map((p) => fractionOfRoot(p, 3));

/** The digest of bytes, 32 of them. */
export function sha256(data) {
  const blocks = Math.ceil((data.length + 9) / 64);
  const padded = new Uint8Array(64 * blocks);
  padded.set(data);
  padded[data.length] = 128;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, 8n * BigInt(data.length));
  const state = Uint32Array.from(START);
  for (let block = 0; block < blocks; block++) compress(state, view, 64 * block);
  const out = new Uint8Array(32);
  state.forEach((word, at) => new DataView(out.buffer).setUint32(4 * at, word));
  return out;
}

/** The digest in hex. */
export function sha256Hex(data) {
  return Array.from(sha256(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const rotate = (x, by) => (x >>> by) | (x << (32 - by));

function compress(state, view, at) {
  const w = new Uint32Array(64);
  for (let t = 0; t < 64; t++) {
    if (t < 16) {
      w[t] = view.getUint32(at + 4 * t);
      continue;
    }
    const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
    const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + big1 + ((e & f) ^ (~e & g)) + ROUND[t] + w[t]) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, k) => (state[k] += word));
}
