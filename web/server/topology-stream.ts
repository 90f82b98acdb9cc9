import { Readable } from "node:stream";
import type { Element } from "../../core/element.ts";

/** Elements turned into text at once, between two turns of the event loop. */
const SLICE = 500;

/** A `TopologyResponse` as JSON, in slices. */
export function jsonStream(head: object, elements: readonly Element[]): Readable {
  const opening = JSON.stringify(head).slice(0, -1);
  return Readable.from(
    slices(elements, {
      before: `${opening},"elements":[`,
      between: ",",
      after: "]}",
    }),
  );
}

/** The same as NDJSON: first a line with everything but the elements, then one line an element. */
export function ndjsonStream(head: object, elements: readonly Element[]): Readable {
  return Readable.from(slices(elements, { before: `${JSON.stringify(head)}\n`, between: "\n", after: "\n" }));
}

function* slices(
  elements: readonly Element[],
  { before, between, after }: { readonly before: string; readonly between: string; readonly after: string },
): Iterable<string> {
  yield before;
  for (let start = 0; start < elements.length; start += SLICE) {
    const slice = elements.slice(start, start + SLICE).map((element) => JSON.stringify(element));
    yield (start === 0 ? "" : between) + slice.join(between);
  }
  if (elements.length > 0 || after !== "\n") yield after;
}
