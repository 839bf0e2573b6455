// A drawing as the images of MNIST were made: its ink scaled into 20 x 20, the centre of mass in the middle of 28 x 28.

const SIDE = 28;
const INK = 20; // of which the longer side of the ink takes so many

/**
 * 28 x 28 bytes, light on dark, from a square drawing.
 * @param {ArrayLike<number>} ink brightness 0 to 255, `side` x `side`
 * @returns {Uint8Array | null} null where nothing is drawn
 */
export function digitOf(ink, side) {
  const box = boxOf(ink, side);
  if (box === null) return null;
  const scale = Math.max(box.height, box.width) / INK; // places of the drawing for one of the image
  const [height, width] = [Math.ceil(box.height / scale), Math.ceil(box.width / scale)];
  const small = new Float64Array(height * width);
  const sums = { mass: 0, row: 0, column: 0 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = meanOf(ink, side, box.top + row * scale, box.left + column * scale, scale);
      small[row * width + column] = value;
      sums.mass += value;
      sums.row += value * row;
      sums.column += value * column;
    }
  }
  const down = Math.round((SIDE - 1) / 2 - sums.row / sums.mass);
  const right = Math.round((SIDE - 1) / 2 - sums.column / sums.mass);
  const image = new Uint8Array(SIDE * SIDE);
  small.forEach((value, at) => {
    const [row, column] = [Math.floor(at / width) + down, (at % width) + right];
    if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) image[row * SIDE + column] = Math.round(value);
  });
  return image;
}

function boxOf(ink, side) {
  let [top, left, bottom, right] = [side, side, -1, -1];
  for (let at = 0; at < side * side; at++) {
    if (!ink[at]) continue;
    const [row, column] = [Math.floor(at / side), at % side];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** The mean brightness of a square; what lies outside the drawing is dark. */
function meanOf(ink, side, top, left, size) {
  const [firstRow, firstColumn] = [Math.floor(top), Math.floor(left)];
  let sum = 0;
  for (let row = firstRow; row < top + size; row++) {
    const tall = Math.min(row + 1, top + size) - Math.max(row, top);
    for (let column = firstColumn; column < left + size; column++) {
      const wide = Math.min(column + 1, left + size) - Math.max(column, left);
      if (row < side && column < side) sum += ink[row * side + column] * tall * wide;
    }
  }
  return sum / size ** 2;
}
