import { BACKSLASH, COMMA, QUOTE, SPACE } from "./ascii.ts";
import { isLineEnd } from "./line-end.ts";

export function skipSpaces(body: Buffer, start: number): number {
  let at = start;
  while (body[at] === SPACE) at++;
  return at;
}

/** Where a field's value that is not quoted ends. */
export function bareEnd(body: Buffer, start: number): number {
  for (let at = start; ; at++) {
    const byte = body[at];
    if ((byte === undefined || byte <= COMMA) && isValueEnd(body, at)) return at;
  }
}

export function isValueEnd(body: Buffer, at: number): boolean {
  const byte = body[at];
  return byte === COMMA || byte === SPACE || isLineEnd(body, at);
}

/** Behind the closing quote; −1 when there is none. */
export function stringEnd(body: Buffer, start: number): number {
  for (let i = start + 1; i < body.length; i++) {
    const byte = body[i];
    if (byte === BACKSLASH && (body[i + 1] === QUOTE || body[i + 1] === BACKSLASH)) i++;
    else if (byte === QUOTE) return i + 1;
  }
  return -1;
}
