// Fixed views of an image (docs/format.md): sheared upright, in a norm of size, turned, larger, smaller, mirrored.

import { momentsOf } from "./moments.js";
import { resampled } from "./sampling.js";

/** Each image sheared until it stands upright and moved to the centre, by its own moments. */
export function deskewed(pixels, height, width) {
  const { row, column, shear } = momentsOf(pixels, width);
  return resampled(pixels, height, width, (y, x) => [y + row, x + column + ((shear * y) >> 8)]);
}

/** Upright, centred and of the usual size, then turned: `scale` and `turn` are cosine and sine, in 256ths. */
export function uprightView(pixels, height, width, { scale, turn }) {
  const { row, column, shear, tall, wide } = momentsOf(pixels, width);
  return resampled(pixels, height, width, (y, x) => {
    const down = (tall * ((scale * y + turn * x) >> 8)) >> 8;
    const right = ((wide * ((scale * x - turn * y) >> 8)) >> 8) + ((shear * down) >> 8);
    return [down + row, right + column];
  });
}

/** As it is, at `scale` 256ths of the distance from the middle; places outside are those of the border. */
export function scaledView(pixels, height, width, { scale }) {
  const within = (place, size) =>
    Math.max(0, Math.min(256 * (size - 1), ((scale * place) >> 8) + 128 * (size - 1)));
  return resampled(pixels, height, width, (y, x) => [within(y, height), within(x, width)]);
}

export function mirrored(pixels, width) {
  return pixels.map((_, at) => pixels[at - (at % width) + width - 1 - (at % width)]);
}
