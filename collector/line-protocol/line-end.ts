import { isUtf8 } from "node:buffer";
import { BACKSLASH, CR, EQUALS, LF, QUOTE, SPACE } from "./ascii.ts";

/** At a newline, at a carriage return before one, or at the end of the body. */
export function isLineEnd(body: Buffer, at: number): boolean {
  const byte = body[at];
  return byte === LF || byte === undefined || (byte === CR && body[at + 1] === LF);
}

/**
 * Where a line that cannot be read ends. Newlines inside of quoted field values belong to it; but a quote that never
 * closes does not swallow the lines after it.
 */
export function endOfLine(body: Buffer, start: number): number {
  let inFields = false;
  let openedAt = -1;
  for (let i = start; i < body.length; i++) {
    const byte = body[i];
    if (openedAt >= 0) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) openedAt = -1;
      continue;
    }
    if (byte === LF) return i;
    if (byte === SPACE && body[i - 1] !== BACKSLASH) inFields = true;
    if (byte === QUOTE && inFields && body[i - 1] === EQUALS) openedAt = i;
  }
  if (openedAt < 0) return body.length;
  const newline = body.indexOf(LF, openedAt);
  return newline < 0 ? body.length : newline;
}

/** The first byte between two that begins no UTF-8 character; undefined when all do. */
export function firstInvalidUtf8(body: Buffer, start: number, end: number): number | undefined {
  if (isUtf8(body.subarray(start, end))) return undefined;
  let at = start;
  while (at < end) {
    const length = characterBytes(body[at] ?? 0);
    if (at + length > end || !isUtf8(body.subarray(at, at + length))) return at;
    at += length;
  }
  return undefined;
}

function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
