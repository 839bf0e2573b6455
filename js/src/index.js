// The package's face.

export {
  CertificateError,
  CorruptMessage,
  InvalidArgument,
  MessageError,
  MessageTooLarge,
  NetrazorError,
  UnsupportedMessage,
} from "./errors.js";
export { LIMITS, decode, readMessage, valuesOf } from "./message.js";
export { decodePositions } from "./positions.js";
export { clopperPearson, klInverse, occam, preferentCompression, riskUp } from "./bounds.js";
export { parseCertificate, sealOf } from "./certificate.js";
export { CONSISTENT, INVALID, checkRun } from "./checking.js";
export { CHAINS, answerOf, integerChain } from "./integer_chain.js";
export { sha256Hex } from "./sha256.js";
export { digitOf } from "./drawing.js";
