// docs/certificate.md, "Given weights and spent examples": which positions are counted.

const MASK = 2n ** 64n - 1n;

/** SplitMix64 of a position. */
function hashOf(position) {
  let mixed = ((BigInt(position) + 1n) * 0x9e3779b97f4a7c15n) & MASK;
  mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return mixed ^ (mixed >> 31n);
}

/** For each of n positions whether it is counted: all but the first `spent` in the declared order. */
export function isCounted(spending, n, spent) {
  const counted = new Array(n).fill(true);
  const positions = Array.from({ length: n }, (_, at) => at);
  let order = positions;
  if (spending === "even positions")
    order = [...positions.filter((p) => p % 2 === 0), ...positions.filter((p) => p % 2)];
  if (spending === "hashed positions" && spent > 0) {
    const hashes = positions.map(hashOf);
    order = positions.sort((a, b) => (hashes[a] < hashes[b] ? -1 : hashes[a] > hashes[b] ? 1 : a - b));
  }
  for (const position of order.slice(0, spent)) counted[position] = false;
  return counted;
}
