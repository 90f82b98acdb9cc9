/**
 * `pbbp2.Frame`, what goes over Feishu's long connection, as its protobuf says. Written by hand, so that the SDK's own
 * coder is held against another one. Source: `ws-client/proto-buf/pbbp2.proto` of larksuite/node-sdk.
 */
export interface Frame {
  readonly seqId: bigint;
  readonly logId: bigint;
  readonly service: number;
  /** 0: control (ping, pong), 1: data. */
  readonly method: number;
  readonly headers: { readonly [key: string]: string };
  readonly payload: Buffer;
}

const VARINT = 0;
const BYTES = 2;

export function encodeFrame({ seqId, logId, service, method, headers, payload }: Frame): Buffer {
  return Buffer.concat([
    field(1, varint(seqId)),
    field(2, varint(logId)),
    field(3, varint(BigInt(service))),
    field(4, varint(BigInt(method))),
    ...Object.entries(headers).map(([key, value]) =>
      delimited(5, Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(value))])),
    ),
    delimited(8, payload),
  ]);
}

/** Throws for what is no frame: a field nobody knows, one that is missing, one that ends too early. */
export function decodeFrame(bytes: Buffer): Frame {
  const fields = decodeFields(bytes);
  const number = (id: number) => {
    const value = fields.find((one) => one.id === id)?.value;
    if (typeof value !== "bigint") throw new Error(`frame without field ${id}`);
    return value;
  };
  const unknown = fields.find(({ id }) => id < 1 || id > 9);
  if (unknown !== undefined) throw new Error(`frame with the unknown field ${unknown.id}`);
  const headers = fields.flatMap(({ id, value }) => {
    if (id !== 5 || typeof value === "bigint") return [];
    const [key, text] = [1, 2].map((part) => decodeFields(value).find((one) => one.id === part)?.value);
    if (!Buffer.isBuffer(key) || !Buffer.isBuffer(text)) throw new Error("header without key or value");
    return [[key.toString("utf8"), text.toString("utf8")] as const];
  });
  const payload = fields.find(({ id }) => id === 8)?.value;
  return {
    seqId: number(1),
    logId: number(2),
    service: Number(number(3)),
    method: Number(number(4)),
    headers: Object.fromEntries(headers),
    payload: Buffer.isBuffer(payload) ? payload : Buffer.alloc(0),
  };
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

function field(id: number, value: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((id << 3) | VARINT)), value]);
}

function delimited(id: number, value: Buffer): Buffer {
  return Buffer.concat([varint(BigInt((id << 3) | BYTES)), varint(BigInt(value.length)), value]);
}

function decodeFields(bytes: Buffer): { readonly id: number; readonly value: bigint | Buffer }[] {
  const fields: { id: number; value: bigint | Buffer }[] = [];
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("frame ends within a number");
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new Error("number of more than ten bytes");
  };
  while (at < bytes.length) {
    const key = Number(readVarint());
    if ((key & 7) === VARINT) fields.push({ id: key >> 3, value: readVarint() });
    else if ((key & 7) === BYTES) {
      const length = Number(readVarint());
      if (at + length > bytes.length) throw new Error("frame ends within a field");
      fields.push({ id: key >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Error(`wire type ${key & 7} is not in a frame`);
  }
  return fields;
}
