// docs/format.md, "Slices of an element", "Neighbours", "Class of a count".

import { bitLengthOf } from "./integer_codes.js";

export const COUNT_CLASSES = 128;

export const product = (lengths) => lengths.reduce((a, b) => a * b, 1);

/** The class of a count, two to an octave. */
export function countClass(count) {
  if (count < 4) return count;
  const place = bitLengthOf(count) - 1;
  return 2 * place + (Math.floor(count / 2 ** (place - 1)) & 1);
}

/** The sets of axes along which the slices of an element lie, each once. */
export function sliceGroups(shape) {
  const axes = shape.map((_, axis) => axis);
  const wide = axes.filter((axis) => shape[axis] > 1);
  const groups = [];
  for (const wanted of [[0], axes.slice(1), [1], [0, 1], [0, ...axes.slice(2)]]) {
    const group = wide.filter((axis) => wanted.includes(axis));
    const known = groups.some((other) => other.join() === group.join());
    if (group.length && group.length < wide.length && !known) groups.push(group);
  }
  return groups;
}

/** An array's elements as they are visited: their slices, their links and their neighbours. */
export class Grid {
  /**
   * @param {number[]} shape
   * @param {number[] | null} links classes of the outputs that feed the places along `linkAxis`
   */
  constructor(shape, links = null, linkAxis = 0, groups = sliceGroups(shape)) {
    this.shape = shape;
    this.size = product(shape);
    this.strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
    this.wide = shape.map((_, axis) => axis).filter((axis) => shape[axis] > 1);
    this.groups = groups;
    this.links = links;
    this.linkAxis = linkAxis;
    this.kinds = groups.length + (links === null ? 0 : 1);
    this.contexts = groups.reduce((sum, group) => sum + product(group.map((axis) => shape[axis])), 0);
    if (links !== null) this.contexts += COUNT_CLASSES;
  }

  coordinate(at, axis) {
    return Math.floor(at / this.strides[axis]) % this.shape[axis];
  }

  /** The numbers of the slices that an element lies in, and of its link. */
  slices(at) {
    const found = [];
    let offset = 0;
    for (const group of this.groups) {
      let number = 0;
      let size = 1;
      for (const axis of group) {
        number = number * this.shape[axis] + this.coordinate(at, axis);
        size *= this.shape[axis];
      }
      found.push(offset + number);
      offset += size;
    }
    if (this.links !== null) found.push(offset + this.links[this.coordinate(at, this.linkAxis)]);
    return found;
  }

  /** What is known one step back along each axis longer than one; `outside` where there is nothing. */
  back(at, known, outside = 0) {
    return this.wide.map((axis) => (this.coordinate(at, axis) ? known[at - this.strides[axis]] : outside));
  }
}

/** Places of the elements, in C order, of the box at the corner of a view. */
export function placesOfBox(view, box) {
  let places = [0];
  view.forEach((_, axis) => {
    const step = product(view.slice(axis + 1));
    const next = new Array(places.length * box[axis]);
    let at = 0;
    for (const place of places) for (let k = 0; k < box[axis]; k++) next[at++] = place + step * k;
    places = next;
  });
  return places;
}

/** The number of elements that are not zero of each slice along the first axis. */
export function outputCounts(mask, shape) {
  const rows = shape.length ? shape[0] : 1;
  const width = rows ? mask.length / rows : 0;
  const counts = new Array(rows).fill(0);
  for (let row = 0; row < rows; row++) {
    for (let at = row * width; at < (row + 1) * width; at++) counts[row] += mask[at] ? 1 : 0;
  }
  return counts;
}
