// The record networks of MNIST and Fashion-MNIST (docs/format.md, "Declared architectures computed in whole numbers"):
// fixed features, of one or of several views, then a convolution and a linear layer of small whole numbers. All sums
// are whole and below 2^53.

import { InvalidArgument } from "./errors.js";
import { brightnessAndEdges, contrastMaps, cropped, pooled, shiftedIn } from "./feature_maps.js";
import { sha256 } from "./sha256.js";
import { valuesOf } from "./dtypes.js";
import { deskewed, mirrored, scaledView, uprightView } from "./views.js";

const SIDE = 28;
const WHITE = 255;
const FILTERS = 32;
const TAPS = 3;
const BIAS_UNIT = 64;
const LARGEST_OF_A_VIEW = 8191; // where there are several

/** Settings of the declared architectures, by index; `views` gives the images that the features are computed of. */
export const CHAINS = {
  14: {
    name: "integer-chain-mnist",
    units: 12,
    border: 1,
    maps: brightnessAndEdges,
    views: (image) => [deskewed(image, SIDE, SIDE)],
  },
  15: {
    name: "integer-chain-fashion",
    units: 16,
    border: 0,
    maps: brightnessAndEdges,
    views: (image) => [image],
  },
  26: {
    name: "integer-views-mnist",
    units: 12,
    border: 1,
    maps: brightnessAndEdges,
    views: (image) => [-44, 44].map((turn) => uprightView(image, SIDE, SIDE, { scale: 252, turn })),
  },
  27: {
    name: "integer-views-fashion",
    units: 16,
    border: 0,
    maps: contrastMaps,
    views: (image) =>
      [274, 238].flatMap((scale) => {
        const view = scaledView(image, SIDE, SIDE, { scale });
        return [view, mirrored(view, SIDE)];
      }),
  },
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
    const views = settings.views(Array.from(image));
    const most = views.length > 1 ? LARGEST_OF_A_VIEW : Infinity;
    const seen = views.map((view) =>
      convolved(features(view, settings), size, kernel, bias).flatMap((map) =>
        pooled(map, size, Math.max).map((x) => Math.min(Math.max(x, 0), most)),
      ),
    );
    const hidden = seen[0].map((_, at) => seen.reduce((sum, values) => sum + values[at], 0));
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

/** What the fixed filters make of one view: a map of a quarter of the resolution for each. */
function features(view, { maps, border }) {
  const half = SIDE / 2;
  const side = half - 2 * border;
  const inner = maps(view, SIDE).map((map) => cropped(map, half, border));
  return tapFilters(inner.length).map((taps) => {
    const sums = new Array(side * side).fill(0);
    for (const { channel, row, column } of taps) shiftedIn(sums, inner[channel], side, row - 1, column - 1, 1);
    return pooled(sums, side, Math.max).map((x) => Math.min(Math.floor((x * 171) / 256), WHITE));
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
      if (weight !== 0) shiftedIn(sums, channels[Math.floor(at / 9)], side, row - 1, column - 1, weight);
    }
    return sums;
  });
}
