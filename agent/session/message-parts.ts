import { MAX_AGENT_MESSAGE_BYTES } from "../../core/agent-protocol.ts";
import type { Element } from "../../core/element.ts";

/** Text of the elements in one message: a character takes up to three bytes, and the rest of a message takes some. */
export const MAX_MESSAGE_CHARS = MAX_AGENT_MESSAGE_BYTES / 4;

/** As it is sent; one with a thousand routes or tunnel ends takes as much as a hundred others. */
export function charsOf(element: Element): number {
  return JSON.stringify(element).length;
}

/** In order, each part no more than so many elements and, but for a single element, so much text; at least one, which may be empty. */
export function partsOf(
  elements: readonly Element[],
  maxElements: number,
  maxChars = MAX_MESSAGE_CHARS,
): readonly (readonly Element[])[] {
  let part: Element[] = [];
  const parts = [part];
  let chars = 0;
  for (const element of elements) {
    const more = charsOf(element);
    if (part.length > 0 && (part.length >= maxElements || chars + more > maxChars)) {
      part = [];
      parts.push(part);
      chars = 0;
    }
    part.push(element);
    chars += more;
  }
  return parts;
}
