import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import { isRecord } from "../../core/json.ts";
import type { Encoding } from "../spool/frame.ts";

const gunzipAsync = promisify(gunzip);

/** What a body may become when it is inflated. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** Up to this size, which takes half a millisecond, handing it to another thread and back costs more than the work. */
const MAX_INFLATED_HERE_BYTES = 256 * 1024;

export type Inflated =
  | {
      readonly kind: "bytes";
      readonly bytes: Buffer;
      /**
       * To be called when nothing reads the bytes any more. They lie outside V8's heap, which is collected whole whenever some dozens
       * of megabytes were allocated there: at thousands of bodies a second, several times a second.
       */
      giveBack(): void;
    }
  | { readonly kind: "malformed"; readonly message: string }
  | { readonly kind: "too_large" };

/** The body itself; a gzip that inflates to more than `maxBytes` is given up on the way. A large one inflates off this thread. */
export async function inflate(body: Buffer, encoding: Encoding, maxBytes: number): Promise<Inflated> {
  if (encoding === "identity") return { kind: "bytes", bytes: body, giveBack: () => {} };
  const small = inflatedHere(body, Math.min(maxBytes, MAX_INFLATED_HERE_BYTES));
  if (small !== undefined) return ownBytes(small);
  try {
    return ownBytes(await gunzipAsync(body, { maxOutputLength: maxBytes }));
  } catch (cause) {
    if (isRecord(cause) && cause.code === "ERR_BUFFER_TOO_LARGE") return { kind: "too_large" };
    return { kind: "malformed", message: "the body is not valid gzip" };
  }
}

/** Undefined when it is not as small as it says (RFC 1952, ISIZE), or not gzip at all. */
function inflatedHere(body: Buffer, mostBytes: number): Buffer<ArrayBuffer> | undefined {
  if (body.length < GZIP_LEAST_BYTES) return undefined;
  const told = body.readUInt32LE(body.length - 4);
  if (told === 0 || told > mostBytes) return undefined;
  try {
    // In one piece, and never in Node's pool.
    return gunzipSync(body, { chunkSize: Math.max(told + 1, 2 * Buffer.poolSize), maxOutputLength: told });
  } catch {
    return undefined;
  }
}

/** Header and trailer. */
const GZIP_LEAST_BYTES = 18;

function ownBytes(bytes: Buffer<ArrayBuffer>): Inflated {
  return {
    kind: "bytes",
    bytes,
    giveBack: () => {
      // Smaller ones may lie in Node's pool, together with others'.
      if (bytes.buffer.byteLength > Buffer.poolSize) bytes.buffer.transfer(0);
    },
  };
}
