// Checked by `npm run types`: the declarations as a caller meets them.

import {
  MessageError,
  answerOf,
  checkRun,
  decode,
  integerChain,
  occam,
  readMessage,
  valuesOf,
} from "../src/index.js";
import type { CodedArray, Message, Verdict } from "../src/index.js";

const blob = new Uint8Array(3);
const arrays: Map<string, CodedArray> = decode(blob, { decisions: 100 });
const message: Message = readMessage(blob);
const answer: number | null = answerOf(integerChain(message)(new Uint8Array(784)));
const verdict: Verdict = checkRun("{}", { message: blob });
const status: "CONSISTENT, NOT RECOUNTED" | "INVALID" = verdict.status;
const bound: number = occam(1, 10, 100, 0.05);
for (const { dtype, bits } of arrays.values()) valuesOf(dtype, bits);
const caught: boolean = new MessageError("cut") instanceof Error;
export { answer, bound, caught, status };
