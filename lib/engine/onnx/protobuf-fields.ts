/** A field of a message in the protocol buffers wire format. */
export interface ProtobufField {
  readonly number: number;
  /** The number of a whole-number field; 0 for others. */
  readonly integer: bigint;
  /** The content of a text, byte or message field; empty for others. */
  readonly bytes: Uint8Array;
  /** The whole field as it was read, to be written again. */
  readonly raw: Uint8Array;
}

/**
 * The fields of a message, in order.
 *
 * @throws RangeError when the bytes end too early or hold something else.
 */
export function readFields(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at];
      if (byte === undefined) break;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number that does not end");
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const [number, wireType] = [Number(tag >> 3n), Number(tag & 7n)];
    const integer = wireType === 0 ? varint() : 0n;
    const length = lengths[wireType] ?? (wireType === 2 ? Number(varint()) : NaN);
    const from = at;
    at += length;
    if (!(at <= message.length)) throw new RangeError(`a field of wire type ${wireType} that does not end`);
    fields.push({
      ...{ number, integer },
      bytes: wireType === 2 ? message.subarray(from, at) : message.subarray(0, 0),
      raw: message.subarray(start, at),
    });
  }
  return fields;
}

/** Bytes after the tag, by wire type; a whole number has been read by then. */
const lengths: Readonly<Record<number, number>> = { 0: 0, 1: 8, 5: 4 };

/** A text field. */
export function textOf({ bytes }: ProtobufField): string {
  return new TextDecoder().decode(bytes);
}
