// The record network of MNIST and Fashion-MNIST (docs/format.md, "Declared architectures computed in whole numbers"):
// fixed features, then a convolution and a linear layer of small whole numbers. All sums are whole and below 2^53.

import { InvalidArgument } from "./errors.js";
import { deskewed } from "./deskewing.js";
import { sha256 } from "./sha256.js";
import { valuesOf } from "./dtypes.js";

const SIDE = 28;
const WHITE = 255;
const FILTERS = 32;
const TAPS = 3;
const BIAS_UNIT = 64;

/** Settings of the declared architectures, by index. */
export const CHAINS = {
  14: { name: "integer-chain-mnist", deskew: true, border: 1, units: 12 },
  15: { name: "integer-chain-fashion", deskew: false, border: 0, units: 16 },
};

/**
 * A classifier from a message that was read: images of 28 x 28 bytes, light on dark, to ten whole scores.
 * The answer is the place of the largest score; where two are largest there is no answer.
 */
export function integerChain(message) {
  const settings = CHAINS[message.architecture];
  if (settings === undefined) {
    throw new InvalidArgument(
      `architecture: ${Object.keys(CHAINS).join(" or ")} can be run here, got ${message.architecture}`,
    );
  }
  const [kernel, bias, matrix] = ["conv.weight", "conv.bias", "linear.weight"].map((name) => {
    const array = message.arrays.get(`learned.${name}`);
    if (array === undefined || array.dtype !== "float32")
      throw new InvalidArgument(`learned.${name}: float32 needed`);
    return { shape: array.shape, values: valuesOf(array.dtype, array.bits) };
  });
  const size = Math.floor((SIDE / 2 - 2 * settings.border) / 2);
  const places = Math.floor(size / 2) ** 2;
  const needed = [[settings.units, FILTERS, 3, 3], [settings.units], [10, settings.units * places]];
  [kernel, bias, matrix].forEach(({ shape }, at) => {
    if (shape.join() !== needed[at].join()) throw new InvalidArgument(`shape ${needed[at]} needed, got ${shape}`);
  });
  return (image) => {
    const { channels, side } = features(image, settings);
    const sums = convolved(channels, side, kernel, bias);
    const hidden = sums.flatMap((map) => pooled(map, side, Math.max).map((x) => Math.max(x, 0)));
    return Array.from({ length: 10 }, (_, k) =>
      hidden.reduce((sum, x, j) => sum + x * matrix.values[k * hidden.length + j], 0),
    );
  };
}

/** The place of the largest score; null where two are largest. */
export function answerOf(scores) {
  const best = Math.max(...scores);
  const at = scores.indexOf(best);
  return scores.lastIndexOf(best) === at ? at : null;
}

function features(image, { deskew, border }) {
  const pixels = deskew ? deskewed(image, SIDE, SIDE) : Array.from(image);
  const half = SIDE / 2;
  const maps = [pixels.map((x) => 16 * x), ...edges(pixels).map((map) => map.map((x) => 3 * x))].map((map) =>
    cropped(
      pooled(map, SIDE, (a, b, c, d) => a + b + c + d).map((x) => Math.min(Math.floor(x / 64), WHITE)),
      half,
      border,
    ),
  );
  const side = half - 2 * border;
  const channels = tapFilters(maps.length).map((taps) => {
    const sums = new Array(side * side).fill(0);
    for (const { channel, row, column } of taps) addShifted(sums, maps[channel], side, row - 1, column - 1, 1);
    return pooled(sums, side, Math.max).map((x) => Math.min(Math.floor((x * 171) / 256), WHITE));
  });
  return { channels, side: Math.floor(side / 2) };
}

/** Adds `weight` times a map, read at (row + down, column + right), zero outside, to `sums`. */
function addShifted(sums, map, side, down, right, weight) {
  for (let row = Math.max(0, -down); row < Math.min(side, side - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(side, side - right); column++) {
      sums[row * side + column] += weight * map[(row + down) * side + column + right];
    }
  }
}

/** Eight maps of edges, in steps of 45 degrees; at each place only those above half of the strongest. */
function edges(pixels) {
  const sobel = (weights) => {
    const sums = new Array(SIDE * SIDE).fill(0);
    for (const [down, right, weight] of weights) addShifted(sums, pixels, SIDE, down, right, weight);
    return sums;
  };
  const across = sobel([
    [-1, -1, -1],
    [-1, 1, 1],
    [0, -1, -2],
    [0, 1, 2],
    [1, -1, -1],
    [1, 1, 1],
  ]);
  const down = sobel([
    [-1, -1, -1],
    [1, -1, 1],
    [-1, 0, -2],
    [1, 0, 2],
    [-1, 1, -1],
    [1, 1, 1],
  ]);
  const falling = across.map((a, at) => Math.floor(((a + down[at]) * 181) / 256));
  const rising = across.map((a, at) => -Math.floor(((a - down[at]) * 181) / 256));
  const four = [across, falling, down, rising];
  const strongest = pixels.map((_, at) => Math.max(...four.map((map) => Math.abs(map[at]))));
  const strong = (map, sign) => map.map((x, at) => Math.max(2 * sign * x - strongest[at], 0));
  return [...four.map((map) => strong(map, 1)), ...four.map((map) => strong(map, -1))];
}

/** `join` of each 2 x 2 places. */
function pooled(map, side, join) {
  const half = Math.floor(side / 2);
  return Array.from({ length: half * half }, (_, at) => {
    const corner = 2 * Math.floor(at / half) * side + 2 * (at % half);
    return join(map[corner], map[corner + 1], map[corner + side], map[corner + side + 1]);
  });
}

function cropped(map, side, border) {
  return map.filter((_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    return row >= border && row < side - border && column >= border && column < side - border;
  });
}

/** For each filter three inputs within 3 x 3 places, that the SHA-256 of its number picks. */
function tapFilters(channels) {
  return Array.from({ length: FILTERS }, (_, filter) => {
    const digest = new DataView(sha256(new TextEncoder().encode(`filter ${filter}`)).buffer);
    const free = Array.from({ length: 9 * channels }, (_, at) => at);
    return Array.from({ length: TAPS }, (_, tap) => {
      const [place] = free.splice(digest.getUint32(4 * tap) % free.length, 1);
      return { channel: Math.floor(place / 9), row: Math.floor(place / 3) % 3, column: place % 3 };
    });
  });
}

function convolved(channels, side, kernel, bias) {
  const [units, inputs] = kernel.shape;
  return Array.from({ length: units }, (_, unit) => {
    const sums = new Array(side * side).fill(BIAS_UNIT * bias.values[unit]);
    for (let at = 0; at < 9 * inputs; at++) {
      const weight = kernel.values[unit * 9 * inputs + at];
      const [row, column] = [Math.floor((at % 9) / 3), at % 3];
      if (weight !== 0) addShifted(sums, channels[Math.floor(at / 9)], side, row - 1, column - 1, weight);
    }
    return sums;
  });
}
