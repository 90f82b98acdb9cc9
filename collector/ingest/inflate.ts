import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { isRecord } from "../../core/json.ts";
import type { Encoding } from "../spool/frame.ts";

const gunzipAsync = promisify(gunzip);

/** What a body may become when it is inflated. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

export type Inflated =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "malformed"; readonly message: string }
  | { readonly kind: "too_large" };

/** The body itself, off the main thread; a gzip that inflates to more than `maxBytes` is given up on the way. */
export async function inflate(body: Buffer, encoding: Encoding, maxBytes: number): Promise<Inflated> {
  if (encoding === "identity") return { kind: "bytes", bytes: body };
  try {
    return { kind: "bytes", bytes: await gunzipAsync(body, { maxOutputLength: maxBytes }) };
  } catch (cause) {
    if (isRecord(cause) && cause.code === "ERR_BUFFER_TOO_LARGE") return { kind: "too_large" };
    return { kind: "malformed", message: "the body is not valid gzip" };
  }
}
