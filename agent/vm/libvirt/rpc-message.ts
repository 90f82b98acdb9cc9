import { XdrError, XdrReader } from "./xdr-reader.ts";
import { XdrWriter } from "./xdr-writer.ts";

/** https://libvirt.org/kbase/internals/rpc.html: a length that counts itself, then six words, then the payload. */
const HEADER_BYTES = 28;

/** libvirt itself sends up to 32 MiB; the statistics of a thousand machines are 2 MB. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

export const CALL = 0;
export const REPLY = 1;
/** What the server says unasked. */
export const MESSAGE = 2;

export const STATUS_OK = 0;

export interface RpcMessage {
  readonly program: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
  readonly payload: Buffer;
}

export type RpcCall = Pick<RpcMessage, "program" | "procedure" | "serial" | "payload">;

/** A call; every program that libvirt has is of version 1. */
export function encodeCall({ program, procedure, serial, payload }: RpcCall): Buffer {
  const header = new XdrWriter()
    .unsigned(HEADER_BYTES + payload.length)
    .unsigned(program)
    .unsigned(1);
  header.int(procedure).int(CALL).unsigned(serial).int(STATUS_OK);
  return Buffer.concat([header.bytes(), payload]);
}

export interface RpcSplitter {
  /** Whole messages, as far as this piece of the stream completes them. Throws an XdrError for what is no libvirt. */
  push(chunk: Buffer): readonly RpcMessage[];
}

export function createRpcSplitter(maxBytes = MAX_MESSAGE_BYTES): RpcSplitter {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 4;

  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      const messages: RpcMessage[] = [];
      // Pieces are joined only when they complete something: a long message comes in many.
      while (held >= wanted) {
        const [first] = chunks;
        const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
        const length = whole.readUInt32BE(0);
        if (length < HEADER_BYTES || length > maxBytes) throw new XdrError(`a message of ${length} bytes`);
        wanted = length;
        chunks = [whole];
        if (held < length) break;
        messages.push(parseMessage(whole.subarray(4, length)));
        chunks = held === length ? [] : [whole.subarray(length)];
        held -= length;
        wanted = 4;
      }
      return messages;
    },
  };
}

function parseMessage(bytes: Buffer): RpcMessage {
  const reader = new XdrReader(bytes);
  const [program, version, procedure] = [reader.unsigned(), reader.unsigned(), reader.int()];
  if (version !== 1) throw new XdrError(`version ${version} of program ${program}`);
  const [type, serial, status] = [reader.int(), reader.unsigned(), reader.int()];
  return { program, procedure, type, serial, status, payload: reader.opaque(reader.remaining & ~3) };
}
