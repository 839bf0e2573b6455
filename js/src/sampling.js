// Images of whole numbers, read between their pixels.

/** The value at coordinates in 256ths; zero outside the image. */
export function interpolated(pixels, height, width, y, x) {
  const top = Math.max(-1, Math.min(height, y >> 8));
  const left = Math.max(-1, Math.min(width, x >> 8));
  const [below, right] = [y & 255, x & 255];
  const at = (row, column) =>
    row >= 0 && row < height && column >= 0 && column < width ? pixels[row * width + column] : 0;
  const upper = at(top, left) * (256 - right) + at(top, left + 1) * right;
  const lower = at(top + 1, left) * (256 - right) + at(top + 1, left + 1) * right;
  return (upper * (256 - below) + lower * below) >> 16;
}

/** An image of the same size, of which each place is read where `from` says: a row and a column in 256ths. */
export function resampled(pixels, height, width, from) {
  return Array.from({ length: height * width }, (_, at) => {
    const y = 256 * Math.floor(at / width) - 128 * (height - 1); // from the middle, as x
    const x = 256 * (at % width) - 128 * (width - 1);
    return interpolated(pixels, height, width, ...from(y, x));
  });
}
