// docs/format.md, "Positions": the set of examples that were picked, out of n.

import { CorruptMessage, MessageTooLarge, need } from "./errors.js";
import { RangeDecoder } from "./range_decoder.js";

const MOST_POSITIONS = 2 ** 26;
const LONGEST_NUMBER = 4; // bytes

/** The positions in a message, increasing; `n` and how many are taken at most are not in it. */
export function decodePositions(data, n, atMost = n) {
  if (!(n >= 0 && n <= MOST_POSITIONS))
    throw new MessageTooLarge(`n: a reader takes 0 to ${MOST_POSITIONS}, got ${n}`);
  const { number, start } = readNumberOfPositions(data);
  if (number > n) throw new CorruptMessage(`at most ${n} positions can be named, the message names ${number}`);
  if (number > atMost) throw new MessageTooLarge(`at most ${atMost} positions allowed, the message names ${number}`);
  if (number === 0 || number === n) {
    need(data.length === start, "bytes follow where none are needed");
    return Array.from({ length: number }, (_, at) => at);
  }
  const stream = new RangeDecoder(data.subarray(start));
  const isPicked = stream.symbols([n - number, number], n);
  const { length } = stream.end();
  const picked = [];
  isPicked.forEach((bit, at) => bit && picked.push(at));
  need(
    picked.length === number && start + length === data.length,
    `${number} positions were announced, others found`,
  );
  return picked;
}

function readNumberOfPositions(data) {
  let number = 0;
  for (let place = 0; place < Math.min(LONGEST_NUMBER, data.length); place++) {
    number += (data[place] & 127) * 128 ** place;
    if (data[place] >= 128) continue;
    if (data[place] === 0 && place > 0) break;
    return { number, start: place + 1 };
  }
  throw new CorruptMessage("the message does not begin with a number in its shortest form");
}
