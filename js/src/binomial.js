// The mass of a binomial distribution at a point, in logarithms, and the tail below it; both rounded up.
//
// Every logarithm of a JavaScript engine is taken to be off by at most 4 units in the last place (V8, SpiderMonkey and
// JavaScriptCore compute them to less than one); sums and products are rounded correctly.

export const UNIT_ROUNDOFF = 2 ** -53;
const LOG_SQRT_2PI = Math.log(2 * Math.PI) / 2;
const LONGEST = 2 ** 20; // factors of the series, beyond which the geometric series takes over

/** The logarithm of over / under, through log1p save where the quotient itself keeps more digits. */
export function logQuotient(over, under, difference) {
  const share = difference / under;
  return share > -0.5 ? Math.log1p(share) : Math.log(over / under);
}

/**
 * At least log P(Binomial(n, p) = k) for 0 < k < n, and at least the tail up to k as a multiple of the mass.
 *
 * The mass in logarithms is -n kl(k/n || p) and Stirling's corrections (Loader 2000). Its quotients are off by no more
 * than units of the larger of k and n p, the logarithms by 8 units of their size, each factor of the series by 3.
 */
export function logMassAbove(k, n, p) {
  const hits = k * logQuotient(n * p, k, n * p - k);
  const misses = (n - k) * logQuotient(n * (1 - p), n - k, k - n * p);
  const spread = Math.log(k * ((n - k) / n)) / 2 + LOG_SQRT_2PI;
  const logMass = hits + misses - spread + stirling(n) - stirling(k) - stirling(n - k);
  const { total, factors } = series(k, n, p);
  const sizes = 8 * Math.max(n * p, k) + 16 * (Math.abs(hits) + Math.abs(misses)) + 4 * factors + 2048;
  return { logMass: logMass + UNIT_ROUNDOFF * sizes, series: total };
}

// The sum over i of the products over m < i of (k - m)(1 - p) / ((n - k + 1 + m) p), from above: the factors fall
// with m, so what is left out is at most a geometric series.
function series(k, n, p) {
  const odds = (1 - p) / p;
  let total = 1;
  let term = 1;
  for (let m = 0; ; m++) {
    const ratio = (Math.max(k - m, 0) / (n - k + 1 + m)) * odds;
    term *= ratio;
    total += term;
    const rest = ratio < 1 ? (term * ratio) / (1 - ratio) : Infinity;
    if (rest <= 2 ** -50 * total || m >= LONGEST) return { total: total + rest, factors: m + 1 };
  }
}

/** log(x!) - log(sqrt(2 pi x) (x/e)^x) for whole x >= 1, within 1e-14. */
function stirling(x) {
  if (x < 16) return STIRLING[x];
  const s = 1 / x ** 2;
  const tail = 1 / 1188 - s * (691 / 360360);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * tail)))) / x;
}

const STIRLING = [0];
for (let x = 1, factorial = 1; x < 16; x++) {
  factorial *= x;
  STIRLING.push(Math.log(factorial) - Math.log(2 * Math.PI * x) / 2 - x * Math.log(x) + x);
}
