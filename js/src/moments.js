// Where an image is bright: centre, slant and spread of its brightness, in whole numbers.

const LARGEST_SHEAR = 384; // in 256ths of a column for each row
// The usual standard deviations: of rows 6, of columns 18 / 5.
const ROWS = 6n;
const COLUMNS = { numerator: 18n, denominator: 5n };
const [SMALLEST_SCALE, LARGEST_SCALE] = [64, 512]; // in 256ths

/**
 * Centre and shear in 256ths; how much taller and wider than usual the upright image is, in 256ths.
 * Products leave the whole numbers of a double, so they are BigInts.
 */
export function momentsOf(pixels, width) {
  const sums = { mass: 0, x: 0, y: 0, xy: 0, xx: 0, yy: 0 };
  pixels.forEach((value, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    sums.mass += value;
    sums.x += value * column;
    sums.y += value * row;
    sums.xy += value * column * row;
    sums.xx += value * column * column;
    sums.yy += value * row * row;
  });
  const [x, y, xy, xx, yy] = [sums.x, sums.y, sums.xy, sums.xx, sums.yy].map(BigInt);
  const mass = largest(BigInt(sums.mass), 1n);
  const covariance = mass * xy - x * y;
  const varianceY = largest(mass * yy - y * y, 1n);
  const shear = clipped(Number(floored(256n * covariance, varianceY)), -LARGEST_SHEAR, LARGEST_SHEAR);
  const lean = BigInt(shear) * (BigInt(shear) * varianceY - 512n * covariance);
  const varianceX = largest(mass * xx - x * x + (lean >> 16n), 1n);
  const tall = root((varianceY << 16n) / (mass * mass) / (ROWS * ROWS));
  const spread = root((varianceX << 16n) / (mass * mass)); // 256 standard deviations
  const wide = root((256n * COLUMNS.denominator * spread) / COLUMNS.numerator);
  return {
    row: Number((256n * y) / mass),
    column: Number((256n * x) / mass),
    shear,
    tall: clipped(Number(tall), SMALLEST_SCALE, LARGEST_SCALE),
    wide: clipped(Number(wide), SMALLEST_SCALE, LARGEST_SCALE),
  };
}

function clipped(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

function largest(a, b) {
  return a > b ? a : b;
}

/** The quotient, rounded down; BigInts are rounded towards zero. */
function floored(numerator, denominator) {
  const quotient = numerator / denominator;
  return quotient * denominator > numerator ? quotient - 1n : quotient;
}

/** The square root of a whole number below 2^52, rounded down. */
function root(value) {
  return BigInt(Math.floor(Math.sqrt(Number(value))));
}
