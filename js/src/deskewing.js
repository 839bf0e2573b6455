// Each image sheared until it stands upright and moved to the centre, by its own moments, in whole numbers.

const LARGEST_SHEAR = 384; // in 256ths of a column for each row

/** The deskewed image of whole numbers; all values stay below 2^53. */
export function deskewed(pixels, height, width) {
  const sums = { mass: 0, x: 0, y: 0, xy: 0, yy: 0 };
  pixels.forEach((value, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    sums.mass += value;
    sums.x += value * column;
    sums.y += value * row;
    sums.xy += value * column * row;
    sums.yy += value * row * row;
  });
  const mass = Math.max(sums.mass, 1);
  const covariance = mass * sums.xy - sums.x * sums.y;
  const variance = Math.max(mass * sums.yy - sums.y * sums.y, 1);
  const clipped = Math.max(-LARGEST_SHEAR, Math.min(LARGEST_SHEAR, in256ths(covariance, variance)));
  const [centreX, centreY] = [in256ths(sums.x, mass), in256ths(sums.y, mass)];
  return Array.from({ length: height * width }, (_, at) => {
    const fromY = 256 * Math.floor(at / width) - 128 * (height - 1);
    const x = 256 * (at % width) - 128 * (width - 1) + centreX + ((clipped * fromY) >> 8);
    return interpolated(pixels, height, width, fromY + centreY, x);
  });
}

/** The quotient in 256ths, rounded down; 256 times the numerator is below 2^53. */
function in256ths(numerator, denominator) {
  const scaled = 256 * numerator;
  const quotient = Math.floor(scaled / denominator);
  return scaled - quotient * denominator < 0 ? quotient - 1 : quotient; // the double may have reached the next one
}

/** The value at coordinates in 256ths; zero outside the image. */
function interpolated(pixels, height, width, y, x) {
  const top = Math.max(-1, Math.min(height, y >> 8));
  const left = Math.max(-1, Math.min(width, x >> 8));
  const [below, right] = [y & 255, x & 255];
  const at = (row, column) =>
    row >= 0 && row < height && column >= 0 && column < width ? pixels[row * width + column] : 0;
  const upper = at(top, left) * (256 - right) + at(top, left + 1) * right;
  const lower = at(top + 1, left) * (256 - right) + at(top + 1, left + 1) * right;
  return (upper * (256 - below) + lower * below) >> 16;
}
