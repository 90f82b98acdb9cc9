/** One message on the wire: values by field number, in the order they came. Source: protobuf.dev, Encoding. */
export type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Takes a message apart as far as numbers and bytes. Numbers beyond 2^53 lose their last digits. Undefined when it is no
 * message; fields of other kinds than those above do not occur in proto3.
 */
export function decodeMessage(message: Buffer): Fields | undefined {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;

  function varint(): number {
    let [value, scale] = [0, 1];
    for (let count = 0; count < 10; count++) {
      const byte = message[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return Number.NaN;
  }

  function value(wireType: number): number | Buffer | undefined {
    if (wireType === VARINT) return varint();
    const length = wireType === BYTES ? varint() : wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : Number.NaN;
    const end = at + length;
    if (!(end <= message.length)) return undefined;
    const bytes = message.subarray(at, end);
    at = end;
    return bytes;
  }

  while (at < message.length) {
    const key = varint();
    const found = value(key % 8);
    if (found === undefined || Number.isNaN(found)) return undefined;
    const number = Math.floor(key / 8);
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [found]);
    else values.push(found);
  }
  return fields;
}

const NOTHING: Fields = new Map();

/** A field of proto3 that has its default value is not sent: 0. */
export function numberIn(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === "number" ? value : 0;
}

/** As above: undefined for an empty text. */
export function textIn(fields: Fields, number: number): string | undefined {
  const value = fields.get(number)?.at(-1);
  return Buffer.isBuffer(value) && value.length > 0 ? value.toString("utf8") : undefined;
}

/** A message inside; one without fields when it was not sent. */
export function messageIn(fields: Fields, number: number): Fields {
  return messagesIn(fields, number).at(-1) ?? NOTHING;
}

export function messagesIn(fields: Fields, number: number): readonly Fields[] {
  return (fields.get(number) ?? []).flatMap((it) => (Buffer.isBuffer(it) ? (decodeMessage(it) ?? []) : []));
}

/** A message of numbers and messages; what is 0 is left out, as proto3 does. */
export function encodeMessage(fields: readonly (readonly [number: number, value: number | Buffer])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value !== "number") return [varintOf(number * 8 + BYTES), varintOf(value.length), value];
      return value === 0 ? [] : [varintOf(number * 8 + VARINT), varintOf(value)];
    }),
  );
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
