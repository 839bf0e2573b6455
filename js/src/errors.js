// The errors of the package. Any bytes give a value or one of these.

export class NetrazorError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** A message that cannot be read. */
export class MessageError extends NetrazorError {}

/** Bytes that no encoder writes: altered, cut, extended, or another kind of file. */
export class CorruptMessage extends MessageError {}

/** A message of a later format, announced by the reserved bit. */
export class UnsupportedMessage extends MessageError {}

/** A message over the limits of the reader. */
export class MessageTooLarge extends MessageError {}

/** Text that is no certificate, or one of a kind that is not checked here. */
export class CertificateError extends NetrazorError {}

/** An argument outside of its domain. */
export class InvalidArgument extends NetrazorError {}

/** Throw CorruptMessage unless `holds`. */
export function need(holds, sentence) {
  if (!holds) throw new CorruptMessage(`${sentence}; the message was altered or cut: get it again`);
}
