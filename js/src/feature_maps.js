// Brightness and oriented edges of 28 x 28 images, at half the resolution, in whole numbers.

const WHITE = 255;
const CONTRAST_FLOOR = 6;
const RADIUS = 2;
const SOBEL = [
  [-1, -1, -1],
  [-1, 1, 1],
  [0, -1, -2],
  [0, 1, 2],
  [1, -1, -1],
  [1, 1, 1],
];

/** Nine maps: 16 times the image and 3 times each edge map, summed over 2 x 2 places, over 64. */
export function brightnessAndEdges(pixels, side) {
  const maps = [pixels.map((x) => 16 * x), ...edges(pixels, side, shiftedIn).map((map) => map.map((x) => 3 * x))];
  return maps.map((map) => pooled(map, side, sum).map((x) => Math.min(Math.floor(x / 64), WHITE)));
}

/** Seventeen maps: brightness, edges, and edges at half the scale, both over the contrast around them. */
export function contrastMaps(pixels, side) {
  const brightness = pooled(pixels, side, sum).map((x) => Math.floor(x / 4));
  const fine = edges(pixels, side, shiftedOn).map((map) => pooled(map, side, sum).map((x) => Math.floor(x / 16)));
  const coarse = edges(brightness, side / 2, shiftedOn).map((map) => map.map((x) => Math.floor(x / 8)));
  return [brightness, ...overContrast(fine, side / 2), ...overContrast(coarse, side / 2)];
}

/** `maps` in 128ths of the mean of their sum within 5 x 5 places, up to 255. */
function overContrast(maps, side) {
  const total = maps[0].map((_, at) => maps.reduce((found, map) => found + map[at], 0));
  const around = new Array(side * side).fill(0);
  for (let down = -RADIUS; down <= RADIUS; down++) {
    for (let right = -RADIUS; right <= RADIUS; right++) shiftedOn(around, total, side, down, right, 1);
  }
  const floor = around.map((x) => CONTRAST_FLOOR + Math.floor(x / (2 * RADIUS + 1) ** 2));
  return maps.map((map) =>
    map.map((x, at) => Math.min(Math.floor((128 * Math.min(x, WHITE)) / floor[at]), WHITE)),
  );
}

/** Adds `weight` times a map, read at (row + down, column + right), zero outside, to `sums`. */
export function shiftedIn(sums, map, side, down, right, weight) {
  for (let row = Math.max(0, -down); row < Math.min(side, side - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(side, side - right); column++) {
      sums[row * side + column] += weight * map[(row + down) * side + column + right];
    }
  }
}

/** The same, but the border goes on outside. */
function shiftedOn(sums, map, side, down, right, weight) {
  const within = (place) => Math.max(0, Math.min(side - 1, place));
  for (let at = 0; at < side * side; at++) {
    sums[at] += weight * map[within(Math.floor(at / side) + down) * side + within((at % side) + right)];
  }
}

/** Eight maps of edges, in steps of 45 degrees; at each place only those above half of the strongest. */
function edges(pixels, side, addShifted) {
  const difference = (isAcross) => {
    const sums = new Array(side * side).fill(0);
    for (const [along, over, weight] of SOBEL) {
      const [down, right] = isAcross ? [along, over] : [over, along];
      addShifted(sums, pixels, side, down, right, weight);
    }
    return sums;
  };
  const [across, down] = [difference(true), difference(false)];
  const falling = across.map((a, at) => Math.floor(((a + down[at]) * 181) / 256));
  const rising = across.map((a, at) => -Math.floor(((a - down[at]) * 181) / 256));
  const four = [across, falling, down, rising];
  const strongest = pixels.map((_, at) => Math.max(...four.map((map) => Math.abs(map[at]))));
  const strong = (map, sign) => map.map((x, at) => Math.max(2 * sign * x - strongest[at], 0));
  return [...four.map((map) => strong(map, 1)), ...four.map((map) => strong(map, -1))];
}

/** `join` of each 2 x 2 places; an odd last row or column is left out. */
export function pooled(map, side, join) {
  const half = Math.floor(side / 2);
  return Array.from({ length: half * half }, (_, at) => {
    const corner = 2 * Math.floor(at / half) * side + 2 * (at % half);
    return join(map[corner], map[corner + 1], map[corner + side], map[corner + side + 1]);
  });
}

export function cropped(map, side, border) {
  return map.filter((_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    return row >= border && row < side - border && column >= border && column < side - border;
  });
}

function sum(a, b, c, d) {
  return a + b + c + d;
}
